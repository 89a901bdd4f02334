// The tab that trains: hrnnc new writes a model for dropped data, and the trainer trains it, in a worker of its own.
import { el, failure, finding, table, toast } from "./dom";
import type { Diagnostic } from "./engine";
import { lines } from "./plots";
import type { DataFile } from "./model";
import { latest, type Page, type Panel } from "./page";

type News = { say?: string; done?: number; tries?: boolean; line?: string; metrics?: string; warn?: Diagnostic[] };
type Score = { split: string; level: string; accuracy?: number | null; macro_f1?: number | null; loss?: number | null };
type Designed = { text: string; choices: { name: string; value: string; reason: string }[] };
type Trained = { weights: string; report: string; scores: Score[]; remarks: string[] | null; best_epoch: number; seconds_in_all: number };

// seconds spells a time that is estimated.
const seconds = (s: number) => (s < 10 ? `${Math.max(1, Math.round(s))} s` : s < 90 ? `${5 * Math.round(s / 5)} s` : `${Math.round(s / 60)} min`);

export class TrainPanel implements Panel {
  readonly id = "train";
  readonly title = "Train";
  private running = false;
  private said = el("span", { role: "status" });
  private bar = el("progress", { max: 1, value: 0, "aria-label": "Progress" });
  private log = el("pre", { class: "log", tabindex: "0", hidden: true });
  private curve = el("div");
  private out = el("div", { class: "page", style: "padding:0" });
  private files = el("select", { "aria-label": "Data", onchange: () => this.offer() });
  private settings = el("input", { type: "text", placeholder: "such as  id=person label=activity window=128", "aria-label": "Settings for the data", style: "flex:1;min-width:14rem" });
  private write = el("button", { onclick: () => void this.design() }, "Write a model for it");
  private go = el("button", { class: "main", onclick: () => void this.train() }, "Train");
  private stop = el("button", { onclick: () => this.cancel(), hidden: true }, "Stop");
  private skip = el("button", { onclick: () => this.first(), hidden: true, title: "Short trainings try settings; without them the model has those that come first" }, "Skip the trials");
  private skipped = false; // the trials are to be left out
  private about = el("p", { class: "quiet" });
  private head = el("div", { class: "page", style: "padding:0" });
  private place: HTMLElement;

  constructor(private page: Page, private pick: () => void, private sample: () => Promise<void>) {
    this.place = el("div", { class: "page" },
      el("p", {}, "Drop a table of recordings (CSV), arrays (.npy, .npz) or a time series set (.ts, .arff). hrnnc looks at it and writes a model that trains well as it is; you can change every line. The data stays in this page."),
      el("div", { class: "row" }, el("button", { onclick: () => this.pick() }, "Choose data…"), el("button", { onclick: () => void this.sample().catch((e) => toast(e.message)) }, "Use a sample: motion.csv")),
      this.head, this.about, el("div", { class: "row" }, this.go, this.stop, this.skip, this.said), this.bar, this.curve, this.log, this.out);
    this.bar.hidden = true;
  }

  mount(into: HTMLElement) { into.replaceChildren(this.place); }

  use(file: DataFile, settings = "") {
    this.update();
    this.settings.value = settings;
    this.files.value = file.path;
    this.offer();
  }

  update() {
    const was = this.files.value;
    this.files.replaceChildren(...this.page.model.data.filter((d) => !/^(x|labels)\.npy$/.test(d.name)).map((d) => el("option", { value: d.path }, d.name)));
    if ([...this.files.options].some((o) => o.value === was)) this.files.value = was;
    this.offer();
  }

  // file is the data that the model's train block names, if it is here.
  private file(): DataFile | undefined {
    const name = this.page.checked?.data?.replace(/^"|"$/g, "");
    return this.page.model.data.find((d) => d.name === name);
  }

  private offer() {
    if (this.files.options.length && !this.head.children.length)
      this.head.replaceChildren(el("div", { class: "row" }, el("label", { class: "row" }, "Data", this.files), this.settings, this.write));
    const c = this.page.checked, generated = /\(/.test(c?.data ?? "");
    let why = "";
    if (this.running) why = "";
    else if (!c?.ok && !c?.trains) why = "The model has errors.";
    else if (!c.trains) why = "The model has no train block that names data: let one be written for your data, or add  train { data = … }.";
    else if (!this.file() && !generated) why = `The train block names ${c.data}, which is not here: drop that file, or have a model written for other data.`;
    this.go.disabled = this.running || !!why;
    this.write.disabled = this.running || !this.files.value;
    this.about.textContent = why;
  }

  private began = 0; // when what is under way began

  private begin() {
    this.running = true;
    this.skipped = false;
    this.began = performance.now();
    this.bar.hidden = this.stop.hidden = false;
    this.bar.removeAttribute("value");
    this.said.textContent = "starting";
    this.log.hidden = true;
    this.log.textContent = "";
    this.curve.replaceChildren();
    this.out.replaceChildren();
    this.offer();
  }

  private end() {
    this.running = false;
    this.bar.hidden = this.stop.hidden = this.skip.hidden = true;
    this.said.textContent = "";
    this.offer();
  }

  private hear = (n: News) => {
    if (n.done) this.bar.value = n.done;
    this.skip.hidden = !n.tries || this.skipped;
    const took = (performance.now() - this.began) / 1000;
    if (n.say) this.said.textContent = n.say + (n.done && n.done < 1 && took > 2 ? `, about ${seconds((took * (1 - n.done)) / n.done)} left` : "");
    if (n.line) {
      this.log.hidden = false;
      this.log.textContent += n.line + "\n";
      this.log.scrollTop = this.log.scrollHeight;
    }
    for (const d of n.warn ?? []) this.out.append(finding(d));
    if (n.metrics) this.draw(n.metrics);
  };

  private draw(metrics: string) {
    const epochs = metrics.trim().split("\n").map((l) => JSON.parse(l));
    const series = [["loss", "loss in training"], ["valid_loss", "loss on validation"]].map(([key, name]) => ({ name, values: epochs.map((e) => e[key]).filter((v) => v !== undefined && v !== null) }));
    if (epochs.length > 1) this.curve.replaceChildren(lines("Loss", series, 140, "epoch"));
  }

  private cancel() {
    this.said.textContent = "stopping";
    const engine = this.page.engines.named("train");
    engine.cancel();
    setTimeout(() => { if (this.running) engine.restart(); }, 3000); // where nothing hears it
  }

  // first ends the trials of a design, which is then written without them.
  private first() {
    this.skipped = this.skip.hidden = true;
    this.said.textContent = "writing the model";
    this.page.engines.named("train").cancel();
  }

  private async design() {
    const data = this.page.model.data.find((d) => d.path === this.files.value);
    if (!data || this.running) return;
    this.begin();
    try {
      const set = this.settings.value.trim() ? this.settings.value.trim().split(/\s+/) : [];
      const ask = (skip: boolean) => this.page.engines.named("train").call<Designed>("design", { data: data.path, set, skip }, this.hear);
      const d = await ask(false).catch((error) => { if (this.skipped) return ask(true); throw error; });
      this.page.model.weights = null;
      this.page.model.example = "";
      this.page.setModel(d.text);
      this.out.replaceChildren(el("h3", {}, "Why the model is as it is"), table(["", "chosen", "because"], [], d.choices.map((c) => [c.name, el("code", {}, c.value), c.reason])));
    } catch (error) {
      this.out.replaceChildren((error as Error).message === "stopped" ? el("p", { role: "status" }, "Stopped. The model is as it was.") : failure(error));
    } finally {
      this.end();
    }
  }

  readonly train = latest(async () => {
    if (this.running) return;
    const { model, engines } = this.page, folder = this.file()?.folder ?? "/work/generated", text = model.text;
    this.begin();
    try {
      const engine = engines.named("train");
      const r = await engine.call<Trained>("train", { ...model.source(), folder }, this.hear);
      const weights = await engine.get(r.weights), report = await engine.get(r.report), taken = model.text === text;
      if (taken) {
        model.takeWeights(r.weights.replace(/^.*\//, ""), weights);
        model.report = `/reports/${Date.now()}.html`;
        engines.share(model.report, report);
        this.page.changed();
      } else this.out.append(finding({ severity: "warning", code: "", message: "The text was changed meanwhile: these weights are not taken", line: 0, col: 0, endLine: 0, endCol: 0 }));
      const percent = (v?: number | null) => (v === undefined || v === null ? "" : `${(100 * v).toFixed(1)} %`);
      this.out.append(el("p", {}, el("b", {}, `Trained in ${r.seconds_in_all.toFixed(1)} s${taken ? `; the weights of epoch ${r.best_epoch} are the model's now` : ""}.`)),
        table(["part", "level", "accuracy", "macro F1", "loss"], [false, false, true, true, true], r.scores.map((s) => [s.split, s.level, percent(s.accuracy), percent(s.macro_f1), s.loss?.toPrecision(4) ?? ""])),
        ...(r.remarks ?? []).map((x) => el("p", {}, x)),
        el("h3", {}, "Report"), el("iframe", { title: "Report of the training", sandbox: "", srcdoc: new TextDecoder().decode(report) }));
    } catch (error) {
      if ((error as Error).message === "stopped") this.out.append(el("p", { role: "status" }, "Stopped. Nothing was changed."));
      else this.out.append(failure(error));
    } finally {
      this.end();
    }
  });
}
