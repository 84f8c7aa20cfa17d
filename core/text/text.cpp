// SPDX-License-Identifier: Apache-2.0
#include "core/text/text.hpp"

#include <algorithm>
#include <cctype>

namespace meterproof::core {

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (&word != &words.front()) out += between;
    out += word;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string normalized_media_type(std::string_view header) {
  std::string out;
  for (const char c : header)
    if (c != ' ' && c != '\t' && c != '"') out += to_lower(c);
  return out;
}

std::string format_number_pattern(std::string_view pattern, std::uint64_t number) {
  std::string out(pattern);
  const std::size_t begin = out.find('#');
  if (begin == std::string::npos) return out;
  const std::size_t end = std::min(out.find_first_not_of('#', begin), out.size());
  for (std::size_t at = end; at-- > begin; number /= 10) out[at] = static_cast<char>('0' + number % 10);
  return out;
}

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (byte < 0x80 && std::isalnum(byte) != 0) || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) out += c;
    else (out += '%').append({digits[byte / 16], digits[byte % 16]});
  }
  return out;
}

}  // namespace meterproof::core
