// SPDX-License-Identifier: Apache-2.0
#include "core/decimal/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace meterproof::core {
namespace {

__extension__ using Wide = __int128;

constexpr std::array<std::int64_t, Decimal::max_digits + 1> powers = [] {
  std::array<std::int64_t, Decimal::max_digits + 1> table{};
  table[0] = 1;
  for (std::size_t i = 1; i < table.size(); ++i) table[i] = table[i - 1] * 10;
  return table;
}();

std::int64_t power_of_ten(int exponent) { return powers[static_cast<std::size_t>(exponent)]; }

/// True if 18 digits are enough.
bool fits(std::int64_t units) { return units < power_of_ten(Decimal::max_digits) && units > -power_of_ten(Decimal::max_digits); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Removes trailing zeros behind the point until 18 digits are enough; nothing if they never are.
std::optional<Decimal> fit_digits(Wide units, int scale) {
  const Wide limit = power_of_ten(Decimal::max_digits);
  while (scale > Decimal::max_digits || units >= limit || units <= -limit) {
    if (scale == 0 || units % 10 != 0) return std::nullopt;
    units /= 10;
    --scale;
  }
  return Decimal(static_cast<std::int64_t>(units), scale);
}

struct Aligned {
  Wide a;
  Wide b;
  int scale;
};

Aligned align(Decimal a, Decimal b) {
  const int scale = std::max(a.scale(), b.scale());
  return {Wide{a.units()} * power_of_ten(scale - a.scale()), Wide{b.units()} * power_of_ten(scale - b.scale()), scale};
}

/// "00" to "99": two digits are written at a time.
constexpr std::array<std::array<char, 2>, 100> pairs = [] {
  std::array<std::array<char, 2>, 100> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  return table;
}();

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) at = 1;

  std::int64_t units = 0;
  int scale = 0;
  bool any_digit = false;
  bool after_point = false;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !after_point)); ++at) {
    if (text[at] == '.') {
      after_point = true;
      continue;
    }
    any_digit = true;
    if (units >= power_of_ten(max_digits - 1) || scale == max_digits) {
      const std::size_t behind_zeros = after_point ? std::min(text.find_first_not_of('0', at), text.size()) : at;
      if (behind_zeros == at || (behind_zeros < text.size() && is_digit(text[behind_zeros]))) return std::nullopt;
      at = behind_zeros;
      break;
    }
    units = units * 10 + (text[at] - '0');
    if (after_point) ++scale;
  }
  if (!any_digit) return std::nullopt;

  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    std::string_view digits = text.substr(at + 1);
    if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    // A larger exponent cannot give a number of 18 digits, but for 0e99, which nobody writes.
    if (exponent < -max_digits || exponent > max_digits) return std::nullopt;
    scale -= exponent;
    if (scale < 0) {
      const Wide scaled = Wide{units} * power_of_ten(std::min(-scale, max_digits));
      if (-scale > max_digits && units != 0) return std::nullopt;
      return fit_digits(negative ? -scaled : scaled, 0);
    }
  }
  return fit_digits(negative ? -units : units, scale);
}

std::optional<Decimal> Decimal::parse_rounded(std::string_view text) {
  if (const auto exact = parse(text)) return exact;
  const std::size_t end_of_mantissa = std::min(text.find_first_of("eE"), text.size());
  std::string_view mantissa = text.substr(0, end_of_mantissa), exponent_digits = text.substr(std::min(end_of_mantissa + 1, text.size()));
  const bool negative = mantissa.starts_with('-');
  if (negative || mantissa.starts_with('+')) mantissa.remove_prefix(1);
  std::string digits;  // the number is 0.DIGITS × 10^size, with `size` digits in front of the point
  std::int64_t size = 0;
  bool any_digit = false, after_point = false;
  for (const char c : mantissa) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (!is_digit(c)) return std::nullopt;
    any_digit = true;
    const bool significant = c != '0' || !digits.empty();
    if (significant) digits += c;
    if (significant && !after_point) ++size;
    if (!significant && after_point) --size;
  }
  if (!any_digit) return std::nullopt;
  if (end_of_mantissa < text.size()) {
    if (exponent_digits.starts_with('+')) exponent_digits.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(exponent_digits.data(), exponent_digits.data() + exponent_digits.size(), exponent);
    if (error != std::errc{} || end != exponent_digits.data() + exponent_digits.size()) return std::nullopt;
    size += exponent;
  }
  if (size > max_digits) return std::nullopt;
  const int scale = max_digits - static_cast<int>(std::max<std::int64_t>(size, 0));
  const std::int64_t kept = size + scale;  // digits; below zero where all of them are too far behind the point
  std::int64_t units = 0;
  for (std::int64_t i = 0; i < kept; ++i) units = units * 10 + (i < std::ssize(digits) ? digits[static_cast<std::size_t>(i)] - '0' : 0);
  if (kept >= 0 && kept < std::ssize(digits) && digits[static_cast<std::size_t>(kept)] >= '5') ++units;
  return fit_digits(negative ? -units : units, scale);
}

void Decimal::append_to(std::string& out) const {
  std::array<char, 24> text;  // NOLINT(*-member-init): written from its end
  char* const end = text.data() + text.size();
  char* at = end;
  // 0 - x in unsigned arithmetic is the magnitude of every negative number, the smallest included.
  auto rest = units_ < 0 ? 0 - static_cast<std::uint64_t>(units_) : static_cast<std::uint64_t>(units_);
  // Written from the end backwards: the number of digits is not known before.
  const auto put_pair = [&] {
    at -= 2;
    std::memcpy(at, pairs[rest % 100].data(), 2);
    rest /= 100;
  };
  const auto put_digit = [&] {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  };
  for (int places = scale_; places > 0; places -= 2) places == 1 ? put_digit() : put_pair();
  if (scale_ > 0) *--at = '.';
  while (rest >= 100) put_pair();
  rest >= 10 ? put_pair() : put_digit();
  if (units_ < 0) *--at = '-';
  out.append(at, static_cast<std::size_t>(end - at));
}

std::string Decimal::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

std::optional<std::int64_t> Decimal::as_integer() const {
  if (scale_ == 0) return units_;
  const std::int64_t unit = power_of_ten(scale_);
  if (units_ % unit != 0) return std::nullopt;
  return units_ / unit;
}

int Decimal::places() const {
  std::int64_t units = units_;
  int scale = scale_;
  while (scale > 0 && units % 10 == 0) {
    units /= 10;
    --scale;
  }
  return scale;
}

Decimal Decimal::rounded(int scale) const {
  if (scale >= scale_) return *this;
  const std::int64_t unit = power_of_ten(scale_ - scale);
  const std::int64_t rest = units_ % unit;
  std::int64_t quotient = units_ / unit;
  // C++ division truncates towards zero, so the remainder has the sign of the number.
  if (rest * 2 >= unit) ++quotient;
  if (rest * 2 <= -unit) --quotient;
  return {quotient, scale};
}

// Nearly all sums and products fit 64 bits. The others are computed again in 128 bits, exactly.

std::optional<Decimal> Decimal::add(Decimal a, Decimal b) {
  std::int64_t sum = 0;
  if (a.scale_ < b.scale_) std::swap(a, b);
  std::int64_t scaled = b.units_;
  if (a.scale_ != b.scale_ && __builtin_mul_overflow(b.units_, power_of_ten(a.scale_ - b.scale_), &scaled)) return add_wide(a, b);
  if (__builtin_add_overflow(a.units_, scaled, &sum) || !fits(sum)) return add_wide(a, b);
  return Decimal(sum, a.scale_);
}

std::optional<Decimal> Decimal::add_wide(Decimal a, Decimal b) {
  const Aligned both = align(a, b);
  return fit_digits(both.a + both.b, both.scale);
}

std::optional<Decimal> Decimal::subtract(Decimal a, Decimal b) { return add(a, {-b.units_, b.scale_}); }

std::optional<Decimal> Decimal::multiply(Decimal a, Decimal b) {
  std::int64_t product = 0;
  const int scale = a.scale_ + b.scale_;
  if (!__builtin_mul_overflow(a.units_, b.units_, &product) && fits(product) && scale <= max_digits) return Decimal(product, scale);
  return fit_digits(Wide{a.units_} * b.units_, scale);
}

std::strong_ordering Decimal::compare_aligned(Decimal a, Decimal b) {
  const bool a_is_finer = a.scale_ > b.scale_;
  const std::int64_t unit = power_of_ten(a_is_finer ? a.scale_ - b.scale_ : b.scale_ - a.scale_);
  std::int64_t scaled = 0;
  if (!__builtin_mul_overflow(a_is_finer ? b.units_ : a.units_, unit, &scaled)) return a_is_finer ? a.units_ <=> scaled : scaled <=> b.units_;
  if (a_is_finer) return Wide{a.units_} <=> Wide{b.units_} * unit;
  return Wide{a.units_} * unit <=> Wide{b.units_};
}

}  // namespace meterproof::core
