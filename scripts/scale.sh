#!/usr/bin/env bash
# Shows that time grows with the files and memory does not: create, verify, list, cat and one-file restore of 1 and 10 million.
# usage: scripts/scale.sh [--kind tiny|flat] [--io uring|posix] [--json FILE] [--keep] [FILES...]      as root: on an ext4 of its own
# Environment: INGOT_SCALE_DIR, a directory with 2.2 KB of room for each file (default: build-bench/scale).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh bench
scripts/build.sh bench ingot ingot_corpus
exec bench/scale.py --ingot build-bench/ingot --corpus build-bench/bench/ingot_corpus \
  --directory "${INGOT_SCALE_DIR:-build-bench/scale}" "$@"
