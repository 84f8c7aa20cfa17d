// SPDX-License-Identifier: Apache-2.0
#include "core/json/ordered_body_parser.hpp"

#include <utility>

#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::json {
namespace {

using core::Decimal;
using core::Value;

/// A cursor over the body. Each `take` consumes what it names and returns true, or returns false; the cursor is then unspecified, because the
/// whole body is given to the full parser.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool at_end() const { return at_ == end_; }
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool take(const core::Prefix16& wanted) {
    if (!wanted.matches(at_, end_)) return false;
    at_ += wanted.size();
    return true;
  }
  /// A text after its opening quote, with the closing one.
  bool take_text(std::string_view& out) {
    bool has_non_ascii = false;
    const char* const begin = at_;
    at_ = core::skip_unescaped(at_, end_, has_non_ascii);
    out = since(begin);
    return take('"') && (!has_non_ascii || core::is_valid_utf8(out));
  }
  bool take_value(Value& out) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '"':
        ++at_;
        out.kind = Value::Kind::text;
        out.number.reset();
        return take_text(out.text);
      case 't': return take_word("true", Value::Kind::boolean, out);
      case 'f': return take_word("false", Value::Kind::boolean, out);
      case 'n': return take_word("null", Value::Kind::null, out);
      default: return take_number(out);
    }
  }

 private:
  bool take_word(std::string_view word, Value::Kind kind, Value& out) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
    out = {kind, kind == Value::Kind::null ? std::string_view() : std::string_view(at_, word.size()), {}};
    at_ += word.size();
    return true;
  }
  bool take_number(Value& out) {
    const char* const begin = at_;
    const bool negative = take('-');
    const bool zero = at_ != end_ && *at_ == '0';
    std::uint64_t units = 0;
    const std::ptrdiff_t integer_digits = take_digits(units);
    std::ptrdiff_t places = 0;
    if (take('.') && (places = take_digits(units)) == 0) return false;
    // 17 digits at most: more might overflow `units`, and the full parser reads those exactly.
    if (integer_digits == 0 || (zero && integer_digits > 1) || integer_digits + places >= Decimal::max_digits) return false;
    const auto magnitude = static_cast<std::int64_t>(units);
    out.kind = Value::Kind::number;
    out.text = since(begin);
    out.number.emplace(negative ? -magnitude : magnitude, static_cast<int>(places));
    return true;
  }
  /// Consumes digits, appends them to `units` and returns their number. `units` is meaningless if there are more than 19.
  std::ptrdiff_t take_digits(std::uint64_t& units) {
    const char* at = at_;
    std::uint64_t sum = units;
    for (unsigned digit = 0; at != end_ && (digit = static_cast<unsigned>(*at) - '0') <= 9; ++at) sum = sum * 10 + digit;
    units = sum;
    return at - std::exchange(at_, at);
  }
  std::string_view since(const char* begin) const { return {begin, static_cast<std::size_t>(at_ - begin)}; }

  const char* at_;
  const char* end_;
};

}  // namespace

OrderedBodyParser::OrderedBodyParser(const core::Interface& interface) : interface_(&interface) {
  for (const core::Field& field : interface.request) names_.emplace_back(core::quoted(field.name) + ":");
}

bool OrderedBodyParser::parse(std::string_view body, core::Request& out) const {
  Cursor cursor(body);
  out.interface = interface_;
  out.values.resize(names_.size());
  Value* value = out.values.data();
  const core::Prefix16* name = names_.data();
  const core::Prefix16* const end = name + names_.size();
  if (!cursor.take('{')) return false;
  do {
    // Fields that the body leaves out are passed over, and become absent values.
    for (; name != end && !cursor.take(*name); ++name) *value++ = {};
    if (name++ == end || !cursor.take_value(*value++)) return false;
  } while (cursor.take(','));
  for (; name != end; ++name) *value++ = {};
  return cursor.take('}') && cursor.at_end();
}

}  // namespace meterproof::json
