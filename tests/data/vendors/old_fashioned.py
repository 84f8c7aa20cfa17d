#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An old-fashioned vendor server for the gas meter interface specification (3.1 - 3.10).

One port serves the platform (3.1-3.5, 3.7-3.10) and the billing side (3.6).  3.5 and 3.6
share a path: a body with any field that only 3.6 has is a report.  All data is in memory.

Readings taken where the specification is silent:
  * decimals are numbers with four places; DataList is null when there are no rows;
    LastPayTime is "" when nothing was ever paid
  * request fields are matched without case; numbers may be sent as text, a null or blank
    value counts as missing, a number is not accepted where the specification says String
  * authentication refusals (-201, -202) go out with HTTP 401, all others with HTTP 400;
    replies are chunked and every connection is closed after its reply
  * the AccessToken is compared without case; a refused request does not use up its timestamp
  * parameter checks come before look-ups; a user and a meter that do not belong together: -1;
    a user alone who has several meters cannot be charged or valve-controlled: -1
  * 3.2: a repeated TransId is -200; 3.3: an unknown TransId is 1 without rows
  * a cancelled meter can still be queried by its number (3.1, 3.3, 3.5), is -7 in 3.2 and
    does not exist for 3.4, 3.8 and 3.9
  * 3.7 adds a meter to an existing user of the same name; duplicates, unknown prices: -203
  * 3.6 fails with 0 whatever the reason; usage is the difference of readings, counted in the
    settlement period of ReadDate (a period begins at 00:00 of its FreezeDay) and priced by
    the version in force at ReadDate; a boundary belongs to the lower tier; trailing zero
    Divids are unused; a valve order stays until the next one, else debt closes the valve
"""
import argparse
import base64
import binascii
import decimal
import hashlib
import hmac
import json
import re
import signal
import socketserver
import threading
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

CHINA = timezone(timedelta(hours=8))
TOLERANCE = 300              # seconds, both ways
MAX_BODY = 1 << 20           # a longer body is -200
MAX_DRAIN = 64 << 20         # how much of it is still read, so that the reply arrives
PLACES = Decimal("0.0001")
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
SECOND = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")
STAMP = re.compile(r"([0-9]{4})" + r"([0-9]{2})" * 5)

NO_USER, NO_METER, NO_KEY = "用户编号不存在", "表号不存在", "用户编号和表号不能同时为空"
COMMON = {1: "请求成功", -200: "数据格式错误，无法正确解析", -201: "时间戳重复或错误",
          -202: "鉴权信息验证错误", -203: "数据库操作错误", -999: "未知异常"}


class Refuse(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def now():
    return datetime.now(CHINA).replace(tzinfo=None, microsecond=0)


def moment(pattern, text):
    """The date written in text, or None."""
    match = pattern.fullmatch(text)
    try:
        return datetime(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def written(value):
    """A value as JSON: decimals are numbers with four places, times are text."""
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(key) + ":" + written(item) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, Decimal):
        return format(value.quantize(PLACES, ROUND_HALF_UP) + 0, "f")
    return json.dumps(str(value) if isinstance(value, datetime) else value, ensure_ascii=False)


class Body:
    """A parsed request body; every getter gives None for missing and refuses bad types."""

    def __init__(self, raw):
        self.fields = None
        try:
            value = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=self.bad)
            if isinstance(value, dict):
                self.fields = {key.lower(): item for key, item in value.items()}
        except (ValueError, ArithmeticError, RecursionError, Refuse):
            pass

    @staticmethod
    def bad(*_):
        raise Refuse(-200)

    def text(self, name, need=False, among=None):
        value = self.fields.get(name.lower())
        if value is not None and not isinstance(value, str):
            self.bad()
        if value is None or not value.strip():
            return self.bad() if need else None
        try:
            value.encode()
        except UnicodeEncodeError:          # a lone surrogate
            self.bad()
        return value if among is None or value in among else self.bad()

    def decimal(self, name, need=False, places=None, low=None):
        value = self.fields.get(name.lower())
        if isinstance(value, str):
            value = value.strip() or None
            if value and not NUMBER.fullmatch(value):
                self.bad()
        if value is None:
            return self.bad() if need else None
        if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
            self.bad()
        value = Decimal(value)
        if value.adjusted() >= 12 or (low is not None and value < low):
            self.bad()
        if places is not None and value != round(value, places):
            self.bad()
        return value.quantize(PLACES, ROUND_HALF_UP)

    def int(self, name, need=False, among=None):
        value = self.decimal(name, need, places=0)
        if value is not None and (abs(value) >= 1 << 31 or (among and int(value) not in among)):
            self.bad()
        return None if value is None else int(value)

    def date(self, name, pattern, need=False):
        text = self.text(name, need)
        return None if text is None else moment(pattern, text) or self.bad()


class Meter:
    def __init__(self, addr, user, price, pay_type, doorplate, address, phone, base=Decimal(0)):
        self.addr, self.user, self.price, self.pay_type = addr, user, price, pay_type
        self.doorplate, self.address, self.phone = doorplate, address, phone
        self.settled = base                 # the highest reading already charged
        self.money, self.usage, self.usage_at = Decimal(0), Decimal(0), now()
        self.cancelled, self.order = False, None
        self.reading, self.remnant_time, self.last_pay = None, None, None


class User:
    def __init__(self, code, name):
        self.code, self.name, self.meters, self.payments = code, name, [], []


class Price:
    """One version of a price: tiers and settlement period, in force from exe on."""

    def __init__(self, exe, divids, prices, stair, month, day):
        self.exe, self.prices, self.stair, self.month, self.day = exe, prices, stair, month, day
        while divids and divids[-1] == 0:
            divids = divids[:-1]
        self.divids = divids

    def at(self, usage):
        return self.prices[sum(1 for bound in self.divids if usage > bound)]

    def cost(self, usage, more):
        total, low, end = Decimal(0), usage, usage + more
        for bound, price in zip(self.divids + [None], self.prices):
            high = end if bound is None else min(end, bound)
            if high > low:
                total, low = total + (high - low) * price, high
        return total

    def period_start(self, when):
        step = {1: 1, 2: 3, 3: 12}[self.stair]
        months = when.year * 12 + when.month - 1 - (when.day < self.day)
        months -= (months - (self.month - 1)) % step
        return datetime(max(months // 12, 1), months % 12 + 1, self.day)


class Vendor:
    REPORT_ONLY = {"username", "readnumber", "voltage", "valvestate", "metercsq", "rsrp", "snr", "cc",
                   "meterstatus", "batterystate", "readdate", "perioddosage", "reserve"}

    def __init__(self, apps):
        self.apps, self.lock = apps, threading.Lock()
        self.seen = {app: set() for app in apps}        # timestamps used, inside the tolerance
        self.users, self.meters, self.prices, self.payments = {}, {}, {}, {}
        who = {0: NO_USER, -1: NO_METER, -2: NO_KEY}
        self.routes = {        # path: (function, is there a DataList, messages)
            "/api/Users/GetUserInfo": (self.get_user_info, True, who),
            "/api/Pay/RemotePay": (self.remote_pay, False, {
                **who, -3: "充值流水号不能为空", -4: "充值金额必须大于 0", -5: "充值日期不能为空",
                -6: "支付方式不正确", -7: "表具状态为已销表"}),
            "/api/Users/GetPayList": (self.get_pay_list, True, {
                **who, -4: "开始日期不能为空", -5: "结束日期不能为空", -6: "开始日期不能大于结束日期"}),
            "/api/Meters/ControlValve": (self.control_valve, False, {
                **who, -3: "控阀类型不能为空", -4: "控阀类型参数错误"}),
            "/api/Meters/GetData": (self.get_data, True, who),
            "/api/Meters/CreateMeter": (self.create_meter, False, {}),
            "/api/Meters/SetPrice": (self.set_price, False, {-1: NO_METER}),
            "/api/Meters/ChangeMeter": (self.change_meter, False, {-1: NO_METER}),
            "/api/Meters/CreatePrice": (self.create_price, False, {})}
        self.report_route = (self.report, True, {0: "请求失败"})
        self.seed()

    # -- one request ---------------------------------------------------------------------

    def answer(self, path, headers, raw):
        """The HTTP status and the reply for a request; raw is None for an unreadable body."""
        if path not in self.routes:
            return 404, {"ResultCode": -200, "Message": COMMON[-200]}
        body = Body(raw if raw is not None else b"")
        function, listed, messages = self.routes[path]
        if function == self.get_data and body.fields and not self.REPORT_ONLY.isdisjoint(body.fields):
            function, listed, messages = self.report_route
        status, rows = 400, None
        with self.lock:
            try:
                try:
                    app, when = self.authenticate(headers)
                except Refuse:
                    status = 401
                    raise
                if body.fields is None:
                    raise Refuse(-200)
                rows = function(body)
                self.seen[app].add(when)
                status, code = 200, 1
            except Refuse as refusal:
                code = refusal.code
            except Exception:
                code = -999
        if status != 200 and function == self.report:
            code = 0
        reply = {"ResultCode": code, "Message": messages.get(code) or COMMON[code]}
        if listed:
            reply["DataList"] = list(rows or ()) or None
        return status, reply

    def authenticate(self, headers):
        token, proof = headers.get("AccessToken"), headers.get("Authorization")
        if not token or not proof:
            raise Refuse(-202)
        try:
            app, colon, stamp = base64.b64decode(proof.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise Refuse(-202) from None
        if not colon or app not in self.apps:
            raise Refuse(-202)
        want = hashlib.md5((app + self.apps[app] + stamp).encode()).hexdigest()
        if not hmac.compare_digest(want.encode(), token.strip().lower().encode()):
            raise Refuse(-202)
        when, current = moment(STAMP, stamp), now()
        seen = self.seen[app]
        if when is None or abs((when - current).total_seconds()) > TOLERANCE or when in seen:
            raise Refuse(-201)
        if len(seen) > 4 * TOLERANCE:       # forget what the tolerance refuses anyway
            oldest = current - timedelta(seconds=2 * TOLERANCE)
            seen.difference_update([item for item in seen if item < oldest])
        return app, when

    # -- look-ups ------------------------------------------------------------------------

    @staticmethod
    def keys(body):
        code, addr = body.text("UserCode"), body.text("MeterAddr")
        if code is None and addr is None:
            raise Refuse(-2)
        return code, addr

    def find(self, code, addr):
        """The meters meant: the one named, or all of the user's that are in use."""
        if code is not None and code not in self.users:
            raise Refuse(0)
        if addr is None:
            return [meter for meter in self.users[code].meters if not meter.cancelled]
        meter = self.meters.get(addr)
        if meter is None or (code is not None and meter.user.code != code):
            raise Refuse(-1)
        return [meter]

    def find_one(self, code, addr):
        found = self.find(code, addr)
        if len(found) != 1:
            raise Refuse(-1)
        return found[0]

    def in_use(self, addr):
        meter = self.meters.get(addr)
        if meter is None or meter.cancelled:
            raise Refuse(-1)
        return meter

    def version(self, meter, when):
        versions = self.prices.get(meter.price)
        if not versions:
            return None
        return ([v for v in versions if v.exe <= when] or versions[:1])[-1]

    def unit_price(self, meter):
        price = self.version(meter, max(now(), meter.reading["ReadDate"]))
        return price.at(meter.usage) if price else Decimal(0)

    # -- the interfaces ------------------------------------------------------------------

    def get_user_info(self, body):                                          # 3.1
        return [{"UserCode": m.user.code, "UserName": m.user.name, "Doorplate": m.doorplate,
                 "Address": m.address, "Phone": m.phone, "MeterAddr": m.addr,
                 "PayType": 2 if m.pay_type == "6" else 1} for m in self.find(*self.keys(body))]

    def remote_pay(self, body):                                             # 3.2
        code, addr = self.keys(body)
        trans = body.text("TransId")
        if trans is None:
            raise Refuse(-3)
        money = body.decimal("Money")
        if money is None or money <= 0:
            raise Refuse(-4)
        date = body.date("PayDate", SECOND)
        if date is None:
            raise Refuse(-5)
        if body.int("PayWay") not in (1, 2, 3, 4, 5):
            raise Refuse(-6)
        meter = self.find_one(code, addr)
        if meter.cancelled:
            raise Refuse(-7)
        if trans in self.payments:
            raise Refuse(-200)
        self.pay(meter, money, date, trans)

    def pay(self, meter, money, date, trans):
        row = {"UserCode": meter.user.code, "MeterAddr": meter.addr, "PayDate": date, "Money": money,
               "PayID": len(self.payments) + 1, "PayResult": 1, "TransId": trans}
        self.payments[trans] = row
        meter.user.payments.append(row)
        meter.money += money
        if meter.last_pay is None or date >= meter.last_pay[1]:
            meter.last_pay = (money, date)

    def get_pay_list(self, body):                                           # 3.3
        code, addr, trans = body.text("UserCode"), body.text("MeterAddr"), body.text("TransId")
        if trans is None:
            self.keys(body)
        begin, end = body.date("BeginDate", DAY), body.date("EndDate", DAY)
        if trans is None and begin is None:
            raise Refuse(-4)
        if trans is None and end is None:
            raise Refuse(-5)
        if begin and end and begin > end:
            raise Refuse(-6)
        if code is not None or addr is not None:
            entries = self.find(code, addr)[0].user.payments
        if trans is not None:
            entries = [self.payments[trans]] if trans in self.payments else []
        return [row for row in entries
                if (begin is None or row["PayDate"].date() >= begin.date())
                and (end is None or row["PayDate"].date() <= end.date())
                and code in (None, row["UserCode"]) and addr in (None, row["MeterAddr"])]

    def control_valve(self, body):                                          # 3.4
        code, addr = self.keys(body)
        mode = body.int("ValveMode")
        if mode is None:
            raise Refuse(-3)
        if mode not in (1, 2, 3):
            raise Refuse(-4)
        self.in_use(self.find_one(code, addr).addr).order = mode

    def get_data(self, body):                                               # 3.5
        return [{"UserCode": m.user.code, "UserName": m.user.name, "MeterAddr": m.addr, **m.reading, "Remnant": m.money,
                 "PeriodDosage": m.usage if m.reading["PeriodDosage"] is None else m.reading["PeriodDosage"],
                 "CurPrice": self.unit_price(m)} for m in self.find(*self.keys(body)) if m.reading]

    def report(self, body):                                                 # 3.6
        code, addr = self.keys(body)
        body.text("UserName")
        body.decimal("Reserve")
        reading = {
            "ReadNumber": body.decimal("ReadNumber", True, low=0), "Voltage": body.decimal("Voltage"),
            "ValveState": body.int("ValveState", among=(1, 2, 3)), "MeterCSQ": body.int("MeterCSQ"),
            "RSRP": body.decimal("RSRP"), "SNR": body.decimal("SNR"), "CC": body.int("CC"),
            "MeterStatus": body.text("MeterStatus"), "BatteryState": body.int("BatteryState", among=(0, 1)),
            "ReadDate": body.date("ReadDate", SECOND, True), "PeriodDosage": body.decimal("PeriodDosage")}
        meter = self.in_use(self.find_one(code, addr).addr)
        if meter.reading is None or reading["ReadDate"] > meter.reading["ReadDate"]:
            self.settle(meter, reading)
        mode = meter.order or (2 if meter.money < 0 and meter.pay_type != "1" else 1)
        money, date = meter.last_pay or (Decimal(0), "")
        return [{"MeterAddr": meter.addr, "UnitPrice": self.unit_price(meter), "Remnant": meter.money,
                 "RemnantTime": meter.remnant_time, "ValveMode": mode, "LastPayMoney": money, "LastPayTime": date}]

    def settle(self, meter, reading):
        when, price = reading["ReadDate"], self.version(meter, reading["ReadDate"])
        used = max(reading["ReadNumber"] - meter.settled, Decimal(0))
        if price:
            if meter.usage_at < price.period_start(when):
                meter.usage = Decimal(0)
            meter.money -= price.cost(meter.usage, used)
        meter.usage, meter.usage_at, meter.settled = meter.usage + used, when, meter.settled + used
        meter.reading, meter.remnant_time = reading, now()

    def create_meter(self, body):                                           # 3.7
        code, name, _, _, doorplate, address, addr = [body.text(field, True) for field in (
            "UserCode", "UserName", "DeptId", "DeptName", "DoorPlate", "Address", "MeterAddr")]
        pay_type = body.text("PayType", True, ("1", "3", "5", "6"))
        price = body.text("PriceTypeCode", pay_type != "6")
        body.text("MeterTypeID", True, ("51", "178"))
        body.text("CommProviderId", among=("1", "2", "3"))
        phone = body.text("Phone")
        for field in ("IMEI", "InstallAddr", "Remark", "MeterBase"):
            body.text(field)
        base = body.decimal("MeterBase", low=0) or Decimal(0)
        body.date("InstallDate", DAY)
        user = self.users.get(code)
        if addr in self.meters or (price and price not in self.prices) or (user and user.name != name):
            raise Refuse(-203)
        self.add_meter(user or User(code, name), addr, price, pay_type, doorplate, address, phone, base)

    def add_meter(self, user, addr, *rest):
        meter = self.meters[addr] = Meter(addr, user, *rest)
        user.meters.append(meter)
        self.users[user.code] = user
        return meter

    def set_price(self, body):                                              # 3.8
        addr, price = body.text("MeterAddr", True), body.text("PriceTypeCode", True)
        meter = self.in_use(addr)
        if price not in self.prices:
            raise Refuse(-203)
        meter.price = price

    def change_meter(self, body):                                           # 3.9
        addr, new_addr = body.text("MeterAddr", True), body.text("NewMeterAddr", True)
        body.text("NewIMEI")
        body.text("NewCommProviderId", among=("1", "2", "3"))
        usage = body.decimal("PeriodDosage", True, low=0)
        old = self.in_use(addr)
        if new_addr in self.meters:
            raise Refuse(-203)
        new = self.add_meter(old.user, new_addr, old.price, old.pay_type, old.doorplate, old.address, old.phone)
        new.money, new.usage, new.last_pay = old.money, usage, old.last_pay
        old.money, old.cancelled = Decimal(0), True

    def create_price(self, body):                                           # 3.10
        change = body.int("OperationType", True, (1, 2)) == 2
        code = body.text("PriceTypeCode", True)
        body.text("PriceTypeName", True)
        body.text("Remark")
        divids = [body.decimal(f"Divid{i}", True, 1, 0) for i in range(1, 6)]
        prices = [body.decimal(f"Price{i}", True, 2, 0) for i in range(1, 7)]
        stair = body.int("StairType", True, (1, 2, 3))
        month = body.int("FreezeMonth", True, range(0 if stair == 1 else 1, 13))
        day = body.int("FreezeDay", True, range(1, 29))
        price = Price(body.date("ExeDate", SECOND, True), divids, prices, stair, month, day)
        if price.divids != sorted(price.divids):
            raise Refuse(-200)
        if change != (code in self.prices):
            raise Refuse(-203)
        self.prices[code] = [v for v in self.prices.get(code, []) if v.exe < price.exe] + [price]

    # -- what the database holds at the start --------------------------------------------

    def seed(self):
        for code, first in (("MY01", "2.63"), ("MY02", "2.89"), ("GS01", "3.47")):
            prices = [Decimal(first) + Decimal(step) / 5 for step in range(6)]
            self.prices[code] = [Price(datetime(2022, 1, 1), [Decimal(d) for d in (360, 600, 900, 1200, 1500)],
                                       prices, 3, 1, 1)]
        for i in range(200):
            name = "王李张刘陈杨赵黄周吴"[i % 10] + ("建国", "秀英", "伟", "敏", "丽华")[i // 3 % 5]
            user = User(f"3101{8020 + 7 * i:06d}", name)
            flat, pay_type = f"{i // 20 + 1}-{i % 20 // 4 + 1}-{i % 4 + 1}02", ("3", "5", "1", "6")[i % 4]
            for n in range(2 if i == 73 else 1):
                meter = self.add_meter(user, f"0219{46030011 + 13 * i + 5 * n:08d}", list(self.prices)[i % 3],
                                       pay_type, flat, f"滨河路{i // 20 + 1}号院", f"139{37710024 + 91 * i:08d}")
                date = datetime(2023, 3, 1, 8, 30) + timedelta(hours=37 * i + n, seconds=17 * i)
                self.pay(meter, Decimal(50 + i % 7 * 25), date, f"YS{date:%Y%m%d}{4411 + i * 3 + n:06d}")
                if i % 3:
                    self.settle(meter, {
                        "ReadNumber": Decimal(i) / 4, "Voltage": Decimal("3.6"), "ValveState": 1,
                        "MeterCSQ": 20 + i % 9, "RSRP": Decimal(-80 - i % 20), "SNR": Decimal(i % 15), "CC": i % 3, "MeterStatus": "正常",
                        "BatteryState": 0, "ReadDate": date + timedelta(days=20), "PeriodDosage": None})


class Handler(BaseHTTPRequestHandler):
    protocol_version, timeout, disable_nagle_algorithm = "HTTP/1.1", 5, True

    def do_POST(self):
        raw = self.read_body()
        try:
            path = urlsplit(self.path).path
        except ValueError:
            path = ""
        self.reply(*self.server.vendor.answer(path, self.headers, raw))

    def no_post(self):
        self.read_body()
        self.send_error(405)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = no_post

    def read_body(self):
        """The whole body, or None if it is truncated, too long or badly framed."""
        self.parts, self.size = [], 0
        try:
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                while True:
                    size = int(self.rfile.readline(200).split(b";")[0].strip(), 16)
                    if not self.take(size) if size > 0 else size < 0:
                        return None
                    if size == 0:
                        while self.rfile.readline(8192).strip():
                            pass
                        break
                    if self.rfile.readline(3) != b"\r\n":
                        return None
            else:
                length = self.headers.get("Content-Length", "0").strip()
                if not re.fullmatch("[0-9]{1,18}", length) or not self.take(int(length)):
                    return None
        except (OSError, ValueError):
            return None
        return b"".join(self.parts) if self.size <= MAX_BODY else None

    def take(self, size):
        while size > 0 and self.size < MAX_DRAIN:
            piece = self.rfile.read(min(size, 65536))
            if not piece:
                return False
            size, self.size = size - len(piece), self.size + len(piece)
            if self.size <= MAX_BODY:
                self.parts.append(piece)
        return size == 0

    def reply(self, status, value):
        data = written(value).encode()
        head = f"HTTP/1.1 {status} {self.responses.get(status, ('Error',))[0]}\r\n" \
               f"Date: {self.date_time_string()}\r\nConnection: close\r\n" \
               "Content-Type: application/json;charset=utf-8\r\n"
        if self.command == "HEAD":
            data = b""
        elif self.request_version == "HTTP/1.1":
            head, data = head + "Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
        self.close_connection = True
        self.wfile.write(head.encode() + b"\r\n" + data)

    def send_error(self, code, message=None, explain=None):
        self.reply(code, {"ResultCode": -200, "Message": COMMON[-200]})

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 1024

    def server_bind(self):                  # without looking up the host's name
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser(description="An old-fashioned vendor server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--app", action="append", metavar="ID:SECRET")
    options = parser.parse_args()
    apps = dict(item.split(":", 1) if ":" in item else parser.error("--app wants ID:SECRET")
                for item in options.app or ["demo:demo-secret"])
    decimal.DefaultContext.prec = 60        # threads copy it: sums and products stay exact
    decimal.setcontext(decimal.Context(prec=60))
    server = Server(("127.0.0.1", options.port), Handler)
    server.vendor = Vendor(apps)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    threading.stack_size(64 << 20)  # Python 3.13 dies of deeply nested JSON on a smaller one
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
