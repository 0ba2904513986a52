#!/usr/bin/env bash
# Builds Abseil and oneTBB with ThreadSanitizer, from Debian's source packages of what is installed: without,
# it does not see what they synchronize, and reports races that are none. Prints where they are.
# Built once for each version and compiler. Downloads from wherever apt-get gets its packages; needs no root.
# Environment: INGOT_TSAN_LIBRARIES (default build-tsan-libraries): where they are kept; INGOT_JOBS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

here=$PWD
keep=${INGOT_TSAN_LIBRARIES:-$PWD/build-tsan-libraries}
mapfile -t sources < <(dpkg-query -W -f '${source:Package}=${source:Version}\n' libabsl-dev libtbb-dev)
compiler=${CXX:-c++}
recipe=$(cat tests/tsan/libraries/CMakeLists.txt <("$compiler" --version) | sha256sum | cut -c -8)
name=$(IFS=_ && echo "${sources[*]}")_$recipe
directory=$keep/${name//=/-}
if [[ ! -e $directory/built ]]; then
  rm -rf "$directory"
  mkdir -p "$directory"/apt/{lists,cache/archives}/partial
  cd "$directory"
  log=$directory/build.log
  trap '[[ -e $directory/built ]] || cat "$log" >&2' EXIT
  # The same places as the installed packages', for sources; lists and cache of its own.
  # shellcheck disable=SC2016  # apt-get fills them in
  apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u >apt/sources.list
  apt=(apt-get -q -o Dir::Etc::sourcelist="$PWD/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$PWD/apt/lists"
    -o Dir::Cache="$PWD/apt/cache" -o APT::Sandbox::User=root)
  {
    "${apt[@]}" update
    "${apt[@]}" source "${sources[@]}" || {
      echo "build-tsan-libraries: there is no source of what is installed (${sources[*]}), perhaps as Debian has newer versions;" \
        "remedy: apt-get update && apt-get install libabsl-dev libtbb-dev"
      exit 1
    }
    rm -r apt
    options=(-G Ninja "-DABSEIL_SOURCE=$(echo "$PWD"/abseil-*/)" "-DONETBB_SOURCE=$(echo "$PWD"/onetbb-*/)" "-DCMAKE_CXX_COMPILER=$compiler")
    if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache); fi
    cmake -S "$here/tests/tsan/libraries" -B . "${options[@]}"
    cmake --build . ${INGOT_JOBS:+-j "$INGOT_JOBS"} --target libraries
  } >"$log" 2>&1
  touch built
fi
echo "$directory"
