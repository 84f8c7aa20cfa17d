// How far a text can stand in a JSON string as it is, and how far a number goes: what our own readers and writers share.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/text/u8x16.hpp"

namespace meterproof::core {

/// A JSON string of `text` (RFC 8259, section 7): quotes, backslashes and control characters escaped.
std::string quoted(std::string_view text);
void append_quoted(std::string& out, std::string_view text);
/// Whether the whole text is a JSON number (RFC 8259, section 6).
bool is_json_number(std::string_view text);

/// The next quote, backslash or control character from `at` on, or `end`. `has_non_ascii` is set where a byte beyond ASCII was passed.
/// Where there are no sixteen bytes left, eight are looked at together: a word has a zero byte where one of these stands.
inline const char* skip_unescaped(const char* at, const char* end, bool& has_non_ascii) {
#ifdef METERPROOF_SIMD
  for (; end - at >= U8x16::count; at += U8x16::count) {
    const U8x16 bytes(at);
    const unsigned stops = bytes.json_string_stops(), beyond = bytes.beyond_ascii();
    if (stops == 0) {
      has_non_ascii |= beyond != 0;
      continue;
    }
    has_non_ascii |= (beyond & (stops ^ (stops - 1))) != 0;  // up to the first stop, which is none of them
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
      // Above the first stop a borrow may show others that are none; below it all is plain.
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

/// The end of the JSON number that begins at `at` (RFC 8259, section 6); nothing where none does.
inline const char* skip_number(const char* at, const char* end) {
  const auto pass_digits = [&] {
    const char* const begin = at;
    while (at != end && static_cast<unsigned char>(*at - '0') <= 9) ++at;
    return at - begin;
  };
  if (at != end && *at == '-') ++at;
  const bool zero = at != end && *at == '0';
  const auto whole = pass_digits();
  if (whole == 0 || (whole > 1 && zero)) return nullptr;
  if (at != end && *at == '.') {
    ++at;
    if (pass_digits() == 0) return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (pass_digits() == 0) return nullptr;
  }
  return at;
}

}  // namespace meterproof::core
