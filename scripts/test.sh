#!/usr/bin/env bash
# All tests: installs what they need where it can, then formats, vets, checks and tests everything.
# Works on a bare Debian or Ubuntu with Go; says at the end what was skipped and what would enable it, and as the last line
# how many tests passed, failed and were skipped. What still runs after 75 minutes, or $HRNNC_TESTS_WITHIN, is named and ended.
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
export HRNNC_MODELS="${HRNNC_MODELS:-200}" # of compiler, TestNoDiff
exec go run ./scripts/runtests -within "${HRNNC_TESTS_WITHIN:-75m}" ./...
