// Numbers and dates as people read them, elements and tables.

const whole = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const short = new Intl.NumberFormat("en", {notation: "compact", maximumFractionDigits: 1});

export const people = (v) => Number.isFinite(v) ? whole.format(v) : "few";
export const compact = (v) => Number.isFinite(v) ? short.format(v) : "few";
export const measure = (v) => v == null ? "–" : v.toFixed(3);
export const day = (date, hours) => date.toISOString().slice(0, hours ? 16 : 10).replace("T", " ");

/// An element; texts are always texts, never HTML.
export function make(name, attributes = {}, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value === true) { e.setAttribute(key, ""); } else if (value !== false && value != null) { e.setAttribute(key, value); }
    }
    e.append(...children.filter((c) => c != null));
    return e;
}

/// head: [{text, n}] columns, n: numbers; rows: arrays of texts or elements.
export function table(head, rows, row_class) {
    const body = rows.map((row, i) => make("tr", {class: row_class?.(i)}, ...row.map((cell, k) =>
        k === 0 ? make("th", {scope: "row", dir: "auto"}, cell) : make("td", {class: head[k].n ? "n" : null, dir: head[k].n ? null : "auto"}, cell))));
    return make("table", {},
        make("thead", {}, make("tr", {}, ...head.map((h) => make("th", {scope: "col", class: h.n ? "n" : null}, h.text)))),
        make("tbody", {}, ...body));
}

export function fact(list, name, value) {
    if (value === "" || value == null) { return; }
    list.append(make("dt", {}, name), make("dd", {dir: "auto"}, value));
}

/// At most `n` characters of a name.
export const clip = (text, n = 40) => {
    const letters = Array.from(text);
    return letters.length > n ? letters.slice(0, n - 1).join("") + "…" : text;
};
