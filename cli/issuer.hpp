// SPDX-License-Identifier: Apache-2.0
// What those commands need that make or check what an issuer has signed.
#pragma once

#include <optional>
#include <string>

#include "attestation/certificate.hpp"
#include "attestation/register.hpp"
#include "cli/command.hpp"
#include "net/fd.hpp"

namespace meterproof::cli {

/// The program and the specs of that folder, which it judges by. Nothing after the mistake was printed.
std::optional<attestation::ToolIdentity> tool_of(const core::Spec& spec, const std::string& directory);

/// SHA-256 over the files of the specs in that folder by which targets are judged, as records and certificates have it; "" where one cannot be read.
std::string spec_digest_of(const std::string& directory);

/// --pub. Nothing after the mistake was printed.
std::optional<attestation::Key> read_public_key(const std::string& path);
/// --key. Nothing after the mistake was printed. A key that others may read is no secret, and one of somebody else is not ours. Owner and mode are those of
/// the file that was read, whatever stands in its place by now.
std::optional<attestation::Key> read_private_key(const std::string& path);

core::DateTime now_utc();

/// Prints it in lines that fit the screen.
void show(const i18n::Message& line, const Terminal& terminal);

/// While it lives, no other process that has one changes a register in the same folder: it waits. (flock(2) on the folder; where that cannot be had, nothing is
/// locked.)
class RegisterLock {
 public:
  explicit RegisterLock(const std::string& path);

 private:
  net::Fd folder_;
};

/// The register of that file, an empty one where there is no such file. Nothing after the mistake was printed. `key`: whose it must be.
std::optional<attestation::Register> read_register(const std::string& path, const attestation::Key& key);
/// With the next number, and the time. False after the failure was printed. `key` must be private.
bool write_register(const std::string& path, attestation::Register content, const attestation::Key& key);

}  // namespace meterproof::cli
