#!/usr/bin/python3
"""Draw a result file: one small panel per observed place, simulated line, observed dots.

Usage: tools/picture.py RESULT.nc PICTURE.png [--every DAYS]
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
OBSERVED = "#222222"
GREY = "#767676"


def count_text(value, _position=None):
    """A number of people as an axis shows it: 950, 12k, 1.2M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:g}"


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
                f"People at the end of each day. {result.attrs['source']}, "
                f"seed {result.attrs['seed']}, one run; error {error:.3f}",
                ha="left", va="top", fontsize=9, color=GREY)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper right", ncol=2, frameon=False, fontsize=9, markerscale=1.5,
                  bbox_to_anchor=(0.99, 1 - 0.05 / height))
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.62 / height), h_pad=1.1, w_pad=0.9)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", help="result file of libflow run")
    parser.add_argument("picture", help="PNG to write")
    parser.add_argument("--every", type=int, default=0, metavar="DAYS",
                        help="days between the dots shown (default: about 40 dots)")
    options = parser.parse_args()
    with xr.open_dataset(options.result) as result:
        if "observed" not in result:
            parser.error(f"{options.result} has no observations to compare with")
        every = options.every if options.every > 0 else max(1, result.sizes["time"] // 40)
        draw(result, every).savefig(options.picture, dpi=110)


if __name__ == "__main__":
    main()
