// SPDX-License-Identifier: Apache-2.0
// Which bytes may stand where in the head of an HTTP message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace meterproof::net {

/// Character classes as bits: a token (RFC 9110, section 5.6.2), a field value (section 5.5), a request target, and the value of Host.
enum : std::uint8_t { token_char = 1, value_char = 2, target_char = 4, host_char = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> out{};
  for (unsigned c = 0x21; c < 0x7F; ++c) out[c] = value_char | target_char;
  for (unsigned c = 0x80; c < 0x100; ++c) out[c] = value_char;
  out[' '] = out['\t'] = value_char;
  for (unsigned c = '0'; c <= '9'; ++c) out[c] |= token_char | host_char;
  for (unsigned c = 'a'; c <= 'z'; ++c) out[c] |= token_char | host_char, out[c - 'a' + 'A'] |= token_char | host_char;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) out[static_cast<unsigned char>(c)] |= token_char;
  for (const char c : std::string_view("-._~!$&'()*+,;=%:[]")) out[static_cast<unsigned char>(c)] |= host_char;
  return out;
}
inline constexpr auto classes = make_classes();

/// Of a request's method, in bytes: what is longer is no HTTP.
inline constexpr std::size_t longest_method = 32;

constexpr bool is_in_class(char c, std::uint8_t allowed) { return (classes[static_cast<unsigned char>(c)] & allowed) != 0; }

/// False for an empty text.
constexpr bool consists_of(std::string_view text, std::uint8_t allowed) {
  std::uint8_t common = allowed;  // a bitwise AND over all characters: no branch per character
  for (const char c : text) common &= classes[static_cast<unsigned char>(c)];
  return !text.empty() && common == allowed;
}

/// A host, and behind a colon a port up to 65535 or none (RFC 9110, section 7.2; RFC 3986, section 3.2). False for an empty text.
constexpr bool names_host(std::string_view text) {
  if (!consists_of(text, host_char)) return false;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.back() == ']') return true;  // a colon in brackets is of an IPv6 address
  constexpr unsigned most = 65535;
  unsigned port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9') return false;
    port = 10 * port + static_cast<unsigned>(c - '0');
    if (port > most) return false;
  }
  return true;
}

}  // namespace meterproof::net
