// SPDX-License-Identifier: Apache-2.0
#include "conformance/signature_trials.hpp"

#include <algorithm>

#include "reports/signature_trials.hpp"

namespace meterproof::conformance {

namespace {

using reports::TrialOutcome;

TrialOutcome outcome_of(const TargetSession& session, const core::Interface& interface, const Sent& sent) {
  if (sent.no_reply()) return TrialOutcome::silent;
  if (interface.refusal && sent.answered(*interface.refusal)) return TrialOutcome::refused;  // of whatever: its refusals all look alike
  if (session.refused_for_time(sent)) return TrialOutcome::refused_for_time;
  const auto& common = session.spec().common;  // whoever answers one of these may not have got as far as the token
  const bool is_common = std::any_of(common.begin(), common.end(), [&](const core::ResultRow& row) { return sent.answered(row.code); });
  return sent.reply.code && !is_common ? TrialOutcome::accepted : TrialOutcome::refused;
}

reports::SignatureTrials trials_of(TargetSession& session, const TargetSession::Probe& probe) {
  return {
      session.spec().authentication,
      session.signer(),
      session.app(0),
      session.clock_profile().utc_offset,
      true,
      [&session] { return session.now(); },
      [&session, &probe](const auth::SignatureValues& values) {
        const net::HttpRequest request{session.spec().method, probe.first->path, reports::headers_with(session.spec().authentication, values), probe.second};
        return outcome_of(session, *probe.first, session.exchange(request));
      }};
}

}  // namespace

std::vector<i18n::Message> explain_refused_signature(TargetSession& session, const TargetSession::Probe& probe) {
  return reports::explain_refused_signature(trials_of(session, probe));
}

std::vector<i18n::Message> explain_refused_time(TargetSession& session, const TargetSession::Probe& probe, std::optional<std::chrono::seconds> ahead) {
  return reports::explain_refused_time(trials_of(session, probe), ahead);
}

}  // namespace meterproof::conformance
