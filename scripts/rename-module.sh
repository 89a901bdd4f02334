#!/usr/bin/env bash
# Gives the module another path, in go.mod, in every import and in what names it beside them:
#   scripts/rename-module.sh github.com/you/hrnnc
set -euo pipefail
cd "$(dirname "$0")/.."

new=${1:-}
if [ $# -ne 1 ] || ! [[ $new =~ ^[a-z0-9.-]+\.[a-z]+(/[A-Za-z0-9._~-]+)+$ ]]; then
  sed -n '2,3s/^# //p' "$0" >&2
  echo "the path starts with a host name, so that go get finds it" >&2
  exit 2
fi
old=$(go list -m)
if [ "$old" = "$new" ]; then
  exit 0
fi
# A path ends in a quote, a slash, white space or a back quote: hrnnc2 is no path below hrnnc.
git grep -lzF "$old" -- '*.go' '*Makefile' '*.md' '*.yaml' '*.yml' '*.toml' '*.txtar' ':!CHANGELOG.md' |
  OLD=$old NEW=$new xargs -0r perl -pi -e 's{(?<![\w./-])\Q$ENV{OLD}\E(?=["/`\s@]|\.git\b|$)}{$ENV{NEW}}g'
go mod edit -module "$new"
gofmt -w $(git ls-files '*.go')
go build ./...
