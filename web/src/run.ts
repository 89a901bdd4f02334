// The tab that runs the model, to the bit as generated code does, on golden inputs, an example's data or a dropped file.
import { el, failure, finding, noun, toast } from "./dom";
import { fromBase64, type Diagnostic } from "./engine";
import type { DataFile } from "./model";
import { heat, lines, strip, type Series } from "./plots";
import { latest, type Page, type Panel } from "./page";
import { slow } from "./costs";

type Ran = {
  sequences: number; sequence: number; steps: number; warnings: Diagnostic[]; input: Series[]; token: boolean;
  states: { name: string; units: number; max: number; limit: number; cells: string; norm: number[] }[];
  outputs: Series[]; decisions: number[] | null; everyStep: boolean; saturated: number; regression: boolean; last: string;
};

export class RunPanel implements Panel {
  readonly id = "run";
  readonly title = "Run";
  private version = -1;
  private data: string | null = null; // path; "" for golden inputs, null until something is chosen: an example's data is, then
  private sequence = 0;
  private raw = el("input", { type: "checkbox", onchange: () => this.again() });
  private select = el("select", { "aria-label": "Data", onchange: () => { this.data = this.select.value; this.sequence = 0; this.again(); } });
  private number = el("input", { type: "number", min: "1", value: "1", "aria-label": "Sequence", style: "width:6rem", onchange: () => { this.sequence = Math.max(0, Number(this.number.value) - 1); this.again(); } });
  private of = el("span", { class: "quiet" });
  private rawLabel = el("label", { class: "row" }, this.raw, "values as in the training data");
  private out = el("div", { class: "page", style: "padding:0" });
  private place = el("div", { class: "page" },
    el("div", { class: "row" }, el("label", { class: "row" }, "Input", this.select), el("label", { class: "row" }, "sequence", this.number), this.of, this.rawLabel), this.out);

  constructor(private page: Page) {}
  mount(into: HTMLElement) { into.replaceChildren(this.place); }

  // use runs a file that was dropped.
  use(file: DataFile) {
    this.data = file.path;
    this.sequence = 0;
    this.version = -1;
  }

  private again() { this.version = -1; void this.update(); }

  readonly update = latest(async () => {
    if (this.version === this.page.version) return;
    const version = (this.version = this.page.version), files = this.page.model.data; // again() may ask for another run meanwhile
    if (this.data && !files.some((f) => f.path === this.data)) { this.data = null; this.sequence = 0; }
    this.data ??= files.find((f) => f.name === "x.npy")?.path ?? null;
    this.select.replaceChildren(el("option", { value: "" }, "golden: edges of the range, then random"), ...files.map((f) => el("option", { value: f.path }, f.name)));
    this.select.value = this.data ?? "";
    this.rawLabel.hidden = !/\.np[yz]$/.test(this.data ?? "");
    if (!this.out.children.length) this.out.replaceChildren(el("div", { class: "loading" }, "Running…"));
    try {
      const r = await slow(this.page).call<Ran>("run", { ...this.page.model.source(), data: this.data ?? "", raw: this.raw.checked, folder: "/runs", sequence: this.sequence });
      this.show(r);
    } catch (error) {
      if (version === this.page.version) this.out.replaceChildren(failure(error));
    }
  });

  private show(r: Ran) {
    this.number.max = String(r.sequences);
    this.number.value = String(r.sequence + 1);
    this.of.textContent = `of ${r.sequences}, ${r.steps} ${noun(r.steps, "step")}`;
    const names = r.outputs.map((o) => o.name);
    const verdict = r.last ? el("p", {}, "At the end it says ", el("b", {}, r.last), r.saturated ? `; ${r.saturated} ${r.saturated === 1 ? "entry of a state was" : "entries of states were"} clamped.` : ".")
      : el("p", {}, r.regression ? `At the end it gives ${names.map((n, i) => `${n} = ${Number(r.outputs[i].values.at(-1)).toPrecision(5)}`).slice(0, 6).join(", ")}.` : "");
    this.out.replaceChildren(...r.warnings.map(finding), verdict,
      lines(r.token ? "Input, tokens" : "Input, integers", r.input),
      ...r.states.flatMap((s) => [heat(`State ${s.name}, ${s.units} ${noun(s.units, "unit")}`, new Int8Array(fromBase64(s.cells).buffer), s.units, s.max), lines(`State ${s.name}, root mean square`, [{ name: `room for |h| to ${s.limit.toPrecision(4)}`, values: s.norm }], 90)]),
      lines(r.everyStep ? "Output" : "Output, if the sequence ended here", r.outputs, 170),
      ...(r.decisions?.length ? [strip("Decision after each step", r.decisions, names)] : []));
    if (r.steps > 4096) toast("The first 4,096 steps are shown");
  }
}
