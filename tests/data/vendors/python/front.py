# SPDX-License-Identifier: Apache-2.0
"""From a request to its reply: path, credentials, JSON, interface, JSON."""
import gzip
import sys
import threading
import time
import traceback
from collections import Counter, deque

import billing_side
import platform_side
from auth import Guard
from store import Store
from switches import bug, reading
from values import BOM, MESSAGES, Drop, Fields, Refusal, china_now, parse_body, time_text, to_json

# path -> (section, members of the request, what does it)
INTERFACES = {
    "/api/Users/GetUserInfo": ("GetUserInfo", ("UserCode", "MeterAddr"), platform_side.get_user_info),
    "/api/Pay/RemotePay": ("RemotePay", ("UserCode", "MeterAddr", "Money", "PayDate", "TransId", "PayWay"),
                           platform_side.remote_pay),
    "/api/Users/GetPayList": ("GetPayList", ("UserCode", "MeterAddr", "TransId", "BeginDate", "EndDate"),
                              platform_side.get_pay_list),
    "/api/Meters/ControlValve": ("ControlValve", ("UserCode", "MeterAddr", "ValveMode"), platform_side.control_valve),
    "/api/Meters/GetData": ("GetData", ("UserCode", "MeterAddr"), platform_side.get_data),
    "/api/Meters/CreateMeter": ("CreateMeter", platform_side.CREATE_METER, platform_side.create_meter),
    "/api/Meters/SetPrice": ("SetPrice", ("MeterAddr", "PriceTypeCode"), platform_side.set_price),
    "/api/Meters/ChangeMeter": ("ChangeMeter", ("MeterAddr", "NewMeterAddr", "NewIMEI", "NewCommProviderId", "PeriodDosage"),
                                platform_side.change_meter),
    "/api/Meters/CreatePrice": ("CreatePrice", platform_side.CREATE_PRICE, platform_side.create_price),
}
REPORT = ("Report", billing_side.REPORT, billing_side.report)
LIST_SECTIONS = ("GetUserInfo", "GetPayList", "GetData", "Report")
ENGLISH = {1: "success", 0: "not found", -200: "malformed data", -201: "timestamp repeated or wrong",
           -202: "authentication failed", -203: "database operation failed", -999: "unknown error"}
PER_SECOND = 60


class Reply:
    def __init__(self, body, status=200, media="application/json;charset=utf-8", length=None, gzipped=False):
        self.body = body
        self.status = status
        self.media = media
        self.length = len(body) if length is None else length
        self.gzipped = gzipped


class Memory:
    """What hostile requests leave behind (bugs only)."""
    bad_utf8_seen = False
    next_request_fails = False
    pay_broken_until = 0.0
    empty_body_seen = False
    null_body_seen = False
    quote_seen = False
    cut_off_seen = False
    ignore_dates = False


class Front:
    def __init__(self, apps, tolerance):
        self.store = Store()
        self.guard = Guard(apps, tolerance)
        self.memory = Memory()
        self.served = Counter()
        self.recent = deque()
        self.rate_lock = threading.Lock()

    def interface(self, path):
        path = path.split("?", 1)[0]
        if path.startswith("http://"):
            path = "/" + path[7:].partition("/")[2]
        if reading("path-free"):
            wanted = path.rstrip("/").lower()
            path = next((known for known in INTERFACES if known.lower() == wanted), path)
        return INTERFACES.get(path)

    def answer(self, request, connection):
        """The reply to a request; raises Drop when there is none."""
        if reading("slow-replies"):
            time.sleep(0.1)
        section = ""
        try:
            self._limit_rate()
            found = self.interface(request.path)
            if found is None:
                raise Refusal(-999, "接口不存在", 200 if reading("unknown-path-200") else 404)
            if request.method != "POST":
                raise Refusal(-200, "请求方法应为Post", 200 if reading("other-method-200") else 405)
            section, reply = self._serve(found, request, connection)
            status = 200
        except Refusal as refusal:
            section = getattr(refusal, "section", section)
            reply, status = self._refused(refusal, section)
        except Drop:
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            reply, status = {"ResultCode": -999, "Message": MESSAGES[-999]}, 200
        return self._printed(reply, status, section, request)

    def _limit_rate(self):
        if not (reading("rate-limit-429") or reading("rate-limit-999")):
            return
        now = time.monotonic()
        with self.rate_lock:
            while self.recent and self.recent[0] < now - 1:
                self.recent.popleft()
            if len(self.recent) >= PER_SECOND:
                raise Refusal(-999, "请求过于频繁", 429 if reading("rate-limit-429") else 200)
            self.recent.append(now)

    def _serve(self, found, request, connection):
        section, names, interface = found
        memory = self.memory
        body, wrong_body = None, None
        try:
            body = parse_body(request.body, section, memory)
        except Refusal as refusal:
            wrong_body, request.not_json = refusal, True
        if section == "GetData" and body is not None and billing_side.is_report(body):
            section, names, interface = REPORT
        app = key = None
        try:
            if wrong_body is not None and reading("body-before-token"):
                raise wrong_body
            app, key = self._let_in(section, names, interface, request, body, connection)
            self._spoilt_by_others(app, request, connection)
            self._check_media(request)
            if wrong_body is not None:
                self._note_bad_body(section, request, connection)
                raise wrong_body
            if memory.null_body_seen and section == "GetData":
                memory.null_body_seen = False
                raise Refusal(-999)
            with self.store.lock:
                self.store.settle()
                return section, interface(self.store, Fields(body, names), memory)
        except Refusal as refusal:
            if app is not None and reading("refused-frees-timestamp"):
                self.guard.free(app, key)
            if section == "Report" and (reading("report-refused-with-0")
                                        or refusal.code == -200 and wrong_body is None):
                refusal.code = 0
            refusal.section = section
            raise

    def _let_in(self, section, names, interface, request, body, connection):
        try:
            return self.guard.check(request, section, connection)
        except Refusal as refusal:
            if body is not None and (bug("refused-valve-wrong-token-moves") and section == "ControlValve"
                                     and refusal.code == -202
                                     or bug("refused-replay-recorded") and section == "RemotePay" and refusal.code == -201):
                with self.store.lock:
                    interface(self.store, Fields(body, names), self.memory)
            raise

    def _check_media(self, request):
        """Accept and Content-Type as section 2 wants them."""
        if reading("media-headers-unread"):
            return
        accept = request.headers.get("accept", "").lower()
        if not any(part.split(";")[0].strip() in ("application/json", "application/*", "*/*") for part in accept.split(",")):
            raise Refusal(-200, "Accept应为application/json")
        media, *parameters = [part.strip() for part in request.headers.get("content-type", "").lower().split(";")]
        charset = next((part[8:].strip('"') for part in parameters if part.startswith("charset=")), None)
        if media != "application/json" or charset not in (None, "utf-8", "utf8"):
            raise Refusal(-200, "Content-Type应为application/json;charset=utf-8")
        if charset is None and reading("charset-needed"):
            raise Refusal(-200, "Content-Type应有charset=utf-8")

    # ---- bugs that concern every interface ----

    def _spoilt_by_others(self, app, request, connection):
        memory = self.memory
        if memory.next_request_fails and not request.not_json:
            memory.next_request_fails = False
            raise Refusal(-999)
        if bug("robust-cut-off-body") and memory.cut_off_seen:
            memory.cut_off_seen = False
            raise Refusal(-200)
        if bug("robust-bad-json-sticks") and connection.bad_json_seen:
            connection.bad_json_seen = False
            raise Refusal(-200)
        if bug("robust-long-header"):
            if connection.long_header_seen:
                connection.long_header_seen = False
                raise Refusal(-202)
            connection.long_header_seen = request.longest_header > 3000
        if bug("nth-thirtieth-request-999"):
            self.served[app] += 1
            if self.served[app] % 30 == 0:
                raise Refusal(-999)

    def _note_bad_body(self, section, request, connection):
        connection.bad_json_seen = True
        if section == "GetPayList" and not request.body:
            self.memory.empty_body_seen = True
        if bug("robust-null-body-getdata") and request.body.strip() == b"null":
            self.memory.null_body_seen = True

    # ---- replies ----

    def _refused(self, refusal, section):
        code = refusal.code
        reply = {"ResultCode": code, "Message": refusal.message}
        if section in LIST_SECTIONS:
            reply["DataList"] = []
        status = refusal.status
        if status == 200:
            if reading("refusal-http-400"):
                status = 400
            if reading("refusal-http-401") and code in (-201, -202):
                status = 401
        if bug("reply-message-null-changemeter") and section == "ChangeMeter" and code == -1:
            reply["Message"] = None
        if bug("reply-message-object-200") and code == -200 and refusal.message != MESSAGES[-200]:
            reply["Message"] = {"text": refusal.message}
        if bug("field-code-text-on-refusal") and code < -100:
            reply["ResultCode"] = str(code)
        return reply, status

    def _printed(self, reply, status, section, request):
        good = reply["ResultCode"] == 1
        self._word(reply)
        rows = reply.get("DataList")
        if rows == []:
            if reading("datalist-null"):
                reply["DataList"] = None
            if reading("datalist-absent"):
                del reply["DataList"]
        if reading("members-added"):
            reply["ServerTime"] = time_text(china_now())
            for place, row in enumerate(rows or []):
                row["RowNo"] = place + 1
        if bug("reply-empty-500-no-live-meter") and status == 500:
            return Reply(b"", 500)
        if good:
            self._spoil_good_reply(reply, rows, section, request)
        to_ascii = bug("robust-bad-utf8-question-marks") and self.memory.bad_utf8_seen
        text = to_json(reply, to_ascii=to_ascii)
        if reading("newline-after-json"):
            text += "\r\n"
        body, media, length = text.encode("utf-8"), "application/json;charset=utf-8", None
        if reading("content-type-short"):
            media = "application/json"
        if bug("reply-gbk-userinfo") and section == "GetUserInfo":
            try:
                body = text.encode("gbk")
            except UnicodeEncodeError:
                pass
        if bug("reply-bom-getdata") and section == "GetData":
            body = BOM + body
        if bug("reply-html-on-refusal") and not good:
            media = "text/html;charset=utf-8"
        if bug("reply-length-in-characters") and section == "GetUserInfo":
            body = body[:len(text)]
        if bug("reply-twice-after-bad-json") and request.not_json:
            body += body
        gzipped = reading("gzip-when-asked") and "gzip" in request.headers.get("accept-encoding", "")
        return Reply(gzip.compress(body, 1) if gzipped else body, status, media, length, gzipped)

    def _word(self, reply):
        if reading("messages-empty") and isinstance(reply["Message"], str):
            reply["Message"] = ""
        if reading("messages-english") and isinstance(reply["Message"], str):
            reply["Message"] = ENGLISH.get(reply["ResultCode"], "refused")

    def _spoil_good_reply(self, reply, rows, section, request):
        if bug("reply-datalist-object-when-one") and section == "GetUserInfo" and rows and len(rows) == 1:
            reply["DataList"] = rows[0]
        if bug("reply-datalist-in-text") and section == "GetPayList":
            reply["DataList"] = to_json(rows)
        if bug("reply-datalist-split") and section == "GetData" and rows and len(rows) > 1:
            reply["DataList"], reply["DataList2"] = rows[:1], rows[1:]
        if bug("reply-message-missing-setprice") and section == "SetPrice":
            del reply["Message"]
        if bug("reply-lowercase-createmeter") and section == "CreateMeter":
            reply["resultCode"], reply["message"] = reply.pop("ResultCode"), reply.pop("Message")
        if bug("reply-report-no-datalist") and section == "Report":
            reply.pop("DataList", None)
        if bug("reply-paylist-by-meter-no-datalist") and section == "GetPayList":
            if b"TransId" not in request.body and b"UserCode" not in request.body:
                reply.pop("DataList", None)
