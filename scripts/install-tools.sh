#!/usr/bin/env bash
# Installs the outside tools that tests and `hrnnc verify` use, listed in internal/exttool/tools.txt.
#   scripts/install-tools.sh           install what is missing (apt-get, with sudo when not root)
#   scripts/install-tools.sh --check   only say what is missing; exits 1 if anything is
set -euo pipefail
cd "$(dirname "$0")"

missing=()
while read -r command package _; do
  case "$command" in ''|'#'*) continue ;; esac
  [ -e "$command" ] || command -v "$command" >/dev/null 2>&1 || missing+=("$package")
done <../internal/exttool/tools.txt

if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi
echo "missing tools, by Debian package: ${missing[*]}"
if [ "${1:-}" = --check ]; then
  exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "no apt-get here: install them by hand to run every test" >&2
  exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
  sudo=sudo
  if ! command -v sudo >/dev/null 2>&1; then
    echo "not root and no sudo: run as root  apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { # what this release has of them: one that it does not have keeps none of the others away
  $sudo apt-get update -qq || return
  local known=() p
  for p in "${missing[@]}"; do
    if apt-cache show "$p" >/dev/null 2>&1; then known+=("$p"); else echo "this release has no package $p"; fi
  done
  [ "${#known[@]}" -eq 0 ] || $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${known[@]}"
  [ "${#known[@]}" -eq "${#missing[@]}" ]
}
if ! install >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "apt-get could not install them: tests that need them are skipped" >&2
  exit 1
fi
