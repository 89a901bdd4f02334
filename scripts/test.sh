#!/usr/bin/env bash
# All tests: installs what they need where it can, then formats, vets, checks and tests everything.
# Works on a bare Debian or Ubuntu with Go; says at the end what was skipped and what would enable it.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-tools.sh || true

unformatted=$(gofmt -l $(git ls-files '*.go' 2>/dev/null || find . -name '*.go'))
if [ -n "$unformatted" ]; then
  printf 'not gofmt-clean:\n%s\n' "$unformatted" >&2
  exit 1
fi
go vet ./...
go tool staticcheck ./...
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
go test -timeout 30m -v ./... >"$log" 2>&1 || status=$?
grep -E '^(ok|FAIL|---? FAIL|panic:|\?)' "$log" || true
if [ "$status" -ne 0 ]; then
  grep -B1 -A30 -E '^\s*--- FAIL' "$log" | head -n 300 || true
fi
skipped=$(grep -oE 'skipped: .*' "$log" | sort | uniq -c || true)
if [ -n "$skipped" ]; then
  printf '\nSkipped, and why:\n%s\n' "$skipped"
fi
exit "$status"
