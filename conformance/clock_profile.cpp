// SPDX-License-Identifier: Apache-2.0
// TargetSession's calibration: what must be known of a target before anything can be judged.
#include <algorithm>
#include <array>

#include "conformance/signature_trials.hpp"
#include "conformance/target_session.hpp"
#include "core/auth/curl_line.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/foreign_reply.hpp"
#include "reports/refused_signature.hpp"

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
  probed_at_ = now();
  last_probe_ = probed_at_ + off;
  timestamps_.exclude(last_probe_);
  return exchange(signed_request(*probe.first, {first_app_, last_probe_}, probe.second));
}

/// That offset, or the next one whose second no earlier run has used, as far as is known and within reach.
seconds TargetSession::past_earlier(seconds off) {
  if (environment_.earlier.empty()) return off;
  const DateTime wanted = now() + off;
  for (DateTime free = wanted;; free = free + seconds(1)) {
    free = timestamps_.first_unused(first_app_, free);
    if (free - wanted > spec_->authentication.tolerance - margin) return off;
    if (timestamps_.try_exclude(first_app_, free)) return off + (free - wanted);
  }
}

/// A target that was restarted has forgotten which timestamps it has seen: then what is remembered here must be forgotten, too.
void TargetSession::notice_restart(const Probe& probe, const Sent& first) {
  if (environment_.earlier.empty() || environment_.earlier.others_run) return;
  const DateTime time = now();
  std::optional<DateTime> used;  // next to now, so that it is surely not refused for being too old
  for (const auto& [from, to] : timestamps_.earlier_of(first_app_).spans()) {
    const DateTime nearest{std::clamp(time.seconds, from, to - 1)};
    if (!used || std::chrono::abs(nearest - time) < std::chrono::abs(*used - time)) used = nearest;
  }
  if (!used) return;
  const Sent again = exchange(signed_request(*probe.first, {first_app_, *used}, probe.second));
  if (!again.reply.code || again.reply.code != first.reply.code || refused_for_time(again)) return;
  timestamps_.forget_earlier();
  timestamps_.exclude(*used);
  if (environment_.forget_earlier) environment_.forget_earlier();
  progress(msg<"progress.target-has-forgotten">());
}

void TargetSession::use_upper_case(bool upper_case) {
  upper_case_ = upper_case;
  signer_.use_upper_case(upper_case);
}

/// The place of the first probe that gets a reply of the interface, or a refusal of its signature. One interface may be missing where others are not.
/// `taken` receives the offset of its timestamp.
std::optional<std::size_t> TargetSession::first_readable(const std::vector<Probe>& probes, std::vector<Sent>& answers, seconds& taken) {
  for (std::size_t i = 0; i < probes.size(); ++i) {
    taken = past_earlier(-seconds(i));  // each at a second of its own: the one before may have used it up
    answers.push_back(probe_at(probes[i], taken));
    if (answers.back().reply.code || refuses_app(answers.back())) return i;
    if (answers.back().exchange.transport != net::TransportResult::replied || answers.back().rejected_by_gateway()) break;
  }
  return std::nullopt;
}

/// Finds an offset from our clock, in seconds, at which the target accepts a timestamp: now, in UTC, then the offsets above in both
/// directions. `taken` receives it. `begun`: what was answered at `taken` already.
Sent TargetSession::find_clock(const Probe& probe, seconds& taken, std::optional<Sent> begun) {
  if (!begun) taken = past_earlier(seconds(0));
  Sent sent = begun ? std::move(*begun) : probe_at(probe, taken);
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

/// The same for each appId until one is taken; then for each with the token in capitals, as some targets want it. An appId that the target does not know
/// is no reason to give up: the next one may be known.
Sent TargetSession::find_app_and_clock(const Probe& probe, seconds& taken, std::optional<Sent> begun) {
  std::optional<Sent> refused;
  for (const bool upper_case : {false, true}) {
    use_upper_case(upper_case);
    for (first_app_ = 0; first_app_ < apps_.size(); ++first_app_) {
      Sent sent = find_clock(probe, taken, std::exchange(begun, std::nullopt));
      if (!refuses_app(sent)) return sent;
      if (!refused) refused = std::move(sent);
    }
  }
  use_upper_case(false);
  first_app_ = 0;
  return std::move(*refused);
}

void TargetSession::find_window(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, seconds taken) {
  // Any answer but a refusal for time, and the same as now's, says that this offset is taken.
  bool doubtful = false;  // a lost reply says nothing of an edge
  const Probe* with = &probe;
  std::optional<core::Code> usual = first.reply.code;
  const auto is_known_used = [&](seconds off) { return !environment_.earlier.empty() && !timestamps_.try_exclude(first_app_, now() + off); };
  const auto is_taken = [&](seconds off) {
    Sent sent = probe_at(*with, off);
    if (sent.is_lost()) {  // that second may be used up
      environment_.sleep(std::chrono::milliseconds(1100));
      sent = probe_at(*with, off);
    }
    doubtful = doubtful || sent.no_reply();
    return sent.reply.code && sent.reply.code == usual && !refused_for_time(sent);
  };
  const auto furthest = [&](int direction, std::optional<seconds>& edge) {
    seconds refused(0);
    for (const int off : offsets) {
      for (const int nearby : {0, 1, 3}) {  // a run before this one may have used a second of these
        seconds best = seconds(off) - margin - seconds(nearby);
        if (is_known_used(direction * best) || !is_taken(direction * best)) continue;
        if (refused.count() == 0) return best;  // further than anybody needs
        while (refused - best > seconds(1)) {
          seconds middle = best + (refused - best) / 2;
          while (middle > best && is_known_used(direction * middle)) middle -= seconds(1);
          if (middle == best) return std::max(best - margin, seconds(0));  // what lies beyond was used by an earlier run: no edge is seen
          (is_taken(direction * middle) ? best : refused) = middle;
        }
        edge = best;
        return std::max(best - margin, seconds(0));
      }
      refused = seconds(off) - margin;
    }
    return seconds(0);
  };
  const seconds past = std::max(furthest(-1, clock_profile_.past_edge), -taken);
  const seconds future = std::max(furthest(1, clock_profile_.future_edge), taken);
  timestamps_.set_window(past, future);
  if (elsewhere && !clock_profile_.past_edge && !clock_profile_.future_edge && taken.count() == 0) {
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

/// Whether another appId may not use that second either.
bool TargetSession::is_used_by_all(const Probe& probe, DateTime used) {
  for (std::size_t app = 0; app < apps_.size(); ++app) {
    if (app == first_app_) continue;
    const Sent sent = exchange(signed_request(*probe.first, {app, used}, probe.second));
    if (!refuses_app(sent)) return refused_for_time(sent);
  }
  return false;
}

/// `first` was answered, and `used` was its timestamp. The same second once more, in every way that could be another.
void TargetSession::find_repeats(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, DateTime used) {
  const auto passes = [&](const Probe& with) {
    const Sent again = exchange(signed_request(*with.first, {first_app_, used}, with.second));
    // Where refusals have but one code, only the same answer as before says that it was taken.
    return &with == &probe ? again.reply.code == first.reply.code : again.reply.code && !refused_for_time(again) && again.reply.code != with.first->refusal;
  };
  ReplayScope replay_scope = ReplayScope::by_app;
  if (passes(probe)) replay_scope = ReplayScope::never;
  else if (elsewhere && passes(*elsewhere)) replay_scope = ReplayScope::by_app_path;
  else if (is_used_by_all(probe, used)) replay_scope = ReplayScope::anywhere;
  timestamps_.set_repeats(replay_scope);
  switch (replay_scope) {
    case ReplayScope::never: calibration_["repeated-timestamps"] = msg<"calibration.repeats-accepted">(); break;
    case ReplayScope::by_app: calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-per-app">(); break;
    case ReplayScope::by_app_path: calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-per-app-and-path">(); break;
    case ReplayScope::anywhere: calibration_["repeated-timestamps"] = msg<"calibration.repeats-refused-for-all">(); break;
  }
}

void TargetSession::tell_capacity() {
  const ReplayScope replay_scope = timestamps_.replay_scope();
  if (replay_scope == ReplayScope::anywhere) calibration_["requests-at-once"] = msg<"calibration.one-per-second">(timestamps_.capacity());
  else if (replay_scope != ReplayScope::never) calibration_["requests-at-once"] = msg<"calibration.one-per-second-and-app">(timestamps_.capacity());
}

/// Sends the token in the other letter case.
void TargetSession::detect_token_case(const Probe& probe, const Sent& first) {
  const bool upper_case = upper_case_;
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

bool TargetSession::refuses_app(const Sent& answer) const {
  if (refused_for(SignatureError::token_wrong, answer)) return true;
  if (answer.reply.code) return false;
  const auto foreign = reports::describe_foreign(answer.exchange, spec_->envelope.code);
  return foreign && foreign->may_refuse_signature;
}

void TargetSession::leave_out(std::size_t app, const Sent& answer, Since since) {
  const i18n::Message said = reports::describe_refusal(*spec_, apps_, answer.request, answer.exchange, now() + -seconds(clock_profile_.utc_offset)).answer;
  const i18n::Message note = since == Since::beginning ? msg<"check.app-refused">(apps_[app].id, said) : msg<"check.app-refused-later">(apps_[app].id, said);
  {
    const std::scoped_lock lock(mutex_);
    if (!timestamps_.uses(app)) return;  // another thread has
    timestamps_.leave_out(app);
    notes_.push_back(note);
    apps_used_[app] = {apps_[app].id, false, said};
    for (std::size_t other = 0; first_app_ == app && other < apps_.size(); ++other)
      if (timestamps_.uses(other)) first_app_ = other;
  }
  progress(note);
}

/// One query by each appId that has not signed any: the cases take turns with them.
void TargetSession::try_apps(const Probe& probe) {
  for (std::size_t app = 0; app < apps_.size(); ++app) {
    constexpr int tries = 4;  // another run may have used its seconds
    for (int i = 0; i < tries && app != first_app_; ++i) {
      const DateTime time = now();
      const auto slot = timestamps_.take_for(app, time, probe.first->path).value_or(TimestampPool::Slot{app, time});
      const Sent sent = exchange(signed_request(*probe.first, slot, probe.second));
      if (refused_for_time(sent)) continue;
      if (refuses_app(sent)) leave_out(app, sent, Since::beginning);
      break;
    }
  }
}

/// Whether the target refuses an appId that it took before: then it refuses the calibration's query as well.
bool TargetSession::is_revoked(std::size_t app) {
  std::optional<Probe> probe;
  {
    const std::scoped_lock lock(mutex_);
    if (!timestamps_.uses(app)) return true;                // that was found out meanwhile
    if (!probe_answer_ || silence_expected_) return false;  // it was never accepted, or the target is broken on purpose
    probe = probe_;
  }
  constexpr int tries = 3;  // somebody may have used a second
  for (int i = 0; i < tries; ++i) {
    const DateTime at = now() + seconds(-i);
    {
      const std::scoped_lock lock(mutex_);
      timestamps_.exclude(at);
    }
    const Sent sent = exchange(signed_request(*probe->first, {app, at}, probe->second));
    if (refused_for_time(sent)) continue;
    if (!refuses_app(sent)) return false;
    leave_out(app, sent, Since::later);
    return true;
  }
  return false;
}

bool TargetSession::was_revoked(const Sent& sent) {
  const auto app = refuses_app(sent) ? app_of(sent.request) : std::nullopt;
  return app && is_revoked(*app);
}

std::vector<reports::AppRecord> TargetSession::apps_used() const {
  const std::scoped_lock lock(mutex_);
  return apps_used_;
}

std::optional<std::size_t> TargetSession::app_of(const net::HttpRequest& request) const {
  const std::string& name = spec_->authentication.headers[spec_->authentication.authorization].name;
  for (const auto& [header, value] : request.headers) {
    if (!core::equals_ignoring_case(header, name)) continue;
    std::string plain;
    const auto parts = signer_.split_authorization(value, plain);
    for (std::size_t app = 0; parts && app < apps_.size(); ++app)
      if (apps_[app].id == parts->first) return app;
  }
  return std::nullopt;
}

/// For the reader: what was sent, what came back, and how to repeat it.
void TargetSession::note_exchange(const Sent& sent) {
  constexpr std::size_t most = 300;
  const std::string url = environment_.address.to_string() + sent.request.path;
  const std::string body(core::truncate_utf8(sent.request.body, most));
  notes_.push_back(msg<"check.first-sent">(sent.request.method + " " + url + " " + body));
  notes_.push_back(msg<"check.first-received">(reports::redacted_reply_line(*spec_, apps_, sent.request, sent.exchange)));
  notes_.push_back(msg<"check.first-repeat">(
      auth::signing_curl_line(spec_->authentication, apps_[first_app_].id, auth::secret_variable(first_app_), url, sent.request.body, signing_style())));
}

/// What answers there is not the interface.
TargetSession::Calibration TargetSession::tell_foreign(const Sent& first) {
  const auto foreign = reports::describe_foreign(first.exchange, spec_->envelope.code);
  const bool unreachable = first.no_reply() || (foreign && !foreign->is_http);
  const i18n::Message what = foreign ? foreign->what : first.reply.problem;
  notes_.push_back(first.no_reply() ? msg<"check.target-silent">(what) : what);
  if (foreign) note_exchange(first);
  return unreachable ? Calibration::unreachable : Calibration::refused;
}

TargetSession::Calibration TargetSession::tell_refused_signature(const Probe& probe, const Sent& refused) {
  std::vector<std::string> ids;
  for (const auth::App& app : apps_) ids.push_back(app.id);
  notes_.push_back(msg<"check.signature-refused">(core::join(ids)));
  const auto refusal = reports::describe_refusal(*spec_, apps_, refused.request, refused.exchange, now() + -seconds(clock_profile_.utc_offset));
  for (i18n::Message& one : refusal.messages()) notes_.push_back(std::move(one));
  for (reports::AppRecord& one : apps_used_) one = {one.id, false, refusal.answer};
  if (!refusal.lost_header.empty()) return Calibration::refused;  // no other signature would get there
  for (i18n::Message& one : explain_refused_signature(*this, probe)) notes_.push_back(std::move(one));
  return Calibration::refused;
}

TargetSession::Calibration TargetSession::tell_refused_time(const Probe& probe, const Sent& refused) {
  notes_.push_back(msg<"check.time-refused">());
  const auto refusal = reports::describe_refusal(*spec_, apps_, refused.request, refused.exchange, now() + -seconds(clock_profile_.utc_offset));
  for (i18n::Message& one : refusal.messages()) notes_.push_back(std::move(one));
  for (i18n::Message& one : explain_refused_time(*this, probe, refusal.ahead)) notes_.push_back(std::move(one));
  return Calibration::refused;
}

/// Whether that code, a common one and none of a signature's, is all that the target answers: to a wrong signature and to other queries, too.
bool TargetSession::answers_one_code(const std::vector<Probe>& probes, std::size_t chosen, core::Code code) {
  const bool common =
      std::any_of(spec_->common.begin(), spec_->common.end(), [&](const core::ResultRow& row) { return row.code == code && row.signature.empty(); });
  if (!common) return false;
  const auto& [interface, body] = probes[chosen];
  const auth::App wrong{apps_[first_app_].id, apps_[first_app_].secret + "x"};
  const DateTime at = now() + -seconds(probes.size());
  if (exchange({spec_->method, interface->path, signer_.headers(wrong, at.compact()), body}).reply.code != code) return false;
  for (std::size_t i = 0; i < probes.size(); ++i)
    if (i != chosen && probe_at(probes[i], -seconds(probes.size() + 1 + i)).reply.code != code) return false;
  return true;
}

TargetSession::Calibration TargetSession::calibrate(const std::vector<Probe>& probes) {
  std::vector<Sent> answers;
  seconds taken(0);
  const auto place = first_readable(probes, answers, taken);
  if (!place) return tell_foreign(answers.front());
  const Probe& probe = probes[*place];
  const auto other = std::find_if(probes.begin(), probes.end(), [&](const Probe& one) { return one.first->path != probe.first->path; });
  const std::optional<Probe> elsewhere = other == probes.end() ? std::nullopt : std::optional(*other);
  {
    const std::scoped_lock lock(mutex_);
    probe_ = probe;
    for (const auth::App& app : apps_) apps_used_.push_back({app.id, true, {}});
  }
  const Sent first = find_app_and_clock(probe, taken, answers.back());
  if (refuses_app(first)) return tell_refused_signature(probe, first);
  if (refused_for_time(first)) return tell_refused_time(probe, first);
  if (!first.reply.code) return tell_foreign(first);
  const DateTime used = last_probe_;
  if (answers_one_code(probes, *place, *first.reply.code)) {
    notes_.push_back(msg<"foreign.constant">(first.reply.code->value));
    note_exchange(first);
    return Calibration::refused;
  }
  probe_answer_ = first.reply.code;
  if (upper_case_) calibration_["token"] = msg<"calibration.token-upper-case">();
  // A target whose refusals have but one code does not tell by it what was wrong: nothing was measured then.
  if (first.reply.code == probe.first->refusal) {
    timestamps_.set_window(std::max(-taken, seconds(0)), std::max(taken, seconds(0)));
    try_apps(probe);
    return Calibration::ready;
  }
  const std::string zone = core::format_utc_offset(clock_profile_.utc_offset);
  calibration_["time-zone"] = i18n::verbatim(zone);
  observe("clock", zone);
  if (clock_profile_.utc_offset != spec_->authentication.utc_offset)
    notes_.push_back(msg<"check.other-offset">(zone, core::format_utc_offset(spec_->authentication.utc_offset)));
  notice_restart(probe, first);
  find_window(probe, elsewhere, first, taken);
  find_repeats(probe, elsewhere, first, used);
  try_apps(probe);
  tell_capacity();
  detect_token_case(probe, first);
  return Calibration::ready;
}

}  // namespace meterproof::conformance
