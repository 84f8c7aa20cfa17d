// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 3.4 远程控阀 and 3.5 抄表数据查询. */
final class MeterService {
    private final Repository repository;
    private final Finder finder;
    // what only some bugs look at
    private List<Map<String, Object>> lastRows = List.of();
    private Meter current;

    MeterService(Repository repository) {
        this.repository = repository;
        this.finder = new Finder(repository);
    }

    // --- 3.4 ---

    Reply controlValve(Fields f) {
        if (reading("keys-before-fields")) {
            targets(f);
        }
        int mode = mode(f);
        for (Meter target : targets(f)) {
            order(target, mode);
            if (bug("valve-moves-siblings")) {
                repository.metersOf(Repository.Use.VALVE, target.userCode).stream()
                        .filter(m -> m != target).forEach(m -> order(m, mode));
            }
        }
        return Reply.done("阀控指令已下发");
    }

    private int mode(Fields f) {
        Integer mode = f.integer("ValveMode");
        if (mode == null && f.has("ValveMode") && bug("valve-null-opens")) {
            return 1;
        }
        if (mode == null) {
            throw reading("missing-is-200") ? Refusal.badData("ValveMode为必填项") : new Refusal(-3, "缺少控阀类型");
        }
        if (mode == 0 && bug("valve-zero-accepted")) {
            return 2;
        }
        if (mode < 1 || mode > 3 || mode == 3 && bug("valve-three-refused")) {
            if (bug("valve-bad-mode-closes")) {
                targets(f).forEach(m -> m.valve = 2);
            }
            throw new Refusal(-4, "控阀类型代码无效");
        }
        return mode;
    }

    private List<Meter> targets(Fields f) {
        List<Meter> meters;
        try {
            meters = finder.forOrder(Repository.Use.VALVE, f);
        } catch (Refusal refusal) {
            if (bug("valve-mismatch-moves") && refusal.code == -1 && !Fields.blank(f.text("MeterAddr"))) {
                Meter meter = repository.meter(Repository.Use.VALVE, f.text("MeterAddr"));
                if (meter != null) {
                    order(meter, mode(f));
                }
            }
            throw refusal;
        }
        if (meters.isEmpty() || meters.get(0).cancelled) {
            throw new Refusal(-1, "表具不存在或已销户");
        }
        return meters;
    }

    private void order(Meter target, int mode) {
        Meter meter = target;
        if (bug("race-valve")) {
            current = target;
            repository.pauseUnlocked(40);
            meter = current;
        }
        meter.valveOrders++;
        if (bug("valve-unseen") || bug("valve-only-first-two") && meter.valveOrders > 2
                || mode == 3 && reading("warning-leaves-open")) {
            return;
        }
        int state = mode == 1 ? 1 : 2;
        if (bug("valve-toggles") && meter.lastMode == mode) {
            state = 3 - state;
            meter.lastMode = 0;
        } else {
            meter.lastMode = mode;
        }
        if (bug("valve-order-touches-reading")) {
            meter.readNumber = new BigDecimal("0.00");
        }
        Meter moved = meter;
        int wanted = state;
        repository.later(reading("valve-asynchronous") ? 2000 : 0, () -> moved.valve = wanted);
    }

    // --- 3.5 ---

    Reply getData(Fields f) {
        List<Meter> meters;
        try {
            meters = finder.forQuery(Repository.Use.DATA, f);
        } catch (Refusal refusal) {
            if (refusal.code == -1 && bug("getdata-unknown-meter-one")) {
                return Reply.list(List.of());
            }
            throw refusal;
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Meter meter : meters) {
            if (meter.silent || bug("getdata-first-meter") && !rows.isEmpty()
                    || bug("user-second-page") && rows.size() == 2) {
                continue;
            }
            rows.add(row(meter, meters.size() > 1));
        }
        if (bug("getdata-fifth-stale") && repository.count("getdata") % 5 == 0) {
            return Reply.list(lastRows);
        }
        lastRows = rows;
        return Reply.list(rows);
    }

    private Map<String, Object> row(Meter meter, boolean inList) {
        if (bug("reading-drifts")) {
            meter.readNumber = meter.readNumber.add(BigDecimal.ONE);
        }
        boolean swapped = bug("csq-cc-swapped");
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("UserCode", meter.userCode);
        row.put("UserName", bug("getdata-name-is-code") ? meter.userCode : meter.userName);
        row.put("MeterAddr", meter.addr);
        row.put("ReadNumber", readNumber(meter));
        row.put("Voltage", voltage(meter));
        row.put("ValveState", valveState(meter));
        row.put("MeterCSQ", swapped ? meter.cc : bug("csq-unknown-as-full") && meter.csq == 99 ? 31 : meter.csq);
        row.put("RSRP", bug("rsrp-without-sign") ? meter.rsrp.abs() : meter.rsrp);
        row.put("SNR", snr(meter));
        if (!(bug("getdata-cc-dropped-at-zero") && meter.cc == 0)) {
            row.put("CC", swapped ? meter.csq : bug("cc-at-most-one") ? Math.min(meter.cc, 1) : meter.cc);
        }
        row.put("MeterStatus", bug("status-always-normal") ? "正常" : meter.status);
        row.put("BatteryState", batteryState(meter));
        row.put("Remnant", remnant(meter, inList));
        String readDate = Dates.print(bug("readdate-is-now") ? Dates.now() : meter.readDate);
        row.put("ReadDate", bug("getdata-readdate-iso") ? readDate.replace(' ', 'T') : readDate);
        row.put("PeriodDosage", bug("period-is-total") ? meter.readNumber : meter.periodDosage);
        BigDecimal price = repository.currentPrice(meter);
        row.put("CurPrice", bug("price-two-places-cut") ? price.setScale(1, RoundingMode.DOWN) : price);
        return row;
    }

    private static BigDecimal readNumber(Meter meter) {
        return bug("reading-five-digits") ? meter.readNumber.remainder(new BigDecimal(100000)) : meter.readNumber;
    }

    private static Object voltage(Meter meter) {
        if (bug("getdata-voltage-comma")) {
            return meter.voltage.toPlainString().replace('.', ',');
        }
        return bug("voltage-one-place") ? meter.voltage.setScale(1, RoundingMode.HALF_UP) : meter.voltage;
    }

    private static Object valveState(Meter meter) {
        if (bug("getdata-valvestate-text-after-order") && meter.valveOrders > 0) {
            return String.valueOf(meter.valve);
        }
        return bug("valve-fault-as-closed") && meter.valve == 3 ? 2 : meter.valve;
    }

    private static Object snr(Meter meter) {
        if (bug("getdata-snr-text-negative") && meter.snr.signum() < 0) {
            return meter.snr.toPlainString();
        }
        return bug("snr-whole") ? meter.snr.setScale(0, RoundingMode.DOWN) : meter.snr;
    }

    private static Object batteryState(Meter meter) {
        if (bug("getdata-battery-boolean")) {
            return meter.battery == 1;
        }
        return bug("battery-never-low") ? 0 : meter.battery;
    }

    private static Object remnant(Meter meter, boolean inList) {
        BigDecimal remnant = meter.remnant;
        if (bug("remnant-waits-for-second") && meter.remnantBefore != null) {
            remnant = meter.remnantBefore;
        }
        if (bug("debt-as-zero") && remnant.signum() < 0) {
            remnant = new BigDecimal("0.00");
        }
        if (bug("getdata-numbers-text-in-list") && inList) {
            return remnant.toPlainString();
        }
        return remnant;
    }
}
