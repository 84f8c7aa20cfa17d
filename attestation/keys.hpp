// SPDX-License-Identifier: Apache-2.0
// Ed25519 (RFC 8032) keys in PEM (RFC 7468), signatures and digests, by OpenSSL; the order of a key by libsodium, since OpenSSL does not tell it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace meterproof::attestation {

class Key {
 public:
  /// Throws MessageError where the system has no random numbers.
  static Key generated();
  /// The one key of that text; nothing where the text is anything but one Ed25519 key in PEM, of that kind, as `private_pem` or `public_pem`
  /// writes it: two keys, or words around it, would let a reader see another key than the program uses. Nor is a key that is not of the
  /// group's prime order (RFC 8032, 5.1): under one of a small order, signatures of any text verify.
  static std::optional<Key> private_from_pem(const std::string& pem);
  static std::optional<Key> public_from_pem(const std::string& pem);

  bool can_sign() const { return private_; }
  std::string private_pem() const;
  std::string public_pem() const;
  /// SHA-256 of the public key's 32 bytes, in hex.
  std::string fingerprint() const;
  /// 64 bytes. The key must be private.
  std::string sign(std::string_view bytes) const;
  bool verifies(std::string_view bytes, std::string_view signature) const;

 private:
  static std::optional<Key> read(const std::string& pem, bool is_private);
  /// The public key's 32 bytes.
  std::string point() const;
  bool is_of_full_order() const;

  Key(std::shared_ptr<void> key, bool is_private) : key_(std::move(key)), private_(is_private) {}

  std::shared_ptr<void> key_;  // EVP_PKEY
  bool private_ = false;
};

/// In hex.
std::string sha256(std::string_view bytes);
/// 128 random bits in hex: a number that nobody gives twice. Throws MessageError where the system has no random numbers.
std::string random_serial();

}  // namespace meterproof::attestation
