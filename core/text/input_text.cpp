// SPDX-License-Identifier: Apache-2.0
#include "core/text/input_text.hpp"

#include <algorithm>

#include "core/text/utf8.hpp"

namespace meterproof::core {

bool is_utf16(std::string_view bytes) { return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"); }

std::size_t first_line_not_utf8(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return 0;
  std::size_t line = 1;
  for (std::size_t at = 0; at < bytes.size(); ++line) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    if (!is_valid_utf8(bytes.substr(at, end - at))) return line;
    at = end + 1;
  }
  return line;
}

std::string with_unix_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

std::size_t odd_character(std::string_view text) {
  std::size_t place = 0;
  while (!text.empty()) {
    ++place;
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
    if (text.front() != ' ' && is_odd(text.substr(0, length))) return place;
    text.remove_prefix(length);
  }
  return 0;
}

}  // namespace meterproof::core
