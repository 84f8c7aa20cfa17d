# SPDX-License-Identifier: Apache-2.0
"""Values on the wire: refusals, JSON in both directions, typed fields of a request, dates."""
import json
import re
import unicodedata
from datetime import datetime, timedelta, timezone
from decimal import Decimal, DecimalException

from switches import bug, reading

BOM = b"\xef\xbb\xbf"
DEEPEST = 600
MESSAGES = {
    1: "请求成功",
    -200: "数据格式错误，无法正确解析",
    -201: "时间戳重复或错误",
    -202: "鉴权信息验证错误",
    -203: "数据库操作错误",
    -999: "未知异常",
}


class Refusal(Exception):
    """A request is refused with a result code of the paper."""

    def __init__(self, code, message=None, status=200):
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES.get(code, "请求失败")
        self.status = status


class Drop(Exception):
    """The connection ends without an answer."""


def collision(message):
    """What collides with stored data has no code of its own."""
    if reading("conflicts-minus-200"):
        return Refusal(-200, message)
    if reading("conflicts-minus-999"):
        return Refusal(-999, message)
    return Refusal(-203, message)


# ---- time ------------------------------------------------------------------------------------

CHINA = timezone(timedelta(hours=8))


def china_now():
    return datetime.now(CHINA).replace(tzinfo=None)


_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_time(text):
    """yyyy-MM-dd HH:mm:ss, or None."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def parse_day(text):
    """yyyy-MM-dd, or None."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def time_text(moment):
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment.year >= 1000 else moment.isoformat(" ")[:19]


# ---- JSON out --------------------------------------------------------------------------------

class Raw(str):
    """Text that is printed into JSON as it stands."""


_print_text = json.encoder.encode_basestring
_print_ascii = json.encoder.encode_basestring_ascii


def number_text(value):
    if bug("robust-huge-number") and value.adjusted() > 300:
        return "Infinity"
    if reading("decimals-shortest"):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if reading("decimals-four-places"):
        return format(value if value.as_tuple().exponent <= -4 else value.quantize(Decimal("0.0001")), "f")
    if reading("decimals-exponent"):
        return format(value, "E")
    return format(value, "f")


def text_json(value, to_ascii=False):
    if bug("reply-raw-control") and re.search(r"[\x00-\x1f]", value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if to_ascii:
        return _print_text(value.encode("ascii", "replace").decode("ascii"))
    return _print_ascii(value) if reading("ascii-escapes") else _print_text(value)


def to_json(value, indent="", to_ascii=False):
    """JSON text of a reply; Decimal is printed as a number with its own places."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return text_json(value, to_ascii)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, int):
        return str(value)
    pretty = reading("pretty-print")
    inner = indent + "  "
    if isinstance(value, dict):
        members = sorted(value.items()) if reading("members-sorted") else value.items()
        colon = " : " if pretty else ":"
        parts = [_print_text(name) + colon + to_json(item, inner, to_ascii) for name, item in members]
        ends = "{}"
    else:
        parts = [to_json(item, inner, to_ascii) for item in value]
        ends = "[]"
        if bug("reply-comma-between-lost") and len(parts) > 2 and isinstance(value[2], dict) and "PayID" in value[2]:
            parts[1:3] = [parts[1] + " " + parts[2]]
    if pretty and parts:
        return ends[0] + "\n" + inner + (",\n" + inner).join(parts) + "\n" + indent + ends[1]
    return ends[0] + ",".join(parts) + ends[1]


# ---- JSON in ---------------------------------------------------------------------------------

def _no_constant(name):
    raise ValueError(name)


def _members(pairs):
    members = dict(pairs)
    if len(members) < len(pairs) and reading("double-members-refused"):
        raise ValueError("a member is named twice")
    return members


def _mantissa(text):
    return Decimal(re.split("[eE]", text)[0])


def _all_texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _all_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _all_texts(item)


def too_deep(text):
    """Whether JSON text nests deeper than any honest request."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = deepest = 0
    in_text = escaped = False
    for char in text:
        if in_text:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_text = False
        elif char == '"':
            in_text = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest > DEEPEST


def parse_body(raw, section, memory):
    """The JSON object of a request; Refusal(-200) for anything else."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        memory.bad_utf8_seen = True
        raise Refusal(-200) from None
    if too_deep(text):
        memory.next_request_fails = bug("robust-deep-nesting")
        raise Refusal(-200)
    as_number = _mantissa if bug("money-exponent") and section == "RemotePay" else Decimal
    try:
        if bug("refusal-tail-ignored"):
            decoder = json.JSONDecoder(parse_float=as_number, parse_constant=_no_constant)
            body = decoder.raw_decode(text.lstrip())[0]
        else:
            body = json.loads(text, parse_float=as_number, parse_constant=_no_constant,
                              object_pairs_hook=_members)
    except (ValueError, DecimalException, RecursionError):
        raise Refusal(-999 if bug("refusal-bad-json-999") else -200) from None
    if not isinstance(body, dict):
        raise Refusal(-200)
    if "\\ud" in text.lower():
        if bug("value-escaped-pair-refused"):
            raise Refusal(-200)
        try:
            for item in _all_texts(body):
                item.encode("utf-8")
        except UnicodeEncodeError:
            if not bug("robust-lone-surrogate"):
                raise Refusal(-200) from None
    return body


class Fields:
    """A request's members, read with the types that the paper gives them."""

    def __init__(self, body, names):
        if reading("member-letter-case-free"):
            spelling = {name.lower(): name for name in names}
            body = {spelling.get(name.lower(), name): value for name, value in body.items()}
        if reading("unknown-members-refused") and set(body) - set(names):
            raise Refusal(-200, "未知字段")
        if reading("null-refused") and any(value is None for value in body.values()):
            raise Refusal(-200)
        self.body = body

    def has(self, name):
        return self.body.get(name) is not None

    def text(self, name):
        """A String; None when it is absent, null or blank."""
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            if not reading("text-as-numbers-taken") or not is_number(value):
                raise Refusal(-200, f"{name}应为字符串")
            value = format(value, "f") if isinstance(value, Decimal) else str(value)
        if value == "" or (value.strip() == "" and not reading("blank-is-a-value")):
            return None
        return value

    def needed_text(self, name):
        value = self.text(name)
        if value is None:
            raise Refusal(-200, f"{name}不能为空")
        return value

    def number(self, name, own_code=-200):
        """A Decimal; None when it is absent or null."""
        value = self.body.get(name)
        if value is None:
            return None
        if isinstance(value, str) and reading("numbers-as-text-taken"):
            if re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII):
                value = Decimal(value)
        if not is_number(value):
            raise Refusal(own_code if reading("wrong-type-own-code") else -200, f"{name}应为数字")
        value = Decimal(value)
        if not -12 < value.adjusted() < 15 and value and not bug("robust-huge-number"):
            raise Refusal(-200, f"{name}超出范围")
        return value

    def whole(self, name, own_code=-200):
        """An Int; None when it is absent or null."""
        value = self.number(name, own_code)
        if value is None:
            return None
        wrong = Refusal(own_code if reading("wrong-type-own-code") else -200, f"{name}应为整数")
        if value != value.to_integral_value():
            if name == "ValveMode" and bug("refusal-valvemode-fraction"):
                return int(value)
            raise wrong
        if reading("int-with-fraction-part-refused") and isinstance(self.body[name], Decimal):
            raise wrong
        return int(value)

    def needed_number(self, name):
        value = self.number(name)
        if value is None:
            raise Refusal(-200, f"{name}不能为空")
        return value

    def needed_whole(self, name):
        value = self.whole(name)
        if value is None:
            raise Refusal(-200, f"{name}不能为空")
        return value

    def moment(self, name):
        value = self.text(name)
        if value is None:
            return None
        parsed = parse_time(value)
        if parsed is None:
            raise Refusal(-200, f"{name}格式错误")
        return parsed

    def day(self, name):
        value = self.text(name)
        if value is None:
            return None
        parsed = parse_day(value)
        if parsed is None:
            raise Refusal(-200, f"{name}格式错误")
        return parsed


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def composed(text):
    return unicodedata.normalize("NFC", text)
