// SPDX-License-Identifier: Apache-2.0
#include "reports/signature_trials.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/i18n/message.hpp"

namespace meterproof::reports {

using auth::Convention;
using core::DateTime;
using i18n::msg;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

class Trials {
 public:
  explicit Trials(const SignatureTrials& how) : how_(how) {}

  std::size_t count() const { return count_; }

  /// Whether a server may want that convention, as far as is not known yet.
  bool is_of_use(const Convention& convention) const {
    return convention.use == Convention::Use::server_may_want || (convention.use == Convention::Use::calibrated && !how_.calibrated);
  }
  enum class Digits { as_made, capitals };
  /// Whether the target takes the request, signed by that convention, and refuses it where the secret is wrong. Not tried where it comes to what the
  /// specification says.
  bool accepts(const Convention& convention, Digits digits = Digits::as_made) {
    constexpr int tries = 2;  // the second may have been used by somebody else
    for (int i = 0; i < tries; ++i) {
      const auth::Moment moment = next_moment();
      auth::SignatureValues values = sign(convention, how_.signer, how_.app, moment);
      if (convention.token == nullptr && values.authorization == how_.signer.authorization(how_.app, moment.local.compact())) return false;
      if (digits == Digits::capitals) {
        std::string capitals = auth::in_capitals(values.token);
        if (!is_hexadecimal(capitals) || capitals == values.token) return false;
        values.token = std::move(capitals);
      }
      const TrialOutcome outcome = send(values);
      if (outcome == TrialOutcome::accepted) return refuses_wrong_secret(convention, digits);
      if (outcome != TrialOutcome::refused_for_time) return false;
    }
    return false;
  }
  /// The same, signed as the specification says, that far from our time.
  bool accepts_at(seconds off) {
    const std::string timestamp = (next_moment().local + off).compact();
    return send({how_.signer.token(how_.app, timestamp), how_.signer.authorization(how_.app, timestamp)}) == TrialOutcome::accepted;
  }

 private:
  static bool is_hexadecimal(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
  }
  /// A target that does not get as far as the token answers a wrong one, too.
  bool refuses_wrong_secret(const Convention& convention, Digits digits) {
    const std::string wrong = std::string(how_.app.secret) + "x";
    constexpr int tries = 3;
    for (int i = 0; i < tries; ++i) {
      auth::SignatureValues values = sign(convention, how_.signer, {how_.app.id, wrong}, next_moment());
      if (digits == Digits::capitals) values.token = auth::in_capitals(std::move(values.token));
      const TrialOutcome outcome = how_.send(values);
      if (outcome != TrialOutcome::refused_for_time) return outcome == TrialOutcome::refused;
    }
    return true;
  }
  /// Each trial has a second of its own, now on one side of the present and now on the other: some targets use up what they refuse. After a while they begin
  /// again: a tolerance of half a minute is enough.
  auth::Moment next_moment() {
    constexpr int most = 56;
    moments_ = moments_ % most + 1;
    const seconds aside(moments_ % 2 == 0 ? moments_ / 2 : -(moments_ + 1) / 2);
    const DateTime local = how_.now() + aside;
    return {local, local + -seconds(how_.utc_offset)};
  }
  TrialOutcome send(const auth::SignatureValues& values) {
    if (silent_ || count_ == most_signature_trials) return TrialOutcome::refused;
    ++count_;
    const TrialOutcome outcome = how_.send(values);
    silent_ = outcome == TrialOutcome::silent;
    return outcome;
  }

  const SignatureTrials& how_;
  std::size_t count_ = 0;
  int moments_ = 0;
  bool silent_ = false;
};

using Messages = std::vector<i18n::Message>;

Messages accepted_convention(const Convention& one, const Trials& trials) { return {msg<"check.accepts-convention">(one.what, one.instead, trials.count())}; }
Messages accepted_in_capitals(const Convention& one, const Trials& trials) {
  const core::LocalizedText what = {one.what.zh + "，且为大写", one.what.en + ", in upper case"};
  return {msg<"check.accepts-convention">(what, one.instead, trials.count())};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> headers_with(const core::Authentication& authentication, const auth::SignatureValues& values) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < authentication.headers.size(); ++i)
    out.emplace_back(authentication.headers[i].name, i == authentication.token           ? values.token
                                                     : i == authentication.authorization ? values.authorization
                                                                                         : authentication.headers[i].value);
  return out;
}

Messages explain_refused_signature(const SignatureTrials& how) {
  Trials trials(how);
  for (const Convention& one : auth::conventions())
    if (trials.is_of_use(one) && trials.accepts(one)) return accepted_convention(one, trials);
  for (const Convention& one : auth::conventions())
    if (one.token != nullptr && trials.is_of_use(one) && trials.accepts(one, Trials::Digits::capitals)) return accepted_in_capitals(one, trials);
  return {msg<"check.accepts-none">(trials.count())};
}

Messages explain_refused_time(const SignatureTrials& how, std::optional<seconds> ahead) {
  Trials trials(how);
  if (ahead && trials.accepts_at(*ahead)) return {msg<"check.accepts-its-clock">()};
  for (const Convention& one : auth::conventions())
    if (trials.is_of_use(one) && one.timestamp != nullptr && trials.accepts(one)) return accepted_convention(one, trials);
  // Those of the neighbours first. Whoever asks has tried the specification's own.
  constexpr std::array<int, 25> zones = {9, 7, 10, 6, 5, 4, 3, 2, 1, -5, -8, 11, 12, -4, -6, -7, -3, -10, 13, -9, -2, -1, -11, -12, 14};
  const minutes own = how.authentication.utc_offset;
  // Twice: a run before may have used a second of each.
  for (const seconds aside : {seconds(0), seconds(37)})
    for (const int zone : zones) {
      const minutes offset = hours(zone);
      if (offset != own && trials.accepts_at(offset - own + aside))
        return {msg<"check.accepts-offset">(core::format_utc_offset(offset), core::format_utc_offset(own))};
    }
  return {msg<"check.accepts-no-time">(trials.count())};
}

}  // namespace meterproof::reports
