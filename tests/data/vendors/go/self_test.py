#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows by requests that each bug and each reading is really there, and that the clean server does it right.

Usage: self_test.py [id ...]     builds the server into a temporary folder (needs go) and prints `N of N shown`.
Each check is a function that observes something; the clean server must answer `good`, the altered one `bad`.
"""
import base64, hashlib, http.client, json, os, socket, subprocess, sys, tempfile, threading, time, tomllib
from datetime import datetime, timedelta, timezone

HERE = os.path.dirname(os.path.abspath(__file__))
CHINA = timezone(timedelta(hours=8))
PATHS = {"info": "/api/Users/GetUserInfo", "pay": "/api/Pay/RemotePay", "list": "/api/Users/GetPayList",
         "valve": "/api/Meters/ControlValve", "data": "/api/Meters/GetData", "create": "/api/Meters/CreateMeter",
         "setprice": "/api/Meters/SetPrice", "change": "/api/Meters/ChangeMeter", "price": "/api/Meters/CreatePrice"}
APPS = {"appOne": "secret-1", "appTwo": "geheim:2", "App3": "3"}


def md5(*parts):
    return hashlib.md5("".join(parts).encode()).hexdigest()


def stamp(seconds=0, zone=CHINA):
    return (datetime.now(zone) + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%S")


def china(seconds=0):
    return (datetime.now(CHINA) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")


class Reply:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw
        try:
            self.json = json.loads(raw.decode("utf-8"))
        except ValueError:
            self.json = None
        self.code = self.json.get("ResultCode") if isinstance(self.json, dict) else None

    def __getitem__(self, name):
        return self.json[name]

    @property
    def rows(self):
        return self.json.get("DataList")


class Server:
    """A running server and one keep-alive connection to it."""

    def __init__(self, binary, folder, bugs="", readings="", tolerance=900):
        self.process = subprocess.Popen([binary, "--port", "0", "--apps", os.path.join(folder, "apps"), "--bugs", bugs,
                                         "--readings", readings, "--tolerance", str(tolerance)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])
        self.lock = threading.Lock()
        self.second = {a: -700 for a in APPS}  # timestamps are taken from then on, second by second
        self.serial = 0
        self.conn = None

    def stop(self):
        if self.conn:
            self.conn.close()
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def next_stamp(self, app="appOne"):
        with self.lock:
            self.second[app] += 1
            return stamp(self.second[app])

    def headers(self, app="appOne", ts=None, token=None, auth=None, drop=(), **more):
        ts = ts or self.next_stamp(app)
        h = {"Accept": "application/json", "Content-Type": "application/json;charset=utf-8",
             "AccessToken": md5(app, APPS.get(app, ""), ts) if token is None else token,
             "Authorization": base64.b64encode(f"{app}:{ts}".encode()).decode() if auth is None else auth}
        h.update(more)
        for name in drop:
            del h[name]
        return h

    def open(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=8)

    def send(self, what, body, conn=None, **how):
        """One request; body is text, bytes, or something to be made JSON."""
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode("utf-8", "surrogatepass")
        h = self.headers(**how)
        own = conn is None
        if own:
            conn = self.conn = self.conn or self.open()
        try:
            conn.request("POST", PATHS.get(what, what), body, h)
            r = conn.getresponse()
            try:
                raw = r.read()
            except http.client.IncompleteRead as e:
                raw = e.partial
            return Reply(r.status, r.headers, raw)
        except (OSError, http.client.HTTPException):
            conn.close()
            if own:
                self.conn = None
            raise

    def together(self, *calls):
        """Calls (functions of a connection) at the same moment, on connections of their own."""
        out, gate = [None] * len(calls), threading.Barrier(len(calls))

        def run(i):
            conn = self.open()
            conn.connect()
            gate.wait()
            try:
                out[i] = calls[i](conn)
            except (OSError, http.client.HTTPException) as e:
                out[i] = repr(e)
            conn.close()
        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return out

    # ---- the ten interfaces; short forms

    def tid(self):
        with self.lock:
            self.serial += 1
            return f"Tx-{self.serial:06d}"

    def info(self, addr="", user="", **how):
        return self.send("info", {"UserCode": user, "MeterAddr": addr}, **how)

    def data(self, addr="", user="", **how):
        return self.send("data", {"UserCode": user, "MeterAddr": addr}, **how)

    def row(self, addr="", user=""):
        return self.data(addr, user).rows[0]

    def remnant(self, addr):
        return self.row(addr)["Remnant"]

    def topup(self, addr="", money=10, tid=None, date="2024-05-05 10:20:30", way=1, user="", how=None, **more):
        body = {"UserCode": user, "MeterAddr": addr, "Money": money, "PayDate": date, "TransId": self.tid() if tid is None else tid,
                "PayWay": way}
        body.update(more)
        return self.send("pay", {k: v for k, v in body.items() if v != "-"}, **(how or {}))

    def pay(self, *a, **k):
        return self.topup(*a, **k).code

    def list(self, addr="", user="", tid="", begin="2000-01-01", end="2030-12-31", how=None):
        return self.send("list", {"UserCode": user, "MeterAddr": addr, "TransId": tid, "BeginDate": begin, "EndDate": end}, **(how or {}))

    def ids(self, *a, **k):
        return sorted(r["TransId"] for r in self.list(*a, **k).rows)

    def valve(self, addr="", mode=2, user="", how=None):
        return self.send("valve", {"UserCode": user, "MeterAddr": addr, "ValveMode": mode}, **(how or {}))

    def state(self, addr):
        return self.row(addr)["ValveState"]

    def make(self, addr="N-1", user="NU-1", how=None, **more):
        body = {"UserCode": user, "UserName": "新户", "Phone": "13912345678", "DeptId": "D1", "DeptName": "区一", "DoorPlate": "8-801",
                "Address": "某路 8 号", "MeterAddr": addr, "PayType": "1", "PriceTypeCode": "P10", "MeterTypeID": "51"}
        body.update(more)
        return self.send("create", {k: v for k, v in body.items() if v != "-"}, **(how or {}))

    def made(self, addr="N-1", user="NU-1", **more):
        assert self.make(addr, user, **more).code == 1
        return self

    def setprice(self, addr, code, **how):
        return self.send("setprice", {"MeterAddr": addr, "PriceTypeCode": code}, **how)

    def change(self, old, new, dosage=0, how=None, **more):
        body = {"MeterAddr": old, "NewMeterAddr": new, "PeriodDosage": dosage}
        body.update(more)
        return self.send("change", {k: v for k, v in body.items() if v != "-"}, **(how or {}))

    def price(self, code="NP", op=1, p1=2.35, how=None, **more):
        body = {"OperationType": op, "PriceTypeCode": code, "PriceTypeName": "价", "Divid1": 0, "Divid2": 0, "Divid3": 0, "Divid4": 0,
                "Divid5": 0, "Price1": p1, "Price2": 0, "Price3": 0, "Price4": 0, "Price5": 0, "Price6": 0, "StairType": 1,
                "FreezeMonth": 1, "FreezeDay": 1, "ExeDate": "2024-01-01 00:00:00"}
        body.update(more)
        return self.send("price", {k: v for k, v in body.items() if v != "-"}, **(how or {}))

    def report(self, addr="TP0000000001", read=1010, date="2024-06-01 06:00:00", how=None, **more):
        body = {"MeterAddr": addr, "ReadNumber": read, "ReadDate": date}
        body.update(more)
        return self.send("data", {k: v for k, v in body.items() if v != "-"}, **(how or {}))

    def told(self, *a, **k):
        return self.report(*a, **k).rows[0]


CHECKS = []


def T(name, good, bad, observe, kind="bug", **options):
    CHECKS.append((kind, name, good, bad, observe, options))


def R(name, good, bad, observe, **options):
    T(name, good, bad, observe, kind="reading", **options)


def do(*steps):
    """The value of the last of several expressions."""
    return steps[-1]


def broken(call):
    """Whether a call ends without a whole JSON reply."""
    try:
        return call().json is None
    except (OSError, http.client.HTTPException):
        return True


def shape(v):
    return type(v).__name__


def exchange(s, addr="N-1", new="N-2", dosage=0, **more):
    """A new meter with a payment of 30, exchanged."""
    s.made(addr, **more)
    assert s.pay(addr, 30, tid="E-1") == 1
    assert s.change(addr, new, dosage).code == 1
    return s


def wrong_token(s, **how):
    return dict(token=md5("nonsense", str(time.time())), **how)

# ---- field

T("doorplate-in-request-spelling", "1-101", None, lambda s: s.info("862000000001").rows[0].get("Doorplate"))
T("paytype-as-text", "int", "str", lambda s: shape(s.info("862000000001").rows[0]["PayType"]))
T("digit-meteraddr-as-number", ["str", "str"], ["int", "str"],
  lambda s: [shape(s.info(a).rows[0]["MeterAddr"]) for a in ("862000000001", "0000700")])
T("phone-as-number", ["str", "str"], ["int", "str"], lambda s: [shape(s.info(a).rows[0]["Phone"]) for a in ("862000000001", "8620000000010")])
T("payid-text-for-failed", {1: "int", 2: "int", 0: "int"}, {1: "int", 2: "str", 0: "int"},
  lambda s: {r["PayResult"]: shape(r["PayID"]) for r in s.list("862000000001").rows})
T("paydate-with-t", "2024-05-05 10:20:30", "2024-05-05T10:20:30", lambda s: do(s.made(), s.pay("N-1"), s.list("N-1").rows[0]["PayDate"]))
T("paydate-short-hour", ["2024-05-05 10:20:30", "2024-05-05 08:05:00"], ["2024-05-05 10:20:30", "2024-05-05 8:05:00"],
  lambda s: do(s.made(), s.pay("N-1"), s.pay("N-1", date="2024-05-05 08:05:00"), [r["PayDate"] for r in s.list("N-1").rows]))
T("money-grouped-from-thousand", [999.99, 1234.5], [999.99, "1,234.50"],
  lambda s: do(s.made(), s.pay("N-1", 999.99), s.pay("N-1", 1234.5), [r["Money"] for r in s.list("N-1").rows]))
T("readdate-12-hour-clock", "2024-01-01 13:05:09", "2024-01-01 01:05:09", lambda s: s.row("NB-A1")["ReadDate"])
T("csq-as-text", 23, "23", lambda s: s.row("862000000001")["MeterCSQ"])
T("snr-text-when-negative", [12.4, -3.2], [12.4, "-3.2"], lambda s: [s.row(a)["SNR"] for a in ("862000000001", "8620000000010")])
T("battery-as-boolean", 1, True, lambda s: json.dumps(s.row("8620000000010")["BatteryState"]) == "true" or 1)
T("alarms-as-list", "str", "list", lambda s: shape(s.row("700")["MeterStatus"]))
T("unitprice-as-text", 2.91, "2.91", lambda s: s.told()["UnitPrice"])
T("remnanttime-day-only", "2024-06-01 06:00:00", "2024-06-01", lambda s: s.told()["RemnantTime"])
T("lastpaytime-with-slashes", "2024-02-10 09:08:07", "2024/02/10 09:08:07", lambda s: s.told()["LastPayTime"])
T("valvemode-in-words", [1, 2], [1, "关阀"], lambda s: [s.told()["ValveMode"], s.told("TP0000000002", 3000.25)["ValveMode"]])
T("curprice-renamed", True, False, lambda s: "CurPrice" in s.row("862000000001"))
T("digit-transid-as-number", ["str", "str"], ["int", "str"], lambda s: [shape(s.list(tid=t).rows[0]["TransId"]) for t in ("123", "000123")])
T("second-row-without-user", [True] * 4, [True, False, False, False], lambda s: ["UserName" in r and "Phone" in r for r in s.info(user="M-300").rows])
T("waiting-payresult-null", 0, None, lambda s: s.list(tid="M1-2").rows[0]["PayResult"])
T("resultcode-text-when-exchange-refused", [-1, 1], ["-1", 1], lambda s: do(s.made(), [s.change("nope", "X").code, s.change("N-1", "N-2").code]))

# ---- reply

T("single-payment-not-in-list", ["list", "list"], ["dict", "list"], lambda s: [shape(s.list(tid="TX-1").rows), shape(s.list(user="TP-05").rows)])
T("report-rows-under-data", [True, False], [False, True], lambda s: do(r := s.report().json, ["DataList" in r, "Data" in r]))
T("valve-without-message", True, False, lambda s: "Message" in s.valve("862000000001", 1).json)
T("message-object-on-200", ["str", "str"], ["dict", "str"], lambda s: [shape(s.send("info", "{")["Message"]), shape(s.info("nope")["Message"])])
T("html-page-on-bad-json", [True, True], [False, True], lambda s: [s.send("info", "{nonsense").json is not None, s.info("nope").json is not None])
T("gbk-message-on-cancelled", False, True, lambda s: broken(lambda: s.topup("M300-0000")))
T("bom-before-reading", "7b", "ef", lambda s: s.data("862000000001").raw[:1].hex())
T("price-reply-as-html", "application/json;charset=utf-8", "text/html;charset=utf-8", lambda s: s.price().headers["Content-Type"])
T("exchange-code-minus-3", -203, -3, lambda s: do(s.made(), s.change("N-1", "700").code))
T("repeat-transid-code-2", -203, 2, lambda s: do(s.made(), s.pay("N-1", tid="same"), s.pay("N-1", tid="same")))
T("quote-in-name-unescaped", [False, False], [True, False], lambda s: [broken(lambda: s.info("99999999999999999991")), broken(lambda: s.info("NB-A1"))])
T("tab-in-name-raw", False, True, lambda s: do(s.made(UserName="a\tb"), broken(lambda: s.info("N-1"))))
T("nan-for-csq-99", True, False, lambda s: b"NaN" not in s.data("M300-0002").raw)
T("two-objects-on-minus-4", [False, False], [True, False],
  lambda s: [broken(lambda: s.valve("862000000001", 9)), broken(lambda: s.valve("862000000001", 1))])
T("length-short-beyond-bmp", [False, False], [True, False], lambda s: [broken(lambda: s.info("M300-0001")), broken(lambda: s.info("700"))])
T("empty-body-on-201", [-201, False], [None, True], lambda s: do(t := s.next_stamp(), s.info("700", ts=t), r := s.info("700", ts=t), [r.code, r.raw == b""]))
T("null-code-on-duplicate-meter", -203, None, lambda s: s.make("700", "7").code)
T("null-rows-for-cancelled", 4, 5, lambda s: len(s.info(user="M-300").rows))
T("several-rows-as-text", ["list", "list"], ["list", "str"], lambda s: [shape(s.data("700").rows), shape(s.data(user="TP-01").rows)])
T("report-code-minus-1", 0, -1, lambda s: s.report("nope").code)
T("codes-joined", [-3, -4], [-34, -4], lambda s: [s.pay("700", 0, tid=""), s.pay("700", 0)])
T("message-null-when-meter-unknown", "str", "NoneType", lambda s: shape(s.setprice("nope", "P1")["Message"]))

# ---- refusal

T("unknown-user-empty-list", 0, 1, lambda s: s.info(user="nope").code)
T("unknown-meter-code-0", -1, 0, lambda s: s.data("nope").code)
T("both-empty-code-0", -2, 0, lambda s: s.valve().code)
T("money-zero-accepted", -4, 1, lambda s: s.pay("700", 0))
T("payway-6-accepted", [-6, -6], [1, -6], lambda s: [s.pay("700", way=6), s.pay("700", way=7)])
T("valvemode-0-accepted", [-4, -4], [1, -4], lambda s: [s.valve("700", 0).code, s.valve("700", 4).code])
T("blank-paydate-accepted", [-5, -5], [1, -5], lambda s: [s.pay("700", date="  "), s.pay("700", date="")])
T("blank-transid-accepted", [-3, -3], [1, -3], lambda s: [s.pay("700", tid="  "), s.pay("700", tid="")])
T("same-month-order-unchecked", [-6, -6], [1, -6],
  lambda s: [s.list("700", begin="2024-03-09", end="2024-03-08").code, s.list("700", begin="2024-03-09", end="2024-02-08").code])
T("missing-end-code-minus-4", -5, -4, lambda s: s.list("700", end="").code)
T("february-30-accepted", [-200, -200], [1, -200], lambda s: [s.list("700", begin="2024-02-30").code, s.list("700", begin="2024-04-31").code])
T("freezeday-29-accepted", [-200, -200], [1, -200], lambda s: [s.price("a", FreezeDay=29).code, s.price("b", FreezeDay=32).code])
T("freezeday-0-accepted", -200, 1, lambda s: s.price(FreezeDay=0).code)
T("stairtype-4-accepted", [-200, -200], [1, -200], lambda s: [s.price("a", StairType=4).code, s.price("b", StairType=0).code])
T("operationtype-3-accepted", [-200, -200], [1, -200], lambda s: [s.price("a", 3).code, s.price("b", 0).code])
T("metertype-unlisted-accepted", -200, 1, lambda s: s.make(MeterTypeID="52").code)
T("paytype-2-accepted", [-200, -200], [1, -200], lambda s: [s.make(PayType="2").code, s.make("N-2", PayType="4").code])
T("deptname-missing-accepted", [-200, -200], [1, -200], lambda s: [s.make(DeptName="-").code, s.make("N-2", DeptId="-").code])
T("address-blank-accepted", -200, 1, lambda s: s.make(Address="").code)
T("price-missing-accepted-for-5", [-200, -200], [1, -200],
  lambda s: [s.make(PayType="5", PriceTypeCode="-").code, s.make("N-2", PayType="3", PriceTypeCode="-").code])
T("price-demanded-for-6", 1, -200, lambda s: s.make(PayType="6", PriceTypeCode="-").code)
T("dosage-missing-accepted", -200, 1, lambda s: do(s.made(), s.change("N-1", "N-2", "-").code))
T("setprice-unknown-meter-200", -1, -200, lambda s: s.setprice("nope", "P1").code)
T("provider-9-accepted", -200, 1, lambda s: s.make(CommProviderId="9").code)
T("new-provider-0-accepted", -200, 1, lambda s: do(s.made(), s.change("N-1", "N-2", NewCommProviderId="0").code))
T("exedate-day-only-accepted", -200, 1, lambda s: s.price(ExeDate="2024-01-01").code)
T("array-body-accepted", [-200, -200], [1, -200], lambda s: [s.send("price", "[]").code, s.send("price", "[1]").code])
T("divid5-missing-accepted", [-200, -200], [1, -200], lambda s: [s.price("a", Divid5="-").code, s.price("b", Divid4="-").code])
T("meterbase-garbage-accepted", -200, 1, lambda s: s.make(MeterBase="12abc").code)
T("installdate-month-13-accepted", [-200, -200], [1, -200],
  lambda s: [s.make(InstallDate="2024-13-01").code, s.make("N-2", InstallDate="2024-12-32").code])
T("dates-optional-with-meter", [-4, -4], [1, -4], lambda s: [s.list("700", begin="", end="").code, s.list(user="7", begin="", end="").code])
T("money-as-object-accepted", [-200, -200], [1, 1], lambda s: [s.pay("700", {"value": 5}), s.pay("700", [5])])
T("report-without-meter-accepted", 0, 1, lambda s: s.report("-").code)

# ---- refused

T("negative-topup-booked", [-4, 3.5], [-4, -1.5], lambda s: [s.pay("700", -5), s.remnant("700")])
T("bad-payway-credited", [-6, 3.5], [-6, 13.5], lambda s: [s.pay("700", 10, way=9), s.remnant("700")])
T("cancelled-topup-listed", [-7, ["M0-1"]], [-7, ["M0-1", "gone"]], lambda s: [s.pay("M300-0000", tid="gone"), s.ids("M300-0000")])
T("bad-valvemode-closes", [-4, 1], [-4, 2], lambda s: [s.valve("862000000001", 9).code, s.state("862000000001")])
T("unknown-price-zeroes", [-203, 2.65], [-203, 0], lambda s: [s.setprice("862000000001", "none").code, s.row("862000000001")["CurPrice"]])
T("refused-exchange-cancels-old", [-203, 1], [-203, -1], lambda s: do(s.made(), [s.change("N-1", "700").code, s.info("N-1").code]))
T("refused-create-leaves-user", [-203, 0], [-203, 1], lambda s: [s.make(PriceTypeCode="none").code, s.info(user="NU-1").code])
T("bad-metertype-stored", [-200, -1], [-200, 1], lambda s: [s.make(MeterTypeID="52").code, s.info("N-1").code])
T("replayed-topup-booked", [-201, False], [-201, True],
  lambda s: do(t := s.next_stamp(), s.info("700", ts=t), [s.pay("700", tid="again", how={"ts": t}), "again" in s.ids("700")]))
T("wrong-token-valve-moves", [-202, 1], [-202, 2], lambda s: [s.valve("862000000001", 2, how=wrong_token(s)).code, s.state("862000000001")])
T("refused-modify-changes-price", [-200, 2.91], [-200, 7.77],
  lambda s: [s.price("P10", 2, 7.77, FreezeDay=31).code, s.row("0000700")["CurPrice"]])
T("refused-new-price-known", [-200, -203], [-200, 1], lambda s: [s.price("NP", StairType=9).code, s.setprice("700", "NP").code])
T("refused-topup-eats-transid", [-4, 1], [-4, -203], lambda s: [s.pay("700", 0, tid="T"), s.pay("700", 1, tid="T")])
T("exchange-without-dosage-done", [-200, -1], [-200, 1], lambda s: do(s.made(), [s.change("N-1", "N-2", "-").code, s.info("N-2").code]))
T("bad-report-settled", [0, 1], [0, 0], lambda s: [s.report(Voltage="3.6").code, s.report(read=1005).code])
T("mismatch-topup-booked", [-1, 3.5], [-1, 13.5], lambda s: [s.pay("700", 10, user="0007"), s.remnant("700")])
T("trailing-garbage-executed", [-200, 1], [-200, 2],
  lambda s: [s.send("valve", '{"MeterAddr":"862000000001","ValveMode":2} tail').code, s.state("862000000001")])
T("duplicate-create-renames", [-203, "孙七"], [-203, "新户"], lambda s: [s.make("700", "7").code, s.info("700").rows[0]["UserName"]])
T("bad-paydate-still-booked", [-200, False], [-200, True], lambda s: [s.pay("700", date="2024/05/05", tid="odd"), "odd" in s.ids("700")])

# ---- nth

T("third-topup-lost", [1, 1, 1, 1, 4], [1, 1, 1, 1, 3], lambda s: do(s.made(), [s.pay("N-1") for _ in range(4)] + [len(s.ids("N-1"))]))
T("only-first-topup-credited", [10, 20], [10, 10], lambda s: do(s.made(), [do(s.pay("N-1"), s.remnant("N-1")) for _ in range(2)]))
T("second-valve-order-ignored", [2, 1, 2], [2, 2, 2], lambda s: do(s.made(), [do(s.valve("N-1", m), s.state("N-1")) for m in (2, 1, 2)]))
T("tenth-meter-not-stored", [1] * 12, [1] * 9 + [-1, 1, 1], lambda s: [do(s.make(f"N-{i}", f"U{i}"), s.info(f"N-{i}").code) for i in range(12)])
T("twenty-payments-at-most", 23, 20, lambda s: do(s.made(), [s.pay("N-1", i + 1) for i in range(23)], len(s.ids("N-1"))))
T("three-readings-at-most", 4, 3, lambda s: len(s.data(user="M-300").rows))
T("first-meter-only", [4, 2], [1, 1], lambda s: [len(s.info(user=u).rows) for u in ("M-300", "TP-01")])
T("price-modified-once", [3, 4], [3, 3], lambda s: do(s.price("NP"), s.made(PriceTypeCode="NP"), [do(s.price("NP", 2, p), s.row("N-1")["CurPrice"]) for p in (3, 4)]))
T("second-setprice-ignored", [1.99, 0.85, 2.91], [1.99, 1.99, 1.99],
  lambda s: do(s.made(), [do(s.setprice("N-1", p), s.row("N-1")["CurPrice"]) for p in ("P-OLD", "000123", "P10")]))
T("second-exchange-loses-user", [1, 1], [1, 0], lambda s: do(s.made(), [do(s.change(f"N-{i}", f"N-{i+1}"), len(s.info(user="NU-1").rows)) for i in (1, 2)]))
T("fourth-report-not-settled", [117.09, 114.18, 111.27, 108.36, 105.45], [117.09, 114.18, 111.27, 111.27, 108.36],
  lambda s: [s.told(read=1001 + i, date=f"2024-06-0{i+1} 06:00:00")["Remnant"] for i in range(5)])
T("seventh-list-empty", [2] * 8, [2] * 6 + [0, 2], lambda s: [len(s.list(user="7").rows) for _ in range(8)])
T("ledger-keeps-twelve", 15, 12, lambda s: do(s.made(), [s.pay("N-1", i + 1) for i in range(15)], len(s.ids("N-1"))))
T("fifth-query-by-meter-unknown", [1] * 6, [1, 1, 1, 1, -1, 1], lambda s: [s.info("700").code for _ in range(6)])
T("second-meter-of-user-not-listed", [2, 1], [1, 1], lambda s: do(s.made(), s.made("N-2"), [len(s.info(user="NU-1").rows), len(s.info("N-2").rows)]))

# ---- neighbour

T("usercode-any-case", 1, 2, lambda s: len(s.info(user="G0001").rows))
T("meteraddr-prefix", 1, 2, lambda s: len(s.data("862000000001").rows))
T("percent-wildcard", [1, 0], [2, 1], lambda s: [len(s.info(user="K_1").rows), s.info(user="G000_").code])
T("leading-zeros-dropped", [1000000.07, 13.5], [1000010.07, 3.5], lambda s: do(s.pay("700", 10), [s.remnant("0000700"), s.remnant("700")]))
T("long-addresses-as-double", [1, 2], [2, 2], lambda s: do(s.valve("99999999999999999992", 2), [s.state("99999999999999999991"), s.state("99999999999999999992")]))
T("trailing-space-dropped", 0, 1, lambda s: s.info(user="G0001 ").code)
T("transid-any-case", [1, 1], [1, -203], lambda s: [s.pay("700", tid="abC"), s.pay("700", tid="ABc")])
T("valve-turns-siblings", 1, 2, lambda s: do(s.valve("M300-0001", 2), s.state("M300-0004")))
T("setprice-moves-all-on-price", 2.91, 1.99, lambda s: do(s.setprice("700", "P-OLD"), s.row("0000700")["CurPrice"]))
T("modify-touches-longer-codes", 2.91, 9.09, lambda s: do(s.price("P1", 2, 9.09), s.row("700")["CurPrice"]))
T("exchange-sets-sibling-dosage", 0, 77.5, lambda s: do(s.made(), s.made("N-9"), s.change("N-1", "N-2", 77.5), s.row("N-9")["PeriodDosage"]))
T("second-meter-resets-first", 10, 0, lambda s: do(s.made(), s.pay("N-1"), s.made("N-2"), s.remnant("N-1")))
T("transid-prefix-listed", ["TX-1"], ["TX-1", "TX-10"], lambda s: s.ids(tid="TX-1"))
T("list-of-meter-is-list-of-user", 2, 8, lambda s: len(s.ids("M300-0001")))
T("fullwidth-equals-ascii", 1, 2, lambda s: len(s.info(user="G0001").rows))
T("comma-splits-usercode", 0, 1, lambda s: s.info(user="7,0007").code)
T("non-bmp-keys-collide", 1, 2, lambda s: len(s.info(user="Z𠀀1").rows))
T("topup-by-code-hits-addr", ["X-1"], ["N-1"], lambda s: do(s.made("N-1", "X"), s.made("X-1", "N-1"), s.pay(user="N-1", tid="U"), [r["MeterAddr"] for r in s.list(tid="U").rows]))
T("exchange-by-suffix", [-1, 1], [1, -1], lambda s: do(s.made("A12345678", "u1"), s.made("B12345678", "u2"), s.change("B12345678", "C"), [s.info("B12345678").code, s.info("A12345678").code]))
T("price-code-any-case", 3.45, 2.65, lambda s: do(s.setprice("700", "p1"), s.change("700", "70x", 1), s.row("70x")["CurPrice"]))

# ---- money

def paid(s, money, **more):
    s.made()
    code = s.pay("N-1", money, **more)
    return [code, [r["Money"] for r in s.list("N-1").rows], s.remnant("N-1")]

T("cents-by-floating-point", [1, [1.15], 1.15], [1, [1.14], 1.14], lambda s: paid(s, 1.15))
T("cents-dropped-from-ten-thousand", [1, [12345.67], 12345.67], [1, [12345], 12345], lambda s: paid(s, 12345.67))
T("cents-in-32-bits", [1, [30000000.01], 30000000.01], [1, [-12949672.95], -12949672.95], lambda s: paid(s, 30000000.01))
T("remnant-in-whole-yuan", [1, [1.75], 1.75], [1, [1.75], 2], lambda s: paid(s, 1.75))
T("last-cent-digit-lost", [1, [1.75], 1.75], [1, [1.7], 1.75], lambda s: paid(s, 1.75))
T("small-amounts-raised", [1, [0.05], 0.05], [1, [1], 1], lambda s: paid(s, 0.05))
T("exponent-misread", [150, 20], [1.5, 20], lambda s: do(s.made(), s.send("pay", '{"MeterAddr":"N-1","Money":1.5e2,"PayDate":"2024-05-05 00:00:00","TransId":"e","PayWay":1}'), s.pay("N-1", 20), [r["Money"] for r in s.list("N-1").rows]))
T("tenth-of-cent-becomes-nothing", [-200, [], 0], [1, [0], 0], lambda s: paid(s, 0.004))
T("fee-above-500", [1, [600], 600], [1, [600], 597], lambda s: paid(s, 600))
T("debt-forgiven-by-topup", -2.45, 10, lambda s: do(s.pay("8620000000010", 10), s.remnant("8620000000010")))
T("charge-in-whole-yuan", 117.09, 117, lambda s: s.told(read=1001)["Remnant"])
T("remnant-capped", [1, [15000], 15000], [1, [15000], 9999.99], lambda s: paid(s, 15000))
T("price-one-place", 2.35, 2.3, lambda s: do(s.price("NP"), s.made(PriceTypeCode="NP"), s.row("N-1")["CurPrice"]))
T("second-tier-skipped", [1, 2, 3], [1, 3, 3], lambda s: do(
    s.price("NP", p1=1, Price2=2, Price3=3, Divid1=10.5, Divid2=20), s.made(PriceTypeCode="NP"),
    [do(s.change(a, b, d), s.row(b)["CurPrice"]) for a, b, d in (("N-1", "a", 5), ("a", "b", 15), ("b", "c", 25))]))
T("bank-payment-not-credited", [1, [10], 10], [1, [10], 0], lambda s: paid(s, 10, way=2))
T("equal-amount-merged", [20, 25], [10, 15], lambda s: do(s.made(), s.pay("N-1"), s.pay("N-1"), [s.remnant("N-1"), do(s.pay("N-1", 5), s.remnant("N-1"))]))
T("small-use-free", [118.54, 117.08], [120, 120], lambda s: [s.told(read=1000.5)["Remnant"], s.told(read=1001, date="2024-06-02 06:00:00")["Remnant"]])

# ---- date

T("end-day-excluded", ["TX-LEAP"], [], lambda s: s.ids("862000000001", begin="2024-02-02", end="2024-02-29"))
T("midnight-of-begin-excluded", ["000123"], [], lambda s: s.ids("862000000001", begin="2024-01-01", end="2024-01-05"))
T("last-second-of-end-excluded", ["123"], [], lambda s: s.ids("862000000001", begin="2024-01-10", end="2024-01-31"))
T("days-in-utc", ["支付-0229", "支付-0229-b"], ["支付-0301"], lambda s: s.ids("8620000000010", begin="2024-02-29", end="2024-02-29"))
T("leap-day-refused", [1, -200], [-200, -200], lambda s: [s.list("700", begin="2024-02-29").code, s.list("700", begin="2023-02-29").code])
T("february-29-becomes-march", [-200, []], [1, ["2023-03-01 10:00:00"]],
  lambda s: [s.pay("ZZ-1", date="2023-02-29 10:00:00"), [r["PayDate"] for r in s.list("ZZ-1").rows]])
T("range-stops-at-new-year", 2, 1, lambda s: len(s.ids("862000000001", begin="2023-12-01", end="2024-01-01")))
T("year-not-compared", ["000123"], ["000123", "TX-10"], lambda s: s.ids("862000000001", begin="2024-01-01", end="2024-01-30"))
T("paydate-of-server", True, False, lambda s: do(s.made(), s.pay("N-1"), s.list("N-1").rows[0]["PayDate"] == "2024-05-05 10:20:30"))
T("seconds-zeroed", "2024-05-05 10:20:30", "2024-05-05 10:20:00", lambda s: do(s.made(), s.pay("N-1"), s.list("N-1").rows[0]["PayDate"]))
T("hour-24-rolls-over", [-200, []], [1, ["2024-01-01 00:00:00"]], lambda s: [s.pay("ZZ-1", date="2023-12-31 24:00:00"), [r["PayDate"] for r in s.list("ZZ-1").rows]])
T("single-day-refused", 1, -6, lambda s: s.list("700", begin="2024-02-02", end="2024-02-02").code)
T("exedate-ignored", 2.91, 7.5, lambda s: do(s.price("NP", p1=7.5, ExeDate="2099-01-01 00:00:00"), s.made(), s.setprice("N-1", "NP"), s.row("N-1")["CurPrice"]))
T("remnanttime-in-utc", "2024-06-01 06:00:00", "2024-05-31 22:00:00", lambda s: s.told()["RemnantTime"])
T("lastpaytime-day-month-swapped", ["2024-01-05 16:45:00", "2023-12-31 23:59:59"], ["2024-05-01 16:45:00", "2023-12-31 23:59:59"],
  lambda s: [s.told("tp0000000001", 2000.5)["LastPayTime"], s.told("0TP5", 600)["LastPayTime"]])
T("transid-still-wants-dates", [1, 1], [-4, 1], lambda s: [s.list(tid="TX-1", begin="", end="").code, s.list(tid="TX-1").code])
T("month-end-cut-at-30", ["123"], [], lambda s: s.ids("862000000001", begin="2024-01-10", end="2024-01-31"))
T("paydate-of-december-next-year", ["2024-12-30 10:00:00", "2023-12-31 23:59:59"], ["2025-12-30 10:00:00", "2024-12-31 23:59:59"],
  lambda s: [s.list(tid="L-1").rows[0]["PayDate"], s.list(tid="T5-2").rows[0]["PayDate"]])

# ---- value

def kept(s, field, value, shown=None):
    s.made(**{field: value})
    return s.info("N-1").rows[0][shown or field]

T("name-cut-at-16", "一二三四五六七八九十一二三四五六七", "一二三四五六七八九十一二三四五六", lambda s: kept(s, "UserName", "一二三四五六七八九十一二三四五六七"))
T("non-bmp-becomes-question-mark", "𠮷田😀", "?田?", lambda s: kept(s, "UserName", "𠮷田😀"))
T("html-escaped-name", "A&B <c>", "A&amp;B &lt;c&gt;", lambda s: kept(s, "UserName", "A&B <c>"))
T("address-and-doorplate-swapped", "8-801", "某路 8 号", lambda s: kept(s, "Doorplate", "-"))
T("phone-by-position", ["13912345678", "0571-1"], ["13912345678", "D1"], lambda s: do(s.made(), s.send("create", {
    "UserCode": "V", "UserName": "v", "DeptId": "D1", "Phone": "0571-1", "DeptName": "d", "DoorPlate": "p", "Address": "a", "MeterAddr": "V-1",
    "PayType": "1", "PriceTypeCode": "P1", "MeterTypeID": "51"}), [s.info(a).rows[0]["Phone"] for a in ("N-1", "V-1")]))
T("name-trimmed", " 张 三 ", "张 三", lambda s: kept(s, "UserName", " 张 三 "))
T("inner-spaces-collapsed", "a  b   c", "a b c", lambda s: kept(s, "Address", "a  b   c"))
T("backslash-lost", "C:\\x\\\\y", "C:xy", lambda s: kept(s, "Address", "C:\\x\\\\y"))
T("plus-becomes-space", "1+2", "1 2", lambda s: kept(s, "DoorPlate", "1+2", "Doorplate"))
T("apostrophe-doubled", "O'Neil", "O''Neil", lambda s: kept(s, "UserName", "O'Neil"))
T("transid-upper-cased", "aB-c", "AB-C", lambda s: do(s.made(), s.pay("N-1", tid="aB-c"), s.list("N-1").rows[0]["TransId"]))
T("transid-cut-at-20", "1234567890123456789012", "12345678901234567890", lambda s: do(s.made(), s.pay("N-1", tid="1234567890123456789012"), s.list("N-1").rows[0]["TransId"]))
T("latin-letters-garbled", "Müller é", "MÃ¼ller Ã©", lambda s: kept(s, "UserName", "Müller é"))
T("phone-leading-zero-lost", "0571-88", "571-88", lambda s: kept(s, "Phone", "0571-88"))
T("meterbase-whole-number", 12.345, 12, lambda s: do(s.made(MeterBase="12.345"), s.row("N-1")["ReadNumber"]))
T("exchange-dosage-whole-number", 12.5, 12, lambda s: do(s.made(), s.change("N-1", "N-2", 12.5), s.row("N-2")["PeriodDosage"]))
T("nul-ends-name", "A\0B", "A", lambda s: kept(s, "UserName", "A\0B"))
T("name-null-becomes-empty", "null", "", lambda s: kept(s, "UserName", "null"))
T("reply-address-in-capitals", "tp0000000001", "TP0000000001", lambda s: s.told("tp0000000001", 2000.5)["MeterAddr"])
T("phone-masked", "13912345678", "139****5678", lambda s: kept(s, "Phone", "13912345678"))
T("number-name-unpadded", "00123", "123", lambda s: kept(s, "UserName", "00123"))
T("percent-decoded-doorplate", "5%41", "5A", lambda s: kept(s, "DoorPlate", "5%41", "Doorplate"))
T("mobile-pay-swaps-keys", [["NU-1", "N-1"], ["NU-1", "N-1"]], [["NU-1", "N-1"], ["N-1", "NU-1"]],
  lambda s: do(s.made(), s.pay("N-1"), s.pay("N-1", way=3), [[r["UserCode"], r["MeterAddr"]] for r in s.list("N-1").rows]))

# ---- known

T("rsrp-without-sign", -109.7, 109.7, lambda s: s.row("8620000000010")["RSRP"])
T("negative-snr-zero", -3.2, 0, lambda s: s.row("8620000000010")["SNR"])
T("cc-at-most-1", 2, 1, lambda s: s.row("700")["CC"])
T("battery-always-good", 1, 0, lambda s: s.row("8620000000010")["BatteryState"])
T("abnormal-valve-shown-closed", 3, 2, lambda s: s.state("700"))
T("failed-payments-hidden", 2, 1, lambda s: len(s.ids("700")))
T("waiting-shown-done", 0, 1, lambda s: s.list(tid="M1-2").rows[0]["PayResult"])
T("failed-shown-waiting", 2, 0, lambda s: s.list(tid="M2-1").rows[0]["PayResult"])
T("first-alarm-only", "阀门异常;通讯异常;磁干扰", "阀门异常", lambda s: s.row("700")["MeterStatus"])
T("large-readings-whole", 10250.375, 10250, lambda s: s.row("8620000000010")["ReadNumber"])
T("debt-shown-as-zero", -12.45, 0, lambda s: s.remnant("8620000000010"))
T("voltage-one-place", 3.612, 3.6, lambda s: s.row("862000000001")["Voltage"])
T("midnight-reading-a-second-early", "2024-03-01 00:00:00", "2024-02-29 23:59:59", lambda s: s.row("862000000001")["ReadDate"])
T("first-reading-in-all-rows", [30001.001, 30002.002, 303.3, 99999.999], [30001.001] * 4, lambda s: [r["ReadNumber"] for r in s.data(user="M-300").rows])
T("csq-99-shown-0", 99, 0, lambda s: s.row("M300-0002")["MeterCSQ"])
T("old-payments-gone", 7, 6, lambda s: len(s.ids("862000000001")))
T("same-second-payments-merged", 2, 1, lambda s: len(s.ids("M300-0002")))
T("curprice-first-tier", 3.18, 2.65, lambda s: do(s.made(PriceTypeCode="P1"), s.change("N-1", "N-2", 300), s.row("N-2")["CurPrice"]))
T("third-party-shown-1", 2, 1, lambda s: s.info("0TP5").rows[0]["PayType"])
T("payments-of-cancelled-hidden", 9, 7, lambda s: len(s.ids(user="G0001")))
T("cancelled-topup-unknown-meter", -7, -1, lambda s: s.pay("C900000009"))

# ---- signature

def with_token(*parts, **how):
    """A 3.1 query whose token is made of these parts (functions of app, secret and timestamp)."""
    def observe(s):
        ts = s.next_stamp()
        return s.info("700", ts=ts, token=md5(*[p(ts) if callable(p) else p for p in parts]), **how).code
    return observe

T("list-without-token", [-202, -202], [1, -202], lambda s: [s.list("700", how=wrong_token(s)).code, s.info("700", **wrong_token(s)).code])
T("token-first-eight", -202, 1, lambda s: do(ts := s.next_stamp(), s.info("700", ts=ts, token=md5("appOne", "secret-1", ts)[:8] + "0" * 24).code))
T("token-without-secret", -202, 1, with_token("appOne", lambda ts: ts))
T("token-of-nearby-second", -202, 1, lambda s: do(ts := s.next_stamp(), other := (datetime.strptime(ts, "%Y%m%d%H%M%S") + timedelta(seconds=3)).strftime("%Y%m%d%H%M%S"),
  s.info("700", ts=ts, token=md5("appOne", "secret-1", other)).code))
T("appid-any-case", -202, 1, lambda s: do(ts := s.next_stamp(), s.info("700", ts=ts, token=md5("appOne", "secret-1", ts), auth=base64.b64encode(f"APPONE:{ts}".encode()).decode()).code))
T("any-secret-fits", -202, 1, with_token("appOne", "3", lambda ts: ts))
T("empty-token-passes", [-202, -202], [1, -202], lambda s: [s.info("700", token="").code, s.info("700", drop=["AccessToken"]).code])
T("token-alone-passes", [1, -202], [1, 1], lambda s: do(ts := s.next_stamp(), [s.info("700", ts=ts).code, s.info("700", ts=ts, drop=["Authorization"]).code]))
T("plain-authorization-passes", -202, 1, lambda s: do(ts := s.next_stamp(), s.info("700", ts=ts, auth=f"appOne:{ts}").code))
T("connection-trusted", [-202, 1, -202], [-202, 1, 1], lambda s: [s.info("700", **wrong_token(s)).code, s.info("700").code, s.info("700", **wrong_token(s)).code])
T("third-wrong-token-passes", [-202, -202, -202], [-202, -202, 1], lambda s: [s.info("700", **wrong_token(s)).code for _ in range(3)])
T("token-parts-swapped-pass", -202, 1, with_token("secret-1", "appOne", lambda ts: ts))
T("bad-token-code-201", -202, -201, lambda s: s.info("700", **wrong_token(s)).code)
T("report-without-token", -202, 1, lambda s: s.report(how=wrong_token(s)).code)
T("digits-only-compared", -202, 1, lambda s: do(ts := s.next_stamp(), good := md5("appOne", "secret-1", ts),
  s.info("700", ts=ts, token="".join({"a": "b"}.get(c, "a") if c.isalpha() else c for c in good)).code))

# ---- replay

def twice(s, first=None, second=None, wait=0, between=0):
    """The code of a request that repeats a timestamp."""
    ts = s.next_stamp()
    (first or (lambda **h: s.info("700", **h)))(ts=ts)
    for _ in range(between):
        s.info("700")
    time.sleep(wait)
    return (second or first or (lambda **h: s.info("700", **h)))(ts=ts).code

T("replays-accepted", -201, 1, twice)
T("replay-memory-of-ten", [-201, -201], [-201, 1], lambda s: [twice(s, between=5), twice(s, between=12)])
T("replay-with-other-body-passes", [-201, -201], [-201, 1], lambda s: [twice(s), twice(s, second=lambda **h: s.info("0000700", **h))])
T("replay-memory-of-three-seconds", [-201, -201], [-201, 1], lambda s: [twice(s), twice(s, wait=3.2)])
T("replay-on-other-connection-passes", [-201, -201], [-201, 1], lambda s: [twice(s), twice(s, second=lambda **h: s.info("700", conn=s.open(), **h))])
T("timestamps-shared-by-apps", 1, -201, lambda s: twice(s, second=lambda **h: s.info("700", app="appTwo", **h)))
T("earlier-timestamp-refused", 1, -201, lambda s: do(a := s.next_stamp(), s.info("700"), s.info("700", ts=a).code))
T("old-timestamps-pass", [-201, -201], [1, -201], lambda s: [s.info("700", ts=stamp(-86400 * 365)).code, s.info("700", ts=stamp(86400)).code])
T("future-timestamps-pass", [-201, -201], [1, -201], lambda s: [s.info("700", ts=stamp(86400 * 365)).code, s.info("700", ts=stamp(-86400)).code])
T("minute-61-passes", -201, 1, lambda s: do(t := datetime.now(CHINA) - timedelta(hours=1), s.info("700", ts=t.strftime("%Y%m%d%H") + "%02d%02d" % (60 + t.minute, t.second)).code))
T("sixteen-digits-pass", -201, 1, lambda s: do(ts := s.next_stamp(), s.info("700", ts=ts[:10] + "24" + ts[10:]).code))
T("refused-replay-forgets", [-201, -201], [-201, 1], lambda s: do(ts := s.next_stamp(), [s.info("700", ts=ts).code for _ in range(3)][1:]))
T("replay-in-other-letters-passes", -201, 1, lambda s: do(ts := s.next_stamp(), s.info("700", ts=ts),
  s.info("700", ts=ts, token=md5("appOne", "secret-1", ts).upper()).code))
T("replay-of-queries-passes", [-201, -201], [1, -201], lambda s: [twice(s, lambda **h: s.valve("700", 1, how=h), lambda **h: s.data("700", **h)), twice(s)])
T("month-in-minutes-passes", -201, 1, lambda s: do(t := datetime.now(CHINA), s.info("700", ts=t.strftime("%Y%m%d%H%m") + t.strftime("%S")).code), tolerance=1)

# ---- race

def same_moment(n, call):
    return lambda s: s.together(*[lambda conn, i=i: call(s, i, conn) for i in range(n)])

T("race-transid-twice", 1, 2, lambda s: do(s.made(), same_moment(2, lambda s, i, c: s.pay("N-1", tid="one", how={"conn": c}))(s), len(s.ids("N-1"))))
T("race-remnant-lost", 20, 10, lambda s: do(s.made(), same_moment(2, lambda s, i, c: s.pay("N-1", how={"conn": c}))(s), s.remnant("N-1")))
T("race-timestamp-twice", [-201, 1], [1, 1], lambda s: do(ts := s.next_stamp(), sorted(same_moment(2, lambda s, i, c: s.info("700", ts=ts, conn=c).code)(s))))
T("race-meter-twice", 1, 2, lambda s: do(same_moment(2, lambda s, i, c: s.make("N-1", how={"conn": c}).code)(s), len(s.info(user="NU-1").rows)))
T("race-payid-shared", 2, 1, lambda s: do(s.made(), s.made("N-2"), same_moment(2, lambda s, i, c: s.pay(f"N-{i+1}", how={"conn": c}))(s),
  len({r["PayID"] for r in s.list(user="NU-1").rows})))
T("race-replies-crossed", ["0000700", "700"], True, lambda s: do(r := same_moment(2, lambda s, i, c: s.info(("0000700", "700")[i], conn=c).rows[0]["MeterAddr"])(s),
  r if r == ["0000700", "700"] else True))
T("race-exchange-twice", [[-1, 1], 1], [[1, 1], 2], lambda s: do(s.made(), r := same_moment(2, lambda s, i, c: s.change("N-1", f"X-{i}", how={"conn": c}).code)(s),
  [sorted(r), len(s.info(user="NU-1").rows)]))
T("race-valve-abnormal", True, False, lambda s: do(s.made(), same_moment(2, lambda s, i, c: s.valve("N-1", i + 1, how={"conn": c}).code)(s), s.state("N-1") in (1, 2)))
T("race-list-empty-while-writing", 2, 0, lambda s: do(s.list("700"), s.together(lambda c: s.pay("0000700", how={"conn": c}), lambda c: do(time.sleep(0.02), len(s.list("700", how={"conn": c}).rows)))[1]))
T("race-topup-dropped-under-load", 6, True, lambda s: do(s.made(), same_moment(6, lambda s, i, c: s.pay("N-1", i + 1, how={"conn": c}))(s), n := len(s.ids("N-1")), n if n == 6 else n < 6))
T("race-price-torn", 2.35, 0, lambda s: do(s.price(), s.made(PriceTypeCode="NP"), s.together(lambda c: s.price("NP", 2, 2.35, how={"conn": c}).code,
  lambda c: do(time.sleep(0.03), s.data("N-1", conn=c).rows[0]["CurPrice"]))[1]))
T("race-report-charged-twice", 90.9, 61.8, lambda s: do(same_moment(2, lambda s, i, c: s.report(how={"conn": c}).code)(s), s.told()["Remnant"]))
T("race-token-verdict-shared", True, False, lambda s: do(r := [s.together(lambda c: s.info("700", conn=c, **wrong_token(s)).code,
  lambda c: do(time.sleep(0.01), s.info("700", conn=c).code)) for _ in range(3)], all(a == -202 for a, b in r)))
T("race-user-loses-meter", 2, 1, lambda s: do(same_moment(2, lambda s, i, c: s.make(f"N-{i}", how={"conn": c}).code)(s), len(s.info(user="NU-1").rows)))

# ---- between

T("exchange-loses-phone", "13912345678", "", lambda s: exchange(s).info("N-2").rows[0]["Phone"])
T("exchange-loses-remnant", 30, 0, lambda s: exchange(s).remnant("N-2"))
T("exchange-resets-paytype", 2, 1, lambda s: exchange(s, PayType="6").info("N-2").rows[0]["PayType"])
T("exchange-resets-price", 2.91, 0, lambda s: exchange(s).row("N-2")["CurPrice"])
T("exchange-ignores-dosage", 12.5, 0, lambda s: exchange(s, dosage=12.5).row("N-2")["PeriodDosage"])
T("exchange-keeps-old-listed", ["N-2"], ["N-2", "N-1"], lambda s: [r["MeterAddr"] for r in exchange(s).info(user="NU-1").rows])
T("exchange-loses-payments", ["E-1"], [], lambda s: exchange(s).ids(user="NU-1"))
T("topup-not-in-reading", [1, 10], [1, 0], lambda s: do(s.made(), s.pay("N-1"), [s.list("N-1").rows[0]["PayResult"], s.remnant("N-1")]))
T("valve-stale-by-user", [2, 2], [2, 1], lambda s: do(s.made(), s.valve("N-1", 2), [s.state("N-1"), s.row(user="NU-1")["ValveState"]]))
T("payments-by-meter-only", ["a", "b"], ["b"], lambda s: do(s.made(), s.pay("N-1", tid="a"), s.pay("N-1", user="NU-1", tid="b"), s.ids(user="NU-1")))
T("modify-not-for-present-meters", [3, 3], [2.35, 3], lambda s: do(s.price(), s.made(PriceTypeCode="NP"), s.price("NP", 2, 3), s.made("N-2", PriceTypeCode="NP"),
  [s.row(a)["CurPrice"] for a in ("N-1", "N-2")]))
T("reading-shows-code-as-name", "孙七", "7", lambda s: s.row("700")["UserName"])
T("paytype-5-shown-2", [1, 1], [2, 1], lambda s: do(s.made(PayType="5"), s.made("N-2", PayType="3"), [s.info(a).rows[0]["PayType"] for a in ("N-1", "N-2")]))
T("paytype-shown-raw", [1, 1, 2], [5, 3, 2], lambda s: do(s.made(PayType="5"), s.made("N-2", PayType="3"), s.made("N-3", PayType="6"),
  [s.info(a).rows[0]["PayType"] for a in ("N-1", "N-2", "N-3")]))
T("exchange-unknown-to-billing", [1, 30], [0, None], lambda s: do(exchange(s, PayType="6"), r := s.report("N-2", 0), [r.code, r.rows[0]["Remnant"] if r.code == 1 else None]))
T("old-meter-takes-money", [-7, ["E-1"]], [1, ["E-1"]], lambda s: [exchange(s).pay("N-1"), s.ids(user="NU-1")])
T("setprice-unknown-to-billing", 1.99, 2.91, lambda s: do(s.setprice("TP0000000001", "P-OLD"), s.told()["UnitPrice"]))
T("setprice-by-meter-only", [1.99, 1.99], [1.99, 2.91], lambda s: do(s.setprice("700", "P-OLD"), [s.row("700")["CurPrice"], s.row(user="7")["CurPrice"]]))
T("meterbase-not-in-reading", 12.5, 0, lambda s: do(s.made(MeterBase="12.5"), s.row("N-1")["ReadNumber"]))

# ---- constant

T("payid-by-position", [True], [False], lambda s: [s.list(tid="tx-1").rows[0]["PayID"] == [r["PayID"] for r in s.list("862000000001").rows if r["TransId"] == "tx-1"][0]])
T("query-costs-a-cent", [3.5, 3.5], [3.49, 3.48], lambda s: [s.remnant("700"), s.remnant("700")])
T("older-payments-wait-again", [1, 1], [0, 1], lambda s: do(s.made(), s.pay("N-1"), s.pay("N-1", 5), [r["PayResult"] for r in s.list("N-1").rows]))
T("topup-opens-valve", 2, 1, lambda s: do(s.made(), s.valve("N-1"), s.pay("N-1"), s.state("N-1")))
T("setprice-closes-valve", 1, 2, lambda s: do(s.made(), s.setprice("N-1", "P1"), s.state("N-1")))
T("readdate-of-query", "2024-03-05 12:00:00", True, lambda s: do(d := s.row("700")["ReadDate"], d if d < "2024-06" else True))
T("repeated-transid-recorded", [-203, 1], [1, 2], lambda s: do(s.made(), s.pay("N-1", tid="a"), [s.pay("N-1", tid="a"), len(s.ids("N-1"))]))
T("repeated-transid-overwrites", [-203, [10]], [-203, [99]], lambda s: do(s.made(), s.pay("N-1", tid="a"), [s.pay("N-1", 99, tid="a"), [r["Money"] for r in s.list("N-1").rows]]))
T("setprice-empties-remnant", 10, 0, lambda s: do(s.made(), s.pay("N-1"), s.setprice("N-1", "P1"), s.remnant("N-1")))
T("repeated-close-opens", [2, 2], [2, 1], lambda s: do(s.made(), [do(s.valve("N-1"), s.state("N-1")) for _ in range(2)]))
T("exchange-renumbers-payments", True, False, lambda s: do(s.made(), s.pay("N-1"), a := s.list(user="NU-1").rows[0]["PayID"], s.change("N-1", "N-2"), a == s.list(user="NU-1").rows[0]["PayID"]))
T("setprice-resets-dosage", 70.07, 0, lambda s: do(s.setprice("700", "P1"), s.row("700")["PeriodDosage"]))
T("topup-redates-older-payments", ["2024-05-05 10:20:30", "2024-06-06 00:00:00"], ["2024-06-06 00:00:00"] * 2,
  lambda s: do(s.made(), s.pay("N-1"), s.pay("N-1", date="2024-06-06 00:00:00"), [r["PayDate"] for r in s.list("N-1").rows]))
T("sibling-doorplate-overwritten", "8-801", "9-9", lambda s: do(s.made(), s.made("N-2", DoorPlate="9-9"), s.info("N-1").rows[0]["Doorplate"]))
T("transid-unique-per-meter-only", [-203, 1], [1, 2], lambda s: do(s.made(), s.made("N-2"), s.pay("N-1", tid="a"), [s.pay("N-2", tid="a"), len(s.list(tid="a").rows)]))
T("valve-order-adds-reading", 707.07, 708.07, lambda s: do(s.valve("700", 1), s.row("700")["ReadNumber"]))

# ---- billing

T("repeated-report-charged", [90.9, 90.9], [90.9, 61.8], lambda s: [s.told()["Remnant"], s.told()["Remnant"]])
T("price-of-first-meter", 1.99, 2.91, lambda s: s.told("0TP5", 600)["UnitPrice"])
T("remnant-of-all-meters", 310.1, 100.05, lambda s: s.told("00TP5", 500)["Remnant"])
T("dosage-charged-each-time", 90.9, 32.7, lambda s: s.told(PeriodDosage=30)["Remnant"])
T("debt-answered-zero", -35.6, 0, lambda s: s.told("TP0000000002", 3000.25)["Remnant"])
T("debtor-kept-open", 2, 1, lambda s: s.told("TP0000000002", 3000.25)["ValveMode"])
T("last-payment-of-user", [5.05, "2023-12-31 23:59:59"], [310.1, "2024-02-03 04:05:06"], lambda s: do(r := s.told("0TP5", 600), [r["LastPayMoney"], r["LastPayTime"]]))
T("row-of-first-meter", "0TP5", "00TP5", lambda s: s.told("0TP5", 600)["MeterAddr"])
T("remnant-never-settled", 90.9, 120, lambda s: s.told()["Remnant"])
T("second-tier-at-first-price", 3.18, 2.65, lambda s: s.told("TP0000000002", 3000.25)["UnitPrice"])
T("debtor-refused", [1, 1], [1, 0], lambda s: [s.report().code, s.report("TP0000000002", 3000.25).code])
T("reserve-believed", 90.9, 55.5, lambda s: s.told(Reserve=55.5)["Remnant"])
T("remnant-whole-yuan", 90.9, 91, lambda s: s.told()["Remnant"])
T("unitprice-one-place", 2.91, 2.9, lambda s: s.told()["UnitPrice"])
T("unknown-meter-accepted", 0, 1, lambda s: s.report("nope").code)
T("other-user-accepted", 0, 1, lambda s: s.report(UserCode="TP-02").code)
T("meter-any-case", ["tp0000000001", 75.25], ["TP0000000001", -2791.46], lambda s: do(r := s.told("tp0000000001", 2000.5), [r["MeterAddr"], r["Remnant"]]))
T("negative-snr-refused", [1, 1], [0, 1], lambda s: [s.report(SNR=-3.5).code, s.report(SNR=3.5).code])
T("low-battery-refused", [1, 1], [0, 1], lambda s: [s.report(BatteryState=1).code, s.report(BatteryState=0).code])
T("old-report-gives-back", [1, 120], [1, 149.1], lambda s: do(r := s.report(read=990, date="2024-02-01 00:00:00"), [r.code, r.rows[0]["Remnant"]]))
T("valvestate-echoed", 1, 3, lambda s: s.told(ValveState=3)["ValveMode"])
T("sibling-charged-too", 75.25, 46.15, lambda s: do(s.told(), s.told("tp0000000001", 2000.5)["Remnant"]))

# ---- robust

def half_request(s, headers_only=False):
    """A request of which only a part is sent; answers the socket."""
    body = b'{"UserCode":"","MeterAddr":"700"}'
    head = "POST /api/Users/GetUserInfo HTTP/1.1\r\nHost: x\r\n"
    if headers_only:
        head = head[:-5]
    else:
        head += "".join(f"{k}: {v}\r\n" for k, v in s.headers().items()) + f"Content-Length: {len(body)}\r\n\r\n"
    k = socket.create_connection(("127.0.0.1", s.port))
    k.sendall(head.encode() + (b"" if headers_only else body[:9]))
    time.sleep(0.2)
    return k

T("bad-json-poisons-connection", [1, 1], [-200, 1], lambda s: do(s.send("info", "{"), [s.info("700").code, s.info("700").code]))
T("large-body-sickens", [1] * 4, [-999] * 3 + [1], lambda s: do(s.send("info", {"MeterAddr": "700", "x": "y" * 70000}), [s.info("700").code for _ in range(4)]))
T("deep-nesting-stalls", 1, "slow", lambda s: do(s.send("info", '{"MeterAddr":"700","x":' + "[" * 500 + "]" * 500 + "}"), patient(lambda: s.info("700").code)))
T("meter-stays-busy", [-200, 1, 1], [-200, -999, 1], lambda s: [s.pay("700", [5]), s.pay("700"), s.pay("0000700")])
T("chunked-body-unread", 1, -200, lambda s: chunked(s))
T("half-body-left-for-next", [1, 1], [-200, 1], lambda s: do(half_request(s).close(), time.sleep(0.2), [s.info("700").code, s.info("700").code]))
T("wrong-tokens-lock-app", 1, -202, lambda s: do([s.info("700", **wrong_token(s)) for _ in range(5)], s.info("700").code))
T("bad-utf8-sets-codepage", ["孙七", "孙七"], ["孙七", "??"], lambda s: [s.info("700").rows[0]["UserName"], do(s.send("info", b'{"UserCode":"\xff"}'), s.info("700").rows[0]["UserName"])])
T("long-key-sickens-query", [0, 1, 1], [0, -999, 1], lambda s: [s.info(user="k" * 6000).code, s.info("700").code, s.info("700").code])
T("huge-exponent-spoils-remnant", [-200, 3.5], [-200, 0], lambda s: [s.send("pay", '{"MeterAddr":"700","Money":1e400,"PayDate":"2024-05-05 00:00:00","TransId":"e","PayWay":1}').code, s.remnant("700")])
T("quote-in-key-breaks-lists", [0, 1], [0, -203], lambda s: [s.info(user="O'x").code, s.list("700").code])
T("absurd-reading-remembered", [0, 1], [0, 0], lambda s: [s.report(read=10 ** 30).code, s.report().code])
T("unknown-path-loses-next", [False, False], [True, False], lambda s: do(s.send("/api/none", "{}"), [broken(lambda: s.info("700")), broken(lambda: s.info("700"))]))
T("idle-connection-blocks-orders", 1, -999, lambda s: do(k := half_request(s, True), c := s.pay("700"), k.close(), c))


def patient(call, seconds=2):
    """What a call answers, or "slow"."""
    t, out = time.time(), []

    def run():
        try:
            out.append(call())
        except (OSError, http.client.HTTPException):
            pass
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return out[0] if out and time.time() - t < seconds else "slow"


def chunked(s):
    conn = s.open()
    conn.request("POST", PATHS["info"], iter([b'{"MeterAddr"', b':"700"}']), s.headers(), encode_chunked=True)
    return Reply(200, None, conn.getresponse().read()).code

# ---- readings

def later(observe, wait):
    time.sleep(wait)
    return observe()

R("first-row-after-contact", [1, 1], [0, 1], lambda s: do(s.made(), [len(s.data("N-1").rows), later(lambda: len(s.data("N-1").rows), 2.2)]))
R("topup-waits-for-contact", [[1, 10], [1, 10]], [[0, 0], [1, 10]], lambda s: do(s.made(), s.pay("N-1"), o := lambda: [s.list("N-1").rows[0]["PayResult"], s.remnant("N-1")], [o(), later(o, 2.2)]))
R("valve-waits-for-contact", [2, 2], [1, 2], lambda s: do(s.made(), s.valve("N-1"), [s.state("N-1"), later(lambda: s.state("N-1"), 2.2)]))
R("price-waits-for-contact", [1.99, 1.99], [2.91, 1.99], lambda s: do(s.made(), s.setprice("N-1", "P-OLD"), o := lambda: s.row("N-1")["CurPrice"], [o(), later(o, 2.2)]))
R("contact-every-five-seconds", [[1, 2], [1, 2]], [[0, 1], [1, 2]], lambda s: do(s.made(), time.sleep((5.3 - time.time()) % 5), s.pay("N-1"), s.valve("N-1"),
  o := lambda: [s.list("N-1").rows[0]["PayResult"], s.state("N-1")], [o(), later(o, 5)]))
R("valve-answers-after-delivery", True, False, lambda s: do(t := time.time(), s.valve("700", 1), time.time() - t < 0.9))
R("rate-429", [{200}, {1}], [{200, 429}, {1, -999}], lambda s: do(r := [s.info("700") for _ in range(60)], [{x.status for x in r}, {x.code for x in r}]))
R("rate-999", [{200}, {1}], [{200}, {1, -999}], lambda s: do(r := [s.info("700") for _ in range(60)], [{x.status for x in r}, {x.code for x in r}]))
R("names-up-to-64", [1, 1], [1, -200], lambda s: [s.make(UserName="一" * 64).code, s.make("N-2", UserName="一" * 65).code])
R("keys-up-to-32", [1, 1], [1, -200], lambda s: [s.make("n" * 32).code, s.make("n" * 33).code])
R("keys-of-plain-letters", [1, 1], [1, -200], lambda s: [s.make("n_-A9").code, s.make("n 1").code])
R("transid-up-to-32", [1, 1], [1, -200], lambda s: [s.pay("700", tid="t" * 32), s.pay("700", tid="t" * 33)])
R("topup-up-to-ten-thousand", [1, 1], [1, -999], lambda s: [s.pay("700", 10000), s.pay("700", 10000.01)])
R("range-up-to-a-year", [1, 1], [1, -200], lambda s: [s.list("700", begin="2024-01-01", end="2025-01-01").code, s.list("700", begin="2024-01-01", end="2025-01-02").code])
R("paydate-not-ahead", [1, 1], [1, -200], lambda s: [s.pay("700", date=china()), s.pay("700", date=china(3 * 86400))])
R("paydate-not-before-2000", [1, 1], [1, -200], lambda s: [s.pay("700", date="2000-01-01 00:00:00"), s.pay("700", date="1999-12-31 23:59:59")])
R("no-control-characters", [1, 1], [1, -200], lambda s: [s.make().code, s.make("N-2", UserName="a\tb").code])
R("body-up-to-8k", [200, 1], [413, -200], lambda s: do(r := s.send("info", {"MeterAddr": "700", "x": "y" * 9000}), [r.status, r.code]))
R("fields-before-lookup", [-1, 0, -1], [-4, -6, -3], lambda s: [s.pay("nope", 0), s.pay(user="nope", way=9), s.send("valve", {"MeterAddr": "nope"}).code])
R("body-before-token", -202, -200, lambda s: s.send("info", "{", **wrong_token(s)).code)
R("timestamp-before-token", [-202, -202], [-201, -201], lambda s: do(ts := s.next_stamp(), s.info("700", ts=ts), [s.info("700", ts=ts, **wrong_token(s)).code, s.info("700", ts=stamp(-90000), **wrong_token(s)).code]))
R("meter-before-user", 0, -1, lambda s: s.info("nope", "nope").code)
R("cancelled-before-fields", -4, -7, lambda s: s.pay("C900000009", 0))
R("refused-frees-timestamp", [-1, -201], [-1, 1], lambda s: do(ts := s.next_stamp(), [s.info("nope", ts=ts).code, s.info("700", ts=ts).code]))
R("wrong-token-uses-timestamp", [-202, 1], [-202, -201], lambda s: do(ts := s.next_stamp(), [s.info("700", ts=ts, **wrong_token(s)).code, s.info("700", ts=ts).code]))
R("clock-in-utc", [1, -201], [-201, 1], lambda s: [s.info("700", ts=stamp()).code, s.info("700", ts=stamp(0, timezone.utc)).code])
R("clock-utc-or-china", [1, -201], [1, 1], lambda s: [s.info("700", ts=stamp()).code, s.info("700", ts=stamp(0, timezone.utc)).code])
R("token-lower-case", [1, 1], [1, -202], lambda s: letters(s))
R("token-upper-case", [1, 1], [-202, 1], lambda s: letters(s))
R("timestamps-per-path", [-201, -201], [1, -201], lambda s: [twice(s, second=lambda **h: s.list("700", how=h)), twice(s)])
R("other-timestamp-in-token-201", -202, -201, lambda s: do(a := s.next_stamp(), s.info("700", token=md5("appOne", "secret-1", a)).code))
R("accept-not-needed", -200, 1, lambda s: bare(s, "Accept"))
R("content-type-not-needed", -200, 1, lambda s: bare(s, "Content-Type"))
R("charset-demanded", [1, 1], [1, -200], lambda s: [s.info("700").code, s.info("700", **{"Content-Type": "application/json"}).code])
R("basic-prefix-allowed", -202, 1, lambda s: do(ts := s.next_stamp(), s.info("700", ts=ts, auth="Basic " + base64.b64encode(f"appOne:{ts}".encode()).decode()).code))
R("http-400-401", [200, 200, 200], [400, 401, 200], lambda s: [s.send("info", "{").status, s.info("700", **wrong_token(s)).status, s.info("nope").status])
R("http-404-for-unknown", [200, 200, 200], [404, 404, 200], lambda s: [s.info("nope").status, s.info(user="nope").status, s.report("nope").status])
R("close-each", None, "close", lambda s: s.info("700").headers["Connection"])
R("one-connection", 1, "slow", lambda s: do(k := socket.create_connection(("127.0.0.1", s.port)), time.sleep(0.1), patient(lambda: s.info("700").code, 0.6)))
R("pretty-json", 0, True, lambda s: do(n := s.info("700").raw.count(b"\n"), n and n > 5))
R("ascii-json", True, False, lambda s: any(b > 127 for b in s.info("M300-0001").raw))
R("chunked-replies", None, "chunked", lambda s: s.info("700").headers["Transfer-Encoding"])
R("media-type-without-charset", "application/json;charset=utf-8", "application/json", lambda s: s.info("700").headers["Content-Type"])
R("slow-replies", True, False, lambda s: do(t := time.time(), s.info("700"), time.time() - t < 0.19))
R("extra-members", [False, False], [True, True], lambda s: do(r := s.info("700"), ["TraceId" in r.json, "Ext" in r.rows[0]]))
R("datalist-always", [None, None, []], [[], [], []], lambda s: [s.valve("700", 1).rows, s.info("nope").rows, s.list(tid="nope").rows])
R("datalist-null-when-empty", [[], 1], [None, 1], lambda s: [s.list(tid="nope").rows, len(s.info("700").rows)])
R("phone-null-when-not-given", "", None, lambda s: s.made(Phone="-").info("N-1").rows[0].get("Phone", 0))
R("phone-left-out", "", 0, lambda s: s.made(Phone="-").info("N-1").rows[0].get("Phone", 0))
R("numbers-shortest", True, False, lambda s: b'"Remnant":3.50,' in s.data("700").raw)
R("numbers-four-places", False, True, lambda s: b'"Remnant":3.5000,' in s.data("700").raw)
R("numbers-with-exponent", [False, 3.5, 707.07, -117.3, 0], [True, 3.5, 707.07, -117.3, 0], lambda s: do(r := s.data("700"), [b'"ReadNumber":7.0707E2,' in r.raw] + [r.rows[0][k] for k in ("Remnant", "ReadNumber", "RSRP")] + [s.told("TP0000000003", 15)["Remnant"]]))
R("members-by-alphabet", ["ResultCode", "Message", "DataList"], ["DataList", "Message", "ResultCode"], lambda s: list(s.info("700").json))
R("message-empty", "表号不存在", "", lambda s: s.info("nope")["Message"])
R("message-english", "表号不存在", "unknown meter", lambda s: s.info("nope")["Message"])
R("numbers-as-text-taken", [-200, -200], [1, 1], lambda s: [s.pay("700", "5.50"), s.pay("700", way="1")])
R("text-as-numbers-taken", -200, 1, lambda s: s.make(DeptId=12).code)
R("member-names-any-case", [-2, -2], [1, 1], lambda s: [s.send("info", {"meteraddr": "700"}).code, s.send("data", {"METERADDR": "700"}).code])
R("unknown-members-refused", 1, -200, lambda s: s.send("info", {"MeterAddr": "700", "x": 1}).code)
R("null-refused", 1, -200, lambda s: s.send("info", {"MeterAddr": "700", "UserCode": None}).code)
R("short-dates-taken", [-200, 1], [1, 1], lambda s: [s.list("700", begin="2024-1-5").code, s.list("700").code])
R("date-with-time-taken", -200, 1, lambda s: s.list("700", begin="2024-01-05 00:00:00").code)
R("int-with-point-refused", 1, -200, lambda s: s.send("valve", '{"MeterAddr":"700","ValveMode":1.0}').code)
R("repeated-transid-answers-1", [-203, 1], [1, 1], lambda s: again(s))
R("repeated-transid-minus-3", [-203, 1], [-3, 1], lambda s: again(s))
R("repeated-transid-minus-999", [-203, 1], [-999, 1], lambda s: again(s))
R("mismatch-is-0", -1, 0, lambda s: s.info("700", "0007").code)
R("mismatch-meter-wins", [-1, -1], [1, 1], lambda s: [s.info("700", "0007").code, s.list("700", "0007").code])
R("meteraddr-demanded", [1, 1, 1], [-200, -200, 1], lambda s: [s.info(user="7").code, s.pay(user="7"), s.list(user="7").code])
R("lone-blank-transid-minus-3", [-2, -2], [-3, -2], lambda s: [s.send("list", {"TransId": ""}).code, s.send("list", {"TransId": "", "UserCode": ""}).code])
R("unknown-price-stored", [-203, -203], [1, 1], lambda s: [s.make(PriceTypeCode="none").code, s.setprice("700", "none").code])
R("new-price-updates", [-203, 2.91], [1, 7.7], lambda s: [s.price("P10", 1, 7.7).code, s.row("700")["CurPrice"]])
R("modify-creates", [-203, -203], [1, 1], lambda s: [s.price("NP", 2, 7.7).code, s.setprice("700", "NP").code])
R("duplicate-meter-updates", [-203, "新户"], [1, "二"], lambda s: do(s.made(), [s.make(UserName="二").code, s.info("N-1").rows[0]["UserName"]]))
R("duplicate-meter-200", -203, -200, lambda s: do(s.made(), s.make().code))
R("duplicate-meter-999", -203, -999, lambda s: do(s.made(), s.make().code))
R("report-refused-with-0-only", [-202, -202], [0, -202], lambda s: [s.report(how=wrong_token(s)).code, s.info("700", **wrong_token(s)).code])
R("settled-at-server-time", "2024-06-01 06:00:00", True, lambda s: do(d := s.told()["RemnantTime"], d if d < "2024-07" else True))
R("falling-reading-taken", [0, None], [1, 120], lambda s: do(r := s.report(read=990), [r.code, r.rows and r.rows[0]["Remnant"]]))
R("older-report-refused", 1, 0, lambda s: s.report(date="2024-02-01 00:00:00").code)
R("older-report-settled", [1, 120], [1, 90.9], lambda s: do(r := s.report(date="2024-02-01 00:00:00"), [r.code, r.rows[0]["Remnant"]]))
R("report-feeds-reading", [1000, "2024-03-01 06:00:00"], [1010, "2024-06-01 06:00:00"], lambda s: do(s.told(), r := s.row("TP0000000001"), [r["ReadNumber"], r["ReadDate"]]))
R("warn-close-below-ten", [1, 1], [1, 3], lambda s: [s.told(read=1001)["ValveMode"], s.told(read=1040, date="2024-06-02 06:00:00")["ValveMode"]])
R("report-timestamps-not-kept", [-201, -201], [1, -201], lambda s: [twice(s, lambda **h: s.report(how=h)), twice(s)])
R("several-meters-refused", [1, 1, 1], [-1, -1, 1], lambda s: [s.pay(user="M-300"), s.valve(user="M-300").code, s.pay(user="7")])
R("valve-for-all-meters", [2, 1, 2, 1], [2, 2, 2, 2], lambda s: do(s.valve(user="M-300"), [r["ValveState"] for r in s.data(user="M-300").rows]))
R("cancelled-visible", -1, 1, lambda s: s.info("C900000009").code)
R("exchanged-is-unknown", [-7, -7], [-1, -7], lambda s: [exchange(s).pay("N-1"), s.pay("C900000009")])
R("new-meter-closed", 1, 2, lambda s: s.made().state("N-1"))
R("exchange-keeps-valve", 1, 2, lambda s: do(s.made(), s.valve("N-1"), s.change("N-1", "N-2"), s.state("N-2")))
R("newest-payment-first", [True, False], [False, True], lambda s: do(d := [r["PayID"] for r in s.list("862000000001").rows], [d == sorted(d), d == sorted(d)[::-1]]))
R("transid-alone-counts", [-1, 0], [1, 1], lambda s: [s.list("nope", tid="TX-1").code, s.list(user="nope", tid="TX-1").code])
R("third-party-topup-refused", [1, 1], [-999, 1], lambda s: [s.pay("0TP5"), s.pay("700")])
R("third-place-rounded", [-200, []], [1, [1.24]], lambda s: do(s.made(), [s.pay("N-1", 1.235), [r["Money"] for r in s.list("N-1").rows]]))
R("third-place-cut", [-200, []], [1, [1.23]], lambda s: do(s.made(), [s.pay("N-1", 1.235), [r["Money"] for r in s.list("N-1").rows]]))
R("first-reading-at-install", False, True, lambda s: s.made(InstallDate="2024-02-03").row("N-1")["ReadDate"] == "2024-02-03 00:00:00")
R("user-name-last-wins", ["新户", "二"], ["二", "二"], lambda s: do(s.made(), s.made("N-2", UserName="二"), [r["UserName"] for r in s.info(user="NU-1").rows]))
R("payids-scattered", 1, True, lambda s: do(s.made(), s.pay("N-1"), s.pay("N-1"), a := [r["PayID"] for r in s.list("N-1").rows], abs(a[1] - a[0]) == 1 and 1 or (a[0] != a[1] and max(a) < 2 ** 31)))
R("price-at-divide-is-next", [2.65, 2.65], [3.18, 3.18], lambda s: do(s.made(PriceTypeCode="P1"), s.change("N-1", "N-2", 200), s.setprice("TP0000000001", "P1"),
  [s.row("N-2")["CurPrice"], s.told(read=1180, PeriodDosage=200)["UnitPrice"]]))
R("unknown-path-200", [404, 405], [200, 200], lambda s: [s.send("/api/none", "{}").status, get(s)])
R("exact-account", [120, 120, 119.99], [120, 119.99, 119.99], lambda s: [s.told(read=1000 + x, date=f"2024-06-01 06:00:0{i}")["Remnant"] for i, x in enumerate((0.001, 0.002, 0.004))])


def letters(s):
    out = []
    for change in (str.lower, str.upper):
        ts = s.next_stamp()
        out.append(s.info("700", ts=ts, token=change(md5("appOne", "secret-1", ts))).code)
    return out


def again(s):
    s.made()
    s.pay("N-1", tid="a")
    return [s.pay("N-1", tid="a"), len(s.ids("N-1"))]


def bare(s, name):
    """A query without one of the headers; http.client adds none of them by itself."""
    return s.info("700", drop=[name]).code


def get(s):
    conn = s.open()
    conn.request("GET", PATHS["info"])
    return conn.getresponse().status

# ---- the facts, and the run


def near(a, b):
    """Equal, but for the way a number is spelt."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return abs(a - b) < 1e-9
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(near(x, y) for x, y in zip(a, b))
    return type(a) is type(b) and a == b


def check_facts(binary, folder):
    """Every row of facts.toml is answered so by the clean server. Answers what is not."""
    facts = tomllib.load(open(os.path.join(HERE, "facts.toml"), "rb"))
    s, wrong = Server(binary, folder), []
    same = lambda a, b: set(a) == set(b) and all(near(a[k], b[k]) for k in a)
    for rows, ask in (("GetUserInfo", s.info), ("GetData", s.data), ("GetPayList", s.list)):
        for key in ("UserCode", "MeterAddr"):
            groups = {}
            for row in facts["rows"][rows]:
                groups.setdefault(row[key], []).append(row)
            for value, want in groups.items():
                got = ask(user=value).rows if key == "UserCode" else ask(value).rows
                if len(got) != len(want) or not all(any(same(w, g) for g in got) for w in want):
                    wrong.append(f"{rows} {key} {value}")
    for c in facts["cancelled"]:
        if s.pay(c["MeterAddr"]) != -7:
            wrong.append("cancelled " + c["MeterAddr"])
    for b in facts["billing"]:
        row = s.told(b["MeterAddr"], b["ReadNumber"], "2024-07-01 00:00:00", UserCode=b["UserCode"], UserName=b["UserName"], PeriodDosage=b["PeriodDosage"])
        if not all(near(row.get(k), b.get(k)) for k in ("MeterAddr", "UnitPrice", "Remnant", "ValveMode", "LastPayMoney", "LastPayTime")):
            wrong.append("billing " + b["MeterAddr"])
    for p in facts["prices"]:
        body = {k: v for k, v in p.items() if k != "Remark"}
        if s.send("price", dict(body, OperationType=1)).code == 1 or s.send("price", dict(body, OperationType=2)).code != 1:
            wrong.append("price " + p["PriceTypeCode"])
    s.stop()
    return wrong


def main():
    asked = sys.argv[1:]
    known = {}
    for kind, name in (("bug", "bugs.toml"), ("reading", "readings.toml")):
        for entry in tomllib.load(open(os.path.join(HERE, name), "rb"))[kind]:
            known[kind, entry["id"]] = entry
    shown = set()
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "vendor")
        subprocess.run(["go", "build", "-o", binary, "."], cwd=HERE, check=True)
        with open(os.path.join(folder, "apps"), "w") as f:
            f.write("# for the self test\n" + "".join(f"{a}:{s}\n" for a, s in APPS.items()))
        for problem in [] if asked else check_facts(binary, folder):
            print("FACTS", problem)
        for kind, name, good, bad, observe, options in CHECKS:
            if asked and name not in asked:
                continue
            if (kind, name) not in known:
                print("UNKNOWN", kind, name)
                continue
            got = []
            for on in ("", name):
                s = Server(binary, folder, bugs=on if kind == "bug" else "", readings=on if kind == "reading" else "", **options)
                try:
                    got.append(observe(s))
                except Exception as e:  # a check that cannot be done is not shown
                    got.append(f"{type(e).__name__}: {e}")
                s.stop()
            if near(got[0], good) and near(got[1], bad) and not near(good, bad):
                shown.add((kind, name))
            else:
                print(f"NOT SHOWN {kind} {name}: clean {got[0]!r} (want {good!r}), altered {got[1]!r} (want {bad!r})")
        for key in known:
            if key not in shown and key[1] not in {c[1] for c in CHECKS}:
                print("NO CHECK", *key)
    total = len(known) if not asked else len([k for k in known if k[1] in asked])
    print(f"{len(shown)} of {total} shown")
    return 0 if len(shown) == total else 1


if __name__ == "__main__":
    sys.exit(main())
