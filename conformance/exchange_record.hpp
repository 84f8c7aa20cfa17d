// SPDX-License-Identifier: Apache-2.0
// An exchange, as a record keeps it.
#pragma once

#include <string>
#include <vector>

#include "conformance/check_options.hpp"
#include "conformance/target_session.hpp"
#include "core/redact/redactor.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// What was sent and what came back, and a curl line that repeats it.
void fill_exchange(reports::CaseRecord& record, const CheckOptions& options, const TargetSession& session, const Sent& sent);
/// A command that repeats a request. One that was well signed is signed anew: by the appId that signed it, by the offset and in the letter case that the
/// target wants.
struct RepeatLine {
  std::string curl, powershell;  // PowerShell: "" where it cannot send such a request
};
RepeatLine repeat_line(const CheckOptions& options, const TargetSession& session, const net::HttpRequest& request, bool well_signed = true);
/// One of several requests of a case, as a record keeps it.
reports::StepRecord step_of(const CheckOptions& options, const TargetSession& session, const Exchanged& one);
/// The command lines of all steps, a line each.
std::string repeat_lines(const std::vector<reports::StepRecord>& steps);
/// The same for PowerShell; "" where one of them has none.
std::string powershell_lines(const std::vector<reports::StepRecord>& steps);
/// What a record keeps of a body: a target may answer every case with megabytes. At most so many bytes, and a remark. The cut leaves no part of a secret.
inline constexpr std::size_t kept_of_a_body = 65536;
void shorten_body(std::string& body, const redact::Redactor& redactor, std::size_t kept = kept_of_a_body);
/// Leaves of an exchange what a record keeps. Its code stays, the rows of its reply do not.
void keep_for_record(Sent& sent, const redact::Redactor& redactor);

}  // namespace meterproof::conformance
