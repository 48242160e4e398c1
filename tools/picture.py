#!/usr/bin/python3
"""Draw a result file.

With counts: one small panel per observed place, simulated line, observed dots.
With --map, or without counts: the displaced by cause over time, and maps of two moments that show
where they are (full circles) and whence people are away (open circles).
With --moves: a map of the links by who passed them, those who set out by cause, queues at gates.
Usage: tools/picture.py RESULT.nc PICTURE.png [--every DAYS] [--map] [--at DATE,DATE] [--moves]
Needs Debian's python3-xarray, python3-netcdf4 and python3-matplotlib: tools/setup.sh docs.
"""
import argparse
import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.ticker import FuncFormatter, MaxNLocator

SIMULATED = "#1b6ca8"
AWAY = "#b5403a"
OBSERVED = "#222222"
GREY = "#767676"
CAUSES = {"conflict": "#b5403a", "flood": "#1b6ca8", "cyclone": "#58a8a0", "earthquake": "#8a5a44",
          "drought": "#d9a32e", "economic": "#7a6ba8", "onward": "#9aa7b0", "other": "#aaaaaa",
          "return": "#c4c4c4"}
STEP = {1.0: "day", 7.0: "week", 1.0 / 24: "hour"}


def step_name(result):
    """How long a step is, in words."""
    days = float(result.attrs["step_days"])
    return STEP.get(days, "month" if days > 28 else "step")


def count_text(value, _position=None):
    """A number of people as an axis shows it: 950, 12k, 1.2M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:g}"


def rounded(value):
    """A number of people with two digits."""
    return count_text(float(f"{value:.2g}"))


def draw_panel(axes, title, time, simulated, observed, every):
    axes.plot(time, simulated, color=SIMULATED, linewidth=1.8, label="simulated", zorder=2)
    axes.plot(time[::every], observed[::every], linestyle="none", marker="o", markersize=2.6,
              color=OBSERVED, markeredgewidth=0, label="observed", zorder=3)
    axes.set_title(title, fontsize=9, loc="left", pad=4)
    axes.set_ylim(bottom=0)
    axes.set_xlim(time[0], time[-1])
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(count_text))
    locator = mdates.AutoDateLocator(minticks=3, maxticks=5)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=False))
    axes.tick_params(labelsize=7.5, colors=GREY, length=2)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#bbbbbb")


def draw(result, every):
    time = result.time.values
    simulated = result.people.values[:, result.observed_index.values].astype(float)
    observed = result.observed.values.astype(float)
    names = [str(name).replace("_", " ") for name in result.observed_place.values]
    order = np.argsort(-observed.mean(axis=0), kind="stable")
    total = observed.sum(axis=1)
    error = np.mean(np.abs(simulated - observed).sum(axis=1) / np.maximum(total, 1))

    n_panel = len(names) + 1
    n_column = min(4, max(1, math.ceil(math.sqrt(n_panel))))
    n_row = math.ceil(n_panel / n_column)
    figure, grid = plt.subplots(n_row, n_column, figsize=(2.9 * n_column, 1.75 * n_row + 1.0),
                                squeeze=False)
    panels = list(grid.flat)
    draw_panel(panels[0], "All observed places", time, simulated.sum(axis=1), total, every)
    for axes, i in zip(panels[1:], order):
        draw_panel(axes, names[i], time, simulated[:, i], observed[:, i], every)
    for axes in panels[n_panel:]:
        axes.set_visible(False)

    height = figure.get_figheight()
    figure.text(0.015, 1 - 0.12 / height, result.attrs["title"], ha="left", va="top", fontsize=13,
                fontweight="bold")
    figure.text(0.015, 1 - 0.42 / height,
                f"People at the end of each {step_name(result)}. {result.attrs['source']}, "
                f"seed {result.attrs['seed']}, one run; error {error:.3f}",
                ha="left", va="top", fontsize=9, color=GREY)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper right", ncol=2, frameon=False, fontsize=9, markerscale=1.5,
                  bbox_to_anchor=(0.99, 1 - 0.05 / height))
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.62 / height), h_pad=1.1, w_pad=0.9)
    return figure


def displaced(result):
    """People away from home by step, place and cause, the names of the causes; and people of each
    place who are away."""
    causes = [str(cause) for cause in result.cause.values]
    people = result.people_by_cause.transpose("time", "place", "cause").values.astype(float)
    keep = [i for i, cause in enumerate(causes) if cause not in ("initial", "return")]
    gone = np.maximum(result.population.values - people[:, :, causes.index("initial")], 0)
    return people[:, :, keep], [causes[i] for i in keep], gone


def plain(axes):
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#bbbbbb")
    axes.tick_params(labelsize=8, colors=GREY, length=2)


def draw_causes(axes, result, people, causes, moments):
    time = result.time.values
    total = people.sum(axis=1)
    shown = [i for i in range(len(causes)) if total[:, i].max() > 0]
    layers = [total[:, i] for i in shown]
    labels = [causes[i] for i in shown]
    colors = [CAUSES.get(cause, GREY) for cause in labels]
    if "link_people" in result:
        layers.append(result.link_people.values.sum(axis=1))
        labels.append("on the road,\nout or home")
        colors.append("#d5d5d5")
    axes.stackplot(time, layers, labels=labels, colors=colors, linewidth=0)
    for moment in moments:
        axes.axvline(time[moment], color="#222222", linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_xlim(time[0], time[-1])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(count_text))
    locator = mdates.AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=False))
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    axes.set_title("Displaced people by what drove them out", fontsize=10, loc="left")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left", fontsize=8.5, frameon=False,
                bbox_to_anchor=(1.0, 1.02))
    plain(axes)


def write_labels(axes, labels):
    """Texts at points, the most important first; what would cover another one is left out."""
    renderer = axes.figure.canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    taken = []
    for x, y, radius, text, color in labels:
        for offset, side in (((radius, 3), "left"), ((-radius, 3), "right"), ((radius, -9), "left"),
                             ((-radius, -9), "right")):
            label = axes.annotate(text, (x, y), xytext=offset, textcoords="offset points",
                                  fontsize=7.2, ha=side, color=color, zorder=5)
            box = label.get_window_extent(renderer)
            inside = box.x0 >= frame.x0 and box.x1 <= frame.x1
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            label.remove()


def draw_map(axes, result, hosted, gone, title, scale):
    """hosted [place][cause]; gone [place]; scale: people of a circle of 1 square point."""
    x, y = result.longitude.values, result.latitude.values
    for a, b in zip(result.link_from.values, result.link_to.values):
        axes.plot([x[a], x[b]], [y[a], y[b]], color="#d9d9d9", linewidth=0.8, zorder=1)
    axes.scatter(x, y, s=5, color="#999999", zorder=2, linewidths=0)
    here = hosted.sum(axis=1)
    axes.scatter(x, y, s=gone / scale, facecolors="none", edgecolors=AWAY, linewidths=1.3,
                 zorder=4)
    axes.scatter(x, y, s=here / scale, color=SIMULATED, alpha=0.6, linewidths=0, zorder=3)
    axes.set_aspect(1 / math.cos(math.radians(float(np.nanmean(y)))))
    axes.margins(0.1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=10, loc="left")
    for side in axes.spines.values():
        side.set_color("#dddddd")
    least = 0.01 * here.sum()
    labels = [(here[i], i, SIMULATED) for i in range(len(here)) if here[i] > least]
    labels += [(gone[i], i, AWAY) for i in range(len(here)) if gone[i] > least]
    names = result.place.values
    axes.figure.canvas.draw()
    write_labels(axes, [(x[i], y[i], 2 + 0.5 * math.sqrt(max(here[i], gone[i]) / scale),
                         f"{names[i]} {rounded(n)}" + (" away" if color == AWAY else ""), color)
                        for n, i, color in sorted(labels, reverse=True)])


def draw_situation(result, at):
    time = result.time.values
    people, causes, gone = displaced(result)
    total = people.sum(axis=(1, 2))
    if at:
        moments = [min(int(np.searchsorted(time, np.datetime64(date))), len(time) - 1) for date in at]
    else:
        moments = [int(np.argmax(total)), len(time) - 1]
    largest = max(people[moments].sum(axis=2).max(), gone[moments].max(), 1.0)
    latitude, longitude = result.latitude.values, result.longitude.values
    shape = np.ptp(latitude) / max(np.ptp(longitude) * math.cos(math.radians(latitude.mean())), 1e-6)
    tall = min(max(5.4 * shape, 2.6), 5.8) # inches of a map of 5.4
    figure = plt.figure(figsize=(11.6, 3.9 + tall))
    grid = figure.add_gridspec(2, len(moments), left=0.045, right=0.895, bottom=0.02,
                               top=1 - 0.95 / (3.9 + tall), height_ratios=[2.3, tall], wspace=0.04,
                               hspace=1.1 / (2.3 + tall))
    draw_causes(figure.add_subplot(grid[0, :]), result, people, causes, moments)
    for i, moment in enumerate(moments):
        when = str(time[moment])[:16].replace("T", " ")
        draw_map(figure.add_subplot(grid[1, i]), result, people[moment], gone[moment],
                 f"{when}: {rounded(total[moment])} displaced people have arrived",
                 largest / 1100)
    height = figure.get_figheight()
    figure.text(0.015, 1 - 0.12 / height, result.attrs["title"], ha="left", va="top", fontsize=13,
                fontweight="bold")
    figure.text(0.015, 1 - 0.42 / height,
                f"{result.attrs['source']}, seed {result.attrs['seed']}, one run. Full circles: "
                "displaced people who are there; open circles: people of the place who are away.",
                ha="left", va="top", fontsize=9, color=GREY)
    return figure


def draw_roads(axes, result):
    """Places with their people, links with the people who entered them in both directions."""
    x, y = result.longitude.values, result.latitude.values
    entered = result.link_entered.values.sum(axis=0)
    start, end = result.link_from.values, result.link_to.values
    total = {}
    for a, b, n in zip(start, end, entered):
        total[min(a, b), max(a, b)] = total.get((min(a, b), max(a, b)), 0) + n
    most = max(total.values())
    for (a, b), n in sorted(total.items(), key=lambda item: item[1]):
        axes.plot([x[a], x[b]], [y[a], y[b]], color=SIMULATED, linewidth=0.4 + 9 * n / most,
                  alpha=0.15 + 0.5 * n / most, solid_capstyle="round", zorder=1)
    people = result.people.values[-1].astype(float)
    camp = np.isin(result.place_kind.values, (2, 3))
    axes.scatter(x, y, s=12 + 260 * people / people.max(), c=np.where(camp, "#d89b2b", "#222222"),
                 linewidths=0.6, edgecolors="white", zorder=2)
    axes.set_aspect(1 / math.cos(math.radians(float(np.nanmean(y)))))
    axes.margins(0.12)
    labels, spots = [], set()
    for i in np.argsort(-people):  # the larger of two in one spot has its name
        spot = (round(float(x[i]), 2), round(float(y[i]), 2))
        if spot not in spots:
            labels.append((x[i], y[i], 5, str(result.place.values[i]), OBSERVED))
        spots.add(spot)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(f"People who passed, at most {count_text(float(most))}; orange: camps", fontsize=9,
                   loc="left", pad=4)
    axes.figure.canvas.draw()
    write_labels(axes, labels)


def draw_moves(result):
    """A map, and beside it those who set out by cause; queues at gates where there are any."""
    time = result.time.values
    leavers = result.leavers_by_cause.sum("place")
    shown = [c for c in CAUSES if c in leavers.cause.values and leavers.sel(cause=c).sum() > 0]
    queue = result.link_queue.values.sum(axis=1) if "link_queue" in result else np.zeros(len(time))
    figure = plt.figure(figsize=(11.6, 5.6))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.1, 1), height_ratios=(2.2, 1))
    draw_roads(figure.add_subplot(grid[:, 0]), result)
    axes = figure.add_subplot(grid[0, 1] if queue.any() else grid[:, 1])
    axes.stackplot(time, [leavers.sel(cause=c).values for c in shown], step="post",
                   colors=[CAUSES[c] for c in shown], labels=shown)
    axes.set_title(f"People who set out, per {step_name(result)}", fontsize=9, loc="left", pad=4)
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    panels = [axes]
    if queue.any():
        panels.append(figure.add_subplot(grid[1, 1]))
        panels[1].plot(time, queue, color="#222222", linewidth=1.4)
        panels[1].set_title("People who wait at gates", fontsize=9, loc="left", pad=4)
    for panel in panels:
        panel.set_xlim(time[0], time[-1])
        panel.set_ylim(bottom=0)
        panel.yaxis.set_major_locator(MaxNLocator(4))
        panel.yaxis.set_major_formatter(FuncFormatter(count_text))
        locator = mdates.AutoDateLocator(minticks=3, maxticks=6)
        panel.xaxis.set_major_locator(locator)
        panel.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=False))
        panel.tick_params(labelsize=7.5, colors=GREY, length=2)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    figure.text(0.015, 0.98, result.attrs["title"], ha="left", va="top", fontsize=13,
                fontweight="bold")
    figure.text(0.015, 0.925, f"{result.attrs['source']}, seed {result.attrs['seed']}, one run",
                ha="left", va="top", fontsize=9, color=GREY)
    figure.tight_layout(rect=(0, 0, 1, 0.9))
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", help="result file of libflow run")
    parser.add_argument("picture", help="PNG to write")
    parser.add_argument("--every", type=int, default=0, metavar="DAYS",
                        help="days between the dots shown (default: about 40 dots)")
    parser.add_argument("--map", action="store_true", help="causes and maps although there are counts")
    parser.add_argument("--at", default="", metavar="DATES",
                        help="moments of the maps, parted by commas (default: the peak and the end)")
    parser.add_argument("--moves", action="store_true",
                        help="a map of the links, and those who set out by cause")
    options = parser.parse_args()
    with xr.open_dataset(options.result) as result:
        if options.moves:
            draw_moves(result).savefig(options.picture, dpi=110)
            return
        if options.map or "observed" not in result:
            if "people_by_cause" not in result:
                parser.error(f"{options.result} has neither observations nor causes")
            draw_situation(result, [date for date in options.at.split(",") if date]).savefig(
                options.picture, dpi=110)
            return
        every = options.every if options.every > 0 else max(1, result.sizes["time"] // 40)
        draw(result, every).savefig(options.picture, dpi=110)


if __name__ == "__main__":
    main()
