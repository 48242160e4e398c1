// The page of one result.
import {feature} from "topojson-client";
import {classes, need, place, series} from "./charts.js";
import {comparison} from "./compare.js";
import {borders, load, order} from "./data.js";
import {live} from "./live.js";
import {map, map_table} from "./map.js";
import {day, fact, make, measure, people, table} from "./text.js";

const $ = (id) => document.getElementById(id);
const FIRST = 12, MORE = 24;
const TAG = {V: "read in the source", D: "derived from data", R: "recalled", A: "assumption", "-": "a switch, no claim"};

function tip(text, event) {
    const box = $("tip");
    box.classList.toggle("on", text != null);
    if (text == null) { return; }
    box.textContent = text;
    box.style.left = Math.min(innerWidth - box.offsetWidth - 8, event.clientX + 14) + "px";
    box.style.top = Math.max(4, event.clientY - box.offsetHeight - 10) + "px";
}

function header(d) {
    const a = d.about, last = d.date[d.frames - 1], hours = a.step_days < 1;
    document.documentElement.dir = a.direction;
    document.title = a.title ? `${a.title} – libflow` : "libflow report";
    $("kind").textContent = a.members > 1 ? `Ensemble of ${people(a.members)} realisations` : "One realisation";
    $("title").textContent = a.title || a.scenario || "A scenario from memory";
    $("summary").textContent = a.summary;
    const step = a.step_days === 1 ? "days" : a.step_days < 1 ? Math.abs(a.step_days * 24 - 1) < 1e-6 ? "steps of an hour" : `steps of ${+(a.step_days * 24).toFixed(3)} hours` : `steps of ${+a.step_days.toFixed(3)} days`;
    $("asked").textContent = `${people(a.steps)} ${step} from ${a.start} to ${day(last, hours)}; ${people(d.places.length)} places, ${people(d.links.length / 2)} directed links.` + (a.stride > 1 ? ` The page shows every ${a.stride}th step.` : "");
    $("uncertain").textContent = a.members > 1
        ? "Bands show chance alone: what realisations of the same inputs differ by. The inputs and rules may be wrong by more than that; compare with the trivial models and with what was counted."
        : "One run is one draw: another seed gives other numbers. Look at many members (libflow run --members) before anything is decided.";
}

function tiles(d) {
    const list = $("tiles"), n = d.places.length, end = d.frames - 1;
    const tile = (name, value, note) => list.append(make("div", {}, make("dt", {}, name), make("dd", {}, value, note ? make("small", {dir: "auto"}, note) : null)));
    if (d.leavers_by_cause) {
        const k = d.leavers_by_cause.labels.length, sum = new Float64Array(k);
        d.leavers_by_cause.forEach((v, i) => { sum[i % k] += v || 0; });
        let most = 0;
        for (let c = 1; c < k; c++) { if (sum[c] > sum[most]) { most = c; } }
        if (d.about.stride === 1) { tile("people who set out", people(sum.reduce((a, b) => a + b, 0)), sum[most] > 0 ? `most because of ${d.leavers_by_cause.labels[most]}` : null); }
    } else if (d.entered_total) { tile("people who entered", people(d.entered_total[end]), "since the beginning"); }
    if (d.persons) { tile("people in the simulation", people(d.persons[end]), `on ${day(d.date[end])}`); }
    let best = 0;
    for (let i = 1; i < n; i++) { if (d.people[end * n + i] > d.people[end * n + best]) { best = i; } }
    if (n > 0) { tile("most people", people(d.people[end * n + best]), d.places[best].name.slice(0, 60)); }
    let full = 0, rooms = 0;
    d.places.forEach((p, i) => { if (p.capacity >= 1) { rooms++; full += d.people[end * n + i] > p.capacity; } });
    if (rooms > 0) { tile("places beyond capacity", `${full} of ${rooms}`, `on ${day(d.date[end])}`); }
    if (d.score) { tile("skill", measure(d.score.skill), d.score.skill > 0 ? "nearer to the counts than all trivial models" : "a trivial model is nearer to the counts"); }
}

function key(d) {
    const item = (line, text) => {
        const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        svg.setAttribute("viewBox", "0 0 16 9");
        svg.setAttribute("aria-hidden", "true");
        const p = document.createElementNS("http://www.w3.org/2000/svg", "path");
        for (const [a, b] of Object.entries(line)) { p.setAttribute(a, b); }
        svg.append(p);
        return make("span", {}, svg, text);
    };
    const stroke = (colour, dash) => ({d: "M0,4.5H16", stroke: colour, "stroke-width": 2, ...(dash ? {"stroke-dasharray": dash} : {})});
    const box = make("span", {class: "key"}, item(stroke("var(--main)"), d.quantiles ? "median of the members" : "simulated"));
    if (d.quantiles) { box.append(item({d: "M0,0H16V9H0Z", fill: "var(--band)", "fill-opacity": 0.35}, "50 and 90 % of the members")); }
    if (d.observed) { box.append(item(stroke("var(--seen)", "6 2"), "counted")); }
    if (d.places.some((p) => p.capacity >= 1)) { box.append(item(stroke("var(--quiet)", "4 3"), "capacity")); }
    return box;
}

function places(d, {list}) {
    const box = $("series"), more = $("more"), seen = new Map((d.observed_place ?? []).map((p, i) => [p, i]));
    $("series-note").append(key(d));
    let shown = 0;
    const show = (n) => {
        for (const i of list.slice(shown, shown + n)) { box.append(place(d, i, seen.has(i) ? seen.get(i) : -1)); }
        shown = Math.min(list.length, shown + n);
        more.hidden = shown >= list.length;
        more.textContent = `Show more places (${people(list.length - shown)} left)`;
    };
    show(FIRST);
    more.addEventListener("click", () => show(MORE));
}

function everybody(d) {
    const box = $("everybody"), n = d.places.length;
    if (d.observed) {
        const k = d.observed_place.length, sum = new Float64Array(d.frames), counted = new Float64Array(d.frames);
        for (let f = 0; f < d.frames; f++) {
            for (let i = 0; i < k; i++) {
                sum[f] += d.people[f * n + d.observed_place[i]] || 0;
                counted[f] += d.observed[f * k + i] || 0;
            }
        }
        box.append(series(d, sum, "People at the places with counts", "dashed: counted", [counted]));
    }
    if (d.persons) { box.append(series(d, d.persons, "People in the simulation", `${people(d.persons[d.frames - 1])} at the end`)); }
}

function why(d) {
    const charts = [];
    if (d.leavers_by_cause) { charts.push(classes(d, d.leavers_by_cause, "People who set out, by cause", d.about.stride > 1 ? "in the steps shown" : "all steps", true)); }
    if (d.people_by_status) { charts.push(classes(d, d.people_by_status, "People by status", "at the end of each step", false)); }
    const good = charts.filter((c) => c);
    $("why").hidden = good.length === 0;
    $("causes").append(...good);
}

function needs(d) {
    const figures = (d.in_need?.labels ?? []).map((label, c) => need(d, c, label)).filter((f) => f);
    $("sectors").append(...figures);
    if (d.cost_total && d.cost_total[d.frames - 1] > 0) {
        const end = d.frames - 1, asked = d.cost_asked ?? d.cost_total;
        $("money").append(series(d, d.cost_total, "Money spent by responses, USD", `${people(d.cost_total[end])} spent, ${people(asked[end])} asked for (dashed)`, [asked]));
    }
    $("needs").hidden = figures.length === 0 && $("money").children.length === 0;
}

function scores(d) {
    if (!d.score) { return; }
    $("scores").hidden = false;
    const head = [{text: "model"}, {text: "error", n: true}, {text: "ARD", n: true}, {text: "MASE", n: true}, {text: "RMSE (people)", n: true}];
    const row = (name, m) => [name, measure(m.error), measure(m.ard), measure(m.mase), m.rmse == null ? "–" : people(m.rmse)];
    const rows = [row(d.quantiles ? "libflow, median of the members" : "libflow", d.score), ...Object.entries(d.score.trivial).map(([name, m]) => row(`trivial: ${name}${name === d.score.best_trivial ? " (best)" : ""}`, m))];
    $("score-table").append(table(head, rows, (i) => i === 0 ? "own" : null));
    const s = d.score.skill;
    $("score-table").after(make("p", {}, s == null ? "The best trivial model has no error, so there is no skill." : `Skill ${measure(s)}: 1 - error / error of the best trivial model. ${s > 0 ? "Above 0: libflow is nearer to what was counted than any of them." : "Not above 0: a rule of thumb is nearer to what was counted."} Trivial models marked first, real1 and day30 use counts of the period itself.`));
}

function parameters(d) {
    const assumed = d.parameters.filter((p) => p[3] === "A").length;
    $("assume-note").textContent = `${people(d.parameters.length)} parameters; the defaults of ${people(assumed)} are assumptions (A) that may be wrong where you work. V: read in the source, D: derived from data, R: recalled, -: a switch.`;
    const draw = () => {
        const word = $("find").value.toLowerCase(), only = $("only-a").checked;
        const rows = d.parameters.filter((p) => (!only || p[3] === "A") && (p[0] + p[4]).toLowerCase().includes(word));
        $("parameters").replaceChildren(table([{text: "key"}, {text: "value used"}, {text: "unit"}, {text: "evidence for the default"}, {text: "source of the default"}],
            rows.map((p) => [make("code", {}, p[0]), p[1], p[2], make("span", {class: `tag tag-${p[3] === "A" ? "A" : "x"}`, title: TAG[p[3]] ?? ""}, p[3]), p[4]])));
    };
    $("find").addEventListener("input", draw);
    $("only-a").addEventListener("change", draw);
    draw();
}

function made(d) {
    const a = d.about, list = $("made");
    fact(list, "command", a.command);
    fact(list, "scenario", a.scenario);
    fact(list, "seed", `${a.seed}, member ${a.member}${a.members > 1 ? ` to ${a.member + a.members - 1}` : ""}`);
    fact(list, "made", `${a.created} by libflow ${a.version}, ${a.compiler}`);
    fact(list, "checksum", a.checksum);
    if (a.suppress > 0) { fact(list, "small counts", `counts from 1 to ${a.suppress - 1} are not shown`); }
    if (d.borders) { $("border-source").textContent = "the file given"; }
    if (d.warnings.length > 0) {
        $("warnings").hidden = false;
        $("warnings").querySelector("summary").textContent = `${d.warnings.length} warnings about the input`;
        $("warnings").querySelector("ul").append(...d.warnings.slice(0, 200).map((w) => make("li", {dir: "auto"}, w)));
    }
}

function slider(d, shows) {
    const input = $("day"), date = $("date"), button = $("play"), hours = d.about.step_days < 1;
    input.max = d.frames - 1;
    const show = () => {
        const f = +input.value;
        date.textContent = day(d.date[f], hours);
        input.setAttribute("aria-valuetext", date.textContent);
        for (const s of shows) { s(f); }
    };
    input.addEventListener("input", show);
    input.value = d.frames - 1;
    show();
    let timer = null;
    const stop = () => {
        clearInterval(timer);
        timer = null;
        button.textContent = "Play";
        button.setAttribute("aria-pressed", "false");
    };
    button.addEventListener("click", () => {
        if (timer !== null) { stop(); return; }
        if (+input.value >= d.frames - 1) { input.value = 0; }
        button.textContent = "Pause";
        button.setAttribute("aria-pressed", "true");
        const jump = Math.max(1, Math.round(d.frames / 240));
        timer = setInterval(() => {
            if (+input.value >= d.frames - 1) { stop(); return; }
            input.value = +input.value + jump;
            show();
        }, 60);
    });
}

async function main() {
    const d = await load();
    if (d.schema.startsWith("libflow.report.comparison")) {
        comparison(d);
        return;
    }
    const ranks = order(d);
    header(d);
    tiles(d);
    const world = await borders(d, feature);
    const draw = map(d, $("atlas"), world, ranks.most, tip);
    $("map-note").textContent = "Circles: people at the place (green: camps, blue: other places)" + (d.conflict?.some((v) => v > 0) ? "; dashed rings: conflict" : "") + "; arrows: people under way" + (d.link_entered ? `, added up over ${d.link_entered.window === 1 ? "the step" : d.link_entered.window + " steps"}.` : ".");
    slider(d, [draw, map_table(d, $("map-table"), ranks.list)]);
    everybody(d);
    places(d, ranks);
    why(d);
    needs(d);
    scores(d);
    parameters(d);
    made(d);
    document.body.dataset.ready = "yes";
    await live(d, ranks);
}

main().catch((error) => {
    $("problem").hidden = false;
    $("problem").textContent = `This page could not be drawn: ${error.message}`;
    throw error;
});
