// What panels know of the page.
import type { EditorView } from "@codemirror/view";
import type { Diagnostic, Engines } from "./engine";
import type { Model } from "./model";

export type Checked = {
  diagnostics: Diagnostic[]; ok: boolean; name: string; weights: string; drawn?: string; trains: boolean; data?: string; steps: number;
  states: { name: string; size: number; bits: number }[];
};

export interface Page {
  readonly engines: Engines;
  readonly model: Model;
  readonly editor: EditorView;
  checked: Checked | null;
  // version counts changes of text and weights: an answer about another one is of no use.
  version: number;
  setModel(text: string): void; // in the editor
  changed(): void; // weights or data are others
  markModel(spans: number[][]): void; // [line, col, endLine, endCol]
}

// Panel is what a tab shows. update is called when it is shown and when the model changed; a model with errors has no update.
export interface Panel {
  readonly id: string;
  readonly title: string;
  mount(into: HTMLElement): void;
  update(): void | Promise<void>;
  cursor?(line: number, jump: boolean): void; // the editor's, 0 for none
}

// latest makes work that is asked for again while it runs run once more, behind itself, and never twice at once.
export function latest(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null, again = false;
  return async function run(): Promise<void> {
    if (running) { again = true; return running; }
    do {
      again = false;
      running = work();
      try { await running; } finally { running = null; }
    } while (again);
  };
}
