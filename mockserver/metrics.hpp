// SPDX-License-Identifier: Apache-2.0
// What a mock tells Prometheus.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace meterproof::mockserver {

/// How long requests took, counted by upper bounds.
class LatencyHistogram {
 public:
  static constexpr std::array<std::chrono::microseconds::rep, 14> bounds = {50,     100,    250,    500,     1'000,   2'500,   5'000,
                                                                            10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000};

  void add(std::chrono::nanoseconds took);
  LatencyHistogram& operator+=(const LatencyHistogram& other);
  /// Requests up to the bound of that index; those of all sizes behind the last one.
  std::uint64_t up_to(std::size_t bound) const;
  std::uint64_t count() const { return up_to(bounds.size()); }
  std::chrono::nanoseconds sum() const { return sum_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  std::chrono::nanoseconds sum_{0};
};

/// Calls by interface and code; what is no call under "", by kind.
using CallCounts = std::map<std::string, std::map<std::string, std::uint64_t>>;

/// What there is to tell.
struct Metrics {
  CallCounts calls;
  LatencyHistogram latency;
  std::size_t connections = 0, worlds = 0, snapshots = 0;
  bool has_store = false;
  std::uint64_t stored_turns = 0, failed_turns = 0;  // transactions of a store
  std::chrono::nanoseconds storing{0};               // that they took
};

std::string to_prometheus(const Metrics& metrics, std::string_view version);

}  // namespace meterproof::mockserver
