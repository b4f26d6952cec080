#!/usr/bin/env bash
# Bars in a real browser, with every call to the server delayed by 200 ms and a PPO run training on the same cores: key → mark p95 at
# most 50 ms, Enter → next task p95 at most 150 ms. Some minutes; exit code 1 where a bar is missed.
#   bash tests/bars/labeling-latency.sh [alone: without the PPO run]
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet build -c Release tests/Rlhf.EndToEnd.Tests -v quiet
rlhf=$PWD/src/Rlhf.Cli/bin/Release/net10.0/rlhf
work=$(mktemp -d)
training=
stop() {
  [ -z "$training" ] || kill -9 "$training" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

if [ "${1:-}" != alone ]; then
  setsid "$rlhf" quickstart --home "$work" --no-serve --set candidates.trainPrompts=200 --set candidates.heldOutPrompts=50 \
    --set reward.epochs=1 --set ppo.updates=1000 > "$work/log" 2>&1 & training=-$!
  for _ in $(seq 600); do
    grep -q '^ppo: ' "$work/log" && break
    kill -0 "$training" || { cat "$work/log"; exit 1; }
    sleep 0.5
  done
  grep -q '^ppo: ' "$work/log" || { echo "FAILS no PPO run within five minutes"; exit 1; }
  echo "PPO trains: $(tail -n 1 "$work/log")"
fi
RLHF_BARS=1 dotnet tests/Rlhf.EndToEnd.Tests/bin/Release/net10.0/Rlhf.EndToEnd.Tests.dll -noColor -showLiveOutput -class '*SpeedTests'
[ -z "$training" ] || { kill -0 "$training" && echo "PPO still trains: $(tail -n 1 "$work/log")"; }
