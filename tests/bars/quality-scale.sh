#!/usr/bin/env bash
# Bar: the quality page of a project of 100,000 tasks and 300,000 annotations is there within 2 s, at the first visit and at later ones.
# Some minutes; exit code 1 where the bar is missed.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet run -c Release --project tests/Rlhf.Benchmarks -- quality
