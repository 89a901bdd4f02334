// The editors: that of the model, with its findings, and those that only show generated text.
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { c } from "@codemirror/legacy-modes/mode/clike";
import { go } from "@codemirror/legacy-modes/mode/go";
import { verilog } from "@codemirror/legacy-modes/mode/verilog";
import { lintGutter, lintKeymap, nextDiagnostic, setDiagnostics, type Diagnostic as Lint } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, RangeSetBuilder, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, type DecorationSet } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";
import { changes } from "./assist";
import type { Diagnostic } from "./engine";

const statements = /^(?:model|input|steps|param|state|output|weights|labels|train|target|decide|restart|const)$/;
const words = /^(?:at|every|step|last|mean|threshold|block|signs|leak|rounding|staged|nearest|range|token|bits|prescale|permute)$/;
const types = /^(?:[iu]\d+|int\d+|pow\d+|sign|binary|ternary|real|index|token)$/;
const functions = /^(?:hadamard|relu|onehot|embed|permute|argmax|diag)$/;

// hrn is the language of model.hrn, for colours; docs/language.md is its description, the compiler its judge.
const hrn = StreamLanguage.define<null>({
  name: "hrn",
  token(s) {
    if (s.eatSpace()) return null;
    if (s.match("//")) { s.skipToEnd(); return "comment"; }
    if (s.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
    if (s.match(/^\d[\w.]*(?:e[+-]?\d+)?/i)) return "number";
    if (s.match(/^(?:<-|[+\-*\/=])/)) return "operator";
    const word = s.match(/^[\p{L}_][\p{L}\w]*/u) as RegExpMatchArray | null;
    if (!word) { s.next(); return null; }
    const w = word[0];
    if (statements.test(w)) return "keyword";
    if (types.test(w)) return "typeName";
    if (functions.test(w)) return "variableName.function";
    if (words.test(w)) return "modifier";
    return "variableName";
  },
  languageData: { commentTokens: { line: "//" } },
});

const irText = StreamLanguage.define<null>({
  name: "ir",
  token(s) {
    if (s.eatSpace()) return null;
    if (s.match("//")) { s.skipToEnd(); return "comment"; }
    if (s.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
    if (s.match(/^%\w+/)) return "variableName.function";
    if (s.match(/^-?\d[\w.+-]*/)) return "number";
    if (s.match(/^[iu]\d+|^(?:real|token|tensor|const)\b/)) return "typeName";
    if (s.match(/^[a-z_]+(?=\()/)) return "keyword";
    if (!s.match(/^\w+/)) s.next();
    return null;
  },
});

export type Language = "hrn" | "ir" | "c" | "go" | "verilog" | "text";
const languages: Record<Language, Extension> = {
  hrn, ir: irText, c: StreamLanguage.define(c), go: StreamLanguage.define(go), verilog: StreamLanguage.define(verilog), text: [],
};

const colours = HighlightStyle.define([
  { tag: [t.keyword, t.controlKeyword], color: "var(--k4)" },
  { tag: [t.typeName, t.standard(t.typeName)], color: "var(--k3)" },
  { tag: t.function(t.variableName), color: "var(--k1)" },
  { tag: [t.string, t.special(t.string)], color: "var(--k7)" },
  { tag: [t.number, t.bool, t.atom], color: "var(--k2)" },
  { tag: t.comment, color: "var(--quiet)" },
  { tag: [t.modifier, t.meta, t.processingInstruction], color: "var(--k6)" },
  { tag: t.operator, color: "var(--quiet)" },
]);

const theme = EditorView.theme({
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--quiet)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--sunk) 55%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 26%, transparent) !important" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-selectionMatch": { backgroundColor: "color-mix(in srgb, var(--accent) 14%, transparent)" },
});

// Mark is a stretch of a text that is shown to belong to something elsewhere: whole lines, or from and to within them.
export type Mark = { line: number; col?: number; endLine?: number; endCol?: number; style: string };
const setMarks = StateEffect.define<Mark[]>();
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, tr) {
    value = value.map(tr.changes);
    for (const e of tr.effects) if (e.is(setMarks)) value = decorate(tr.state, e.value);
    return value;
  },
  provide: (f) => EditorView.decorations.from(f),
});

function decorate(state: EditorState, list: Mark[]): DecorationSet {
  const lines = new Map<number, string>(), ranges: { from: number; to: number; style: string }[] = [];
  for (const m of list) {
    if (m.line < 1 || m.line > state.doc.lines) continue;
    if (m.col !== undefined) {
      const from = offset(state, m.line, m.col), to = offset(state, m.endLine ?? m.line, m.endCol ?? m.col + 1);
      if (to > from) ranges.push({ from, to, style: m.style });
    } else for (let n = m.line; n <= Math.min(m.endLine ?? m.line, state.doc.lines); n++) lines.set(n, m.style);
  }
  const all: { from: number; to: number; d: Decoration; side: number }[] = ranges.map((r) => ({ from: r.from, to: r.to, d: Decoration.mark({ class: r.style }), side: 1 }));
  for (const [n, style] of lines) { const at = state.doc.line(n).from; all.push({ from: at, to: at, d: Decoration.line({ class: style }), side: 0 }); }
  all.sort((a, b) => a.from - b.from || a.side - b.side || a.to - b.to);
  const out = new RangeSetBuilder<Decoration>();
  for (const { from, to, d } of all) out.add(from, to, d);
  return out.finish();
}

export function mark(view: EditorView, list: Mark[]) { view.dispatch({ effects: setMarks.of(list) }); }

// offset is the place of a line and a column, both from 1; columns count characters, as hrnnc does, and not units of UTF-16.
export function offset(state: EditorState, line: number, col: number): number {
  const l = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
  let at = 0;
  for (const ch of l.text) {
    if (--col <= 0) break;
    at += ch.length;
  }
  return l.from + (col > 1 ? l.length : Math.min(at, l.length));
}

const shared = [highlightSpecialChars(), lineNumbers(), drawSelection(), syntaxHighlighting(colours), bracketMatching(), highlightSelectionMatches(), theme, marks];

// modelEditor is where people write.
export function modelEditor(parent: HTMLElement, on: { change: (text: string) => void; cursor: (line: number) => void; hover: (line: number) => void }, extra: Extension = []): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      extensions: [
        shared, hrn, history(), lintGutter(), highlightActiveLine(), highlightActiveLineGutter(), closeBrackets(), EditorView.lineWrapping, extra,
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap, ...lintKeymap, { key: "F8", run: nextDiagnostic }]),
        EditorView.contentAttributes.of({ "aria-label": "model.hrn", spellcheck: "false" }),
        EditorView.updateListener.of((u) => {
          if (u.docChanged) on.change(u.state.doc.toString());
          if (u.selectionSet && !u.docChanged) on.cursor(u.state.doc.lineAt(u.state.selection.main.head).number);
        }),
        EditorView.domEventHandlers({ mousemove: (e, v) => { on.hover(lineAt(v, e)); }, mouseleave: () => { on.hover(0); } }),
      ],
    }),
  });
}

function lineAt(view: EditorView, e: MouseEvent): number {
  const at = view.posAtCoords({ x: e.clientX, y: e.clientY });
  return at === null ? 0 : view.state.doc.lineAt(at).number;
}

// viewer shows a text.
export function viewer(parent: HTMLElement, language: Language, label: string, on: { hover?: (line: number) => void; click?: (line: number) => void } = {}): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      extensions: [
        shared, languages[language], EditorState.readOnly.of(true), keymap.of([...defaultKeymap, ...searchKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.domEventHandlers({
          mousemove: (e, v) => { on.hover?.(lineAt(v, e)); }, mouseleave: () => { on.hover?.(0); },
          click: (e, v) => { on.click?.(lineAt(v, e)); },
        }),
      ],
    }),
  });
}

// setText replaces a text where it differs, and keeps the place.
export function setText(view: EditorView, text: string) {
  const old = view.state.doc.toString();
  if (old === text) return;
  let from = 0, end = Math.min(old.length, text.length);
  while (from < end && old.charCodeAt(from) === text.charCodeAt(from)) from++;
  let a = old.length, b = text.length;
  while (a > from && b > from && old.charCodeAt(a - 1) === text.charCodeAt(b - 1)) { a--; b--; }
  view.dispatch({ changes: { from, to: a, insert: text.slice(from, b) } });
}

// find shows findings in the text.
export function find(view: EditorView, found: Diagnostic[]) {
  const state = view.state;
  const list: Lint[] = found.filter((d) => d.line > 0).map((d) => {
    const from = offset(state, d.line, d.col);
    const to = Math.max(offset(state, d.endLine || d.line, d.endCol || d.col), Math.min(from + 1, state.doc.length));
    return {
      from, to, severity: d.severity, message: d.message,
      actions: (d.fixes ?? []).map((f) => ({ name: f.title, apply: (v: EditorView) => { if (v.state.doc === state.doc) v.dispatch(changes(state, [f.edit])); } })),
      renderMessage() {
        const out = document.createElement("span");
        out.textContent = d.message;
        if (d.help) out.append(Object.assign(document.createElement("span"), { className: "help", textContent: d.help }));
        return out;
      },
    };
  });
  view.dispatch(setDiagnostics(state, list));
}
