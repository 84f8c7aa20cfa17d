#include "spec/wire/reply_scan.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace meterproof::wire {
namespace {

enum : std::uint8_t { blank = 1, ends_scalar = 2, ends_text = 4 };

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> out{};
  for (const char c : std::string_view(" \t\r\n")) out[static_cast<unsigned char>(c)] = blank | ends_scalar;
  for (const char c : std::string_view(",}]")) out[static_cast<unsigned char>(c)] |= ends_scalar;
  for (const char c : std::string_view("\"\\")) out[static_cast<unsigned char>(c)] |= ends_text;
  return out;
}();

class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool take(char wanted) {
    blanks();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    blanks();
    return at_ == end_;
  }
  char peek() {
    blanks();
    return at_ < end_ ? *at_ : '\0';
  }
  /// A string's text as it is written, without its quotes.
  std::optional<std::string_view> string() {
    if (!take('"')) return std::nullopt;
    const char* const begin = at_;
    for (;;) {
      at_ = text_end(at_, end_);
      if (at_ == end_) return std::nullopt;
      if (*at_ == '"') return std::string_view(begin, static_cast<std::size_t>(at_++ - begin));
      at_ += std::min<std::ptrdiff_t>(2, end_ - at_);
    }
  }
  /// Any value: a string without its quotes, a scalar as it stands, a container passed over.
  std::optional<std::string_view> value() {
    const char first = peek();
    if (first == '"') return string();
    const char* const begin = at_;
    if (first == '{' || first == '[') {
      if (!pass_over()) return std::nullopt;
    } else {
      while (at_ < end_ && !is(*at_, ends_scalar)) ++at_;
      if (at_ == begin) return std::nullopt;
    }
    return std::string_view(begin, static_cast<std::size_t>(at_ - begin));
  }

 private:
  static bool is(char c, std::uint8_t wanted) { return (classes[static_cast<unsigned char>(c)] & wanted) != 0; }
  /// The next quote or backslash, eight characters at a time (a word has a zero byte where one of them stands).
  static const char* text_end(const char* at, const char* end) {
    constexpr std::uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;
    for (; std::endian::native == std::endian::little && end - at >= 8; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      const std::uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
      const std::uint64_t found = (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & highs;
      if (found != 0) return at + std::countr_zero(found) / 8;
    }
    while (at < end && !is(*at, ends_text)) ++at;
    return at;
  }
  void blanks() {
    while (at_ < end_ && *at_ <= ' ' && is(*at_, blank)) ++at_;
  }
  bool pass_over() {
    int depth = 0;
    while (at_ < end_) {
      const char c = *at_;
      if (c == '"') {
        if (!string()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  const char* at_;
  const char* end_;
};

}  // namespace

const ScannedReply& ReplyScanner::scan(std::string_view body) {
  reply_.is_json = false;
  reply_.code.reset();
  reply_.values.assign(wanted_.size(), std::nullopt);
  Scanner scan(body);
  if (!scan.take('{')) return reply_;
  // One object's members; `visit` returns false where the value could not be read.
  const auto members = [&scan](auto visit) {
    if (scan.take('}')) return true;
    do {
      const auto name = scan.string();
      if (!name || !scan.take(':') || !visit(*name)) return false;
    } while (scan.take(','));
    return scan.take('}');
  };
  const auto first_row = [&] {
    if (wanted_.empty() || scan.peek() != '[') return scan.value().has_value();
    scan.take('[');
    if (scan.take(']')) return true;
    if (scan.peek() == '{') {
      scan.take('{');
      const bool whole = members([&](std::string_view name) {
        const auto value = scan.value();
        for (std::size_t i = 0; i < wanted_.size(); ++i)
          if (name.size() == wanted_[i].size() && name == wanted_[i]) reply_.values[i] = value;
        return value.has_value();
      });
      if (!whole) return false;
    } else if (!scan.value()) {
      return false;
    }
    while (scan.take(','))
      if (!scan.value()) return false;
    return scan.take(']');
  };
  const bool whole = members([&](std::string_view name) {
    if (name == rows_) return first_row();
    const auto value = scan.value();
    if (!value) return false;
    if (name == code_) {
      int number = 0;
      const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
      if (error == std::errc{} && end == value->data() + value->size()) reply_.code = number;
    }
    return true;
  });
  reply_.is_json = whole && scan.at_end() && reply_.code.has_value();
  return reply_;
}

}  // namespace meterproof::wire
