#!/usr/bin/env bash
# Builds the playground into web/dist: the compiler and the trainer as WebAssembly, and the page around them. Needs Go, and node
# with npm; the packages are those of package-lock.json. Open web/dist/index.html, from a disk or any server.
set -euo pipefail
cd "$(dirname "$0")"
for tool in go node npm; do
  command -v "$tool" >/dev/null || { echo "web/build.sh: $tool is not installed; install it: apt-get install ${tool/#go/golang}" >&2; exit 1; }
done
[ -d node_modules ] && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error
mkdir -p build dist
GOOS=js GOARCH=wasm go build -ldflags "-s -w" -trimpath -o build/hrnnc.wasm ./wasm
gzip -9 -n -c build/hrnnc.wasm > build/hrnnc.wasm.gz
npx --no-install tsc -p .
node build.mjs "$(go env GOROOT)/lib/wasm/wasm_exec.js"
