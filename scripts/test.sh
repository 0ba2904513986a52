#!/usr/bin/env bash
# README's second command and all that CI does: installs what the tests need, then
#   the layer check, the Release tests and the ASan+UBSan tests, each on both I/O engines.
# Under CI=true a skipped test is a failure; elsewhere skips are counted and named.
# Environment: INGOT_TEST_SEED, INGOT_SWEEP_ROUNDS (tests/e2e/command.h), INGOT_JOBS (scripts/build.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/run-tests.inc

say "dependencies"
scripts/install-deps.sh test
say "Release: build"
scripts/build.sh release
say "layers"
scripts/check-layers.sh
say "Release: tests"
run_tests build
say "ASan+UBSan: build"
scripts/build.sh asan
say "ASan+UBSan: tests"
run_tests build-asan
finish
