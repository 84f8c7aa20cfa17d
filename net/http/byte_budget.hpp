// SPDX-License-Identifier: Apache-2.0
// A number of bytes that several parsers share, so that all their bodies together have a bound.
#pragma once

#include <atomic>
#include <cstdint>

namespace meterproof::net {

/// Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t bytes) : bytes_(bytes) {}

  std::uint64_t bytes() const { return bytes_; }
  /// Takes nothing and returns false if less is left.
  bool take(std::uint64_t bytes) {
    if (taken_.fetch_add(bytes) + bytes <= bytes_) return true;
    taken_ -= bytes;
    return false;
  }
  void give_back(std::uint64_t bytes) { taken_ -= bytes; }

 private:
  std::uint64_t bytes_;
  std::atomic<std::uint64_t> taken_ = 0;
};

}  // namespace meterproof::net
