// SPDX-License-Identifier: Apache-2.0
// Why a target refuses what is signed as the specification says: which other known way to sign, or which other time, it does accept. A run never goes on
// by another convention: that would certify it.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "conformance/target_session.hpp"

namespace meterproof::conformance {

/// Of each of the two, at the most. They are paced like all requests, and end where the target does not answer any more.
inline constexpr std::size_t most_signature_trials = 40;

/// The token was refused. Sends the probe once for each convention that a server may want, the most likely first.
std::vector<i18n::Message> explain_refused_signature(TargetSession& session, const TargetSession::Probe& probe);
/// The timestamp was refused. Tries other notations, the target's own clock (`ahead` of ours, where it is known), and other time zones.
std::vector<i18n::Message> explain_refused_time(TargetSession& session, const TargetSession::Probe& probe, std::optional<std::chrono::seconds> ahead);

}  // namespace meterproof::conformance
