#!/usr/bin/env bash
# A hub (and, over RabbitMQ, a hub, a worker or the broker) is killed with SIGKILL at random moments of a small pipeline and
# started again each time: the pipeline finishes, policy, reward model and metrics are byte-equal to the undisturbed run's, and
# each stage was completed once.
#   bash tests/bars/hub-kills.sh [KILLS, default 20]
set -euo pipefail
cd "$(dirname "$0")/../.."
export RLHF_KILLS=${1:-20}
dotnet build -c Release tests/Rlhf.Cli.Tests -v quiet
dotnet build -c Release src/Rlhf.Cli -v quiet
dotnet test -c Release --no-build tests/Rlhf.Cli.Tests --filter "FullyQualifiedName~HubKillTests" --logger "console;verbosity=normal"
