# SPDX-License-Identifier: Apache-2.0
"""Shows every bug and every reading: what is seen of the clean server, and what is seen of the server with it.

    python3 self_test.py [id ...]
"""
import base64
import gzip
import hashlib
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from datetime import datetime, timedelta, timezone
from decimal import Decimal as D
from pathlib import Path

HERE = Path(__file__).resolve().parent
APPS = {"app-A": "secret-a", "App-B": "秘密-b"}
PATHS = {
    "GetUserInfo": "/api/Users/GetUserInfo", "RemotePay": "/api/Pay/RemotePay", "GetPayList": "/api/Users/GetPayList",
    "ControlValve": "/api/Meters/ControlValve", "GetData": "/api/Meters/GetData", "Report": "/api/Meters/GetData",
    "CreateMeter": "/api/Meters/CreateMeter", "SetPrice": "/api/Meters/SetPrice",
    "ChangeMeter": "/api/Meters/ChangeMeter", "CreatePrice": "/api/Meters/CreatePrice",
}
CHINA = timezone(timedelta(hours=8))
DROPPED = "dropped"


def now(hours=8):
    return datetime.now(timezone(timedelta(hours=hours))).replace(tzinfo=None)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Vendor:
    """A running server."""

    def __init__(self, bugs="", readings=""):
        self.apps = tempfile.NamedTemporaryFile("w", suffix=".apps", delete=False, encoding="utf-8")
        self.apps.write("# for the self test\n" + "".join(f"{app}:{secret}\n" for app, secret in APPS.items()))
        self.apps.close()
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(HERE / "server.py"), "--port", "0", "--apps", self.apps.name,
             "--bugs", bugs, "--readings", readings],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])
        self.stamps = itertools.count()
        self.start = now() - timedelta(seconds=850)

    def stamp(self):
        return f"{self.start + timedelta(seconds=next(self.stamps)):%Y%m%d%H%M%S}"

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        os.unlink(self.apps.name)


class Answer:
    def __init__(self, status, head, raw):
        self.status = status
        self.head = head
        self.raw = gzip.decompress(raw) if head.get("content-encoding") == "gzip" else raw

    def json(self):
        """The reply, or None where it is not JSON."""
        try:
            return json.loads(self.raw.decode("utf-8"), parse_float=D, parse_constant=int)
        except ValueError:
            return None

    def code(self):
        reply = self.json()
        return reply["ResultCode"] if reply else None


class Client:
    """One connection to a vendor, and short ways to say things."""
    names = itertools.count(1)

    def __init__(self, vendor):
        self.vendor = vendor
        self.sock = None

    def twin(self):
        return Client(self.vendor)

    # ---- the wire ----

    def connect(self):
        if self.sock is None:
            self.sock = socket.create_connection(("127.0.0.1", self.vendor.port), timeout=8)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.file = self.sock.makefile("rb")
        return self.sock

    def close(self):
        if self.sock:
            self.file.close()
            self.sock.close()
            self.sock = None

    def request(self, path, body, app="app-A", stamp=None, token=None, headers=None, method="POST", chunked=False):
        stamp = stamp or self.vendor.stamp()
        if token is None:
            token = md5(app + APPS.get(app, "") + stamp)
        elif callable(token):
            token = token(stamp)
        lines = {"Host": "vendor", "Accept": "application/json", "Content-Type": "application/json;charset=utf-8",
                 "AccessToken": token, "Authorization": base64.b64encode(f"{app}:{stamp}".encode()).decode()}
        for name, value in (headers or {}).items():
            lines[name] = value(stamp) if callable(value) else value
        if chunked:
            lines["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        else:
            lines["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def read(self):
        status_line = self.file.readline()
        if not status_line:
            self.close()
            return Answer(DROPPED, {}, b"")
        head = {}
        while (line := self.file.readline().rstrip(b"\r\n")):
            name, _, value = line.decode().partition(":")
            head[name.lower()] = value.strip()
        if head.get("transfer-encoding") == "chunked":
            raw = b""
            while (size := int(self.file.readline(), 16)):
                raw += self.file.read(size)
                self.file.readline()
            self.file.readline()
        else:
            raw = self.file.read(int(head.get("content-length", 0)))
        if head.get("connection") == "close":
            self.close()
        return Answer(int(status_line.split()[1]), head, raw)

    def send(self, section, body=None, **options):
        """One request; the Answer."""
        if not isinstance(body, bytes):
            body = json.dumps(body or {}, ensure_ascii=False, default=float).encode()
        try:
            self.connect().sendall(self.request(PATHS.get(section, section), body, **options))
            return self.read()
        except ConnectionError:
            self.close()
            return Answer(DROPPED, {}, b"")

    # ---- the interface ----

    def code(self, section, **fields):
        return self.send(section, fields).code()

    def ok(self, section, **fields):
        reply = self.send(section, fields).json()
        assert reply and reply.get("ResultCode", reply.get("resultCode")) == 1, (section, fields, reply)
        return reply

    def info(self, **fields):
        return self.ok("GetUserInfo", **fields)["DataList"]

    def data(self, **fields):
        return self.ok("GetData", **fields)["DataList"]

    def pays(self, **fields):
        if "TransId" not in fields:
            fields = {"BeginDate": "2000-01-01", "EndDate": "2030-12-31", **fields}
        return self.ok("GetPayList", **fields)["DataList"]

    def pay(self, trans_id):
        return self.pays(TransId=trans_id)[0]

    def new(self, start="N"):
        return f"{start}{next(self.names):05}x"

    def price_fields(self, **fields):
        whole = {"OperationType": 1, "PriceTypeCode": self.new("P"), "PriceTypeName": self.new("价"), "Divid1": 10.0, "Divid2": 20.0,
                 "Divid3": 30.0, "Divid4": 40.0, "Divid5": 50.0, "Price1": 2.37, "Price2": 3.1, "Price3": 4.2, "Price4": 5.3,
                 "Price5": 6.4, "Price6": 7.5, "StairType": 1, "FreezeMonth": 1, "FreezeDay": 28,
                 "ExeDate": "2024-01-01 00:00:00", **fields}
        return {name: value for name, value in whole.items() if value is not None}

    def price(self, **fields):
        """A new price archive; its code."""
        fields = self.price_fields(**fields)
        self.ok("CreatePrice", **fields)
        return fields["PriceTypeCode"]

    def meter_fields(self, **fields):
        whole = {"UserCode": self.new("U"), "UserName": "新 用户", "Phone": "13912345678", "DeptId": "D1", "DeptName": "一区",
                 "DoorPlate": "8-808", "Address": "武汉 路 8 号", "MeterAddr": self.new("M"), "PayType": "3",
                 "PriceTypeCode": "P-RES-1", "MeterTypeID": "51", **fields}
        return {name: value for name, value in whole.items() if value is not None}

    def meter(self, **fields):
        """A new meter; its number."""
        fields = self.meter_fields(**fields)
        self.ok("CreateMeter", **fields)
        return fields["MeterAddr"]

    def create(self, **fields):
        return self.code("CreateMeter", **self.meter_fields(**fields))

    def stored(self, name="UserName", shown=None, **fields):
        """A created row's value in 3.1."""
        return self.info(MeterAddr=self.meter(**fields))[0].get(shown or name)

    def topup_fields(self, meter, money=10.0, **fields):
        whole = {"MeterAddr": meter, "Money": money, "PayDate": f"{now():%Y-%m-%d %H:%M:%S}", "TransId": self.new("T"), "PayWay": 1,
                 **fields}
        return {name: value for name, value in whole.items() if value is not None}

    def topup(self, meter, money=10.0, **fields):
        return self.code("RemotePay", **self.topup_fields(meter, money, **fields))

    def paid(self, name="Money", money=10.0, **fields):
        """What 3.3 shows of a new payment."""
        fields = self.topup_fields(self.meter(), money, **fields)
        self.ok("RemotePay", **fields)
        return self.pay(fields["TransId"])[name]

    def remnant(self, meter):
        return self.data(MeterAddr=meter)[0]["Remnant"]

    def valve(self, meter):
        return self.data(MeterAddr=meter)[0]["ValveState"]

    def cur(self, meter):
        return self.data(MeterAddr=meter)[0]["CurPrice"]

    def count(self, meter):
        return len(self.pays(MeterAddr=meter))

    def change(self, meter, dosage=5.5, **fields):
        """Exchanges a meter; the new number."""
        new = self.new("X")
        self.ok("ChangeMeter", MeterAddr=meter, NewMeterAddr=new, PeriodDosage=dosage, **fields)
        return new

    def report_fields(self, meter, number, date="2024-09-01 08:00:00", **fields):
        return {"MeterAddr": meter, "ReadNumber": number, "ReadDate": date, "Voltage": 3.6, "ValveState": 1, "MeterCSQ": 20,
                "RSRP": -90.5, "SNR": 5.0, "CC": 0, "MeterStatus": "正常", "BatteryState": 0, "PeriodDosage": 3.0, "Reserve": 7.77,
                **fields}

    def report(self, meter, number, date="2024-09-01 08:00:00", **fields):
        return self.ok("Report", **self.report_fields(meter, number, date, **fields))["DataList"][0]

    def report_code(self, meter, number, date="2024-09-01 08:00:00", **fields):
        return self.code("Report", **self.report_fields(meter, number, date, **fields))

    def again(self, section="GetUserInfo", body=None, second=None, client=None, **options):
        """The same timestamp twice: the code of the second answer."""
        stamp = self.vendor.stamp()
        body = body or {"MeterAddr": "17"}
        self.send(section, body, stamp=stamp)
        return (client or self).send(section, second or body, stamp=stamp, **options).code()

    def known(self, **options):
        """The code of a simple good question with other credentials."""
        return self.send("GetUserInfo", {"MeterAddr": "17"}, **options).code()


def together(*calls):
    """All calls at the same moment; their results."""
    results = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(place, call):
        barrier.wait()
        results[place] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def shortly_after(first, second, seconds=0.03):
    """Two calls, the second a little later; both results."""
    def late():
        time.sleep(seconds)
        return second()
    return together(first, late)


def timed(call):
    start = time.monotonic()
    call()
    return time.monotonic() - start


def row_of(section, meter):
    """A probe for a value of a row that stands from the start."""
    def value(name):
        return lambda c: (c.info if section == "GetUserInfo" else c.data)(MeterAddr=meter)[0].get(name)
    return value


def typed(value):
    return type(value).__name__, value


def do(*steps):
    return steps[-1]





# ---- bugs: id -> (probe, what the clean server shows, what the bug shows) -----------------------

def put(table, name, probe, good, bad):
    assert name not in table, name
    table[name] = probe, good, bad


def field_bugs(b):
    b("field-doorplate-spelling", lambda c: sorted(set(c.info(MeterAddr="17")[0]) & {"Doorplate", "DoorPlate"}),
      ["Doorplate"], ["DoorPlate"])
    b("field-paytype-text-third-party", row_of("GetUserInfo", "T0002")("PayType"), 2, "2")
    b("field-phone-as-number", row_of("GetUserInfo", "0001000000011")("Phone"), "13800000001", 13800000001)
    b("field-username-case-later-rows", lambda c: ["UserName" in row for row in c.info(UserCode="100")], [True, True], [True, False])
    b("field-usercode-as-number", row_of("GetData", "17")("UserCode"), "17", 17)
    b("field-money-text-when-whole", lambda c: c.pay("17")["Money"], D("17.00"), "17")
    b("field-paydate-t", lambda c: c.pay("17")["PayDate"], "2024-05-05 12:30:00", "2024-05-05T12:30:00")
    b("field-paydate-midnight-short", lambda c: c.pay("E-10")["PayDate"], "2023-03-01 00:00:00", "2023-03-01")
    b("field-payid-text", lambda c: c.pay("17")["PayID"], 40018, "40018")
    b("field-payresult-bool", lambda c: typed(c.pay("17")["PayResult"]), ("int", 1), ("bool", True))
    b("field-transid-missing-by-user", lambda c: c.pays(UserCode="17")[0].get("TransId"), "17", None)
    b("field-valvestate-text-closed", row_of("GetData", "T0002")("ValveState"), 2, "2")
    b("field-battery-bool", lambda c: typed(c.data(MeterAddr="17")[0]["BatteryState"]), ("int", 0), ("bool", False))
    b("field-remnant-missing-when-zero", row_of("GetData", "000100000002")("Remnant"), D("0.00"), None)
    b("field-csq-with-fraction", row_of("GetData", "17")("MeterCSQ"), 15, D("15.5"))
    b("field-curprice-missing-third-party", row_of("GetData", "T0002")("CurPrice"), D("3.98"), None)
    b("field-status-as-list", row_of("GetData", "00010000000110")("MeterStatus"), "电池欠压,信号弱,磁干扰", ["电池欠压", "信号弱", "磁干扰"])
    b("field-report-unitprice-text", lambda c: c.report("T00020", 12.5)["UnitPrice"], D("0.99"), "0.99")
    b("field-report-lastpaytime-short", lambda c: c.report("T00020", 12.5)["LastPayTime"], "2024-02-29 07:00:00", "2024-02-29")
    b("field-report-valvemode-zero-in-debt", lambda c: c.report("T0002", 9999.9)["ValveMode"], 2, 0)
    b("field-report-remnanttime-slashes", lambda c: c.report("T00020", 12.5)["RemnantTime"].count("-"), 2, 0)
    b("field-code-text-on-refusal", lambda c: c.code("SetPrice"), -200, "-200")


def reply_bugs(b):
    b("reply-datalist-object-when-one", lambda c: type(c.info(MeterAddr="17")), list, dict)
    b("reply-datalist-in-text", lambda c: type(c.pays(TransId="17")), list, str)
    b("reply-datalist-split", lambda c: len(c.data(UserCode="100")), 2, 1)
    b("reply-message-missing-setprice", lambda c: "Message" in c.ok("SetPrice", MeterAddr=c.meter(), PriceTypeCode="17"), True, False)
    b("reply-message-null-changemeter", lambda c: type(c.send("ChangeMeter", {
        "MeterAddr": "no", "NewMeterAddr": "new", "PeriodDosage": 1.0}).json()["Message"]), str, type(None))
    b("reply-message-object-200", lambda c: type(c.send("CreateMeter", {"UserCode": "1"}).json()["Message"]), str, dict)
    b("reply-changemeter-code-3", lambda c: c.code("ChangeMeter", MeterAddr=c.meter(), NewMeterAddr="17", PeriodDosage=1.0), -203, -3)
    b("reply-createmeter-code-1", lambda c: c.create(MeterAddr=None), -200, -1)
    b("reply-createprice-code-4", lambda c: c.code("CreatePrice", **c.price_fields(OperationType=3)), -200, -4)
    b("reply-setprice-code-2", lambda c: c.code("SetPrice", MeterAddr=c.meter(), PriceTypeCode="no"), -203, -2)
    b("reply-html-on-refusal", lambda c: c.send("GetUserInfo").head["content-type"], "application/json;charset=utf-8",
      "text/html;charset=utf-8")
    b("reply-gbk-userinfo", lambda c: c.send("GetUserInfo", {"MeterAddr": "17"}).json() is None, False, True)
    b("reply-bom-getdata", lambda c: c.send("GetData", {"MeterAddr": "17"}).raw[:3] == b"\xef\xbb\xbf", False, True)
    b("reply-comma-between-lost", lambda c: c.send("GetPayList", {
        "UserCode": "100", "BeginDate": "2000-01-01", "EndDate": "2030-01-01"}).json() is None, False, True)
    b("reply-nan-for-debt", lambda c: c.send("GetData", {"MeterAddr": "00010000000110"}).json() is None, False, True)
    b("reply-raw-control", lambda c: c.send("GetUserInfo", {"MeterAddr": c.meter(Address="a\nb")}).json() is None, False, True)
    b("reply-length-in-characters", lambda c: c.send("GetUserInfo", {"MeterAddr": "17"}).json() is None, False, True)
    b("reply-empty-500-no-live-meter", lambda c: (lambda a: (a.status, a.raw == b""))(c.send("GetData", {"UserCode": "Z-90"})),
      (200, False), (500, True))
    b("reply-twice-after-bad-json", lambda c: c.send("GetData", b"{").raw.count(b"ResultCode"), 1, 2)
    b("reply-lowercase-createmeter", lambda c: "resultCode" in c.send("CreateMeter", c.meter_fields()).json(), False, True)
    b("reply-report-no-datalist", lambda c: "DataList" in c.ok("Report", **c.report_fields("T00020", 12.5)), True, False)
    b("reply-paylist-by-meter-no-datalist", lambda c: "DataList" in c.ok(
        "GetPayList", MeterAddr="17", BeginDate="2024-01-01", EndDate="2024-12-31"), True, False)


def refusal_bugs(b):
    def blank(c):
        return c.code("GetUserInfo", UserCode="", MeterAddr="")

    def topup(**fields):
        return lambda c: c.topup(c.meter(), **fields)

    def pay_list(**fields):
        return lambda c: c.code("GetPayList", **fields)

    def valve(**fields):
        return lambda c: c.code("ControlValve", MeterAddr=c.meter(), **fields)

    def create(**fields):
        return lambda c: c.create(**fields)

    def change(**fields):
        return lambda c: c.code("ChangeMeter", MeterAddr=c.meter(), NewMeterAddr=c.new("X"), **fields)

    def price(**fields):
        return lambda c: c.code("CreatePrice", **c.price_fields(**fields))

    b("refusal-unknown-user-as-meter", lambda c: c.code("GetUserInfo", UserCode="no"), 0, -1)
    b("refusal-paylist-unknown-user-1", pay_list(UserCode="no", BeginDate="2024-01-01", EndDate="2024-01-02"), 0, 1)
    b("refusal-blank-keys-list-all", blank, -2, 1)
    b("refusal-valve-both-empty", lambda c: c.code("ControlValve", ValveMode=1), -2, -1)
    b("refusal-money-zero", topup(money=0), -4, 1)
    b("refusal-money-small-negative", topup(money=-0.5), -4, 1)
    b("refusal-money-missing", topup(money=None), -4, 1)
    b("refusal-payway-zero", topup(PayWay=0), -6, 1)
    b("refusal-payway-missing", topup(PayWay=None), -6, 1)
    b("refusal-paydate-rolls", topup(PayDate="2024-02-30 10:00:00"), -200, 1)
    b("refusal-paydate-day-only", topup(PayDate="2024-02-20"), -200, 1)
    b("refusal-transid-empty-text", topup(TransId=""), -3, 1)
    b("refusal-enddate-missing", pay_list(UserCode="17", BeginDate="2024-01-01"), -5, 1)
    b("refusal-begin-after-end-in-year", pay_list(UserCode="17", BeginDate="2024-06-01", EndDate="2024-05-31"), -6, 1)
    b("refusal-valvemode-4", valve(ValveMode=4), -4, 1)
    b("refusal-valvemode-missing", valve(), -3, 1)
    b("refusal-valvemode-null", valve(ValveMode=None), -3, 1)
    b("refusal-valvemode-fraction", valve(ValveMode=2.7), -200, 1)
    b("refusal-getdata-unknown-meter-0", lambda c: c.code("GetData", MeterAddr="no"), -1, 0)
    b("refusal-create-no-deptname", create(DeptName=None), -200, 1)
    b("refusal-create-paytype-2", create(PayType="2"), -200, 1)
    b("refusal-create-metertype-any", create(MeterTypeID="52"), -200, 1)
    b("refusal-create-installdate", create(InstallDate="2024/01/05"), -200, 1)
    b("refusal-create-provider-4", create(CommProviderId="4"), -200, 1)
    b("refusal-create-no-price-prepaid", create(PriceTypeCode=None), -200, 1)
    b("refusal-create-third-party-price-needed", create(PriceTypeCode=None, PayType="6"), 1, -200)
    b("refusal-setprice-no-code", lambda c: c.code("SetPrice", MeterAddr=c.meter()), -200, 1)
    b("refusal-setprice-unknown-meter-203", lambda c: c.code("SetPrice", MeterAddr="no", PriceTypeCode="17"), -1, -203)
    b("refusal-change-no-dosage", change(), -200, 1)
    b("refusal-change-provider-9", change(PeriodDosage=1.0, NewCommProviderId="9"), -200, 1)
    b("refusal-price-freezeday-29", price(FreezeDay=29), -200, 1)
    b("refusal-price-stairtype-4", price(StairType=4), -200, 1)
    b("refusal-price-no-divid3", price(Divid3=None), -200, 1)
    b("refusal-price-exedate-text", price(ExeDate="soon"), -200, 1)
    b("refusal-bad-json-999", lambda c: c.send("GetUserInfo", b'{"MeterAddr":').code(), -200, -999)
    b("refusal-tail-ignored", lambda c: c.send("GetUserInfo", b'{"MeterAddr":"17"} x').code(), -200, 1)


def refused_bugs(b):
    def payway(c):
        meter = c.meter()
        return c.topup(meter, PayWay=9), c.count(meter)

    def repeat(c):
        meter = c.meter()
        return c.topup(meter, 10, TransId="again"), c.topup(meter, 10, TransId="again"), c.remnant(meter)

    def cancelled(c):
        return c.topup("000100000003"), c.count("000100000003")

    def wrong_token(c):
        meter = c.meter()
        return c.send("ControlValve", {"MeterAddr": meter, "ValveMode": 2}, token="0" * 32).code(), c.valve(meter)

    def unknown_price(c):
        meter = c.new()
        return c.create(MeterAddr=meter, PriceTypeCode="no"), c.code("GetUserInfo", MeterAddr=meter)

    def leaves_user(c):
        user = c.new()
        return c.create(UserCode=user, MeterTypeID="1"), c.code("GetUserInfo", UserCode=user)

    def clears_price(c):
        meter = c.meter()
        return c.code("SetPrice", MeterAddr=meter, PriceTypeCode="no"), c.cur(meter)

    def cancels_old(c):
        meter = c.meter()
        return c.code("ChangeMeter", MeterAddr=meter, NewMeterAddr="17", PeriodDosage=1.0), c.code("GetUserInfo", MeterAddr=meter)

    def makes_new(c):
        new = c.new()
        return c.code("ChangeMeter", MeterAddr="no", NewMeterAddr=new, PeriodDosage=1.0), c.code("GetUserInfo", MeterAddr=new)

    def modify_unknown(c):
        fields = c.price_fields(OperationType=2)
        return c.code("CreatePrice", **fields), c.create(PriceTypeCode=fields["PriceTypeCode"])

    def create_existing(c):
        code = c.price()
        meter = c.meter(PriceTypeCode=code)
        return c.code("CreatePrice", **c.price_fields(PriceTypeCode=code, Price1=9.99)), c.cur(meter)

    def replay(c):
        meter = c.meter()
        return c.again("RemotePay", c.topup_fields(meter), c.topup_fields(meter)), c.count(meter)

    def burns(c):
        meter = c.meter()
        return c.topup(meter, PayDate="yesterday", TransId="burnt"), c.topup(meter, TransId="burnt")

    def charged(c):
        return c.report_code("T00020", 22.5, UserCode="T-2001"), c.report("T00020", 12.5)["Remnant"]

    def closes(c):
        meter = c.meter()
        return c.code("ControlValve", MeterAddr=meter, ValveMode=5), c.valve(meter)

    b("refused-payway-recorded", payway, (-6, 0), (-6, 1))
    b("refused-repeat-raises-remnant", repeat, (1, -203, 10), (1, -203, 20))
    b("refused-cancelled-recorded", cancelled, (-7, 1), (-7, 2))
    b("refused-valve-wrong-token-moves", wrong_token, (-202, 1), (-202, 2))
    b("refused-create-unknown-price-made", unknown_price, (-203, -1), (-203, 1))
    b("refused-create-leaves-user", leaves_user, (-200, 0), (-200, 1))
    b("refused-setprice-clears-price", clears_price, (-203, D("2.35")), (-203, 0))
    b("refused-change-cancels-old", cancels_old, (-203, 1), (-203, -1))
    b("refused-change-makes-new", makes_new, (-1, -1), (-1, 1))
    b("refused-price-modify-creates", modify_unknown, (-203, -203), (-203, 1))
    b("refused-price-create-overwrites", create_existing, (-203, D("2.37")), (-203, D("9.99")))
    b("refused-replay-recorded", replay, (-201, 1), (-201, 2))
    b("refused-paydate-burns-transid", burns, (-200, 1), (-200, -203))
    b("refused-report-charged", charged, (0, D("500.00")), (0, D("490.10")))
    b("refused-valvemode-closes", closes, (-4, 1), (-4, 2))


def nth_bugs(b):
    def topups(c):
        meter = c.meter()
        return [c.topup(meter) for _ in range(4)], c.count(meter)

    def repeats(c):
        meter = c.meter()
        return [c.topup(meter, TransId="thrice") for _ in range(3)], c.count(meter)

    def many_payments(c):
        meter = c.meter()
        for _ in range(12):
            c.topup(meter)
        return c.count(meter)

    def user_with(c, meters):
        user = c.new()
        return user, [c.meter(UserCode=user) for _ in range(meters)]

    def valves(c):
        meter = c.meter()
        return [do(c.code("ControlValve", MeterAddr=meter, ValveMode=mode), c.valve(meter)) for mode in (2, 1, 2, 1, 2)]

    def prices(c):
        meter = c.meter()
        return [do(c.code("SetPrice", MeterAddr=meter, PriceTypeCode=code), c.cur(meter)) for code in ("p-res-1", "0017")]

    def modified(c):
        code = c.price()
        meter = c.meter(PriceTypeCode=code)
        return [do(c.ok("CreatePrice", **c.price_fields(OperationType=2, PriceTypeCode=code, Price1=price)), c.cur(meter))
                for price in (5.11, 5.22)]

    def reports(c):
        return [c.report("T00020", 12.5 + step, f"2024-09-0{step} 08:00:00")["Remnant"] for step in (1, 2, 3)]

    b("nth-third-topup-lost", topups, ([1] * 4, 4), ([1] * 4, 3))
    b("nth-second-repeat-recorded", repeats, ([1, -203, -203], 1), ([1, -203, 1], 2))
    b("nth-paylist-ten-rows", many_payments, 12, 10)
    b("nth-userinfo-three-rows", lambda c: len(c.info(UserCode=user_with(c, 5)[0])), 5, 3)
    b("nth-getdata-two-rows", lambda c: len(c.data(UserCode=user_with(c, 5)[0])), 5, 2)
    b("nth-fourth-valve-ignored", valves, [2, 1, 2, 1, 2], [2, 1, 2, 2, 2])
    b("nth-second-setprice-ignored", prices, [D("3.98"), D("10.05")], [D("3.98"), D("3.98")])
    b("nth-second-change-loses-name", lambda c: c.info(MeterAddr=c.change(c.change(c.meter())))[0]["UserName"], "新 用户", "")
    b("nth-fifth-create-third-party", lambda c: [row["PayType"] for row in c.info(UserCode=user_with(c, 5)[0])],
      [1] * 5, [1, 1, 1, 1, 2])
    b("nth-second-modify-ignored", modified, [D("5.11"), D("5.22")], [D("5.11"), D("5.11")])
    b("nth-third-report-free", reports, [D("499.01"), D("498.02"), D("497.03")], [D("499.01"), D("498.02"), D("498.02")])
    b("nth-thirtieth-request-999", lambda c: [c.known() for _ in range(31)][28:], [1, 1, 1], [1, -999, 1])
    b("nth-first-topup-twice", lambda c: (lambda m: (c.topup(m), c.remnant(m), c.topup(m), c.remnant(m)))(c.meter()),
      (1, 10, 1, 20), (1, 20, 1, 30))
    b("nth-payid-restarts", lambda c: (lambda m: ([c.topup(m) for _ in range(41)],
                                                  len({row["PayID"] for row in c.pays(MeterAddr=m)}))[1])(c.meter()), 41, 40)
    b("nth-fourth-meter-of-user-unknown", lambda c: [c.code("GetUserInfo", MeterAddr=m) for m in user_with(c, 5)[1]],
      [1] * 5, [1, 1, 1, -1, 1])


def neighbour_bugs(b):
    def two_of_user(c):
        user = c.new()
        return user, c.meter(UserCode=user), c.meter(UserCode=user)

    def set_price(c):
        _, first, second = two_of_user(c)
        return c.code("SetPrice", MeterAddr=first, PriceTypeCode="17"), c.cur(first), c.cur(second)

    def valve(c):
        _, first, second = two_of_user(c)
        return c.code("ControlValve", MeterAddr=second, ValveMode=2), c.valve(first), c.valve(second)

    def topup(c):
        user, first, second = two_of_user(c)
        return c.topup(second, UserCode=user), c.remnant(first), c.remnant(second)

    def phone(c):
        user, first, second = two_of_user(c)
        return c.info(MeterAddr=first)[0]["Phone"]

    def price_case(c):
        name = c.new("Q")
        lower, upper = c.price(PriceTypeCode=name.lower()), c.price(PriceTypeCode=name.upper())
        meters = c.meter(PriceTypeCode=lower), c.meter(PriceTypeCode=upper)
        c.ok("CreatePrice", **c.price_fields(OperationType=2, PriceTypeCode=upper, Price1=8.88))
        return [c.cur(meter) for meter in meters]

    def same_name(c):
        first, second = c.price(PriceTypeName="同名"), c.price(PriceTypeName="同名")
        meters = c.meter(PriceTypeCode=first), c.meter(PriceTypeCode=second)
        c.ok("CreatePrice", **c.price_fields(OperationType=2, PriceTypeCode=first, PriceTypeName="同名", Price1=8.88))
        return [c.cur(meter) for meter in meters]

    def long_ids(c):
        meter, start = c.meter(), "L" * 20
        return c.topup(meter, TransId=start + "1"), c.topup(meter, TransId=start + "2")

    def other_meter(c):
        return c.topup(c.meter(), TransId="both"), c.topup(c.meter(), TransId="both")

    def user_prefix(c):
        user = c.new("V")
        c.meter(UserCode=user)
        meter = c.meter(UserCode=user + "1")
        return c.info(MeterAddr=meter)[0]["UserCode"] == user + "1"

    b("neighbour-meter-prefix", lambda c: c.code("GetUserInfo", MeterAddr="0001000000"), -1, 1)
    b("neighbour-user-letter-case", lambda c: c.code("GetUserInfo", UserCode="u_5%"), 0, 1)
    b("neighbour-user-percent", lambda c: c.code("GetUserInfo", UserCode="1%"), 0, 1)
    b("neighbour-transid-underscore", lambda c: len(c.pays(TransId="pay_20240331_0001")), 1, 2)
    b("neighbour-meter-as-double", row_of("GetData", "86000000000000000018")("MeterAddr"), "86000000000000000018",
      "86000000000000000017")
    b("neighbour-leading-zeros", lambda c: c.code("GetPayList", UserCode="0100", BeginDate="2024-01-01", EndDate="2024-12-31"), 0, 1)
    b("neighbour-trailing-space", lambda c: c.code("GetUserInfo", UserCode="17 "), 0, 1)
    b("neighbour-setprice-whole-user", set_price, (1, D("0.01"), D("2.35")), (1, D("0.01"), D("0.01")))
    b("neighbour-valve-whole-user", valve, (1, 1, 2), (1, 2, 2))
    b("neighbour-topup-first-meter", topup, (1, 0, 10), (1, 10, 0))
    b("neighbour-create-clears-phone", phone, "13912345678", "")
    b("neighbour-price-letter-case", price_case, [D("2.37"), D("8.88")], [D("8.88"), D("2.37")])
    b("neighbour-transid-twenty", long_ids, (1, 1), (1, -203))
    b("neighbour-transid-beginning", lambda c: len(c.pays(TransId="E-1")), 1, 6)
    b("neighbour-fullwidth", lambda c: c.code("GetUserInfo", MeterAddr="１７"), -1, 1)
    b("neighbour-paylist-user-contains", lambda c: len(c.pays(UserCode="17")), 1, 2)
    b("neighbour-price-same-name", same_name, [D("8.88"), D("2.37")], [D("8.88"), D("8.88")])
    b("neighbour-repeat-only-same-meter", other_meter, (1, -203), (1, 1))
    b("neighbour-create-user-prefix", user_prefix, True, False)


def money_bugs(b):
    def remnant_after(money, meter=None, **fields):
        return lambda c: (lambda m: (c.topup(m, money, **fields), c.remnant(m)))(meter or c.meter())

    def same_twice(c):
        meter = c.meter()
        return c.topup(meter), c.topup(meter), c.count(meter)

    def exponent(c):
        fields = c.topup_fields(c.meter(), 1.0, TransId="exp")
        body = json.dumps(fields, ensure_ascii=False).replace('"Money": 1.0', '"Money": 1.5e2')
        return c.send("RemotePay", body.encode()).code(), c.pay("exp")["Money"]

    b("money-float32", lambda c: c.paid(money=123456.78), D("123456.78"), D("123456.78125"))
    b("money-remnant-tenths", remnant_after(10.05), (1, D("10.05")), (1, D("10.0")))
    b("money-cents-through-double", lambda c: c.paid(money=19.99), D("19.99"), D("19.98"))
    b("money-capped", lambda c: c.paid(money=12345.67), D("12345.67"), D("9999.99"))
    b("money-exponent", exponent, (1, 150), (1, D("1.5")))
    b("money-small-lost", lambda c: c.paid(money=0.01), D("0.01"), 0)
    b("money-same-day-same-amount", same_twice, (1, 1, 2), (1, 1, 1))
    b("money-fee-for-wechat", lambda c: c.paid(money=100, PayWay=4), 100, D("99.40"))
    b("money-debt-forgotten", remnant_after(100, "00010000000110"), (1, D("64.40")), (1, 100))
    b("money-price-one-place", lambda c: (lambda m: (c.code("SetPrice", MeterAddr=m, PriceTypeCode=c.price()), c.cur(m)))(c.meter()),
      (1, D("2.37")), (1, D("2.4")))
    b("money-int32-cents", lambda c: c.paid(money=21474836.48), D("21474836.48"), D("-21474836.48"))
    b("money-report-whole-cubic", lambda c: c.report("T00020", 13.6)["Remnant"], D("498.91"), D("498.02"))
    b("money-remnant-whole-above-1000", remnant_after(1234.56), (1, D("1234.56")), (1, 1234))
    b("money-card-in-fen", lambda c: c.paid(money=12.5, PayWay=2), D("12.5"), 1250)


def date_bugs(b):
    def within(begin, end, user="100"):
        return lambda c: len(c.pays(UserCode=user, BeginDate=begin, EndDate=end))

    def paid_at(date):
        return lambda c: c.paid("PayDate", PayDate=date)

    def arrival(c):
        meter = c.meter()
        c.topup(meter, PayDate="2024-06-01 10:00:00")
        return len(c.pays(MeterAddr=meter, BeginDate="2024-06-01", EndDate="2024-06-01"))

    def future(c):
        code = c.price()
        meter = c.meter(PriceTypeCode=code)
        c.ok("CreatePrice", **c.price_fields(OperationType=2, PriceTypeCode=code, Price1=8.88, ExeDate="2099-01-01 00:00:00"))
        return c.cur(meter)

    b("date-end-at-midnight", within("2024-02-29", "2024-02-29"), 4, 0)
    b("date-begin-after-midnight", within("2024-02-01", "2024-02-02"), 1, 0)
    b("date-last-second", within("2024-02-29", "2024-02-29"), 4, 3)
    b("date-days-in-utc", within("2024-02-29", "2024-02-29"), 4, 3)
    b("date-over-new-year", within("2023-12-31", "2024-01-01"), 2, 0)
    b("date-no-31st", within("2024-01-31", "2024-02-01"), 2, 1)
    b("date-leap-day", paid_at("2024-02-29 10:00:00"), "2024-02-29 10:00:00", "2024-03-01 10:00:00")
    b("date-twelve-hours", paid_at("2024-02-20 17:00:00"), "2024-02-20 17:00:00", "2024-02-20 05:00:00")
    b("date-day-month-swapped", paid_at("2024-02-03 17:00:00"), "2024-02-03 17:00:00", "2024-03-02 17:00:00")
    b("date-hour-24", paid_at("2024-02-20 00:07:00"), "2024-02-20 00:07:00", "2024-02-20 24:07:00")
    b("date-by-arrival", arrival, 1, 0)
    b("date-last-year-only", within("2000-01-01", "2024-03-02"), 10, 9)
    b("date-one-day-refused", lambda c: c.code("GetPayList", UserCode="100", BeginDate="2024-03-01", EndDate="2024-03-01"), 1, -6)
    b("date-readdate-unpadded", row_of("GetData", "17")("ReadDate"), "2024-02-28 01:02:03", "2024-2-28 1:2:3")
    b("date-exedate-ignored", future, D("2.37"), D("8.88"))
    b("date-report-lastpay-utc", lambda c: c.report("T00020", 12.5)["LastPayTime"], "2024-02-29 07:00:00", "2024-02-28 23:00:00")
    b("date-old-paydate-now", lambda c: paid_at("2024-02-20 10:00:00")(c)[:10], "2024-02-20", f"{now():%Y-%m-%d}")
    b("date-seconds-zero", paid_at("2024-02-20 10:20:31"), "2024-02-20 10:20:31", "2024-02-20 10:20:00")


def value_bugs(b):
    def text(name, value, changed, shown=None):
        return lambda c: c.stored(name, shown, **{name: value}), value, changed

    b("value-name-cut", *text("UserName", "一二三四五六七八九十一二三四五六七八九十一二", "一二三四五六七八九十一二三四五六七八九十"))
    b("value-html-escaped", *text("Address", "A & <B>", "A &amp; &lt;B&gt;"))
    b("value-astral-lost", *text("UserName", "𠮷野 家", "?野 家"))
    b("value-quote-doubled", *text("UserName", "O'Brien", "O''Brien"))
    b("value-backslash-lost", *text("Address", "a\\b", "ab"))
    b("value-address-doorplate-swapped", lambda c: c.stored("Doorplate"), "8-808", "武汉 路 8 号")
    b("value-phone-zero-lost", *text("Phone", "027123", "27123"))

    def name_by_position(c):
        fields = dict(reversed(c.meter_fields().items()))
        c.ok("CreateMeter", **fields)
        return c.info(MeterAddr=fields["MeterAddr"])[0]["UserName"]

    b("value-name-by-position", name_by_position, "新 用户", "P-RES-1")

    def by_position(c):
        fields = c.topup_fields(c.meter(), 10.0)
        c.ok("RemotePay", **dict(reversed(fields.items())))
        return c.pay(fields["TransId"])["Money"]

    b("value-money-by-position", by_position, 10, 1)
    b("value-transid-upper", lambda c: c.paid("TransId", TransId="aBc-1"), "aBc-1", "ABC-1")
    b("value-transid-through-double", lambda c: c.pay("12345678901234567891")["TransId"], "12345678901234567891",
      "12345678901234567168")
    b("value-base-whole", lambda c: c.data(MeterAddr=c.meter(MeterBase="12.5"))[0]["ReadNumber"], D("12.5"), 12)
    b("value-composed", *text("UserName", "Cafe\u0301", "Caf\u00e9"))
    b("value-spaces-collapsed", *text("UserName", "a   b", "a b"))
    b("value-url-decoded", *text("Address", "a+b %41", "a b A"))
    b("value-null-text", *text("UserName", "null", ""))

    def escaped(c):
        fields = c.meter_fields(UserName="\U0001f600")
        return c.send("CreateMeter", json.dumps(fields).encode()).code()

    b("value-escaped-pair-refused", escaped, 1, -200)
    b("value-dosage-rounded", lambda c: c.data(MeterAddr=c.change(c.meter(), 5.4))[0]["PeriodDosage"], D("5.4"), 5)
    b("value-cut-at-line-break", *text("Address", "a\nb", "a"))
    b("value-phone-carried-over", lambda c: (c.stored("Phone", Phone="111"), c.stored("Phone", Phone=None)), ("111", ""), ("111", "111"))
    b("value-doorplate-number", lambda c: c.stored("Doorplate", DoorPlate="0102"), "0102", "102")


def known_bugs(b):
    def user_100(c):
        return sorted(row["PayResult"] for row in c.pays(UserCode="100"))

    b("known-rsrp-positive", row_of("GetData", "17")("RSRP"), D("-98.0"), D("98.0"))
    b("known-snr-not-negative", row_of("GetData", "000100000002")("SNR"), D("-4.5"), 0)
    b("known-cc-flat", row_of("GetData", "000100000002")("CC"), 2, 1)
    b("known-failed-shown-done", user_100, [0, 1, 1, 1, 1, 1, 1, 1, 2, 2][:10], [0] + [1] * 9)
    b("known-waiting-hidden", user_100, [0, 1, 1, 1, 1, 1, 1, 1, 2, 2], [1, 1, 1, 1, 1, 1, 1, 2, 2])
    b("known-failed-hidden", user_100, [0, 1, 1, 1, 1, 1, 1, 1, 2, 2], [0, 1, 1, 1, 1, 1, 1, 1])
    b("known-battery-never-low", row_of("GetData", "00010000000110")("BatteryState"), 1, 0)
    b("known-status-first-alarm", row_of("GetData", "00010000000110")("MeterStatus"), "电池欠压,信号弱,磁干扰", "电池欠压")
    b("known-debt-as-zero", row_of("GetData", "00010000000110")("Remnant"), D("-35.60"), 0)
    b("known-large-reading-cut", row_of("GetData", "0001000000011")("ReadNumber"), D("98765.432"), 98765)
    b("known-voltage-one-place", row_of("GetData", "000100000001")("Voltage"), D("3.58"), D("3.5"))
    b("known-csq-99", row_of("GetData", "00010000000110")("MeterCSQ"), 99, 31)
    b("known-second-reads-first", lambda c: [row["ReadNumber"] for row in c.data(UserCode="100")], [D("1234.567"), 0],
      [D("1234.567")] * 2)
    b("known-same-second-dropped", lambda c: len(c.pays(MeterAddr="000100000001")), 7, 6)
    b("known-dosage-two-places", row_of("GetData", "000100000001")("PeriodDosage"), D("12.345"), D("12.34"))
    b("known-abnormal-valve-closed", row_of("GetData", "EQ010")("ValveState"), 3, 2)
    b("known-cancelled-unknown", lambda c: c.topup("Z9000001"), -7, -1)
    b("known-old-year", row_of("GetData", "17")("ReadDate"), "2024-02-28 01:02:03", f"{now():%Y}-02-28 01:02:03")


def signature_bugs(b):
    secret = APPS["app-A"]
    b("signature-token-unread", lambda c: c.known(token="0" * 32), -202, 1)
    b("signature-half-token", lambda c: c.known(token=lambda s: md5("app-A" + secret + s)[:16] + "0" * 16), -202, 1)
    b("signature-any-secret", lambda c: c.known(token=lambda s: md5("app-A" + APPS["App-B"] + s)), -202, 1)
    b("signature-empty-token", lambda c: c.known(token=""), -202, 1)
    b("signature-unknown-app-no-secret", lambda c: c.known(app="nobody"), -202, 1)
    b("signature-times-differ", lambda c: c.known(token=lambda s: md5("app-A" + secret + c.vendor.stamp())), -202, 1)
    for section, name in (("GetData", "getdata"), ("SetPrice", "setprice")):
        b(f"signature-{name}-open", lambda c, section=section: c.send(
            section, {"MeterAddr": "17", "PriceTypeCode": "17"}, headers={"AccessToken": None, "Authorization": None}).code(), -202, 1)
    b("signature-report-open", lambda c: c.send("Report", c.report_fields("T00020", 12.5), headers={"AccessToken": None}).code(), -202, 1)
    b("signature-chunked-open", lambda c: c.send("GetUserInfo", b'{"MeterAddr":"17"}', chunked=True, token="0").code(), -202, 1)
    b("signature-app-letter-case", lambda c: c.known(app="APP-A", token=lambda s: md5("APP-A" + secret + s)), -202, 1)
    b("signature-once-per-connection", lambda c: (c.known(), c.known(token="0" * 32)), (1, -202), (1, 1))
    b("signature-other-order", lambda c: c.known(token=lambda s: md5(secret + "app-A" + s)), -202, 1)
    b("signature-no-secret", lambda c: c.known(token=lambda s: md5("app-A" + s)), -202, 1)
    b("signature-header-letter-case", lambda c: c.known(headers={
        "AccessToken": None, "accesstoken": lambda s: md5("app-A" + secret + s)}), 1, -202)
    b("signature-second-app-refused", lambda c: c.known(app="App-B"), 1, -202)
    b("signature-changemeter-plain-authorization", lambda c: c.send(
        "ChangeMeter", {"MeterAddr": c.meter(), "NewMeterAddr": c.new(), "PeriodDosage": 1},
        headers={"Authorization": lambda s: f"app-A:{s}"}).code(), -202, 1)


def replay_bugs(b):
    def other_stamp(change):
        return lambda c: c.known(stamp=change(c))

    def sixty(c):
        minute = now() - timedelta(minutes=2)
        return f"{minute:%Y%m%d%H%M}75"

    def last_only(c):
        stamp = c.vendor.stamp()
        return c.known(stamp=stamp), c.known(), c.known(stamp=stamp)

    def forgets(c):
        stamp = c.vendor.stamp()
        return c.known(stamp=stamp), time.sleep(3.2), c.known(stamp=stamp)

    def per_path(c):
        stamp = c.vendor.stamp()
        return c.known(stamp=stamp), c.send("GetData", {"MeterAddr": "17"}, stamp=stamp).code()

    def shared(c):
        stamp = c.vendor.stamp()
        return c.known(stamp=stamp), c.known(stamp=stamp, app="App-B")

    def backwards(c):
        older, newer = c.vendor.stamp(), c.vendor.stamp()
        return c.known(stamp=newer), c.known(stamp=older)

    def thrice(c):
        stamp = c.vendor.stamp()
        return [c.known(stamp=stamp) for _ in range(3)]

    b("replay-unnoticed", lambda c: c.again(), -201, 1)
    b("replay-per-path", per_path, (1, -201), (1, 1))
    b("replay-last-only", last_only, (1, 1, -201), (1, 1, 1))
    b("replay-three-seconds", forgets, (1, None, -201), (1, None, 1))
    b("replay-future", other_stamp(lambda c: f"{now() + timedelta(days=300):%Y%m%d%H%M%S}"), -201, 1)
    b("replay-past", other_stamp(lambda c: "20010203040506"), -201, 1)
    b("replay-sixteen-digits", other_stamp(lambda c: f"{now():%Y%m%d%H}24{now():%M%S}"), -201, 1)
    b("replay-sixty-seconds", other_stamp(sixty), -201, 1)
    b("replay-per-connection", lambda c: c.again(client=c.twin()), -201, 1)
    b("replay-shared-by-apps", shared, (1, 1), (1, -201))
    b("replay-must-grow", backwards, (1, 1), (1, -201))
    b("replay-topup-open", lambda c: (lambda m: c.again("RemotePay", c.topup_fields(m), c.topup_fields(m)))(c.meter()), -201, 1)
    b("replay-other-body", lambda c: c.again(second={"MeterAddr": "00017"}), -201, 1)
    b("replay-other-case", lambda c: c.again(token=lambda s: md5("app-A" + APPS["app-A"] + s).upper()), -201, 1)
    b("replay-report-open", lambda c: c.again("Report", c.report_fields("T00020", 12.5)), -201, 1)
    b("replay-third-time", thrice, [1, -201, -201], [1, -201, 1])


def race_bugs(b):
    def topups(c, **fields):
        meter, one, two = c.meter(), c.twin(), c.twin()
        codes = together(lambda: one.topup(meter, **fields), lambda: two.topup(meter, **fields))
        return sorted(codes), meter

    def same_stamp(c):
        stamp, one, two = c.vendor.stamp(), c.twin(), c.twin()
        return sorted(together(lambda: one.known(stamp=stamp), lambda: two.known(stamp=stamp)))

    def creates(c):
        one, two, fields = c.twin(), c.twin(), c.meter_fields()
        codes = together(*(lambda x=x: x.code("CreateMeter", **fields) for x in (one, two)))
        return sorted(codes), len(c.info(UserCode=fields["UserCode"]))

    def questions(c):
        return together(*(lambda m=m: c.twin().info(MeterAddr=m)[0]["MeterAddr"] for m in ("17", "00017"))) == ["17", "00017"]

    def changes(c):
        meter = c.meter()
        codes = together(*(lambda new=c.new(): c.twin().code("ChangeMeter", MeterAddr=meter, NewMeterAddr=new, PeriodDosage=1)
                           for _ in "12"))
        return sorted(codes)

    def valves(c):
        meters = c.meter(), c.meter()
        together(*(lambda m=m: c.twin().code("ControlValve", MeterAddr=m, ValveMode=2) for m in meters))
        return sorted(c.valve(meter) for meter in meters)

    def reports(c):
        together(*(lambda: c.twin().report_code("T00020", 22.5) for _ in "12"))
        return c.report("T00020", 22.5)["Remnant"]

    def list_while_writing(c):
        meter, one, two = c.meter(), c.twin(), c.twin()
        c.topup(meter)
        return shortly_after(lambda: one.topup(meter), lambda: two.count(meter) > 0)

    def prices(c):
        fields = [c.price_fields(Price1=1.11), c.price_fields(Price1=2.22)]
        together(*(lambda f=f: c.twin().code("CreatePrice", **f) for f in fields))
        return [c.cur(c.meter(PriceTypeCode=f["PriceTypeCode"])) for f in fields] == [D("1.11"), D("2.22")]

    def write_while_listing(c):
        meter, one, two = c.meter(), c.twin(), c.twin()
        return shortly_after(lambda: type(one.count(meter)), lambda: two.topup(meter)), c.count(meter)

    b("race-remnant-lost", lambda c: (lambda codes, m: (codes, c.remnant(m)))(*topups(c)), ([1, 1], 20), ([1, 1], 10))
    b("race-transid-twice", lambda c: (lambda codes, m: (codes, c.count(m)))(*topups(c, TransId="one")), ([-203, 1], 1), ([1, 1], 2))
    b("race-payid-same", lambda c: (lambda codes, m: len({row["PayID"] for row in c.pays(MeterAddr=m)}))(*topups(c)), 2, 1)
    b("race-create-twice", creates, ([-203, 1], 1), ([1, 1], 2))
    b("race-timestamp-twice", same_stamp, [-201, 1], [1, 1])
    b("race-replies-swapped", questions, True, False)
    b("race-change-twice", changes, [-1, 1], [1, 1])
    b("race-valve-lost", valves, [2, 2], [1, 2])
    b("race-report-twice", reports, D("490.10"), D("480.20"))
    b("race-paylist-empty-while-writing", list_while_writing, [1, True], [1, False])
    b("race-prices-mixed", prices, True, False)
    b("race-topup-lost-while-listing", write_while_listing, ([int, 1], 1), ([int, 1], 0))


def between_bugs(b):
    def after_change(name, **fields):
        def probe(c):
            meter = c.meter(**fields)
            c.topup(meter)
            new = c.change(meter)
            return (c.info if name in ("Address", "PayType") else c.data)(MeterAddr=new)[0][name]
        return probe

    def old_meter(c):
        meter = c.meter()
        c.change(meter)
        return c.topup(meter)

    def pay_ids(c):
        return c.pays(UserCode="17")[0]["PayID"] == c.pays(MeterAddr="17")[0]["PayID"]

    def old_payments(c):
        user = c.new()
        meter = c.meter(UserCode=user)
        c.topup(meter)
        c.change(meter)
        return len(c.pays(UserCode=user))

    def modified(c):
        code = c.price()
        meter = c.meter(PriceTypeCode=code)
        c.ok("CreatePrice", **c.price_fields(OperationType=2, PriceTypeCode=code, Price1=8.88))
        return c.cur(meter)

    def by_user(c):
        user = c.new()
        meter = c.meter(UserCode=user)
        return c.code("ControlValve", UserCode=user, ValveMode=2), c.valve(meter)

    def remnant(c):
        meter = c.meter()
        return c.topup(meter), c.remnant(meter)

    def old_number(c):
        user = c.new()
        new = c.change(c.meter(UserCode=user))
        return c.data(UserCode=user)[0]["MeterAddr"] == new

    def warning(c):
        meter = c.meter()
        return c.code("ControlValve", MeterAddr=meter, ValveMode=3), c.valve(meter)

    b("between-change-loses-remnant", after_change("Remnant"), 10, 0)
    b("between-change-loses-price", after_change("CurPrice"), D("2.35"), 0)
    b("between-change-loses-address", after_change("Address"), "武汉 路 8 号", "")
    b("between-change-paytype-1", after_change("PayType", PayType="6"), 2, 1)
    b("between-old-meter-topped-up", old_meter, -7, 1)
    b("between-dosage-not-carried", after_change("PeriodDosage"), D("5.5"), 0)
    b("between-created-unknown-to-getdata", lambda c: c.code("GetData", MeterAddr=c.meter()), 1, -1)
    b("between-transid-result-0", lambda c: (c.pay("17")["PayResult"], c.pays(UserCode="17")[0]["PayResult"]), (1, 1), (0, 1))
    b("between-payid-by-meter", pay_ids, True, False)
    b("between-change-loses-payments", old_payments, 1, 0)
    b("between-modify-not-seen", modified, D("8.88"), D("2.37"))
    b("between-getdata-name-is-code", lambda c: c.data(MeterAddr=c.meter(UserCode="kkk"))[0]["UserName"], "新 用户", "kkk")
    b("between-valve-by-user-not-done", by_user, (1, 2), (1, 1))
    b("between-base-not-shown", lambda c: c.data(MeterAddr=c.meter(MeterBase="77.7"))[0]["ReadNumber"], D("77.7"), 0)
    b("between-remnant-stays", remnant, (1, 10), (1, 0))
    b("between-getdata-old-number", old_number, True, False)
    b("between-warning-close-opens", warning, (1, 2), (1, 1))


def constant_bugs(b):
    def two_topups(name):
        def probe(c):
            meter = c.meter()
            ids = [c.new("T"), c.new("T")]
            c.topup(meter, 1, TransId=ids[0])
            c.topup(meter, 2, TransId=ids[1])
            return [c.pay(one)[name] for one in ids]
        return probe

    def per_meter(c):
        ids = [c.new("T"), c.new("T")]
        for one in ids:
            c.topup(c.meter(), TransId=one)
        return len({c.pay(one)["PayID"] for one in ids})

    def closed_then_topup(c):
        meter = c.meter()
        c.code("ControlValve", MeterAddr=meter, ValveMode=2)
        return c.topup(meter), c.valve(meter)

    def set_price(c):
        meter = c.meter()
        c.topup(meter)
        c.code("SetPrice", MeterAddr=meter, PriceTypeCode="17")
        return c.remnant(meter)

    def dosage(c):
        meter = c.change(c.meter())
        c.code("ControlValve", MeterAddr=meter, ValveMode=2)
        return c.data(MeterAddr=meter)[0]["PeriodDosage"]

    def sister(act, show):
        def probe(c):
            user = c.new()
            meter, other = c.meter(UserCode=user), c.meter(UserCode=user)
            c.topup(other)
            c.code("ControlValve", MeterAddr=other, ValveMode=2)
            act(c, user, meter)
            return show(c, other)
        return probe

    def twice_closed(c):
        meter = c.meter()
        return [do(c.code("ControlValve", MeterAddr=meter, ValveMode=2), c.valve(meter)) for _ in "12"]

    def overwritten(c):
        meter = c.meter()
        c.topup(meter, 10, TransId="same")
        return c.topup(meter, 20, TransId="same"), c.pay("same")["Money"]

    def phone(c):
        meter = c.meter()
        c.code("SetPrice", MeterAddr=meter, PriceTypeCode="17")
        return c.info(MeterAddr=meter)[0]["Phone"]

    def reports(c):
        return [c.report("T00020", 12.5 + step, f"2024-09-0{step} 08:00:00")["LastPayMoney"] for step in (1, 2)]

    b("constant-payid-is-row-number", two_topups("PayID"), lambda ids: ids[0] != ids[1], [1, 1])
    b("constant-payid-per-meter", per_meter, 2, 1)
    b("constant-topup-opens-valve", closed_then_topup, (1, 2), (1, 1))
    b("constant-setprice-clears-remnant", set_price, 10, 0)
    b("constant-valve-clears-dosage", dosage, D("5.5"), 0)
    b("constant-create-clears-sister", sister(lambda c, user, meter: c.meter(UserCode=user), Client.remnant), 10, 0)
    b("constant-getdata-moves-readdate", row_of("GetData", "17")("ReadDate"), "2024-02-28 01:02:03", lambda date: date[:4] == f"{now():%Y}")
    b("constant-close-twice-opens", twice_closed, [2, 2], [2, 1])
    b("constant-paylist-once", lambda c: [len(c.pays(UserCode="17")) for _ in "12"], [1, 1], [1, 0])
    b("constant-earlier-result-0", two_topups("PayResult"), [1, 1], [0, 1])
    b("constant-repeat-overwrites-money", overwritten, (-203, 10), (-203, 20))
    b("constant-change-opens-sister", sister(lambda c, user, meter: c.change(meter), Client.valve), 2, 1)
    b("constant-setprice-clears-phone", phone, "13912345678", "")
    b("constant-change-clears-doorplate", sister(lambda c, user, meter: c.change(meter),
                                                 lambda c, m: c.info(MeterAddr=m)[0]["Doorplate"]), "8-808", "")
    b("constant-report-forgets-lastpay", reports, [500, 500], [500, 0])


def billing_bugs(b):
    second = "91000000000000000002"

    def of_second(name):
        return lambda c: c.report(second, 1045.25)[name]

    def repeat(c):
        return [c.report("T00020", 22.5)["Remnant"] for _ in "12"]

    def stepwise(c):
        return [c.report("T00020", 12.5 + step, f"2024-09-0{step} 08:00:00", PeriodDosage=float(step))["Remnant"] for step in (1, 2)]

    def sister(c):
        c.report("T00020", 22.5)
        return c.report("T00021", 2.75)["Remnant"]

    b("billing-second-meter-price", of_second("UnitPrice"), D("3.08"), D("2.35"))
    b("billing-second-meter-remnant", of_second("Remnant"), D("12.34"), D("66.60"))
    b("billing-second-meter-addr", of_second("MeterAddr"), second, "91000000000000000001")
    b("billing-debt-as-zero", lambda c: c.report("T0002", 9999.9)["Remnant"], D("-45.67"), 0)
    b("billing-repeat-charged", repeat, [D("490.10"), D("490.10")], [D("490.10"), D("487.13")])
    b("billing-unknown-meter-1", lambda c: c.report_code("no", 1.0), 0, 1)
    b("billing-unknown-meter-minus-1", lambda c: c.report_code("no", 1.0), 0, -1)
    b("billing-other-user-1", lambda c: c.report_code("T00020", 12.5, UserCode="T-2001"), 0, 1)
    b("billing-never-charged", repeat, [D("490.10"), D("490.10")], [500, 500])
    b("billing-charged-by-dosage", stepwise, [D("499.01"), D("498.02")], [D("499.01"), D("497.03")])
    b("billing-price-one-place", lambda c: c.report("T00022", 0.0)["UnitPrice"], D("3.25"), D("3.3"))
    b("billing-lastpay-summed", lambda c: c.report("T00020", 12.5)["LastPayMoney"], 500, D("1500.10"))
    b("billing-open-in-debt", lambda c: c.report("T0002", 9999.9)["ValveMode"], 2, 1)
    b("billing-reserve-echoed", lambda c: c.report("T00020", 22.5)["Remnant"], D("490.10"), D("7.77"))
    b("billing-from-first-reading", stepwise, [D("499.01"), D("498.02")], [D("499.01"), D("497.03")])
    b("billing-alarm-refused", lambda c: c.report_code("T00020", 22.5, BatteryState=1), 1, 0)
    b("billing-negative-signal-refused", lambda c: c.report_code("T00020", 22.5, SNR=-3.5), 1, 0)
    b("billing-debtor-refused", lambda c: c.report_code("T0002", 10000.0), 1, 0)
    b("billing-charges-sister", sister, D("1000.10"), D("990.20"))
    b("billing-row-of-every-meter", lambda c: len(c.ok("Report", **c.report_fields(second, 1045.25))["DataList"]), 1, 2)
    b("billing-bad-readdate-1", lambda c: c.report_code("T00020", 22.5, "2024-13-41 08:00:00"), 0, 1)


def robust_bugs(b):
    def after(hostile, good=Client.known):
        """What a good question is answered after a hostile request."""
        def probe(c):
            hostile(c)
            return good(c)
        return probe

    def raw(section, body):
        return lambda c: c.send(section, body)

    def leaves_in_body(c):
        other = c.twin()
        request = other.request(PATHS["GetUserInfo"], b'{"MeterAddr":"17"}')
        other.connect().sendall(request[:-5])
        other.close()
        time.sleep(0.1)

    def surrogate(c):
        fields = c.meter_fields(UserName="A")
        body = json.dumps(fields).replace('"A"', '"\\ud83d"').encode()
        return c.send("CreateMeter", body).code(), c.code("GetUserInfo", MeterAddr=fields["MeterAddr"])

    def huge(c):
        meter = c.meter()
        body = json.dumps(c.topup_fields(meter, 1.0)).replace('"Money": 1.0', '"Money": 1e400').encode()
        return c.send("RemotePay", body).code(), c.send("GetData", {"MeterAddr": meter}).json() is None

    def rows(c):
        return len(c.pays(UserCode="17"))

    b("robust-list-as-money", after(lambda c: c.topup(c.meter(), [1]), lambda c: c.topup(c.meter())), 1, -999)
    b("robust-deep-nesting", after(raw("GetUserInfo", b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}"), lambda c: c.twin().known()), 1, -999)
    b("robust-bad-json-sticks", after(raw("GetUserInfo", b"{]")), 1, -200)
    b("robust-unread-body", after(raw("/api/Users/Nothing", b'{"MeterAddr":"17"}\r\n\r\n')), 1, -200)
    b("robust-lone-surrogate", surrogate, (-200, -1), (1, None))
    b("robust-huge-number", huge, (-200, False), (1, True))
    b("robust-bad-utf8-question-marks", after(raw("GetUserInfo", b'{"MeterAddr":"\xff"}'), row_of("GetUserInfo", "17")("UserName")),
      "十七", "??")
    b("robust-empty-body-paylist", after(raw("GetPayList", b""), rows), 1, 0)
    b("robust-null-body-getdata", after(raw("GetData", b"null"), lambda c: c.code("GetData", MeterAddr="17")), 1, -999)
    b("robust-quote-in-key", after(lambda c: c.code("GetUserInfo", UserCode="' or 1=1")), 1, -203)
    b("robust-long-header", after(lambda c: c.known(headers={"X-Long": "x" * 4000})), 1, -202)
    b("robust-cut-off-body", after(leaves_in_body), 1, -200)
    b("robust-lockout", after(lambda c: [c.known(token="0") for _ in range(5)]), 1, -202)
    b("robust-braces-in-key", lambda c: c.send("GetUserInfo", {"UserCode": "{0}"}).status, 200, DROPPED)
    b("robust-wrong-type-in-paylist", after(lambda c: c.code("GetPayList", UserCode="17", BeginDate=5, EndDate="2024-01-01"),
                                            lambda c: len(c.pays(UserCode="17", BeginDate="2020-01-01", EndDate="2020-01-01"))), 0, 1)


# ---- readings: id -> (probe, what the clean server shows, what the reading shows) ----------------

def effect_readings(r):
    def topup(wait):
        def probe(c):
            meter, trans_id = c.meter(), c.new("T")
            c.topup(meter, TransId=trans_id)
            seen = [(c.pay(trans_id)["PayResult"], c.remnant(meter))]
            time.sleep(wait)
            return seen + [(c.pay(trans_id)["PayResult"], c.remnant(meter))]
        return probe

    def valve(c):
        meter = c.meter()
        return c.code("ControlValve", MeterAddr=meter, ValveMode=2), c.valve(meter), time.sleep(2.1), c.valve(meter)

    def price(c):
        meter = c.meter()
        return c.code("SetPrice", MeterAddr=meter, PriceTypeCode="17"), c.cur(meter), time.sleep(2.1), c.cur(meter)

    def listed(c):
        meter = c.meter()
        return len(c.info(MeterAddr=meter)), time.sleep(1.1), len(c.info(MeterAddr=meter))

    def read(c):
        meter = c.meter()
        return len(c.data(MeterAddr=meter)), time.sleep(2.1), len(c.data(MeterAddr=meter))

    r("topup-done-later", topup(2.1), [(1, 10), (1, 10)], [(0, 0), (1, 10)])
    r("topup-waits-for-meter", topup(2.1), [(1, 10), (1, 10)], [(0, 0), (0, 0)])
    r("valve-done-later", valve, (1, 2, None, 2), (1, 1, None, 2))
    r("price-done-later", price, (1, D("0.01"), None, D("0.01")), (1, D("2.35"), None, D("0.01")))
    r("archive-listed-later", listed, (1, None, 1), (0, None, 1))
    r("first-reading-later", read, (1, None, 1), (0, None, 1))
    r("no-row-before-report", read, (1, None, 1), (0, None, 0))


def http_readings(r):
    def burst(c):
        answers = [c.send("GetUserInfo", {"MeterAddr": "17"}) for _ in range(70)]
        return {(answer.status, answer.code()) for answer in answers}

    def two_connections(c):
        c.known()
        return round(timed(c.twin().known) / 0.3)

    def head(name, body=None, **options):
        return lambda c: c.send("GetUserInfo", body or {"MeterAddr": "17"}, **options).head.get(name)

    def twenty(c):
        return [c.send("GetUserInfo", {"MeterAddr": "17"}).head["connection"] for _ in range(21)][18:]

    def idle(c):
        c.known()
        c.sock.settimeout(1.6)
        try:
            return c.file.readline() == b""
        except TimeoutError:
            return False

    def status(section, body=b"{}", **options):
        return lambda c: c.send(section, body, **options).status

    def raw(body=None):
        return lambda c: c.send("GetUserInfo", body or {"MeterAddr": "17"}).raw

    def contains(part):
        return lambda shown: part in shown

    def lacks(part):
        return lambda shown: part not in shown

    ok = {(200, 1)}
    r("rate-limit-429", burst, ok, ok | {(429, -999)})
    r("rate-limit-999", burst, ok, ok | {(200, -999)})
    r("one-connection-at-a-time", two_connections, 0, 1)
    r("close-after-reply", head("connection"), "keep-alive", "close")
    r("close-after-twenty", twenty, ["keep-alive"] * 3, ["keep-alive", "close", "keep-alive"])
    r("close-when-idle", idle, False, True)
    r("refusal-http-400", status("GetUserInfo"), 200, 400)
    r("refusal-http-401", status("GetUserInfo", token="0"), 200, 401)
    r("pretty-print", raw(), lacks(b"\n"), contains(b"\n"))
    r("ascii-escapes", raw(), contains("十七".encode()), contains(b"\\u5341\\u4e03"))
    r("members-sorted", lambda c: list(c.ok("GetUserInfo", MeterAddr="17")), ["ResultCode", "Message", "DataList"],
      ["DataList", "Message", "ResultCode"])
    r("members-added", lambda c: "RowNo" in c.info(MeterAddr="17")[0], False, True)
    r("newline-after-json", lambda c: raw()(c)[-1:], b"}", b"\n")
    r("content-type-short", head("content-type"), "application/json;charset=utf-8", "application/json")
    r("chunked-replies", head("transfer-encoding"), None, "chunked")
    r("gzip-when-asked", head("content-encoding", headers={"Accept-Encoding": "gzip"}), None, "gzip")
    r("slow-replies", lambda c: timed(c.known) >= 0.1, False, True)
    r("unknown-path-200", status("/api/Users/Nothing"), 404, 200)
    r("other-method-200", status("GetUserInfo", method="GET"), 405, 200)
    r("path-free", status("/API/users/getuserinfo/"), 404, 200)
    r("chunked-refused", status("GetUserInfo", chunked=True), 200, 411)
    r("limit-body-16k", status("GetUserInfo", b" " * 17000 + b"{}"), 200, 413)


def reply_readings(r):
    def message(c):
        return c.ok("GetUserInfo", MeterAddr="17")["Message"]

    def no_row(c):
        return c.ok("GetPayList", TransId="none").get("DataList", "absent")

    def number(c):
        raw = c.send("GetData", {"MeterAddr": "17"}).raw.decode()
        return re.search(r'"Remnant":([^,]*)', raw)[1]

    def phone(c):
        return c.stored("Phone", Phone=None), "Phone" in c.info(MeterAddr=c.meter(Phone=None))[0]

    r("messages-english", message, "请求成功", "success")
    r("messages-empty", message, "请求成功", "")
    r("datalist-null", no_row, [], None)
    r("datalist-absent", no_row, [], "absent")
    r("decimals-shortest", number, "17.00", "17")
    r("decimals-four-places", number, "17.00", "17.0000")
    r("decimals-exponent", number, "17.00", "1.700E+1")
    r("empty-phone-null", phone, ("", True), (None, True))
    r("empty-phone-absent", phone, ("", True), (None, False))


def request_readings(r):
    def known_with(**headers):
        return lambda c: c.known(headers={name.replace("_", "-"): value for name, value in headers.items()})

    def raw(section, body):
        return lambda c: c.send(section, body.encode()).code()

    def twice_named(c):
        return raw("GetUserInfo", '{"MeterAddr":"17","MeterAddr":"17"}')(c)

    def fraction(c):
        return raw("ControlValve", '{"MeterAddr":"%s","ValveMode":1.0}' % c.meter())(c)

    def several(c):
        user = c.new()
        meters = [c.meter(UserCode=user) for _ in "12"]
        return c.code("ControlValve", UserCode=user, ValveMode=2), [c.valve(meter) for meter in meters]

    def mismatch(c):
        return c.code("GetUserInfo", UserCode="100", MeterAddr="17")

    def fields_first(c):
        return c.topup("no", PayWay=9)

    r("numbers-as-text-taken", lambda c: c.topup(c.meter(), "12.50"), -200, 1)
    r("text-as-numbers-taken", lambda c: c.code("GetUserInfo", MeterAddr=17), -200, 1)
    r("member-letter-case-free", lambda c: c.code("GetUserInfo", meteraddr="17"), -2, 1)
    r("media-headers-unread", known_with(Accept=None, Content_Type="text/plain"), -200, 1)
    r("charset-needed", known_with(Content_Type="application/json"), 1, -200)
    r("unknown-members-refused", lambda c: c.code("GetUserInfo", MeterAddr="17", Colour="red"), 1, -200)
    r("null-refused", lambda c: c.code("GetUserInfo", MeterAddr="17", UserCode=None), 1, -200)
    r("double-members-refused", twice_named, 1, -200)
    r("int-with-fraction-part-refused", fraction, 1, -200)
    r("blank-is-a-value", lambda c: c.code("GetUserInfo", UserCode="  "), -2, 0)
    r("meteraddr-needed", lambda c: c.code("GetUserInfo", UserCode="17"), 1, -1)
    r("several-meters-first", several, (-1, [1, 1]), (1, [2, 1]))
    r("several-meters-all-valves", several, (-1, [1, 1]), (1, [2, 2]))
    r("mismatch-meter-wins", mismatch, -1, 1)
    r("mismatch-user-0", mismatch, -1, 0)
    r("blank-transid-minus-2", lambda c: c.code("GetPayList", TransId=""), -3, -2)
    r("wrong-type-own-code", lambda c: c.topup(c.meter(), "ten"), -200, -4)
    r("missing-own-minus-200", lambda c: c.topup(c.meter(), PayWay=None), -6, -200)
    r("fields-before-archive", fields_first, -1, -6)
    r("limit-name-64", lambda c: c.create(UserName="名" * 65), 1, -200)
    r("limit-money-10000", lambda c: c.topup(c.meter(), 10000.01), 1, -4)
    r("limit-range-year", lambda c: c.code("GetPayList", UserCode="17", BeginDate="2020-01-01", EndDate="2024-01-01"), 1, -200)
    r("limit-transid-32", lambda c: c.topup(c.meter(), TransId="T" * 33), 1, -200)
    r("limit-money-two-places", lambda c: c.topup(c.meter(), 1.234), 1, -4)
    r("third-party-topup-refused", lambda c: c.topup("T0002"), 1, -999)
    r("divids-must-rise", lambda c: c.code("CreatePrice", **c.price_fields(Divid3=5.0)), 1, -200)
    r("freezemonth-zero", lambda c: c.code("CreatePrice", **c.price_fields(FreezeMonth=0)), -200, 1)


def data_readings(r):
    def repeat(c):
        fields = c.topup_fields(c.meter())
        return [c.code("RemotePay", **fields) for _ in "12"], len(c.pays(TransId=fields["TransId"]))

    def other_repeat(c):
        fields = c.topup_fields(c.meter())
        return c.code("RemotePay", **fields), c.code("RemotePay", **{**fields, "Money": 11})

    def update(c):
        fields = c.meter_fields()
        c.code("CreateMeter", **fields)
        return c.code("CreateMeter", **{**fields, "UserName": "改名"}), c.info(MeterAddr=fields["MeterAddr"])[0]["UserName"]

    def unknown_price(c):
        return c.create(PriceTypeCode="later", MeterAddr="MP1"), c.code("GetData", MeterAddr="MP1")

    def duplicate(c):
        return c.create(MeterAddr="17")

    def exchanged(show):
        def probe(c):
            user = c.new()
            old = c.meter(UserCode=user)
            c.topup(old)
            c.code("ControlValve", MeterAddr=old, ValveMode=2)
            return show(c, user, old, c.change(old))
        return probe

    def latest(c):
        user = c.new()
        meter = c.meter(UserCode=user)
        c.meter(UserCode=user, UserName="后来")
        return c.info(MeterAddr=meter)[0]["UserName"]

    def second_stair(c):
        return c.cur(c.change(c.meter(), 30.0))

    def newest(c):
        return c.pays(UserCode="100")[0]["PayDate"][:4]

    r("repeat-answered-1", repeat, ([1, -203], 1), ([1, 1], 1))
    r("repeat-answered-minus-3", other_repeat, (1, -203), (1, -3))
    r("duplicate-meter-updates", update, (-203, "新 用户"), (1, "改名"))
    r("unknown-price-stored", unknown_price, (-203, -1), (1, 1))
    r("conflicts-minus-200", duplicate, -203, -200)
    r("conflicts-minus-999", duplicate, -203, -999)
    r("exchanged-still-listed", exchanged(lambda c, user, old, new: (c.code("GetUserInfo", MeterAddr=old), len(c.info(UserCode=user)))),
      (-1, 1), (1, 2))
    r("exchanged-is-unknown", exchanged(lambda c, user, old, new: c.topup(old)), -7, -1)
    r("payments-follow-exchange", exchanged(lambda c, user, old, new: len(c.pays(MeterAddr=new))), 0, 1)
    r("exchange-opens-valve", exchanged(lambda c, user, old, new: c.valve(new)), 2, 1)
    r("user-data-follow-latest", latest, "新 用户", "后来")
    r("curprice-first-stair", second_stair, D("2.85"), D("2.35"))
    r("newest-first", newest, "2022", "2024")


def credential_readings(r):
    secret = APPS["app-A"]

    def two_times(c):
        return c.known(token=lambda s: md5("app-A" + secret + c.vendor.stamp()))

    def refused_first(c):
        stamp = c.vendor.stamp()
        return c.send("GetUserInfo", {}, stamp=stamp).code(), c.known(stamp=stamp)

    def wrong_first(c):
        stamp = c.vendor.stamp()
        return c.known(stamp=stamp, token="0"), c.known(stamp=stamp)

    def clocks(c):
        return [c.known(stamp=f"{now(hours):%Y%m%d%H%M%S}") for hours in (8, 0)]

    def prefix(c):
        return c.known(headers={"Authorization": lambda s: "Basic " + base64.b64encode(f"app-A:{s}".encode()).decode()})

    r("body-before-token", lambda c: c.send("GetUserInfo", b"{", token="0").code(), -202, -200)
    r("timestamp-before-token", lambda c: c.known(stamp="20010101000000", token="0"), -202, -201)
    r("two-timestamps-201", two_times, -202, -201)
    r("refused-frees-timestamp", refused_first, (-2, -201), (-2, 1))
    r("wrong-token-uses-timestamp", wrong_first, (-202, 1), (-202, -201))
    r("clock-utc", clocks, [1, -201], [-201, 1])
    r("clock-either", clocks, [1, -201], [1, 1])
    r("window-two-minutes", lambda c: c.known(stamp=f"{now() - timedelta(seconds=300):%Y%m%d%H%M%S}"), 1, -201)
    r("md5-lower-only", lambda c: c.known(token=lambda s: md5("app-A" + secret + s).upper()), 1, -202)
    r("md5-upper-only", lambda c: c.known(), 1, -202)
    r("basic-prefix-taken", prefix, -202, 1)


def billing_readings(r):
    def unauthentic(c):
        return c.send("Report", c.report_fields("T00020", 12.5), token="0").code()

    def settled(c):
        return c.report("T00020", 22.5, "2024-09-01 08:00:00")["RemnantTime"] == "2024-09-01 08:00:00"

    def falling(c):
        return c.report_code("T00020", 10.0), c.report_code("T00020", 22.5, "2024-09-02 08:00:00")

    def created(c):
        meter = c.meter(PayType="6")
        return c.report_code(meter, 1.0, f"{now():%Y-%m-%d %H:%M:%S}")

    r("report-refused-with-0", unauthentic, -202, 0)
    r("report-warns-early", lambda c: c.report("91000000000000000002", 1045.25)["ValveMode"], 1, 3)
    r("report-settled-at-reading", settled, False, True)
    r("report-no-payment-null", lambda c: c.report("T00022", 0.0).get("LastPayTime", "absent"), "absent", None)
    r("report-future-taken", lambda c: c.report_code("T00020", 22.5, "2099-01-01 00:00:00"), 0, 1)
    r("report-falling-taken", falling, (0, 1), (1, 1))
    r("report-late-refused", lambda c: c.report_code("T00020", 10.0, "2024-07-01 00:00:00"), 1, 0)
    r("created-meters-billed", created, 0, 1)


# ---- running them --------------------------------------------------------------------------------

def collect(groups):
    table = {}
    for group in groups:
        group(lambda name, probe, good, bad: put(table, name, probe, good, bad))
    return table


def fits(expected, shown):
    return expected(shown) if callable(expected) and not isinstance(expected, type) else expected == shown


def run(probe, **switches):
    vendor = Vendor(**switches)
    client = Client(vendor)
    try:
        return probe(client)
    except Exception as error:                          # shown as what it is, and compared like any value
        return f"{type(error).__name__}: {error}"
    finally:
        client.close()
        vendor.stop()


def show(switch, table, wanted):
    """Runs the probes of one table; returns how many were shown, of how many."""
    with open(HERE / f"{switch}s.toml", "rb") as handle:
        ids = [entry["id"] for entry in tomllib.load(handle)[switch]]
    for name in sorted(set(table) ^ set(ids)):
        print(f"{switch} {name}: in one of {switch}s.toml and self_test.py only")
    shown = 0
    ids = [name for name in ids if not wanted or name in wanted]
    for name in ids:
        if name not in table:
            continue
        probe, good, bad = table[name]
        clean, switched = run(probe), run(probe, **{f"{switch}s": name})
        if fits(good, clean) and fits(bad, switched) and clean != switched:
            shown += 1
        else:
            print(f"{switch} {name}: clean {clean!r}, with it {switched!r}", flush=True)
    return shown, len(ids)


def facts_hold(client):
    """Whether the clean server answers every row of facts.toml."""
    with open(HERE / "facts.toml", "rb") as handle:
        facts = tomllib.load(handle, parse_float=D)
    for row in facts["rows"]["GetUserInfo"]:
        assert [row] == client.info(MeterAddr=row["MeterAddr"]), row
        assert row in client.info(UserCode=row["UserCode"]), row
    for row in facts["rows"]["GetData"]:
        assert [row] == client.data(MeterAddr=row["MeterAddr"]), row
    for row in facts["rows"]["GetPayList"]:
        day = row["PayDate"][:10]
        assert [row] == client.pays(TransId=row["TransId"]), row
        assert row in client.pays(UserCode=row["UserCode"], MeterAddr=row["MeterAddr"], BeginDate=day, EndDate=day), row
    for row in facts["cancelled"]:
        assert client.topup(row["MeterAddr"], UserCode=row["UserCode"]) == -7, row
    for row in facts["prices"]:
        fields = {name: value for name, value in row.items()}
        assert client.code("CreatePrice", OperationType=1, **fields) == -203, row
        meter = client.meter(PriceTypeCode=row["PriceTypeCode"])
        assert client.cur(meter) == row["Price1"], row
    for row in facts["billing"]:
        answer = client.report(row["MeterAddr"], float(row["ReadNumber"]), row["ReadDate"], UserCode=row["UserCode"])
        for name in ("UnitPrice", "Remnant", "ValveMode", "LastPayMoney", "LastPayTime"):
            assert answer.get(name) == row.get(name), row
    return True


def starts_and_ends():
    """The command line: an unknown id ends with 2, SIGTERM ends at once."""
    for option in ("--bugs", "--readings"):
        process = subprocess.run([sys.executable, "-B", str(HERE / "server.py"), "--apps", os.devnull, option, "no-such"],
                                 capture_output=True, timeout=5)
        assert process.returncode == 2, option
    vendor = Vendor()
    client = Client(vendor)
    client.known()
    assert timed(vendor.stop) < 0.5
    return True


def main():
    wanted = sys.argv[1:]
    bugs = collect([field_bugs, reply_bugs, refusal_bugs, refused_bugs, nth_bugs, neighbour_bugs, money_bugs, date_bugs, value_bugs,
                    known_bugs, signature_bugs, replay_bugs, race_bugs, between_bugs, constant_bugs, billing_bugs, robust_bugs])
    readings = collect([effect_readings, http_readings, reply_readings, request_readings, data_readings, credential_readings,
                        billing_readings])
    good = wanted or run(facts_hold) is True and starts_and_ends()
    if not good:
        print(f"facts: {run(facts_hold)}")
    parts = [show("bug", bugs, wanted), show("reading", readings, wanted)]
    shown, total = (sum(column) for column in zip(*parts))
    print(f"{shown} of {total} shown")
    return 0 if good and shown == total else 1


if __name__ == "__main__":
    sys.exit(main())
