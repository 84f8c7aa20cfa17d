// How far a text can stand in a JSON string as it is: what our own readers and writers share.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace meterproof::spec {

/// The next quote, backslash or control character from `at` on, or `end`; eight bytes at a time: a word has a zero byte where one of
/// them stands. `foreign` is set where a byte beyond ASCII was passed.
inline const char* pass_plain(const char* at, const char* end, bool& foreign) {
  constexpr std::uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;
  for (; std::endian::native == std::endian::little && end - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    const std::uint64_t stops = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * ' ') & ~word);
    if (const std::uint64_t found = stops & highs; found != 0) {
      // Above the first stop a borrow may show others that are none; below it all is plain.
      const int plain = std::countr_zero(found) / 8;
      if (plain > 0 && (word & highs & ((1ULL << (8 * plain)) - 1)) != 0) foreign = true;
      return at + plain;
    }
    if ((word & highs) != 0) foreign = true;
  }
  for (; at < end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= ' '; ++at)
    if (static_cast<unsigned char>(*at) >= 0x80U) foreign = true;
  return at;
}

}  // namespace meterproof::spec
