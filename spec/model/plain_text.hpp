// How far a text can stand in a JSON string as it is, and how far a number goes: what our own readers and writers share.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "spec/model/sixteen_bytes.hpp"

namespace meterproof::spec {

/// The next quote, backslash or control character from `at` on, or `end`. `foreign` is set where a byte beyond ASCII was passed.
/// Where there are no sixteen bytes left, eight are looked at together: a word has a zero byte where one of these stands.
inline const char* pass_plain(const char* at, const char* end, bool& foreign) {
#ifdef __SSE2__
  for (; end - at >= SixteenBytes::count; at += SixteenBytes::count) {
    const SixteenBytes bytes(at);
    const unsigned stops = bytes.json_stops(), beyond = bytes.beyond_ascii();
    if (stops == 0) {
      foreign |= beyond != 0;
      continue;
    }
    foreign |= (beyond & (stops ^ (stops - 1))) != 0;  // up to the first stop, which is none of them
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
      if (plain > 0 && (word & highs & ((1ULL << (8 * plain)) - 1)) != 0) foreign = true;
      return at + plain;
    }
    if ((word & highs) != 0) foreign = true;
  }
  for (; at < end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= ' '; ++at)
    if (static_cast<unsigned char>(*at) >= 0x80U) foreign = true;
  return at;
}

/// The end of the JSON number that begins at `at` (RFC 8259, section 6); nothing where none does.
inline const char* pass_number(const char* at, const char* end) {
  const auto pass_digits = [&] {
    const char* const begin = at;
    while (at != end && static_cast<unsigned char>(*at - '0') <= 9) ++at;
    return at - begin;
  };
  if (at != end && *at == '-') ++at;
  const bool nought = at != end && *at == '0';
  const auto whole = pass_digits();
  if (whole == 0 || (whole > 1 && nought)) return nullptr;
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

}  // namespace meterproof::spec
