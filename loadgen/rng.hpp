// SPDX-License-Identifier: Apache-2.0
// A small pseudo-random generator for load generation; not for secrets.
#pragma once

#include <cstdint>

namespace meterproof::loadgen {

/// splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"): 64 bits of state, full period.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// From `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1))); }
  /// From 0 to `count` - 1, by multiplication (Lemire 2019, "Fast random integer generation in an interval"); the bias is below 2^-32.
  std::uint64_t below(std::uint64_t count) { return count >> 32U != 0 ? next() % count : ((next() >> 32U) * count) >> 32U; }

 private:
  std::uint64_t state_;
};

}  // namespace meterproof::loadgen
