#!/usr/bin/env bash
# Installs what ingot needs from Debian's own packages: only what is missing, silent unless it fails.
# usage: scripts/install-deps.sh [build|demo|test|tsan|coverage|bench|peers|lint|fuzz]...      (default: build)
set -euo pipefail

build=(cmake ninja-build g++ pkg-config liburing-dev libxxhash-dev libzstd-dev libtbb-dev libabsl-dev
  libcli11-dev nlohmann-json3-dev libsqlite3-dev libcurl4-openssl-dev libroaring-dev zlib1g-dev)
demo=(python3 sqlite3 tar zstd diffutils)
# Whom bench/compare.py compares with, and what it makes fresh file systems with.
peers=(python3 tar zstd libarchive-tools squashfs-tools restic borgbackup e2fsprogs mount util-linux)
test=("${peers[@]}" libgtest-dev libgmock-dev libbenchmark-dev binutils bsdutils git python3-zstandard tzdata openssl sqlite3 attr acl btrfs-progs
  postgresql postgresql-client mariadb-server mariadb-client)
coverage=(gcovr)
bench=(libbenchmark-dev python3)
tsan=(dpkg-dev) # scripts/build-tsan-libraries.sh
lint=(clang clang-tidy clang-format shellcheck git)
fuzz=(clang libclang-rt-dev)  # libFuzzer and the sanitizers for Clang

wanted=()
for group in "${@:-build}"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    demo) wanted+=("${build[@]}" "${demo[@]}") ;;
    test) wanted+=("${build[@]}" "${test[@]}") ;;
    tsan) wanted+=("${build[@]}" "${tsan[@]}") ;;
    coverage) wanted+=("${build[@]}" "${coverage[@]}") ;;
    bench) wanted+=("${build[@]}" "${bench[@]}") ;;
    peers) wanted+=("${peers[@]}") ;;
    lint) wanted+=("${build[@]}" "${lint[@]}") ;;
    fuzz) wanted+=("${build[@]}" "${fuzz[@]}") ;;
    *)
      sed -n '3s/^# //p' "$0" >&2
      exit 2
      ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install-deps: run this as root, or install sudo; missing: ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi

# The tests start servers of their own; the packages must not leave one running.
log=$(mktemp)
policy=/usr/sbin/policy-rc.d
own_policy=0
cleanup() {
  if ((own_policy)); then "${root[@]}" rm -f "$policy"; fi
  rm -f "$log"
}
trap cleanup EXIT
if [[ ! -e $policy ]]; then
  own_policy=1
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod 755 "$policy"
fi
cluster=/etc/postgresql-common/createcluster.conf
if [[ " ${missing[*]} " == *" postgresql "* && ! -e $cluster ]]; then
  "${root[@]}" mkdir -p "${cluster%/*}"
  echo 'create_main_cluster = false' | "${root[@]}" tee "$cluster" >/dev/null
fi

echo "installing: ${missing[*]}"
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Options::=--force-confold
  -o DPkg::Lock::Timeout=300)
install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
# Package lists that are there may be good enough; when not, they are fetched and it is tried again.
if ! "${install[@]}" </dev/null >"$log" 2>&1; then
  if ! { "${apt[@]}" update && "${install[@]}"; } </dev/null >>"$log" 2>&1; then
    cat "$log" >&2
    echo "install-deps: apt-get could not install: ${missing[*]}" >&2
    exit 1
  fi
fi
