// Trying changes out: the scenario and the core of libflow are in the page; sliders and options run
// an ensemble of realisations in a worker, beside the same one without the change.
import {versus} from "./charts.js";
import {inflate} from "./data.js";
import {clip, make, people, table} from "./text.js";

const $ = (id) => document.getElementById(id);
const MOST_MEMBERS = 20, BUDGET_MS = 700, MOST_MS = 2000, MOST_FRAMES = 120, MOST_PLACES = 40, ROWS = 8, SLIDERS = 3;

/// Calls of the worker, one answer each.
function start() {
    const worker = new Worker(URL.createObjectURL(new Blob([WORKER], {type: "text/javascript"})));
    const open = new Map();
    let next = 0;
    worker.onmessage = ({data}) => {
        const {resolve, reject} = open.get(data.id);
        open.delete(data.id);
        data.error === undefined ? resolve(data.result) : reject(new Error(data.error));
    };
    return (task, args) => new Promise((resolve, reject) => {
        open.set(++next, {resolve, reject});
        worker.postMessage({...args, task, id: next});
    });
}

/// Overrides and days that the result was made with.
function wish(command) {
    const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3]);
    const set = [], after = (i, name) => words[i] === `--${name}` ? words[i + 1] : words[i].startsWith(`--${name}=`) ? words[i].slice(name.length + 3) : null;
    let days = 0;
    words.forEach((_, i) => {
        const one = after(i, "set"), option = after(i, "option"), n = after(i, "days");
        if (one != null) { set.push(one); }
        if (option != null) { set.push(`option=${option}`); }
        if (n != null) { days = +n; }
    });
    return {set, days};
}

/// Numbers that can be moved: those that the scenario itself gives come first.
function movable(d) {
    const yaml = d.files.find(([name]) => name === "scenario.yaml")[1];
    const fixed = new Set(["period", "output", "individuals", "people", "quirks"]);
    const rows = d.parameters.filter(([key, value]) => key.includes(".") && !fixed.has(key.split(".")[0]) && value !== "" && Number.isFinite(+value) && +value !== 0);
    const block = (name) => new RegExp(`^${name}:[^\\n]*(\\n([ \\t#-][^\\n]*|))*`, "m").exec(yaml)?.[0] ?? "";
    const given = (key) => new RegExp(`\\b${key.split(".").pop()}:`).test(block(key.split(".")[0]));
    return rows.map((p) => ({key: p[0], value: +p[1], unit: p[2], given: given(p[0])})).sort((a, b) => b.given - a.given || a.key.startsWith("destination") - b.key.startsWith("destination"));
}

const quantile = (sorted, q) => {
    const at = (sorted.length - 1) * q, low = Math.floor(at), share = at - low;
    return low + 1 < sorted.length ? sorted[low] * (1 - share) + sorted[low + 1] * share : sorted[low];
};

/// Low, middle and high of the members, each [frame * places + place].
function summary(members) {
    const n = members[0].length, out = [0.05, 0.5, 0.95].map(() => new Float64Array(n)), one = new Float64Array(members.length);
    for (let i = 0; i < n; i++) {
        for (let m = 0; m < members.length; m++) { one[m] = members[m][i]; }
        one.sort();
        out[0][i] = quantile(one, 0.05);
        out[1][i] = quantile(one, 0.5);
        out[2][i] = quantile(one, 0.95);
    }
    return out;
}

export async function live(d, ranks) {
    const packed = $("core").textContent.trim();
    if (!d.files || packed === "") { return; }
    const a = d.about, n = d.places.length, base = wish(a.command);
    const jump = Math.ceil(d.frames / MOST_FRAMES);
    const frames = d.step.map((_, f) => f).filter((f) => (d.frames - 1 - f) % jump === 0);
    const steps = frames.map((f) => d.step[f]), date = frames.map((f) => d.date[f]);
    const call = start();
    let members = 1, before = null, wanted = 0;

    /// Members with overrides; null when something newer is wanted meanwhile.
    const ensemble = async (set, mine) => {
        await call("load", {set: [...base.set, ...set], days: base.days});
        const all = [];
        for (let m = 0; m < members; m++) {
            all.push((await call("run", {seed: a.seed, member: a.member + m, steps})).people);
            if (mine !== wanted) { return null; }
        }
        return summary(all);
    };

    await call("begin", {module: await WebAssembly.compile(await inflate(packed, "deflate")), files: d.files});
    const about = await call("load", {set: base.set, days: base.days});
    let clock = performance.now();
    let first = await call("run", {seed: a.seed, member: a.member, steps});
    if (performance.now() - clock > MOST_MS) {
        $("live").hidden = false;
        $("live-note").textContent = `One run of this scenario takes ${((performance.now() - clock) / 1000).toFixed(1)} s in this page: too long to try changes here.`;
        document.body.dataset.live = "slow";
        return;
    }
    clock = performance.now();
    first = await call("run", {seed: a.seed, member: a.member, steps}); // the one before warmed up
    const each = Math.max(0.5, performance.now() - clock);
    const same = a.members === 1 ? first.checksum === a.checksum : null;
    $("live").hidden = false;
    if (same === false) {
        $("live-note").textContent = "The core in this page gives other numbers than the run of this result, so nothing can be tried here.";
        document.body.dataset.live = "other";
        return;
    }
    members = Math.max(1, Math.min(MOST_MEMBERS, Math.floor(BUDGET_MS / each)));
    before = await ensemble([], wanted);
    $("live-note").textContent = `${same ? `The core in this page gives the numbers of the run (checksum ${first.checksum}). ` : ""}Each change runs ${members} ${members === 1 ? "realisation" : "realisations"} of the scenario in this page, about ${Math.round(each)} ms each, beside the same ones without the change: same luck, so that differences come from the change. Nothing leaves the page.`;
    document.body.dataset.live = same ? "same" : "unchecked";

    const option = $("live-option"), place = $("live-place"), sliders = $("live-sliders"), add = $("live-add");
    option.append(...[{name: "", title: "as it was run"}, ...about.options].map((o) => make("option", {value: o.name}, clip(o.title, 60))));
    option.closest("label").hidden = about.options.length === 0;
    place.append(...ranks.list.slice(0, MOST_PLACES).map((i) => make("option", {value: i}, clip(d.places[i].name, 50))));
    const free = movable(d), moved = new Map();

    const draw = (after) => {
        const i = +place.value, at = (q, s) => s === null ? null : Float64Array.from(frames, (_, f) => s[q][f * n + i]);
        const lines = (s) => s === null ? null : [at(0, s), at(1, s), at(2, s)];
        $("live-chart").replaceChildren(versus(date, lines(before), lines(after), d.places[i].name));
        const end = (frames.length - 1) * n, rows = ranks.list.slice(0, MOST_PLACES).map((p) => [p, before[1][end + p], after === null ? before[1][end + p] : after[1][end + p]]);
        rows.sort((x, y) => Math.abs(y[2] - y[1]) - Math.abs(x[2] - x[1]));
        const sign = (v) => v > 0 ? `▲ +${people(v)}` : v < 0 ? `▼ −${people(-v)}` : "no change";
        $("live-table").replaceChildren(table([{text: "place, at the end"}, {text: "as it was run", n: true}, {text: "changed", n: true}, {text: "difference", n: true}],
            rows.slice(0, ROWS).map(([p, x, y]) => [clip(d.places[p].name), people(Math.round(x)), people(Math.round(y)), sign(Math.round(y - x))])));
    };
    let shown = null, timer = null;
    const redo = async () => {
        const mine = ++wanted, set = [...(option.value ? [`option=${option.value}`] : []), ...[...moved].map(([key, value]) => `${key}=${value}`)];
        const clock = performance.now();
        try {
            const after = set.length === 0 ? before : await ensemble(set, mine);
            if (after === null || mine !== wanted) { return; }
            shown = set.length === 0 ? null : after;
            draw(shown);
            $("live-said").textContent = set.length === 0 ? "Nothing is changed." : `${set.join(", ")}: ${Math.round(performance.now() - clock)} ms.`;
        } catch (error) {
            if (mine === wanted) { $("live-said").textContent = error.message; }
        }
        document.body.dataset.tried = mine;
    };
    const soon = () => {
        clearTimeout(timer);
        timer = setTimeout(redo, 60);
    };
    const slider = (p) => {
        const id = `live-${p.key}`, most = 2 * p.value;
        const input = make("input", {type: "range", id, min: Math.min(0, most), max: Math.max(0, most), step: Math.abs(most) / 100, value: p.value});
        const output = make("output", {for: id}, `${p.value} ${p.unit === "1" ? "" : p.unit}`);
        input.addEventListener("input", () => {
            const value = +(+input.value).toPrecision(6);
            Math.abs(value - p.value) < Math.abs(most) / 300 ? moved.delete(p.key) : moved.set(p.key, value);
            output.textContent = `${value} ${p.unit === "1" ? "" : p.unit}`;
            soon();
        });
        sliders.append(make("label", {class: "grow", for: id}, make("code", {}, p.key), input, output));
        free.splice(free.indexOf(p), 1);
    };
    free.slice(0, SLIDERS).forEach(slider);
    const offer = () => add.replaceChildren(make("option", {value: ""}, "another number …"), ...free.map((p, i) => make("option", {value: i}, p.key)));
    add.addEventListener("change", () => {
        if (add.value !== "") { slider(free[+add.value]); }
        offer();
    });
    offer();
    option.addEventListener("change", redo);
    place.addEventListener("change", () => draw(shown));
    draw(null);
    $("live-said").textContent = "Nothing is changed.";
}
