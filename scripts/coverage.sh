#!/usr/bin/env bash
# Line coverage of core and io by all tests, those that run the program included: for each file, and the lines that no
# test reaches. What runs in a child that never exits of itself does not count: io/spawn.cc before exec, a
# program that is killed.
# usage: scripts/coverage.sh [CTEST'S OPTIONS]      for instance -R '^posix' for one engine
# The report is build-coverage/coverage.txt, too; it is made even where tests fail, and then the exit code is 1.
# Environment: INGOT_JOBS, and the tests' own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

directory=build-coverage
failed=0
export INGOT_LIVE_ROUNDS=${INGOT_LIVE_ROUNDS:-1}  # what is written meanwhile grows with the time that a slow build takes
scripts/install-deps.sh test coverage
scripts/build.sh coverage
find "$directory" -name '*.gcda' -delete
ctest --test-dir "$directory" -j "${INGOT_JOBS:-$(nproc)}" --output-on-failure --no-tests=error --timeout 1800 "$@" >"$directory/tests.log" 2>&1 ||
  failed=1
# Checks of our own invariants end the process where they fail: no test may reach them.
gcovr --root . --object-directory "$directory" --filter core/ --filter io/ --exclude-unreachable-branches \
  --exclude-lines-by-pattern '.*INGOT_CHECK\(.*' --gcov-ignore-parse-errors -j "${INGOT_JOBS:-$(nproc)}" \
  --txt "$directory/coverage.txt" "$directory"
cat "$directory/coverage.txt"
if ((failed)); then
  grep -aE '^[0-9]+% tests passed|^No tests|\*\*\*' "$directory/tests.log" >&2
  exit 1
fi
