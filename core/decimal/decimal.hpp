// SPDX-License-Identifier: Apache-2.0
// Exact decimal numbers, for money, volumes and prices; a double would round them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meterproof::core {

/// units × 10^-scale, with at most 18 digits. The scale it was written with is kept: 12.50 prints as 12.50. Comparison is by value.
class Decimal {
 public:
  static constexpr int max_digits = 18;

  Decimal() = default;
  /// `scale`: 0 to max_digits.
  Decimal(std::int64_t units, int scale) : units_(units), scale_(scale) {}

  /// Parses 12, -0.50, +3, .5, 5., 1.5e3. Nothing if the text is not a number or needs more than 18 digits.
  static std::optional<Decimal> parse(std::string_view text);
  /// The same, but digits behind the point for which there is no room are rounded away: 0.299999999999999988897769753748 is 0.299999999999999989.
  static std::optional<Decimal> parse_rounded(std::string_view text);

  std::int64_t units() const { return units_; }
  int scale() const { return scale_; }
  std::string to_string() const;
  void append_to(std::string& out) const;

  /// The value if it is an integer: 3.00 is 3. Otherwise nothing.
  std::optional<std::int64_t> as_integer() const;
  /// The number of decimal places without trailing zeros: 1.50 has 1.
  int places() const;
  /// Rounded half away from zero to `scale` places.
  Decimal rounded(int scale) const;

  // The arithmetic is exact. It returns nothing if the result needs more than 18 digits.
  static std::optional<Decimal> add(Decimal a, Decimal b);
  static std::optional<Decimal> subtract(Decimal a, Decimal b);
  static std::optional<Decimal> multiply(Decimal a, Decimal b);

  friend std::strong_ordering operator<=>(Decimal a, Decimal b) { return a.scale_ == b.scale_ ? a.units_ <=> b.units_ : compare_aligned(a, b); }
  friend bool operator==(Decimal a, Decimal b) { return (a <=> b) == std::strong_ordering::equal; }

 private:
  static std::optional<Decimal> add_wide(Decimal a, Decimal b);
  static std::strong_ordering compare_aligned(Decimal a, Decimal b);

  std::int64_t units_ = 0;
  int scale_ = 0;
};

}  // namespace meterproof::core
