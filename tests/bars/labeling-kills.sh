#!/usr/bin/env bash
# Bars: 50 clients race for 200 tasks with overlap 3 while the server is killed five times with SIGKILL: exactly 600 annotations, no seat
# twice, no acknowledged answer lost; again with abandoned leases, skipped tasks and an overlap that is raised midway: exactly 700.
# Some minutes; exit code 1 where a bar is missed.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet run -c Release --project tests/Rlhf.Benchmarks -- kills
