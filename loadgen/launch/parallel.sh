#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shards of one load by GNU parallel, over ssh where hosts are named: parallel.sh http://billing.test:8080 apps.txt 4 [HOST,HOST,…]
# The hosts need meterproof and the file of appIds at the same path; their records come back here.
set -euo pipefail
target=$1 apps=$2 shards=$3 hosts=${4:-}
stages=${STAGES:-100-2000:1m,2000:5m}
start=$(($(date +%s) + ${LEAD:-10}))
where=(); [ -z "$hosts" ] || where=(--sshlogin "$hosts" --transferfile "$apps" --return 'shard-{#}.json' --cleanup)
failed=0
parallel --jobs "$shards" "${where[@]}" \
  meterproof load "$target" --apps "$apps" --shard '$(({#} - 1))/'"$shards" --start-at "$start" --meters "${METERS:-100000}" --stages "$stages" \
  ${OPTIONS:-} --json 'shard-{#}.json' ::: $(seq "$shards") || failed=$?
meterproof merge $(seq -f 'shard-%.0f.json' "$shards") --json load.json --threshold "${REQUIRE:-errors=0}"
exit "$failed"
