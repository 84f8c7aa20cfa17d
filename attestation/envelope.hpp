// SPDX-License-Identifier: Apache-2.0
// What certificates of every schema have around and beside their statement: the form of the file, key and signature, the suite that judged.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "attestation/certificate.hpp"

namespace meterproof::attestation {

/// The form that the file and the signed bytes have: one for the same content.
std::string canonical(const std::string& json);

/// Adds what is wrong with the file around its statement: not in its canonical form, something unsigned beside the statement, another key, a signature
/// that does not hold. Throws what the JSON library throws where a part is missing.
void check_envelope(const std::string& text, const Key& key, Verification& out);

/// Notes how the suite that judged, and its spec files, differ from these. Whether they are the same.
bool note_suite(const reports::SuiteRecord& theirs, const std::map<std::string, std::string>& their_files, const ToolIdentity& ours, Verification& out);

/// A time as statements have it: "2026-11-29 21:35:44 UTC".
std::string as_text(core::DateTime time);
/// The reverse; nothing for another text.
std::optional<core::DateTime> time_from(std::string_view text);

/// The suite in words: name, version, spec version, begin of the digest of its rules. Safe to print.
std::string described(const reports::SuiteRecord& suite);

/// The event in words, for a finding.
std::string described(const reports::EventRecord& event);

/// The line on the check: target, verdict, counts, when.
i18n::Message summary_of(const reports::CheckRecord& check);

}  // namespace meterproof::attestation
