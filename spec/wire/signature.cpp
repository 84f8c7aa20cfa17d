#include "spec/wire/signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cctype>
#include <stdexcept>

#include "spec/model/request.hpp"

namespace meterproof::wire {

using spec::Ingredient;

namespace {

/// A digest context per thread: fetching MD5 and making a context cost more than hashing 60 bytes.
class Md5 {
 public:
  Md5() : digest_(EVP_MD_fetch(nullptr, "MD5", nullptr)), context_(EVP_MD_CTX_new()) {
    if (digest_ == nullptr || context_ == nullptr) throw std::runtime_error("OpenSSL offers no MD5 here");
  }
  ~Md5() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(digest_);
  }
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;

  std::array<unsigned char, 16> operator()(std::string_view text) {
    std::array<unsigned char, 16> sum{};
    const bool done = EVP_DigestInit_ex2(context_, digest_, nullptr) == 1 && EVP_DigestUpdate(context_, text.data(), text.size()) == 1 &&
                      EVP_DigestFinal_ex(context_, sum.data(), nullptr) == 1;
    if (!done) throw std::runtime_error("OpenSSL cannot make an MD5 sum");
    return sum;
  }

 private:
  EVP_MD* digest_;
  EVP_MD_CTX* context_;
};

void append_recipe(std::string& out, const std::vector<std::pair<Ingredient, std::string>>& recipe, const App& app, std::string_view timestamp) {
  for (const auto& [ingredient, literal] : recipe) {
    switch (ingredient) {
      case Ingredient::app_id: out += app.id; break;
      case Ingredient::app_secret: out += app.secret; break;
      case Ingredient::timestamp: out += timestamp; break;
      case Ingredient::literal: out += literal; break;
    }
  }
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<signed char, 256> sextets = [] {
  std::array<signed char, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
  return table;
}();

}  // namespace

void append_md5_hex(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  thread_local Md5 md5;
  const auto sum = md5(text);
  const std::size_t at = out.size();
  out.resize(at + 2 * sum.size());
  char* digit = out.data() + at;
  for (const unsigned char byte : sum) {
    *digit++ = hex[byte >> 4U];
    *digit++ = hex[byte & 0xFU];
  }
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
  char* at = out.data();
  const auto sextet = [&](std::size_t i) { return i >= text.size() - padding ? 0 : int{sextets[static_cast<unsigned char>(text[i])]}; };
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const int a = sextet(i), b = sextet(i + 1), c = sextet(i + 2), d = sextet(i + 3);
    if ((a | b | c | d) < 0) return false;
    const unsigned bits = static_cast<unsigned>(a << 18 | b << 12 | c << 6 | d);
    *at++ = static_cast<char>(bits >> 16U & 0xFFU);
    *at++ = static_cast<char>(bits >> 8U & 0xFFU);
    *at++ = static_cast<char>(bits & 0xFFU);
  }
  for (std::size_t i = 0; i < padding; ++i) {
    if (out.back() != '\0') return false;  // bits that no encoder writes
    out.pop_back();
  }
  return true;
}

std::optional<std::string> base64_decoded(std::string_view text) {
  std::string out;
  return decode_base64(text, out) ? std::optional(std::move(out)) : std::nullopt;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

void Signer::append_token(std::string& out, const App& app, std::string_view timestamp) const {
  thread_local std::string plain;
  plain.clear();
  append_recipe(plain, authentication_->headers[authentication_->token].md5, app, timestamp);
  const std::size_t begin = out.size();
  append_md5_hex(out, plain);
  for (std::size_t i = begin; capitals_ && i < out.size(); ++i) out[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[i])));
}

void Signer::append_authorization(std::string& out, const App& app, std::string_view timestamp) const {
  thread_local std::string plain;
  plain.clear();
  append_recipe(plain, authentication_->headers[authentication_->authorization].base64, app, timestamp);
  append_base64(out, plain);
}

std::string Signer::token(const App& app, std::string_view timestamp) const {
  std::string out;
  append_token(out, app, timestamp);
  return out;
}

std::string Signer::authorization(const App& app, std::string_view timestamp) const {
  std::string out;
  append_authorization(out, app, timestamp);
  return out;
}

std::optional<std::pair<std::string_view, std::string_view>> Signer::taken_apart(std::string_view authorization, std::string& plain) const {
  if (!decode_base64(spec::trimmed(authorization), plain)) return std::nullopt;
  // [app_id, SEPARATOR, timestamp]: the loader refuses any other recipe.
  const std::string& separator = authentication_->headers[authentication_->authorization].base64[1].second;
  const std::size_t at = plain.find(separator);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view whole = plain;
  return std::pair(whole.substr(0, at), whole.substr(at + separator.size()));
}

std::vector<std::pair<std::string, std::string>> Signer::headers(const App& app, std::string_view timestamp) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < authentication_->headers.size(); ++i) {
    const spec::Header& header = authentication_->headers[i];
    if (i == authentication_->token) out.emplace_back(header.name, token(app, timestamp));
    else if (i == authentication_->authorization) out.emplace_back(header.name, authorization(app, timestamp));
    else out.emplace_back(header.name, header.value);
  }
  return out;
}

}  // namespace meterproof::wire
