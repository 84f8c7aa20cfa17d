// SPDX-License-Identifier: Apache-2.0
// A run's talk with the world outside, written down as it goes, and played back: the same run without its target.
#pragma once

#include <string>
#include <vector>

#include "conformance/check_options.hpp"
#include "conformance/environment.hpp"
#include "core/i18n/message_error.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// What was written down is not what this run would have done.
struct ReplayMismatch : i18n::MessageError {
  using i18n::MessageError::MessageError;
};

/// The appId whose secret can't be told from what every reply says: it could not be taken out. "" where there is none.
std::string app_whose_secret_is_a_word(const core::Spec& spec, const std::vector<auth::App>& apps);

/// Has `environment` and the hooks of `options` write down in `out` whatever comes from outside; all must outlive the run. Tokens and secrets
/// are taken out before the run sees them, so that it judges what is written down. One thing after the other: the run has one worker.
void record_to(const core::Spec& spec, CheckOptions& options, Environment& environment, reports::TranscriptRecord& out);

/// The run once more, from its transcript alone. Throws ReplayMismatch; std::invalid_argument if the record has no transcript.
reports::CheckRecord rejudge(const core::Spec& spec, const reports::CheckRecord& record);

/// Takes the tokens out of a record: headers that carry them, and command lines that repeat them.
void redact_tokens(const core::Spec& spec, reports::CheckRecord& record);

}  // namespace meterproof::conformance
