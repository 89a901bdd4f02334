#!/usr/bin/env bash
# Builds the VS Code extension: build/hrnnc-vscode.vsix, or the file that is given. Needs node and npm, which fetches what package-lock.json pins.
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "$0")/../../build/hrnnc-vscode.vsix}")
cd "$(dirname "$0")"
for tool in node npm; do
  command -v "$tool" > /dev/null || { echo "package.sh: there is no $tool: apt-get install nodejs npm" >&2; exit 1; }
done
mkdir -p "$(dirname "$out")"
cp ../../LICENSE LICENSE
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npm run --silent build -- --log-level=warning
npx --no-install vsce package --no-dependencies --out "$out"
