// Make dist/report.html, the page without its data, and beside it the licences of the packages in it.
// The same sources give the same bytes.
import * as esbuild from "esbuild";
import {createHash} from "node:crypto";
import {readFileSync, readdirSync, writeFileSync} from "node:fs";
import {gzipSync} from "node:zlib";

const out = process.argv[2] ?? new URL("../dist/report.html", import.meta.url).pathname;
const here = (name) => new URL(name, import.meta.url);

// The worker is a text in the page: it starts from a blob, no other file is asked for.
const worker = await esbuild.build({
    entryPoints: [here("src/worker.js").pathname], bundle: true, minify: true, write: false, format: "iife",
    target: "es2022", charset: "ascii", legalComments: "none",
});
const built = await esbuild.build({
    define: {WORKER: JSON.stringify(worker.outputFiles[0].text.trim())},
    entryPoints: [here("src/main.js").pathname],
    bundle: true, minify: true, write: false, format: "iife", target: "es2022", charset: "ascii",
    legalComments: "none", metafile: true, absWorkingDir: here(".").pathname,
});
// Nothing in the script may end its element.
const script = built.outputFiles[0].text.replaceAll("</", "<\\/").trim();
const style = readFileSync(here("src/style.css"), "utf8").trim();
const hash = (text) => "'sha256-" + createHash("sha256").update(text).digest("base64") + "'";

// The atlas: countries only, no names; gzip without a time of its own.
const atlas = JSON.parse(readFileSync(here("node_modules/world-atlas/countries-50m.json"), "utf8"));
delete atlas.objects.land;
for (const g of atlas.objects.countries.geometries) { delete g.properties; }
const borders = gzipSync(JSON.stringify(atlas), {level: 9});
borders[9] = 255; // the operating system
const policy = `default-src 'none'; script-src ${hash(script)} 'wasm-unsafe-eval'; worker-src blob:; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;

const page = readFileSync(here("src/page.html"), "utf8")
    .replace("@policy@", () => policy)
    .replace("@style@", () => style)
    .replace("@borders@", () => borders.toString("base64"))
    .replace("@script@", () => script);
writeFileSync(out, page);
console.log(`${out}: ${page.length} bytes`);

const inputs = Object.keys(built.metafile.inputs).map((i) => i.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
const packages = [...new Set([...inputs.filter((p) => p), "world-atlas"])].sort();
const licences = packages.map((name) => {
    const folder = here(`node_modules/${name}/`);
    const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
    const text = file ? readFileSync(new URL(file, folder), "utf8").trim() : "";
    const {version, license} = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
    return `${name} ${version} (${license})\n\n${text}\n`;
});
const note = "The page of libflow report holds these packages. The borders of world-atlas are those of Natural Earth (public domain).\n\n";
const clean = (text) => text.split(/\r?\n/).map((line) => line.trimEnd().replaceAll("\t", "    ")).join("\n");
writeFileSync(out.replace(/report\.html$/, "LICENSES.txt"), clean(note + licences.join("\n----\n\n")));
