// SPDX-License-Identifier: Apache-2.0
#include "core/text/utf8.hpp"

#include <simdjson.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace meterproof::core {
namespace {

struct Character {
  std::size_t length = 1;  // bytes
  std::size_t columns = 1;
  bool valid = true;
  utf8proc_int32_t code = 0;
};

/// The first character of a text that is not empty. A byte that begins no character counts as one, with `valid` false.
Character first_character(std::string_view text) {
  Character out;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),  // NOLINT(*-reinterpret-cast)
                                       static_cast<utf8proc_ssize_t>(text.size()), &out.code);
  out.valid = length > 0;
  if (!out.valid) return out;
  out.length = static_cast<std::size_t>(length);
  out.columns = static_cast<std::size_t>(std::max(0, utf8proc_charwidth(out.code)));
  return out;
}

/// The same, but a colour sequence is one character of no width.
Character first_or_colour(std::string_view text) {
  if (!text.starts_with("\x1b[")) return first_character(text);
  const std::size_t end = text.find('m');
  return {end == std::string_view::npos ? text.size() : end + 1, 0};
}

/// Controls (C0, DEL, C1) other than newline and tab, the line and paragraph separators, and what is not seen and can make a text look like another:
/// controls of the writing direction, blanks of no width, tags (Unicode's category Cf), but not the joiners of emoji and of Arabic.
bool is_control(utf8proc_int32_t code) {
  if (code == '\n' || code == '\t' || code == 0x200C || code == 0x200D) return false;
  const utf8proc_category_t category = utf8proc_category(code);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP || category == UTF8PROC_CATEGORY_CF;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

std::string sanitize(std::string_view bytes) {
  std::string out;
  for (Character next; !bytes.empty(); bytes.remove_prefix(next.length)) {
    next = first_character(bytes);
    if (next.valid && is_control(next.code)) {
      std::array<char, 16> escaped{};
      const char* form = next.code > 0xFFFF ? "\\U%08x" : next.code > 0xFF ? "\\u%04x" : "\\x%02x";
      std::snprintf(escaped.data(), escaped.size(), form, static_cast<unsigned>(next.code));
      out += escaped.data();
    } else {
      out += next.valid ? bytes.substr(0, next.length) : "\xEF\xBF\xBD";
    }
  }
  return out;
}

std::string without_controls(std::string_view bytes) {
  std::string out;
  for (Character next; !bytes.empty(); bytes.remove_prefix(next.length)) {
    next = first_character(bytes);
    if (bytes.front() == '\t') out += ' ';
    else if (!next.valid) out += "\xEF\xBF\xBD";
    else if (bytes.front() == '\n' || is_control(next.code)) out += '?';
    else out += bytes.substr(0, next.length);
  }
  return out;
}

bool is_odd(std::string_view character) {
  const Character one = first_character(character);
  const utf8proc_category_t category = one.valid ? utf8proc_category(one.code) : UTF8PROC_CATEGORY_CN;
  return !one.valid || category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ZS ||
         category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  // Bytes 10xxxxxx continue a character (RFC 3629): the cut must not be before one.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::size_t display_width(std::string_view text) {
  std::size_t out = 0;
  for (Character next; !text.empty(); text.remove_prefix(next.length)) {
    next = first_or_colour(text);
    out += next.columns;
  }
  return out;
}

std::string truncate_to_width(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string out;
  std::size_t used = 1;  // the ellipsis
  bool full = false;
  for (Character next; !text.empty(); text.remove_prefix(next.length)) {
    next = first_or_colour(text);
    used += next.columns;
    if (!full && used > columns) {
      out += "…";
      full = true;
    }
    if (!full || text.starts_with("\x1b[")) out += text.substr(0, next.length);
  }
  return out;
}

}  // namespace meterproof::core
