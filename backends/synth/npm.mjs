// Runs a command of the packages @yowasp/yosys and @yowasp/nextpnr-ice40 in the current folder, as if it were installed:
//
//     node npm.mjs FOLDER-OF-PACKAGES COMMAND ARGUMENT ...
//
// The commands see no disk: the files here are handed to them, and those that they wrote are put here.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, command, ...args] = process.argv.slice(2);
const packages = { yosys: "@yowasp/yosys", "nextpnr-ice40": "@yowasp/nextpnr-ice40", icepack: "@yowasp/nextpnr-ice40" };
const { commands, Exit } = await import(pathToFileURL(createRequire(`${folder}/`).resolve(packages[command])));

const files = {};
for (const entry of readdirSync(".", { withFileTypes: true }))
    if (entry.isFile()) files[entry.name] = new Uint8Array(readFileSync(entry.name));
const write = (stream) => (bytes) => bytes && stream.write(bytes);

let code = 0, made;
try {
    made = await commands[command](args, files, { stdout: write(process.stdout), stderr: write(process.stderr) });
} catch (e) {
    if (!(e instanceof Exit)) throw e;
    [code, made] = [e.code, e.files];
}
for (const [name, data] of Object.entries(made ?? {}))
    if (!(name in files) || data !== files[name])
        if (typeof data === "string" || data instanceof Uint8Array) writeFileSync(name, data);
process.exitCode = code;
