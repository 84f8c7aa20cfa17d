// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Fields.blank;
import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Finds the meters that a request names by UserCode and MeterAddr. */
final class Finder {
    private final Repository repository;

    Finder(Repository repository) {
        this.repository = repository;
    }

    private static Refusal noMeter(String addr) {
        return new Refusal(-1, "表号“" + addr + "”不存在或不属于该用户");
    }

    /** -2 unless one of the keys is given. */
    void needKeys(Fields f) {
        if (blank(f.text("UserCode")) && blank(f.text("MeterAddr"))) {
            throw new Refusal(-2, "请至少提供用户编号、表号之一");
        }
        if (blank(f.text("MeterAddr")) && reading("meteraddr-required")) {
            throw Refusal.badData("MeterAddr为必填项");
        }
    }

    /** 0 for a user whom nobody knows. */
    void needUser(Repository.Use use, Fields f) {
        String user = f.text("UserCode");
        if (blank(user) || reading("mismatch-meter-wins") && !blank(f.text("MeterAddr"))) {
            return;
        }
        if (!repository.knowsUser(use, user) && repository.metersOf(use, user).isEmpty()) {
            if (user.contains("'") && bug("quote-is-database-error")) {
                throw Refusal.database("ORA-01756: 引号内的字符串没有正确结束");
            }
            if (use == Repository.Use.TOPUP && bug("topup-unknown-user-minus-one")) {
                throw noMeter(user);
            }
            throw new Refusal(0, "用户编号“" + user + "”不存在");
        }
    }

    /** The meter of the request's MeterAddr, cancelled or not; -1 when there is none or it is another user's. */
    Meter needMeter(Repository.Use use, Fields f) {
        String addr = f.text("MeterAddr");
        Meter meter = repository.meter(use, addr);
        if (meter == null || use == Repository.Use.DATA && meter.exchangedFrom != null && bug("exchange-new-unread")) {
            throw noMeter(addr);
        }
        return meter;
    }

    void needBelongs(Repository.Use use, Fields f, Meter meter) {
        String user = f.text("UserCode");
        if (blank(user) || reading("mismatch-meter-wins")
                || meter.userCode.equals(repository.storedUser(use, user))) {
            return;
        }
        if (reading("mismatch-is-zero")) {
            throw new Refusal(0, "用户编号与表号不匹配");
        }
        throw noMeter(meter.addr);
    }

    /** The rows of a query: one meter, or all of the user's. */
    List<Meter> forQuery(Repository.Use use, Fields f) {
        boolean info = use == Repository.Use.USERINFO;
        if (info && bug("userinfo-empty-texts-list-all") && "".equals(f.text("UserCode"))
                && "".equals(f.text("MeterAddr"))) {
            return repository.allMeters().stream().filter(m -> !m.cancelled).toList();
        }
        needKeys(f);
        needUser(use, f);
        if (!blank(f.text("MeterAddr"))) {
            Meter meter = needMeter(use, f);
            boolean hidden = !info && meter.payType == 2 && reading("third-party-no-data");
            if (meter.cancelled || hidden) {
                throw noMeter(meter.addr);
            }
            needBelongs(use, f, meter);
            return List.of(meter);
        }
        List<Meter> meters = new ArrayList<>(repository.metersOf(use, f.text("UserCode")));
        if (meters.isEmpty() && reading("no-live-meter-zero")) {
            throw new Refusal(0, "该用户名下无在用表具");
        }
        if (!info && reading("third-party-no-data")) {
            meters.removeIf(m -> m.payType == 2);
        }
        if (reading("getdata-newest-first")) {
            Collections.reverse(meters);
        }
        return meters;
    }

    /** The meter that an order (3.2, 3.4) is for, cancelled or not. By UserCode alone it must be the only one. */
    List<Meter> forOrder(Repository.Use use, Fields f) {
        needKeys(f);
        needUser(use, f);
        if (!blank(f.text("MeterAddr"))) {
            Meter meter = needMeter(use, f);
            needBelongs(use, f, meter);
            return List.of(meter);
        }
        String user = f.text("UserCode");
        List<Meter> live = repository.metersOf(use, user);
        if (live.isEmpty()) {
            return repository.everyMeterOf(repository.storedUser(use, user)).stream().limit(1).toList();
        }
        if (use == Repository.Use.TOPUP && reading("topup-by-user-first-meter")) {
            return live.subList(0, 1);
        }
        if (live.size() > 1 && !(use == Repository.Use.VALVE && reading("valve-by-user-all-meters"))) {
            throw new Refusal(-1, "该用户有多只表具，须指明表号");
        }
        return live;
    }
}
