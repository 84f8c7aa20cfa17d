// SPDX-License-Identifier: Apache-2.0
// A constant text that is compared with the beginning of others, its first sixteen bytes in one SSE2 instruction.
//
// Fast path. WHY: names of fields are compared one after the other, and most are shorter than 16 bytes. GAIN: 300 of 24,700 user-space
// instructions of a report (2026-11-27, `bench/instructions`, memcmp in its place). REFERENCE: memcmp, in the same function. TEST: those of
// OrderedBodyParser and ResponseScanner. DELETE WHEN: memcmp is inlined for sizes that are not constant.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "core/text/u8x16.hpp"

namespace meterproof::core {

/// Keeps a copy of the text.
class Prefix16 {
 public:
  explicit Prefix16(std::string_view text) : text_(text) {
    text.substr(0, first16_.size()).copy(first16_.data(), first16_.size());
    if (text.size() < first16_.size()) mask_ = (1U << text.size()) - 1U;
  }

  std::size_t size() const { return text_.size(); }
  /// True if [at, end) begins with the text. Reads nothing beyond `end`.
  bool matches(const char* at, const char* end) const {
#ifdef METERPROOF_SIMD
    if (end - at >= U8x16::count) {
      if ((U8x16(at).equal_to(U8x16(first16_.data())) & mask_) != mask_) return false;
      if (text_.size() <= first16_.size()) return true;
    }
#endif
    return static_cast<std::size_t>(end - at) >= text_.size() && std::memcmp(at, text_.data(), text_.size()) == 0;
  }

 private:
  std::array<char, 16> first16_{};
  unsigned mask_ = 0xFFFF;  // one bit for each of these bytes that counts
  std::string text_;
};

}  // namespace meterproof::core
