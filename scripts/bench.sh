#!/usr/bin/env bash
# Builds and runs the micro-benchmarks in bench/.
# usage: scripts/bench.sh [Google Benchmark's options]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh bench
scripts/build.sh bench ingot_bench
exec build-bench/bench/ingot_bench "$@"
