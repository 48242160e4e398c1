// Series over time.
import * as Plot from "@observablehq/plot";
import {clip, compact, make, people, table} from "./text.js";

/// Colours told apart by all kinds of sight (Okabe and Ito 2008), dark enough on white.
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#666666", "#000000"];
const column = (value, n, i, frames) => Float64Array.from({length: frames}, (_, f) => value[f * n + i]);
const axes = {fontSize: "11px", background: "none", color: "currentColor"};

function figure(heading, note, plot, detail) {
    for (const g of plot.querySelectorAll("[aria-label]")) { // the figure has a name, its parts need none
        g.dataset.mark = g.getAttribute("aria-label");
        g.removeAttribute("aria-label");
    }
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", `${heading}. ${note}`);
    return make("figure", {}, make("figcaption", {}, make("h3", {dir: "auto", title: heading}, clip(heading, 60)), make("span", {class: "quiet"}, note)), plot, detail ?? null);
}

/// One place: what was simulated, the range of the members, what was counted, what there is room for.
export function place(d, i, index) {
    const n = d.places.length, {frames, date} = d;
    const marks = [Plot.ruleY([0], {stroke: "var(--line)"})];
    const at = Array.from({length: frames}, (_, f) => f);
    if (d.quantiles) {
        for (const [low, high, opacity] of [[0, 4, 0.2], [1, 3, 0.3]]) {
            const a = column(d.quantiles[low], n, i, frames), b = column(d.quantiles[high], n, i, frames);
            marks.push(Plot.areaY(at, {x: (f) => date[f], y1: (f) => a[f], y2: (f) => b[f], fill: "var(--band)", fillOpacity: opacity}));
        }
    }
    const simulated = column(d.people, n, i, frames);
    const observed = index >= 0 && d.observed ? column(d.observed, d.observed_place.length, index, frames) : null;
    const most = Math.max(...simulated.filter(Number.isFinite), ...(observed ?? []).filter(Number.isFinite), 1);
    const room = d.places[i].capacity;
    if (room >= 1 && room < 2.5 * most) { marks.push(Plot.ruleY([room], {stroke: "var(--quiet)", strokeDasharray: "4 3"})); }
    if (observed) { marks.push(Plot.lineY(at, {x: (f) => date[f], y: (f) => observed[f], stroke: "var(--seen)", strokeWidth: 1.8, strokeDasharray: "6 2"})); }
    marks.push(Plot.lineY(at, {x: (f) => date[f], y: (f) => simulated[f], stroke: "var(--main)", strokeWidth: 1.8}));
    const plot = Plot.plot({width: 360, height: 170, marginLeft: 48, marginBottom: 24, style: axes, x: {type: "utc", label: null, ticks: 4}, y: {label: null, ticks: 4, tickFormat: compact, grid: true, nice: true, zero: true}, marks});
    const end = frames - 1;
    const note = `${people(simulated[end])}${observed ? `, counted ${people(observed[end])}` : ""} at the end`;
    return figure(d.places[i].name, note, plot);
}

export function series(d, value, heading, note, more = []) {
    const at = Array.from({length: d.frames}, (_, f) => f);
    const marks = [Plot.ruleY([0], {stroke: "var(--line)"}), ...more.map((m) => Plot.lineY(at, {x: (f) => d.date[f], y: (f) => m[f], stroke: "var(--seen)", strokeWidth: 1.8, strokeDasharray: "6 2"})), Plot.lineY(at, {x: (f) => d.date[f], y: (f) => value[f], stroke: "var(--main)", strokeWidth: 2})];
    const plot = Plot.plot({width: 520, height: 230, marginLeft: 52, style: axes, x: {type: "utc", label: null}, y: {label: null, tickFormat: compact, grid: true, nice: true, zero: true}, marks});
    return figure(heading, note, plot);
}

/// One sector: who is in need, who of them is reached.
export function need(d, c, label) {
    const k = d.in_need.labels.length, {frames, date} = d, at = Array.from({length: frames}, (_, f) => f);
    const wants = column(d.in_need, k, c, frames), gets = d.reached ? column(d.reached, k, c, frames) : null;
    const most = Math.max(...wants.filter(Number.isFinite), 0), end = frames - 1;
    if (!(most > 0)) { return null; }
    const marks = [Plot.ruleY([0], {stroke: "var(--line)"})];
    if (gets) { marks.push(Plot.areaY(at, {x: (f) => date[f], y1: (f) => gets[f], y2: (f) => wants[f], fill: "var(--seen)", fillOpacity: 0.18})); }
    marks.push(Plot.lineY(at, {x: (f) => date[f], y: (f) => wants[f], stroke: "var(--main)", strokeWidth: 1.8}));
    if (gets) { marks.push(Plot.lineY(at, {x: (f) => date[f], y: (f) => gets[f], stroke: "var(--seen)", strokeWidth: 1.8, strokeDasharray: "6 2"})); }
    const plot = Plot.plot({width: 360, height: 170, marginLeft: 48, marginBottom: 24, style: axes, x: {type: "utc", label: null, ticks: 4}, y: {label: null, ticks: 4, tickFormat: compact, grid: true, nice: true, zero: true}, marks});
    return figure(label, `${people(wants[end])} in need${gets ? `, ${people(gets[end])} reached` : ""} at the end`, plot);
}

/// One place as it was run and as it is with a change: low, middle and high of the members.
export function versus(date, before, after, heading) {
    const at = date.map((_, f) => f), all = [before, after ?? before];
    const least = Math.min(...all.flatMap((s) => [...s[0]])), most = Math.max(...all.flatMap((s) => [...s[2]]));
    const marks = least > 0.5 * most ? [] : [Plot.ruleY([0], {stroke: "var(--line)"})]; // small changes of large numbers would not be seen
    for (const [lines, colour, dash] of [[before, "var(--main)", null], [after, "var(--seen)", "6 2"]]) {
        if (lines === null) { continue; }
        marks.push(Plot.areaY(at, {x: (f) => date[f], y1: (f) => lines[0][f], y2: (f) => lines[2][f], fill: colour, fillOpacity: 0.2}));
        marks.push(Plot.lineY(at, {x: (f) => date[f], y: (f) => lines[1][f], stroke: colour, strokeWidth: 2, strokeDasharray: dash}));
    }
    const plot = Plot.plot({width: 520, height: 250, marginLeft: 52, style: axes, x: {type: "utc", label: null}, y: {label: null, tickFormat: compact, grid: true, nice: true}, marks});
    const end = date.length - 1;
    return figure(heading, after === null ? `as it was run: ${people(Math.round(before[1][end]))} at the end` : `as it was run: ${people(Math.round(before[1][end]))}, changed (dashed): ${people(Math.round(after[1][end]))} at the end; bands: 90 % of the realisations`, plot);
}

/// Stacked by class, in bars of at most 60 intervals where `sum`, else as areas.
export function classes(d, value, heading, note, sum) {
    const k = value.labels.length, {frames} = d, rows = [], total = new Float64Array(k);
    const bin = sum ? Math.max(1, Math.ceil(frames / 60)) : 1;
    for (let c = 0; c < k; c++) {
        for (let f = 0; f < frames; f += bin) {
            let v = 0;
            for (let g = f; g < Math.min(frames, f + bin); g++) { v += value[g * k + c] || 0; }
            total[c] += v;
            rows.push({date: d.date[f], end: d.date[Math.min(frames - 1, f + bin)], label: value.labels[c], v});
        }
    }
    const used = value.labels.filter((_, c) => total[c] > 0);
    if (used.length === 0) { return null; }
    const colour = new Map(used.map((u, c) => [u, COLOURS[c % COLOURS.length]]));
    const shown = rows.filter((r) => colour.has(r.label));
    const mark = sum ? Plot.rectY(shown, {x1: "date", x2: "end", y: "v", fill: (r) => colour.get(r.label), insetLeft: 0.4, insetRight: 0.4})
        : Plot.areaY(shown, {x: "date", y: "v", z: "label", fill: (r) => colour.get(r.label), order: used});
    const plot = Plot.plot({width: 520, height: 250, marginLeft: 52, style: axes, x: {type: "utc", label: null}, y: {label: null, tickFormat: compact, grid: true}, color: {type: "identity"}, marks: [mark, Plot.ruleY([0], {stroke: "var(--line)"})]});
    const key = make("span", {class: "key"}, ...used.map((u) => {
        const square = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        square.setAttribute("viewBox", "0 0 16 9");
        square.setAttribute("aria-hidden", "true");
        const r = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        for (const [a, b] of [["width", 16], ["height", 9], ["fill", colour.get(u)]]) { r.setAttribute(a, b); }
        square.append(r);
        return make("span", {}, square, u);
    }));
    const sums = sum ? table([{text: "cause"}, {text: "people in total", n: true}], used.map((u) => [u, people(total[value.labels.indexOf(u)])])) : null;
    return figure(heading, note, plot, make("div", {}, key, sums));
}
