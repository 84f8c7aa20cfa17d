// SPDX-License-Identifier: Apache-2.0
// Pieces of JSON syntax (RFC 8259) that our own parsers and writers share: quoting, the end of a string's plain part, the end of a number.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/text/u8x16.hpp"

namespace meterproof::core {

/// `text` as a JSON string (section 7): in quotes; quotes, backslashes and control characters escaped; all else as it is.
std::string quoted(std::string_view text);
void append_quoted(std::string& out, std::string_view text);
/// True if the whole text is one JSON number (section 6).
bool is_json_number(std::string_view text);

/// The first quote, backslash or control character in [at, end), or `end`. Sets `has_non_ascii` if a byte above 0x7F was skipped, otherwise
/// leaves it as it is: the caller must then check the text for UTF-8.
/// Sixteen bytes at a time with SSE2; then eight by arithmetic on a 64-bit word ("Bit Twiddling Hacks": a word with a zero byte); then one.
inline const char* skip_unescaped(const char* at, const char* end, bool& has_non_ascii) {
#ifdef METERPROOF_SIMD
  for (; end - at >= U8x16::count; at += U8x16::count) {
    const U8x16 bytes(at);
    const unsigned stops = bytes.json_string_stops(), non_ascii = bytes.non_ascii();
    if (stops == 0) {
      has_non_ascii |= non_ascii != 0;
      continue;
    }
    has_non_ascii |= (non_ascii & (stops ^ (stops - 1))) != 0;  // bits up to the first stop, which is ASCII itself
    return at + std::countr_zero(stops);
  }
#endif
  constexpr std::uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;
  for (; std::endian::native == std::endian::little && end - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    const std::uint64_t stops = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * ' ') & ~word);
    if (const std::uint64_t found = stops & highs; found != 0) {
      // A borrow may set wrong bits above the first stop, never below it.
      const int plain = std::countr_zero(found) / 8;
      if (plain > 0 && (word & highs & ((1ULL << (8 * plain)) - 1)) != 0) has_non_ascii = true;
      return at + plain;
    }
    if ((word & highs) != 0) has_non_ascii = true;
  }
  for (; at < end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= ' '; ++at)
    if (static_cast<unsigned char>(*at) >= 0x80U) has_non_ascii = true;
  return at;
}

/// The end of the longest JSON number that begins at `at`; null if none does.
inline const char* skip_number(const char* at, const char* end) {
  const auto skip_digits = [&] {
    const char* const begin = at;
    while (at != end && static_cast<unsigned char>(*at - '0') <= 9) ++at;
    return at - begin;
  };
  if (at != end && *at == '-') ++at;
  const bool zero = at != end && *at == '0';
  const auto whole = skip_digits();
  if (whole == 0 || (whole > 1 && zero)) return nullptr;
  if (at != end && *at == '.') {
    ++at;
    if (skip_digits() == 0) return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (skip_digits() == 0) return nullptr;
  }
  return at;
}

}  // namespace meterproof::core
