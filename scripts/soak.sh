#!/usr/bin/env bash
# A long seeded loop of random trees, faults, kills, damage, verify, restore and salvage (tests/soak/soak.py), with a summary line.
# usage: scripts/soak.sh [--seconds N] [--seed N] [--rounds N] [--parts PART,...] [--directory DIRECTORY]      (default: 600 seconds, today as the seed)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh test
scripts/build.sh release ingot ingot_faulty
echo "commit $(git -c safe.directory='*' describe --always --dirty 2>/dev/null || echo unknown)"
exec /usr/bin/python3 tests/soak/soak.py --ingot "$PWD/build/ingot" --faulty "$PWD/build/tests/ingot_faulty" --seed "$(date -u +%Y%m%d)00000" "$@"
