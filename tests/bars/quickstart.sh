#!/usr/bin/env bash
# The bars of `rlhf quickstart`, measured: time, memory, win rate, KL, diversity, reward accuracy; and twice the same seed gives
# the same policy to the last byte. About twice the time of a quickstart.
#   bash tests/bars/quickstart.sh [SEED]
set -euo pipefail
cd "$(dirname "$0")/../.."
seed=${1:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release src/Rlhf.Cli -v quiet
rlhf=src/Rlhf.Cli/bin/Release/net10.0/rlhf

run() { "$rlhf" quickstart --home "$work/$1" --seed "$seed" --no-serve --json | tail -n 1 > "$work/$1.json"; cat "$work/$1.json"; }
# value PATH: a number or text of the summary, e.g. win_rate.low
value() {
  sed -E "s/.*\"${1%%.*}\":(\{[^}]*\}|\"[^\"]*\"|[^,}]*).*/\1/" "$work/a.json" |
    { [[ $1 == *.* ]] && sed -E "s/.*\"${1#*.}\":([^,}]*).*/\1/" || cat; } | tr -d '"'
}
failures=0
bar() { # name, value, comparison, limit
  if awk -v a="$2" -v b="$4" "BEGIN { exit !(a+0 $3 b+0) }"; then
    echo "ok    $1: $2 $3 $4"
  else
    echo "FAILS $1: $2, wanted $3 $4"; failures=$((failures + 1))
  fi
}

run a
bar "seconds" "$(value seconds)" "<=" 300
bar "peak bytes" "$(value peak_bytes)" "<=" 3000000000
bar "win rate, low end" "$(value win_rate.low)" ">=" 0.75
bar "KL, nats per completion" "$(value kl)" "<=" 25
bar "reward accuracy" "$(value reward_accuracy.value)" ">=" "$(awk -v c="$(value reward_accuracy.ceiling)" 'BEGIN { print c - 0.05 }')"
before=$(value distinct.before); after=$(value distinct.after)
bar "distinct-2" "$after" ">=" "$(awk -v b="$before" 'BEGIN { print 0.7 * b }')"
evaluation=$(value evaluation)
lines=$(wc -l < "$evaluation")
different=$(sed -E 's/.*"after":"(([^"\\]|\\.)*)".*/\1/' "$evaluation" | sort -u | wc -l)
bar "evaluation prompts" "$lines" ">=" 200
bar "different completions" "$(awk -v d="$different" -v n="$lines" 'BEGIN { print d / n }')" ">=" 0.9

run b
first=$(sha256sum < "$(value policy)/model.safetensors")
second=$(sha256sum < "$(sed -E 's/.*"policy":"([^"]*)".*/\1/' "$work/b.json")/model.safetensors")
if [ "$first" = "$second" ]; then
  echo "ok    twice the same seed: $first"
else
  echo "FAILS twice the same seed: $first and $second"; failures=$((failures + 1))
fi
echo "$failures bars failed"
exit $((failures > 0))
