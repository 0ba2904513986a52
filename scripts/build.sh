#!/usr/bin/env bash
# Configures and builds.
# usage: scripts/build.sh [release|asan|tsan|clang|fuzz|bench|coverage] [TARGET...]
#   release  build/        what one runs
#   asan     build-asan/   AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan     build-tsan/   ThreadSanitizer
#   clang    build-clang/  Clang, for its thread-safety analysis and clang-tidy
#   fuzz     build-fuzz/   the fuzz targets as libFuzzers (Clang), with ASan and UBSan
#   bench    build-bench/  Release with the micro-benchmarks, without the tests
#   coverage build-coverage/  counts which lines run (scripts/coverage.sh)
# Environment: INGOT_JOBS (compilers at once).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kind=${1:-release}
(($# == 0)) || shift
options=(-G Ninja)
directory=build-$kind
case $kind in
  release)
    directory=build
    options+=(-DCMAKE_BUILD_TYPE=Release)
    ;;
  # -O1: the tests run twice as fast as at -O0 and compile nearly as fast.
  asan) options+=(-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 '-DINGOT_SANITIZE=address,undefined') ;;
  tsan)
    libraries=$(scripts/build-tsan-libraries.sh)
    options+=(-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DINGOT_SANITIZE=thread "-DCMAKE_PREFIX_PATH=$libraries")
    ;;
  clang) options+=(-DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=clang++) ;;
  fuzz) options+=(-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DCMAKE_CXX_COMPILER=clang++ '-DINGOT_SANITIZE=address,undefined' -DINGOT_FUZZERS=ON) ;;
  # Threads count together.
  coverage) options+=(-DCMAKE_BUILD_TYPE=Debug '-DCMAKE_CXX_FLAGS_DEBUG=-O0 --coverage -fprofile-update=atomic') ;;
  bench) options+=(-DCMAKE_BUILD_TYPE=Release -DINGOT_BENCHMARKS=ON) ;;
  *)
    sed -n '3s/^# //p' "$0" >&2
    exit 2
    ;;
esac
# README's first command installs no GoogleTest.
tests=OFF
if [[ $kind != bench && $kind != fuzz && -e /usr/include/gtest/gtest.h ]]; then tests=ON; fi
options+=("-DINGOT_TESTS=$tests")
# A test runs the micro-benchmarks, once and as they are measured.
if [[ $kind == release && $tests == ON && -e /usr/include/benchmark/benchmark.h ]]; then options+=(-DINGOT_BENCHMARKS=ON); fi
if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

# One compiler takes up to 1.5 GiB with the sanitizers on.
memory_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
jobs=$((memory_kib / 1572864))
((jobs <= $(nproc))) || jobs=$(nproc)
((jobs >= 1)) || jobs=1

mkdir -p "$directory"
cmake -S . -B "$directory" "${options[@]}" >"$directory/configure.log" 2>&1 || {
  cat "$directory/configure.log" >&2
  exit 1
}
[[ $kind != fuzz || $# -gt 0 ]] || set -- fuzzers
cmake --build "$directory" -j "${INGOT_JOBS:-$jobs}" ${1:+--target "$@"}
