// What the pages do in a real browser. Usage: node test.mjs CHROMIUM PAGE... ; --big PAGE has limits
// of size and time, --compare PAGE JSON compares options, --live PAGE carries the core, --small PAGE hides counts below 10, --bands PAGE is of an ensemble.
import {readFileSync, statSync} from "node:fs";
import puppeteer from "puppeteer-core";

const [chromium, ...words] = process.argv.slice(2);
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const MOST_BYTES = 6e6, MOST_MS = 3000;
let failures = 0;
const check = (good, text) => {
    if (!good) { failures++; }
    console.log(`${good ? "ok" : "FAILED"}: ${text}`);
};

const browser = await puppeteer.launch({executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"]});

async function open(path, scheme = "light", width = 1280) {
    const page = await browser.newPage(), said = [], asked = [];
    page.on("console", (m) => said.push(m.text()));
    page.on("pageerror", (e) => said.push(e.message));
    page.on("dialog", (d) => { said.push(`dialog ${d.message()}`); d.dismiss(); });
    page.on("request", (r) => { if (!r.url().startsWith("blob:")) { asked.push(r.url()); } });
    await page.setViewport({width, height: 900});
    await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: scheme}]);
    const begin = Date.now();
    await page.goto(`file://${path}`);
    await page.waitForSelector("body[data-ready]", {timeout: 60000});
    return {page, said, asked, ms: Date.now() - begin};
}

/// What must hold of every page.
async function every(path, option) {
    const {page, said, asked, ms} = await open(path);
    const name = path.split("/").pop();
    check(asked.length === 1 && asked[0] === `file://${path}`, `${name}: nothing but the file is asked for (${asked.length})`);
    check(said.length === 0, `${name}: the console is empty ${said.join(" | ")}`);
    const facts = await page.evaluate(() => ({
        map: document.querySelectorAll("#atlas svg circle").length,
        multiples: document.querySelectorAll("#series figure svg").length,
        drawn: [...document.querySelectorAll("#series svg, #everybody svg")].every((s) => s.querySelector("path[d]")),
        parameters: document.querySelectorAll("#parameters tbody tr").length,
        seed: document.getElementById("made").textContent.includes("seed"),
        elements: document.querySelectorAll("script").length,
        hurt: window.hurt === true || document.querySelector("#title b, th b") !== null,
        wide: document.documentElement.scrollWidth > innerWidth,
    }));
    check(facts.multiples > 0 && facts.drawn, `${name}: ${facts.multiples} series are drawn`);
    check(facts.parameters > 50, `${name}: ${facts.parameters} parameters are listed`);
    check(facts.seed, `${name}: the seed is told`);
    check(facts.elements === 4 && !facts.hurt, `${name}: no name became part of the page`);
    check(!facts.wide, `${name}: nothing is wider than the window`);
    if (option === "--big") {
        let least = ms;
        for (let i = 0; i < 2 && least >= MOST_MS; i++) { // other programs may be busy
            const again = await open(path);
            least = Math.min(least, again.ms);
            await again.page.close();
        }
        check(least < MOST_MS, `${name}: ready in ${least} ms, at most ${MOST_MS}`);
        check(statSync(path).size < MOST_BYTES, `${name}: ${statSync(path).size} bytes, at most ${MOST_BYTES}`);
    }
    await slider(page, name);
    if (option === "--small") {
        const table = await page.evaluate(() => document.getElementById("map-table").textContent);
        check(table.includes("few"), `${name}: small counts are not shown`);
    }
    if (option === "--bands") {
        const bands = await page.evaluate(() => document.querySelectorAll("#series [data-mark=area]").length);
        check(bands >= 2, `${name}: ${bands} bands of members`);
    }
    if (option === "--live") { await tries(page, name, said); }
    await access(page, name);
    await page.close();
    await phone(path, name);
}

/// Another day is another map.
async function slider(page, name) {
    const state = () => page.evaluate(() => document.getElementById("date").textContent + document.querySelector("#atlas svg")?.innerHTML + document.getElementById("map-table").textContent);
    const before = await state();
    await page.focus("#day");
    await page.keyboard.press("Home");
    const after = await state();
    check(before !== after, `${name}: the keyboard moves the day, and the map follows`);
    await page.keyboard.press("End");
    check(await state() === before, `${name}: and comes back`);
}

/// The core in the page gives the numbers of the native run; a slider moved gives others.
async function tries(page, name, said) {
    const live = await page.waitForSelector("body[data-live]", {timeout: 60000}).then(() => page.evaluate(() => document.body.dataset.live), () => "none");
    check(live === "same", `${name}: the core in the page gives the checksum of the native run (${live})`);
    if (live !== "same") { return; }
    const state = () => page.evaluate(() => document.getElementById("live-table").textContent + document.getElementById("live-chart").innerHTML);
    const before = await state();
    await page.focus("#live-sliders input");
    await page.keyboard.press("End");
    const done = await page.waitForFunction(() => / ms\.$/.test(document.getElementById("live-said").textContent), {timeout: 60000}).then(() => true, () => false);
    const text = await page.evaluate(() => document.getElementById("live-said").textContent);
    check(done && await state() !== before, `${name}: a slider moved changes the result (${text})`);
    const ms = +(/(\d+) ms/.exec(text)?.[1] ?? 1e9);
    check(ms < 5000, `${name}: in ${ms} ms on whatever else this machine does`);
    await page.keyboard.press("Home");
    await page.waitForFunction((t) => document.getElementById("live-said").textContent !== t, {timeout: 60000}, text).catch(() => {});
    check(said.length === 0, `${name}: the console is still empty ${said.join(" | ")}`);
}

async function access(page, name) {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa"]})).violations.map((v) => `${v.id}: ${v.nodes.length} (${v.nodes[0].html.slice(0, 120)})`));
    check(found.length === 0, `${name}: axe-core finds nothing ${found.join("; ")}`);
}

async function phone(path, name) {
    const {page, said} = await open(path, "dark", 390);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(wide <= 0 && said.length === 0, `${name}: fits a phone in the dark (${wide})`);
    await access(page, `${name}, dark`);
    await page.emulateMediaType("print");
    const pdf = await page.pdf({format: "A4"});
    check(pdf.length > 20000, `${name}: prints (${pdf.length} bytes)`);
    await page.close();
}

/// The page of a comparison says what `compare --json` says.
async function compared(path, json) {
    const {page, said, asked} = await open(path), name = path.split("/").pop();
    const wanted = JSON.parse(readFileSync(json, "utf8"));
    check(asked.length === 1 && said.length === 0, `${name}: asks for nothing, and the console is empty ${said.join(" | ")}`);
    const seen = await page.evaluate(() => {
        const d = JSON.parse(document.getElementById("data").textContent);
        const tables = [...document.querySelectorAll(".indicator")].map((a) => a.querySelector("h4").textContent);
        return {d, tables, svg: document.querySelectorAll(".indicator svg circle").length, rests: document.querySelectorAll("#rests tbody tr").length, wide: document.documentElement.scrollWidth > innerWidth, hidden: getComputedStyle(document.getElementById("map")).display === "none"};
    });
    const near = (a, b) => a === b || a != null && b != null && Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
    let n = 0, good = seen.d.indicators.length === Object.keys(wanted.indicators).length;
    for (const g of seen.d.indicators) {
        const own = wanted.indicators[g.name];
        seen.d.options.forEach((o, i) => {
            const a = g.options[i], b = own.options[o];
            [0.05, 0.25, 0.5, 0.75, 0.95].forEach((q, k) => { n++; good &&= near(a.level[k], b.level.quantiles[q]) && near(a.difference[k], b.difference.quantiles[q]); });
            good &&= near(a.better, b.better) && near(a.equal, b.equal);
        });
    }
    check(good && n > 100, `${name}: ${n} quantiles are those of compare --json`);
    check(seen.tables.length > 0 && seen.svg > 0, `${name}: ${seen.tables.length} indicators are drawn`);
    check(seen.rests === wanted.cost_per_outcome.rests_on.length, `${name}: ${seen.rests} assumptions stand beside the costs`);
    check(seen.hidden && !seen.wide, `${name}: what only a run has is not shown, nothing is too wide`);
    await access(page, name);
    await page.close();
    await phone(path, name);
}

let option = "", page_compared = null;
for (const word of words) {
    if (word.startsWith("--")) { option = word; continue; }
    if (option === "--compare" && page_compared === null) { page_compared = word; continue; }
    if (option === "--compare") { await compared(page_compared, word); option = ""; continue; }
    await every(word, option);
    option = "";
}
await browser.close();
console.log(failures === 0 ? "report pages: all good" : `report pages: ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
