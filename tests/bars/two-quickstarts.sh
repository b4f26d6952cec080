#!/usr/bin/env bash
# Two quickstarts at once on the same cores: each takes at most 3 times as long as one alone, and all three give the same policy.
# About four times the time of a quickstart. With arguments, a smaller one: they are given to each run.
#   bash tests/bars/two-quickstarts.sh [--set ppo.updates=6 …]
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "${RLHF_BUILT:-}" ] || dotnet build -c Release src/Rlhf.Cli -v quiet
rlhf=$PWD/src/Rlhf.Cli/bin/Release/net10.0/rlhf

run() {
  local name=$1; shift
  "$rlhf" quickstart --home "$work/$name" --seed 1 --no-serve --json "$@" 2>"$work/$name.log" | tail -n 1 > "$work/$name.json"
}
seconds() { sed -E 's/.*"seconds":([0-9.]*).*/\1/' "$work/$1.json"; }
policy() { sha256sum < "$(sed -E 's/.*"policy":"([^"]*)".*/\1/' "$work/$1.json")/model.safetensors" | cut -c1-16; }

run alone "$@"
echo "alone: $(seconds alone) s, policy $(policy alone)"
run first "$@" & first=$!
run second "$@"
wait "$first"
failures=0
for name in first second; do
  if awk -v a="$(seconds alone)" -v b="$(seconds $name)" 'BEGIN { exit !(b <= 3 * a) }'; then
    word='ok   '
  else
    word=FAILS; failures=$((failures + 1))
  fi
  times=$(awk -v a="$(seconds alone)" -v b="$(seconds $name)" 'BEGIN { printf "%.2f", b / a }')
  echo "$word $name of two: $(seconds $name) s, $times times one alone, wanted at most 3"
  [ "$(policy $name)" = "$(policy alone)" ] || { echo "FAILS $name of two: policy $(policy $name)"; failures=$((failures + 1)); }
done
echo "$failures bars failed"
exit $((failures > 0))
