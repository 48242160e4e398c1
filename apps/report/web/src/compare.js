// The page of a comparison: what each option does beside the baseline, to whom, with what harm, at what cost.
import {make, fact, people, table} from "./text.js";

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const THEMES = {harm: "Harm", people: "People", needs: "Needs", travel: "On the way", work: "Work and money at home", money: "Money of responses"};
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d31", "#56b4e9", "#666666"];
const MOST_PARTS = 60;

/// Three digits, with thousands and millions as words.
export function amount(v) {
    if (v == null) { return "–"; }
    const a = Math.abs(v);
    if (a >= 1e9) { return `${(v / 1e9).toPrecision(3)} billion`; }
    if (a >= 1e6) { return `${(v / 1e6).toPrecision(3)} million`; }
    if (a >= 1000) { return people(Math.round(v)); }
    return a === 0 ? "0" : `${+v.toPrecision(3)}`;
}

const signed = (v) => v == null ? "–" : v > 0 ? `+${amount(v)}` : v < 0 ? `−${amount(-v)}` : "0";

/// Better, worse or neither, in words and signs as well as in colour.
function verdict(g, o) {
    if (o.equal === 1) { return ["none", "no difference"]; }
    if (o.better == null || g.better === "neither") { return ["none", o.change > 0 ? "▲ more" : "▼ less"]; }
    const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
    return o.better >= 0.9 ? ["good", `✔ better in ${percent(o.better)}`] : o.better <= 0.1 ? ["bad", `✘ worse in ${percent(1 - o.better)}`] : ["none", `open: better in ${percent(o.better)}`];
}

const node = (name, attributes) => {
    const e = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) { e.setAttribute(key, value); }
    return e;
};

/// Differences of all options to the baseline: thin 90 %, thick 50 % of the members, dot: median.
function ranges(d, g) {
    const rows = d.titles.map((_, i) => i).filter((i) => i !== d.baseline), all = rows.flatMap((i) => g.options[i].difference).filter((v) => v != null);
    const low = Math.min(0, ...all), high = Math.max(0, ...all), W = 330, step = 20, H = rows.length * step + 8;
    const x = (v) => 8 + (v - low) / ((high - low) || 1) * (W - 16);
    const svg = node("svg", {viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${g.meaning}: differences to ${d.titles[d.baseline]}; ` + rows.map((i) => `${d.titles[i]} ${signed(g.options[i].difference[2])}`).join(", ")});
    svg.append(node("path", {d: `M${x(0)},0V${H}`, stroke: "var(--quiet)", "stroke-dasharray": "3 2"}));
    rows.forEach((i, k) => {
        const q = g.options[i].difference, y = k * step + 14, colour = COLOURS[i % COLOURS.length];
        if (q.some((v) => v == null)) { return; }
        svg.append(node("path", {d: `M${x(q[0])},${y}H${x(q[4])}`, stroke: colour, "stroke-width": 2}), node("path", {d: `M${x(q[1])},${y}H${x(q[3])}`, stroke: colour, "stroke-width": 7, "stroke-opacity": 0.6}), node("circle", {cx: x(q[2]), cy: y, r: 4.5, fill: colour}));
    });
    return svg;
}

function indicator(d, g) {
    const base = g.options[d.baseline], unit = g.unit === "1" ? "" : ` ${g.unit}`;
    const rows = d.titles.map((_, i) => i).filter((i) => i !== d.baseline).map((i) => {
        const o = g.options[i], [kind, text] = verdict(g, o), q = o.difference;
        const swatch = make("span", {class: "swatch"});
        swatch.style.background = COLOURS[i % COLOURS.length];
        return [make("span", {}, swatch, d.titles[i]), amount(o.level[2]), signed(q[2]), q[0] == null ? "–" : `${signed(q[0])} to ${signed(q[4])}`, make("span", {class: kind}, text)];
    });
    const want = g.better === "less" ? "less is better" : g.better === "more" ? "more is better" : "neither is better";
    return make("article", {class: "indicator"},
        make("h4", {}, g.meaning), make("p", {class: "quiet"}, `${want}; under “${d.titles[d.baseline]}”: ${amount(base.level[2])}${unit} (90 %: ${amount(base.level[0])} to ${amount(base.level[4])})`),
        make("div", {class: "two"}, ranges(d, g), make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": g.meaning}, table([{text: "option"}, {text: `median${unit && ","}${unit}`, n: true}, {text: "difference", n: true}, {text: "90 % of members", n: true}, {text: "verdict"}], rows))));
}

function themes(d) {
    const same = [];
    for (const [theme, title] of Object.entries(THEMES)) {
        const list = d.indicators.filter((g) => g.theme === theme && g.better !== "");
        const shown = list.filter((g) => g.options.some((o, i) => i !== d.baseline && o.equal !== 1 && o.change != null && o.difference[2] != null));
        same.push(...list.filter((g) => !shown.includes(g)));
        if (shown.length === 0) { continue; }
        $("compared").append(make("section", {}, make("h3", {}, title), ...shown.map((g) => indicator(d, g))));
    }
    if (same.length > 0) { $("compared").append(make("p", {}, "No option changes: ", same.map((g) => g.meaning).join("; "), ".")); }
}

function who(d) {
    const rows = d.parts.slice().sort((a, b) => a.option - b.option || b.better - a.better).slice(0, MOST_PARTS);
    const meaning = new Map(d.indicators.map((g) => [g.name, g.meaning]));
    $("who").append(rows.length === 0 ? make("p", {}, "No place and no group is better or worse off in nine of ten members.")
        : table([{text: "option"}, {text: "who"}, {text: ""}, {text: "indicator"}, {text: "difference", n: true}], rows.map((p) => [d.titles[p.option], p.name, make("span", {class: p.better >= 0.9 ? "good" : "bad"}, p.better >= 0.9 ? "✔ gains" : "✘ loses"), meaning.get(p.indicator) ?? p.indicator, signed(p.change)])));
    if (d.parts.length > MOST_PARTS) { $("who").append(make("p", {class: "quiet"}, `${people(d.parts.length - MOST_PARTS)} more are in the file.`)); }
}

/// Cost per outcome never stands without the assumptions it rests on.
function costs(d) {
    const rows = [];
    for (const g of d.indicators) {
        g.options.forEach((o, i) => { if (i !== d.baseline && o.cost != null) { rows.push([d.titles[i], g.meaning, amount(o.cost), `${Math.round(100 * (o.better ?? 0))} %`]); } });
    }
    $("cost").append(rows.length === 0 ? make("p", {}, "No option costs money for something that is better in nine of ten members.")
        : table([{text: "option"}, {text: "for one unit of"}, {text: "USD", n: true}, {text: "better in", n: true}], rows));
    const used = (a) => [...new Set(a.values.filter((v) => v !== ""))];
    $("rests").append(make("p", {}, `${people(d.assumptions.length)} parameters in use are assumptions: these numbers are no better than they are.`),
        make("div", {class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Assumptions"}, table([{text: "key"}, {text: "value, by option where it differs"}, {text: "unit"}, {text: "source"}], d.assumptions.map((a) => {
            const values = used(a);
            return [make("code", {}, a.key), values.length <= 1 ? values[0] ?? "" : a.values.map((v, i) => `${d.options[i]}: ${v === "" ? "not in use" : v}`).join("; "), a.unit, a.source];
        }))));
}

export function comparison(d) {
    document.documentElement.dir = d.direction;
    document.title = d.title ? `${d.title} – options compared – libflow` : "libflow report";
    for (const s of document.querySelectorAll("main > section")) { s.hidden = !s.classList.contains("both") && s.id !== "comparison"; }
    $("kind").textContent = `${people(d.titles.length)} options compared, ${people(d.members)} members each`;
    $("title").textContent = d.title || d.scenario;
    $("summary").textContent = d.summary;
    $("asked").textContent = `${people(d.steps)} steps from ${d.start}. Baseline: ${d.titles[d.baseline]}. Members have the same luck under every option, so differences are what the option does.`;
    $("options").append(...d.titles.flatMap((t, i) => [make("dt", {dir: "auto"}, t, i === d.baseline ? " (baseline)" : ""), make("dd", {dir: "auto"}, d.about[i] || d.options[i])]));
    themes(d);
    who(d);
    costs(d);
    const list = $("made");
    fact(list, "command", d.command);
    fact(list, "scenario", d.scenario);
    fact(list, "seed", `${d.seed}, members ${d.member} to ${d.member + d.members - 1}`);
    fact(list, "made by", d.source);
    fact(list, "checksum", d.checksum);
    $("uncertain").textContent = d.use;
    document.body.dataset.ready = "yes";
}
