// Bundles the page: the worker with Go's wasm_exec.js, the page around it, the examples with their weights. build.sh calls it
// with the path of wasm_exec.js, once build/hrnnc.wasm.gz is made.
import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const root = import.meta.dirname, dist = join(root, "dist"), examples = join(root, "..", "examples");
const wasmExec = process.argv[2];
mkdirSync(dist, { recursive: true });
const options = { bundle: true, minify: true, target: "es2022", legalComments: "linked", write: false, logLevel: "warning" };

const worker = await build({ ...options, legalComments: "none", entryPoints: [join(root, "src/worker.ts")] });
const workerText = readFileSync(wasmExec, "utf8") + "\n" + worker.outputFiles[0].text;
const main = await build({ ...options, outdir: dist, entryPoints: [join(root, "src/main.ts")], define: { __WORKER__: JSON.stringify(workerText) } });
for (const f of main.outputFiles) writeFileSync(f.path, f.contents);
const style = await build({ ...options, legalComments: "none", entryPoints: [join(root, "style.css")] });
writeFileSync(join(dist, "index.html"), readFileSync(join(root, "index.html"), "utf8").replace("/*STYLE*/", () => style.outputFiles[0].text.trim()));

// A page from a disk may fetch nothing, but it may load scripts.
const asScript = (name, bytes) => writeFileSync(join(dist, name), `hrnncFile("${name}", "${bytes.toString("base64")}");\n`);
const wasm = readFileSync(join(root, "build/hrnnc.wasm.gz"));
writeFileSync(join(dist, "hrnnc.wasm.gz"), wasm);
asScript("hrnnc.wasm.js", wasm);

// Examples: those with weights that are small. Their titles are the first sentence of the model's comment.
const mostWeights = 100_000;
const titles = {
  copy: "copy: remembers over a hundred blanks", copy1000: "copy1000: over a thousand", har2: "har2: two kinds of motion", har2_frames: "har2_frames: the same, in frames",
  activity: "activity: six activities of a phone", activity_stream: "activity_stream: the same, without end", dsa19: "dsa19: nineteen sports", dsa19_small: "dsa19_small: the same, smaller",
  digits: "digits: spoken digits", ecg: "ecg: heartbeats", wakeword: "wakeword: wakes at a word", smnist: "smnist: handwriting, pixel by pixel", smnist_block: "smnist_block: in blocks",
  pmnist: "pmnist: pixels in another order", pmnist_block: "pmnist_block: in blocks", turbofan: "turbofan: how long an engine lasts",
};
const first = ["copy", "activity", "ecg", "har2", "digits", "wakeword"];
const text = (dir, file) => readFileSync(join(examples, dir, file), "utf8");
const binary = (dir, file) => readFileSync(join(examples, dir, file)).toString("base64");
const list = [];
for (const id of readdirSync(examples).filter((d) => existsSync(join(examples, d, "model.hrn")) && existsSync(join(examples, d, "model.safetensors")))) {
  if (readFileSync(join(examples, id, "model.safetensors")).length > mostWeights) continue;
  const data = id === "copy" ? [{ name: "x.npy", note: "16 sequences", bytes: binary(id, "x.npy") }] : [];
  list.push({ id, title: titles[id] ?? id, text: text(id, "model.hrn"), weights: binary(id, "model.safetensors"), weightsName: "model.safetensors", data });
}
list.sort((a, b) => (first.indexOf(a.id) + 100) % 100 - (first.indexOf(b.id) + 100) % 100 || a.id.localeCompare(b.id));
list.push({
  id: "motion", title: "motion: train one here, from a table", text: readFileSync(join(root, "motion.hrn"), "utf8"), weights: "", weightsName: "",
  data: ["motion.csv", "field.csv"].map((name) => ({ name, note: name === "motion.csv" ? "with labels" : "without", bytes: binary("motion", name) })),
});
asScript("examples.js", gzipSync(Buffer.from(JSON.stringify(list)), { level: 9 }));

for (const f of readdirSync(dist).sort()) {
  const size = readFileSync(join(dist, f));
  console.log(`${basename(f).padEnd(24)} ${String(size.length).padStart(9)} bytes, ${String(gzipSync(size, { level: 9 }).length).padStart(8)} compressed`);
}
