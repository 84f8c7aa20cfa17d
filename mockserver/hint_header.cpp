// SPDX-License-Identifier: Apache-2.0
#include "mockserver/hint_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "core/text/utf8.hpp"

namespace meterproof::mockserver {

namespace {

/// A character of UTF-8 beyond ASCII, as JSON escapes it.
void append_escaped(std::string& out, std::string_view character) {
  if (!core::is_valid_utf8(character)) {
    out += '?';
    return;
  }
  if (character == "…") {
    out += "...";
    return;
  }
  std::uint32_t code = static_cast<unsigned char>(character.front()) & (0x7FU >> character.size());
  for (const char c : character.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  std::array<char, 16> text{};
  constexpr std::uint32_t beyond = 0x10000;
  const unsigned high = 0xD800U + ((code - beyond) >> 10U), low = 0xDC00U + ((code - beyond) & 0x3FFU);
  if (code < beyond) std::snprintf(text.data(), text.size(), "\\u%04X", code);  // NOLINT(*-vararg)
  else std::snprintf(text.data(), text.size(), "\\u%04X\\u%04X", high, low);    // NOLINT(*-vararg)
  out += text.data();
}

/// A header value may have visible ASCII and spaces (RFC 9110, section 5.5): any other character becomes an escape of JSON, half a one a question mark.
std::string to_header_value(std::string_view text) {
  constexpr std::size_t longest = 500;
  std::string out;
  text = core::truncate_utf8(text, longest);
  while (!text.empty()) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
    const auto first = static_cast<unsigned char>(text.front());
    if (size == 1) out += first >= ' ' && first < 0x7f ? text.front() : '?';
    else append_escaped(out, text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace

std::string hint_header_line(std::string_view text) { return "X-Meterproof-Hint: " + to_header_value(text) + "\r\n"; }

}  // namespace meterproof::mockserver
