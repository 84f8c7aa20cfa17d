// SPDX-License-Identifier: Apache-2.0
// Why a target refuses what is signed as the specification says: which other known way to sign, or which other time, it does accept. Nobody goes on by
// another convention: a check would certify it, and a load would measure it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/auth/conventions.hpp"
#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::reports {

/// Of each of the two explanations, at the most. They end where the target does not answer any more.
inline constexpr std::size_t most_signature_trials = 200;

/// What became of a request: `accepted` is every reply of the interface that refuses neither signature nor time, and that a reader of the query gives.
enum class TrialOutcome { accepted, refused, refused_for_time, silent };

/// The specification's headers, with those values in the two of the signature.
std::vector<std::pair<std::string, std::string>> headers_with(const core::Authentication& authentication, const auth::SignatureValues& values);

/// How trials are made. The references must outlive it.
struct SignatureTrials {
  const core::Authentication& authentication;
  const auth::Signer& signer;
  auth::Credentials app;
  std::chrono::minutes utc_offset;      // of the time that is signed with
  bool calibrated = false;              // a calibration has tried what it tries anyway
  std::function<core::DateTime()> now;  // by that offset
  /// Sends one and the same request with those values in its signature headers.
  std::function<TrialOutcome(const auth::SignatureValues&)> send;
};

/// The token was refused. Sends the request once for each convention that a server may want, the most likely first; then with their digits in upper case.
std::vector<i18n::Message> explain_refused_signature(const SignatureTrials& how);
/// The timestamp was refused. Tries other notations, the target's own clock (`ahead` of ours, where it is known), and other time zones.
std::vector<i18n::Message> explain_refused_time(const SignatureTrials& how, std::optional<std::chrono::seconds> ahead);

}  // namespace meterproof::reports
