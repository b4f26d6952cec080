#!/usr/bin/env bash
# Bar: a dataset version of 300,000 annotations is made and written out while people go on labeling: none of them waits longer than
# 200 ms, the process needs at most 1 GB. Two minutes; exit code 1 where a bar is missed.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet run -c Release --project tests/Rlhf.Benchmarks -- dataset
