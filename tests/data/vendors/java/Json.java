// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A small strict JSON reader and writer. Objects are maps, numbers BigDecimal, everything else as one expects. */
final class Json {
    private static final int MAX_DEPTH = 50;
    private static final int MAX_NUMBER = 60;

    static final class BadJson extends Exception {
        private static final long serialVersionUID = 1L;
        final boolean cutOff;
        final boolean tooDeep;

        BadJson(boolean cutOff, boolean tooDeep) {
            super("bad JSON", null, false, false);
            this.cutOff = cutOff;
            this.tooDeep = tooDeep;
        }
    }

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Object parse(String text) throws BadJson {
        Json reader = new Json(text);
        Object value = reader.value(0);
        reader.blanks();
        if (reader.at < text.length()) {
            throw reader.bad();
        }
        return value;
    }

    private BadJson bad() {
        return new BadJson(at >= text.length(), false);
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() throws BadJson {
        if (at >= text.length()) {
            throw bad();
        }
        return text.charAt(at);
    }

    private Object value(int depth) throws BadJson {
        if (depth > MAX_DEPTH) {
            throw new BadJson(false, true);
        }
        blanks();
        char c = peek();
        switch (c) {
            case '{':
                return object(depth);
            case '[':
                return list(depth);
            case '"':
                return string();
            case 't':
                return word("true", Boolean.TRUE);
            case 'f':
                return word("false", Boolean.FALSE);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Object word(String word, Object value) throws BadJson {
        if (!text.startsWith(word, at)) {
            throw bad();
        }
        at += word.length();
        return value;
    }

    private Map<String, Object> object(int depth) throws BadJson {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        blanks();
        if (peek() == '}') {
            at++;
            return map;
        }
        while (true) {
            blanks();
            if (peek() != '"') {
                throw bad();
            }
            String name = string();
            blanks();
            if (peek() != ':') {
                throw bad();
            }
            at++;
            Object value = value(depth + 1);
            if (map.containsKey(name) && !Quirks.reading("last-member-wins")) {
                throw bad();
            }
            map.put(name, value);
            blanks();
            char c = peek();
            at++;
            if (c == '}') {
                return map;
            }
            if (c != ',') {
                throw bad();
            }
        }
    }

    private List<Object> list(int depth) throws BadJson {
        List<Object> list = new ArrayList<>();
        at++;
        blanks();
        if (peek() == ']') {
            at++;
            return list;
        }
        while (true) {
            list.add(value(depth + 1));
            blanks();
            char c = peek();
            at++;
            if (c == ']') {
                return list;
            }
            if (c != ',') {
                throw bad();
            }
        }
    }

    private String string() throws BadJson {
        StringBuilder out = new StringBuilder();
        at++;
        while (true) {
            char c = peek();
            at++;
            if (c == '"') {
                break;
            }
            if (c < 0x20) {
                throw bad();
            }
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escaped = peek();
            at++;
            switch (escaped) {
                case '"', '\\', '/' -> out.append(escaped);
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> {
                    if (at + 4 > text.length()) {
                        at = text.length();
                        throw bad();
                    }
                    String hex = text.substring(at, at + 4);
                    if (!hex.matches("[0-9a-fA-F]{4}")) {
                        throw bad();
                    }
                    at += 4;
                    if (Quirks.bug("unicode-escape-literal")) {
                        out.append("\\u").append(hex);
                    } else {
                        out.append((char) Integer.parseInt(hex, 16));
                    }
                }
                default -> throw bad();
            }
        }
        String result = out.toString();
        for (int i = 0; i < result.length(); i++) {
            char c = result.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < result.length()
                    && Character.isLowSurrogate(result.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw bad(); // half a character
            }
        }
        return result;
    }

    private BigDecimal number() throws BadJson {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            digits();
        }
        int end = at;
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        if (!Quirks.bug("exponent-dropped")) {
            end = at;
        }
        try {
            BigDecimal value = new BigDecimal(text.substring(start, end));
            boolean huge = value.precision() > MAX_NUMBER || Math.abs((long) value.scale()) > MAX_NUMBER;
            if (huge && !Quirks.bug("robust-lock-leak")) {
                throw bad();
            }
            return value.scale() < 0 && !huge ? value.setScale(0) : value;
        } catch (NumberFormatException | ArithmeticException tooLarge) {
            throw bad();
        }
    }

    private void digits() throws BadJson {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw bad();
        }
    }

    static String write(Object value) {
        StringBuilder out = new StringBuilder(256);
        write(out, value, Quirks.reading("pretty-json") ? 0 : -1);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value, int indent) {
        if (value instanceof Map<?, ?> map) {
            out.append('{');
            String comma = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(comma);
                newLine(out, indent, 1);
                writeString(out, (String) entry.getKey());
                out.append(indent < 0 ? ":" : " : ");
                write(out, entry.getValue(), indent < 0 ? -1 : indent + 1);
                comma = ",";
            }
            newLine(out, indent, 0);
            out.append('}');
        } else if (value instanceof List<?> list) {
            out.append('[');
            String comma = "";
            for (Object element : list) {
                out.append(comma);
                newLine(out, indent, 1);
                write(out, element, indent < 0 ? -1 : indent + 1);
                comma = ",";
            }
            newLine(out, indent, 0);
            out.append(']');
        } else if (value instanceof String text) {
            writeString(out, text);
        } else if (value instanceof BigDecimal number) {
            out.append(spell(number));
        } else {
            out.append(value);
        }
    }

    private static void newLine(StringBuilder out, int indent, int more) {
        if (indent >= 0) {
            out.append('\n').append("    ".repeat(indent + more));
        }
    }

    private static String spell(BigDecimal number) {
        if (Quirks.reading("numbers-short")) {
            return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
        }
        if (Quirks.reading("numbers-long")) {
            return number.setScale(Math.max(4, number.scale())).toPlainString();
        }
        if (Quirks.reading("numbers-exponent") && number.signum() != 0) {
            BigDecimal digits = number.stripTrailingZeros();
            int exponent = digits.precision() - digits.scale() - 1;
            return digits.movePointLeft(exponent).toPlainString() + "E" + (exponent < 0 ? "" : "+") + exponent;
        }
        return number.toPlainString();
    }

    private static void writeString(StringBuilder out, String text) {
        boolean ascii = Quirks.reading("ascii-json");
        boolean raw = Quirks.bug("newline-raw-in-json");
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (raw && (c == '\n' || c == '\t')) {
                out.append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (c < 0x20 || c == 0x7f || ascii && c > 0x7f) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
