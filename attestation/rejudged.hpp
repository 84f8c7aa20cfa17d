// SPDX-License-Identifier: Apache-2.0
// A certified record beside the one that its transcript gives.
#pragma once

#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::attestation {

/// The record that the transcript gives, without tokens, as it reads once it was written. Without the transcript itself. Throws MessageError where the
/// transcript is not that of such a run.
reports::CheckRecord rejudged(const core::Spec& spec, const reports::CheckRecord& said);

/// What differs, each by name: verdicts, codes, exchanges and message ids of every case, and what the run came to. Wordings do not count.
std::vector<i18n::Message> differences(const reports::CheckRecord& said, const reports::CheckRecord& found);

}  // namespace meterproof::attestation
