// SPDX-License-Identifier: Apache-2.0
// A text with a number in it, like "99##########": prefix, zero-padded digits, suffix.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meterproof::loadgen {

class NumberPattern {
 public:
  /// All from the first to the last # of `pattern` is replaced by the number.
  explicit NumberPattern(std::string_view pattern);
  /// Digits of `number` beyond the pattern's width are cut off.
  void append(std::string& out, std::uint64_t number) const;
  std::string format(std::uint64_t number) const;

 private:
  std::string before_, after_;
  std::size_t digits_ = 0;
};

}  // namespace meterproof::loadgen
