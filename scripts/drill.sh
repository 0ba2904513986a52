#!/usr/bin/env bash
# A drill on the demonstration's repository: backup, disaster, restore, and proof that all is as before.
# usage: scripts/drill.sh [DIRECTORY]      (default: build/drill; it is made anew)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh demo
[[ -n ${INGOT:-} ]] || scripts/build.sh release ingot
ingot=${INGOT:-$PWD/build/ingot}
drill=${1:-build/drill}
rm -rf "$drill"
mkdir -p "$drill"
scripts=$PWD/scripts
cd "$drill"

run() {
  printf '\n$ %s\n' "$*"
  "$@"
}
"$scripts/make_demo_repository.py" repository
run "$ingot" backup --check --alfresco repository/alfresco-global.properties -o alfresco.tar.zst
run "$ingot" backup --alfresco repository/alfresco-global.properties -o alfresco.tar.zst
cp -a repository/alf_data before
sqlite3 repository/alf.db .dump >before.sql
node=$(sqlite3 repository/alf.db 'SELECT uuid FROM alf_node WHERE id = 2')
run rm -r repository/alf_data repository/alf.db
run "$ingot" verify alfresco.tar.zst
run "$ingot" restore --alfresco repository/alfresco-global.properties alfresco.tar.zst
run "$ingot" restore alfresco.tar.zst -C one --node "$node"

sqlite3 repository/alf.db .dump >after.sql
run cmp before.sql after.sql
for store in contentstore contentstore.deleted; do
  run diff -r "before/$store" "repository/alf_data/$store"
done
printf '\nthe drill has ended: database and content are as they were before the disaster\n'
