// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 3.1 用户信息查询. */
final class UserService {
    private final Repository repository;
    private final Finder finder;
    private Fields current; // only race-userinfo looks at it

    UserService(Repository repository) {
        this.repository = repository;
        this.finder = new Finder(repository);
    }

    Reply getUserInfo(Fields fields) {
        Fields f = fields;
        if (bug("race-userinfo")) {
            current = f;
            repository.pauseUnlocked(40);
            f = current;
        }
        List<Meter> meters = finder.forQuery(Repository.Use.USERINFO, f);
        List<Map<String, Object>> rows = new ArrayList<>();
        boolean byUser = Fields.blank(f.text("MeterAddr"));
        for (Meter meter : meters) {
            if (bug("zero-phone-hidden") && meters.size() > 1 && Fields.blank(meter.phone)
                    || bug("userinfo-three-rows") && rows.size() == 3) {
                continue;
            }
            rows.add(row(meter, byUser));
        }
        return Reply.list(rows);
    }

    private static Map<String, Object> row(Meter meter, boolean byUser) {
        boolean swapped = bug("doorplate-address-swapped");
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("UserCode", meter.userCode);
        row.put("UserName", meter.userName);
        row.put(bug("userinfo-doorplate-spelling") ? "DoorPlate" : "Doorplate",
                swapped ? meter.address : meter.doorplate);
        row.put("Address", swapped ? meter.doorplate : meter.address);
        if (meter.phone != null) {
            row.put("Phone", meter.phone);
        } else if (!reading("phone-absent")) {
            row.put("Phone", bug("phone-text-null") ? "null" : reading("phone-null") ? null : "");
        }
        row.put("MeterAddr", meter.exchangedFrom != null && byUser && bug("exchange-userinfo-old")
                ? meter.exchangedFrom : meter.addr);
        row.put("PayType", payType(meter));
        return row;
    }

    private static Object payType(Meter meter) {
        if (bug("userinfo-paytype-of-create") && meter.archivedPayType == 6) {
            return 6;
        }
        if (bug("userinfo-paytype-text-third-party") && meter.payType == 2) {
            return "2";
        }
        return meter.payType;
    }
}
