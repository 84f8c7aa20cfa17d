// SPDX-License-Identifier: Apache-2.0
#include "core/json/json_diagnosis.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/json/json_walk.hpp"
#include "core/text/encoding_guess.hpp"

namespace meterproof::json {

using i18n::Message;
using i18n::msg;
using Kind = ParseError::Kind;

namespace {

struct Lookalike {
  std::string_view shown, ascii;
};

/// Punctuation of Chinese input methods and word processors, and what JSON needs in its place.
constexpr Lookalike lookalikes[] = {{"“", "\""}, {"”", "\""},  {"„", "\""},  {"«", "\""}, {"»", "\""}, {"＂", "\""}, {"‘", "\""}, {"’", "\""}, {"＇", "\""},
                                    {"：", ":"}, {"，", ","},  {"、", ","},  {"；", ","}, {"｛", "{"}, {"｝", "}"},  {"［", "["}, {"］", "]"}, {"【", "["},
                                    {"】", "]"}, {"「", "\""}, {"」", "\""}, {"。", "."}, {"．", "."}, {"－", "-"},  {"−", "-"},  {"＝", ":"}};

/// Characters that look like a space or like nothing, with their numbers.
constexpr Lookalike invisible[] = {{"\f", "U+000C"},     {"\v", "U+000B"},     {"\u00A0", "U+00A0"}, {"\u00AD", "U+00AD"}, {"\u200B", "U+200B"},
                                   {"\u200C", "U+200C"}, {"\u200D", "U+200D"}, {"\u200E", "U+200E"}, {"\u200F", "U+200F"}, {"\u2028", "U+2028"},
                                   {"\u2029", "U+2029"}, {"\u202F", "U+202F"}, {"\u2060", "U+2060"}, {"\u3000", "U+3000"}, {"\uFEFF", "U+FEFF"}};

/// Literals of other languages, in lower case.
constexpr std::string_view foreign_literals[] = {"none", "true", "false", "null", "nil", "nan", "inf", "infinity", "undefined", "yes", "no"};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (core::to_lower(c) >= 'a' && core::to_lower(c) <= 'z') || c == '_' || c == '$'; }
constexpr bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80U; }
constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

template <std::size_t size>
const Lookalike* find_in(const Lookalike (&table)[size], std::string_view rest) {  // NOLINT(*-avoid-c-arrays)
  const auto* const found = std::find_if(std::begin(table), std::end(table), [&](const Lookalike& one) { return rest.starts_with(one.shown); });
  return found == std::end(table) ? nullptr : found;
}

/// A full-width form of an ASCII character (U+FF01 to U+FF5E): a digit, a letter, punctuation.
bool is_full_width(std::string_view rest) {
  if (rest.size() < 3 || rest[0] != '\xEF') return false;
  const auto second = static_cast<unsigned char>(rest[1]), third = static_cast<unsigned char>(rest[2]);
  return (second == 0xBCU && third >= 0x81U && third <= 0xBFU) || (second == 0xBDU && third >= 0x80U && third <= 0x9EU);
}

/// The first character of a text; "" if it is not UTF-8.
std::string_view first_character(std::string_view rest) {
  if (rest.empty()) return {};
  std::size_t size = 1;
  while (size < rest.size() && size < 4 && is_continuation(rest[size])) ++size;
  for (const std::size_t bytes : {std::size_t{1}, size})
    if (core::is_valid_utf8(rest.substr(0, bytes))) return rest.substr(0, bytes);
  return {};
}

/// From `rest` up to what ends a word, at most 30 bytes.
std::string word_of(std::string_view rest) {
  constexpr std::size_t longest = 30;
  const std::size_t end = std::min(rest.find_first_of(" \t\r\n,:;{}[]()\"'="), rest.size());
  return std::string(core::truncate_utf8(rest.substr(0, std::max<std::size_t>(end, 1)), longest));
}

/// Offset of the first byte that is not UTF-8, from `from` on.
std::size_t first_wrong_byte(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    if (!is_high(text[from])) {
      ++from;
      continue;
    }
    const std::string_view character = first_character(text.substr(from));
    if (character.empty()) return from;
    from += character.size();
  }
  return from;
}

std::size_t end_of_byte_order_mark(std::string_view text) { return text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0; }

/// The last character before `at` that is no white space; `npos` where there is none.
std::size_t last_before(std::string_view text, std::size_t at) {
  while (at > end_of_byte_order_mark(text))
    if (!is_blank(text[--at])) return at;
  return std::string_view::npos;
}

/// What was found at the place of a token.
struct Classifier {
  std::string_view text;
  std::size_t at;

  std::string_view rest() const { return text.substr(at); }
  char next() const { return text[at]; }
  char before() const {
    const std::size_t last = last_before(text, at);
    return last == std::string_view::npos ? '\0' : text[last];
  }
  /// The character right before, white space included.
  char neighbour() const { return at > end_of_byte_order_mark(text) ? text[at - 1] : '\0'; }
  std::string character() const { return std::string(first_character(rest())); }

  ParseError of(Kind kind, std::string_view found = {}) const { return of(kind, at, found); }
  static ParseError of(Kind kind, std::size_t offset, std::string_view found = {}) {
    ParseError out;
    out.kind = kind;
    out.offset = offset;
    out.found = core::sanitize(found);
    return out;
  }

  /// What is wrong wherever a token is expected.
  std::optional<ParseError> common() const {
    if (at == text.size()) {
      const bool blank = last_before(text, at) == std::string_view::npos;
      return of(blank ? Kind::empty : Kind::ends_early);
    }
    if (next() == '\0') return of(Kind::zero_byte);
    if (rest().starts_with("//") || rest().starts_with("/*") || next() == '#') return of(Kind::comment, next() == '#' ? "#" : std::string(rest().substr(0, 2)));
    if (const Lookalike* found = find_in(invisible, rest())) return of(Kind::invisible, std::string(found->ascii));
    if (find_in(lookalikes, rest()) != nullptr || is_full_width(rest())) return of(Kind::full_width, character());
    if (is_high(next()) && character().empty()) return of(Kind::not_utf8);
    return std::nullopt;
  }

  /// What stands where the quote in front of a text or a name should.
  std::optional<ParseError> wrong_quotes() const {
    if (next() == '\'') return of(Kind::single_quotes);
    if (next() == '`') return of(Kind::single_quotes, "`");
    if (rest().starts_with("\\\"")) return of(Kind::escaped_quotes);
    return std::nullopt;
  }

  /// The full-width quote that was meant to close the text from `begin` on, and lies in front of `end`: a bracket, a comma or a colon is behind it.
  std::optional<ParseError> full_width_quote(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      const Lookalike* quote = is_high(text[i]) ? find_in(lookalikes, text.substr(i)) : nullptr;
      if (quote == nullptr || quote->ascii != "\"") continue;
      const std::size_t behind = std::min(text.find_first_not_of(" \t\r\n", i + quote->shown.size()), text.size());
      const bool closes = behind == text.size() || std::string_view(",:}]").find(text[behind]) != std::string_view::npos;
      if (closes) return of(Kind::full_width, i, quote->shown);
    }
    return std::nullopt;
  }

  /// The same of the text that ends in front of this place.
  std::optional<ParseError> full_width_quote_before() const {
    const std::size_t last = last_before(text, at);
    if (last == std::string_view::npos || last == 0 || text[last] != '"') return std::nullopt;
    return full_width_quote(std::min(text.rfind('"', last - 1), last), last);
  }

  ParseError value(Expected expected) const {
    const char c = next();
    if (const auto quotes = wrong_quotes()) return *quotes;
    if (c == ',' && expected != Expected::value) return of(Kind::extra_comma);
    if (c == ']' && expected == Expected::item) return of(Kind::trailing_comma, last_before(text, at));
    const bool sign = c == '-' || c == '+';
    const std::string_view behind_sign = rest().substr(sign ? 1 : 0);
    const std::string word = word_of(behind_sign);
    if (is_letter(c) || (sign && !behind_sign.empty() && is_letter(behind_sign.front()))) {
      const std::string lower = core::to_lower(word);
      const bool foreign = std::find(std::begin(foreign_literals), std::end(foreign_literals), lower) != std::end(foreign_literals);
      return of(foreign ? Kind::foreign_literal : Kind::unquoted_text, word_of(rest()));
    }
    if (is_digit(c) || sign || c == '.') return of(Kind::bad_number, word_of(rest()));
    if (is_high(c)) return of(Kind::unquoted_text, word_of(rest()));
    return of(Kind::no_value, std::string(1, c));
  }

  ParseError name(Expected expected) const {
    const char c = next();
    if (const auto quotes = wrong_quotes()) return *quotes;
    if (c == '}' && expected == Expected::name) return of(Kind::trailing_comma, last_before(text, at));
    if (c == ',') return of(Kind::extra_comma);
    if (is_letter(c) || is_high(c)) return of(Kind::unquoted_name, word_of(rest()));
    return of(Kind::no_name, word_of(rest()));
  }

  ParseError colon() const {
    if (next() == '=') return of(Kind::other_separator, "=");
    if (auto quote = full_width_quote_before()) return *quote;
    return of(Kind::missing_colon, character());
  }

  ParseError separator(Expected expected) const {
    const bool object = expected == Expected::member_separator;
    const char c = next();
    if (c == ';') return of(Kind::other_separator, ";");
    if (c == (object ? ']' : '}')) return of(Kind::other_bracket, std::string(1, c));
    const bool word = is_letter(c) || is_digit(c) || is_high(c);
    if (auto quote = full_width_quote_before()) return *quote;
    if (neighbour() == '"' && word) return of(Kind::quote_inside, at - 1);
    if (is_digit(neighbour()) && (word || c == '.' || c == '-' || c == '+')) {
      std::size_t begin = at;
      while (begin > 0 && (is_digit(text[begin - 1]) || text[begin - 1] == '.' || text[begin - 1] == '-')) --begin;
      return of(Kind::bad_number, begin, word_of(text.substr(begin)));
    }
    return of(Kind::missing_comma, character());
  }
};

ParseError cause_of(std::string_view text, const Stop& stop) {
  const Classifier here{text, static_cast<std::size_t>(stop.at - text.data())};
  switch (stop.expected) {
    case Expected::value:
    case Expected::item_or_end:
    case Expected::item: {
      const auto common = here.common();
      return common ? *common : here.value(stop.expected);
    }
    case Expected::name_or_end:
    case Expected::name: {
      const auto common = here.common();
      return common ? *common : here.name(stop.expected);
    }
    case Expected::colon: {
      const auto common = here.common();
      return common ? *common : here.colon();
    }
    case Expected::member_separator:
    case Expected::item_separator: {
      const auto common = here.common();
      return common ? *common : here.separator(stop.expected);
    }
    case Expected::nothing: {
      const auto common = here.common();
      return common ? *common : here.of(Kind::more_behind, word_of(here.rest()));
    }
    case Expected::text_end: {
      const auto quote = here.full_width_quote(here.at, text.size());
      return quote ? *quote : here.of(Kind::unclosed_text);
    }
    case Expected::character: {
      if (here.next() == '\0') return here.of(Kind::zero_byte);
      if (const auto quote = here.full_width_quote(std::min(text.rfind('"', here.at), here.at), here.at)) return *quote;
      std::array<char, 8> number{};
      std::snprintf(number.data(), number.size(), "U+%04X", static_cast<unsigned>(static_cast<unsigned char>(here.next())));
      return here.of(Kind::control_character, number.data());
    }
    case Expected::escape: {
      const std::string_view rest = here.rest();
      const std::size_t size = rest.starts_with("\\u") ? 6 : 1 + first_character(rest.substr(1)).size();
      return here.of(Kind::bad_escape, std::string(core::truncate_utf8(rest, size)));
    }
    case Expected::low_surrogate: return here.of(Kind::lone_surrogate, std::string(here.rest().substr(0, 6)));
    case Expected::utf8: return here.of(Kind::not_utf8, first_wrong_byte(text, here.at));
    case Expected::less_depth: return here.of(Kind::too_deep);
    case Expected::fewer_members: return here.of(Kind::too_many_members);
    case Expected::fewer_values: return here.of(Kind::too_many_values);
  }
  return here.of(Kind::no_value);
}

/// Of the first bytes that are not UTF-8.
Message what_encoding(std::string_view bytes) {
  switch (core::guess_byte_encoding(bytes)) {
    case core::ByteEncoding::gbk: return msg<"json.gbk">();
    case core::ByteEncoding::big5: return msg<"json.big5">();
    case core::ByteEncoding::single_byte: return msg<"json.single-byte">();
    case core::ByteEncoding::unknown: break;
  }
  return msg<"json.not-utf8">();
}

Message what_is(const ParseError& mistake, std::string_view text) {
  switch (mistake.kind) {
    case Kind::empty: return msg<"json.empty">();
    case Kind::ends_early: return msg<"json.ends-early">();
    case Kind::more_behind: return msg<"json.more-behind">(mistake.found);
    case Kind::no_value: return msg<"json.no-value">(mistake.found);
    case Kind::unquoted_name: return msg<"json.unquoted-name">(mistake.found);
    case Kind::unquoted_text: return msg<"json.unquoted-text">(mistake.found);
    case Kind::foreign_literal: return msg<"json.foreign-literal">(mistake.found);
    case Kind::single_quotes: return mistake.found.empty() ? msg<"json.single-quotes">() : msg<"json.backquotes">();
    case Kind::escaped_quotes: return msg<"json.escaped-quotes">();
    case Kind::trailing_comma: return msg<"json.trailing-comma">();
    case Kind::extra_comma: return msg<"json.extra-comma">();
    case Kind::missing_comma: return msg<"json.missing-comma">(mistake.found);
    case Kind::missing_colon: return msg<"json.missing-colon">(mistake.found);
    case Kind::other_separator: return msg<"json.other-separator">(mistake.found, mistake.found == ";" ? "," : ":");
    case Kind::no_name: return msg<"json.no-name">(mistake.found);
    case Kind::other_bracket: return msg<"json.other-bracket">(mistake.found);
    case Kind::quote_inside: return msg<"json.quote-inside">();
    case Kind::comment: return msg<"json.comment">(mistake.found);
    case Kind::full_width: {
      const Lookalike* known = find_in(lookalikes, mistake.found);
      return known != nullptr ? msg<"json.full-width">(mistake.found, known->ascii) : msg<"json.full-width-character">(mistake.found);
    }
    case Kind::invisible: return msg<"json.invisible">(mistake.found);
    case Kind::bad_number: return msg<"json.bad-number">(mistake.found);
    case Kind::bad_escape: return msg<"json.bad-escape">(mistake.found);
    case Kind::lone_surrogate: return msg<"json.lone-surrogate">(mistake.found);
    case Kind::control_character: return msg<"json.control-character">(mistake.found);
    case Kind::unclosed_text: return msg<"json.unclosed-text">();
    case Kind::zero_byte: return msg<"json.zero-byte">();
    case Kind::not_utf8: return what_encoding(text.substr(std::min(mistake.offset, text.size()), 64));
    case Kind::too_deep: return msg<"json.too-deep">(max_depth);
    case Kind::too_many_members: return msg<"json.too-many-members">(max_members);
    case Kind::too_many_values: return msg<"json.too-many-values">(max_values);
    case Kind::huge_number: return msg<"json.huge-number">(mistake.found);
    case Kind::duplicate_name: return msg<"json.duplicate-name">(mistake.found);
  }
  return {};
}

/// The text around a place, some 20 characters on either side, on one line.
std::string excerpt(std::string_view text, std::size_t at) {
  constexpr std::size_t around = 20, widest = 4;  // characters; bytes of a character
  at = std::min(at, text.size());
  std::size_t begin = at, end = at;
  for (std::size_t left = around; begin > end_of_byte_order_mark(text) && at - begin < around * widest; --left) {
    if (left == 0) break;
    do --begin;
    while (begin > 0 && is_continuation(text[begin]) && at - begin < around * widest);
  }
  for (std::size_t left = around; left > 0 && end < text.size(); --left) {
    do ++end;
    while (end < text.size() && is_continuation(text[end]) && end - at < around * widest);
  }
  std::string out = (begin > end_of_byte_order_mark(text) ? "…" : "") + core::sanitize(text.substr(begin, at - begin)) + " >>> " +
                    core::sanitize(text.substr(at, end - at)) + (end < text.size() ? "…" : "");
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

// What is no JSON at all.

/// By the first bytes of the formats (RFC 1952, RFC 8878, RFC 1950).
std::string_view compression(std::string_view body) {
  if (body.starts_with("\x1F\x8B")) return "gzip";
  if (body.starts_with("\x28\xB5\x2F\xFD")) return "zstd";
  if (body.starts_with("\x78\x01") || body.starts_with("\x78\x9C") || body.starts_with("\x78\xDA")) return "deflate";
  return {};
}

/// name=value, with letters, digits and what forms allow in a name.
bool looks_like_form(std::string_view body) {
  const std::size_t equals = body.find('=');
  return equals > 0 && equals != std::string_view::npos && std::all_of(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '%' || c == '+';
         });
}

Message other_format(std::string_view body, std::string_view content_type, std::string_view content_encoding) {
  const std::string coding = core::to_lower(core::trimmed(content_encoding));
  constexpr std::size_t longest = 40;
  if (!coding.empty() && coding != "identity") return msg<"json.coded">(core::sanitize(core::truncate_utf8(coding, longest)));
  if (const std::string_view name = compression(body); !name.empty()) return msg<"json.compressed">(name);
  if (const std::string_view name = core::wide_encoding(body); !name.empty()) return msg<"json.wide">(name);
  const std::string_view plain = core::trimmed(body.substr(end_of_byte_order_mark(body)));
  if (plain.empty()) return {};
  const std::string beginning = core::to_lower(plain.substr(0, 512)), type = core::normalized_media_type(content_type);
  if (plain.front() == '<') {
    const bool html = beginning.find("<html") != std::string::npos || beginning.find("<!doctypehtml") != std::string::npos ||
                      beginning.find("<!doctype html") != std::string::npos;
    return html ? msg<"json.html">() : msg<"json.xml">();
  }
  if (type.starts_with("multipart/") || (plain.starts_with("--") && beginning.find("content-disposition") != std::string::npos)) return msg<"json.multipart">();
  if (plain.starts_with("%7B") || plain.starts_with("%7b")) return msg<"json.percent">();
  if (plain.starts_with("eyJ") || plain.starts_with("eyAi") || plain.starts_with("ewog")) return msg<"json.base64">();  // {" and {<line end> in Base64
  if (is_letter(plain.front())) {
    const std::size_t bracket = plain.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.");
    if (bracket != std::string_view::npos && plain[bracket] == '(') return msg<"json.call">();
  }
  if (looks_like_form(plain)) return msg<"json.form">();
  return {};
}

/// What a value is that is no object; empty where it is one.
Message other_kind(std::string_view body) {
  const std::string_view plain = core::trimmed(body.substr(end_of_byte_order_mark(body)));
  switch (plain.empty() ? '\0' : plain.front()) {
    case '{': return {};
    case '[': return msg<"json.array">();
    case '"': {
      const auto text = parse_json(body);
      const bool again = text && core::trimmed(text->text).starts_with('{') && !find_mistake(text->text);
      return again ? msg<"json.in-a-text">() : msg<"json.text">();
    }
    default: return msg<"json.scalar">(core::truncate_utf8(plain, 30));
  }
}

/// With its line and column.
ParseError located(ParseError out, std::string_view text) {
  const std::string_view before = text.substr(end_of_byte_order_mark(text), out.offset - std::min(out.offset, end_of_byte_order_mark(text)));
  out.line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::string_view line = before.substr(out.line == 1 ? 0 : before.rfind('\n') + 1);
  out.column = static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return !is_continuation(c); })) + 1;
  return out;
}

/// Visits names, and keeps the first that its object has already; and the first number that no double holds.
class DuplicateFinder {
 public:
  void scalar(Json::Kind kind, std::string_view raw) {
    if (kind == Json::Kind::number && !huge_ && !std::isfinite(std::strtod(std::string(raw).c_str(), nullptr))) huge_ = raw;
  }
  void text(std::string_view, bool) {}
  void name(std::string_view raw, bool escaped) {
    if (!found_ && !open_.back().insert(escaped ? unescaped(raw) : std::string(raw)).second) found_ = raw;
  }
  void open(Json::Kind) { open_.emplace_back(); }
  void close() { open_.pop_back(); }

  /// As it is written, without its quotes.
  const std::optional<std::string_view>& found() const { return found_; }
  const std::optional<std::string_view>& huge() const { return huge_; }

 private:
  std::vector<std::set<std::string>> open_;  // the names of each array and object that is open
  std::optional<std::string_view> found_, huge_;
};

}  // namespace

ParseError classify(std::string_view text, const Stop& stop) { return located(cause_of(text, stop), text); }

std::optional<ParseError> find_mistake(std::string_view text) {
  NoVisitor nothing;
  const std::optional<Stop> stop = JsonWalk(text, nothing).run();
  return stop ? std::optional(classify(text, *stop)) : std::nullopt;
}

std::optional<ParseError> find_mistake_or_duplicate(std::string_view text) {
  DuplicateFinder names;
  if (const std::optional<Stop> stop = JsonWalk(text, names, std::numeric_limits<std::size_t>::max()).run()) return classify(text, *stop);
  const auto& found = names.huge() ? names.huge() : names.found();
  if (!found) return std::nullopt;
  constexpr std::size_t longest = 60;
  ParseError out;
  out.kind = names.huge() ? Kind::huge_number : Kind::duplicate_name;
  out.offset = static_cast<std::size_t>(found->data() - text.data()) - (names.huge() ? 0 : 1);  // of a name, at its quote
  out.found = core::sanitize(core::truncate_utf8(*found, longest));
  return located(std::move(out), text);
}

Message to_message(const ParseError& mistake, std::string_view text) {
  Message what = what_is(mistake, text);
  if (mistake.kind == Kind::empty) return what;
  return msg<"json.at">(std::move(what), mistake.line, mistake.column, excerpt(text, mistake.offset));
}

Message diagnose(std::string_view body, std::string_view content_type, std::string_view content_encoding) {
  const std::optional<ParseError> mistake = find_mistake(body);
  if (!mistake) return other_kind(body);
  const Message other = other_format(body, content_type, content_encoding);
  return other.empty() ? to_message(*mistake, body) : other;
}

core::LocalizedText explain(std::string_view body, std::string_view content_type, std::string_view content_encoding) {
  const Message message = diagnose(body, content_type, content_encoding);
  if (message.empty()) return {};
  return {render(message, i18n::Language::zh), render(message, i18n::Language::en)};
}

}  // namespace meterproof::json
