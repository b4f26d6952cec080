#!/usr/bin/env bash
# Bars: 50 scripted annotators at once on the cores that also serve them: 100 save-and-next cycles a second, p95 of a cycle 300 ms, no
# error. With SECONDS (1800 for half an hour) the memory of the server and its write-ahead log are printed every 30 s, and the exit code
# is 1 where the memory of the last third is more than 15 % above that of the third before, or the log was longer than 64 MB.
#   bash tests/bars/annotators.sh [SECONDS, default 30]
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet run -c Release --project tests/Rlhf.Benchmarks -- annotators "${1:-30}"
