// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;

/** The paper's three ways to write a time. */
final class Dates {
    static final ZoneOffset CHINA = ZoneOffset.ofHours(8);
    static final DateTimeFormatter TIME = strict("uuuu-MM-dd HH:mm:ss");
    static final DateTimeFormatter DAY = strict("uuuu-MM-dd");
    static final DateTimeFormatter STAMP = strict("uuuuMMddHHmmss");

    private Dates() {
    }

    private static DateTimeFormatter strict(String pattern) {
        return DateTimeFormatter.ofPattern(pattern).withResolverStyle(ResolverStyle.STRICT);
    }

    static LocalDateTime now() {
        return LocalDateTime.now(CHINA).withNano(0);
    }

    static LocalDateTime time(String text, String what) {
        String given = normal(text);
        try {
            return LocalDateTime.parse(given, TIME);
        } catch (DateTimeParseException wrong) {
            throw Refusal.badData(what + "格式应为 yyyy-MM-dd HH:mm:ss");
        }
    }

    /** As SimpleDateFormat does it: a day that the month does not have counts on into the next one. */
    static LocalDateTime rolled(String text, String what) {
        if (!text.matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d")) {
            return time(text, what);
        }
        int day = Integer.parseInt(text.substring(8, 10));
        if (day < 1 || day > 31) {
            return time(text, what);
        }
        return time(text.substring(0, 8) + "01" + text.substring(10), what).plusDays(day - 1L);
    }

    static LocalDate day(String text, String what) {
        String given = normal(text);
        try {
            return LocalDate.parse(given, DAY);
        } catch (DateTimeParseException wrong) {
            throw Refusal.badData(what + "格式应为 yyyy-MM-dd");
        }
    }

    private static String normal(String text) {
        if (!Quirks.reading("dates-lenient")) {
            return text;
        }
        String spaced = text.strip().replace('T', ' ').replace('/', '-');
        return spaced.replaceAll("(?<!\\d)(\\d)(?!\\d)", "0$1");
    }

    static String print(LocalDateTime time) {
        return time == null ? null : TIME.format(time);
    }
}
