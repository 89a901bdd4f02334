// What the editor of the model knows beyond its text, as hrnnc lsp does for other editors: hover, completion, definition, uses, rename
// and fixes. The answers are those of package dsl/editor, in the worker.
import { autocompletion, snippet, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { EditorState, Extension, TransactionSpec } from "@codemirror/state";
import { Prec } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap, showDialog } from "@codemirror/view";
import { el, toast } from "./dom";

export type Stretch = [[number, number], [number, number]]; // lines and units of UTF-16, from 0
export type Edit = { at: Stretch; text: string };
type Hover = { at: Stretch; form: string; lines: string[] | null };
type Item = { label: string; kind: string; detail?: string; doc?: string; insert: string; snippet?: string };
type Names = { name: string; at: Stretch; declared: Stretch; all: Stretch[] };

// Ask asks about a place of the text that the editor has.
export type Ask = <T>(method: string, args: object) => Promise<T | null>;

const placeOf = (state: EditorState, at: number) => { const line = state.doc.lineAt(at); return [line.number - 1, at - line.from]; };

function offsetOf(state: EditorState, [line, character]: [number, number]): number {
  if (line >= state.doc.lines) return state.doc.length;
  const l = state.doc.line(line + 1);
  return Math.min(l.from + character, l.to);
}

const rangeOf = (state: EditorState, [from, to]: Stretch) => ({ from: offsetOf(state, from), to: offsetOf(state, to) });

// changes are edits as a transaction takes them.
export const changes = (state: EditorState, list: Edit[]): TransactionSpec => ({ changes: list.map((e) => ({ ...rangeOf(state, e.at), insert: e.text })) });

// kinds are CodeMirror's for those of the language.
const kinds: Record<string, string> = {
  keyword: "keyword", function: "function", type: "type", namespace: "namespace", variable: "variable", parameter: "variable", property: "property",
  enumMember: "enum", class: "variable", macro: "constant",
};

// template turns a snippet of the Language Server Protocol into CodeMirror's: of choices the first stands for all.
const template = (text: string) => text.replace(/\$\{(\d+)\|([^,|]*)[^|]*\|\}/g, "${$1:$2}").replace(/\$\{\d+\}|\$\d+/g, "${}");

export function assist(ask: Ask): Extension {
  const about = (method: string, state: EditorState, at: number, more: object = {}) => ask<any>(method, { place: placeOf(state, at), ...more }).catch(() => null);

  const hover = hoverTooltip(async (view, pos) => {
    const { state } = view, h = await about("hover", state, pos) as Hover | null;
    if (!h || view.state.doc !== state.doc) return null;
    const { from, to } = rangeOf(state, h.at);
    if (pos < from || pos > to) return null;
    return {
      pos: from, end: to, above: true,
      create: () => ({ dom: el("div", { class: "about" }, h.form && el("code", {}, h.form), ...(h.lines ?? []).map((l) => el("div", {}, l))) }),
    };
  }, { hideOnChange: true });

  async function complete(c: CompletionContext): Promise<CompletionResult | null> {
    if (!c.explicit && !c.matchBefore(/[\w."]$/)) return null;
    const found = await about("complete", c.state, c.pos) as { at: Stretch; items: Item[] } | null;
    if (!found || c.aborted) return null;
    const { from, to } = rangeOf(c.state, found.at);
    return {
      from, to: Math.max(to, c.pos), validFor: /^"?[\w.-]*$/,
      options: found.items.map((i, n): Completion => ({
        label: i.insert || i.label, displayLabel: i.label, detail: i.detail, type: kinds[i.kind] ?? "text", boost: -Math.min(n, 99), info: i.doc,
        apply: i.snippet ? snippet(template(i.snippet)) : i.insert || i.label,
      })),
    };
  }

  async function names(view: EditorView, at = view.state.selection.main.head): Promise<Names | null> {
    const { state } = view, found = await about("names", state, at) as Names | null;
    return view.state.doc === state.doc ? found : null;
  }

  async function define(view: EditorView, at?: number) {
    const n = await names(view, at);
    if (!n) return;
    const { from, to } = rangeOf(view.state, n.declared);
    view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    view.focus();
  }

  // uses goes to the next use of the name, around the end of the text.
  async function uses(view: EditorView) {
    const n = await names(view);
    if (!n) return;
    const all = n.all.map((s) => rangeOf(view.state, s)), here = rangeOf(view.state, n.at);
    const next = all.find((r) => r.from > here.from) ?? all[0];
    view.dispatch({ selection: { anchor: next.from, head: next.to }, scrollIntoView: true });
  }

  async function rename(view: EditorView) {
    const at = view.state.selection.main.head, n = await names(view, at);
    if (!n) { toast("There is no name here that the model declares"); return; }
    const { state } = view;
    const { result } = showDialog(view, { label: `Rename ${n.name} to`, input: { name: "name", value: n.name, "aria-label": "New name", autocomplete: "off", spellcheck: "false" }, submitLabel: "Rename", focus: true, class: "rename" });
    const form = await result;
    view.focus();
    const name = form && (form.elements.namedItem("name") as HTMLInputElement).value.trim();
    if (!name || name === n.name) return;
    try {
      const r = await ask<{ edits: Edit[]; note?: string }>("rename", { place: placeOf(state, at), name });
      if (!r || view.state.doc !== state.doc) return;
      view.dispatch({ ...changes(state, r.edits), userEvent: "input.rename" });
      if (r.note) toast(r.note);
    } catch (error) {
      toast((error as Error).message);
    }
  }

  const run = (f: (view: EditorView) => Promise<void>) => (view: EditorView) => { void f(view); return true; };
  return [
    hover, autocompletion({ override: [complete], activateOnTypingDelay: 50, icons: false }),
    Prec.high(keymap.of([{ key: "F12", run: run(define) }, { key: "Shift-F12", run: run(uses) }, { key: "F2", run: run(rename) }])),
    EditorView.domEventHandlers({
      mousedown(e, view) {
        if (!(e.ctrlKey || e.metaKey) || e.button !== 0) return false;
        const at = view.posAtCoords({ x: e.clientX, y: e.clientY });
        if (at === null) return false;
        void define(view, at);
        e.preventDefault();
        return true;
      },
    }),
  ];
}
