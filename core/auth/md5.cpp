// SPDX-License-Identifier: Apache-2.0
#include "core/auth/md5.hpp"

// MD5_* are deprecated in OpenSSL 3 but present in every 3.x. Their replacement, EVP_Digest, looks up a provider at each call.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace meterproof::auth {
namespace {

using Md5Sum = std::array<unsigned char, MD5_DIGEST_LENGTH>;

Md5Sum md5(std::string_view bytes) {
  Md5Sum sum;  // NOLINT(*-member-init): written whole
  MD5_CTX context;
  if (MD5_Init(&context) != 1 || MD5_Update(&context, bytes.data(), bytes.size()) != 1 || MD5_Final(sum.data(), &context) != 1)
    throw std::runtime_error("OpenSSL cannot make an MD5 sum");
  return sum;
}

/// The two digits of every byte.
constexpr std::array<std::array<char, 2>, 256> hexadecimal = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = {digits[i / 16], digits[i % 16]};
  return table;
}();

}  // namespace

void append_md5_hex(std::string& out, std::string_view bytes) {
  const auto sum = md5(bytes);
  const std::size_t begin = out.size();
  out.resize(begin + 2 * sum.size());
  char* digit = out.data() + begin;
  for (const unsigned char byte : sum) digit = std::copy_n(hexadecimal[byte].data(), 2, digit);
}

std::string md5_hex(std::string_view bytes) {
  std::string out;
  append_md5_hex(out, bytes);
  return out;
}

}  // namespace meterproof::auth
