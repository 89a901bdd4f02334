#!/usr/bin/env bash
# Makes a release of the tag that is checked out, as a draft; or tries one without publishing anything:
#   scripts/release.sh try
#   GITHUB_TOKEN=... scripts/release.sh publish
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in goreleaser syft; do
  if ! command -v "$tool" > /dev/null; then
    echo "$tool is missing; docs/release.md says how to get it" >&2
    exit 2
  fi
done
goreleaser check
case ${1:-} in
try) goreleaser release --snapshot --clean ;;
publish)
  version=$(sed -n 's/^var Version = "\(.*\)"$/\1/p' compiler/version.go)
  if ! git describe --exact-match --tags HEAD 2> /dev/null | grep -qxF "v$version"; then
    echo "compiler/version.go says $version, and HEAD has no tag v$version" >&2
    exit 2
  fi
  if ! grep -qE "^## \[$version\] - [0-9]" CHANGELOG.md; then
    echo "CHANGELOG.md has no section [$version] with a date" >&2
    exit 2
  fi
  goreleaser release --clean
  ;;
*)
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
  ;;
esac
