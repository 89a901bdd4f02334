// Runs graphs in onnxruntime as a program would: what a call leaves goes into the next.
//
//     node run.cjs FOLDER-OF-PACKAGES < jobs.json > results.json
//
// A job is {path, input, x: {dims, data}, states: {NAME_in: {type, dims}}, sequence, chunk}: a file, what its input is called, sequences,
// what goes from call to call, whether the graph takes sequences, and how many steps a call does; with late: {behind, by} something is
// added to the count of steps. A result is {outputs: {name: [{type, dims, data}, ...]}}, one a call, of all that is not handed on, or
// {error}.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const ort = createRequire(`${process.argv[2]}/`)("onnxruntime-node");

const arrays = { int32: Int32Array, int64: BigInt64Array, float32: Float32Array };

const number = (v) => (typeof v === "bigint" ? v.toString() : Number(v));

// steps cuts steps from to to out of x of dims [batch, steps, ...]; without an axis of steps where there is one alone to be had.
function steps(x, from, to, axis) {
    const [batch, all, ...rest] = x.dims, size = rest.reduce((a, b) => a * b, 1), out = [];
    for (let b = 0; b < batch; b++) out.push(...x.data.slice((b * all + from) * size, (b * all + to) * size));
    return new ort.Tensor("int32", Int32Array.from(out), axis ? [batch, to - from, ...rest] : [batch, ...rest]);
}

async function run(job) {
    const session = await ort.InferenceSession.create(job.path, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const outputs = {};
    let state = {};
    for (const [name, { type, dims }] of Object.entries(job.states))
        state[name] = new ort.Tensor(type, new arrays[type](dims.reduce((a, b) => a * b, 1)), dims);
    for (let t = 0; t < job.x.dims[1]; t += job.chunk) {
        const x = steps(job.x, t, Math.min(t + job.chunk, job.x.dims[1]), job.sequence);
        const made = await session.run({ [job.input]: x, ...state });
        const next = {};
        for (const [name, value] of Object.entries(made)) {
            const kept = name.replace(/_out$/, "_in");
            if (kept in state) next[kept] = value;
            else (outputs[name] ??= []).push({ type: value.type, dims: value.dims, data: Array.from(value.data, number) });
        }
        if (job.late?.behind === t + 1) next.step_in = new ort.Tensor("int32", Int32Array.of(next.step_in.data[0] + job.late.by), []);
        state = next;
    }
    await session.release?.();
    return { outputs };
}

(async () => {
    const results = [];
    for (const job of JSON.parse(readFileSync(0)))
        results.push(await run(job).catch((e) => ({ error: String(e) })));
    process.stdout.write(JSON.stringify(results));
})();
