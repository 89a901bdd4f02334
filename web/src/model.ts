// The model that the page is about: its text, its weights, the data that it is trained on; examples, dropped files and links.
import { fromBase64, toBase64, type Engines } from "./engine";

export type Weights = { path: string; name: string; bytes: Uint8Array };
export type DataFile = { path: string; folder: string; name: string };
export type Example = { id: string; title: string; text: string; weights: string; weightsName: string; data: { name: string; note: string; bytes: string }[] };
export type Source = { text: string; weights: string; set: string[] };

export class Model {
  text = "";
  weights: Weights | null = null;
  example = ""; // whose weights these are; "" for the user's
  data: DataFile[] = []; // files that runs and trainings may read
  report = ""; // path in the training engine
  private files = 0;

  constructor(private engines: Engines) {}

  source(set: string[] = []): Source { return { text: this.text, weights: this.weights?.path ?? "", set }; }

  // takeWeights makes bytes the weights; every file has a path of its own, since hrnnc takes them as never changing.
  takeWeights(name: string, bytes: Uint8Array, example = "") {
    const path = `/weights/${++this.files}/${name}`;
    this.engines.share(path, bytes);
    this.weights = { path, name, bytes };
    this.example = example;
  }

  takeData(name: string, bytes: Uint8Array): DataFile {
    const folder = `/data/${++this.files}`, file = { path: `${folder}/${name}`, folder, name };
    this.engines.share(file.path, bytes);
    this.data = [...this.data.filter((d) => d.name !== name), file];
    return file;
  }

  open(e: Example) {
    this.text = e.text;
    this.weights = null;
    this.example = "";
    this.data = [];
    this.report = "";
    if (e.weights) this.takeWeights(e.weightsName, fromBase64(e.weights), e.id);
    for (const d of e.data) this.takeData(d.name, fromBase64(d.bytes));
  }

  // link is the model as the end of an address: text and weights, packed. What an example has is named.
  async link(): Promise<string> {
    const said: Record<string, unknown> = { t: this.text };
    if (this.weights && this.example) said.e = this.example;
    else if (this.weights) Object.assign(said, { n: this.weights.name, w: toBase64(this.weights.bytes) });
    return "m=" + toBase64(await through(new TextEncoder().encode(JSON.stringify(said)), new CompressionStream("deflate-raw"))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  async openLink(hash: string, examples: Map<string, Example>) {
    const packed = fromBase64(hash.slice(2).replaceAll("-", "+").replaceAll("_", "/"));
    const said = JSON.parse(new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw"))));
    if (typeof said.t !== "string") throw new Error("there is no text in it");
    const e = examples.get(said.e);
    if (e) this.open(e);
    else { this.weights = null; this.example = ""; this.data = []; }
    this.text = said.t;
    if (typeof said.w === "string") this.takeWeights(String(said.n ?? "model.safetensors").replace(/^.*\//, ""), fromBase64(said.w));
  }
}

export async function through(bytes: Uint8Array, transform: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([bytes as BlobPart]).stream().pipeThrough(transform)).arrayBuffer());
}
