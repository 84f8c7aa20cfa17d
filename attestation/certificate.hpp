// A certificate: what a check and its loads came to, with everything that the verdicts rest on, signed; and how it is checked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "attestation/keys.hpp"
#include "core/model/interface.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::attestation {

/// What the verdicts were made with.
struct ToolIdentity {
  std::string tool;                               // its name and version
  std::string digest;                             // SHA-256 of the program
  std::map<std::string, std::string> spec_files;  // SHA-256 of each file of the specs, by its path in their folder
};

/// The certificate as JSON (docs/certificates.md). `check` must hold evidence. `issued`: UTC.
std::string issue(const core::Spec& spec, const ToolIdentity& suite, reports::CheckRecord check, const std::vector<reports::LoadRecord>& loads, const Key& key,
                  const std::string& issued);

/// The certificate as it is read, without the transcript: for a page.
std::string without_transcript(const std::string& text);

/// What was found when a certificate was checked.
struct Verification {
  std::vector<std::string> faults;  // each by name; none where it holds
  std::vector<std::string> notes;   // what the reader should know, and is no fault
  std::string summary;              // what it certifies; "" where it could not be read
};

/// Signature, chain, digests, and every verdict once more from the transcript.
Verification verify(const std::string& text, const Key& key, const core::Spec& spec, const ToolIdentity& suite);

}  // namespace meterproof::attestation
