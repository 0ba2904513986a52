#!/usr/bin/env bash
# Runs the fuzzers, one after the other, from the committed corpora and what earlier runs found.
# usage: scripts/fuzz.sh [SECONDS] [TARGET...]    SECONDS for each target, default 60; all targets
#        scripts/fuzz.sh --minimize [TARGET...]   takes over what is worth committing; what was once found
#        is kept in tests/fuzz/corpus/TARGET/found-* for ever
# One line for each: executions, how many a second, edges covered, and what was found. An input that
# crashes, hangs or takes too much memory is kept under build-fuzz/found/, and the exit code is 1, also of
# each later run until it does so no more; build-fuzz/tests/fuzz/TARGET_fuzz FILE repeats it.
# Environment: INGOT_TEST_SEED (default 1).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

input_seconds_max=20
memory_mib_max=2048
allocation_mib_max=1024
input_bytes_max=8192
committed_files_max=100

minimize=0
seconds=60
if [[ ${1:-} == --minimize ]]; then
  minimize=1
  shift
elif [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
targets=("$@")
if ((${#targets[@]} == 0)); then
  for source in tests/fuzz/*_fuzz.cc; do targets+=("$(basename "$source" _fuzz.cc)"); done
fi

root=$PWD
scripts/install-deps.sh fuzz
mkdir -p build-fuzz/found
scripts/build.sh fuzz "${targets[@]/%/_fuzz}" >build-fuzz/build.log 2>&1 || {
  cat build-fuzz/build.log >&2
  exit 1
}
export ASAN_OPTIONS=detect_stack_use_after_return=0:strict_string_checks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1

# prepare TARGET: sets program, committed, grown.
prepare() {
  program=$root/build-fuzz/tests/fuzz/$1_fuzz
  committed=$root/tests/fuzz/corpus/$1
  grown=$root/build-fuzz/corpus/$1
  mkdir -p "$committed" "$grown"
  options=("-max_len=$input_bytes_max" "-timeout=$input_seconds_max" "-rss_limit_mb=$memory_mib_max"
    "-malloc_limit_mb=$allocation_mib_max")
  if [[ -e tests/fuzz/$1.dict ]]; then options+=("-dict=$root/tests/fuzz/$1.dict"); fi
}

# The fewest inputs that reach the same edges; the largest when those are too many: each of the small
# ones reaches little that no other does.
minimize_one() {
  local work
  work=$(mktemp -d)
  mkdir "$work/all" "$work/merged"
  cp -r "$committed/." "$grown/." "$work/all"
  "$program" "${options[@]}" -set_cover_merge=1 -use_counters=0 "$work/merged" "$work/all" >"$grown.log" 2>&1
  find "$committed" -type f ! -name 'found-*' -delete
  find "$work/merged" -type f ! -name 'found-*' -printf '%s %p\n' | sort -rn |
    awk -v most=$committed_files_max 'NR <= most {print $2}' | xargs -r cp -t "$committed"
  printf '%-16s %4d of %d files, %d bytes\n' "$1" "$(find "$committed" -type f | wc -l)" \
    "$(find "$work/merged" -type f | wc -l)" \
    "$(find "$committed" -type f -printf '%s\n' | awk '{sum += $1} END {print sum + 0}')"
  rm -r "$work"
}

# What an earlier run found: is it still so?
replay_found() {
  local input
  for input in "$root/build-fuzz/found/$1"-*; do
    [[ -e $input ]] || continue # there is none
    if ! "$program" "${options[@]}" "$input" >"$grown.log" 2>&1; then
      printf '%-16s FOUND before, and not mended: %s\n' "$1" "$input"
      failures=$((failures + 1))
    fi
  done
}

fuzz_one() {
  local log=$grown.log status=0 found
  "$program" "${options[@]}" -max_total_time="$seconds" -seed="${INGOT_TEST_SEED:-1}" -print_final_stats=1 \
    -artifact_prefix="$root/build-fuzz/found/$1-" "$grown" "$committed" >"$log" 2>&1 || status=$?
  found="nothing found"
  if ((status != 0)); then
    found="FOUND: $(grep -m1 -oP 'Test unit written to \K\S+' "$log" || echo "see $log")"
    failures=$((failures + 1))
  fi
  printf '%-16s %6s s %12s executions %8s/s %7s edges  %s\n' "$1" "$seconds" \
    "$(awk '/^stat::number_of_executed_units/ {print $2}' "$log")" \
    "$(awk '/^stat::average_exec_per_sec/ {print $2}' "$log")" \
    "$(grep -oE 'cov: [0-9]+' "$log" | tail -1 | cut -d' ' -f2)" "$found"
}

failures=0
for target in "${targets[@]}"; do
  prepare "$target"
  if ((minimize)); then
    minimize_one "$target"
  else
    replay_found "$target"
    fuzz_one "$target"
  fi
done
((failures == 0)) || exit 1
