#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An independent client, curl with openssl, walks all ten interfaces of a mock and sees each one's effect through another.
set -euo pipefail
program=$1
log=$(mktemp)
"$program" mock --port 0 --app walker:hush --tolerance 300s >"$log" 2>&1 &
mock=$!
trap 'kill $mock 2>/dev/null; wait $mock 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$log")
  [ -n "$url" ] && break
  sleep 0.1
done

count=0
past=$(($(date +%s) - 200)) # every call takes the next second of the last few minutes
call() { # PATH BODY PATTERN: posts, and expects the reply to match
  count=$((count + 1))
  local stamp token authorization reply
  stamp=$(TZ=UTC-8 date -d "@$((past + count))" +%Y%m%d%H%M%S)
  token=$(printf %s "walkerhush$stamp" | openssl dgst -md5 -r | cut -d' ' -f1)
  authorization=$(printf %s "walker:$stamp" | openssl base64 -A)
  reply=$(curl -sS "$url$1" -H 'Accept: application/json' -H 'Content-Type: application/json;charset=utf-8' -H "AccessToken: $token" -H "Authorization: $authorization" -d "$2")
  if ! grep -qE "$3" <<<"$reply"; then
    echo "$1 $2"
    echo "  replied  $reply"
    echo "  expected $3"
    exit 1
  fi
}

price='"PriceTypeName":"测试价","Divid1":20.0,"Divid2":40.0,"Divid3":60.0,"Divid4":80.0,"Divid5":100.0,"Price1":2.00,"Price2":3.00,"Price3":4.00,"Price4":5.00,"Price5":6.00,"Price6":7.00,"StairType":1,"FreezeMonth":1,"FreezeDay":1,"ExeDate":"2026-01-01 00:00:00"'
call /api/Meters/CreatePrice "{\"OperationType\":1,\"PriceTypeCode\":\"W1\",$price}" '"ResultCode":1,'
call /api/Meters/CreatePrice "{\"OperationType\":1,\"PriceTypeCode\":\"W2\",${price/2.00/9.99}}" '"ResultCode":1,'
call /api/Meters/CreateMeter '{"UserCode":"WU","UserName":"行走者 😀","DeptId":"1","DeptName":"城东","DoorPlate":"1-1","Address":"路 \"1\" 号","MeterAddr":"007","PayType":"6","PriceTypeCode":"W1","MeterTypeID":"51"}' '"ResultCode":1,'
call /api/Users/GetUserInfo '{"UserCode":"WU"}' '"UserName":"行走者 😀","Doorplate":"1-1","Address":"路 \\"1\\" 号","Phone":null,"MeterAddr":"007","PayType":2'
call /api/Pay/RemotePay '{"MeterAddr":"007","Money":100.10,"PayDate":"2026-01-15 10:30:00","TransId":"W-T1","PayWay":5}' '"ResultCode":1,'
call /api/Pay/RemotePay '{"MeterAddr":"007","Money":100.10,"PayDate":"2026-01-15 10:30:00","TransId":"W-T1","PayWay":5}' '"ResultCode":1,'
call /api/Users/GetPayList '{"TransId":"W-T1"}' '"DataList":\[\{"UserCode":"WU","MeterAddr":"007","PayDate":"2026-01-15 10:30:00","Money":100.10,"PayID":[0-9]+,"PayResult":1,"TransId":"W-T1"\}\]'
call /api/Users/GetPayList '{"MeterAddr":"007","BeginDate":"2026-01-15","EndDate":"2026-01-15"}' 'W-T1'
call /api/Users/GetPayList '{"MeterAddr":"007","BeginDate":"2026-01-16","EndDate":"2026-01-31"}' '"DataList":\[\]'
# 50.5 used: 20 at 2, 20 at 3, 10.5 at 4 make 142; 100.10 - 142 is -41.90, so the valve is to be closed
call /api/Meters/GetData '{"MeterAddr":"007","ReadNumber":50.5,"ReadDate":"2026-01-20 00:05:00","Voltage":3.6,"ValveState":1,"PeriodDosage":50.5}' '"MeterAddr":"007","UnitPrice":4.00,"Remnant":-41.900?,"RemnantTime":"[-0-9: ]{19}","ValveMode":2,"LastPayMoney":100.10,"LastPayTime":"2026-01-15 10:30:00"'
call /api/Meters/GetData '{"MeterAddr":"007","ReadNumber":50.5,"ReadDate":"2026-01-20 00:05:00"}' '"Remnant":-41.900?,'
call /api/Meters/GetData '{"MeterAddr":"007"}' '"ReadNumber":50.5,"Voltage":3.6,"ValveState":1.*"Remnant":-41.900?,"ReadDate":"2026-01-20 00:05:00","PeriodDosage":50.5,"CurPrice":4.00'
call /api/Meters/ControlValve '{"MeterAddr":"007","ValveMode":2}' '"ResultCode":1,'
call /api/Meters/GetData '{"UserCode":"WU"}' '"ValveState":2'
call /api/Meters/CreatePrice "{\"OperationType\":2,\"PriceTypeCode\":\"W2\",${price/4.00/8.88}}" '"ResultCode":1,'
call /api/Meters/SetPrice '{"MeterAddr":"007","PriceTypeCode":"W2"}' '"ResultCode":1,'
call /api/Meters/GetData '{"MeterAddr":"007"}' '"CurPrice":8.88'
call /api/Meters/ChangeMeter '{"MeterAddr":"007","NewMeterAddr":"008","PeriodDosage":3.5}' '"ResultCode":1,'
call /api/Users/GetUserInfo '{"UserCode":"WU"}' '"DataList":\[\{[^}]*"MeterAddr":"008"[^}]*\}\]'
call /api/Pay/RemotePay '{"MeterAddr":"007","Money":1,"PayDate":"2026-01-15 10:30:00","TransId":"W-T2","PayWay":5}' '"ResultCode":-7,.*已销表'
call /api/Pay/RemotePay '{"UserCode":"WU","Money":0,"PayDate":"2026-01-15 10:30:00","TransId":"W-T3","PayWay":5}' '"ResultCode":-4,.*Money=0.*must be above 0'
echo "walked all ten interfaces in $count calls"
