#!/usr/bin/env bash
# Formats all C++ sources; with --check only says which ones are not.
# usage: scripts/format.sh [--check]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(-i)
[[ ${1:-} != --check ]] || mode=(--dry-run --Werror)
git -c safe.directory='*' ls-files -z --cached --others --exclude-standard '*.cc' '*.h' | xargs -0 -r clang-format "${mode[@]}"
