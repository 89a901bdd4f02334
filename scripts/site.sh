#!/usr/bin/env bash
# Makes docs/ a site of plain files, in build/site, and checks its links; no network. Any server can show it, or a browser from the disk.
# Where web/build.sh was run before, the playground is part of it.
#   scripts/site.sh                build it
#   scripts/site.sh --serve        show it at localhost:1313, anew after each change of a page
#   scripts/site.sh --to FOLDER    build it there: a new folder, an empty one, or one that this made before
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v hugo >/dev/null; then
  echo "hugo is missing: apt-get install hugo" >&2
  exit 2
fi
to=build/site
case "${1:-}" in
'') ;;
--serve) exec hugo server --source site --disableFastRender ;;
--to)
  to=${2:-}
  if [ -z "$to" ]; then
    echo "--to needs a folder: scripts/site.sh --to FOLDER" >&2
    exit 2
  fi
  ;;
*)
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
mkdir -p "$to"
to=$(cd "$to" && pwd)
made=.made-by-site.sh
if [ -n "$(ls -A "$to")" ] && [ ! -e "$to/$made" ]; then
  echo "$to holds files that no site of ours has, and they would be lost: name a new folder, or empty this one" >&2
  exit 1
fi
if [ -f web/dist/index.html ]; then export HUGO_PARAMS_PLAYGROUND=playground/index.html; fi
if ! said=$(hugo --source site --destination "$to" --cleanDestinationDir 2>&1); then
  echo "$said" >&2
  exit 1
fi
touch "$to/$made"
if [ -f web/dist/index.html ]; then cp -r web/dist "$to/playground"; fi
go run ./scripts/checksite "$to"
echo "open $to/index.html"
