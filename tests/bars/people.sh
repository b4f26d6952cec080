#!/usr/bin/env bash
# Bar of pipelines/people.yaml: annotators that are scripts on the REST API (they rank by the gold reward of the quickstart, wrong in 15 %
# of the pairs) rank two rounds; the hub is killed with SIGKILL in the middle of each and started again. Every answer is saved once, the
# pipeline finishes, and the policy of the second round beats the one that everything started from: the low end of the 95 % interval of
# its win rate on 1,000 held-out prompts is 0.75 or more. In memory, then over RabbitMQ with hub and worker as processes.
# Exit code 1 where the bar is missed.
#   bash tests/bars/people.sh [memory|rabbitmq|both, default both] [KEY=VALUE of people.yaml]…
set -euo pipefail
cd "$(dirname "$0")/../.."
which=${1:-both}
[ $# -gt 0 ] && shift
export RLHF_PEOPLE_SET="$*"
dotnet build -c Release tests/Rlhf.Cli.Tests -v quiet
dotnet build -c Release src/Rlhf.Cli -v quiet
failures=0
for bus in memory rabbitmq; do
  [ "$which" = both ] || [ "$which" = "$bus" ] || continue
  RLHF_PEOPLE=$bus dotnet tests/Rlhf.Cli.Tests/bin/Release/net10.0/Rlhf.Cli.Tests.dll -noColor -showLiveOutput -class '*PeopleBarTests' ||
    failures=$((failures + 1))
done
echo "$failures buses missed the bar"
exit $((failures > 0))
