#include "loadgen/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace meterproof::load {
namespace {

constexpr std::uint64_t largest = 3'600'000'000'000;  // an hour, in nanoseconds

}  // namespace

// Values below 2^bits have a bucket each; above, a doubling has 2^(bits-1) of them.
std::size_t Histogram::index_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > sub_bucket_bits ? width - sub_bucket_bits : 0;
  constexpr std::size_t half = std::size_t{1} << (sub_bucket_bits - 1);
  return shift * half + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::highest_of(std::size_t index) {
  constexpr std::size_t half = std::size_t{1} << (sub_bucket_bits - 1);
  const std::size_t shift = index < 2 * half ? 0 : index / half - 1;
  const std::uint64_t step = index - shift * half;
  return ((step + 1) << shift) - 1;
}

Histogram::Histogram() : counts_(index_of(largest) + 1, 0) {}

void Histogram::record(std::chrono::nanoseconds value) {
  const auto clamped = static_cast<std::uint64_t>(std::clamp<std::int64_t>(value.count(), 0, static_cast<std::int64_t>(largest)));
  ++counts_[index_of(clamped)];
  ++count_;
  sum_ += static_cast<double>(clamped);
  max_ = std::max(max_, std::chrono::nanoseconds(clamped));
}

double Histogram::mean_ms() const { return count_ == 0 ? std::numeric_limits<double>::quiet_NaN() : sum_ / static_cast<double>(count_) / 1e6; }

double Histogram::percentile_ms(double quantile) const {
  const double beyond = static_cast<double>(count_) * (1 - quantile);
  if (count_ == 0 || (quantile < 1 && beyond < 1 - 1e-9)) return std::numeric_limits<double>::quiet_NaN();
  const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(quantile * static_cast<double>(count_) - 1e-9)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return static_cast<double>(std::min<std::uint64_t>(highest_of(i), static_cast<std::uint64_t>(max_.count()))) / 1e6;
  }
  return static_cast<double>(max_.count()) / 1e6;
}

}  // namespace meterproof::load
