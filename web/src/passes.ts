// The tab with the representation of the model after each pass, and what the pass did.
import type { EditorView } from "@codemirror/view";
import { el, failure } from "./dom";
import { mark, setText, viewer } from "./editor";
import { latest, type Page, type Panel } from "./page";

type Pass = { name: string; doc: string; stats: string[] | null; text: string };

export class PassesPanel implements Panel {
  readonly id = "ir";
  readonly title = "Passes";
  private list: Pass[] = [];
  private at = 0;
  private version = -1;
  private chips = el("div", { class: "chips", role: "group", "aria-label": "Passes" });
  private about = el("div", { style: "padding:.5rem .9rem;border-bottom:1px solid var(--line);font-size:.92rem" });
  private place = el("div", { class: "view", style: "flex:1;min-height:0" });
  private view: EditorView | null = null;

  constructor(private page: Page) {}

  mount(into: HTMLElement) {
    into.replaceChildren(el("div", { class: "fill" }, el("div", { class: "bar" }, this.chips), this.about, this.place));
  }

  readonly update = latest(async () => {
    if (this.version === this.page.version) return;
    const version = this.page.version;
    try {
      this.list = await this.page.engines.quick.call<Pass[]>("passes", this.page.model.source());
      this.version = version;
      this.show();
    } catch (error) {
      this.view?.destroy();
      this.view = null;
      this.place.replaceChildren(el("div", { class: "page" }, failure(error)));
    }
  });

  private show() {
    this.at = Math.min(this.at, this.list.length - 1);
    this.chips.replaceChildren(...this.list.map((p, i) => el("button", {
      "aria-pressed": i === this.at, title: p.doc, onclick: () => { this.at = i; this.show(); (this.chips.children[i] as HTMLElement).focus(); },
    }, p.name || "language")));
    const p = this.list[this.at], before = this.list[this.at - 1];
    const same = before && before.text === p.text;
    this.about.replaceChildren(p.name ? `${p.name}: ${p.doc}` : "What the language makes of the text, in real numbers",
      ...(p.stats ?? []).map((s) => el("div", { class: "quiet" }, s)), same ? el("div", { class: "quiet" }, "nothing to do in this model") : "");
    if (!this.view) {
      this.place.replaceChildren();
      this.view = viewer(this.place, "ir", "Intermediate representation");
    }
    setText(this.view, p.text);
    // Lines that the pass changed: numbers of values move, so they are left out of the comparison.
    const plain = (s: string) => s.replace(/%\d+/g, "%");
    const old = new Set((before?.text ?? "").split("\n").map(plain));
    mark(this.view, before ? p.text.split("\n").flatMap((line, i) => (line && !old.has(plain(line)) ? [{ line: i + 1, style: "added" }] : [])) : []);
  }
}
