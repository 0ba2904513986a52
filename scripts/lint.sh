#!/usr/bin/env bash
# Formatting, shell scripts, Clang's warnings and its thread-safety analysis (errors), clang-tidy.
# usage: scripts/lint.sh [SOURCE.cc...]      with sources: clang-tidy on these alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh test lint
if (($# == 0)); then
  scripts/format.sh --check
  shellcheck -x scripts/*.sh scripts/*.inc .ci/run
  scripts/thread-safety.sh
  scripts/build.sh clang
  mapfile -t sources < <(git -c safe.directory='*' ls-files 'core/*.cc' 'io/*.cc' 'tools/*.cc')
else
  scripts/build.sh clang
  sources=("$@")
fi
printf '%s\0' "${sources[@]}" | xargs -0 -r -n 4 -P "$(nproc)" clang-tidy -p build-clang --quiet --warnings-as-errors='*'
