#include "core/auth/signer.hpp"

// MD5 by itself, which OpenSSL 3 has but does not recommend: EVP looks for an engine at each sum, which costs as much as the sum of 60 bytes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstring>
#include <stdexcept>

#include "core/model/request.hpp"
#include "core/text/text.hpp"

namespace meterproof::auth {

using core::TokenPart;

namespace {

using Md5Sum = std::array<unsigned char, MD5_DIGEST_LENGTH>;

/// A text that fits one block with its padding, as every token's does but for very long secrets: a single step of RFC 1321.
Md5Sum md5_of_a_block(std::string_view text) {
  std::array<unsigned char, MD5_CBLOCK> block{};
  std::memcpy(block.data(), text.data(), text.size());
  block[text.size()] = 0x80;
  const std::uint64_t bits = 8 * text.size();  // little endian, as this code is only used there
  std::memcpy(block.data() + block.size() - sizeof bits, &bits, sizeof bits);
  MD5_CTX context;
  MD5_Init(&context);
  MD5_Transform(&context, block.data());
  Md5Sum sum;  // NOLINT(*-member-init): written whole
  const std::array<std::uint32_t, 4> words{context.A, context.B, context.C, context.D};
  std::memcpy(sum.data(), words.data(), sum.size());
  return sum;
}

Md5Sum md5(std::string_view text) {
  constexpr std::size_t longest = MD5_CBLOCK - 1 - sizeof(std::uint64_t);
  if (std::endian::native == std::endian::little && text.size() <= longest) return md5_of_a_block(text);
  Md5Sum sum;  // NOLINT(*-member-init): written whole
  MD5_CTX context;
  if (MD5_Init(&context) != 1 || MD5_Update(&context, text.data(), text.size()) != 1 || MD5_Final(sum.data(), &context) != 1)
    throw std::runtime_error("OpenSSL cannot make an MD5 sum");
  return sum;
}

void append_recipe(std::string& out, const std::vector<std::pair<TokenPart, std::string>>& recipe, Credentials app, std::string_view timestamp) {
  for (const auto& [ingredient, literal] : recipe) {
    switch (ingredient) {
      case TokenPart::app_id: out += app.id; break;
      case TokenPart::app_secret: out += app.secret; break;
      case TokenPart::timestamp: out += timestamp; break;
      case TokenPart::literal: out += literal; break;
    }
  }
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint32_t no_sextet = 0xFF000000U;

/// By a character, and by its place in a group of four: its six bits where the group has them.
constexpr std::array<std::array<std::uint32_t, 256>, 4> sextets = [] {
  std::array<std::array<std::uint32_t, 256>, 4> table{};
  for (std::size_t place = 0; place < table.size(); ++place) {
    table[place].fill(no_sextet);
    for (std::uint32_t i = 0; i < alphabet.size(); ++i) table[place][static_cast<unsigned char>(alphabet[i])] = i << (18 - 6 * place);
  }
  return table;
}();

constexpr std::array<std::array<char, 2>, 256> hexadecimal = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = {digits[i / 16], digits[i % 16]};
  return table;
}();

}  // namespace

void append_md5_hex(std::string& out, std::string_view text) {
  const auto sum = md5(text);
  const std::size_t at = out.size();
  out.resize(at + 2 * sum.size());
  char* digit = out.data() + at;
  for (const unsigned char byte : sum) digit = std::copy_n(hexadecimal[byte].data(), 2, digit);
}

std::string md5_hex(std::string_view text) {
  std::string out;
  append_md5_hex(out, text);
  return out;
}

void append_base64(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out.resize(begin + (text.size() + 2) / 3 * 4, '=');
  char* to = out.data() + begin;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  std::size_t i = 0;
  for (; i + 3 <= text.size(); i += 3) {
    const unsigned group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    *to++ = alphabet[group >> 18U];
    *to++ = alphabet[group >> 12U & 63U];
    *to++ = alphabet[group >> 6U & 63U];
    *to++ = alphabet[group & 63U];
  }
  if (i == text.size()) return;
  const bool two = i + 2 == text.size();
  const unsigned group = byte(i) << 16U | (two ? byte(i + 1) << 8U : 0U);
  *to++ = alphabet[group >> 18U];
  *to++ = alphabet[group >> 12U & 63U];
  if (two) *to++ = alphabet[group >> 6U & 63U];
}

std::string base64(std::string_view text) {
  std::string out;
  append_base64(out, text);
  return out;
}

bool decode_base64(std::string_view text, std::string& out) {
  out.clear();
  if (text.empty() || text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(text.size() / 4 * 3);
  char* to = out.data();
  std::uint32_t wrong = 0;
  const auto group = [&](char a, char b, char c, char d) {
    const auto sextet = [](std::size_t place, char of) { return sextets[place][static_cast<unsigned char>(of)]; };
    const std::uint32_t bits = sextet(0, a) | sextet(1, b) | sextet(2, c) | sextet(3, d);
    wrong |= bits & no_sextet;
    *to++ = static_cast<char>(bits >> 16U);
    *to++ = static_cast<char>(bits >> 8U);
    *to++ = static_cast<char>(bits);
  };
  const char* const last = text.data() + text.size() - 4;
  for (const char* at = text.data(); at != last; at += 4) group(at[0], at[1], at[2], at[3]);
  constexpr char zero = alphabet[0];
  group(last[0], last[1], padding > 1 ? zero : last[2], padding > 0 ? zero : last[3]);
  if (wrong != 0) return false;
  for (std::size_t i = 0; i < padding; ++i) {
    if (out.back() != '\0') return false;  // bits that no encoder writes
    out.pop_back();
  }
  return true;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out;
  return decode_base64(text, out) ? std::optional(std::move(out)) : std::nullopt;
}

void Signer::append_token(std::string& out, Credentials app, std::string_view timestamp) const {
  thread_local std::string plain;
  plain.clear();
  append_recipe(plain, authentication_->headers[authentication_->token].md5, app, timestamp);
  const std::size_t begin = out.size();
  append_md5_hex(out, plain);
  for (std::size_t i = begin; upper_case_ && i < out.size(); ++i) out[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[i])));
}

void Signer::append_authorization(std::string& out, Credentials app, std::string_view timestamp) const {
  thread_local std::string plain;
  plain.clear();
  append_recipe(plain, authentication_->headers[authentication_->authorization].base64, app, timestamp);
  append_base64(out, plain);
}

std::string Signer::token(Credentials app, std::string_view timestamp) const {
  std::string out;
  append_token(out, app, timestamp);
  return out;
}

std::string Signer::authorization(Credentials app, std::string_view timestamp) const {
  std::string out;
  append_authorization(out, app, timestamp);
  return out;
}

std::optional<std::pair<std::string_view, std::string_view>> Signer::split_authorization(std::string_view authorization, std::string& plain) const {
  if (!decode_base64(core::trimmed(authorization), plain)) return std::nullopt;
  // [app_id, SEPARATOR, timestamp]: the loader refuses any other recipe.
  const std::string& separator = authentication_->headers[authentication_->authorization].base64[1].second;
  const std::size_t at = plain.find(separator);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view whole = plain;
  return std::pair(whole.substr(0, at), whole.substr(at + separator.size()));
}

std::vector<std::pair<std::string, std::string>> Signer::headers(Credentials app, std::string_view timestamp) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < authentication_->headers.size(); ++i) {
    const core::Header& header = authentication_->headers[i];
    if (i == authentication_->token) out.emplace_back(header.name, token(app, timestamp));
    else if (i == authentication_->authorization) out.emplace_back(header.name, authorization(app, timestamp));
    else out.emplace_back(header.name, header.value);
  }
  return out;
}

}  // namespace meterproof::auth
