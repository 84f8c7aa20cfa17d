// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The members of a request, read by the types the paper gives them. */
final class Fields {
    private static final BigDecimal MAX_INT = BigDecimal.valueOf(Integer.MAX_VALUE);

    private final Map<String, Object> members;

    Fields(Map<String, Object> members) {
        if (Quirks.reading("names-any-case")) {
            Map<String, Object> lower = new LinkedHashMap<>();
            members.forEach((name, value) -> lower.put(name.toLowerCase(), value));
            this.members = lower;
        } else {
            this.members = members;
        }
    }

    private String key(String name) {
        return Quirks.reading("names-any-case") ? name.toLowerCase() : name;
    }

    boolean has(String name) {
        return members.containsKey(key(name));
    }

    boolean hasAny(List<String> names) {
        return names.stream().anyMatch(this::has);
    }

    Object raw(String name) {
        return members.get(key(name));
    }

    int indexOf(String name) {
        return List.copyOf(members.keySet()).indexOf(key(name));
    }

    static boolean blank(String text) {
        return text == null || text.isBlank();
    }

    /** The text of a member, null where it is absent or null. */
    String text(String name) {
        Object value = raw(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        if (value instanceof BigDecimal number && Quirks.reading("texts-as-number")) {
            return number.toPlainString();
        }
        throw Refusal.badData(name + "应为字符串");
    }

    String required(String name) {
        String text = text(name);
        if (blank(text)) {
            throw Refusal.badData(name + "为必填项");
        }
        return text;
    }

    /** One of the listed texts; null where the member is absent, null or empty. */
    String oneOf(String name, String... listed) {
        String text = text(name);
        if (blank(text)) {
            return null;
        }
        for (String one : listed) {
            if (one.equals(text)) {
                return text;
            }
        }
        throw Refusal.badData(name + "不在取值范围内");
    }

    BigDecimal decimal(String name) {
        Object value = raw(name);
        if (value == null) {
            return null;
        }
        if (value instanceof BigDecimal number) {
            if (Math.abs((long) number.scale()) > 60 && !name.equals("Money")) {
                throw Refusal.badData(name + "超出范围");
            }
            return number;
        }
        if (value instanceof String text && Quirks.reading("numbers-as-text")) {
            if (text.isBlank()) {
                return null;
            }
            if (text.matches("-?[0-9]{1,20}(\\.[0-9]{1,10})?")) {
                return new BigDecimal(text);
            }
        }
        throw Refusal.badData(name + "应为数值");
    }

    BigDecimal requiredDecimal(String name) {
        BigDecimal number = decimal(name);
        if (number == null) {
            throw Refusal.badData(name + "为必填项");
        }
        return number;
    }

    Integer integer(String name) {
        BigDecimal number = decimal(name);
        if (number == null) {
            return null;
        }
        if (number.stripTrailingZeros().scale() > 0 || number.abs().compareTo(MAX_INT) > 0) {
            throw Refusal.badData(name + "应为整数");
        }
        return number.intValue();
    }

    int requiredInteger(String name, int from, int to) {
        Integer number = integer(name);
        if (number == null) {
            throw Refusal.badData(name + "为必填项");
        }
        if (number < from || number > to) {
            throw Refusal.badData(name + "不在取值范围内");
        }
        return number;
    }
}
