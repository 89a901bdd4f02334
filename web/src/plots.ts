// Plots over the steps of a sequence, on canvases: lines, and the units of a state as colours.
import { el, short } from "./dom";

export type Series = { name: string; values: number[] };

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const hue = (i: number) => `--k${(i % 8) + 1}`;
const left = 52, right = 10, bottom = 20, top = 6;

// drawn are the canvases of the page, which are drawn anew when its width or its colours change.
const drawn = new Map<HTMLCanvasElement, () => void>();
export function redraw() {
  for (const [canvas, draw] of drawn) if (canvas.isConnected) draw(); else drawn.delete(canvas);
}
window.addEventListener("resize", redraw);

function canvasOf(height: number, label: string, draw: (g: CanvasRenderingContext2D, w: number, h: number) => void): HTMLCanvasElement {
  const canvas = el("canvas", { role: "img", "aria-label": label, style: `height:${height}px` });
  const paint = () => {
    const w = canvas.clientWidth, scale = devicePixelRatio || 1;
    if (!w) return;
    canvas.width = w * scale;
    canvas.height = height * scale;
    const g = canvas.getContext("2d")!;
    g.scale(scale, scale);
    g.font = "11px system-ui, sans-serif";
    draw(g, w, height);
  };
  drawn.set(canvas, paint);
  new ResizeObserver(paint).observe(canvas);
  return canvas;
}

function ticks(lo: number, hi: number, n: number): number[] {
  const rough = (hi - lo) / n || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough)!;
  const out: number[] = [];
  for (let v = Math.ceil(lo / step) * step; v <= hi + 1e-9 * step; v += step) out.push(Math.abs(v) < 1e-9 * step ? 0 : v);
  return out;
}

const at = (t: number, n: number, w: number) => left + (n > 1 ? (t / (n - 1)) * (w - left - right) : 0);

function steps(g: CanvasRenderingContext2D, n: number, w: number, h: number, first = 1) {
  g.fillStyle = colour("--quiet");
  g.textAlign = "center";
  for (const v of ticks(first, n + first - 1, Math.max(2, Math.floor(w / 110)))) if (Number.isInteger(v)) g.fillText(String(v), at(v - first, n, w), h - 5);
}

// lines draws up to eight series; more are too many to tell apart, and are said so.
export function lines(title: string, series: Series[], height = 150, label = "step"): HTMLElement {
  const shown = series.filter((s) => s.values.length > 0).slice(0, 8), n = Math.max(0, ...shown.map((s) => s.values.length));
  let lo = Infinity, hi = -Infinity;
  for (const s of shown) for (const v of s.values) if (Number.isFinite(v)) { lo = Math.min(lo, v); hi = Math.max(hi, v); }
  if (!(hi > lo)) { lo = (Number.isFinite(lo) ? lo : 0) - 1; hi = lo + 2; }
  const more = series.length - shown.length;
  const says = el("span", { class: "mono" });
  const canvas = canvasOf(height, `${title}: ${shown.map((s) => s.name).join(", ")} over ${n} ${label}s`, (g, w, h) => {
    const y = (v: number) => top + (1 - (v - lo) / (hi - lo)) * (h - top - bottom);
    g.strokeStyle = colour("--line");
    g.fillStyle = colour("--quiet");
    g.textAlign = "right";
    for (const v of ticks(lo, hi, 4)) {
      g.beginPath(); g.moveTo(left, y(v)); g.lineTo(w - right, y(v)); g.stroke();
      g.fillText(short(v), left - 6, y(v) + 4);
    }
    steps(g, n, w, h);
    g.lineWidth = n > 600 ? 1 : 1.5;
    shown.forEach((s, i) => {
      g.strokeStyle = colour(hue(i));
      g.beginPath();
      s.values.forEach((v, t) => (t ? g.lineTo(at(t, n, w), y(v)) : g.moveTo(at(t, n, w), y(v))));
      g.stroke();
      if (s.values.length === 1) { g.fillStyle = colour(hue(i)); g.fillRect(left - 2, y(s.values[0]) - 2, 4, 4); }
    });
  });
  canvas.addEventListener("mousemove", (e) => {
    const t = Math.round(((e.offsetX - left) / (canvas.clientWidth - left - right)) * (n - 1));
    says.textContent = t >= 0 && t < n ? `${label} ${t + 1}: ${shown.map((s) => (s.values[t] === undefined ? "" : short(s.values[t]))).join("  ")}` : "";
  });
  canvas.addEventListener("mouseleave", () => { says.textContent = ""; });
  return el("figure", {}, el("figcaption", {}, el("b", {}, title), ...shown.map((s, i) => el("i", { style: `--c:var(${hue(i)})` }, s.name)),
    more > 0 && `and ${more} more`, says), canvas);
}

// heat draws the units of a state, a row each, over the steps; cells are signed bytes, step after step.
export function heat(title: string, cells: Int8Array, units: number, max: number): HTMLElement {
  const n = Math.floor(cells.length / units), height = Math.min(260, Math.max(90, units * 2)) + bottom + top;
  const canvas = canvasOf(height, `${title}: ${units} units over ${n} steps`, (g, w, h) => {
    const low = rgb(colour("--k2")), none = rgb(colour("--ground")), high = rgb(colour("--k1"));
    const image = new ImageData(n, units);
    for (let t = 0; t < n; t++) for (let u = 0; u < units; u++) {
      const v = cells[t * units + u] / 127, to = v < 0 ? low : high, k = Math.sqrt(Math.abs(v)), p = 4 * (u * n + t);
      for (let i = 0; i < 3; i++) image.data[p + i] = none[i] + k * (to[i] - none[i]);
      image.data[p + 3] = 255;
    }
    const whole = new OffscreenCanvas(n, units);
    whole.getContext("2d")!.putImageData(image, 0, 0);
    g.imageSmoothingEnabled = false;
    g.drawImage(whole, left, top, w - left - right, h - top - bottom);
    g.strokeStyle = colour("--line");
    g.strokeRect(left - .5, top - .5, w - left - right + 1, h - top - bottom + 1);
    g.fillStyle = colour("--quiet");
    g.textAlign = "right";
    g.fillText("unit 0", left - 6, top + 9);
    g.fillText(String(units - 1), left - 6, h - bottom);
    steps(g, n, w, h);
  });
  return el("figure", {}, el("figcaption", {}, el("b", {}, title), el("i", { style: "--c:var(--k1)" }, `up to ${short(max)}`), el("i", { style: "--c:var(--k2)" }, `down to ${short(-max)}`)), canvas);
}

function rgb(text: string): number[] {
  const n = parseInt(text.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

// strip draws a decision a step as colours.
export function strip(title: string, decisions: number[], names: string[]): HTMLElement {
  const seen = [...new Set(decisions)].sort((a, b) => a - b);
  const canvas = canvasOf(24 + bottom, title, (g, w, h) => {
    const n = decisions.length, wide = (w - left - right) / n;
    decisions.forEach((d, t) => { g.fillStyle = colour(hue(d)); g.fillRect(left + t * wide, 2, Math.ceil(wide), 20); });
    g.fillStyle = colour("--quiet");
    g.textAlign = "center";
    for (const v of ticks(1, n, Math.max(2, Math.floor(w / 110)))) if (Number.isInteger(v)) g.fillText(String(v), left + (v - .5) * wide, h - 5);
  });
  return el("figure", {}, el("figcaption", {}, el("b", {}, title), ...seen.slice(0, 12).map((d) => el("i", { style: `--c:var(${hue(d)})` }, names[d] ?? String(d)))), canvas);
}
