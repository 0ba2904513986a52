#!/usr/bin/env bash
# Clang's thread-safety analysis as errors, and proof that it refuses what is planted in tests/thread_safety/.
# Nothing is built: a second and a half for each source.
# usage: scripts/thread-safety.sh [FOLDER|SOURCE.cc]...      (default: core io tools bench tests)
# Not -Wthread-safety-negative: it wants each function that locks to say so, and so all that call it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh test lint
check=(clang++ -std=c++20 -fsyntax-only -I. -Wthread-safety -Wthread-safety-beta -Werror -ferror-limit=0)
# What CMake gives the sources.
mapfile -t given < <(grep -ohE 'INGOT_[A-Z_]+=' CMakeLists.txt ./*/CMakeLists.txt | sort -u)
check+=("${given[@]/%/\"\"}")
check=("${check[@]/#INGOT_/-DINGOT_}")

planted=tests/thread_safety/violations.cc
wanted=$(grep -n '// refused' "$planted" | cut -d: -f1)
refused=$({ "${check[@]}" "$planted" 2>&1 || true; } | sed -n "s|^$planted:\([0-9]*\):.*error:.*\[-W.*thread-safety.*\]\$|\1|p" | sort -nu)
if [[ $wanted != "$refused" ]]; then
  printf 'thread-safety: %s: other lines are refused than say so\n' "$planted" >&2
  diff <(echo "$wanted") <(echo "$refused") >&2 || true
  exit 1
fi

(($#)) || set -- core io tools bench tests
mapfile -t sources < <(git -c safe.directory='*' ls-files -- "$@" | grep '\.cc$' | grep -v "^${planted%/*}/")
((${#sources[@]}))
printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "${INGOT_JOBS:-$(nproc)}" "${check[@]}"
echo "thread-safety: ${#sources[@]} sources are in order, and $(wc -l <<<"$wanted") planted violations are refused"
