// The tab with generated code: C, Go and Verilog side by side, each part tied to the lines of the model that it came from.
import type { EditorView } from "@codemirror/view";
import { byId, el, failure } from "./dom";
import { mark, setText, viewer, type Language, type Mark } from "./editor";
import { latest, type Page, type Panel } from "./page";

type Part = { from: number; to: number; spans: number[][]; what: string };
type File = { path: string; text: string; parts?: Part[] };
export type Code = { files: File[]; figures: { name: string; value: number; unit?: string; note?: string }[]; report: any };

const targets: { id: string; title: string; language: Language; first: RegExp }[] = [
  { id: "c", title: "C", language: "c", first: /\.c$/ },
  { id: "go", title: "Go", language: "go", first: /\.go$/ },
  { id: "verilog", title: "Verilog", language: "verilog", first: /\.v$/ },
];

const languageOf = (path: string): Language => (/\.[ch]$|\.cpp$|\.ino$/.test(path) ? "c" : path.endsWith(".go") ? "go" : path.endsWith(".v") ? "verilog" : "text");

class Column {
  readonly element: HTMLElement;
  private view: EditorView | null = null;
  private place = el("div", { class: "view" });
  private select = el("select", { "aria-label": "File", onchange: () => this.showFile() });
  private what = el("span", { class: "quiet", style: "font-size:.85rem;white-space:nowrap;overflow:hidden;text-overflow:ellipsis" });
  private language: Language = "text";
  private code: Code | null = null;
  private parts: Part[] = [];
  private version = -1;

  constructor(private page: Page, private target: (typeof targets)[number]) {
    this.element = el("div", { class: "column", "data-target": target.id }, el("div", { class: "bar" }, this.select, this.what), this.place);
  }

  readonly update = latest(async () => {
    if (this.version === this.page.version) return;
    const version = this.page.version;
    const stale = setTimeout(() => this.place.classList.add("stale"), 150);
    try {
      const code = await this.page.engines.quick.call<Code>("code", { ...this.page.model.source(), target: this.target.id, draft: true });
      this.code = code;
      this.version = version;
      this.list();
    } catch (error) {
      this.view?.destroy();
      this.view = null;
      this.place.replaceChildren(el("div", { class: "page" }, failure(error)));
    } finally {
      clearTimeout(stale);
      this.place.classList.remove("stale");
    }
  });

  private list() {
    const shown = this.code!.files.filter((f) => !/\.(svg|hex|mem)$/.test(f.path)), was = this.select.value;
    const main = shown.find((f) => this.target.first.test(f.path) && !/test|vectors|harness|_tb|\//.test(f.path)) ?? shown[0];
    if (this.select.options.length !== shown.length || shown.some((f, i) => this.select.options[i].value !== f.path)) {
      this.select.replaceChildren(...shown.map((f) => el("option", { value: f.path }, f.path)));
      this.select.value = shown.some((f) => f.path === was) ? was : main.path;
    }
    this.showFile();
  }

  private showFile() {
    const file = this.code?.files.find((f) => f.path === this.select.value);
    if (!file) return;
    const language = languageOf(file.path);
    if (!this.view || language !== this.language) {
      this.view?.destroy();
      this.place.replaceChildren();
      this.language = language;
      this.view = viewer(this.place, language, `${this.target.title}, ${file.path}`, { hover: (line) => this.hover(line), click: (line) => this.click(line) });
    }
    setText(this.view, file.text);
    this.parts = file.parts ?? [];
  }

  // part is the innermost one around a line.
  private part(line: number): Part | undefined {
    let best: Part | undefined;
    for (const p of this.parts) if (p.from <= line && line <= p.to && (!best || p.to - p.from <= best.to - best.from)) best = p;
    return best;
  }

  private shown: Part | undefined;

  private hover(line: number) {
    const p = line ? this.part(line) : undefined;
    if (p === this.shown) return;
    this.shown = p;
    this.what.textContent = p ? p.what : "";
    if (this.view) mark(this.view, p ? [{ line: p.from, endLine: p.to, style: "from-model" }] : []);
    this.page.markModel(p ? p.spans : []);
  }

  private click(line: number) {
    const p = this.part(line);
    if (!p?.spans.length) return;
    byId("state").textContent = `${p.what}: line ${[...new Set(p.spans.map((s) => s[0]))].join(", ")}`;
  }

  // of marks the parts that a line of the model made, and goes to the first one where it is asked to.
  of(line: number, jump: boolean) {
    if (!this.view) return;
    this.shown = undefined;
    const mine = line ? this.parts.filter((p) => p.spans.some((s) => s[0] <= line && line <= s[2])) : [];
    const list: Mark[] = [];
    for (const p of mine) for (let n = p.from; n <= p.to; n++) if (this.part(n) === p) list.push({ line: n, style: "from-model" });
    mark(this.view, list);
    this.what.textContent = mine.length ? `${mine.length} part${mine.length > 1 ? "s" : ""} of line ${line}` : "";
    if (jump && list.length) {
      const first = this.view.state.doc.line(Math.min(...list.map((m) => m.line)));
      const block = this.view.lineBlockAt(first.from);
      this.view.scrollDOM.scrollTo({ top: Math.max(0, block.top - 60), behavior: "smooth" });
    }
  }
}

export class CodePanel implements Panel {
  readonly id = "code";
  readonly title = "Code";
  private columns = new Map<string, Column>();
  private chosen: Set<string>;
  private place = el("div", { class: "columns" });

  constructor(private page: Page) {
    this.chosen = new Set(innerWidth > 1700 ? ["c", "go", "verilog"] : innerWidth > 1300 ? ["c", "go"] : ["c"]);
  }

  mount(into: HTMLElement) {
    const buttons = targets.map((t) => el("button", {
      "aria-pressed": this.chosen.has(t.id), "data-target": t.id, onclick: (e: Event) => {
        if (this.chosen.has(t.id)) { if (this.chosen.size > 1) this.chosen.delete(t.id); } else this.chosen.add(t.id);
        for (const b of buttons) b.setAttribute("aria-pressed", String(this.chosen.has(b.dataset.target!)));
        this.arrange();
        void this.update();
        (e.currentTarget as HTMLElement).focus();
      },
    }, t.title));
    into.replaceChildren(el("div", { class: "fill" },
      el("div", { class: "bar" }, el("div", { class: "chips", role: "group", "aria-label": "Languages, side by side" }, ...buttons),
        el("span", { class: "quiet", style: "font-size:.85rem" }, "point at code, or at a line of the model, to see what belongs together")), this.place));
    this.arrange();
  }

  private arrange() {
    const shown = targets.filter((t) => this.chosen.has(t.id));
    for (const t of shown) if (!this.columns.has(t.id)) this.columns.set(t.id, new Column(this.page, t));
    this.place.replaceChildren(...shown.map((t) => this.columns.get(t.id)!.element));
  }

  async update() { for (const id of this.chosen) await this.columns.get(id)!.update(); }

  cursor(line: number, jump: boolean) { for (const id of this.chosen) this.columns.get(id)?.of(line, jump); }
}
