// SPDX-License-Identifier: Apache-2.0
#include "core/text/encoding_guess.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "core/text/utf8.hpp"

namespace meterproof::core {

std::string_view wide_encoding(std::string_view bytes) {
  using namespace std::string_view_literals;
  // The longer marks first: that of UTF-32LE begins with that of UTF-16LE.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> marks = {
      {{"\xFF\xFE\0\0"sv, "UTF-32LE"}, {"\0\0\xFE\xFF"sv, "UTF-32BE"}, {"\xFF\xFE"sv, "UTF-16LE"}, {"\xFE\xFF"sv, "UTF-16BE"}}};
  for (const auto& [mark, name] : marks)
    if (bytes.starts_with(mark)) return name;
  if (bytes.size() < 4) return {};
  const auto zero = [&](std::size_t at) { return bytes[at] == '\0'; };
  if (!zero(0) && zero(1) && zero(2) && zero(3)) return "UTF-32LE";
  if (zero(0) && zero(1) && zero(2) && !zero(3)) return "UTF-32BE";
  if (!zero(0) && zero(1) && !zero(2) && zero(3)) return "UTF-16LE";
  if (zero(0) && !zero(1) && zero(2) && !zero(3)) return "UTF-16BE";
  return {};
}

ByteEncoding guess_byte_encoding(std::string_view bytes) {
  const auto in = [](unsigned value, unsigned first, unsigned last) { return value >= first && value <= last; };
  std::size_t pairs = 0, gb2312 = 0, big5 = 0, alone = 0, high = 0;
  bool are_pairs = true;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto lead = static_cast<unsigned char>(bytes[at]);
    if (lead < 0x80U) continue;
    ++high;
    // A letter of a single-byte encoding has ASCII on both sides. The last byte may be half a pair.
    const bool ascii_before = at == 0 || static_cast<unsigned char>(bytes[at - 1]) < 0x80U;
    if (at + 1 == bytes.size()) {
      if (ascii_before) ++alone;
      break;
    }
    const auto trail = static_cast<unsigned char>(bytes[at + 1]);
    if (ascii_before && trail < 0x80U && lead >= 0xA0U) ++alone;
    if (lead == 0x80U || lead == 0xFFU || trail < 0x40U || trail == 0x7FU || trail == 0xFFU) {
      are_pairs = false;
      continue;
    }
    ++pairs;
    if (trail >= 0x80U) ++high;
    // GB 2312: signs in rows A1 to A3, characters from B0 to F7. Big5: signs from A1 to A3, the usual characters from A4 to C6.
    if (trail >= 0xA1U && (in(lead, 0xA1U, 0xA3U) || in(lead, 0xB0U, 0xF7U))) ++gb2312;
    if (in(lead, 0xA1U, 0xC6U) && (in(trail, 0x40U, 0x7EU) || in(trail, 0xA1U, 0xFEU))) ++big5;
    ++at;
  }
  if (high > 0 && alone == high) return ByteEncoding::single_byte;
  if (!are_pairs || pairs == 0) return ByteEncoding::unknown;
  return big5 == pairs && gb2312 < pairs ? ByteEncoding::big5 : ByteEncoding::gbk;
}

std::string_view name_of(ByteEncoding encoding) {
  switch (encoding) {
    case ByteEncoding::gbk: return "GBK";
    case ByteEncoding::big5: return "Big5";
    case ByteEncoding::single_byte: return "ISO-8859";
    case ByteEncoding::unknown: break;
  }
  return {};
}

std::string without_foreign_characters(std::string_view bytes, ByteEncoding encoding) {
  const bool has_pairs = encoding == ByteEncoding::gbk || encoding == ByteEncoding::big5;
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[at]);
    if (lead < 0x80U) {
      out += bytes[at++];
      continue;
    }
    const std::string_view character = bytes.substr(at, lead >= 0xF0U ? 4U : lead >= 0xE0U ? 3U : 2U);
    if (encoding == ByteEncoding::unknown && is_valid_utf8(character)) {
      out += character;
      at += character.size();
      continue;
    }
    out += unknown_character;
    at += has_pairs && at + 1 < bytes.size() && static_cast<unsigned char>(bytes[at + 1]) >= 0x40U ? 2U : 1U;
  }
  return out;
}

}  // namespace meterproof::core
