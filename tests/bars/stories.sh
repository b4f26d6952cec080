#!/usr/bin/env bash
# The bars of pipelines/stories.yaml on the small policy of the reference data (stories260k): the reward model is better than chance,
# the policy becomes better by the gold reward, and nothing is warned of. About ten minutes on all cores.
#   bash tests/bars/stories.sh [SEED]
set -euo pipefail
cd "$(dirname "$0")/../.."
seed=${1:-1}
model=${RLHF_SHARED:-../shared}/data/stories260k
[ -f "$model/model.safetensors" ] || { echo "FAILS no policy in $model (RLHF_SHARED names the reference data)"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release src/Rlhf.Cli -v quiet
src/Rlhf.Cli/bin/Release/net10.0/rlhf pipeline run pipelines/stories.yaml --home "$work/home" --json \
  --set model="$model" --set seed="$seed" | tail -n 1 > "$work/result.json"
cat "$work/result.json"

# value PATH: a number or text of the result, e.g. win_rate.low
value() {
  sed -E "s/.*\"${1%%.*}\":(\{[^}]*\}|\[[^]]*\]|\"[^\"]*\"|[^,}]*).*/\1/" "$work/result.json" |
    { [[ $1 == *.* ]] && sed -E "s/.*\"${1#*.}\":([^,}]*).*/\1/" || cat; }
}
failures=0
bar() { # name, value, comparison, limit
  if awk -v a="$2" -v b="$4" "BEGIN { exit !(a+0 $3 b+0) }"; then
    echo "ok    $1: $2 $3 $4"
  else
    echo "FAILS $1: $2, wanted $3 $4"; failures=$((failures + 1))
  fi
}

bar "reward accuracy, low end" "$(value reward_accuracy.low)" ">" 0.5
bar "win rate, low end" "$(value win_rate.low)" ">" 0.5
bar "gold reward after" "$(value gold_after)" ">" "$(value gold_before)"
warnings=$(value warnings)
if [ "$warnings" = '[]' ]; then
  echo "ok    no warning"
else
  echo "FAILS warnings: $warnings"; failures=$((failures + 1))
fi
echo "$failures bars failed"
exit $((failures > 0))
