#include "spec/wire/json_plain.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "spec/model/plain_text.hpp"

namespace meterproof::wire {
namespace {

using spec::Decimal;
using spec::Value;

class PlainObject {
 public:
  PlainObject(std::string_view text, std::span<const std::string> usual) : at_(text.data()), end_(text.data() + text.size()), usual_(usual) {}

  bool read(std::vector<Member>& out) {
    if (!take_sign('{')) return false;
    if (!take_sign('}')) {
      do {
        Member& member = out.emplace_back();
        if (!take_name(member) || !take_sign(':') || !take_value(member.value)) return false;
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
  bool take_name(Member& out) {
    if (at_ != end_ && *at_ != '"') pass_blanks();
    if (next_ < usual_.size()) {
      const std::string& name = usual_[next_];
      if (static_cast<std::size_t>(end_ - at_) >= name.size() && std::memcmp(at_, name.data(), name.size()) == 0) {
        out.name = {at_ + 1, name.size() - 2};
        out.usual = next_++;
        at_ += name.size();
        return true;
      }
    }
    const char* const begin = at_;
    if (!take('"') || !take_text(out.name)) return false;
    const auto known = std::find(usual_.begin(), usual_.end(), since(begin));
    if (known == usual_.end()) return true;
    out.usual = static_cast<std::size_t>(known - usual_.begin());
    next_ = out.usual + 1;
    return true;
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
    std::ptrdiff_t places = 0;
    if (take('.') && (places = take_digits(units)) == 0) return false;
    if (whole == 0 || (nought && whole > 1) || whole + places >= Decimal::max_digits) return false;
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
  std::span<const std::string> usual_;
  std::size_t next_ = 0;  // the one that is likely to come now
};

}  // namespace

bool read_plain_object(std::string_view body, std::span<const std::string> usual, std::vector<Member>& out) { return PlainObject(body, usual).read(out); }

}  // namespace meterproof::wire
