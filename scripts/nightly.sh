#!/usr/bin/env bash
# What is too long for every push: longer sweeps with a seed of the day, all of them under each sanitizer, soak, fuzzers, coverage.
# usage: scripts/nightly.sh      INGOT_TEST_SEED=N repeats a night.
# Environment: INGOT_FUZZ_SECONDS for each fuzzer (default 300), INGOT_SOAK_SECONDS (default 3600).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/run-tests.inc

export INGOT_TEST_SEED=${INGOT_TEST_SEED:-$(date -u +%Y%m%d)}
export INGOT_SWEEP_ROUNDS=${INGOT_SWEEP_ROUNDS:-200}
export INGOT_TESTS_LONG=1
export INGOT_LIVE_ROUNDS=${INGOT_LIVE_ROUNDS:-50}  # backups of a repository that is written to
test_seconds_max=7200
echo "seed $INGOT_TEST_SEED, $INGOT_SWEEP_ROUNDS rounds"

# step NAME COMMAND...: one more thing that has to succeed, counted like a test
step() {
  say "$1"
  ((++tests_run))
  if "${@:2}"; then summary+=("$1: passed"); else
    summary+=("$1: FAILED")
    ((++tests_failed))
  fi
}

say "dependencies"
scripts/install-deps.sh test tsan coverage lint fuzz
step "lint" scripts/lint.sh
for kind in release asan tsan; do
  say "$kind: build"
  scripts/build.sh "$kind"
  say "$kind: tests"
  if [[ $kind == release ]]; then run_tests build; else run_tests "build-$kind"; fi
done
step "layers" scripts/check-layers.sh
step "soak" scripts/soak.sh --seconds "${INGOT_SOAK_SECONDS:-3600}" --seed "${INGOT_TEST_SEED}00000"
step "fuzzers" scripts/fuzz.sh "${INGOT_FUZZ_SECONDS:-300}"
step "coverage" env -u INGOT_TESTS_LONG -u INGOT_SWEEP_ROUNDS -u INGOT_LIVE_ROUNDS scripts/coverage.sh
finish
