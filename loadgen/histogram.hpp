// Latencies in buckets that grow with the value: three significant digits from a microsecond to an hour, in constant memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace meterproof::load {

/// A high dynamic range histogram (after Gil Tene's HdrHistogram): recording is one increment.
class Histogram {
 public:
  Histogram();

  void record(std::chrono::nanoseconds value);
  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return max_; }
  double mean_ms() const;
  /// The value, in milliseconds, that the share `quantile` of the records does not exceed (0 < quantile <= 1), to 0.1 %.
  /// NaN where fewer than one record lies beyond it: such a sample says nothing of that percentile.
  double percentile_ms(double quantile) const;

 private:
  static constexpr unsigned sub_bucket_bits = 11;  // 2048 linear steps for each doubling: better than 0.1 %

  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t highest_of(std::size_t index);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds max_{0};
  double sum_ = 0;
};

}  // namespace meterproof::load
