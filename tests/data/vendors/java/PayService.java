// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Fields.blank;
import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** 3.2 远程充值接口 and 3.3 充值记录查询. */
final class PayService {
    private static final DateTimeFormatter WEEK_YEAR =
            DateTimeFormatter.ofPattern("YYYY-MM-dd HH:mm:ss", Locale.CHINA);
    private static final DateTimeFormatter TWELVE_HOURS = DateTimeFormatter.ofPattern("uuuu-MM-dd hh:mm:ss");
    private static final DateTimeFormatter MONTH_TWICE = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:MM:ss");

    /** A top-up as it was asked for. */
    private static final class Order {
        String transId;
        BigDecimal money;
        LocalDateTime payDate;
        int payWay;
        Refusal late; // only some bugs refuse after the work was done
    }

    private final Repository repository;
    private final Finder finder;
    // what only race bugs look at
    private LocalDateTime sharedDate;
    private int bookings;

    PayService(Repository repository) {
        this.repository = repository;
        this.finder = new Finder(repository);
    }

    // --- 3.2 ---

    Reply remotePay(Fields f) {
        Meter meter;
        Order order;
        if (reading("keys-before-fields")) {
            meter = target(f, null);
            order = readOrder(f);
        } else {
            order = readOrder(f);
            meter = target(f, order);
        }
        needNotCancelled(meter, f, order);
        if (meter.payType == 2 && reading("third-party-no-topup")) {
            throw new Refusal(Refusal.UNKNOWN, "第三方计费表具不支持远程充值");
        }
        if (Math.abs((long) order.money.scale()) > 60) {
            meter.locked = true; // robust-lock-leak
            throw Refusal.badData("充值金额超出范围");
        }
        if (meter.locked) {
            throw Refusal.database("记录已被锁定");
        }
        if (isRepeat(order, meter)) {
            return repeat(order, meter);
        }
        if (bug("race-transid")) {
            repository.pauseUnlocked(60);
        }
        if (order.late != null && order.payDate == null) {
            credit(meter, order.money, order.payWay);
            throw order.late;
        }
        boolean meterGiven = !blank(f.text("MeterAddr"));
        if (bug("topup-first-of-user") && meterGiven && !blank(f.text("UserCode"))) {
            meter = repository.metersOf(Repository.Use.TOPUP, meter.userCode).get(0);
        }
        book(meter, order, !meterGiven);
        if (order.late != null) {
            throw order.late;
        }
        return Reply.done("充值已受理");
    }

    /** Our own order: what the request says in itself comes before who it is for. */
    private Order readOrder(Fields f) {
        Order order = new Order();
        order.transId = f.text("TransId");
        if (blank(order.transId) && !(bug("topup-blank-transid") && order.transId != null
                && !order.transId.isEmpty())) {
            throw new Refusal(-3, "缺少充值流水号");
        }
        if (order.transId.length() > 64 && reading("limit-transid")) {
            throw Refusal.badData("充值流水号过长");
        }
        order.money = money(f);
        readPayDate(f, order);
        Integer payWay = f.integer("PayWay");
        if (payWay == null && reading("missing-is-200")) {
            throw Refusal.badData("PayWay为必填项");
        }
        if (payWay == null || payWay < 1 || payWay > (bug("topup-payway-six") ? 6 : 5)) {
            Refusal refusal = new Refusal(-6, "支付方式代码无效");
            if (!bug("topup-bad-payway-recorded")) {
                throw refusal;
            }
            order.late = refusal;
        }
        order.payWay = payWay == null ? 0 : payWay;
        return order;
    }

    private static BigDecimal money(Fields f) {
        BigDecimal money = f.decimal("Money");
        if (money == null && reading("missing-is-200")) {
            throw Refusal.badData("Money为必填项");
        }
        boolean good = money != null && money.signum() > 0;
        if (money != null) {
            good |= bug("topup-zero-accepted") && money.signum() == 0;
            good |= bug("topup-minus-cents-accepted") && money.signum() < 0
                    && money.compareTo(BigDecimal.ONE.negate()) > 0;
            good &= !(bug("small-money-refused") && money.compareTo(BigDecimal.ONE) < 0);
        }
        if (!good) {
            throw new Refusal(-4, "充值金额须为正数");
        }
        if (Math.abs((long) money.scale()) > 60) {
            return money;
        }
        if (reading("limit-money") && money.compareTo(new BigDecimal(50000)) > 0) {
            throw Refusal.badData("单笔充值金额超限");
        }
        if (money.stripTrailingZeros().scale() > 2) {
            if (reading("limit-places")) {
                throw Refusal.badData("充值金额最多两位小数");
            }
            if (reading("money-rounded")) {
                money = money.setScale(2, RoundingMode.HALF_UP);
            }
        }
        if (bug("money-binary-tail")) {
            return new BigDecimal(money.doubleValue());
        }
        if (bug("money-fifteen-digits")) {
            money = money.round(new MathContext(15));
        }
        if (bug("cents-cut")) {
            money = BigDecimal.valueOf((long) (money.doubleValue() * 100), 2);
        }
        return money.scale() < 2 ? money.setScale(2) : money;
    }

    private static void readPayDate(Fields f, Order order) {
        String text = f.text("PayDate");
        if (blank(text)) {
            throw new Refusal(bug("topup-date-code-three") ? -3 : -5, "缺少充值日期");
        }
        if (bug("leap-day-refused") && text.startsWith("02-29", 5)) {
            throw Refusal.badData("充值日期无效");
        }
        try {
            order.payDate = bug("paydate-rolls") ? Dates.rolled(text, "充值时间") : Dates.time(text, "充值时间");
        } catch (Refusal refusal) {
            if (!bug("topup-bad-date-remnant")) {
                throw refusal;
            }
            order.late = refusal;
            return;
        }
        if (reading("paydate-not-ahead") && order.payDate.isAfter(Dates.now().plusDays(1))) {
            throw Refusal.badData("充值时间晚于当前时间");
        }
    }

    private Meter target(Fields f, Order order) {
        try {
            return finder.forOrder(Repository.Use.TOPUP, f).get(0);
        } catch (Refusal refusal) {
            if (refusal.code == 0 && order != null && bug("topup-refused-keeps-transid")) {
                repository.reserveTransId(order.transId);
            }
            throw refusal;
        }
    }

    private void needNotCancelled(Meter meter, Fields f, Order order) {
        if (!meter.cancelled || bug("exchange-old-takes-money") && meter.exchanged
                || bug("cancelled-accepted") && !meter.exchanged) {
            return;
        }
        if (reading("old-meter-unknown") && meter.exchanged || bug("cancelled-minus-one") && !meter.exchanged) {
            throw new Refusal(-1, "表号“" + meter.addr + "”不存在或不属于该用户");
        }
        if (bug("topup-cancelled-recorded")) {
            book(meter, order, blank(f.text("MeterAddr")));
        }
        throw new Refusal(-7, "表具已办理销户，不能充值");
    }

    private boolean isRepeat(Order order, Meter meter) {
        if (!repository.usedTransId(order.transId)) {
            return false;
        }
        Payment earlier = repository.payment(order.transId);
        return !bug("transid-per-meter") || earlier == null || earlier.meterAddr.equals(meter.addr);
    }

    private Reply repeat(Order order, Meter meter) {
        if (bug("topup-repeat-remnant")) {
            credit(meter, order.money, order.payWay);
        }
        if (bug("repeat-changes-money")) {
            repository.payment(order.transId).money = order.money;
        }
        if (reading("repeat-answers-one")) {
            return Reply.done("该流水号此前已充值");
        }
        int code = reading("repeat-answers-999") ? Refusal.UNKNOWN
                : reading("repeat-answers-three") ? -3
                : reading("repeat-answers-200") ? Refusal.BAD_DATA : Refusal.DATABASE;
        throw new Refusal(code, "充值流水号重复，违反唯一约束");
    }

    private void book(Meter meter, Order order, boolean byUserOnly) {
        meter.topups++;
        if (bug("third-topup-lost") && meter.topups % 3 == 0) {
            return;
        }
        if (bug("payresult-reset")) {
            repository.paymentsOfMeter(meter.addr).forEach(p -> p.result = 0);
        }
        Payment payment = new Payment();
        payment.userCode = meter.userCode;
        payment.meterAddr = meter.addr;
        payment.payDate = order.payDate;
        payment.bookedAt = Dates.now();
        payment.money = order.money;
        payment.transId = storedTransId(order.transId);
        payment.byUserOnly = byUserOnly;
        payment.id = payId(meter);
        if (bug("race-paydate")) {
            sharedDate = order.payDate;
            repository.pauseUnlocked(40);
            payment.payDate = sharedDate;
        }
        if (bug("race-query-during-topup")) {
            bookings++;
            repository.pauseUnlocked(150);
            bookings--;
        }
        repository.add(payment);
        if (bug("every-fourth-topup-twice") && meter.topups % 4 == 0) {
            repository.add(copy(payment));
        }
        repository.later(reading("topup-asynchronous") ? 2000 : 0, () -> {
            payment.result = 1;
            credit(meter, order.money, order.payWay);
        });
        if (bug("topup-opens-valve")) {
            meter.valve = 1;
        }
    }

    private int payId(Meter meter) {
        if (bug("payid-per-meter")) {
            return meter.topups;
        }
        if (bug("race-payid")) {
            int id = repository.lastPayId() + 1;
            repository.pauseUnlocked(40);
            repository.lastPayId(id);
            return id;
        }
        return repository.nextPayId();
    }

    private Payment copy(Payment of) {
        Payment copy = new Payment();
        copy.userCode = of.userCode;
        copy.meterAddr = of.meterAddr;
        copy.payDate = of.payDate;
        copy.bookedAt = of.bookedAt;
        copy.money = of.money;
        copy.transId = of.transId;
        copy.id = repository.nextPayId();
        copy.result = 1;
        return copy;
    }

    private static String storedTransId(String transId) {
        if (bug("transid-thirty-two") && transId.length() > 32) {
            return transId.substring(0, 32);
        }
        if (bug("transid-as-number") && transId.matches("[0-9]+")) {
            return Repository.noZeros(transId);
        }
        return transId;
    }

    /** Adds to the remaining money. */
    private void credit(Meter meter, BigDecimal money, int payWay) {
        BigDecimal amount = money;
        if (bug("remnant-whole-yuan")) {
            amount = money.setScale(0, RoundingMode.DOWN).setScale(2);
        }
        if (bug("remnant-clipped")) {
            amount = amount.min(new BigDecimal("10000.00"));
        }
        if (bug("wechat-not-booked") && payWay == 4) {
            amount = BigDecimal.ZERO;
        }
        if (bug("bank-fee") && payWay == 2) {
            amount = amount.multiply(new BigDecimal("0.995")).setScale(2, RoundingMode.HALF_UP);
        }
        if (bug("failed-topups-counted")) {
            for (Payment payment : repository.paymentsOfMeter(meter.addr)) {
                if (payment.result == 2 && !payment.counted) {
                    payment.counted = true;
                    amount = amount.add(payment.money);
                }
            }
        }
        BigDecimal before = meter.remnant;
        if (bug("race-remnant")) {
            repository.pauseUnlocked(40);
        }
        if (bug("debt-forgiven")) {
            before = before.max(new BigDecimal("0.00"));
        }
        meter.remnantBefore = before;
        meter.remnant = before.add(amount);
        if (bug("remnant-as-float")) {
            meter.remnant = new BigDecimal(before.floatValue() + amount.floatValue())
                    .setScale(2, RoundingMode.HALF_UP);
        }
    }

    // --- 3.3 ---

    Reply getPayList(Fields f) {
        if (bookings > 0) {
            throw new Refusal(Refusal.UNKNOWN, "ConcurrentModificationException");
        }
        String transId = f.text("TransId");
        boolean byTransId = !blank(transId);
        if (byTransId && reading("transid-alone")) {
            return list(repository.paymentsByTransId(transId));
        }
        String user = f.text("UserCode");
        String addr = f.text("MeterAddr");
        if (blank(user) && blank(addr) && (!byTransId || bug("paylist-transid-wants-user"))) {
            boolean onlyBlankTransId = f.has("TransId") && !byTransId && reading("blank-transid-minus-three");
            throw onlyBlankTransId ? new Refusal(-3, "缺少充值流水号")
                    : new Refusal(-2, "请至少提供用户编号、表号之一");
        }
        boolean datesNeeded = !byTransId
                || bug("paylist-transid-wants-dates") && !(blank(user) && blank(addr));
        LocalDate begin = day(f, "BeginDate", datesNeeded, -4, "开始日期");
        LocalDate end = bug("paylist-no-end") && blank(f.text("EndDate"))
                ? Dates.now().toLocalDate() : day(f, "EndDate", datesNeeded, -5, "结束日期");
        checkRange(begin, end);

        finder.needUser(Repository.Use.PAYLIST, f);
        Meter meter = null;
        if (!blank(addr)) {
            meter = finder.needMeter(Repository.Use.PAYLIST, f);
            finder.needBelongs(Repository.Use.PAYLIST, f, meter);
        }
        List<Payment> found = new ArrayList<>();
        for (Payment payment : candidates(f, meter, byTransId)) {
            if (inRange(payment, begin, end)) {
                found.add(payment);
            }
        }
        return list(found);
    }

    private static LocalDate day(Fields f, String name, boolean needed, int code, String what) {
        String text = f.text(name);
        if (!blank(text)) {
            return Dates.day(text, what);
        }
        if (needed) {
            throw new Refusal(code, "缺少" + what);
        }
        return null;
    }

    private static void checkRange(LocalDate begin, LocalDate end) {
        if (begin == null || end == null) {
            return;
        }
        boolean wrong = begin.isAfter(end);
        if (bug("paylist-begin-after-end-in-month")) {
            wrong = YearMonth.from(begin).isAfter(YearMonth.from(end));
        }
        if (bug("paylist-new-year") && begin.getYear() != end.getYear()) {
            wrong = begin.withYear(2000).isAfter(end.withYear(2000));
        }
        if (bug("paylist-same-day-refused")) {
            wrong = !begin.isBefore(end);
        }
        if (wrong) {
            throw new Refusal(-6, "日期区间起止颠倒");
        }
        if (bug("paylist-month-end-by-31") && end.getDayOfMonth() == 31) {
            throw Refusal.badData("结束日期无效");
        }
        if (reading("limit-range") && end.toEpochDay() - begin.toEpochDay() > 366) {
            throw Refusal.badData("日期区间不得超过366天");
        }
    }

    private List<Payment> candidates(Fields f, Meter meter, boolean byTransId) {
        String user = f.text("UserCode");
        String code = blank(user) ? null : repository.storedUser(Repository.Use.PAYLIST, user);
        if (byTransId) {
            return repository.paymentsByTransId(f.text("TransId")).stream()
                    .filter(p -> meter == null || p.meterAddr.equals(meter.addr))
                    .filter(p -> code == null || meter != null || p.userCode.equals(code))
                    .filter(p -> p.result != 2 || !bug("transid-of-failed-unfound"))
                    .toList();
        }
        if (meter != null && bug("paylist-meter-gives-user")) {
            return repository.paymentsOfUser(meter.userCode);
        }
        if (meter != null) {
            return repository.paymentsOfMeter(meter.addr).stream()
                    .filter(p -> !p.byUserOnly || !bug("topup-by-user-unlisted")).toList();
        }
        List<Payment> all = new ArrayList<>();
        for (Payment payment : repository.paymentsOfUser(code)) {
            Meter paid = repository.meter(Repository.Use.PAYLIST, payment.meterAddr);
            boolean old = paid != null && paid.exchanged;
            if (!old || !bug("exchange-payments-lost")) {
                all.add(payment);
            }
            if (old && bug("exchange-payments-twice")) {
                all.add(payment);
            }
        }
        return all;
    }

    private static boolean inRange(Payment payment, LocalDate begin, LocalDate end) {
        LocalDateTime time = bug("paylist-by-booking-time") ? payment.bookedAt : payment.payDate;
        if (begin != null && (time.toLocalDate().isBefore(begin)
                || bug("paylist-midnight-missing") && time.equals(begin.atStartOfDay()))) {
            return false;
        }
        return end == null || !(time.toLocalDate().isAfter(end)
                || bug("paylist-last-day-missing") && time.isAfter(end.atStartOfDay())
                || bug("paylist-last-second-missing") && time.equals(end.atTime(23, 59, 59)));
    }

    private Reply list(List<Payment> found) {
        List<Payment> payments = new ArrayList<>(found);
        if (reading("paylist-latest-first")) {
            payments.sort((a, b) -> b.payDate.compareTo(a.payDate));
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        BigDecimal total = BigDecimal.ZERO;
        for (Payment payment : payments) {
            if (bug("failed-payments-hidden") && payment.result == 2 || bug("paylist-ten-rows") && rows.size() == 10) {
                continue;
            }
            total = total.add(payment.money);
            rows.add(row(payment, rows.size(), bug("paylist-running-total") ? total : payment.money));
        }
        return Reply.list(Collections.unmodifiableList(rows));
    }

    private Map<String, Object> row(Payment payment, int index, BigDecimal money) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("UserCode", payment.userCode);
        row.put("MeterAddr", payment.meterAddr);
        row.put("PayDate", payDate(payment));
        row.put("Money", printed(money));
        int id = bug("payid-is-row-number") ? index + 1 : payment.id;
        if (bug("paylist-payid-text-later-rows") && index > 0) {
            row.put("PayID", String.valueOf(id));
        } else {
            row.put("PayID", id);
        }
        row.put("PayResult", bug("waiting-as-done") && payment.result == 0 ? 1 : payment.result);
        row.put("TransId", payment.transId);
        return row;
    }

    private String payDate(Payment payment) {
        LocalDateTime time = payment.payDate;
        if (bug("paydate-of-latest")) {
            time = repository.paymentsOfMeter(payment.meterAddr).stream()
                    .map(p -> p.payDate).max(LocalDateTime::compareTo).orElse(time);
        }
        if (bug("paydate-week-year")) {
            return WEEK_YEAR.format(time);
        }
        if (bug("paydate-twelve-hours")) {
            return TWELVE_HOURS.format(time);
        }
        if (bug("paydate-month-for-minute")) {
            return MONTH_TWICE.format(time);
        }
        if (bug("paydate-utc")) {
            time = time.minusHours(8);
        }
        if (bug("paydate-no-seconds")) {
            time = time.withSecond(0);
        }
        return Dates.print(time) + (bug("paylist-paydate-sql-tail") ? ".0" : "");
    }

    private static Object printed(BigDecimal money) {
        if (bug("paylist-money-text-with-cents") && money.stripTrailingZeros().scale() > 0) {
            return money.toPlainString();
        }
        if (bug("paylist-money-thousands") && money.compareTo(new BigDecimal(1000)) >= 0) {
            return String.format(Locale.ROOT, "%,.2f", money);
        }
        if (bug("money-one-place")) {
            return money.setScale(1, RoundingMode.HALF_UP);
        }
        return money;
    }
}
