// SPDX-License-Identifier: Apache-2.0
// TargetSession's calibration: what must be known of a target before anything can be judged.
#include <algorithm>
#include <array>

#include "conformance/target_session.hpp"

namespace meterproof::conformance {

using core::DateTime;
using core::SignatureError;
using i18n::msg;
using std::chrono::seconds;

namespace {

/// Offsets to try, the widest first: a run that follows another finds the same one free again, a second later.
constexpr std::array<int, 12> offsets = {3600, 1800, 1200, 900, 600, 300, 240, 170, 110, 50, 25, 8};
/// How far inside the edge we stay: a second may pass on the way, and the edge itself may be read either way.
constexpr seconds margin(2);

}  // namespace

Sent TargetSession::probe_at(const Probe& probe, seconds off) {
  last_probe_ = now() + off;
  timestamps_.exclude(last_probe_);
  return exchange(signed_request(*probe.first, {0, last_probe_}, probe.second));
}

/// Finds an offset from our clock, in seconds, at which the target accepts a timestamp: now, in UTC, then the offsets above in both
/// directions. `taken` receives it.
Sent TargetSession::find_clock(const Probe& probe, seconds& taken) {
  taken = seconds(0);
  Sent sent = probe_at(probe, taken);
  if (!refused_for_time(sent)) return sent;
  if (clock_profile_.utc_offset.count() != 0) {
    const auto usual = std::exchange(clock_profile_.utc_offset, std::chrono::minutes(0));
    Sent in_utc = probe_at(probe, taken);
    if (!refused_for_time(in_utc)) return in_utc;
    clock_profile_.utc_offset = usual;
  }
  // Somebody else has used this second; a run just before this one has used every second up to the far end of the window.
  environment_.sleep(std::chrono::milliseconds(1100));
  for (const int direction : {1, -1})
    for (const int off : offsets) {
      taken = direction * (seconds(off) - margin);
      sent = probe_at(probe, taken);
      if (!refused_for_time(sent)) return sent;
    }
  return sent;
}

void TargetSession::find_window(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, seconds taken) {
  // Any answer but a refusal for time, and the same as now's, says that this offset is taken.
  bool doubtful = false;  // a lost reply says nothing of an edge
  const Probe* with = &probe;
  std::optional<core::Code> usual = first.reply.code;
  const auto is_taken = [&](seconds off) {
    const Sent sent = probe_at(*with, off);
    doubtful = doubtful || sent.no_reply();
    return sent.reply.code && sent.reply.code == usual && !refused_for_time(sent);
  };
  const auto furthest = [&](int direction, std::optional<seconds>& edge) {
    seconds refused(0);
    for (const int off : offsets) {
      for (const int nearby : {0, 1, 3}) {  // a run before this one may have used a second of these
        seconds best = seconds(off) - margin - seconds(nearby);
        if (!is_taken(direction * best)) continue;
        if (refused.count() == 0) return best;  // further than anybody needs
        while (refused - best > seconds(1)) {
          const seconds middle = best + (refused - best) / 2;
          (is_taken(direction * middle) ? best : refused) = middle;
        }
        edge = best;
        return std::max(best - margin, seconds(0));
      }
      refused = seconds(off) - margin;
    }
    return seconds(0);
  };
  const bool telling = first.reply.code && first.reply.code != probe.first->refusal;
  const seconds past = std::max(telling ? furthest(-1, clock_profile_.past_edge) : seconds(0), -taken);
  const seconds future = std::max(telling ? furthest(1, clock_profile_.future_edge) : seconds(0), taken);
  timestamps_.set_window(past, future);
  if (telling && elsewhere && !clock_profile_.past_edge && !clock_profile_.future_edge && taken.count() == 0) {
    // Perhaps it is but this one interface that takes any time.
    with = &*elsewhere;
    usual = probe_at(*with, seconds(-1)).reply.code;
    (void)furthest(-1, clock_profile_.past_edge);
    (void)furthest(1, clock_profile_.future_edge);
  }
  // Seconds that a run before this one has used look like an edge; where both sides agree it is one.
  if (doubtful) clock_profile_.past_edge = clock_profile_.future_edge = std::nullopt;
  if (clock_profile_.past_edge && clock_profile_.future_edge) {
    const seconds apart = *clock_profile_.past_edge - *clock_profile_.future_edge;
    if (apart < -margin) clock_profile_.past_edge.reset();
    if (apart > margin) clock_profile_.future_edge.reset();
  }
  const auto edge_or = [](const std::optional<seconds>& edge, seconds used) {
    return edge ? msg<"calibration.seconds">(edge->count()) : msg<"calibration.at-least-seconds">(used.count());
  };
  calibration_["timestamps-accepted"] =
      msg<"calibration.behind-to-ahead">(edge_or(clock_profile_.past_edge, past), edge_or(clock_profile_.future_edge, future));
}

/// `first` was answered, and `used` was its timestamp. The same second once more, in every way that could be another.
void TargetSession::find_repeats(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, DateTime used) {
  const bool telling = first.reply.code && first.reply.code != probe.first->refusal;
  const auto passes = [&](const Probe& with) {
    const Sent again = exchange(signed_request(*with.first, {0, used}, with.second));
    // Where refusals have but one code, only the same answer as before says that it was taken.
    return &with == &probe ? again.reply.code == first.reply.code : again.reply.code && !refused_for_time(again) && again.reply.code != with.first->refusal;
  };
  ReplayScope replay_scope = ReplayScope::by_app;
  if (telling && passes(probe)) replay_scope = ReplayScope::never;
  else if (telling && elsewhere && passes(*elsewhere)) replay_scope = ReplayScope::by_app_path;
  else if (telling && apps_.size() > 1 && refused_for_time(exchange(signed_request(*probe.first, {1, used}, probe.second))))
    replay_scope = ReplayScope::anywhere;
  timestamps_.set_repeats(replay_scope);
  switch (replay_scope) {
    case ReplayScope::never: calibration_["repeated-timestamps"] = msg<"calibration.repeats-accepted">(); break;
    case ReplayScope::by_app: calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-per-app">(); break;
    case ReplayScope::by_app_path: calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-per-app-and-path">(); break;
    case ReplayScope::anywhere: calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-for-all">(); break;
  }
  if (replay_scope == ReplayScope::anywhere) calibration_["requests-at-once"] = msg<"calibration.one-per-second">(timestamps_.capacity());
  else if (replay_scope != ReplayScope::never) calibration_["requests-at-once"] = msg<"calibration.one-per-second-and-app">(timestamps_.capacity());
}

/// Sends the token in the other letter case.
void TargetSession::detect_token_case(const Probe& probe, const Sent& first) {
  const bool upper_case = calibration_.count("token") > 0;
  if (!first.reply.code || first.reply.code == probe.first->refusal) return;
  signer_.use_upper_case(!upper_case);
  const Sent other = exchange(signed_request(*probe.first, next_timestamp(probe.first->path), probe.second));
  signer_.use_upper_case(upper_case);
  const bool minds = refused_for(SignatureError::token_wrong, other);
  if (!minds && !(other.reply.code == first.reply.code)) return;  // a second that somebody else has used
  calibration_["token"] = !minds       ? msg<"calibration.token-any-case">()
                          : upper_case ? msg<"calibration.token-upper-case">()
                                       : msg<"calibration.token-lower-case">();
  observe("token-case", !minds ? "any" : upper_case ? "upper" : "lower");
}

TargetSession::Calibration TargetSession::calibrate(const Probe& probe, const std::optional<Probe>& elsewhere) {
  seconds taken(0);
  Sent first = find_clock(probe, taken);
  if (refused_for(SignatureError::token_wrong, first)) {
    // Some want the token in capitals; and who looks at the token first has said nothing of the time yet.
    signer_.use_upper_case(true);
    calibration_["token"] = msg<"calibration.token-upper-case">();
    first = find_clock(probe, taken);
  }
  if (first.no_reply()) {
    note_ = msg<"check.target-silent">(first.reply.problem);
    return Calibration::unreachable;
  }
  if (refused_for(SignatureError::token_wrong, first)) {
    signer_.use_upper_case(false);
    calibration_.erase("token");
    note_ = msg<"check.signature-refused">();
    return Calibration::refused;
  }
  if (refused_for_time(first)) {
    note_ = msg<"check.time-refused">();
    return Calibration::refused;
  }
  const DateTime used = last_probe_;
  calibration_["time-zone"] = i18n::verbatim(core::format_utc_offset(clock_profile_.utc_offset));
  observe("clock", core::format_utc_offset(clock_profile_.utc_offset));
  find_window(probe, elsewhere, first, taken);
  find_repeats(probe, elsewhere, first, used);
  detect_token_case(probe, first);
  return Calibration::ready;
}

}  // namespace meterproof::conformance
