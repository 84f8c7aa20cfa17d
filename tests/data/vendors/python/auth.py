# SPDX-License-Identifier: Apache-2.0
"""Section 2: who asks, and when. AccessToken and Authorization must hold before anything else is done."""
import base64
import binascii
import hashlib
import re
import threading
import time
from datetime import datetime, timedelta

from switches import bug, reading
from values import Refusal, china_now

STAMP = re.compile(r"\d{14}", re.ASCII)


def md5(text):
    return hashlib.md5(text.encode("utf-8")).hexdigest()


def parse_stamp(stamp):
    """The moment that a timestamp yyyyMMddHH24mmss names, or None."""
    if bug("replay-sixteen-digits") and len(stamp) == 16 and stamp[10:12] == "24":
        stamp = stamp[:10] + stamp[12:]
    if not STAMP.fullmatch(stamp):
        return None
    late = 0
    if bug("replay-sixty-seconds") and stamp[12] in "6789":
        late, stamp = int(stamp[12:]), stamp[:12] + "00"
    try:
        return datetime(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]), int(stamp[8:10]), int(stamp[10:12]),
                        int(stamp[12:])) + timedelta(seconds=late)
    except (ValueError, OverflowError):
        return None


class Guard:
    def __init__(self, apps, tolerance):
        self.apps = apps                                # appId -> appSecret
        if reading("window-two-minutes"):
            tolerance = min(tolerance, 120)
        self.tolerance = timedelta(seconds=tolerance)
        self.used = {app: {} for app in apps}           # appId -> {timestamp: its moment}
        self.lock = threading.Lock()
        self.repeats = {}
        self.wrong_tokens = {}
        self.last_wrong = {}

    def check(self, request, section, connection):
        """Returns (appId, timestamp), or raises a Refusal with -201 or -202."""
        if (bug("signature-getdata-open") and section == "GetData"
                or bug("signature-setprice-open") and section == "SetPrice"
                or bug("signature-report-open") and section == "Report"
                or bug("signature-chunked-open") and request.chunked):
            return None, None
        app, stamp = self._authorization(request, section)
        token = request.headers.get("accesstoken")
        if token is None or (token == "" and not bug("signature-empty-token")):
            raise Refusal(-202)
        if bug("signature-app-letter-case"):
            known = {name.lower(): name for name in self.apps}
            secret = self.apps.get(known.get(app.lower()))
        else:
            secret = self.apps.get(app)
        if secret is None:
            if not bug("signature-unknown-app-no-secret"):
                raise Refusal(-202)
            secret = ""
        if bug("signature-second-app-refused") and app != next(iter(self.apps)):
            raise Refusal(-202)
        if bug("robust-lockout") and time.monotonic() - self.last_wrong.get(app, -9) < 5:
            if self.wrong_tokens.get(app, 0) >= 5:
                raise Refusal(-202)
        key = (section, stamp) if bug("replay-per-path") else stamp
        if reading("timestamp-before-token"):
            moment = self._moment(stamp)
            if key in self.used.get(app, ()):
                raise Refusal(-201)
        if not self._token_fits(token, app, secret, stamp, connection):
            self.wrong_tokens[app] = self.wrong_tokens.get(app, 0) + 1
            self.last_wrong[app] = time.monotonic()
            if reading("wrong-token-uses-timestamp"):
                self._use_up(app, key, stamp)
            if reading("two-timestamps-201") and self._fits_another_second(token, app, secret):
                raise Refusal(-201, "时间戳不一致")
            raise Refusal(-202)
        self.wrong_tokens[app] = 0
        connection.once_let_in = True
        moment = self._moment(stamp)
        self._use_once(app, key, moment, token, request, section, connection)
        return app, key

    def _authorization(self, request, section):
        text = request.headers.get("authorization", "")
        if reading("basic-prefix-taken") and text[:6].lower() == "basic ":
            text = text[6:].strip()
        try:
            plain = base64.b64decode(text, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            plain = ""
        if bug("signature-changemeter-plain-authorization") and section == "ChangeMeter" and ":" in text:
            plain = text
        app, colon, stamp = plain.rpartition(":")
        if not colon or not app:
            raise Refusal(-202)
        return app, stamp

    def _token_fits(self, token, app, secret, stamp, connection):
        if reading("md5-lower-only") and token != token.lower() or reading("md5-upper-only") and token != token.upper():
            return False
        right = md5(app + secret + stamp)
        given = token.lower()
        if given == right or bug("signature-token-unread"):
            return True
        if bug("signature-half-token") and given[:16] == right[:16]:
            return True
        if bug("signature-any-secret") and any(given == md5(app + other + stamp) for other in self.apps.values()):
            return True
        if bug("signature-empty-token") and given == "":
            return True
        if bug("signature-times-differ") and self._fits_another_second(token, app, secret):
            return True
        if bug("signature-once-per-connection") and connection.once_let_in:
            return True
        if bug("signature-other-order") and given == md5(secret + app + stamp):
            return True
        return bug("signature-no-secret") and given == md5(app + stamp)

    def _fits_another_second(self, token, app, secret):
        now = self._clock()
        reach = int(self.tolerance.total_seconds())
        return any(token.lower() == md5(app + secret + f"{now + timedelta(seconds=off):%Y%m%d%H%M%S}")
                   for off in range(-reach, reach + 1))

    def _clock(self):
        return china_now() - timedelta(hours=8) if reading("clock-utc") else china_now()

    def _moment(self, stamp):
        moment = parse_stamp(stamp)
        if moment is None:
            raise Refusal(-201)
        off = moment - self._clock()
        if reading("clock-either") and off < -self.tolerance:
            off += timedelta(hours=8)
        if off > self.tolerance and not bug("replay-future") or off < -self.tolerance and not bug("replay-past"):
            raise Refusal(-201)
        return moment

    # ---- timestamps that were used ----

    def _use_once(self, app, key, moment, token, request, section, connection):
        with self.lock:
            self._used_before(app, key, token, request, section, connection)
            if bug("race-timestamp-twice"):
                self.lock.release()
                time.sleep(0.04)
                self.lock.acquire()
            self._remember(app, key, moment)
            connection.stamps.add((app, key))
            if bug("replay-other-body"):
                self.repeats[app, key] = request.body
            if bug("replay-other-case"):
                self.repeats[app, key] = token

    def _used_before(self, app, key, token, request, section, connection):
        used = self.used.setdefault(app, {})
        if bug("replay-unnoticed"):
            return
        if bug("replay-shared-by-apps") and any(key in others for others in self.used.values()):
            raise Refusal(-201)
        if bug("replay-must-grow") and used and key < max(used):
            raise Refusal(-201)
        if key not in used:
            return
        if bug("replay-last-only") and next(reversed(used)) != key:
            return
        if bug("replay-three-seconds") and time.monotonic() - self.repeats.get((app, key), 0) > 3:
            return
        if bug("replay-per-connection") and (app, key) not in connection.stamps:
            return
        if bug("replay-topup-open") and section == "RemotePay" or bug("replay-report-open") and section == "Report":
            return
        if bug("replay-other-body") and self.repeats.get((app, key)) != request.body:
            return
        if bug("replay-other-case") and self.repeats.get((app, key)) != token:
            return
        if bug("replay-third-time"):
            self.repeats[app, key] = self.repeats.get((app, key), 0) + 1
            if self.repeats[app, key] >= 2:
                return
        raise Refusal(-201)

    def _remember(self, app, key, moment):
        used = self.used.setdefault(app, {})
        used.pop(key, None)
        used[key] = moment
        if bug("replay-three-seconds"):
            self.repeats[app, key] = time.monotonic()
        if len(used) % 4096 == 0:
            oldest = self._clock() - self.tolerance - timedelta(hours=9)
            for stamp in [stamp for stamp, then in used.items() if then < oldest]:
                del used[stamp]

    def _use_up(self, app, key, stamp):
        try:
            moment = self._moment(stamp)
        except Refusal:
            return
        with self.lock:
            self._remember(app, key, moment)

    def free(self, app, key):
        with self.lock:
            self.used.get(app, {}).pop(key, None)
