"use strict";
// Dark and light, the menu of narrow screens, the search, and buttons that copy code. Every page can be read without this.

const root = document.documentElement;
document.querySelector(".theme").addEventListener("click", () => {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* it lasts for this page */ }
});

const menu = document.querySelector(".menu"), pages = document.getElementById("pages");
function openMenu(open) {
  pages.classList.toggle("open", open);
  menu.setAttribute("aria-expanded", String(open));
}
menu.addEventListener("click", () => openMenu(!pages.classList.contains("open")));
document.addEventListener("click", (e) => {
  if (!pages.contains(e.target) && !menu.contains(e.target)) openMenu(false);
});
const current = pages.querySelector("[aria-current]");
if (current && getComputedStyle(pages).position === "sticky") pages.scrollTop = Math.max(0, current.offsetTop - pages.clientHeight / 2);

for (const pre of document.querySelectorAll("article pre")) {
  const box = document.createElement("div"), button = document.createElement("button");
  box.className = "code";
  pre.replaceWith(box);
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const lines = pre.textContent.split("\n"); // of a session, the commands
    const commands = lines.filter((l) => l.startsWith("$ ")).map((l) => l.slice(2));
    try {
      await navigator.clipboard.writeText(commands.length ? commands.join("\n") : pre.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  box.append(pre, button);
}

const heads = [...document.querySelectorAll("article h2[id], article h3[id]")];
const marks = new Map([...document.querySelectorAll(".toc a")].map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
if (marks.size) {
  const see = () => {
    const now = heads.filter((h) => h.getBoundingClientRect().top < 120).pop();
    for (const [id, a] of marks) a.classList.toggle("now", now !== undefined && id === now.id);
  };
  addEventListener("scroll", see, { passive: true });
  see();
}

// The index is a script and not fetched, so that the search works from a disk as well. It is loaded when it is first asked for.
const input = document.querySelector(".search input"), found = document.getElementById("found");
const indexLink = document.getElementById("search-index");
let loading;
function loadIndex() {
  loading ??= new Promise((done, fail) => {
    const s = document.createElement("script");
    s.src = indexLink.href;
    s.onload = () => done(window.searchIndex.map((part) =>
      ({ ...part, low: { title: part.title.toLowerCase(), head: part.head.toLowerCase(), text: part.text.toLowerCase() } })));
    s.onerror = fail;
    document.head.append(s);
  });
  return loading;
}

// Every word must occur. A word in a heading counts more than one in the text, a whole word more than a beginning, and words side by
// side more than apart.
function worth(part, words) {
  let sum = 0;
  for (const w of words) {
    let best = 0;
    for (const [where, weight] of [["title", 8], ["head", 10], ["text", 1]]) {
      const at = part.low[where].indexOf(w);
      if (at < 0) continue;
      const whole = new RegExp("(^|[^\\p{L}\\p{N}_])" + w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + "($|[^\\p{L}\\p{N}_])", "u");
      best = Math.max(best, weight * (whole.test(part.low[where]) ? 2 : 1) + (where === "text" ? Math.min(4, part.low.text.split(w).length - 1) / 4 : 0));
    }
    if (best === 0) return 0;
    sum += best;
  }
  const phrase = words.join(" ");
  if (words.length > 1 && (part.low.head.includes(phrase) || part.low.title.includes(phrase))) sum += 16;
  else if (words.length > 1 && part.low.text.includes(phrase)) sum += 8;
  return sum;
}

function marked(text, words) {
  const out = document.createDocumentFragment(), low = text.toLowerCase();
  let at = 0;
  while (at < text.length) {
    let next = -1, length = 0;
    for (const w of words) {
      const i = low.indexOf(w, at);
      if (i >= 0 && (next < 0 || i < next)) { next = i; length = w.length; }
    }
    if (next < 0) break;
    const m = document.createElement("mark");
    m.textContent = text.slice(next, next + length);
    out.append(text.slice(at, next), m);
    at = next + length;
  }
  out.append(text.slice(at));
  return out;
}

function excerpt(part, words) {
  const at = Math.max(0, Math.min(...words.map((w) => part.low.text.indexOf(w)).filter((i) => i >= 0), Infinity) - 50);
  if (!Number.isFinite(at)) return part.text.slice(0, 130);
  return (at > 0 ? "…" : "") + part.text.slice(at, at + 150) + "…";
}

let chosen = -1;
function choose(i) {
  const all = found.querySelectorAll("a");
  if (!all.length) return;
  chosen = (i + all.length) % all.length;
  all.forEach((a, k) => a.setAttribute("aria-selected", String(k === chosen)));
  all[chosen].scrollIntoView({ block: "nearest" });
}

function show(open) {
  found.hidden = !open;
  input.setAttribute("aria-expanded", String(open));
}

async function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter((w) => w.length > 1);
  if (!words.length) return show(false);
  let index;
  try { index = await loadIndex(); } catch { index = []; }
  const base = indexLink.href.replace(/[^/]*$/, "");
  const best = index.map((part) => [worth(part, words), part]).filter(([w]) => w > 0).sort((a, b) => b[0] - a[0]).slice(0, 14);
  found.replaceChildren(...best.map(([, part]) => {
    const a = document.createElement("a"), b = document.createElement("b"), small = document.createElement("small");
    a.href = base + part.url.replace(/^\//, "") + (part.id ? "#" + part.id : "");
    a.setAttribute("role", "option");
    b.append(marked(part.head ? part.title + " › " + part.head : part.title, words));
    small.append(marked(excerpt(part, words), words));
    a.append(b, small);
    return a;
  }));
  if (!best.length) {
    const p = document.createElement("p");
    p.textContent = "No page has all of these words.";
    found.append(p);
  }
  chosen = -1;
  show(true);
  choose(0);
}

input.addEventListener("focus", () => { loadIndex().catch(() => {}); if (input.value) search(); });
input.addEventListener("input", search);
input.addEventListener("keydown", (e) => {
  if (e.key === "ArrowDown") choose(chosen + 1);
  else if (e.key === "ArrowUp") choose(chosen - 1);
  else if (e.key === "Enter") found.querySelectorAll("a")[chosen]?.click();
  else if (e.key === "Escape") { show(false); input.blur(); }
  else return;
  e.preventDefault();
});
document.addEventListener("keydown", (e) => {
  if (e.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    input.focus();
  } else if (e.key === "Escape") openMenu(false);
});
document.addEventListener("click", (e) => { if (!e.target.closest(".search")) show(false); });
