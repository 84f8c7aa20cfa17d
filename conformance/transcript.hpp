// SPDX-License-Identifier: Apache-2.0
// Records everything that a run takes from outside, and replays it: the same run without its target.
#pragma once

#include <string>
#include <vector>

#include "conformance/check_options.hpp"
#include "conformance/environment.hpp"
#include "core/i18n/message_error.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// The transcript is not that of the present run.
struct ReplayMismatch : i18n::MessageError {
  using i18n::MessageError::MessageError;
};

/// The appId whose secret cannot be redacted, because the same text occurs in ordinary replies; "" if there is none.
std::string app_whose_secret_is_a_word(const core::Spec& spec, const std::vector<auth::App>& apps);

/// Makes `environment` and the hooks of `options` record in `out`; all must outlive the run. Sets one worker. Tokens and secrets are removed before
/// the run sees a reply, so that it judges what is recorded. `rejudge` has `send_concurrently` and `send_raw` in every run: throws
/// std::invalid_argument if one of them is missing.
void record_to(const core::Spec& spec, CheckOptions& options, Environment& environment, reports::TranscriptRecord& out);

/// The run once more, from its transcript alone. Throws ReplayMismatch where the transcript is missing, damaged, or of another run.
reports::CheckRecord rejudge(const core::Spec& spec, const reports::CheckRecord& record);

/// Takes the tokens out of a record: headers that carry them, and command lines that repeat them.
void redact_tokens(const core::Spec& spec, reports::CheckRecord& record);

}  // namespace meterproof::conformance
