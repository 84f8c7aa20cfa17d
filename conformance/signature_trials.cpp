// SPDX-License-Identifier: Apache-2.0
#include "conformance/signature_trials.hpp"

#include <array>

#include "core/auth/conventions.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::conformance {

using auth::Convention;
using core::DateTime;
using i18n::msg;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

class Trials {
 public:
  Trials(TargetSession& session, const TargetSession::Probe& probe) : session_(session), probe_(probe) {}

  std::size_t count() const { return count_; }

  /// Whether the target takes the probe, signed by that convention. Not tried where it comes to what the specification says.
  bool accepts(const Convention& convention) {
    constexpr int tries = 2;  // the second may have been used by somebody else
    for (int i = 0; i < tries; ++i) {
      const auth::Moment moment = next_moment();
      const auth::SignatureValues values = sign(convention, session_.signer(), session_.app(0), moment);
      if (convention.token == nullptr && values.authorization == session_.signer().authorization(session_.app(0), moment.local.compact())) return false;
      const Outcome outcome = send(values);
      if (outcome != Outcome::refused_for_time || convention.timestamp != nullptr) return outcome == Outcome::accepted;
    }
    return false;
  }
  /// The same, signed as the specification says, that far from our time.
  bool accepts_at(seconds off) {
    const std::string timestamp = (next_moment().local + off).compact();
    return send({session_.signer().token(session_.app(0), timestamp), session_.signer().authorization(session_.app(0), timestamp)}) == Outcome::accepted;
  }

 private:
  enum class Outcome { accepted, refused, refused_for_time };

  /// Each trial has a second of its own, now on one side of the present and now on the other: some targets use up what they refuse.
  auth::Moment next_moment() {
    ++moments_;
    const seconds aside(moments_ % 2 == 0 ? moments_ / 2 : -(moments_ + 1) / 2);
    const DateTime local = session_.now() + aside;
    return {local, local + -seconds(session_.clock_profile().utc_offset)};
  }
  Outcome send(const auth::SignatureValues& values) {
    if (silent_ || count_ == most_signature_trials) return Outcome::refused;
    ++count_;
    const core::Authentication& authentication = session_.spec().authentication;
    net::HttpRequest request{session_.spec().method, probe_.first->path, {}, probe_.second};
    for (std::size_t i = 0; i < authentication.headers.size(); ++i)
      request.headers.emplace_back(authentication.headers[i].name, i == authentication.token           ? values.token
                                                                   : i == authentication.authorization ? values.authorization
                                                                                                       : authentication.headers[i].value);
    const Sent sent = session_.exchange(request);
    silent_ = sent.no_reply();
    if (session_.refused_for_time(sent)) return Outcome::refused_for_time;
    return sent.reply.code && !session_.refused_for(core::SignatureError::token_wrong, sent) ? Outcome::accepted : Outcome::refused;
  }

  TargetSession& session_;
  const TargetSession::Probe& probe_;
  std::size_t count_ = 0;
  int moments_ = 0;
  bool silent_ = false;
};

using Messages = std::vector<i18n::Message>;

Messages accepted_convention(const Convention& one, const Trials& trials) { return {msg<"check.accepts-convention">(one.what, one.instead, trials.count())}; }

}  // namespace

Messages explain_refused_signature(TargetSession& session, const TargetSession::Probe& probe) {
  Trials trials(session, probe);
  for (const Convention& one : auth::conventions())
    if (one.use == Convention::Use::server_may_want && trials.accepts(one)) return accepted_convention(one, trials);
  return {msg<"check.accepts-none">(trials.count())};
}

Messages explain_refused_time(TargetSession& session, const TargetSession::Probe& probe, std::optional<seconds> ahead) {
  Trials trials(session, probe);
  if (ahead && trials.accepts_at(*ahead)) return {msg<"check.accepts-its-clock">()};
  for (const Convention& one : auth::conventions())
    if (one.use == Convention::Use::server_may_want && one.timestamp != nullptr && trials.accepts(one)) return accepted_convention(one, trials);
  // Those of the neighbours first. UTC and the specification's own were tried by the calibration.
  constexpr std::array<int, 25> zones = {9, 7, 10, 6, 5, 4, 3, 2, 1, -5, -8, 11, 12, -4, -6, -7, -3, -10, 13, -9, -2, -1, -11, -12, 14};
  const minutes own = session.spec().authentication.utc_offset;
  for (const int zone : zones) {
    const minutes offset = hours(zone);
    if (offset != own && trials.accepts_at(offset - own)) return {msg<"check.accepts-offset">(core::format_utc_offset(offset), core::format_utc_offset(own))};
  }
  return {msg<"check.accepts-no-time">(trials.count())};
}

}  // namespace meterproof::conformance
