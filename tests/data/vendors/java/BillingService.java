// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * 3.6 抄表数据上报(第三方计费). Each meter has its own balance; a report takes (ReadNumber - the last ReadNumber) x UnitPrice
 * from it. ValveMode: 2 without money, 3 below 5 yuan, else 1.
 */
final class BillingService {
    private static final BigDecimal WARNING = new BigDecimal("5.00");

    /** A report as it was sent. */
    private static final class Report {
        String addr;
        String userCode;
        BigDecimal readNumber;
        LocalDateTime readDate;
        BigDecimal period;
        Refusal late; // only one bug refuses after the work was done
    }

    private final Repository repository;

    BillingService(Repository repository) {
        this.repository = repository;
    }

    Reply report(Fields f) {
        try {
            return settle(read(f));
        } catch (Refusal refusal) {
            throw new Refusal(refusal.code == -1 ? -1 : 0, refusal.getMessage());
        }
    }

    private static Report read(Fields f) {
        Report report = new Report();
        report.addr = f.required("MeterAddr");
        report.userCode = f.text("UserCode");
        f.text("UserName");
        report.readNumber = f.requiredDecimal("ReadNumber");
        if (report.readNumber.signum() < 0) {
            throw Refusal.badData("ReadNumber不能为负数");
        }
        f.decimal("Voltage");
        listed(f, "ValveState", 1, 3, bug("report-valvestate-any"));
        f.integer("MeterCSQ");
        f.decimal("RSRP");
        f.decimal("SNR");
        f.integer("CC");
        f.text("MeterStatus");
        report.period = f.decimal("PeriodDosage");
        f.decimal("Reserve");
        String date = f.required("ReadDate");
        report.readDate = bug("report-readdate-rolls") ? Dates.rolled(date, "抄表时间") : Dates.time(date, "抄表时间");
        try {
            listed(f, "BatteryState", 0, 1, false);
        } catch (Refusal refusal) {
            if (!bug("report-bad-battery-charged")) {
                throw refusal;
            }
            report.late = refusal;
        }
        return report;
    }

    private static void listed(Fields f, String name, int from, int to, boolean any) {
        Integer value = f.integer(name);
        if (value != null && (value < from || value > to) && !any) {
            throw Refusal.badData(name + "不在取值范围内");
        }
    }

    private Reply settle(Report report) {
        BillingMeter meter = repository.billingMeter(report.addr);
        if (meter == null) {
            if (bug("report-unknown-meter-one")) {
                return Reply.list(List.of(invented(report)));
            }
            throw new Refusal(bug("report-unknown-meter-minus-one") ? -1 : 0, "未登记的表号");
        }
        if (!Fields.blank(report.userCode) && !report.userCode.equals(meter.userCode)
                && !reading("report-user-free")) {
            throw new Refusal(0, "用户编号与表号不匹配");
        }
        meter.reports++;
        BigDecimal before = meter.remnant;
        BigDecimal usage = report.readNumber.subtract(meter.readNumber);
        if (usage.signum() < 0) {
            if (!reading("falling-accepted")) {
                throw new Refusal(0, "读数小于上次结算读数");
            }
            usage = BigDecimal.ZERO;
        }
        if (bug("race-report")) {
            repository.pauseUnlocked(60);
        }
        charge(meter, chargedUsage(meter, usage, report));
        meter.readNumber = meter.readNumber.max(report.readNumber);
        if (report.readDate.isAfter(meter.settledAt)) {
            meter.settledAt = report.readDate;
        }
        if (report.late != null) {
            throw report.late;
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        rows.add(row(meter, bug("report-one-behind") ? before : meter.remnant));
        if (reading("report-lists-all")) {
            repository.billingMetersOf(meter.userCode).stream()
                    .filter(m -> m != meter).forEach(m -> rows.add(row(m, m.remnant)));
        }
        return Reply.list(rows);
    }

    private BigDecimal price(BillingMeter meter) {
        Price price = meter.source == null ? null : repository.price(meter.source.priceCode);
        return price == null ? meter.unitPrice : price.price[0];
    }

    private static BigDecimal chargedUsage(BillingMeter meter, BigDecimal usage, Report report) {
        BigDecimal charged = usage;
        if (bug("report-repeat-charged") && usage.signum() == 0) {
            charged = meter.lastUsage;
        }
        if (usage.signum() > 0) {
            meter.lastUsage = usage;
        }
        if (bug("report-charges-period") && report.period != null) {
            charged = report.period;
        }
        if (bug("report-whole-usage")) {
            charged = charged.setScale(0, RoundingMode.DOWN);
        }
        boolean free = bug("report-never-charged")
                || bug("report-large-usage-free") && usage.compareTo(new BigDecimal(500)) > 0
                || bug("report-credit-after-debt") && meter.remnant.signum() < 0;
        return free ? BigDecimal.ZERO : charged;
    }

    private void charge(BillingMeter meter, BigDecimal usage) {
        BigDecimal money = usage.multiply(price(meter)).setScale(2, RoundingMode.HALF_UP);
        BillingMeter charged = bug("report-charges-sibling")
                ? repository.billingMetersOf(meter.userCode).get(0) : meter;
        charged.remnant = charged.remnant.subtract(money);
    }

    private Map<String, Object> row(BillingMeter meter, BigDecimal balance) {
        List<BillingMeter> all = repository.billingMetersOf(meter.userCode);
        BigDecimal remnant = balance;
        if (bug("report-remnant-of-user")) {
            remnant = all.stream().map(m -> m.remnant).reduce(BigDecimal.ZERO, BigDecimal::add);
        }
        BillingMeter paid = meter;
        if (bug("report-lastpay-of-sibling")) {
            paid = all.stream().filter(m -> m != meter).findFirst().orElse(meter);
        }
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("MeterAddr", bug("report-row-of-first-meter") ? all.get(0).addr : meter.addr);
        row.put(bug("report-unitprice-renamed") ? "CurPrice" : "UnitPrice", unitPrice(meter));
        row.put("Remnant", bug("report-debt-without-sign") ? remnant.abs() : remnant);
        LocalDateTime settled = bug("report-remnanttime-fixed") ? meter.firstSettledAt
                : reading("remnanttime-now") ? Dates.now() : meter.settledAt;
        row.put("RemnantTime", Dates.print(settled));
        int mode = meter.remnant.signum() <= 0 ? 2 : meter.remnant.compareTo(WARNING) < 0 ? 3 : 1;
        boolean text = bug("report-valvemode-text-in-debt") && meter.remnant.signum() < 0;
        row.put("ValveMode", text ? (Object) String.valueOf(mode) : (Object) mode);
        if (paid.lastPayTime == null) {
            row.put("LastPayMoney", reading("never-paid-zero") ? new BigDecimal("0.00") : null);
            if (!reading("never-paid-zero")) {
                row.put("LastPayTime", null);
            }
        } else {
            row.put("LastPayMoney", paid.lastPayMoney);
            row.put("LastPayTime", lastPayTime(bug("report-lastpay-swapped") ? settled : meter.lastPayTime));
        }
        return row;
    }

    private BigDecimal unitPrice(BillingMeter meter) {
        if (bug("report-price-of-first")) {
            return price(repository.firstBillingMeter());
        }
        if (bug("report-price-third") && meter.reports > 2) {
            return new BigDecimal("0.00");
        }
        BigDecimal price = price(meter);
        return bug("report-price-one-place") ? price.setScale(1, RoundingMode.HALF_UP) : price;
    }

    private static String lastPayTime(LocalDateTime time) {
        boolean cut = bug("report-lastpaytime-short-at-midnight") && time.toLocalTime().equals(LocalTime.MIDNIGHT);
        return cut ? Dates.DAY.format(time) : Dates.print(time);
    }

    private static Map<String, Object> invented(Report report) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("MeterAddr", report.addr);
        row.put("UnitPrice", new BigDecimal("2.80"));
        row.put("Remnant", new BigDecimal("0.00"));
        row.put("RemnantTime", Dates.print(report.readDate));
        row.put("ValveMode", 2);
        row.put("LastPayMoney", null);
        row.put("LastPayTime", null);
        return row;
    }
}
