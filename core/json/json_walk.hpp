// SPDX-License-Identifier: Apache-2.0
// The grammar of JSON (RFC 8259), in one place: walks through a text, tells a visitor what it meets, and stops at the first mistake. For json.cpp,
// which builds trees, and json_diagnosis.cpp, which names the mistake.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/json/json.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::json {

/// What stood in the way, as the grammar sees it. `classify` makes a likely cause of it.
enum class Expected {
  value,
  item_or_end,  // behind [
  item,         // behind a comma
  name_or_end,  // behind {
  name,         // behind a comma
  colon,
  member_separator,  // , or }
  item_separator,    // , or ]
  nothing,           // behind the whole value
  text_end,          // a closing quote
  character,         // a character that a text may contain
  escape,            // a character that may follow a backslash
  low_surrogate,     // the other half of \ud83d
  utf8,              // within a text
  less_depth,
  fewer_members,
  fewer_values
};

struct Stop {
  Expected expected;
  const char* at;
};

/// The cause of a stop in `text`.
ParseError classify(std::string_view text, const Stop& stop);

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

constexpr bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// A text without its escapes, which a walk has found to be right.
std::string unescaped(std::string_view raw);

/// The value of the four hexadecimal digits at `at`; -1 if they are not.
int code_unit(const char* at, const char* end);

/// Visits nothing: for those who only want to know whether a text is JSON.
struct NoVisitor {
  void scalar(Json::Kind, std::string_view) {}
  void text(std::string_view, bool) {}
  void name(std::string_view, bool) {}
  void open(Json::Kind) {}
  void close() {}
};

/// `Visitor`: as NoVisitor. Texts and names come without their quotes, as they are written; true: they contain escapes.
template <class Visitor>
class JsonWalk {
 public:
  JsonWalk(std::string_view text, Visitor& visitor, std::size_t most_values = max_values)
      : at_(text.data()), end_(text.data() + text.size()), visitor_(visitor), most_values_(most_values) {}

  /// Where and why it stopped; nothing if the whole text is one JSON value.
  std::optional<Stop> run() {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(byte_order_mark)) at_ += byte_order_mark.size();
    if (!value(Expected::value, 0)) return stop_;
    if (peek() != '\0' || at_ != end_) return Stop{Expected::nothing, at_};
    return std::nullopt;
  }

 private:
  bool fail(Expected expected) { return fail(expected, at_); }
  bool fail(Expected expected, const char* at) {
    stop_ = {expected, at};
    return false;
  }
  /// Skips white space and returns the next character; 0 at the end.
  char peek() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
    return at_ == end_ ? '\0' : *at_;
  }
  bool take(char wanted) {
    if (peek() != wanted || at_ == end_) return false;
    ++at_;
    return true;
  }

  bool value(Expected expected, std::size_t depth) {
    const char first = peek();
    if (++values_ > most_values_) return fail(Expected::fewer_values);
    if (first == '"') {
      std::string_view raw;
      bool escaped = false;
      if (!string(raw, escaped)) return false;
      visitor_.text(raw, escaped);
      return true;
    }
    if (first == '{' || first == '[') {
      if (depth == max_depth) return fail(Expected::less_depth);
      return first == '{' ? object(depth) : array(depth);
    }
    return scalar(expected);
  }
  bool scalar(Expected expected) {
    if (const char* const end = core::skip_number(at_, end_); end != nullptr) {
      visitor_.scalar(Json::Kind::number, {at_, static_cast<std::size_t>(end - at_)});
      at_ = end;
      return true;
    }
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    for (const std::string_view word : {std::string_view("null"), std::string_view("true"), std::string_view("false")}) {
      if (!rest.starts_with(word)) continue;
      if (word == "null") visitor_.scalar(Json::Kind::null, {});
      else visitor_.scalar(Json::Kind::boolean, word);
      at_ += word.size();
      return true;
    }
    return fail(expected);
  }
  bool object(std::size_t depth) {
    ++at_;
    visitor_.open(Json::Kind::object);
    if (!take('}')) {
      Expected expected = Expected::name_or_end;
      std::size_t members = 0;
      do {
        if (peek() != '"' || at_ == end_) return fail(expected);
        if (++members > max_members) return fail(Expected::fewer_members);
        std::string_view raw;
        bool escaped = false;
        if (!string(raw, escaped)) return false;
        visitor_.name(raw, escaped);
        if (!take(':')) return fail(Expected::colon);
        if (!value(Expected::value, depth + 1)) return false;
        expected = Expected::name;
      } while (take(','));
      if (!take('}')) return fail(Expected::member_separator);
    }
    visitor_.close();
    return true;
  }
  bool array(std::size_t depth) {
    ++at_;
    visitor_.open(Json::Kind::array);
    if (!take(']')) {
      Expected expected = Expected::item_or_end;
      do {
        if (!value(expected, depth + 1)) return false;
        expected = Expected::item;
      } while (take(','));
      if (!take(']')) return fail(Expected::item_separator);
    }
    visitor_.close();
    return true;
  }
  /// At a quote.
  bool string(std::string_view& raw, bool& escaped) {
    const char* const begin = ++at_;
    bool has_non_ascii = false;
    for (;;) {
      at_ = core::skip_unescaped(at_, end_, has_non_ascii);
      if (at_ == end_) return fail(Expected::text_end, begin - 1);
      if (*at_ == '"') break;
      if (*at_ != '\\') return fail(Expected::character);
      if (!skip_escape()) return false;
      escaped = true;
    }
    raw = {begin, static_cast<std::size_t>(at_++ - begin)};
    return !has_non_ascii || core::is_valid_utf8(raw) || fail(Expected::utf8, begin);
  }
  /// At a backslash.
  bool skip_escape() {
    constexpr std::string_view simple = "\"\\/bfnrt";
    const char* const begin = at_;
    if (++at_ == end_) return fail(Expected::text_end, begin);
    if (*at_ != 'u') return simple.find(*at_++) != std::string_view::npos || fail(Expected::escape, begin);
    const int unit = code_unit(++at_, end_);
    if (unit < 0) return fail(Expected::escape, begin);
    at_ += 4;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    // A character above U+FFFF is two escapes, high surrogate first (section 7). A single surrogate is no character.
    if (unit > 0xDBFF || end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return fail(Expected::low_surrogate, begin);
    const int low = code_unit(at_ + 2, end_);
    at_ += 6;
    return (low >= 0xDC00 && low <= 0xDFFF) || fail(Expected::low_surrogate, begin);
  }

  const char* at_;
  const char* end_;
  Visitor& visitor_;
  const std::size_t most_values_;
  std::size_t values_ = 0;
  Stop stop_{Expected::value, nullptr};
};

}  // namespace meterproof::json
