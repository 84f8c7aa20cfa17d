// SPDX-License-Identifier: Apache-2.0
#include "core/text/slug.hpp"

#include "core/text/text.hpp"

namespace meterproof::core {

namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether a word of a name in camel case begins there: "T" and "I" of MeterTypeID, "I" of NewIMEI.
bool begins_word(std::string_view text, std::size_t at) {
  if (at == 0 || !is_upper(text[at])) return false;
  const bool ends_capitals = is_upper(text[at - 1]) && at + 1 < text.size() && is_lower(text[at + 1]);
  return is_lower(text[at - 1]) || is_digit(text[at - 1]) || ends_capitals;
}

}  // namespace

std::string slug_of(std::string_view name_or_value) {
  if (name_or_value == "0") return "zero";
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  std::string out;
  const auto separate = [&] {
    if (!out.empty() && out.back() != '-') out += '-';
  };
  if (name_or_value.size() > 1 && name_or_value[0] == '-' && is_digit(name_or_value[1])) out = "minus-";
  for (std::size_t i = 0; i < name_or_value.size(); ++i) {
    const char c = name_or_value[i];
    const auto byte = static_cast<unsigned char>(c);
    if (begins_word(name_or_value, i)) separate();
    if (is_upper(c) || is_lower(c) || is_digit(c)) {
      out += to_lower(c);
    } else if (byte >= 0x80U) {
      out += hexadecimal[byte >> 4U];
      out += hexadecimal[byte & 0xFU];
    } else {
      separate();
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() && !name_or_value.empty() ? "other" : out;
}

}  // namespace meterproof::core
