// A text that others are likely to begin with, looked for sixteen bytes at a time.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "core/text/u8x16.hpp"

namespace meterproof::core {

class Prefix16 {
 public:
  explicit Prefix16(std::string_view text) : text_(text) {
    text.substr(0, first_.size()).copy(first_.data(), first_.size());
    if (text.size() < first_.size()) wanted_ = (1U << text.size()) - 1U;
  }

  std::size_t size() const { return text_.size(); }
  /// Whether the bytes from `at` to `end` begin with it.
  bool matches(const char* at, const char* end) const {
#ifdef METERPROOF_SIMD
    if (end - at >= U8x16::count) {
      if ((U8x16(at).equal_to(U8x16(first_.data())) & wanted_) != wanted_) return false;
      if (text_.size() <= first_.size()) return true;
    }
#endif
    return static_cast<std::size_t>(end - at) >= text_.size() && std::memcmp(at, text_.data(), text_.size()) == 0;
  }

 private:
  std::array<char, 16> first_{};
  unsigned wanted_ = 0xFFFF;  // a bit for each of these that must be there
  std::string text_;
};

}  // namespace meterproof::core
