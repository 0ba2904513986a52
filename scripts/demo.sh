#!/usr/bin/env bash
# README's first command: installs what is needed, builds, makes a small repository, and takes it through a
# hot backup and back. Everything it makes is in build/demo/, afresh each time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=$PWD
scripts=$project/scripts

number=0
step() {
  number=$((number + 1))
  printf '\n%d. %s\n' "$number" "$1"
}
show() {
  printf '   $ %s\n' "$*"
  "$@" 2>&1 | sed 's/^/     /'
}
told() { sed 's/^/     /'; }

step "Install what is needed, from Debian's packages"
"$scripts/install-deps.sh" demo 2>&1 | told
echo "     all there"

step "Build ingot (Release)"
mkdir -p build
"$scripts/build.sh" release ingot >build/demo-build.log 2>&1 || {
  cat build/demo-build.log >&2
  exit 1
}
export PATH=$project/build:$PATH
show ingot --version

step "Make a repository: content files, a Solr backup, an SQLite database that refers to them"
rm -rf build/demo
mkdir build/demo
cd build/demo
"$scripts/make_demo_repository.py" repository
data=repository/alf_data
{
  echo "$(find $data/contentstore -type f | wc -l) files in contentstore, $(find $data/contentstore.deleted -type f | wc -l) in contentstore.deleted," \
    "$(find $data/solr4Backup -name 'snapshot.*' | wc -l) index snapshots, $(du -sh repository | cut -f1) in all"
  echo "$(sqlite3 repository/alf.db 'SELECT count(*) FROM alf_content_url') rows of alf_content_url, for example"
  sqlite3 repository/alf.db 'SELECT content_url, content_size FROM alf_content_url LIMIT 1 OFFSET 2'
} | told

step "The main job: index, then database, then content, into one file"
show ingot backup --alfresco repository/alfresco-global.properties -o demo.tar.zst
show ls -l demo.tar.zst

step "Verify it: every byte, every member, the order of the stages"
show ingot verify demo.tar.zst
show ingot info demo.tar.zst

step "List it: all of the database and what ingot says of itself, and how many members there are"
show ingot list -l demo.tar.zst database ingot
echo "     $(ingot list demo.tar.zst | wc -l) members"

step "Restore it"
mkdir restored
show ingot restore demo.tar.zst -C restored

step "Compare the restored tree with the original: content, and all metadata (modes, owners, nanoseconds, ...)"
compare() {
  diff -r "$data/$1" "restored/$1"
  echo "     $1: diff -r is silent; compare_trees.py: $("$project/tests/e2e/compare_trees.py" "$data/$1" "restored/$1")"
}
compare contentstore
compare contentstore.deleted
for core in alfresco archive; do
  compare "solr4Backup/$core/$(find "$data/solr4Backup/$core" -name 'snapshot.*' -printf '%f\n' | sort | tail -1)"
done

step "Restore the dump into a new database: the same rows, and each row's file is there with its size"
dump=$(find restored/database -name '*.sql')
echo "   $ sqlite3 new.db < $dump"
sqlite3 -bail new.db <"$dump"
diff <(sqlite3 repository/alf.db .dump) <(sqlite3 new.db .dump)
echo "     the new database dumps to the same text as the old one"
sqlite3 -separator $'\t' new.db 'SELECT content_url, content_size FROM alf_content_url' |
  "$scripts/check-content.sh" restored/contentstore | told

step "And without ingot: the file is an ordinary .tar.zst"
show zstd -t demo.tar.zst
echo "   $ tar --zstd -tf demo.tar.zst"
tar --zstd -tf demo.tar.zst >names
{
  head -3 names
  echo "..."
  tail -3 names
  if diff <(sed 's,/$,,' names) <(ingot list demo.tar.zst) >differences; then
    echo "the same $(wc -l <names) names that ingot lists"
  else
    cat differences
    exit 1
  fi
} | told

printf '\nAll of it succeeded. The files are in %s\n' "$PWD"
