// SPDX-License-Identifier: Apache-2.0
#include "core/text/json_text.hpp"

namespace meterproof::core {

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  const char* const end = text.data() + text.size();
  bool has_non_ascii = false;
  for (const char* at = text.data();; ++at) {
    const char* const plain = at;
    at = skip_unescaped(at, end, has_non_ascii);
    out.append(plain, static_cast<std::size_t>(at - plain));
    if (at == end) break;
    const char c = *at;
    out += '\\';
    switch (c) {
      case '"': out += '"'; break;
      case '\\': out += '\\'; break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      case '\t': out += 't'; break;
      default:
        out += "u00";
        out += hex[static_cast<unsigned char>(c) >> 4U];
        out += hex[static_cast<unsigned char>(c) & 0xFU];
    }
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

bool is_json_number(std::string_view text) {
  const char* const end = text.data() + text.size();
  return !text.empty() && skip_number(text.data(), end) == end;
}

}  // namespace meterproof::core
