// SPDX-License-Identifier: Apache-2.0
// An issuer's register of its certificates: which were issued, and which were revoked, signed as a whole (docs/certificates.md, schema register/1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attestation/keys.hpp"
#include "core/i18n/message_value.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::attestation {

struct RegisterEntry {
  std::string serial;
  // As the certificate says; "" of one that was revoked by its serial alone.
  std::string digest;  // SHA-256 of its file
  std::string target, product, issued, until;
  bool conforms = false;
  std::string revoked, reason;  // when and why; "" where it was not
};

struct Register {
  std::uint64_t number = 0;  // one more with each change
  std::string updated;       // UTC
  std::vector<RegisterEntry> entries;

  RegisterEntry* find(const std::string& serial);
  const RegisterEntry* find(const std::string& serial) const;
};

/// What a certificate's entry is. It must be one (verify). Throws MessageError, or what the JSON library throws, where it is none.
RegisterEntry entry_of(const std::string& certificate);

/// Whether a text has the form of a serial: 32 hexadecimal digits.
bool is_serial(const std::string& text);

std::string to_json(const Register& content, const Key& key);

struct RegisterRead {
  Register content;
  std::vector<i18n::Message> findings;  // what is wrong, each by name; where there is any, nothing of the content counts
};
RegisterRead register_from(const std::string& text, const Key& key);

enum class Standing { valid, expired, revoked };
Standing standing_of(const RegisterEntry& entry, core::DateTime now);

/// What a register says of a certificate.
struct RegisterFinding {
  std::vector<i18n::Message> findings;  // it does not hold
  std::vector<i18n::Message> notes;
  i18n::Message needs;  // the register is older than the certificate; empty otherwise
};
/// `certificate`: one that holds otherwise.
RegisterFinding look_up(const RegisterRead& in, const std::string& certificate);

}  // namespace meterproof::attestation
