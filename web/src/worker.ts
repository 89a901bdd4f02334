// The worker: hrnnc in WebAssembly over files in memory. It answers one message after another; see engine.ts for their shapes.
import { Memory } from "./memory";

type Call = (name: string, args: string, tell: (news: string) => void, done: (answer: string) => void) => void;
type Hrnnc = { version: string; call: Call; cancel: () => void };
declare const Go: new () => { importObject: WebAssembly.Imports; run(instance: WebAssembly.Instance): Promise<void> };

const scope = globalThis as any;
// What Go prints goes to the console: nothing of it is for people.
let line = "";
const text = new TextDecoder();
const memory = new Memory((bytes) => {
  line += text.decode(bytes);
  const end = line.lastIndexOf("\n");
  if (end >= 0) console.log(line.slice(0, end));
  line = line.slice(end + 1);
});
memory.mkdir("/work");
memory.mkdir("/tmp");
scope.fs = memory.node();
scope.process = {
  getuid: () => 0, getgid: () => 0, geteuid: () => 0, getegid: () => 0, getgroups: () => [], pid: 1, ppid: 1,
  umask: () => 0o22, cwd: () => "/work", chdir: () => {},
};
scope.path = { resolve: (...parts: string[]) => parts.join("/") };

const failed = (id: number, error: unknown) => postMessage({ id, failure: { message: String((error as Error)?.message ?? error) } });

function answer(message: any) {
  const { id, kind } = message;
  try {
    switch (kind) {
      case "call":
        (scope.hrnnc as Hrnnc).call(message.name, JSON.stringify(message.args),
          (news) => postMessage({ id, news: JSON.parse(news) }),
          (reply) => postMessage({ id, ...JSON.parse(reply) }));
        return;
      case "cancel":
        (scope.hrnnc as Hrnnc).cancel();
        return;
      case "put":
        memory.put(message.path, message.bytes);
        postMessage({ id, answer: null });
        return;
      case "get": {
        const bytes = memory.get(message.path);
        postMessage({ id, answer: bytes }, { transfer: [bytes.buffer] });
        return;
      }
    }
  } catch (error) {
    failed(id, error);
  }
}

// Until hrnnc has started, messages wait.
let waiting: any[] | null = [];
onmessage = async ({ data }) => {
  if (data.kind !== "start") {
    if (waiting) waiting.push(data);
    else answer(data);
    return;
  }
  scope.hrnncReady = () => {
    postMessage({ id: data.id, answer: (scope.hrnnc as Hrnnc).version });
    for (const m of waiting ?? []) answer(m);
    waiting = null;
  };
  try {
    const go = new Go();
    const instance = await WebAssembly.instantiate(data.module as WebAssembly.Module, go.importObject);
    await go.run(instance);
    postMessage({ id: 0, ended: "hrnnc stopped; its output is in the console. Reload the page." });
  } catch (error) {
    postMessage({ id: 0, ended: `hrnnc stopped: ${(error as Error)?.message ?? error}. Reload the page.` });
  }
};
