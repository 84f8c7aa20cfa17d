// SPDX-License-Identifier: Apache-2.0
#include "core/text/shell.hpp"

#include "core/text/utf8.hpp"

namespace meterproof::core {

bool is_pasteable(std::string_view text) { return text.find('\t') == std::string_view::npos && sanitize(text) == text; }

std::string printf_command(std::string_view bytes) {
  std::string out = "printf '";
  for (const char& c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_option = c == '-' && &c == bytes.data();
    if (c == '%') {
      out += "%%";
    } else if (byte >= 0x20U && byte < 0x7FU && c != '\\' && c != '\'' && c != '!' && !is_option) {
      out += c;
    } else {
      out += '\\';
      for (const unsigned shift : {6U, 3U, 0U}) out += static_cast<char>('0' + (byte >> shift & 7U));
    }
  }
  return out + "'";
}

std::string shell_quoted(std::string_view text) {
  if (!is_pasteable(text)) {
    // A command substitution drops the line ends at its end.
    const std::size_t end = text.find_last_not_of('\n') + 1;
    return "\"$(" + printf_command(text.substr(0, end)) + ")\"" + (end < text.size() ? shell_quoted(text.substr(end)) : "");
  }
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:,@%+";
  return !text.empty() && text.find_first_not_of(plain) == std::string_view::npos ? std::string(text) : shell_quoted(text);
}

std::string shell_command(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (&word != &words.front()) out += ' ';
    out += shell_word(word);
  }
  return out;
}

}  // namespace meterproof::core
