// SPDX-License-Identifier: Apache-2.0
// A session's trials of other signatures (reports/signature_trials.hpp). They are paced like all requests.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "conformance/target_session.hpp"

namespace meterproof::conformance {

/// The token was refused. Sends the probe once for each convention that a server may want, the most likely first.
std::vector<i18n::Message> explain_refused_signature(TargetSession& session, const TargetSession::Probe& probe);
/// The timestamp was refused. Tries other notations, the target's own clock (`ahead` of ours, where it is known), and other time zones.
std::vector<i18n::Message> explain_refused_time(TargetSession& session, const TargetSession::Probe& probe, std::optional<std::chrono::seconds> ahead);

}  // namespace meterproof::conformance
