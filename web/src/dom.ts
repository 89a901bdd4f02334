// What panels are made of.
import { Failure, type Diagnostic } from "./engine";

type Child = Node | string | null | undefined | false;

// el makes an element; properties that start with on are handlers, others attributes.
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Record<string, any> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const out = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || (value === false && !key.startsWith("aria-"))) continue;
    if (key.startsWith("on")) out.addEventListener(key.slice(2), value);
    else if (key === "class") out.className = value;
    else if (key === "value") (out as any).value = value;
    else out.setAttribute(key, value === true && !key.startsWith("aria-") ? "" : String(value));
  }
  out.append(...children.filter((c): c is Node | string => !!c || c === ""));
  return out;
}

export const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

const grouping = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
export const count = (n: number) => grouping.format(n);
// noun is one thing or several, without their number.
export const noun = (n: number, one: string) => (n === 1 ? one : `${one}s`);
export const short = (v: number) => (v === 0 ? "0" : Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3 ? v.toExponential(2) : String(+v.toPrecision(4)));

// time spells microseconds.
export const time = (us: number) => (us >= 1e6 ? `${+(us / 1e6).toPrecision(3)} s` : us >= 1e3 ? `${+(us / 1e3).toPrecision(3)} ms` : `${+us.toPrecision(3)} µs`);

// failure shows an error: never a line that says less than what is known.
export function failure(error: unknown): HTMLElement {
  const list = error instanceof Failure ? error.diagnostics : [];
  if (list.length === 0) return el("div", { class: "failure", role: "alert" }, (error as Error)?.message ?? String(error));
  return el("div", {}, ...list.map(finding));
}

export function finding(d: Diagnostic): HTMLElement {
  const file = d.file && d.file !== "model.hrn" ? d.file.replace(/^.*\//, "") : "";
  const where = [file, d.part || (d.line > 0 ? `line ${d.line}` : "")].filter(Boolean).join(", ");
  return el("div", { class: `failure ${d.severity}`, role: "alert" }, where ? `${where}: ${d.message}` : d.message, d.help && el("div", { class: "help" }, d.help));
}

export function table(head: string[], numeric: boolean[], rows: (Child | Child[])[][], classes: string[] = []): HTMLElement {
  const cell = (tag: "td" | "th", i: number, c: Child | Child[]) => el(tag, { class: numeric[i] && "num" }, ...(Array.isArray(c) ? c : [c]));
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((h, i) => cell("th", i, h)))),
    el("tbody", {}, ...rows.map((r, n) => el("tr", { class: classes[n] }, ...r.map((c, i) => cell("td", i, c)))))));
}

let hiding = 0;
export function toast(text: string) {
  const t = byId("toast");
  t.textContent = text;
  t.hidden = false;
  clearTimeout(hiding);
  hiding = window.setTimeout(() => { t.hidden = true; }, 4500);
}

export function download(name: string, bytes: Uint8Array, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
  const a = el("a", { href: url, download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
