// The map: borders, links with the people who took them, places with the people who are there.
import {geoMercator, geoPath} from "d3";
import {clip, compact, day, make, people, table} from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 960, MOST_FLOWS = 150, MOST_LINES = 4000, MOST_NAMES = 14;
const KIND = {conflict: "place of conflict", camp: "camp", idp_camp: "camp for internally displaced people", town: "town", forward: "place that people pass", marker: "point on the road"};

const node = (name, attributes, ...children) => {
    const e = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) { e.setAttribute(key, value); }
    e.append(...children);
    return e;
};

/// Places that can be drawn, and the projection that shows them all.
function frame(d) {
    const known = d.places.map((p, i) => i).filter((i) => d.places[i].lat != null && d.places[i].lon != null);
    if (known.length === 0) { return null; }
    const points = {type: "MultiPoint", coordinates: known.map((i) => [d.places[i].lon, d.places[i].lat])};
    const lat = points.coordinates.map((c) => c[1]), lon = points.coordinates.map((c) => c[0]);
    const tall = (Math.max(...lat) - Math.min(...lat) + 1) / (Math.max(...lon) - Math.min(...lon) + 1);
    const height = Math.round(WIDTH * Math.min(0.78, Math.max(0.42, tall)));
    const projection = geoMercator();
    if (known.length === 1) {
        projection.center(points.coordinates[0]).scale(6000).translate([WIDTH / 2, height / 2]);
    } else {
        projection.fitExtent([[70, 45], [WIDTH - 90, height - 45]], points);
    }
    if (projection.scale() > 40000) { projection.center(projection.invert([WIDTH / 2, height / 2])).translate([WIDTH / 2, height / 2]).scale(40000); }
    projection.clipExtent([[-5, -5], [WIDTH + 5, height + 5]]);
    return {known, projection, height};
}

/// Bend a way a little, so that both directions can be seen.
function way([x0, y0], [x1, y1]) {
    const dx = x1 - x0, dy = y1 - y0;
    return `M${x0.toFixed(1)},${y0.toFixed(1)}Q${((x0 + x1) / 2 - dy * 0.12).toFixed(1)},${((y0 + y1) / 2 + dx * 0.12).toFixed(1)} ${x1.toFixed(1)},${y1.toFixed(1)}`;
}

/// Draw the map into `box`; the result shows frame f.
export function map(d, box, world, most, tip) {
    const view = frame(d);
    if (view === null) {
        box.append(make("p", {}, "No place of this scenario has coordinates, so there is no map. The table below has every place."));
        return () => {};
    }
    const {known, projection, height} = view, n = d.places.length;
    const path = geoPath(projection);
    const at = new Map(known.map((i) => [i, projection([d.places[i].lon, d.places[i].lat])]));
    const svg = node("svg", {viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": "map-title"});
    const title = node("title", {id: "map-title"});
    const lands = node("g", {fill: "var(--land)", stroke: "var(--border)", "stroke-width": 0.8});
    for (const f of world.features ?? [world]) {
        const line = path(f);
        if (line) { lands.append(node("path", {d: line})); }
    }
    svg.append(title, lands);
    const roads = node("g", {stroke: "var(--quiet)", "stroke-opacity": 0.35, "stroke-width": 0.8, fill: "none"});
    const n_link = d.links.length / 2;
    if (n_link <= MOST_LINES) {
        let line = "";
        for (let l = 0; l < n_link; l++) {
            const a = at.get(d.links[2 * l]), b = at.get(d.links[2 * l + 1]);
            if (a && b) { line += `M${a[0].toFixed(1)},${a[1].toFixed(1)}L${b[0].toFixed(1)},${b[1].toFixed(1)}`; }
        }
        roads.append(node("path", {d: line}));
    }
    const marker = node("marker", {id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto", markerUnits: "userSpaceOnUse"}, node("path", {d: "M0,0.8L8,4L0,7.2Z", fill: "var(--seen)"}));
    const flows = node("g", {fill: "none", stroke: "var(--seen)", "stroke-opacity": 0.6});
    const spots = node("g", {}), names = node("g", {"font-size": 12.5, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round"});
    svg.append(node("defs", {}, marker), roads, flows, spots, names);

    const top = Math.max(1, ...known.map((i) => most[i]));
    const radius = (v) => v > 0 ? Math.max(1.4, 26 * Math.sqrt(v / top)) : 0;
    const circles = known.slice().sort((a, b) => most[b] - most[a]).map((i) => {
        const [x, y] = at.get(i), camp = d.places[i].kind.includes("camp");
        const dot = node("circle", {cx: x, cy: y, r: 1.2, fill: "var(--quiet)"});
        const ring = node("circle", {cx: x, cy: y, fill: "none", stroke: "var(--seen)", "stroke-width": 1.6, "stroke-dasharray": "3 2", r: 0});
        const circle = node("circle", {cx: x, cy: y, r: 0, fill: camp ? "var(--good)" : "var(--main)", "fill-opacity": 0.5, stroke: camp ? "var(--good)" : "var(--main)"});
        spots.append(dot, ring, circle);
        return {i, x, y, ring, circle};
    });
    // Names of the places that matter most, as long as they do not cover each other.
    const taken = [];
    for (const c of circles.filter((c) => most[c.i] > 0 || c.i < 0).slice(0, 4 * MOST_NAMES)) {
        const text = clip(d.places[c.i].name, 22), w = text.length * 6.6 + 4;
        const far = Math.max(8, radius(most[c.i]) + 4), left = c.x > WIDTH - w - far, x0 = left ? c.x - w - far : c.x + far;
        const b = [x0, c.y - 8, x0 + w, c.y + 8];
        if (taken.length >= MOST_NAMES || taken.some((t) => b[0] < t[2] && b[2] > t[0] && b[1] < t[3] && b[3] > t[1])) { continue; }
        taken.push(b);
        names.append(node("text", {x: left ? c.x - far : c.x + far, y: c.y + 4, "text-anchor": left ? "end" : "start"}, text));
    }
    // A scale for the circles.
    const scale = node("g", {"font-size": 11.5, fill: "var(--quiet)", transform: `translate(14,${height - 14})`});
    const one = 10 ** Math.floor(Math.log10(top)), big = one * Math.max(1, Math.floor(top / one)), r = radius(big);
    scale.append(node("circle", {cx: r, cy: -r, r, fill: "none", stroke: "var(--quiet)"}), node("text", {x: 2 * r + 6, y: -r + 4}, `${compact(big)} people`));
    svg.append(scale);
    box.append(svg);

    const describe = (i, f) => `${clip(d.places[i].name, 60)} (${KIND[d.places[i].kind] ?? d.places[i].kind}${d.places[i].country ? ", " + clip(d.places[i].country, 30) : ""}): ${people(d.people[f * n + i])} people`;
    let now = 0;
    svg.addEventListener("pointermove", (event) => {
        const box = svg.getBoundingClientRect(), k = WIDTH / box.width;
        const x = (event.clientX - box.left) * k, y = (event.clientY - box.top) * k;
        let best = null, least = 22;
        for (const c of circles) {
            const far = Math.hypot(c.x - x, c.y - y);
            if (far < least) { [best, least] = [c, far]; }
        }
        tip(best ? describe(best.i, now) : null, event);
    });
    svg.addEventListener("pointerleave", () => tip(null));

    const width = (v, most_flow) => 0.8 + 7 * Math.sqrt(v / most_flow);
    const all = d.link_entered, most_flow = all ? all.value.reduce((a, b) => b > a ? b : a, 1) : 1;
    return (f) => {
        now = f;
        for (const c of circles) {
            c.circle.setAttribute("r", radius(d.people[f * n + c.i]).toFixed(2));
            c.ring.setAttribute("r", d.conflict && d.conflict[f * n + c.i] > 0 ? 7 : 0);
        }
        flows.replaceChildren();
        if (all) {
            const w = Math.min(all.windows - 1, Math.floor(d.step[f] / all.window)), row = w * n_link;
            const some = [];
            for (let l = 0; l < n_link; l++) {
                if (all.value[row + l] > 0 && at.has(d.links[2 * l]) && at.has(d.links[2 * l + 1])) { some.push(l); }
            }
            some.sort((a, b) => all.value[row + b] - all.value[row + a]);
            for (const l of some.slice(0, MOST_FLOWS)) {
                flows.append(node("path", {d: way(at.get(d.links[2 * l]), at.get(d.links[2 * l + 1])), "stroke-width": width(all.value[row + l], most_flow).toFixed(2), "marker-end": "url(#arrow)"}));
            }
        }
        title.textContent = `Map of people at ${known.length} places on ${day(d.date[f])}`;
    };
}

/// The same as a table.
export function map_table(d, box, list) {
    const n = d.places.length;
    return (f) => {
        const rows = list.slice(0, 300).map((i) => [d.places[i].name, d.places[i].country, KIND[d.places[i].kind] ?? "", people(d.people[f * n + i]), d.places[i].capacity >= 1 ? people(d.places[i].capacity) : "–"]);
        box.replaceChildren(table([{text: "place"}, {text: "country"}, {text: "kind"}, {text: "people", n: true}, {text: "capacity", n: true}], rows));
    };
}
