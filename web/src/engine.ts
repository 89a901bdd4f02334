// Engines: workers that hrnnc runs in, and the questions that they are asked. One answers while somebody types, one what takes
// longer, one trains; they share the compiled program and the files.

import type { Edit } from "./assist";

export type Diagnostic = {
  severity: "error" | "warning"; code: string; message: string; help?: string; file?: string; part?: string;
  line: number; col: number; endLine: number; endCol: number;
  fixes?: { title: string; edit: Edit }[];
};

// Failure is what came instead of an answer.
export class Failure extends Error {
  constructor(message: string, readonly diagnostics: Diagnostic[] = []) { super(message); }
}

type Pending = { resolve: (answer: any) => void; reject: (error: Failure) => void; news?: (news: any) => void };

declare const __WORKER__: string;
let workerURL = "";

// files are those of every engine, so that a new one has them too.
const files = new Map<string, Uint8Array>();

export class Engine {
  private worker!: Worker;
  private pending = new Map<number, Pending>();
  private next = 1;
  private dead = "";
  private up: Promise<string>;

  constructor(private module: Promise<WebAssembly.Module>) { this.up = this.start(); }

  // ready is the version of hrnnc, once it has started.
  get ready() { return this.up; }
  get busy() { return this.pending.size > 0; }

  private async start(): Promise<string> {
    workerURL ||= URL.createObjectURL(new Blob([__WORKER__], { type: "text/javascript" }));
    this.worker = new Worker(workerURL);
    this.dead = "";
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (e) => this.end(e.message || "the worker did not start");
    const held: Promise<string> = this.module.then((module) => this.send({ kind: "start", module }));
    for (const [path, bytes] of files) void this.send({ kind: "put", path, bytes });
    return held;
  }

  private hear(data: any) {
    if (data.ended) return this.end(data.ended);
    const p = this.pending.get(data.id);
    if (!p) return;
    if (data.news !== undefined) return p.news?.(data.news);
    this.pending.delete(data.id);
    if (data.failure) p.reject(new Failure(data.failure.message, data.failure.diagnostics));
    else p.resolve(data.answer);
  }

  private end(why: string) {
    this.dead = why;
    for (const p of this.pending.values()) p.reject(new Failure(why));
    this.pending.clear();
  }

  private send(message: object, news?: (news: any) => void): Promise<any> {
    if (this.dead) return Promise.reject(new Failure(this.dead));
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, news });
      this.worker.postMessage({ id, ...message });
    });
  }

  call<T>(name: string, args: object, news?: (news: any) => void): Promise<T> { return this.send({ kind: "call", name, args }, news); }
  put(path: string, bytes: Uint8Array): Promise<void> { return this.send({ kind: "put", path, bytes }); }
  get(path: string): Promise<Uint8Array> { return this.send({ kind: "get", path }); }
  cancel() { this.worker.postMessage({ kind: "cancel" }); }

  // restart ends what runs, at once.
  restart() {
    this.worker.terminate();
    this.end("stopped");
    this.up = this.start();
    this.up.catch(() => {});
  }
}

export class Engines {
  readonly quick: Engine;
  private others = new Map<string, Engine>();

  constructor(private module: Promise<WebAssembly.Module>) { this.quick = new Engine(module); }

  // named is an engine of its own, started when it is first wanted.
  named(name: string): Engine {
    let e = this.others.get(name);
    if (!e) this.others.set(name, e = new Engine(this.module));
    return e;
  }

  // share gives every engine a file.
  share(path: string, bytes: Uint8Array) {
    files.set(path, bytes);
    for (const e of [this.quick, ...this.others.values()]) void e.put(path, bytes);
  }
}

export const sharedFile = (path: string) => files.get(path);

// program brings and compiles hrnnc: from a server as it is, from a disk, where nothing may be fetched, out of a script.
export async function program(progress: (done: number) => void): Promise<WebAssembly.Module> {
  if (typeof DecompressionStream === "undefined") throw new Failure("This browser is too old: it cannot unpack gzip. Any browser of 2023 or later can.");
  let body: ReadableStream<Uint8Array>, size = 0;
  if (location.protocol === "file:") {
    const packed = await script("hrnnc.wasm.js");
    body = new Blob([packed as BlobPart]).stream() as ReadableStream<Uint8Array>;
    size = packed.length;
  } else {
    const response = await fetch("hrnnc.wasm.gz");
    if (!response.ok || !response.body) throw new Failure(`hrnnc.wasm.gz does not come: ${response.status} ${response.statusText}`);
    body = response.body;
    size = Number(response.headers.get("content-length"));
  }
  let seen = 0;
  const counted = body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      seen += chunk.length;
      if (size) progress(Math.min(1, seen / size));
      out.enqueue(chunk);
    },
  }));
  // Some servers unpack .gz themselves: what arrives is looked at.
  const [head, rest] = await peek(counted);
  const gz = head[0] === 0x1f && head[1] === 0x8b;
  const plain = gz ? rest.pipeThrough(new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>) : rest;
  return WebAssembly.compileStreaming(new Response(plain as unknown as BodyInit, { headers: { "content-type": "application/wasm" } }));
}

async function peek(stream: ReadableStream<Uint8Array>): Promise<[Uint8Array, ReadableStream<Uint8Array>]> {
  const reader = stream.getReader();
  const first = (await reader.read()).value ?? new Uint8Array();
  return [first, new ReadableStream({
    start(out) { out.enqueue(first); },
    async pull(out) {
      const { value, done } = await reader.read();
      if (done) out.close();
      else out.enqueue(value);
    },
  })];
}

// awaited are the scripts that are on their way; each calls hrnncFile with its name and a file in base64.
const awaited = new Map<string, (bytes: Uint8Array) => void>();
(globalThis as any).hrnncFile = (name: string, text: string) => awaited.get(name)?.(fromBase64(text));

// script loads a file out of a script: what a page from a disk may.
export function script(name: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    awaited.set(name, resolve);
    const s = document.createElement("script");
    s.onerror = () => reject(new Failure(`${name} is not beside the page`));
    s.src = name;
    document.head.append(s);
  });
}

export function fromBase64(text: string): Uint8Array {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

export function toBase64(bytes: Uint8Array): string {
  let raw = "";
  for (let i = 0; i < bytes.length; i += 0x8000) raw += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(raw);
}
