#include "core/json/ordered_body_parser.hpp"

#include <utility>

#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::json {
namespace {

using core::Decimal;
using core::Value;

/// Takes one thing after the other. Each `take` says whether it was there, and plain.
class PlainReader {
 public:
  explicit PlainReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool ended() const { return at_ == end_; }
  void pass_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  /// The same after blanks, of which there are few.
  bool take_sign(char wanted) {
    if (take(wanted)) return true;
    pass_blanks();
    return take(wanted);
  }
  bool take(const core::Prefix16& wanted) {
    if (!wanted.matches(at_, end_)) return false;
    at_ += wanted.size();
    return true;
  }
  /// What follows an opening quote, and the closing one.
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
    const std::ptrdiff_t whole = take_digits(units);
    std::ptrdiff_t places = 0;
    if (take('.') && (places = take_digits(units)) == 0) return false;
    if (whole == 0 || (zero && whole > 1) || whole + places >= Decimal::max_digits) return false;
    const auto magnitude = static_cast<std::int64_t>(units);
    out.kind = Value::Kind::number;
    out.text = since(begin);
    out.number.emplace(negative ? -magnitude : magnitude, static_cast<int>(places));
    return true;
  }
  /// How many there are; they go on in `units`, which means nothing where there are too many.
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

bool parse_flat_object(std::string_view body, std::vector<JsonMember>& out) {
  PlainReader reader(body);
  if (!reader.take_sign('{')) return false;
  if (!reader.take_sign('}')) {
    do {
      JsonMember& member = out.emplace_back();
      if (!reader.take_sign('"') || !reader.take_text(member.name) || !reader.take_sign(':')) return false;
      reader.pass_blanks();
      if (!reader.take_value(member.value)) return false;
    } while (reader.take_sign(','));
    if (!reader.take_sign('}')) return false;
  }
  reader.pass_blanks();
  return reader.ended();
}

OrderedBodyParser::OrderedBodyParser(const core::Interface& interface) : interface_(&interface) {
  for (const core::Field& field : interface.request) names_.emplace_back(core::quoted(field.name) + ":");
}

bool OrderedBodyParser::read(std::string_view body, core::Request& out) const {
  PlainReader reader(body);
  out.interface = interface_;
  out.values.resize(names_.size());
  Value* value = out.values.data();
  const core::Prefix16* name = names_.data();
  const core::Prefix16* const end = name + names_.size();
  if (!reader.take('{')) return false;
  do {
    for (; name != end && !reader.take(*name); ++name) *value++ = {};
    if (name++ == end || !reader.take_value(*value++)) return false;
  } while (reader.take(','));
  for (; name != end; ++name) *value++ = {};
  return reader.take('}') && reader.ended();
}

}  // namespace meterproof::json
