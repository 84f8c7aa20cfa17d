#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the calls with curl or wget: shell.sh curl|wget URL CALLS
# Each call is signed with a second of its own, and again where the reply is lost or the timestamp is refused. Exit code 1 if one is not accepted.
set -euo pipefail

tool=$1 url=$2 calls=$3
second=$(($(date +%s) - 300))
send() { # PATH BODY STAMP
  local token authorization
  token=$(printf %s "$APP_ID$APP_SECRET$3" | md5sum | cut -c1-32)
  authorization=$(printf %s "$APP_ID:$3" | base64 -w0)
  local headers=("Accept: application/json" "Content-Type: application/json;charset=utf-8" "AccessToken: $token" "Authorization: $authorization")
  case $tool in
    curl) curl -sS "${headers[@]/#/-H}" --data-binary "$2" "$url$1" ;;
    wget) wget -q -O- --tries=1 "${headers[@]/#/--header=}" --post-data="$2" "$url$1" ;;
  esac
}
failed=0
while IFS=$'\t' read -r path body; do
  for _ in 1 2 3 4; do
    second=$((second + 1))
    stamp=$(TZ=UTC-8 date -d "@$second" +%Y%m%d%H%M%S)
    code=$(send "$path" "$body" "$stamp" | grep -o '"ResultCode":-\?[0-9]*' | cut -d: -f2) || code=lost
    [[ $code = lost || $code = -201 ]] || break
  done
  [ "$code" = 1 ] || { echo "$path: $code" >&2; failed=1; }
done <"$calls"
exit "$failed"
