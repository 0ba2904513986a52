#!/usr/bin/env bash
# README's second command and all that CI does: installs what the tests need, then
#   release   the Release tests, and the layer check
#   asan      the ASan+UBSan tests
#   tsan      the tests of io and core, the stress test and planted races under TSan (nightly.sh has all)
#   threads   Clang's thread-safety analysis (lint.sh has clang-tidy, too)
# each test on both I/O engines.
# usage: scripts/test.sh [release|asan|tsan|threads]...      (default: all)
# Under CI=true a skipped test is a failure; elsewhere skips are counted and named.
# Environment: INGOT_TEST_SEED, INGOT_SWEEP_ROUNDS (tests/e2e/command.h), INGOT_JOBS (scripts/build.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/run-tests.inc

parts=("$@")
(($#)) || parts=(release asan tsan threads)
for part in "${parts[@]}"; do
  say "$part: dependencies"
  case $part in
    release)
      scripts/install-deps.sh test
      say "Release: build"
      scripts/build.sh release
      say "layers"
      scripts/check-layers.sh
      say "Release: tests"
      run_tests build
      ;;
    asan)
      scripts/install-deps.sh test
      say "ASan+UBSan: build"
      scripts/build.sh asan
      say "ASan+UBSan: tests"
      run_tests build-asan
      ;;
    tsan)
      scripts/install-deps.sh test tsan
      say "TSan: build"
      scripts/build.sh tsan ingot io_tests core_tests stress_tests planted_race_tests
      say "TSan: tests"
      run_tests build-tsan --exclude-regex '_NOT_BUILT$|^fuzz[.]'
      summary+=("build-tsan: left out: the tests of tools, end to end, fuzzers' inputs (nightly.sh has them)")
      ;;
    threads)
      scripts/install-deps.sh test lint
      say "thread-safety analysis"
      scripts/thread-safety.sh
      ;;
    *)
      sed -n '/^# usage/s/^# //p' "$0" >&2
      exit 2
      ;;
  esac
done
[[ ${parts[*]} == threads ]] || finish # that part has no tests
