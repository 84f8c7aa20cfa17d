# SPDX-License-Identifier: Apache-2.0
"""The one interface of the revenue platform: 3.6, a meter's report, answered with price and remaining money.

The paper lists two result codes only, so whatever is wrong in a report is answered 0.
"""
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from store import ZERO, Account
from switches import bug, reading
from values import MESSAGES, Refusal, china_now, time_text

CENT = Decimal("0.01")
REPORT = ("UserCode", "UserName", "MeterAddr", "ReadNumber", "Voltage", "ValveState", "MeterCSQ", "RSRP", "SNR", "CC",
          "MeterStatus", "BatteryState", "ReadDate", "PeriodDosage", "Reserve")
ONLY_IN_REPORTS = set(REPORT) - {"UserCode", "MeterAddr"}


def is_report(body):
    """3.5 and 3.6 share a path; a body with a member that only 3.6 has is a report."""
    if reading("member-letter-case-free"):
        return not {name.lower() for name in ONLY_IN_REPORTS}.isdisjoint(name.lower() for name in body)
    return not ONLY_IN_REPORTS.isdisjoint(body)


def find_account(store, number):
    account = store.accounts.get(number)
    meter = store.meters.get(number)
    if account is None and reading("created-meters-billed") and meter and meter.pay_type == 2 and not meter.cancelled:
        price = store.cur_price(meter) or Decimal("2.50")
        account = store.accounts[number] = Account(meter.user_code, meter.user_name, number, meter.read_number,
                                                   datetime(2000, 1, 1), price, meter.remnant, settled=china_now(),
                                                   first_number=meter.read_number)
    return account


def checked_report(fields):
    """MeterAddr, ReadNumber and ReadDate of a report whose members all have their types."""
    for name in ("UserCode", "UserName", "MeterStatus"):
        fields.text(name)
    for name in ("Voltage", "RSRP", "SNR", "PeriodDosage", "Reserve"):
        fields.number(name)
    for name in ("MeterCSQ", "CC"):
        fields.whole(name)
    if fields.whole("ValveState") not in (None, 1, 2, 3) or fields.whole("BatteryState") not in (None, 0, 1):
        raise Refusal(0, "取值不正确")
    number, read_number = fields.text("MeterAddr"), fields.number("ReadNumber")
    if bug("billing-bad-readdate-1"):
        try:
            read_date = fields.moment("ReadDate")
        except Refusal:
            read_date = china_now()
    else:
        read_date = fields.moment("ReadDate")
    if number is None or read_date is None or read_number is None:
        raise Refusal(0, "缺少必要字段")
    return number, read_number, read_date


def refuse_for_nothing(fields, account):
    """Good reports that only a bug refuses."""
    if bug("billing-alarm-refused") and (fields.whole("BatteryState") == 1 or fields.whole("ValveState") == 3):
        raise Refusal(0)
    if bug("billing-negative-signal-refused") and (fields.number("SNR") or 0) < 0:
        raise Refusal(0)
    if bug("billing-debtor-refused") and account.remnant < 0:
        raise Refusal(0)


def settle(store, fields, account, read_number, read_date):
    """Charges what was used since the last reading."""
    account.reports += 1
    usage = read_number - account.read_number
    if bug("race-report-twice"):
        store.gap()
    if bug("billing-charged-by-dosage") and fields.has("PeriodDosage"):
        usage = fields.number("PeriodDosage")
    if bug("billing-from-first-reading"):
        usage = read_number - account.first_number
    if bug("money-report-whole-cubic"):
        usage = usage.quantize(Decimal(1), ROUND_CEILING)
    if bug("billing-never-charged") or bug("nth-third-report-free") and account.reports % 3 == 0:
        usage = ZERO
    charge = (usage * account.unit_price).quantize(CENT, ROUND_HALF_UP)
    account.remnant -= charge
    if bug("billing-charges-sister"):
        for sister in store.accounts.values():
            if sister.user_code == account.user_code and sister is not account:
                sister.remnant -= charge
    account.read_number, account.read_date = read_number, read_date
    account.settled = read_date if reading("report-settled-at-reading") else china_now()
    if bug("billing-reserve-echoed") and fields.has("Reserve"):
        account.remnant = fields.number("Reserve")


def answer_row(store, account):
    money, paid = account.last_pay_money, account.last_pay_time
    first = next(other for other in store.accounts.values() if other.user_code == account.user_code)
    remnant = first.remnant if bug("billing-second-meter-remnant") else account.remnant
    mode = 1 if remnant > 0 else 2
    if reading("report-warns-early") and 0 < remnant < 20:
        mode = 3
    if bug("billing-debt-as-zero"):
        remnant = max(remnant, ZERO)
    if bug("billing-open-in-debt"):
        mode = 1
    if bug("field-report-valvemode-zero-in-debt") and remnant < 0:
        mode = 0
    price = first.unit_price if bug("billing-second-meter-price") else account.unit_price
    if bug("billing-price-one-place"):
        price = price.quantize(Decimal("0.1"), ROUND_HALF_UP)
    row = {
        "MeterAddr": first.meter_addr if bug("billing-second-meter-addr") else account.meter_addr,
        "UnitPrice": format(price, "f") if bug("field-report-unitprice-text") else price,
        "Remnant": remnant,
        "RemnantTime": time_text(account.settled),
        "ValveMode": mode,
    }
    if bug("field-report-remnanttime-slashes"):
        row["RemnantTime"] = row["RemnantTime"].replace("-", "/")
    if money is not None:
        if bug("billing-lastpay-summed"):
            money = sum(other.last_pay_money or ZERO for other in store.accounts.values()
                        if other.user_code == account.user_code)
        if bug("constant-report-forgets-lastpay") and account.reports > 1:
            money = ZERO
        if bug("date-report-lastpay-utc"):
            paid -= timedelta(hours=8)
        row["LastPayMoney"] = money
        row["LastPayTime"] = time_text(paid)[:10] if bug("field-report-lastpaytime-short") else time_text(paid)
    elif reading("report-no-payment-null"):
        row["LastPayMoney"] = row["LastPayTime"] = None
    return row


def report(store, fields, memory):
    number, read_number, read_date = checked_report(fields)
    account = find_account(store, number)
    if account is None:
        if bug("billing-unknown-meter-1"):
            return {"ResultCode": 1, "Message": MESSAGES[1], "DataList": []}
        raise Refusal(-1 if bug("billing-unknown-meter-minus-1") else 0, "表号不存在")
    user = fields.text("UserCode")
    if user is not None and user != account.user_code and not bug("billing-other-user-1"):
        if bug("refused-report-charged"):
            account.remnant -= ((read_number - account.read_number) * account.unit_price).quantize(CENT)
        raise Refusal(0, "用户编号与表号不符")
    refuse_for_nothing(fields, account)
    if read_date > china_now() + timedelta(days=1) and not reading("report-future-taken"):
        raise Refusal(0, "抄表时间不正确")
    repeat = account.last_report == (read_date, read_number)
    if repeat and bug("billing-repeat-charged"):
        account.remnant -= (fields.number("PeriodDosage") or Decimal(1)) * account.unit_price
    elif repeat:
        pass                                            # settled before: the same answer again
    elif read_date < account.read_date:
        if reading("report-late-refused") or read_number > account.read_number:
            raise Refusal(0, "抄表时间早于上次抄表")
    elif read_number < account.read_number:
        if not reading("report-falling-taken"):
            raise Refusal(0, "抄表读数小于上次读数")
        account.read_number, account.read_date = read_number, read_date
    else:
        settle(store, fields, account, read_number, read_date)
        account.last_report = (read_date, read_number)
    rows = [answer_row(store, account)]
    if bug("billing-row-of-every-meter"):
        rows = [answer_row(store, other) for other in store.accounts.values() if other.user_code == account.user_code]
    return {"ResultCode": 1, "Message": MESSAGES[1], "DataList": rows}
