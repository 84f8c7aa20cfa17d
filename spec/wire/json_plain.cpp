#include "spec/wire/json_plain.hpp"

#include "spec/model/plain_text.hpp"

namespace meterproof::wire {
namespace {

using spec::Decimal;
using spec::Value;

class PlainObject {
 public:
  explicit PlainObject(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool read(std::vector<Member>& out) {
    if (!take_sign('{')) return false;
    if (!take_sign('}')) {
      do {
        Member& member = out.emplace_back();
        if (!take_sign('"') || !take_text(member.name) || !take_sign(':') || !take_value(member.value)) return false;
      } while (take_sign(','));
      if (!take_sign('}')) return false;
    }
    pass_blanks();
    return at_ == end_;
  }

 private:
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
  /// What follows an opening quote, and the closing one.
  bool take_text(std::string_view& out) {
    bool foreign = false;
    const char* const begin = at_;
    at_ = spec::pass_plain(at_, end_, foreign);
    out = since(begin);
    return take('"') && (!foreign || spec::is_utf8(out));
  }
  bool take_value(Value& out) {
    pass_blanks();
    if (at_ == end_) return false;
    switch (*at_) {
      case '"':
        ++at_;
        out.kind = Value::Kind::text;
        return take_text(out.text);
      case 't': return take_word("true", Value::Kind::boolean, out);
      case 'f': return take_word("false", Value::Kind::boolean, out);
      case 'n':
        if (!take_word("null", Value::Kind::null, out)) return false;
        out.text = {};
        return true;
      default: return take_number(out);
    }
  }
  bool take_word(std::string_view word, Value::Kind kind, Value& out) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
    out.kind = kind;
    out.text = {at_, word.size()};
    at_ += word.size();
    return true;
  }
  bool take_number(Value& out) {
    const char* const begin = at_;
    const bool negative = take('-');
    const bool nought = at_ != end_ && *at_ == '0';
    std::uint64_t units = 0;
    const std::ptrdiff_t whole = take_digits(units);
    const bool pointed = take('.');
    const std::ptrdiff_t places = pointed ? take_digits(units) : 0;
    if (whole == 0 || (nought && whole > 1) || (pointed && places == 0) || whole + places >= Decimal::max_digits) return false;
    const auto magnitude = static_cast<std::int64_t>(units);
    out.kind = Value::Kind::number;
    out.text = since(begin);
    out.number.emplace(negative ? -magnitude : magnitude, static_cast<int>(places));
    return true;
  }
  /// How many there are; they go on in `units`, which means nothing where there are too many.
  std::ptrdiff_t take_digits(std::uint64_t& units) {
    const char* const begin = at_;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) units = units * 10 + static_cast<std::uint64_t>(*at_ - '0');
    return at_ - begin;
  }
  std::string_view since(const char* begin) const { return {begin, static_cast<std::size_t>(at_ - begin)}; }

  const char* at_;
  const char* end_;
};

}  // namespace

bool read_plain_object(std::string_view body, std::vector<Member>& out) { return PlainObject(body).read(out); }

}  // namespace meterproof::wire
