// SPDX-License-Identifier: Apache-2.0
// A certificate: what a check and its loads came to, with everything that the verdicts rest on, signed; and how it is checked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "attestation/keys.hpp"
#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::attestation {

/// What the verdicts were made with.
struct ToolIdentity {
  reports::SuiteRecord suite;                     // release, spec version, digest of the sources that judge
  std::string digest;                             // SHA-256 of the program
  std::map<std::string, std::string> spec_files;  // SHA-256 of each file of the specs, by its path in their folder
};

/// The certificate as JSON (docs/certificates.md). `check` must hold a transcript. `issued`: UTC.
std::string issue(const core::Spec& spec, const ToolIdentity& tool, reports::CheckRecord check, const std::vector<reports::LoadRecord>& loads, const Key& key,
                  const std::string& issued);

/// The certificate as it is read, without the transcript: for a page.
std::string without_transcript(const std::string& text);

/// What was found when a certificate was checked.
struct Verification {
  std::vector<i18n::Message> findings;  // what is wrong, each by name; empty where nothing is
  std::vector<i18n::Message> notes;     // what the reader should know, and is not wrong
  bool conforms = false;                // whether the certified check does; it can hold and say that the target does not
  i18n::Message needs;                  // the suite that can judge it again, where this one cannot; empty otherwise
  std::string unread;                   // its schema, where only another release can read it: nothing was checked then; empty otherwise
  i18n::Message subject;                // what it certifies, in a line; empty where it could not be read
};

/// Checks signature, chain, digests and subject, and judges every case again from the transcript. Verdicts, codes, exchanges and message ids are
/// compared, never wordings. Another suite than the one that judged may ask or judge otherwise: then `needs` names the one that can.
Verification verify(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& tool);

}  // namespace meterproof::attestation
