// SPDX-License-Identifier: Apache-2.0
// Which bytes may stand where in the head of an HTTP message.
#pragma once

#include <array>
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

constexpr bool is_in_class(char c, std::uint8_t allowed) { return (classes[static_cast<unsigned char>(c)] & allowed) != 0; }

/// False for an empty text.
constexpr bool consists_of(std::string_view text, std::uint8_t allowed) {
  std::uint8_t common = allowed;  // a bitwise AND over all characters: no branch per character
  for (const char c : text) common &= classes[static_cast<unsigned char>(c)];
  return !text.empty() && common == allowed;
}

}  // namespace meterproof::net
