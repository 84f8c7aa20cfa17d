// SPDX-License-Identifier: Apache-2.0
// A latency histogram with buckets that grow with the value: three significant digits from a microsecond to an hour, in constant memory (180
// KiB). The layout is HdrHistogram's (lowest value 1, highest 3.6e9, three digits), so that its tools can read the encoding.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meterproof::loadgen {

class Histogram {
 public:
  static constexpr std::int64_t highest = 3'600'000'000;  // microseconds

  Histogram();

  /// Values outside 0 to an hour are recorded as the nearest of them.
  void record(std::chrono::nanoseconds value, std::uint64_t count = 1);
  /// Adds the counts bucket by bucket: the sum is exactly what recording all values in one histogram gives.
  void add(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  double max_ms() const { return static_cast<double>(max_) / 1000; }
  double mean_ms() const;  // NaN if nothing was recorded
  /// The value in milliseconds that a share `quantile` of the records does not exceed (0 < quantile <= 1), to 0.1 %. NaN if fewer than ten
  /// records lie above it (for 1: if there are none): so few say nothing about that percentile.
  double percentile_ms(double quantile) const;
  /// How many records that takes (0 < quantile < 1).
  static std::uint64_t records_for(double quantile);
  /// (quantile, milliseconds) for a chart: five points for each halving of the share above, up to the last percentile that is not NaN.
  std::vector<std::pair<double, double>> curve() const;
  /// Like percentile_ms, but with as few records as there are, and 0 if there are none. For progress and charts, not for results.
  double value_at_ms(double quantile) const;

  /// HdrHistogram's V2 encoding, compressed by zlib, in Base64.
  std::string encoded() const;
  /// Returns nothing if the text is not such an encoding, or of another layout. Text from outside is safe.
  static std::optional<Histogram> decoded(std::string_view text);

  friend bool operator==(const Histogram& a, const Histogram& b) { return a.counts_ == b.counts_; }

 private:
  static constexpr unsigned sub_bucket_bits = 11;  // 2,048 buckets below 2,048, then 1,024 per doubling: better than 0.1 %

  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t highest_of(std::size_t index);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;  // microseconds, as recorded
};

}  // namespace meterproof::loadgen
