#!/usr/bin/env bash
# Bar: files stream in and out in constant memory. A JSONL file of pairs is imported, exported as rankings, CSV and Parquet, and each
# export is imported into a home folder of its own: small, and ten times as large. The memory of each process may grow by half at most.
#   bash tests/bars/large-imports.sh [PAIRS]      pairs of the large file, 100000 by default: some minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
large=${1:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release src/Rlhf.Cli -v quiet
rlhf=$PWD/src/Rlhf.Cli/bin/Release/net10.0/rlhf
failures=0

pairs() { # number: pairs of some 1,200 characters, no two the same
  awk -v n="$1" 'BEGIN {
    for (i = 0; i < 60; i++) text = text "word" i " "
    for (i = 0; i < n; i++)
      printf "{\"prompt\": \"question %d %s\", \"chosen\": \"good %d %s\", \"rejected\": \"bad %d %s\"}\n", i, text, i, text, i, text
  }'
}

# Runs a command; prints its seconds and the highest memory of its process in MB.
measure() {
  local process peak=0 now from=$SECONDS
  "$rlhf" "$@" >"$work/out" 2>"$work/err" & process=$!
  while now=$(awk '/VmHWM/ { print int($2 / 1000) }' "/proc/$process/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    read -r -t 0.05 <> <(:) || true
  done
  wait "$process" || { cat "$work/err" >&2; return 1; }
  echo "$((SECONDS - from)) $peak"
}

declare -A small_peak
step() { # size, name, arguments
  local size=$1 name=$2 seconds peak
  shift 2
  read -r seconds peak < <(measure "$@")
  [ -n "$peak" ] || { echo "FAILS $name of the $size file"; exit 1; }
  if [ "$size" = small ]; then
    small_peak[$name]=$peak
    printf '      %-28s %4d s  %5d MB\n' "$name, small" "$seconds" "$peak"
  elif [ $((peak * 2)) -le $((small_peak[$name] * 3)) ]; then
    printf 'ok    %-28s %4d s  %5d MB\n' "$name, large" "$seconds" "$peak"
  else
    printf 'FAILS %-28s %4d s  %5d MB, more than half more than for the small file\n' "$name, large" "$seconds" "$peak"
    failures=$((failures + 1))
  fi
}

for size in small large; do
  count=$large
  [ $size = small ] && count=$((large / 10))
  home=$work/$size
  pairs "$count" >"$home.jsonl"
  echo "$count pairs, $(($(wc -c <"$home.jsonl") / 1000000)) MB"
  step $size "import of jsonl" import "$home.jsonl" --project pairs --home "$home"
  for format in rankings csv parquet; do
    extension=$format
    [ $format = rankings ] && extension=jsonl
    step $size "export of $format" export --project pairs --format $format -o "$home.$format.$extension" --home "$home"
  done
  step $size "import of rankings" import "$home.rankings.jsonl" --project pairs --home "$home.rankings"
  "$rlhf" export --project pairs -o "$home.again.jsonl" --home "$home.rankings"
  if ! cmp -s "$home.rankings.jsonl" "$home.again.jsonl"; then
    echo "FAILS the export of the imported rankings differs"
    failures=$((failures + 1))
  fi
  step $size "import of parquet" import "$home.parquet.parquet" --project pairs --home "$home.parquet"
done
echo "$failures failed"
exit $((failures > 0))
