// The page: what is typed, dropped and clicked, and which tab shows what. It computes nothing itself; engine.ts has who does.
import { assist, changes } from "./assist";
import { byId, count, download, el, failure, noun, toast } from "./dom";
import { find, mark, modelEditor, offset, setText } from "./editor";
import { Engines, Failure, fromBase64, program, script, type Diagnostic } from "./engine";
import { CodePanel } from "./code";
import { CostsPanel, SchedulePanel, WavePanel, slow } from "./costs";
import { Model, through, type Example } from "./model";
import { latest, type Checked, type Page, type Panel } from "./page";
import { PassesPanel } from "./passes";
import { redraw } from "./plots";
import { RunPanel } from "./run";
import { TrainPanel } from "./train";

const state = byId("state");
const loading = program((done) => { if (!page.checked) say(`loading the compiler, ${Math.round(100 * done)} %`); });
const engines = new Engines(loading);
const model = new Model(engines);

let pointed = 0; // line of the model
const editor = modelEditor(byId("editor"), {
  change: (text) => { if (text !== model.text) { model.text = text; page.changed(); } },
  cursor: (line) => panel.cursor?.(line, true),
  hover: (line) => { if (line !== pointed) panel.cursor?.((pointed = line), false); },
}, assist((method, args) => engines.quick.call(method, { ...model.source(), ...args })));

const page: Page = {
  engines, model, editor, checked: null, version: 0,
  setModel(text) { model.text = text; setText(editor, text); page.changed(); },
  changed() { page.version++; name(); void refresh(); },
  markModel(spans) { mark(editor, spans.map(([line, col, endLine, endCol]) => (col ? { line, col, endLine, endCol, style: "from-model-strong" } : { line, endLine, style: "from-model" }))); },
};

function say(text: string, kind = "") {
  state.textContent = text;
  state.className = kind;
}

const refresh = latest(async () => {
  const version = page.version;
  try {
    await engines.quick.ready;
    const began = performance.now();
    const checked = await engines.quick.call<Checked>("check", model.source());
    if (version !== page.version) return;
    page.checked = checked;
    const errors = checked.diagnostics.filter((d) => d.severity === "error").length;
    byId("name").textContent = checked.name ? `${checked.name} · model.hrn` : "model.hrn";
    find(editor, checked.diagnostics);
    problems(checked.diagnostics);
    weights(checked);
    byId<HTMLButtonElement>("take").disabled = !checked.ok;
    old();
    if (checked.ok) {
      await panel.update();
      if (version === page.version) say(`no errors · ${Math.round(performance.now() - began)} ms`, "good");
    } else {
      say(`${errors} ${noun(errors, "error")}`, "bad");
      if (panel.id === "train") void panel.update();
    }
  } catch (error) {
    ended(error);
  }
});

// old says where results are those of the last text without errors.
function old() {
  const is = !!page.checked && !page.checked.ok && panel.id !== "train";
  byId("old").hidden = !is;
  byId("panel").classList.toggle("old", is);
}

function ended(error: unknown) {
  say("the compiler does not run", "bad");
  byId("panel").replaceChildren(el("div", { class: "page" }, failure(error)));
}

function problems(list: Diagnostic[]) {
  byId("problems").replaceChildren(...list.map((d) => el("div", {}, el("button", {
    class: `problem ${d.severity}`, onclick: () => {
      if (!d.line) return;
      const at = offset(editor.state, d.line, d.col);
      editor.dispatch({ selection: { anchor: at }, scrollIntoView: true });
      editor.focus();
    },
  }, el("span", { class: "where" }, d.line ? `${d.line}:${d.col}` : d.part || "–"), el("span", { class: "what" }, d.message), d.help && el("span", { class: "help" }, d.help)),
    ...(d.fixes ?? []).map((f) => el("button", { class: "fix", onclick: () => { editor.dispatch(changes(editor.state, [f.edit])); editor.focus(); } }, f.title)))));
}

function weights(c: Checked) {
  const w = byId("weights");
  w.className = c.drawn ? "drawn" : "";
  w.textContent = !c.name && !c.ok ? "" : c.drawn ? `Weights are random: ${c.drawn}. Code and costs are as they will be; what it decides is not.`
    : model.weights ? `Weights: ${model.weights.name}, ${count(model.weights.bytes.length)} ${noun(model.weights.bytes.length, "byte")}${model.example ? ", trained with the example" : ""}` : "";
  w.hidden = !w.textContent;
}

// Tabs.
const run = new RunPanel(page);
const train = new TrainPanel(page, () => byId("file").click(), async () => {
  const example = (await examples).get("motion");
  if (!example) throw new Error("the sample is not in this build");
  for (const d of example.data) model.takeData(d.name, fromBase64(d.bytes));
  train.use(model.data.find((d) => d.name === "motion.csv")!, "id=recording group=person");
});
const panels: Panel[] = [new CodePanel(page), new PassesPanel(page), new CostsPanel(page), new SchedulePanel(page), run, new WavePanel(page), train];
let panel = panels[0];

function show(id: string) {
  panel = panels.find((p) => p.id === id) ?? panels[0];
  for (const b of byId("tabs").children) {
    const on = (b as HTMLElement).dataset.tab === panel.id;
    b.setAttribute("aria-selected", String(on));
    (b as HTMLElement).tabIndex = on ? 0 : -1;
  }
  byId("panel").setAttribute("aria-label", panel.title);
  panel.mount(byId("panel"));
  old();
  if (page.checked?.ok || panel.id === "train") void Promise.resolve(panel.update()).catch(ended);
  redraw();
}

byId("tabs").append(...panels.map((p) => el("button", { role: "tab", "data-tab": p.id, "aria-controls": "panel", onclick: () => show(p.id) }, p.title)));
byId("tabs").addEventListener("keydown", (e) => {
  const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
  if (!step) return;
  show(panels[(panels.indexOf(panel) + step + panels.length) % panels.length].id);
  (byId("tabs").querySelector("[aria-selected=true]") as HTMLElement).focus();
});
show("code");

// Examples, files and links.
const examples: Promise<Map<string, Example>> = script("examples.js").then(async (packed) => {
  const list = JSON.parse(new TextDecoder().decode(await through(packed, new DecompressionStream("gzip")))) as Example[];
  return new Map(list.map((e) => [e.id, e]));
});
const select = byId<HTMLSelectElement>("example");
let known: Example[] = [];

// name says which example the model is, if it is one as it came, so that one that was changed can be picked again.
function name() {
  select.value = known.find((e) => e.text === model.text && (e.weights ? e.id === model.example : !model.weights))?.id ?? "";
}

function open(e: Example) {
  model.open(e);
  setText(editor, model.text);
  history.replaceState(null, "", location.pathname + location.search);
  page.changed();
  if (e.id === "motion") { show("train"); train.use(model.data.find((d) => d.name === "motion.csv")!, "id=recording group=person"); }
}

async function begin() {
  try {
    const all = await examples;
    known = [...all.values()];
    select.append(el("option", { value: "", hidden: true }, "a model of yours"), ...known.map((e) => el("option", { value: e.id }, e.title)));
    select.addEventListener("change", () => { const e = all.get(select.value); if (e) open(e); });
    if (location.hash.startsWith("#m=")) {
      try {
        await model.openLink(location.hash.slice(1), all);
        setText(editor, model.text);
        page.changed();
        return;
      } catch (error) {
        toast(`The link cannot be read: ${(error as Error).message}`);
      }
    }
    open(all.get("copy") ?? [...all.values()][0]);
  } catch (error) {
    ended(error);
  }
}

const isData = /\.(csv|tsv|npy|npz|ts|arff|wav|zip|gz|xz)$/i;
async function take(list: Iterable<File>) {
  const files = await Promise.all([...list].map(async (f) => ({ name: f.name, bytes: new Uint8Array(await f.arrayBuffer()) })));
  let changed = false;
  for (const f of files) {
    if (f.bytes.length > 64 << 20) { toast(`${f.name} is larger than 64 MB, which is too much for a page`); continue; }
    if (f.name.endsWith(".hrn")) {
      model.text = new TextDecoder().decode(f.bytes);
      if (!files.some((g) => /\.(safetensors|pth|pt)$/.test(g.name))) { model.weights = null; model.example = ""; }
      setText(editor, model.text);
      changed = true;
    } else if (/\.(safetensors|pth|pt)$/i.test(f.name)) {
      model.takeWeights(f.name, f.bytes);
      changed = true;
    } else if (isData.test(f.name)) {
      const data = model.takeData(f.name, f.bytes);
      const named = page.checked?.data === f.name;
      if (panel.id === "run" || (/\.np[yz]$/i.test(f.name) && !named)) { run.use(data); show("run"); } else { train.use(data); show("train"); }
    } else toast(`${f.name} is no model, weights or data that hrnnc reads`);
  }
  if (changed) page.changed();
}

const file = byId<HTMLInputElement>("file");
file.addEventListener("change", () => { void take(file.files ?? []).then(() => { file.value = ""; }); });
byId("open").addEventListener("click", () => file.click());
const drop = byId("drop");
window.addEventListener("dragover", (e) => { e.preventDefault(); drop.hidden = false; });
window.addEventListener("dragleave", (e) => { if (!e.relatedTarget) drop.hidden = true; });
window.addEventListener("drop", (e) => { e.preventDefault(); drop.hidden = true; void take(e.dataTransfer?.files ?? []); });

byId("share").addEventListener("click", async () => {
  const hash = await model.link();
  history.replaceState(null, "", "#" + hash);
  const long = location.href.length > 32000 ? " It is long: some programs cut it." : "";
  try {
    await navigator.clipboard.writeText(location.href);
    toast("The link is copied: it holds the model, and the weights." + long);
  } catch {
    toast("The link is in the address bar: it holds the model, and the weights." + long);
  }
});

byId("take").addEventListener("click", async () => {
  const button = byId<HTMLButtonElement>("take");
  button.disabled = true;
  try {
    const engine = slow(page), output = `/work/home-${Date.now()}.zip`;
    const name = await engine.call<string>("bundle", { ...model.source(), report: model.report, output });
    download(name, await engine.get(output), "application/zip");
  } catch (error) {
    const first = error instanceof Failure ? error.diagnostics[0] : undefined;
    toast((error as Error).message + (first?.help ? `; ${first.help}` : ""));
  } finally {
    button.disabled = false;
  }
});

async function format() {
  try {
    const text = await engines.quick.call<string>("format", model.source());
    if (text !== model.text) page.setModel(text);
  } catch (error) {
    toast(`A text with errors is not laid out: ${(error as Error).message}`);
  }
}
byId("format").addEventListener("click", () => void format());
window.addEventListener("keydown", (e) => { if (e.shiftKey && e.altKey && e.code === "KeyF") { e.preventDefault(); void format(); } });

byId("theme").addEventListener("click", () => {
  const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("hrnnc.theme", root.dataset.theme); } catch { /* a page from a disk may have no storage */ }
  redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

// The width of the editor.
const split = byId("split"), left = byId("left");
const resize = (x: number) => left.style.setProperty("--left", `${Math.min(75, Math.max(20, (100 * x) / innerWidth))}%`);
split.addEventListener("pointerdown", (e) => { split.setPointerCapture(e.pointerId); });
split.addEventListener("pointermove", (e) => { if (split.hasPointerCapture(e.pointerId)) resize(e.clientX); });
split.addEventListener("keydown", (e) => {
  const step = e.key === "ArrowRight" ? 30 : e.key === "ArrowLeft" ? -30 : 0;
  if (step) resize(left.getBoundingClientRect().width + step);
});

say("loading the compiler");
loading.catch(ended);
void begin();
