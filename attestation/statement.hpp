// SPDX-License-Identifier: Apache-2.0
// The signed statement of a certificate (schema certificate/3): made of what it says, and read again. Both are one list of parts, so that a
// statement that was made anew can be compared with the given one as a whole.
#pragma once

#include <string>
#include <vector>

#include "attestation/certificate.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::attestation {

/// All that a certificate says.
struct Statement {
  std::string serial, issued, valid_until;  // the issuer's word: 32 hex digits; UTC
  ToolIdentity tool;                        // its digest is the issuer's word
  reports::CheckRecord check;               // with its transcript
  std::vector<reports::LoadRecord> loads;
};

/// The statement as a certificate has it. What nobody can derive (the moment of issue, durations, the conditions of a load) is all in "vouched".
std::string to_json(const Statement& statement);

struct StatementRead {
  Statement said;
  std::vector<std::string> links;  // as it says
  std::string chain;               // as it says
  std::vector<std::string> found;  // the links of what it holds
};
/// Throws MessageError, or what the JSON library throws, where it is no statement.
StatementRead statement_from(const std::string& json);

}  // namespace meterproof::attestation
