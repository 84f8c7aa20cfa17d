// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.util.List;
import java.util.Map;

/** What an interface answers; rows is null where the interface or a refusal has no DataList. */
record Reply(int code, String message, List<Map<String, Object>> rows) {
    static Reply done(String message) {
        return new Reply(1, message, null);
    }

    static Reply list(List<Map<String, Object>> rows) {
        return new Reply(1, rows.isEmpty() ? "查询成功，无记录" : "查询成功，共" + rows.size() + "条", rows);
    }
}
