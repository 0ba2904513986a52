#!/usr/bin/env bash
# Says whether each content URL has its file with its size.
# usage: QUERY | scripts/check-content.sh CONTENTSTORE      lines: store://path<TAB>size
set -euo pipefail

store=$1
rows=0
bytes=0
wrong=0
while IFS=$'\t' read -r url size; do
  rows=$((rows + 1))
  bytes=$((bytes + size))
  have=$(stat -c %s -- "$store/${url#store://}" 2>/dev/null || echo missing)
  if [[ $have != "$size" ]]; then
    wrong=$((wrong + 1))
    echo "$url: $have, and the database says $size" >&2
  fi
done
echo "$rows rows, $bytes bytes: $((rows - wrong)) files are there with their size, $wrong are not"
((wrong == 0 && rows > 0))
