# SPDX-License-Identifier: Apache-2.0
"""All data, in memory, under one lock: users, meters, payments, prices, billing accounts."""
import heapq
import itertools
import threading
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from switches import FOLDER, bug, reading
from values import china_now, parse_time

ZERO = Decimal("0.00")


@dataclass
class Meter:
    user_code: str
    user_name: str
    doorplate: str
    address: str
    phone: str
    meter_addr: str
    pay_type: int
    price_code: str = None
    read_number: Decimal = ZERO
    voltage: Decimal = Decimal("3.6")
    valve: int = 1
    signal: int = 0
    rsrp: Decimal = Decimal("0.0")
    snr: Decimal = Decimal("0.0")
    coverage: int = 0
    status: str = "正常"
    battery: int = 0
    remnant: Decimal = ZERO
    read_date: datetime = None
    dosage: Decimal = ZERO
    from_start: bool = False        # stands in facts.toml
    cancelled: bool = False
    exchanged_for: str = None       # the new meter's number, after 3.9
    ever_read: bool = True
    listed_from: float = 0.0        # time.monotonic() from which 3.1 lists it
    read_from: float = 0.0          # ... and 3.5 has a row
    fixed_price: Decimal = None     # a price that the archive does not say (bugs only)
    first_stair: bool = False
    counts: Counter = field(default_factory=Counter)

    def listed(self):
        return self.listed_from <= time.monotonic()

    def read(self):
        return self.ever_read and self.read_from <= time.monotonic()


@dataclass
class Payment:
    user_code: str
    meter_addr: str
    pay_date: datetime
    money: Decimal
    pay_id: int
    result: int
    trans_id: str
    arrived: datetime
    pay_way: int = 1
    shown: bool = False


@dataclass
class Price:
    code: str
    name: str
    terms: list                     # (execution time, boundaries, prices), oldest first
    modified: int = 0

    def at(self, dosage, moment, first_stair=False):
        """The price of the stair that a period's dosage has reached."""
        valid = [terms for terms in self.terms if terms[0] <= moment] or self.terms[:1]
        boundaries, prices = valid[-1][1:]
        below = Decimal(-1)
        for boundary, price in zip(boundaries, prices):
            if boundary <= below:
                return price        # boundaries that no longer rise are not used
            if first_stair or dosage <= boundary:
                return price
            below = boundary
        return prices[5]


@dataclass
class Account:
    """What billing knows of one meter."""
    user_code: str
    user_name: str
    meter_addr: str
    read_number: Decimal
    read_date: datetime
    unit_price: Decimal
    remnant: Decimal
    last_pay_money: Decimal = None
    last_pay_time: datetime = None
    settled: datetime = None
    last_report: tuple = None
    reports: int = 0
    first_number: Decimal = None


class Store:
    def __init__(self):
        self.lock = threading.RLock()
        self.meters = {}            # MeterAddr -> Meter, cancelled ones too
        self.users = {}             # UserCode -> [Meter]
        self.payments = []
        self.by_transid = {}
        self.prices = {}
        self.accounts = {}          # MeterAddr -> Account
        self.counts = Counter()
        self.first_pay_id = self.next_pay_id = 50001
        self._due = []
        self._order = itertools.count()
        self.slot = {}              # shared by threads (bugs only)
        self.writing = 0
        self.listing = 0
        self._load()

    def _load(self):
        with open(FOLDER / "facts.toml", "rb") as handle:
            facts = tomllib.load(handle, parse_float=Decimal)
        readings = {row["MeterAddr"]: row for row in facts["rows"]["GetData"]}
        codes = {entry["MeterAddr"]: entry["PriceTypeCode"] for entry in facts["meter_prices"]}
        for row in facts["rows"]["GetUserInfo"]:
            data = readings[row["MeterAddr"]]
            self.add_meter(Meter(
                row["UserCode"], row["UserName"], row["Doorplate"], row["Address"], row["Phone"], row["MeterAddr"],
                row["PayType"], codes[row["MeterAddr"]], data["ReadNumber"], data["Voltage"], data["ValveState"],
                data["MeterCSQ"], data["RSRP"], data["SNR"], data["CC"], data["MeterStatus"], data["BatteryState"],
                data["Remnant"], parse_time(data["ReadDate"]), data["PeriodDosage"], from_start=True))
        for row in facts["cancelled"]:
            self.add_meter(Meter(row["UserCode"], "", "", "", "", row["MeterAddr"], 1,
                                 read_date=datetime(2020, 1, 1), from_start=True, cancelled=True))
        for row in facts["rows"]["GetPayList"]:
            when = parse_time(row["PayDate"])
            self.add_payment(Payment(row["UserCode"], row["MeterAddr"], when, row["Money"], row["PayID"],
                                     row["PayResult"], row["TransId"], when))
        for row in facts["prices"]:
            self.prices[row["PriceTypeCode"]] = Price(row["PriceTypeCode"], row["PriceTypeName"], [(
                parse_time(row["ExeDate"]), [row[f"Divid{i}"] for i in range(1, 6)],
                [row[f"Price{i}"] for i in range(1, 7)])])
        for row in facts["billing"]:
            paid = row.get("LastPayTime")
            self.accounts[row["MeterAddr"]] = Account(
                row["UserCode"], row["UserName"], row["MeterAddr"], row["ReadNumber"], parse_time(row["ReadDate"]),
                row["UnitPrice"], row["Remnant"], row.get("LastPayMoney"), parse_time(paid) if paid else None,
                settled=parse_time(row["ReadDate"]), last_report=(parse_time(row["ReadDate"]), row["ReadNumber"]),
                first_number=row["ReadNumber"])

    # ---- changes (the caller holds the lock) ----

    def add_meter(self, meter):
        self.meters[meter.meter_addr] = meter
        self.users.setdefault(meter.user_code, []).append(meter)

    def add_payment(self, payment):
        self.payments.append(payment)
        self.by_transid[payment.trans_id] = payment

    def new_pay_id(self, meter):
        number = self.next_pay_id
        if bug("race-payid-same"):
            self.gap()
        self.next_pay_id = number + 1
        if bug("nth-payid-restarts"):
            return self.first_pay_id + (number - self.first_pay_id) % 40
        if bug("constant-payid-per-meter"):
            meter.counts["payid"] += 1
            return self.first_pay_id + meter.counts["payid"]
        return number

    def later(self, seconds, effect):
        """Does something now, or after some seconds at the next look."""
        if seconds:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), effect))
        else:
            effect()

    def settle(self):
        """Does what has become due."""
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()

    def gap(self, seconds=0.04):
        """Lets others in for a moment where nobody should get in (bugs only)."""
        self.lock.release()
        time.sleep(seconds)
        self.lock.acquire()

    # ---- questions ----

    def live(self, user_code):
        return [meter for meter in self.users[user_code] if not meter.cancelled]

    def cur_price(self, meter):
        if meter.fixed_price is not None:
            return meter.fixed_price
        price = self.prices.get(meter.price_code)
        if price is None:
            return ZERO
        return price.at(meter.dosage, china_now(), meter.first_stair and reading("curprice-first-stair"))


def day_after(day):
    return day + timedelta(days=1)
