// SPDX-License-Identifier: Apache-2.0
// A certificate: what a check and its loads came to, with everything that the verdicts rest on, signed; and how it is checked.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "attestation/keys.hpp"
#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "core/time/datetime.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::attestation {

/// What the verdicts were made with.
struct ToolIdentity {
  reports::SuiteRecord suite;                     // release, spec version, digest of the sources that judge
  std::string digest;                             // SHA-256 of the program
  std::map<std::string, std::string> spec_files;  // SHA-256 of each file of the specs, by its path in their folder
};

inline constexpr std::chrono::hours longest_validity(24 * 3650);

/// UTC.
struct Validity {
  core::DateTime issued, until;
};

/// The certificate as JSON (docs/certificates.md), schema certificate/3. `check` must hold a transcript; of the loads, every figure that follows from
/// others is made anew. Throws MessageError where a load cannot be certified.
std::string issue(const core::Spec& spec, const ToolIdentity& tool, reports::CheckRecord check, std::vector<reports::LoadRecord> loads, const Key& key,
                  const Validity& validity);

/// The certificate as a page shows it: without the transcript, with its texts.
std::string page_of(const std::string& certificate);

/// What was found when a certificate was checked.
struct Verification {
  std::vector<i18n::Message> findings;  // what is wrong, each by name; empty where nothing is
  std::vector<i18n::Message> notes;     // what the reader should know, and is not wrong
  std::vector<i18n::Message> seen;      // what it certifies, line by line, and what is only the issuer's word
  bool conforms = false;                // whether the certified check does; it can hold and say that the target does not
  std::string expired;                  // when its validity ended, where it has
  i18n::Message needs;                  // the suite that can judge it again, where this one cannot; empty otherwise
  std::string unread;                   // its schema, where only another release can read it: nothing was checked then; empty otherwise
};

/// Checks signature and chain, judges every case again from the transcript, derives the loads' figures, and makes the whole statement anew: it must be
/// the given one, the issuer's word apart. Another suite than the one that judged may ask or judge otherwise, or have other members: it compares the
/// same, titles and other wordings apart, and where anything differs `needs` names the suite that can tell. Of schema certificate/2 no verdict is judged
/// again: it holds for the release that wrote it alone. `now`: UTC.
Verification verify(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& tool, core::DateTime now);

}  // namespace meterproof::attestation
