#!/usr/bin/env bash
# What may go wrong between a run's process, the executor that follows it, the hub and the broker: lines that cannot be recorded,
# full disks, locked databases, suspended processes. Each time the run ends or goes on within twice the lease of 30 seconds after
# the fault (or its end), with its reason in its row or on the terminal; nothing hangs, and no process is left.
# Prints a table: the case, seconds from the fault (or its end) to the end of the command, exit code, the row of the run.
# Full disks are small tmpfs (root only) and the worker's cases need rabbitmq-server; what is missing is said loudly and counts as failed.
# About 12 minutes for all, and CI has small versions (LeaseWatchTests, DatabaseWatchTests, HostileChildTests, FullOutputTests).
#   bash tests/bars/hostile-followers.sh [CASE...]
set -euo pipefail
cd "$(dirname "$0")/../.."
lease=30
limit=$((2 * lease))
work=$(mktemp -d)
rlhf=$PWD/src/Rlhf.Cli/bin/Release/net10.0/rlhf
export OMP_NUM_THREADS=1
failures=0
hub= worker= broker= names= holder=
mounts=()

finish() {
  for process in $hub $worker $broker $names $holder; do kill -KILL -- "-$process" 2>/dev/null || true; done
  { wait; } 2>/dev/null
  for mounted in "${mounts[@]}"; do umount -l "$mounted"; done
  rm -rf "$work"
}
trap finish EXIT

pause() { read -r -t "$1" <> <(:) || true; }
small_disk() {
  mkdir -p "$1"
  mount -t tmpfs -o "size=$2" tmpfs "$1" 2>/dev/null || { fail "$case" "CANNOT MOUNT a tmpfs here: run this as root"; return 1; }
  mounts+=("$1")
}
fill() { head -c 1G /dev/zero >"$1/ballast" 2>/dev/null || true; }
fail() { echo "FAILS $1: $2"; failures=$((failures + 1)); }
tell_rows() { python3 - "$1/rlhf.db" <<'PY'
import sqlite3, sys
print(*sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("select Kind, State, Attempt, Reason from Runs"))
PY
}
# Holds the write lock of a database for some seconds, from another process.
hold() { setsid python3 - "$1" "$2" <<'PY' & holder=$!
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
c.execute("begin immediate")
time.sleep(float(sys.argv[2]))
c.execute("rollback")
PY
}

# Starts a run of EPOCHS (about a second each) and waits until its process reports metrics. Sets hub, child and attempt.
start() { # home, epochs, more arguments
  local home=$1 epochs=$2; shift 2
  setsid "$rlhf" pretrain --home "$home" --json --set documents=400 --set "epochs=$epochs" --set threads=1 --set vocabularySize=300 \
    --set model.hiddenSize=16 --set model.layers=1 --set model.heads=2 --set model.intermediateSize=32 "$@" >"$home.out" 2>"$home.err" &
  hub=$!
  until attempt=$(echo "$home"/runs/*/attempts/1) && [ -e "$attempt/run.db" ] && grep -q "train" "$home.err"; do
    kill -0 "$hub" 2>/dev/null || { cat "$home.err"; exit 1; }
    pause 0.2
  done
  child=$(pgrep -f " execute $home/runs/.* --attempt 1" | head -n 1)
}

# From now on the command has its time.
begin() { began=$SECONDS; }

# Waits for the end of the command, and checks its exit code, its time and what must stand in the rows or on the terminal.
ends() { # home, exit code, pattern, seconds that the run itself takes
  local code=0 home=$1 seconds said
  while kill -0 "$hub" 2>/dev/null && [ $((SECONDS - began)) -le $((limit + $4)) ]; do pause 0.5; done
  seconds=$((SECONDS - began))
  said=$(tell_rows "$home" 2>&1; cat "$home.err" "$home.out")
  if kill -0 "$hub" 2>/dev/null; then
    fail "$case" "hangs after $seconds s"; echo "$said" | tail -n 8
    kill -KILL -- "-$hub" 2>/dev/null || true
  fi
  wait "$hub" || code=$?
  hub=
  if [ "$code" != "$2" ] || ! grep -q -- "$3" <<<"$said"; then
    fail "$case" "$seconds s, exit code $code, wanted $2 and '$3':"
    echo "$said" | tail -n 8
  else
    printf 'ok    %-18s %3d s  exit code %d  %s\n' "$case" "$seconds" "$code" "$(head -n 1 <<<"$said" | cut -c1-150)"
    if [ "$code" != 0 ]; then tail -n 1 "$home.err" | cut -c1-200; fi
  fi
  pause 1
  if pgrep -f " execute $home/" >/dev/null; then fail "$case" "a process is left: $(pgrep -af " execute $home/")"; fi
}

handler() { # The table of the metrics is gone: each line that is recorded throws.
  start "$work/handler" 12; begin
  python3 - "$attempt/run.db" <<'PY'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=20)
c.execute("drop table Points")
c.commit()
PY
  ends "$work/handler" 0 "'Succeeded', 2" 60
}

metrics_locked() { # Somebody holds the database of the metrics for longer than a lease.
  start "$work/metrics" 12; begin
  hold "$attempt/run.db" 70
  ends "$work/metrics" 0 "'Succeeded', 2" 60
}

database_locked() { # Somebody holds the hub's database for longer than a lease and than a write waits: the attempt goes on.
  start "$work/locked" 40
  hold "$work/locked/rlhf.db" 75; wait "$holder"; holder=; begin
  ends "$work/locked" 0 "'Succeeded', 1" 60
}

full_database() { # The disk of the home folder is full while the run is under way.
  small_disk "$work/full" 12m || return 0
  start "$work/full" 12; fill "$work/full"; begin
  ends "$work/full" 1 "No space left on device\|database or disk is full" 60
}

full_checkpoint() { # The disk of the runs has room for metrics, but none for the checkpoint.
  mkdir -p "$work/checkpoint"
  small_disk "$work/checkpoint/runs" 1200k || return 0
  start "$work/checkpoint" 12 --set vocabularySize=400 --set model.hiddenSize=128 --set model.intermediateSize=512 --set maxSteps=60; begin
  ends "$work/checkpoint" 1 "No space left on device" 60
}

full_log() { # The hub can write no line to its terminal.
  case=full_log
  "$rlhf" pretrain --home "$work/log" --json --set documents=100 --set maxSteps=20 --set threads=1 --set vocabularySize=300 \
    --set model.hiddenSize=16 --set model.layers=1 --set model.heads=2 --set model.intermediateSize=32 >"$work/log.out" 2>/dev/full & hub=$!
  : >"$work/log.err"; begin
  ends "$work/log" 0 "'Succeeded', 1" 30
}

stopped_child() { # The run's process is suspended and never goes on.
  start "$work/child" 12; kill -STOP "$child"; begin
  ends "$work/child" 0 "'Succeeded', 2" 60
}

stopped_hub() { # The hub is suspended for longer than the lease: the attempt goes on.
  start "$work/hub" 40; kill -STOP "$hub"; pause 45; kill -CONT "$hub"; begin
  ends "$work/hub" 0 "'Succeeded', 1" 90
}

with_broker() {
  if [ ! -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; then
    fail "$case" "NO rabbitmq-server here (Debian: apt-get install rabbitmq-server)"
    return 1
  fi
  if [ -z "$broker" ]; then
    port=$((20000 + RANDOM % 20000))
    mkdir -p "$work/rabbit"; echo '[].' >"$work/rabbit/plugins"; : >"$work/rabbit/environment"
    # The name service in the foreground, so that it ends with this script.
    setsid epmd -port $((port + 2)) -address 127.0.0.1 >/dev/null 2>&1 & names=$!
    RABBITMQ_NODENAME="hostile$port@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port \
      RABBITMQ_DIST_PORT=$((port + 1)) ERL_EPMD_PORT=$((port + 2)) RABBITMQ_MNESIA_BASE=$work/rabbit/data \
      RABBITMQ_LOG_BASE=$work/rabbit/log RABBITMQ_CONFIG_FILE=$work/rabbit/none \
      RABBITMQ_ENABLED_PLUGINS_FILE=$work/rabbit/plugins RABBITMQ_CONF_ENV_FILE=$work/rabbit/environment HOME=$work/rabbit \
      setsid /usr/lib/rabbitmq/bin/rabbitmq-server >"$work/rabbit.out" 2>&1 & broker=$!
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do pause 0.5; done
  fi
  export RLHF_BUS="rabbitmq://guest:guest@127.0.0.1:$port/"
  setsid "$rlhf" worker --home "$1" >"$1.worker" 2>&1 & worker=$!
}

end_worker() {
  unset RLHF_BUS
  kill -TERM "$worker"; wait "$worker" || true
  worker=
}

# The worker is suspended for longer than the lease: it ends the attempt that was taken from it, says so, and takes the next.
stopped_worker() {
  with_broker "$work/worker" || return 0
  start "$work/worker" 80; kill -STOP "$worker"; pause 50; kill -CONT "$worker"; begin
  ends "$work/worker" 0 "'Succeeded', 2" 90
  if ! grep -q "the hub has given up attempt 1, which was ended here" "$work/worker.worker"; then
    fail "$case" "the worker says nothing:"
    cat "$work/worker.worker"
  fi
  end_worker
}

stopped_hub_of_worker() { # The hub is suspended for longer than the lease, the worker is not: the attempt goes on.
  with_broker "$work/far" || return 0
  start "$work/far" 80; kill -STOP "$hub"; pause 45; kill -CONT "$hub"; begin
  ends "$work/far" 0 "'Succeeded', 1" 90
  end_worker
}

[ -n "${RLHF_BUILT:-}" ] || dotnet build -c Release src/Rlhf.Cli -v quiet
all="handler metrics_locked database_locked full_database full_checkpoint full_log stopped_child stopped_hub stopped_worker
  stopped_hub_of_worker"
for case in ${*:-$all}; do
  "$case"
done
echo "$failures failed"
exit $((failures > 0))
