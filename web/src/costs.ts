// The tabs with what the model takes: of every chip, and how a step is computed on one.
import { count, el, failure, noun, table, time } from "./dom";
import type { Code } from "./code";
import { latest, type Page, type Panel } from "./page";

export type Chip = { name: string; title: string; kind: "mcu" | "fpga"; flash?: number; ram?: number; luts?: number; clock_mhz?: number };
type Cost = { cycles: number; unit: string; flash?: number; ram?: number; luts?: number; blocks?: number; arch?: string; unmet?: string };

let chipsKnown: Promise<Chip[]> | null = null;
export function chips(page: Page): Promise<Chip[]> {
  return (chipsKnown ??= page.engines.quick.call<Chip[]>("chips", {}).catch((e) => { chipsKnown = null; throw e; }));
}

// slow is the engine for what takes longer; what it does for an older version of the model ends.
export function slow(page: Page) {
  const e = page.engines.named("slow");
  if (e.busy && slowFor !== page.version) e.restart();
  slowFor = page.version;
  return e;
}
let slowFor = -1;

export class CostsPanel implements Panel {
  readonly id = "costs";
  readonly title = "Costs";
  private version = -1;
  private place = el("div", { class: "page" });

  constructor(private page: Page) {}
  mount(into: HTMLElement) { into.replaceChildren(this.place); }

  readonly update = latest(async () => {
    if (this.version === this.page.version) return;
    const version = (this.version = this.page.version);
    const tiles = el("div", { class: "tiles" }), mcu = el("div"), fpga = el("div");
    this.place.replaceChildren(tiles, el("h3", {}, "Microcontrollers"),
      el("p", { class: "quiet" }, "Counted on the schedule that hrnnc picks for each chip, with prices fitted to simulated chips; hrnnc bench measures them."), mcu,
      el("h3", {}, "FPGAs"), el("p", { class: "quiet" }, "The design that is made where no rate is asked for, counted on it; the Schedule tab has the others, and hrnnc synth runs synthesis and placement."), fpga);
    try {
      const source = this.page.model.source();
      const code = await this.page.engines.quick.call<Code>("code", { ...source, target: "c" });
      tiles.replaceChildren(...facts(code));
      const all = await chips(this.page), found = new Map<string, Cost | Error>();
      const show = () => { mcu.replaceChildren(this.mcus(all, found)); fpga.replaceChildren(this.fpgas(all, found)); };
      show();
      for (const c of all) {
        if (this.page.version !== version) return;
        try { found.set(c.name, await slow(this.page).call<Cost>("cost", { ...source, chip: c.name })); } catch (e) { found.set(c.name, e as Error); }
        show();
      }
    } catch (error) {
      this.version = -1;
      this.place.replaceChildren(failure(error));
    }
  });

  private mcus(all: Chip[], found: Map<string, Cost | Error>) {
    return rows(["chip", "cycles a step", "time a step", "flash", "RAM", "fits"], all.filter((c) => c.kind === "mcu"), found, (c, cost) => [
      `${count(cost.cycles)}${cost.unit === "cycles" ? "" : " " + cost.unit}`, cost.unit === "cycles" && c.clock_mhz ? `${time(cost.cycles / c.clock_mhz)}` : "",
      part(cost.flash, c.flash), part(cost.ram, c.ram), fits(cost)]);
  }

  private fpgas(all: Chip[], found: Map<string, Cost | Error>) {
    return rows(["part", "cycles a step", "at 12 MHz", "look-up tables", "block RAMs", "fits"], all.filter((c) => c.kind === "fpga"), found, (c, cost) => [
      count(cost.cycles), time(cost.cycles / 12), part(cost.luts, c.luts), count(cost.blocks ?? 0), fits(cost)]);
  }
}

function facts(code: Code): HTMLElement[] {
  const { cost, layers } = code.report;
  const tile = (value: string, name: string) => el("div", { class: "tile" }, el("b", {}, value), el("span", {}, name));
  const things = (n: number, one: string, of = "") => tile(count(n), noun(n, one) + of);
  return [things(cost.parameters, "parameter"), things(Math.ceil(cost.bits / 8), "byte", " of weights, packed"), things(Math.ceil(cost.state_bits / 8), "byte", " of state"),
    things(cost.recurrence.adds + cost.input.adds, "addition", " a step"), things(cost.recurrence.muls + cost.input.muls, "multiplication", " a step"),
    ...layers.map((l: any) => tile(`${l.units} × ${l.bits} bits`, `state ${l.name}${l.saturates ? ", may saturate" : ", proven not to saturate"}`))];
}

const fits = (cost: Cost) => (cost.unmet ? el("span", { class: "bad", title: cost.unmet }, "no") : el("span", { class: "good" }, "yes"));
const part = (n?: number, of?: number) => (n === undefined ? "" : [count(n), of ? el("small", {}, `${Math.max(1, Math.round((100 * n) / of))} %`) : null]);

function rows(head: string[], list: Chip[], found: Map<string, Cost | Error>, cells: (c: Chip, cost: Cost) => any[]) {
  return table(head, [false, true, true, true, true, false], list.map((c) => {
    const cost = found.get(c.name), name = [el("span", { title: c.title }, c.name), el("small", {}, c.title)];
    if (!cost) return [name, "…", "", "", "", ""];
    if (cost instanceof Error) return [name, el("span", { class: "bad" }, cost.message), "", "", "", ""];
    return [name, ...cells(c, cost)];
  }));
}

type Scheduled = { said: string[]; instead?: string; step: number; output: number; unit: string; flash: number; ram: number };
type Schedule = { chip: string; priced: number; chosen: Scheduled; others: Scheduled[] | null };
type Design = { arch: string; units: string; luts: number; blocks: number; cycles: number; chosen: boolean; why?: string };

export class SchedulePanel implements Panel {
  readonly id = "schedule";
  readonly title = "Schedule";
  private version = -1;
  private chip = "atmega328p";
  private select = el("select", { "aria-label": "Chip", onchange: () => { this.chip = this.select.value; this.version = -1; void this.update(); } });
  private place = el("div", { class: "page" });

  constructor(private page: Page) {}
  mount(into: HTMLElement) { into.replaceChildren(this.place); }

  readonly update = latest(async () => {
    if (this.version === this.page.version) return;
    this.version = this.page.version;
    const out = el("div", { class: "loading" }, "Choosing…");
    try {
      const all = await chips(this.page);
      if (!this.select.options.length) {
        for (const [kind, label] of [["mcu", "Microcontrollers"], ["fpga", "FPGAs"]])
          this.select.append(el("optgroup", { label }, ...all.filter((c) => c.kind === kind).map((c) => el("option", { value: c.name }, `${c.name}, ${c.title}`))));
        this.select.value = this.chip;
      }
      this.place.replaceChildren(el("label", { class: "row" }, "Chip", this.select), out);
      const chip = all.find((c) => c.name === this.chip)!;
      out.replaceWith(chip.kind === "mcu" ? await this.scheduled() : this.explore(chip));
    } catch (error) {
      this.place.replaceChildren(el("label", { class: "row" }, "Chip", this.select), failure(error));
    }
  });

  private async scheduled() {
    const s = await slow(this.page).call<Schedule>("schedule", { ...this.page.model.source(), chip: this.chip });
    const row = (c: Scheduled, first: any) => [first, `${count(c.step)} ${c.unit}`, count(c.output), count(c.flash), count(c.ram)];
    return el("div", { class: "page", style: "padding:0" }, el("p", {}, `The quickest of ${count(s.priced)} priced ways to compute a step and its output that fits ${s.chip}:`),
      el("ul", {}, ...s.chosen.said.map((line) => el("li", {}, line))),
      table(["choice", "a step", "an output", "flash", "RAM"], [false, true, true, true, true],
        [row(s.chosen, "chosen"), ...(s.others ?? []).map((o) => row(o, o.instead || o.said.join("; ")))], ["chosen"]),
      el("p", { class: "quiet" }, "Each row below the first decides one thing otherwise: what that idea is worth. An output counts as often as the model has one."));
  }

  private explore(chip: Chip) {
    const bar = el("progress", { max: 1, value: 0 }), out = el("div", {}, bar), version = this.page.version;
    void (async () => {
      try {
        const found = await slow(this.page).call<{ counted: number; designs: Design[] }>("explore", { ...this.page.model.source(), chip: chip.name },
          (n) => { bar.value = n.done / Math.max(1, n.of); });
        if (version !== this.page.version) return;
        out.replaceChildren(el("p", {}, `Of ${count(found.counted)} architectures, those that no other beats in area and rate; the chosen one is bold.`),
          table(["architecture", "look-up tables", "block RAMs", "cycles a step", "fits"], [false, true, true, true, false],
            found.designs.map((d) => [[d.arch, el("small", {}, d.units)], count(d.luts), count(d.blocks), count(d.cycles), d.why ? el("span", { class: "bad" }, d.why) : el("span", { class: "good" }, "yes")]),
            found.designs.map((d) => (d.chosen ? "chosen" : ""))));
      } catch (error) {
        if (version === this.page.version) out.replaceChildren(failure(error));
      }
    })();
    return out;
  }
}

// WavePanel draws a step of the Verilog as the interpreter of the datapath runs it.
export class WavePanel implements Panel {
  readonly id = "wave";
  readonly title = "Waveform";
  private version = -1;
  private url = "";
  private place = el("div", { class: "page", style: "max-width:none" });

  constructor(private page: Page) {}
  mount(into: HTMLElement) { into.replaceChildren(this.place); }

  readonly update = latest(async () => {
    if (this.version === this.page.version) return;
    const version = this.page.version;
    if (!this.place.children.length) this.place.replaceChildren(el("div", { class: "loading" }, "Running a step, cycle by cycle…"));
    try {
      const code = await slow(this.page).call<Code>("code", { ...this.page.model.source(), target: "verilog" });
      this.version = version;
      const svg = code.files.find((f) => f.path === "waveform.svg");
      if (!svg) {
        this.place.replaceChildren(el("p", {}, "A step of this design takes too many cycles to be drawn. Fewer units, or another architecture (target verilog { … }), take fewer."));
        return;
      }
      URL.revokeObjectURL(this.url);
      this.url = URL.createObjectURL(new Blob([svg.text], { type: "image/svg+xml" }));
      this.place.replaceChildren(el("p", { class: "quiet" }, "One step of the Verilog, from the interpreter of its datapath. Cycles that repeat are folded."),
        el("div", { class: "scroll wave" }, el("img", { src: this.url, alt: "Timing diagram of a step" })),
        el("div", { class: "tiles" }, ...code.figures.map((f) => el("div", { class: "tile" }, el("b", {}, count(f.value)), el("span", {}, [f.name, f.unit, f.note].filter(Boolean).join(", "))))));
    } catch (error) {
      this.place.replaceChildren(failure(error));
    }
  });
}
