// SPDX-License-Identifier: Apache-2.0
#include "attestation/keys.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"

namespace meterproof::attestation {

namespace {

EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

std::shared_ptr<void> owned(EVP_PKEY* key) {
  return {key, [](void* one) { EVP_PKEY_free(static_cast<EVP_PKEY*>(one)); }};
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

std::string text_of(const Bio& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

/// An encrypted key is not asked for its passphrase: nobody may be there to answer.
int no_passphrase(char*, int, int, void*) { return 0; }

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

const unsigned char* unsigned_bytes(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }  // NOLINT(*-reinterpret-cast)
unsigned char* unsigned_bytes(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }                  // NOLINT(*-reinterpret-cast)

i18n::MessageError failed(std::string_view function) { return i18n::MessageError(i18n::msg<"error.cryptography">(function)); }

}  // namespace

Key Key::generated() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (key == nullptr) throw failed("EVP_PKEY_Q_keygen");
  return {owned(key), true};
}

std::optional<Key> Key::read(const std::string& pem, bool is_private) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  EVP_PKEY* found =
      is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr);
  if (found == nullptr) return std::nullopt;
  auto keeper = owned(found);
  if (EVP_PKEY_id(found) != EVP_PKEY_ED25519) return std::nullopt;
  Key key(std::move(keeper), is_private);
  if (pem != (is_private ? key.private_pem() : key.public_pem()) || !key.is_of_full_order()) return std::nullopt;
  return key;
}

std::optional<Key> Key::private_from_pem(const std::string& pem) { return read(pem, true); }
std::optional<Key> Key::public_from_pem(const std::string& pem) { return read(pem, false); }

bool Key::is_of_full_order() const { return sodium_init() >= 0 && crypto_core_ed25519_is_valid_point(unsigned_bytes(std::string_view(point()))) == 1; }

std::string Key::private_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), raw(key_), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio);
}

std::string Key::public_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(bio.get(), raw(key_));
  return text_of(bio);
}

std::string Key::point() const {
  std::string bytes(32, '\0');
  std::size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(raw(key_), unsigned_bytes(bytes), &size);
  return bytes;
}

std::string Key::fingerprint() const { return sha256(point()); }

std::string Key::sign(std::string_view bytes) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string out(64, '\0');
  std::size_t size = out.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, raw(key_)) != 1 ||
      EVP_DigestSign(context.get(), unsigned_bytes(out), &size, unsigned_bytes(bytes), bytes.size()) != 1)
    throw failed("EVP_DigestSign");
  out.resize(size);
  return out;
}

bool Key::verifies(std::string_view bytes, std::string_view signature) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, raw(key_)) == 1 &&
         EVP_DigestVerify(context.get(), unsigned_bytes(signature), signature.size(), unsigned_bytes(bytes), bytes.size()) == 1;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), unsigned_bytes(digest), nullptr);
  return hex(digest);
}

std::string random_serial() {
  std::string bytes(16, '\0');
  if (RAND_bytes(unsigned_bytes(bytes), static_cast<int>(bytes.size())) != 1) throw failed("RAND_bytes");
  return hex(bytes);
}

}  // namespace meterproof::attestation
