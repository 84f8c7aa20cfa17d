// SPDX-License-Identifier: Apache-2.0
#include "core/auth/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace meterproof::auth {
namespace {

unsigned char* to_bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }                    // NOLINT(*-reinterpret-cast)
const unsigned char* to_bytes(const char* text) { return reinterpret_cast<const unsigned char*>(text); }  // NOLINT(*-reinterpret-cast)

bool is_in_alphabet(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/'; }

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t begin = out.size();
  out.resize(begin + (bytes.size() + 2) / 3 * 4);
  // EVP_EncodeBlock writes a NUL behind the text, which is where std::string has one.
  EVP_EncodeBlock(to_bytes(out.data() + begin), to_bytes(bytes.data()), static_cast<int>(bytes.size()));
}

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

bool decode_base64(std::string_view text, std::string& out) {
  if (text.empty() || text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  // EVP_DecodeBlock is lenient: it strips white space and '-' at both ends and takes '=' anywhere for six zero bits.
  if (text.find('=') < text.size() - padding || !is_in_alphabet(text.front()) || !is_in_alphabet(text[text.size() - padding - 1])) return false;
  out.resize(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(to_bytes(out.data()), to_bytes(text.data()), static_cast<int>(text.size()));
  if (size != static_cast<int>(out.size())) return false;
  // Padding decodes to zero bytes. Other bytes there come from bits that no encoder sets: two texts would mean the same bytes.
  if (std::any_of(out.end() - static_cast<std::ptrdiff_t>(padding), out.end(), [](char c) { return c != '\0'; })) return false;
  out.resize(out.size() - padding);
  return true;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out;
  return decode_base64(text, out) ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace meterproof::auth
