// Latencies in buckets that grow with the value: three significant digits from a microsecond to an hour, in constant memory.
// The layout is HdrHistogram's (lowest 1, highest 3.6e9, three digits), so that its tools read what is written.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meterproof::loadgen {

class Histogram {
 public:
  static constexpr std::int64_t highest = 3'600'000'000;  // microseconds

  Histogram();

  void record(std::chrono::nanoseconds value, std::uint64_t count = 1);
  /// Adds another's counts, bucket by bucket: nothing is lost.
  void add(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  double max_ms() const { return static_cast<double>(max_) / 1000; }
  double mean_ms() const;
  /// The value, in milliseconds, that the share `quantile` of the records does not exceed (0 < quantile <= 1), to 0.1 %.
  /// NaN where fewer than ten records lie beyond it (for 1: where there is none): such a sample says nothing of that percentile.
  double percentile_ms(double quantile) const;
  /// Quantiles and their milliseconds, five for each halving of what lies beyond, as far as the sample can support them.
  std::vector<std::pair<double, double>> curve() const;
  /// The same for a quantile that is only drawn, never printed: the highest record where the sample ends.
  double value_at_ms(double quantile) const;

  /// HdrHistogram's V2 encoding, compressed (zlib) and in Base64.
  std::string encoded() const;
  /// Nothing where the text is no such encoding of this layout.
  static std::optional<Histogram> decoded(std::string_view text);

  friend bool operator==(const Histogram& a, const Histogram& b) { return a.counts_ == b.counts_; }

 private:
  static constexpr unsigned sub_bucket_bits = 11;  // 2048 linear steps for each doubling: better than 0.1 %

  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t highest_of(std::size_t index);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;  // microseconds, as recorded
};

/// An HdrHistogram log (format 1.3): one interval a line, with a tag each, written as it comes.
class HistogramLog {
 public:
  /// `started`: seconds since 1970.
  HistogramLog(std::ostream& out, double started);
  void add(std::string_view tag, double begin, double seconds, const Histogram& histogram);

 private:
  std::ostream& out_;
};

}  // namespace meterproof::loadgen
