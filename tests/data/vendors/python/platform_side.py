# SPDX-License-Identifier: Apache-2.0
"""The nine interfaces of the meter maker's platform: 3.1 to 3.5 and 3.7 to 3.10.

Each takes the store and the request's Fields and returns a reply, or raises a Refusal. All of it runs under the store's lock.
"""
import re
import struct
import time
import unicodedata
from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from urllib.parse import unquote_plus

from store import ZERO, Meter, Payment, Price, day_after
from switches import bug, reading
from values import MESSAGES, Drop, Raw, Refusal, china_now, collision, composed, parse_day, parse_time, time_text

TENTH, CENT = Decimal("0.1"), Decimal("0.01")


def done(rows=None):
    reply = {"ResultCode": 1, "Message": MESSAGES[1]}
    if rows is not None:
        reply["DataList"] = rows
    return reply


# ---- which meters are meant --------------------------------------------------------------------

def find_user(store, code, section):
    """The stored UserCode that is meant, or None."""
    if bug("neighbour-trailing-space") and section == "GetUserInfo":
        code = code.strip()
    if code in store.users:
        return code
    if bug("neighbour-user-letter-case") and section in ("GetUserInfo", "GetData"):
        return next((known for known in store.users if known.lower() == code.lower()), None)
    if bug("neighbour-leading-zeros") and section == "GetPayList":
        return next((known for known in store.users if known.lstrip("0") == code.lstrip("0")), None)
    return None


def find_meter(store, number, section):
    """The stored meter that is meant, or None."""
    meter = store.meters.get(number)
    if bug("neighbour-meter-as-double") and section == "GetData" and number.isdigit():
        return next((known for known in store.meters.values() if not known.cancelled
                     and known.meter_addr.isdecimal() and float(known.meter_addr) == float(number)), None)
    if meter is None and section == "GetUserInfo":
        if bug("neighbour-meter-prefix"):
            return next((known for known in store.meters.values() if known.meter_addr.startswith(number)), None)
        if bug("neighbour-fullwidth"):
            return store.meters.get(unicodedata.normalize("NFKC", number))
    return meter


def find_meters(store, fields, section, cancelled_too=False):
    """The meters that UserCode and MeterAddr name, in the order they were made."""
    user, number = fields.text("UserCode"), fields.text("MeterAddr")
    if user is None and number is None:
        if bug("refusal-blank-keys-list-all") and section == "GetUserInfo" and fields.has("UserCode"):
            return [meter for meter in store.meters.values() if not meter.cancelled]
        if bug("refusal-valve-both-empty") and section == "ControlValve":
            raise Refusal(-1)
        raise Refusal(-2, "用户编号和表号不能同时为空")
    if number is None and reading("meteraddr-needed") and section != "GetPayList":
        raise Refusal(-1, "表号不能为空")
    if user is not None:
        if bug("neighbour-user-percent") and section == "GetUserInfo" and "%" in user:
            pattern = ".*".join(re.escape(part) for part in user.split("%"))
            rows = [meter for meter in store.meters.values()
                    if not meter.cancelled and re.fullmatch(pattern, meter.user_code)]
            if rows:
                return rows
        known = find_user(store, user, section)
        if known is None:
            if bug("robust-braces-in-key") and section == "GetUserInfo" and "{" in user:
                raise Drop()
            if bug("refusal-unknown-user-as-meter") and section == "GetUserInfo":
                raise Refusal(-1, "表号不存在")
            if bug("refusal-paylist-unknown-user-1") and section == "GetPayList":
                return []
            raise Refusal(0, "用户编号不存在")
        user = known
    if number is None:
        return [meter for meter in store.users[user] if cancelled_too or not meter.cancelled]
    meter = find_meter(store, number, section)
    if (bug("nth-fourth-meter-of-user-unknown") and section == "GetUserInfo" and meter
            and store.users[meter.user_code].index(meter) == 3):
        meter = None
    if meter is None or meter.cancelled and not cancelled_too and not (
            reading("exchanged-still-listed") and meter.exchanged_for and section == "GetUserInfo"):
        raise Refusal(0 if bug("refusal-getdata-unknown-meter-0") and section == "GetData" else -1, "表号不存在")
    if user is not None and meter.user_code != user and not reading("mismatch-meter-wins"):
        raise Refusal(0 if reading("mismatch-user-0") else -1, "用户编号与表号不符")
    return [meter]


def one_meter(store, fields, section):
    """The one meter that 3.2 or 3.4 is about. It may be cancelled in 3.2."""
    meters = find_meters(store, fields, section, cancelled_too=section == "RemotePay")
    live = [meter for meter in meters if not meter.cancelled]
    if fields.text("MeterAddr") is None:
        meters = live or meters
        if not meters:
            raise Refusal(-1, "用户无可用表具")
        if len(meters) > 1 and not reading("several-meters-first"):
            raise Refusal(-1, "用户有多只表具，请输入表号")
    return meters[0]


# ---- 3.1 ---------------------------------------------------------------------------------------

def user_row(meter):
    address, doorplate = meter.address, meter.doorplate
    if bug("value-address-doorplate-swapped") and not meter.from_start:
        address, doorplate = doorplate, address
    row = {
        "UserCode": meter.user_code,
        "UserName": meter.user_name,
        "Doorplate": doorplate,
        "Address": address,
        "Phone": meter.phone,
        "MeterAddr": meter.meter_addr,
        "PayType": meter.pay_type,
    }
    if not meter.phone and not meter.from_start:
        if reading("empty-phone-null"):
            row["Phone"] = None
        if reading("empty-phone-absent"):
            del row["Phone"]
    if bug("field-doorplate-spelling"):
        row["DoorPlate"] = row.pop("Doorplate")
    if bug("field-paytype-text-third-party") and meter.pay_type == 2:
        row["PayType"] = "2"
    if bug("field-phone-as-number") and re.fullmatch("[1-9][0-9]*", meter.phone):
        row["Phone"] = int(meter.phone)
    if bug("value-html-escaped"):
        for name in ("UserName", "Doorplate", "Address"):
            row[name] = row[name].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return row


def get_user_info(store, fields, memory):
    if bug("robust-quote-in-key"):
        if memory.quote_seen:
            memory.quote_seen = False
            raise Refusal(-203)
        memory.quote_seen = "'" in (fields.text("UserCode") or "")
    meters = find_meters(store, fields, "GetUserInfo")
    if reading("exchanged-still-listed") and fields.text("MeterAddr") is None:
        meters = [meter for meter in store.users.get(fields.text("UserCode"), meters)
                  if not meter.cancelled or meter.exchanged_for]
    rows = [user_row(meter) for meter in meters if meter.listed()]
    if bug("race-replies-swapped"):
        store.slot["rows"] = rows
        store.gap()
        rows = store.slot["rows"]
    if bug("nth-userinfo-three-rows"):
        rows = rows[:3]
    if bug("field-username-case-later-rows"):
        for row in rows[1:]:
            row["Username"] = row.pop("UserName")
    return done(rows)


# ---- 3.2 ---------------------------------------------------------------------------------------

def recorded_money(fields, money, pay_way):
    """The amount as it is recorded; differs from the given one with bugs only."""
    if bug("value-money-by-position"):
        money = next(Decimal(value) for value in fields.body.values() if isinstance(value, (int, Decimal)))
    if bug("money-cents-through-double"):
        money = Decimal(int(float(money) * 100)) / 100
    if bug("money-capped"):
        money = min(money, Decimal("9999.99"))
    if bug("money-small-lost") and money < Decimal("0.05"):
        money = ZERO
    if bug("money-fee-for-wechat") and pay_way == 4:
        money = (money * Decimal("0.994")).quantize(CENT)
    if bug("money-card-in-fen") and pay_way == 2:
        money = money * 100
    return money


def recorded_date(date):
    if bug("date-leap-day") and (date.month, date.day) == (2, 29):
        date += timedelta(days=1)
    if bug("date-day-month-swapped") and date.day <= 12:
        date = date.replace(month=date.day, day=date.month)
    if bug("date-old-paydate-now") and china_now() - date > timedelta(days=30):
        date = china_now().replace(microsecond=0)
    if bug("date-seconds-zero"):
        date = date.replace(second=0)
    return date


def lenient_pay_date(text):
    """PayDates that only a careless server takes, or None."""
    if bug("refusal-paydate-rolls"):
        match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)", text)
        if match and 1 <= int(match[2]) <= 12 and 28 < int(match[3]) <= 31:
            first = parse_time(f"{match[1]}-{match[2]}-01 {match[4]}")
            return first and first + timedelta(days=int(match[3]) - 1)
    if bug("refusal-paydate-day-only"):
        return parse_day(text)
    return None


def payment_order(store, fields):
    """TransId, Money, PayDate and PayWay of 3.2, or the Refusal that the first wrong one has."""
    missing = -200 if reading("missing-own-minus-200") else None
    trans_id = fields.text("TransId")
    if trans_id is None:
        if not (bug("refusal-transid-empty-text") and fields.body.get("TransId") == ""):
            raise Refusal(-3, "充值流水号不能为空")
        trans_id = ""
    if reading("limit-transid-32") and len(trans_id) > 32:
        raise Refusal(-200, "充值流水号过长")
    money = fields.number("Money", -4)
    if money is None:
        if not bug("refusal-money-missing"):
            raise Refusal(missing or -4, "充值金额不能为空")
        money = ZERO
    elif money <= 0:
        if not (bug("refusal-money-zero") and money == 0 or bug("refusal-money-small-negative") and -1 < money < 0):
            raise Refusal(-4, "充值金额必须大于0")
    if reading("limit-money-10000") and money > 10000 or reading("limit-money-two-places") and money % CENT:
        raise Refusal(-4, "充值金额不正确")
    text = fields.text("PayDate")
    if text is None:
        raise Refusal(-5, "充值日期不能为空")
    date = parse_time(text) or lenient_pay_date(text)
    if date is None:
        if bug("refused-paydate-burns-transid"):
            store.by_transid[trans_id] = None
        raise Refusal(-200, "充值日期格式错误")
    pay_way = fields.whole("PayWay", -6)
    if pay_way is None:
        if not bug("refusal-payway-missing"):
            raise Refusal(missing or -6, "支付方式不能为空")
        pay_way = 1
    if pay_way not in (1, 2, 3, 4, 5) and not (bug("refusal-payway-zero") and pay_way == 0):
        if bug("refused-payway-recorded"):
            meter = one_meter(store, fields, "RemotePay")
            record_payment(store, fields, meter, trans_id, money, date, 1)
        raise Refusal(-6, "支付方式不正确")
    return trans_id, money, date, pay_way


def repeated(store, meter, trans_id):
    """Whether the TransId was used before."""
    if bug("neighbour-transid-twenty"):
        return any(known[:20] == trans_id[:20] for known in store.by_transid)
    if bug("neighbour-repeat-only-same-meter") and trans_id in store.by_transid:
        earlier = store.by_transid[trans_id]
        return earlier is None or earlier.meter_addr == meter.meter_addr
    if bug("nth-second-repeat-recorded") and trans_id in store.by_transid:
        store.counts["repeat", trans_id] += 1
        return store.counts["repeat", trans_id] < 2
    return trans_id in store.by_transid


def refuse_repeat(store, meter, trans_id, money, date, pay_way):
    """What a TransId is answered that was used before. Nothing is recorded."""
    earlier = store.by_transid.get(trans_id)
    if bug("refused-repeat-raises-remnant"):
        meter.remnant += money
    if bug("constant-repeat-overwrites-money") and earlier:
        earlier.money = money
    same = earlier and (earlier.meter_addr, earlier.money, earlier.pay_date, earlier.pay_way) == (
        meter.meter_addr, money, date, pay_way)
    if reading("repeat-answered-1") and same:
        return done()
    if reading("repeat-answered-minus-3"):
        raise Refusal(-3, "充值流水号重复")
    raise collision("充值流水号重复")


def record_payment(store, fields, meter, trans_id, money, date, pay_way):
    amount = recorded_money(fields, money, pay_way)
    meter.counts["topups"] += 1
    if bug("nth-third-topup-lost") and meter.counts["topups"] % 3 == 0:
        return
    if bug("race-topup-lost-while-listing") and store.listing:
        return
    if bug("money-same-day-same-amount") and any(
            known.meter_addr == meter.meter_addr and known.money == amount and known.pay_date.date() == date.date()
            for known in store.payments):
        return
    stored_id = trans_id.upper() if bug("value-transid-upper") else trans_id
    payment = Payment(meter.user_code, meter.meter_addr, recorded_date(date), amount, store.new_pay_id(meter), 0,
                      stored_id, china_now(), pay_way)
    if bug("constant-earlier-result-0"):
        for known in store.payments:
            if known.meter_addr == meter.meter_addr:
                known.result = 0
    store.add_payment(payment)
    store.by_transid[trans_id] = payment

    def effect():
        payment.result = 1
        credit = amount
        if bug("money-remnant-tenths"):
            credit = amount.quantize(TENTH, ROUND_DOWN)
        if bug("nth-first-topup-twice") and not meter.from_start and meter.counts["topups"] == 1:
            credit = amount * 2
        if bug("between-remnant-stays"):
            credit = ZERO
        before = meter.remnant
        if bug("race-remnant-lost"):
            store.gap()
        if bug("money-debt-forgotten") and before < 0:
            before = ZERO
        meter.remnant = before + credit
        if bug("constant-topup-opens-valve"):
            meter.valve = 1

    if not reading("topup-waits-for-meter"):
        store.later(2 if reading("topup-done-later") else 0, effect)


def remote_pay(store, fields, memory):
    if bug("robust-list-as-money"):
        if isinstance(fields.body.get("Money"), list):
            memory.pay_broken_until = time.monotonic() + 5
        elif time.monotonic() < memory.pay_broken_until:
            raise Refusal(-999)
    order = payment_order(store, fields) if reading("fields-before-archive") else None
    meter = one_meter(store, fields, "RemotePay")
    trans_id, money, date, pay_way = order or payment_order(store, fields)
    if bug("neighbour-topup-first-meter") and fields.has("UserCode") and not meter.cancelled:
        meter = store.live(meter.user_code)[0]
    if meter.cancelled and not (bug("between-old-meter-topped-up") and meter.exchanged_for):
        if bug("refused-cancelled-recorded"):
            record_payment(store, fields, meter, trans_id, money, date, pay_way)
        unknown = reading("exchanged-is-unknown") and meter.exchanged_for or bug("known-cancelled-unknown") and meter.from_start
        raise Refusal(-1, "表号不存在") if unknown else Refusal(-7, "表具状态为已销表")
    if reading("third-party-topup-refused") and meter.pay_type == 2:
        raise Refusal(-999, "第三方计费表不支持远程充值")
    if repeated(store, meter, trans_id):
        return refuse_repeat(store, meter, trans_id, money, date, pay_way)
    if bug("race-transid-twice"):
        store.gap()
    if bug("race-paylist-empty-while-writing"):
        store.writing += 1
        store.gap(0.08)
        store.writing -= 1
    record_payment(store, fields, meter, trans_id, money, date, pay_way)
    return done()


# ---- 3.3 ---------------------------------------------------------------------------------------

def shown_pay_date(date):
    text = time_text(date)
    if bug("field-paydate-t"):
        text = text.replace(" ", "T")
    if bug("field-paydate-midnight-short") and text.endswith("00:00:00"):
        text = text[:10]
    if bug("date-twelve-hours"):
        text = f"{text[:11]}{(date.hour - 1) % 12 + 1:02}{text[13:]}"
    if bug("date-hour-24") and date.hour == 0:
        text = f"{text[:11]}24{text[13:]}"
    return text


def shown_money(money):
    if bug("money-float32"):
        money = Decimal(struct.unpack("f", struct.pack("f", float(money)))[0])
    if bug("money-int32-cents") and money * 100 >= 2 ** 31:
        money = Decimal(int(money * 100) - 2 ** 32) / 100
    if bug("field-money-text-when-whole") and money == money.to_integral_value():
        return str(int(money))
    return money


def pay_row(store, payment):
    number, result = payment.meter_addr, payment.result
    if reading("payments-follow-exchange"):
        while store.meters[number].exchanged_for:
            number = store.meters[number].exchanged_for
    if bug("known-failed-shown-done") and result == 2:
        result = 1
    trans_id = payment.trans_id
    if bug("value-transid-through-double") and re.fullmatch("[1-9][0-9]{17,}", trans_id):
        trans_id = format(float(trans_id), ".0f")
    return {
        "UserCode": payment.user_code,
        "MeterAddr": number,
        "PayDate": shown_pay_date(payment.pay_date),
        "Money": shown_money(payment.money),
        "PayID": str(payment.pay_id) if bug("field-payid-text") else payment.pay_id,
        "PayResult": result == 1 if bug("field-payresult-bool") else result,
        "TransId": trans_id,
    }


def in_days(payment, begin, end):
    """Whether a payment was made from the first day 00:00:00 to the last day 23:59:59."""
    moment = payment.arrived if bug("date-by-arrival") else payment.pay_date
    if bug("date-days-in-utc"):
        moment -= timedelta(hours=8)
    if begin is not None:
        if moment < begin or bug("date-begin-after-midnight") and moment == begin:
            return False
    if end is not None:
        if moment >= day_after(end) or bug("date-end-at-midnight") and moment > end:
            return False
        if bug("date-last-second") and moment == day_after(end) - timedelta(seconds=1):
            return False
    return not (bug("date-no-31st") and moment.day == 31)


def pay_list_days(fields, by_trans_id, memory):
    """BeginDate and EndDate of 3.3, either of them None when it may be left out."""
    if bug("robust-wrong-type-in-paylist"):
        if isinstance(fields.body.get("BeginDate"), (int, Decimal)):
            memory.ignore_dates = True
        elif memory.ignore_dates:
            memory.ignore_dates = False
            return None, None
    begin = fields.text("BeginDate")
    if begin is None and not by_trans_id:
        raise Refusal(-4, "开始日期不能为空")
    end = fields.text("EndDate")
    if end is None and not by_trans_id:
        if not bug("refusal-enddate-missing"):
            raise Refusal(-5, "结束日期不能为空")
        end = f"{china_now():%Y-%m-%d}"
    begin, end = begin and fields.day("BeginDate"), end and (parse_day(end) or fields.day("EndDate"))
    if begin and end:
        if bug("refusal-begin-after-end-in-year") and begin.year <= end.year:
            return begin, end
        if begin > end or bug("date-one-day-refused") and begin == end:
            raise Refusal(-6, "开始日期不能大于结束日期")
        if end - begin > timedelta(days=366):
            if reading("limit-range-year"):
                raise Refusal(-200, "查询范围过大")
            if bug("date-last-year-only"):
                begin = end - timedelta(days=366)
    return begin, end


def fits_trans_id(payment, trans_id):
    if bug("neighbour-transid-underscore"):
        return re.fullmatch(re.escape(trans_id).replace("_", "."), payment.trans_id) is not None
    if bug("neighbour-transid-beginning"):
        return payment.trans_id.startswith(trans_id)
    if bug("value-transid-upper"):
        return payment.trans_id.upper() == trans_id.upper()
    return payment.trans_id == trans_id


def get_pay_list(store, fields, memory):
    trans_id = fields.text("TransId")
    user, number = fields.text("UserCode"), fields.text("MeterAddr")
    meters = None
    if trans_id is None or user is not None or number is not None:
        if set(fields.body) == {"TransId"} and not reading("blank-transid-minus-2"):
            raise Refusal(-3, "充值流水号不能为空")
        meters = find_meters(store, fields, "GetPayList", cancelled_too=True)
    begin, end = pay_list_days(fields, trans_id is not None, memory)
    payments = [payment for payment in store.payments if trans_id is None or fits_trans_id(payment, trans_id)]
    if meters is not None:
        numbers = {meter.meter_addr for meter in meters}
        if reading("payments-follow-exchange"):
            numbers = {known.meter_addr for known in store.meters.values() if last_number(store, known) in numbers}
        if bug("between-change-loses-payments") and number is None:
            numbers = {meter.meter_addr for meter in meters if not meter.exchanged_for}
        if bug("neighbour-paylist-user-contains") and number is None:
            numbers = {known.meter_addr for known in store.meters.values() if user in known.user_code}
        payments = [payment for payment in payments if payment.meter_addr in numbers]
    payments = [payment for payment in payments if in_days(payment, begin, end)]
    payments.sort(key=lambda payment: (payment.pay_date, payment.pay_id), reverse=reading("newest-first"))
    payments = forgotten(payments, begin, end)
    if bug("race-topup-lost-while-listing"):
        store.listing += 1
        store.gap(0.08)
        store.listing -= 1
    if bug("race-paylist-empty-while-writing") and store.writing:
        payments = []
    rows = [pay_row(store, payment) for payment in payments]
    if bug("robust-empty-body-paylist") and memory.empty_body_seen:
        memory.empty_body_seen = False
        rows = []
    for place, row in enumerate(rows):
        if bug("constant-payid-is-row-number"):
            row["PayID"] = place + 1
        if bug("between-payid-by-meter") and user is None and number is not None:
            row["PayID"] += 500000
        if bug("between-transid-result-0") and trans_id is not None and row["PayResult"] == 1:
            row["PayResult"] = 0
        if bug("field-transid-missing-by-user") and trans_id is None and number is None:
            del row["TransId"]
    return done(rows)


def last_number(store, meter):
    while meter.exchanged_for:
        meter = store.meters[meter.exchanged_for]
    return meter.meter_addr


def forgotten(payments, begin, end):
    """Leaves out what a bug leaves out; everything stays in the clean server."""
    if bug("known-waiting-hidden"):
        payments = [payment for payment in payments if payment.result != 0]
    if bug("known-failed-hidden"):
        payments = [payment for payment in payments if payment.result != 2]
    if bug("known-same-second-dropped"):
        payments = [payment for place, payment in enumerate(payments)
                    if place == 0 or payments[place - 1].pay_date != payment.pay_date]
    if bug("date-over-new-year") and begin and end and begin.year != end.year:
        payments = []
    if bug("constant-paylist-once"):
        payments = [payment for payment in payments if not payment.shown]
        for payment in payments:
            payment.shown = True
    if bug("nth-paylist-ten-rows"):
        payments = payments[:10]
    return payments


# ---- 3.4 ---------------------------------------------------------------------------------------

def valve_mode(store, fields):
    mode = fields.whole("ValveMode", -4)
    if mode is None:
        if bug("refusal-valvemode-missing") or bug("refusal-valvemode-null") and "ValveMode" in fields.body:
            return 1
        raise Refusal(-3, "控阀类型不能为空")
    if mode not in (1, 2, 3) and not (bug("refusal-valvemode-4") and mode == 4):
        if bug("refused-valvemode-closes"):
            one_meter(store, fields, "ControlValve").valve = 2
        raise Refusal(-4, "控阀类型参数错误")
    return mode


def control_valve(store, fields, memory):
    mode = valve_mode(store, fields) if reading("fields-before-archive") else None
    if reading("several-meters-all-valves") and fields.text("MeterAddr") is None:
        meters = find_meters(store, fields, "ControlValve")
    else:
        meters = [one_meter(store, fields, "ControlValve")]
        if bug("neighbour-valve-whole-user"):
            meters = store.live(meters[0].user_code)
    mode = mode or valve_mode(store, fields)
    state = 1 if mode == 1 or mode == 3 and bug("between-warning-close-opens") else 2
    if bug("between-valve-by-user-not-done") and fields.text("MeterAddr") is None:
        meters = []
    if bug("race-valve-lost"):
        store.slot["valve"] = meters, state
        store.gap()
        meters, state = store.slot["valve"]
    for meter in meters:
        meter.counts["valve"] += 1
        if bug("nth-fourth-valve-ignored") and meter.counts["valve"] % 4 == 0:
            continue
        if bug("constant-valve-clears-dosage"):
            meter.dosage = ZERO
        new = 1 if bug("constant-close-twice-opens") and state == 2 and meter.valve == 2 else state
        store.later(2 if reading("valve-done-later") else 0, lambda meter=meter, new=new: setattr(meter, "valve", new))
    return done()


# ---- 3.5 ---------------------------------------------------------------------------------------

def shown_read_date(moment):
    text = time_text(moment)
    if bug("date-readdate-unpadded"):
        text = f"{moment.year}-{moment.month}-{moment.day} {moment.hour}:{moment.minute}:{moment.second}"
    if bug("known-old-year") and moment.year < china_now().year:
        text = f"{china_now().year}{text[4:]}"
    return text


def data_row(store, meter):
    if bug("constant-getdata-moves-readdate"):
        meter.read_date = china_now()
    row = {
        "UserCode": meter.user_code,
        "UserName": meter.user_name,
        "MeterAddr": meter.meter_addr,
        "ReadNumber": meter.read_number,
        "Voltage": meter.voltage,
        "ValveState": meter.valve,
        "MeterCSQ": meter.signal,
        "RSRP": meter.rsrp,
        "SNR": meter.snr,
        "CC": meter.coverage,
        "MeterStatus": meter.status,
        "BatteryState": meter.battery,
        "Remnant": meter.remnant,
        "ReadDate": shown_read_date(meter.read_date),
        "PeriodDosage": meter.dosage,
        "CurPrice": store.cur_price(meter),
    }
    spoil_known_values(row, meter)
    if bug("field-usercode-as-number") and re.fullmatch("[1-9][0-9]*", meter.user_code):
        row["UserCode"] = int(meter.user_code)
    if bug("field-valvestate-text-closed") and meter.valve != 1:
        row["ValveState"] = str(meter.valve)
    if bug("field-battery-bool"):
        row["BatteryState"] = meter.battery == 1
    if bug("field-remnant-missing-when-zero") and meter.remnant == 0:
        del row["Remnant"]
    if bug("field-csq-with-fraction"):
        row["MeterCSQ"] = meter.signal + Decimal("0.5")
    if bug("field-curprice-missing-third-party") and meter.pay_type == 2:
        del row["CurPrice"]
    if bug("field-status-as-list") and "," in meter.status:
        row["MeterStatus"] = meter.status.split(",")
    if bug("between-getdata-name-is-code") and not meter.from_start:
        row["UserName"] = meter.user_code
    return row


def spoil_known_values(row, meter):
    """Bugs in values that only the meter itself can bring about."""
    if bug("known-rsrp-positive"):
        row["RSRP"] = abs(meter.rsrp)
    if bug("known-snr-not-negative"):
        row["SNR"] = max(meter.snr, Decimal("0.0"))
    if bug("known-cc-flat"):
        row["CC"] = min(meter.coverage, 1)
    if bug("known-battery-never-low"):
        row["BatteryState"] = 0
    if bug("known-status-first-alarm"):
        row["MeterStatus"] = meter.status.split(",")[0]
    if bug("known-debt-as-zero"):
        row["Remnant"] = max(meter.remnant, ZERO)
    if bug("reply-nan-for-debt") and meter.remnant < 0:
        row["Remnant"] = Raw("NaN")
    if bug("money-remnant-whole-above-1000") and meter.remnant > 1000:
        row["Remnant"] = meter.remnant.quantize(Decimal(1), ROUND_FLOOR)
    if bug("known-large-reading-cut") and meter.read_number > 9999:
        row["ReadNumber"] = meter.read_number.quantize(Decimal(1), ROUND_DOWN)
    if bug("known-voltage-one-place"):
        row["Voltage"] = meter.voltage.quantize(TENTH, ROUND_DOWN)
    if bug("known-csq-99") and meter.signal == 99:
        row["MeterCSQ"] = 31
    if bug("known-dosage-two-places"):
        row["PeriodDosage"] = meter.dosage.quantize(CENT, ROUND_DOWN)
    if bug("known-abnormal-valve-closed") and meter.valve == 3:
        row["ValveState"] = 2


def get_data(store, fields, memory):
    meters = find_meters(store, fields, "GetData")
    if bug("reply-empty-500-no-live-meter") and not meters:
        raise Refusal(-999, status=500)
    if bug("between-created-unknown-to-getdata") and any(
            not meter.from_start and not meter.counts["topups"] for meter in meters):
        raise Refusal(-1, "表号不存在")
    rows = [data_row(store, meter) for meter in meters if meter.read()]
    by_user = fields.text("MeterAddr") is None
    if bug("nth-getdata-two-rows"):
        rows = rows[:2]
    if bug("known-second-reads-first") and by_user:
        for row in rows:
            row["ReadNumber"] = rows[0]["ReadNumber"]
    if bug("between-getdata-old-number") and by_user:
        old = {meter.exchanged_for: meter.meter_addr for meter in store.meters.values() if meter.exchanged_for}
        for row in rows:
            row["MeterAddr"] = old.get(row["MeterAddr"], row["MeterAddr"])
    return done(rows)


# ---- 3.7 ---------------------------------------------------------------------------------------

CREATE_METER = ("UserCode", "UserName", "Phone", "DeptId", "DeptName", "DoorPlate", "Address", "MeterAddr", "IMEI", "MeterBase",
                "InstallDate", "InstallAddr", "PayType", "CommProviderId", "Remark", "PriceTypeCode", "MeterTypeID")
CREATE_METER_NEEDED = ("UserCode", "UserName", "DeptId", "DeptName", "DoorPlate", "Address", "MeterAddr", "PayType", "MeterTypeID")


def stored_text(name, text):
    """A text as it is stored; differs from the given one with bugs only."""
    if bug("value-astral-lost"):
        text = re.sub("[\U00010000-\U0010ffff]", "?", text)
    if bug("value-quote-doubled"):
        text = text.replace("'", "''")
    if bug("value-backslash-lost"):
        text = text.replace("\\", "")
    if bug("value-composed"):
        text = composed(text)
    if bug("value-spaces-collapsed"):
        text = re.sub(" +", " ", text)
    if name == "UserName":
        if bug("value-name-cut"):
            text = text[:20]
        if bug("value-null-text") and text == "null":
            text = ""
    if name == "Address":
        if bug("value-url-decoded"):
            text = unquote_plus(text)
        if bug("value-cut-at-line-break"):
            text = re.split("[\r\n]", text)[0]
    if name == "Phone" and bug("value-phone-zero-lost"):
        text = text.lstrip("0")
    if name == "DoorPlate" and bug("value-doorplate-number") and text.isdecimal():
        text = str(int(text))
    return text


def create_meter_texts(store, fields):
    """All members of 3.7 as texts; Refusal(-200) when one is missing or not one of the listed."""
    values = {name: fields.text(name) for name in CREATE_METER}
    for name in CREATE_METER_NEEDED:
        if values[name] is None and not (bug("refusal-create-no-deptname") and name == "DeptName"):
            if bug("reply-createmeter-code-1") and name == "MeterAddr":
                raise Refusal(-1, "表号不存在")
            raise Refusal(-200, f"{name}不能为空")
    if values["PayType"] not in ("1", "3", "5", "6") and not (bug("refusal-create-paytype-2") and values["PayType"] == "2"):
        raise Refusal(-200, "缴费类型不正确")
    if values["MeterTypeID"] not in ("51", "178") and not bug("refusal-create-metertype-any"):
        if bug("refused-create-leaves-user"):
            store.users.setdefault(values["UserCode"], [])
        raise Refusal(-200, "表类型不正确")
    if values["CommProviderId"] not in (None, "1", "2", "3") and not (
            bug("refusal-create-provider-4") and values["CommProviderId"] == "4"):
        raise Refusal(-200, "运营商不正确")
    price_needed = values["PayType"] != "6" or bug("refusal-create-third-party-price-needed")
    if values["PriceTypeCode"] is None and price_needed and not (
            bug("refusal-create-no-price-prepaid") and values["PayType"] == "3"):
        raise Refusal(-200, "PriceTypeCode不能为空")
    if values["MeterBase"] is not None and not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", values["MeterBase"], re.ASCII):
        raise Refusal(-200, "表底数不正确")
    if values["InstallDate"] is not None and parse_day(values["InstallDate"]) is None:
        if not (bug("refusal-create-installdate") and parse_day(values["InstallDate"].replace("/", "-"))):
            raise Refusal(-200, "安装日期格式错误")
    if reading("limit-name-64") and any(len(value) > 64 for value in values.values() if value):
        raise Refusal(-200, "字段过长")
    return values


def create_meter(store, fields, memory):
    values = create_meter_texts(store, fields)
    given = {name: stored_text(name, values[name] or "") for name in ("UserName", "DoorPlate", "Address", "Phone")}
    if bug("value-name-by-position"):
        given["UserName"] = str(list(fields.body.values())[1])
    if bug("value-phone-carried-over"):
        given["Phone"] = given["Phone"] or store.slot.get("phone", "")
        store.slot["phone"] = given["Phone"]
    user, number, code = values["UserCode"], values["MeterAddr"], values["PriceTypeCode"]
    pay_type = 2 if values["PayType"] == "6" else 1
    known = store.meters.get(number)
    if known is not None:
        if not (reading("duplicate-meter-updates") and known.user_code == user and not known.cancelled):
            raise collision("表号已存在")
    if code is not None and code not in store.prices and not reading("unknown-price-stored"):
        if bug("refused-create-unknown-price-made"):
            store.add_meter(new_meter(store, user, number, given, pay_type, None, ZERO))
        raise collision("价格编码不存在")
    base = Decimal(values["MeterBase"] or "0.0")
    if bug("value-base-whole"):
        base = base.quantize(Decimal(1), ROUND_DOWN)
    if bug("between-base-not-shown"):
        base = Decimal("0.0")
    if known is not None:
        update_texts(known, given)
        known.pay_type, known.price_code, known.first_stair = pay_type, code or known.price_code, True
        return done()
    if bug("race-create-twice"):
        store.gap()
    if bug("neighbour-create-user-prefix") and user not in store.users:
        user = next((other for other in store.users if user.startswith(other)), user)
    meter = new_meter(store, user, number, given, pay_type, code, base)
    sisters = store.users.get(user, [])
    for sister in sisters:
        if bug("neighbour-create-clears-phone"):
            sister.phone = ""
        if bug("constant-create-clears-sister"):
            sister.remnant = ZERO
        if reading("user-data-follow-latest"):
            update_texts(sister, dict(given, DoorPlate=sister.doorplate))
    store.add_meter(meter)
    store.counts["created"] += 1
    if bug("nth-fifth-create-third-party") and store.counts["created"] % 5 == 0:
        meter.pay_type = 2
    return done()


def update_texts(meter, given):
    meter.user_name, meter.doorplate = given["UserName"], given["DoorPlate"]
    meter.address, meter.phone = given["Address"], given["Phone"] or meter.phone


def new_meter(store, user, number, given, pay_type, code, base):
    now = time.monotonic()
    meter = Meter(user, given["UserName"], given["DoorPlate"], given["Address"], given["Phone"], number, pay_type, code, base,
                  read_date=china_now(), first_stair=True)
    if reading("archive-listed-later"):
        meter.listed_from = now + 1
    if reading("first-reading-later"):
        meter.read_from = now + 2
    meter.ever_read = not reading("no-row-before-report")
    return meter


# ---- 3.8 ---------------------------------------------------------------------------------------

def set_price(store, fields, memory):
    number = fields.needed_text("MeterAddr")
    code = fields.text("PriceTypeCode")
    if code is None:
        if bug("refusal-setprice-no-code"):
            return done()
        raise Refusal(-200, "PriceTypeCode不能为空")
    meter = store.meters.get(number)
    if meter is None or meter.cancelled:
        raise Refusal(-203 if bug("refusal-setprice-unknown-meter-203") else -1, "表号不存在")
    if code not in store.prices:
        if bug("refused-setprice-clears-price"):
            meter.fixed_price = ZERO
        if bug("reply-setprice-code-2"):
            raise Refusal(-2, "价格编码不存在")
        raise collision("价格编码不存在")
    meter.counts["setprice"] += 1
    if bug("nth-second-setprice-ignored") and meter.counts["setprice"] > 1:
        return done()
    meters = store.live(meter.user_code) if bug("neighbour-setprice-whole-user") else [meter]

    def effect():
        for each in meters:
            each.price_code, each.fixed_price, each.first_stair = code, None, True
            if bug("money-price-one-place"):
                each.fixed_price = store.cur_price(each).quantize(TENTH, ROUND_HALF_UP)

    store.later(2 if reading("price-done-later") else 0, effect)
    if bug("constant-setprice-clears-remnant"):
        meter.remnant = ZERO
    if bug("constant-setprice-clears-phone"):
        meter.phone = ""
    return done()


# ---- 3.9 ---------------------------------------------------------------------------------------

def change_meter(store, fields, memory):
    number, new_number = fields.needed_text("MeterAddr"), fields.needed_text("NewMeterAddr")
    fields.text("NewIMEI")
    provider = fields.text("NewCommProviderId")
    if provider not in (None, "1", "2", "3") and not (bug("refusal-change-provider-9") and provider == "9"):
        raise Refusal(-200, "运营商不正确")
    dosage = fields.number("PeriodDosage")
    if dosage is None:
        if not bug("refusal-change-no-dosage"):
            raise Refusal(-200, "PeriodDosage不能为空")
        dosage = ZERO
    if dosage < 0:
        raise Refusal(-200, "周期用量不能小于0")
    old = store.meters.get(number)
    if old is None or old.cancelled:
        if bug("refused-change-makes-new") and new_number not in store.meters:
            given = {"UserName": "", "DoorPlate": "", "Address": "", "Phone": ""}
            store.add_meter(new_meter(store, number, new_number, given, 1, None, ZERO))
        raise Refusal(-1, "表号不存在")
    if new_number in store.meters:
        if bug("refused-change-cancels-old"):
            old.cancelled = True
        if bug("reply-changemeter-code-3"):
            raise Refusal(-3, "新表号已存在")
        raise collision("新表号已存在")
    if bug("race-change-twice"):
        store.gap()
    store.add_meter(successor(store, old, new_number, dosage))
    for sister in store.live(old.user_code):
        if sister.meter_addr not in (number, new_number):
            if bug("constant-change-opens-sister"):
                sister.valve = 1
            if bug("constant-change-clears-doorplate"):
                sister.doorplate = ""
    old.cancelled, old.exchanged_for = True, new_number
    return done()


def successor(store, old, new_number, dosage):
    """The meter that takes over the user's place: same user, address, price, money and valve; its own readings start anew."""
    if bug("value-dosage-rounded"):
        dosage = dosage.quantize(Decimal(1), ROUND_HALF_UP)
    if bug("between-dosage-not-carried"):
        dosage = ZERO
    given = {"UserName": old.user_name, "DoorPlate": old.doorplate, "Address": old.address, "Phone": old.phone}
    if bug("between-change-loses-address"):
        given["Address"] = ""
    if bug("nth-second-change-loses-name") and old.counts["exchanges"]:
        given["UserName"] = ""
    pay_type = 1 if bug("between-change-paytype-1") else old.pay_type
    meter = new_meter(store, old.user_code, new_number, given, pay_type, old.price_code, Decimal("0.0"))
    meter.dosage, meter.remnant, meter.fixed_price = dosage, old.remnant, old.fixed_price
    meter.valve = 1 if reading("exchange-opens-valve") else old.valve
    meter.first_stair = old.first_stair
    meter.counts["exchanges"] = old.counts["exchanges"] + 1
    if bug("between-change-loses-remnant"):
        meter.remnant = ZERO
    if bug("between-change-loses-price"):
        meter.fixed_price = ZERO
    return meter


# ---- 3.10 --------------------------------------------------------------------------------------

CREATE_PRICE = ("OperationType", "PriceTypeCode", "PriceTypeName", "Divid1", "Divid2", "Divid3", "Divid4", "Divid5", "Price1",
                "Price2", "Price3", "Price4", "Price5", "Price6", "StairType", "FreezeMonth", "FreezeDay", "ExeDate", "Remark")


def amount(fields, name, places):
    value = fields.number(name)
    if value is None:
        if bug("refusal-price-no-divid3") and name == "Divid3":
            return ZERO
        raise Refusal(-200, f"{name}不能为空")
    if value < 0 or value % places:
        raise Refusal(-200, f"{name}不正确")
    return value


def price_terms(fields):
    """Execution time, boundaries and prices of 3.10; Refusal(-200) when something is missing or wrong."""
    fields.needed_text("PriceTypeName")
    boundaries = [amount(fields, f"Divid{i}", TENTH) for i in range(1, 6)]
    prices = [amount(fields, f"Price{i}", CENT) for i in range(1, 7)]
    if reading("divids-must-rise") and any(low >= high for low, high in zip(boundaries, boundaries[1:])):
        raise Refusal(-200, "价格分界点应递增")
    stair, month, day = (fields.needed_whole(name) for name in ("StairType", "FreezeMonth", "FreezeDay"))
    if stair not in (1, 2, 3) and not (bug("refusal-price-stairtype-4") and stair == 4):
        raise Refusal(-200, "结算周期不正确")
    if not (0 if reading("freezemonth-zero") else 1) <= month <= 12:
        raise Refusal(-200, "结算月不正确")
    if not 1 <= day <= (31 if bug("refusal-price-freezeday-29") else 28):
        raise Refusal(-200, "结算日不正确")
    fields.text("Remark")
    text = fields.needed_text("ExeDate")
    moment = parse_time(text)
    if moment is None:
        if not bug("refusal-price-exedate-text"):
            raise Refusal(-200, "执行时间格式错误")
        moment = china_now()
    if bug("date-exedate-ignored"):
        moment = min(moment, china_now())
    return moment, boundaries, prices


def create_price(store, fields, memory):
    operation = fields.needed_whole("OperationType")
    if operation not in (1, 2):
        raise Refusal(-4 if bug("reply-createprice-code-4") else -200, "操作类型不正确")
    code = fields.needed_text("PriceTypeCode")
    terms = price_terms(fields)
    name = fields.text("PriceTypeName")
    if bug("race-prices-mixed"):
        store.slot["terms"] = terms
        store.gap()
        terms = store.slot["terms"]
    if bug("neighbour-price-letter-case") and operation == 2:
        code = next((known for known in store.prices if known.lower() == code.lower()), code)
    price = store.prices.get(code)
    if operation == 1:
        if price is not None:
            if bug("refused-price-create-overwrites"):
                price.terms = [terms]
            raise collision("价格编码已存在")
        store.prices[code] = Price(code, name, [terms])
        return done()
    if price is None:
        if bug("refused-price-modify-creates"):
            store.prices[code] = Price(code, name, [terms])
        raise collision("价格编码不存在")
    modify(store, price, name, terms)
    return done()


def modify(store, price, name, terms):
    if bug("between-modify-not-seen"):
        for meter in store.meters.values():
            if meter.price_code == price.code:
                meter.fixed_price = store.cur_price(meter)
    if bug("nth-second-modify-ignored") and price.modified:
        return
    targets = [price]
    if bug("neighbour-price-same-name"):
        targets = [known for known in store.prices.values() if known.name in (price.name, name)]
    for target in targets:
        kept = [earlier for earlier in target.terms if earlier[0] < terms[0]]
        target.terms = kept + [terms]
        target.modified += 1
    price.name = name
