#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shards as launchers start them, against one unsharded run: (1) four tasks of a stand-in for srun that sets Slurm's variables, by the
# script that is shipped; (2) four shards in network namespaces of their own, each with its own address. Needs root for the second;
# without it, or without `ip`, exits 77, which CTest shows as skipped.
set -euo pipefail
program=$1
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
namespaces=()
mock=
cleanup() {
  [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
  for name in "${namespaces[@]}"; do ip netns del "$name" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
seq -f 'app%.0f:secret' 40 >"$work/apps"
field() { python3 -c "import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$1" "$2"; }
codes() { python3 -c "import json,sys; print(json.load(open(sys.argv[1]))['result_codes'])" "$1"; }
start_mock() { # a fresh one that refuses repeated timestamps; its port in $port
  [ -z "$mock" ] || { kill "$mock"; wait "$mock" 2>/dev/null || true; }
  : >"$work/mock.log" # the one before had another port
  "$program" mock --port 0 --apps "$work/apps" "$@" >"$work/mock.log" 2>&1 &
  mock=$!
  until port=$(grep -ao 'listening on http://[0-9.]*:[0-9]*' "$work/mock.log" | grep -o '[0-9]*$'); do sleep 0.02; done
}
same() { # WHAT FILE: the sharded run made the calls of the unsharded one, all of them good
  for key in requests good meters; do
    [ "$(field "$2" $key)" = "$(field "$work/one.json" $key)" ] || { echo "$1: $key differs: $(field "$2" $key), unsharded $(field "$work/one.json" $key)"; exit 1; }
  done
  [ "$(codes "$2")" = "$(codes "$work/one.json")" ] || { echo "$1: the codes differ: $(codes "$2")"; exit 1; }
  echo "ok  $1: $(field "$2" requests) requests, $(codes "$2"), as the unsharded run"
}
stages=200-600:2s

start_mock
"$program" load "http://127.0.0.1:$port" --apps "$work/apps" --meters 400 --stages "$stages" --max-generator-lag 1m --json "$work/one.json" >"$work/one.txt" 2>&1 || { cat "$work/one.txt"; exit 1; }

mkdir "$work/bin"
ln -s "$program" "$work/bin/meterproof"
cat >"$work/bin/srun" <<'SRUN'
#!/usr/bin/env bash
pids=()
for task in 0 1 2 3; do SLURM_PROCID=$task SLURM_NTASKS=4 "$@" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid" || exit 1; done
SRUN
chmod +x "$work/bin/srun"
start_mock
PATH=$work/bin:$PATH METERS=400 STAGES=$stages LEAD=3 "$source/loadgen/launch/slurm.sbatch" "http://127.0.0.1:$port" "$work/apps" "$work/slurm" >"$work/slurm.txt" 2>&1 \
  || { cat "$work/slurm.txt"; exit 1; }
same "four tasks of Slurm's" "$work/slurm/load.json"

[ "$(id -u)" = 0 ] && command -v ip >/dev/null && ip netns add "mp-$$-probe" 2>/dev/null || { echo "no network namespaces here: skipped"; exit 77; }
ip netns del "mp-$$-probe"
start_mock --host 0.0.0.0
start=$(($(date +%s) + 4))
pids=()
for i in 0 1 2 3; do
  name=mp-$$-$i
  ip netns add "$name" && namespaces+=("$name")
  ip link add "mp$i-$$" type veth peer name eth0 netns "$name"
  ip address add "10.231.$i.1/24" dev "mp$i-$$" && ip link set "mp$i-$$" up
  ip -n "$name" address add "10.231.$i.2/24" dev eth0
  ip -n "$name" link set eth0 up
  ip netns exec "$name" "$program" load "http://10.231.$i.1:$port" --apps "$work/apps" --meters 400 --stages "$stages" --max-generator-lag 1m --shard "$i/4" --start-at "$start" \
    --json "$work/ns$i.json" >"$work/ns$i.txt" 2>&1 &
  pids+=($!)
done
for i in 0 1 2 3; do wait "${pids[$i]}" || { cat "$work/ns$i.txt"; exit 1; }; done
# Each saw the target at an address of its own; for the merge they are one target.
sed -i "s|http://10.231.[0-3].1:$port|http://target:$port|" "$work"/ns?.json
"$program" merge "$work"/ns?.json --json "$work/ns.json" >"$work/ns.txt" 2>&1 || { cat "$work/ns.txt"; exit 1; }
same "four hosts" "$work/ns.json"
