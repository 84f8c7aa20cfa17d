// SPDX-License-Identifier: Apache-2.0
#include "core/decimal/binary_noise.hpp"

#include <algorithm>
#include <charconv>

namespace meterproof::core {
namespace {

struct Digits {
  int significant = 0, places = 0;  // places: behind the decimal point, without an exponent
};

/// Of a JSON number. Trailing zeros behind the point do not count.
Digits digits_of(std::string_view number) {
  Digits out;
  const std::size_t end_of_mantissa = std::min(number.find_first_of("eE"), number.size());
  bool behind_point = false;
  int zeros = 0;  // since the last significant digit
  for (const char c : number.substr(0, end_of_mantissa)) {
    if (c == '.') behind_point = true;
    if (c < '0' || c > '9') continue;
    if (behind_point) ++out.places;
    if (c == '0') ++zeros;
    else out.significant += (out.significant > 0 ? zeros : 0) + 1, zeros = 0;
  }
  if (behind_point) out.places -= std::min(zeros, out.places);
  if (end_of_mantissa == number.size()) return out;
  std::string_view exponent = number.substr(end_of_mantissa + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  int value = 0;
  if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), value).ec == std::errc{}) out.places -= std::clamp(value, -1000, 1000);
  return out;
}

}  // namespace

bool has_binary_noise(std::string_view number) {
  constexpr int double_digits = 15;  // a decimal of fewer digits survives a double unchanged
  constexpr int many_places = 8, absurd_places = 13;
  const Digits digits = digits_of(number);
  const bool noisy = digits.places >= absurd_places || (digits.significant >= double_digits && digits.places >= many_places);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  return noisy && error == std::errc{} && end == number.data() + number.size();
}

std::string without_binary_noise(Decimal number) {
  constexpr int noise_begins = 8;  // places
  const Decimal rounded = number.rounded(noise_begins);
  return rounded.rounded(rounded.places()).to_string();
}

}  // namespace meterproof::core
