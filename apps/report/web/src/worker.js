// The core in a worker: loads the scenario, runs members, gives back what the chart needs.
let core = null;
let room = null;

const bytes = (text) => new TextEncoder().encode(text + "\0");

function put(data) {
    const at = core.live_room(data.length);
    new Uint8Array(core.memory.buffer).set(data, at);
    return at;
}

function text(at) {
    const memory = new Uint8Array(core.memory.buffer);
    let end = at;
    while (memory[end] !== 0) { end++; }
    return new TextDecoder().decode(memory.subarray(at, end));
}

const fail = (what) => { throw new Error(what); };

async function begin({module, files}) {
    // The core reads and writes nothing outside: every call of the system is refused.
    const system = new Proxy({}, {get: () => () => 8});
    const imports = Object.fromEntries(WebAssembly.Module.imports(module).map((i) => [i.module, system]));
    core = (await WebAssembly.instantiate(module, imports)).exports;
    core._initialize?.();
    for (const [name, content] of files) {
        const data = bytes(content);
        core.live_file(put(bytes(name)), put(data), data.length - 1);
    }
}

function load({set, days}) {
    const at = put(bytes(set.join("\n")));
    const failed = core.live_load(at, days) !== 0;
    core.live_forget(at);
    if (failed) { fail(text(core.live_error())); }
    if (room !== null) { core.live_forget(room); }
    room = core.live_room(core.live_places() * core.live_steps() * 8);
    return {
        places: core.live_places(), steps: core.live_steps(),
        options: Array.from({length: core.live_options()}, (_, i) => ({name: text(core.live_option(i, 0)), title: text(core.live_option(i, 1))})),
    };
}

/// One member: people at places at the steps wanted.
function run({seed, member, steps}) {
    const s = BigInt(seed);
    if (core.live_run(Number(s & 0xffffffffn), Number(s >> 32n & 0xffffffffn), member, room) !== 0) { fail(text(core.live_error())); }
    const n = core.live_places(), all = new Float64Array(core.memory.buffer, room, n * core.live_steps());
    const people = new Float64Array(steps.length * n);
    steps.forEach((t, f) => people.set(all.subarray(t * n, (t + 1) * n), f * n));
    return {people, checksum: BigInt.asUintN(64, core.live_checksum()).toString(16).padStart(16, "0")};
}

const tasks = {begin, load, run};

onmessage = async ({data}) => {
    try {
        postMessage({id: data.id, result: await tasks[data.task](data)});
    } catch (error) {
        postMessage({id: data.id, error: error.message});
    }
};
