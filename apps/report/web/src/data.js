// What the page holds: facts as they are, series packed.

const DAY = 86400000;

export async function inflate(text, format) {
    const binary = atob(text), bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) { bytes[i] = binary.charCodeAt(i); }
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

/// Series of whole numbers: n of them, each as differences from frame to frame.
/// Result: value[frame * n + i]; NaN where a count is not shown.
async function unpack(packed, frames) {
    const bytes = await inflate(packed.data, "deflate");
    const {n} = packed, scale = packed.scale ?? 1;
    const value = new Float64Array(frames * n);
    let at = 0;
    for (let i = 0; i < n; i++) {
        let last = 0;
        for (let f = 0; f < frames; f++) {
            let u = 0, unit = 1, byte;
            do {
                byte = bytes[at++];
                u += (byte & 127) * unit;
                unit *= 128;
            } while (byte > 127);
            last += u % 2 === 0 ? u / 2 : -(u + 1) / 2;
            value[f * n + i] = last === -1 && scale === 1 ? NaN : last / scale;
        }
    }
    return value;
}

/// The result, ready to be drawn.
export async function load() {
    const d = JSON.parse(document.getElementById("data").textContent);
    if (d.schema.startsWith("libflow.report.comparison")) { return d; }
    const {about, frames} = d;
    const start = Date.parse(about.start + "T00:00:00Z");
    const last = about.steps - 1;
    d.step = Array.from({length: frames}, (_, f) => last - (frames - 1 - f) * about.stride);
    // Values describe the end of a step, and compare with observations dated that day.
    const shift = about.step_days >= 1 ? about.step_days - 1 : about.step_days;
    d.date = d.step.map((s) => new Date(start + (s * about.step_days + shift) * DAY));
    if (d.quantiles) {
        d.quantiles = await Promise.all(d.quantiles.map((q) => unpack(q, frames)));
        d.people = d.quantiles[2];
    } else {
        d.people = await unpack(d.people, frames);
    }
    for (const name of ["conflict", "persons", "entered_total", "left_total",
        "leavers_by_cause", "people_by_status", "observed", "in_need", "reached", "cost_total", "cost_asked"]) {
        if (d[name]) { d[name] = Object.assign(await unpack(d[name], frames), {labels: d[name].labels}); }
    }
    if (d.link_entered) {
        const flow = d.link_entered;
        d.link_entered = {window: flow.window, windows: flow.windows, value: await unpack(flow, flow.windows)};
    }
    return d;
}

/// Borders as GeoJSON: those of the user, or those of the page.
export async function borders(d, feature) {
    if (d.borders) { return d.borders; }
    const bytes = await inflate(document.getElementById("borders").textContent.trim(), "gzip");
    const atlas = JSON.parse(new TextDecoder().decode(bytes));
    return feature(atlas, atlas.objects.countries);
}

/// Places by the most people they ever have, those with observations first.
export function order(d) {
    const n = d.places.length, most = new Float64Array(n);
    for (let f = 0; f < d.frames; f++) {
        for (let i = 0; i < n; i++) {
            const v = Number.isNaN(d.people[f * n + i]) ? 1 : d.people[f * n + i]; // hidden: a few
            if (v > most[i]) { most[i] = v; }
        }
    }
    const seen = new Set(d.observed_place ?? []);
    const list = d.places.map((_, i) => i).filter((i) => seen.has(i) || most[i] > 0);
    list.sort((a, b) => seen.has(b) - seen.has(a) || most[b] - most[a] || a - b);
    return {list, most};
}
