#!/usr/bin/env bash
# Compares ingot with other programs and with the machine's limits, or runs the micro-benchmarks.
# usage: scripts/bench.sh [--quick|--full] [--corpora NAME,...] [--rounds N] [COMPARE'S OPTIONS]
#        scripts/bench.sh --micro [Google Benchmark's options]
#   (neither)    small and mixed, all of their files, 3 rounds: about two hours on 2 cores
#   --quick      small and mixed, a tenth of their files, 2 rounds: a quarter of an hour
#   --full       all corpora, 5 rounds: a night
#   --corpora    small, mixed, huge, noise, text, deep, wide
#   --rounds N   after the one that is discarded
#   --micro      what one thread does in a second, piece by piece
# Options that are not its own go to bench/compare.py run (--operations, --caches, --only).
# Environment: INGOT_BENCH_DIR (default build-bench/compare): corpora, outputs and results go there; its disk
# is what is measured. Root is needed for cold runs (dropping caches) and restores (mounting).
# It must be alone on the machine. bench/README.md tells the method.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "$0"; }

part=1 # of each corpus's files: one in so many
corpora=small,mixed
rounds=
options=()
while (($#)); do
  case $1 in
    --help | -h)
      usage
      exit 0
      ;;
    --micro)
      shift
      scripts/install-deps.sh bench
      scripts/build.sh bench ingot_bench
      exec build-bench/bench/ingot_bench "$@"
      ;;
    --quick)
      part=10
      rounds=${rounds:-2}
      ;;
    --full)
      corpora=small,mixed,huge,noise,text,deep,wide
      rounds=${rounds:-5}
      ;;
    --corpora | --rounds)
      (($# > 1)) || { usage >&2; exit 2; }
      if [[ $1 == --corpora ]]; then corpora=$2; else rounds=$2; fi
      shift
      ;;
    *) options+=("$1") ;;
  esac
  shift
done

scripts/install-deps.sh bench peers
scripts/build.sh bench ingot ingot_limit ingot_corpus

directory=${INGOT_BENCH_DIR:-$PWD/build-bench/compare}
mkdir -p "$directory/results"
trees=()
usage=$(build-bench/bench/ingot_corpus 2>&1) || true # it lists its kinds, and how many files each has
for kind in ${corpora//,/ }; do
  files=$(awk -v kind="$kind" '$1 == kind {print $2}' <<<"$usage")
  [[ -n $files ]] || { echo "bench.sh: no such corpus: $kind" >&2; exit 2; }
  # Few huge files stay as many: a tenth of four is none.
  if ((files > 100)); then files=$((files / part)); fi
  tree=$directory/corpora/$kind-$files
  if [[ ! -e $tree.made ]]; then
    rm -rf "$tree"
    mkdir -p "${tree%/*}"
    build-bench/bench/ingot_corpus "$kind" "$tree" "$files"
    touch "$tree.made"
  fi
  trees+=("$kind=$tree")
done

results=$directory/results/$(date -u +%Y%m%dT%H%M%SZ)
# Not in the project's directories: the bytecode that Python would leave there.
PYTHONDONTWRITEBYTECODE=1 bench/compare.py run --ingot build-bench/ingot --limit build-bench/bench/ingot_limit \
  --scratch "$directory/scratch" --json "$results.json" --rounds "${rounds:-3}" "${options[@]}" "${trees[@]}" |
  tee "$results.txt"
PYTHONDONTWRITEBYTECODE=1 bench/compare.py report --svg "$results.svg" "$results.json" >/dev/null
echo
echo "$results.json, .txt and .svg"
