// SPDX-License-Identifier: Apache-2.0
// Ed25519 (RFC 8032) keys in PEM (RFC 7468), signatures and digests, by OpenSSL.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace meterproof::attestation {

class Key {
 public:
  /// Throws std::runtime_error where the system has no random numbers.
  static Key generated();
  /// A private or a public key; nothing where the text is no Ed25519 key in PEM.
  static std::optional<Key> from_pem(const std::string& pem);

  bool can_sign() const { return private_; }
  std::string private_pem() const;
  std::string public_pem() const;
  /// SHA-256 of the public key's 32 bytes, in hex.
  std::string fingerprint() const;
  /// 64 bytes. The key must be private.
  std::string sign(std::string_view bytes) const;
  bool verifies(std::string_view bytes, std::string_view signature) const;

 private:
  Key(std::shared_ptr<void> key, bool is_private) : key_(std::move(key)), private_(is_private) {}

  std::shared_ptr<void> key_;  // EVP_PKEY
  bool private_ = false;
};

/// In hex.
std::string sha256(std::string_view bytes);

}  // namespace meterproof::attestation
