// SPDX-License-Identifier: Apache-2.0
// TargetSession's calibration: what must be known of a target before anything can be judged.
#include <algorithm>
#include <array>

#include "conformance/case.hpp"
#include "conformance/signature_trials.hpp"
#include "conformance/spec_queries.hpp"
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

/// The body with times that are hours ahead of `at`, for a clock of another zone, moved to some time before it: later requests say an hour ago, and a server
/// may take no reading that is older than the last.
std::string moved_to(std::string body, DateTime at) {
  constexpr std::size_t size = std::string_view("yyyy-MM-dd HH:mm:ss").size();
  constexpr std::chrono::hours least(2), most(26);  // zones are that far apart at the most
  for (std::size_t i = 0; i + size <= body.size(); ++i) {
    const bool may_be_time = body[i] == '2' && body[i + 4] == '-' && body[i + 10] == ' ';
    const auto time = may_be_time ? DateTime::parse(std::string_view(body).substr(i, size)) : std::nullopt;
    if (time && *time - at > least && *time - at < most) body.replace(i, size, (at + -least).to_string());
  }
  return body;
}

}  // namespace

net::HttpRequest TargetSession::probe_request(const Probe& probe, const TimestampPool::Slot& slot) const {
  constexpr std::chrono::hours window(2);  // further off is another zone
  const DateTime present = now();
  return signed_request(*probe.first, slot, moved_to(probe.second, std::chrono::abs(slot.timestamp - present) <= window ? present : slot.timestamp));
}

Sent TargetSession::probe_at(const Probe& probe, seconds off) {
  probed_at_ = now();
  last_probe_ = probed_at_ + off;
  timestamps_.exclude(last_probe_);
  Sent sent = exchange(probe_request(probe, {first_app_, last_probe_}));
  note_date(sent.exchange);
  return sent;
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
  // Next to now, so that they are surely not refused for being too old; and several: one may have been kept for requests that were refused, and not used up.
  std::optional<DateTime> before;
  for (const seconds ago : {seconds(0), seconds(5), seconds(11)}) {
    const DateTime time = now() + -ago;
    std::optional<DateTime> used;
    for (const auto& [from, to] : timestamps_.earlier_of(first_app_).spans()) {
      const DateTime nearest{std::clamp(time.seconds, from, to - 1)};
      if (!used || std::chrono::abs(nearest - time) < std::chrono::abs(*used - time)) used = nearest;
    }
    if (!used) return;
    if (used == before) break;
    before = used;
    const Sent again = exchange(probe_request(probe, {first_app_, *used}));
    if (!again.reply.code || again.reply.code != first.reply.code || refused_for_time(again)) return;
    timestamps_.exclude(*used);
  }
  timestamps_.forget_earlier();
  if (environment_.forget_earlier) environment_.forget_earlier();
  progress(msg<"progress.target-has-forgotten">());
}

void TargetSession::use_upper_case(bool upper_case) {
  upper_case_ = upper_case;
  signer_.use_upper_case(upper_case);
}

/// The place of the first probe that gets a reply of the interface, or a refusal of its signature. One interface may be missing where others are not, and
/// one appId may get a page where another gets a reply. `taken` receives the offset of its timestamp.
std::optional<std::size_t> TargetSession::first_readable(const std::vector<Probe>& probes, std::vector<Sent>& answers, seconds& taken) {
  for (first_app_ = 0; first_app_ < apps_.size(); ++first_app_)
    for (std::size_t i = 0; i < (first_app_ == 0 ? probes.size() : 1); ++i) {
      taken = past_earlier(-seconds(i));  // each at a second of its own: the one before may have used it up
      answers.push_back(probe_at(probes[i], taken));
      if (answers.back().reply.code || refuses_app(answers.back())) return i;
      if (answers.back().exchange.transport == net::TransportResult::replied && !answers.back().rejected_by_gateway()) continue;
      first_app_ = 0;
      return std::nullopt;
    }
  first_app_ = 0;
  return std::nullopt;
}

/// Finds an offset from our clock, in seconds, at which the target accepts a timestamp: now, then the offsets above in both directions; each by the usual
/// time zone and in UTC. `taken` receives it. `begun`: what was answered at `taken` already.
Sent TargetSession::find_clock(const Probe& probe, seconds& taken, std::optional<Sent> begun) {
  std::optional<Sent> unclear;  // whatever the time is: the row may be what is refused
  const auto is_refused = [&](const Sent& answer) {
    if (is_unclear(probe, answer)) unclear = answer;
    return refused_for_time(answer) || is_unclear(probe, answer);
  };
  present_refused_ = false;
  if (!begun) taken = past_earlier(seconds(0));
  Sent sent = begun ? std::move(*begun) : probe_at(probe, taken);
  if (!is_refused(sent)) return sent;
  const std::chrono::minutes usual = clock_profile_.utc_offset;
  std::vector<std::chrono::minutes> zones = {usual};
  if (usual.count() != 0) {
    zones.emplace_back(0);
    clock_profile_.utc_offset = zones.back();
    sent = probe_at(probe, taken);
    if (!is_refused(sent)) return sent;
  }
  // Somebody else has used this second; a run just before this one has used every second up to the far end of the window.
  environment_.sleep(std::chrono::milliseconds(1100));
  taken = seconds(0);
  for (const std::chrono::minutes zone : zones) {
    clock_profile_.utc_offset = zone;
    sent = probe_at(probe, taken);
    if (!is_refused(sent)) return sent;
  }
  present_refused_ = true;
  for (const std::chrono::minutes zone : zones) {
    clock_profile_.utc_offset = zone;
    for (const int direction : {1, -1})
      for (const int off : offsets) {
        taken = direction * (seconds(off) - margin);
        sent = probe_at(probe, taken);
        if (!is_refused(sent)) return sent;
      }
  }
  clock_profile_.utc_offset = usual;
  return unclear ? std::move(*unclear) : sent;
}

/// Whether that is the one refusal of an interface whose refusals all look alike: it may be the signature, its time, or the row that was refused, so that
/// nothing can be concluded from it.
bool TargetSession::is_unclear(const Probe& probe, const Sent& answer) const { return probe.first->refusal && answer.answered(*probe.first->refusal); }

/// Whether the target answers that app otherwise when its secret is wrong. `answer` is what its right signature got, at `last_probe_`.
bool TargetSession::minds_secret(const Probe& probe, std::size_t app, const Sent& answer) {
  const auth::App wrong{apps_[app].id, apps_[app].secret + "x"};
  constexpr int tries = 3;  // a second may have been used
  for (int i = 1; i <= tries; ++i) {
    const DateTime at = last_probe_ + -seconds(i);
    timestamps_.exclude(at);
    const Sent sent = exchange({spec_->method, probe.first->path, signer_.headers(wrong, at.compact()), probe.second}, false);
    if (!refused_for_time(sent)) return sent.reply.code != answer.reply.code;
  }
  return true;
}

namespace {

/// Whether a wrong secret may be told from a right one by the reply's code, and the same request always gets the same one.
bool tells_apart(const core::Interface& interface) { return !interface.refusal && changed_tables(interface).empty(); }

}  // namespace

/// Whether that is the answer of somebody who has looked at the query: none that the specification has for every interface, and none that a wrong secret
/// gets as well.
bool TargetSession::knows_app(const Probe& probe, std::size_t app, const Sent& answer) {
  if (!answer.reply.code || is_answered_at_the_door(answer)) return false;
  return !tells_apart(*probe.first) || minds_secret(probe, app, answer);
}

/// The same for each appId until one is taken; then for each with the token in capitals, as some targets want it. An appId that the target does not know,
/// or does not answer as it answers others, is no reason to give up: the next one may be known.
Sent TargetSession::find_app_and_clock(const Probe& probe, seconds& taken, std::optional<Sent> begun) {
  struct Found {
    Sent sent;
    std::size_t app;
    seconds taken;
    std::chrono::minutes utc_offset;
    bool present_refused, upper_case;
  };
  std::optional<Found> doubtful, late, refused;  // from the best to the worst
  const auto use = [&](Found& found) {
    first_app_ = found.app;
    taken = found.taken;
    clock_profile_.utc_offset = found.utc_offset;
    present_refused_ = found.present_refused;
    use_upper_case(found.upper_case);
    return std::move(found.sent);
  };
  const std::size_t begin = first_app_;
  const std::chrono::minutes usual = clock_profile_.utc_offset;
  for (const bool upper_case : {false, true}) {
    use_upper_case(upper_case);
    for (std::size_t i = 0; i < apps_.size(); ++i) {
      first_app_ = (begin + i) % apps_.size();
      clock_profile_.utc_offset = usual;
      Sent sent = find_clock(probe, taken, std::exchange(begun, std::nullopt));
      const bool is_refused = refuses_app(sent) || is_unclear(probe, sent), is_late = refused_for_time(sent);
      if (!is_refused && !is_late && (apps_.size() == 1 || knows_app(probe, first_app_, sent))) return sent;
      std::optional<Found>& kept = is_refused ? refused : is_late ? late : doubtful;
      if (!kept) kept = Found{std::move(sent), first_app_, taken, clock_profile_.utc_offset, present_refused_, upper_case};
    }
    if (doubtful || late) break;
  }
  if (refused) refused->upper_case = false;
  return use(doubtful ? *doubtful : late ? *late : *refused);
}

/// The present second is refused, and one that far from it is taken. Either somebody has used the seconds between: then those beyond stay good. Or the target's
/// time is another: then what it accepts moves along with the time, at both ends. Its middle is the target's present then, as far from ours as is returned;
/// nothing where seconds in use explain it.
std::optional<seconds> TargetSession::find_own_time(const Probe& probe, const Sent& first, seconds taken) {
  const auto is_taken = [&](seconds off) {
    const Sent sent = probe_at(probe, off);
    return sent.reply.code && sent.reply.code == first.reply.code && !refused_for_time(sent);
  };
  // Between a second that is taken and one that is not: the last that is taken. A single one may have been used before.
  const auto last = [&](seconds refused) {
    seconds best = taken;
    while (std::chrono::abs(refused - best) > seconds(1)) {
      const seconds middle = best + (refused - best) / 2;
      (is_taken(middle) || is_taken(middle + seconds(1)) ? best : refused) = middle;
    }
    return best;
  };
  const int direction = taken.count() > 0 ? 1 : -1;
  constexpr seconds furthest(7200);
  const seconds near = last(seconds(0));
  if (std::chrono::abs(near) <= 2 * margin) return std::nullopt;  // the present alone
  const seconds far = last(taken + direction * furthest);
  constexpr int looks = 3;
  const DateTime beside = now() + near;
  const bool comes_in = direction < 0 && !is_taken(near + seconds(2));  // later, if it is but too new by now
  environment_.sleep(std::chrono::milliseconds(1000 * (2 * looks + 1)));
  if (direction < 0) return comes_in && is_taken(beside + seconds(2) - now()) ? std::optional((near + far) / 2) : std::nullopt;
  for (int i = 2; i < 2 + looks; ++i)
    if (is_taken(beside + seconds(i) - now())) return std::nullopt;
  return (near + far) / 2;
}

/// Follows a target whose time is another than ours, and says so: its zone, if that is a quarter of an hour and its Date header says nothing else.
void TargetSession::follow_own_time(const Sent& first, seconds ahead, seconds& taken) {
  constexpr seconds quarter(900);
  const auto refusal = reports::describe_refusal(*spec_, apps_, first.request, first.exchange, now() + -seconds(clock_profile_.utc_offset));
  const seconds quarters = std::chrono::round<std::chrono::duration<long, std::ratio<900>>>(ahead);
  const bool is_zone =
      quarters.count() != 0 && std::chrono::abs(quarters - ahead) <= margin && (!refusal.ahead || std::chrono::abs(*refusal.ahead) < quarter / 2);
  if (is_zone) {
    clock_profile_.utc_offset += std::chrono::duration_cast<std::chrono::minutes>(quarters);
    taken -= quarters;
    return;
  }
  wall_ns_ += std::chrono::nanoseconds(ahead).count();
  taken -= ahead;
  notes_.push_back(ahead.count() > 0 ? msg<"check.time-ahead">(ahead.count()) : msg<"check.time-behind">(-ahead.count()));
  if (!refusal.clock.empty()) notes_.push_back(refusal.clock);
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
  if (doubtful) clock_profile_.past_edge = clock_profile_.future_edge = std::nullopt;
  // Seconds that a run before this one has used look like an edge. It is one where both sides agree, where it is the usual one, or where a second beyond it
  // is taken as soon as it lies within.
  const auto is_near = [](const std::optional<seconds>& edge, seconds other) { return edge && std::chrono::abs(*edge - other) <= margin; };
  const auto moves_along = [&](seconds edge) {
    for (int further = 2; further < 6; ++further) {
      const DateTime beyond = now() + edge + seconds(further);
      if (is_known_used(edge + seconds(further))) continue;
      if (is_taken(edge + seconds(further))) return false;
      environment_.sleep(std::chrono::milliseconds(1000 * (further + 1) + 100));
      return is_taken(beyond - now());
    }
    return false;
  };
  seen_past_ = clock_profile_.past_edge;
  seen_future_ = clock_profile_.future_edge;
  const seconds usual_edge = spec_->authentication.tolerance;
  std::optional<seconds>&past_edge = clock_profile_.past_edge, &future_edge = clock_profile_.future_edge;
  const bool agree = past_edge && is_near(future_edge, *past_edge), any_ahead = !future_edge && future >= seconds(offsets.front()) - 3 * margin;
  if (future_edge && !agree && !is_near(future_edge, usual_edge) && !moves_along(*future_edge)) future_edge.reset();
  if (past_edge && !is_near(past_edge, usual_edge) && !(future_edge && agree) && !any_ahead) past_edge.reset();
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
    const Sent sent = exchange(probe_request(probe, {app, used}));
    if (!refuses_app(sent)) return refused_for_time(sent);
  }
  return false;
}

/// `first` was answered, and `used` was its timestamp. The same second once more, in every way that could be another.
void TargetSession::find_repeats(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, DateTime used) {
  const auto passes = [&](const Probe& with) {
    const Sent again = exchange(signed_request(*with.first, {first_app_, used}, with.second));
    if (&with != &probe) refuses_repeats_elsewhere_ = refused_for_time(again);
    // Where refusals have but one code, only the same answer as before says that it was taken.
    if (&with == &probe) return again.reply.code == first.reply.code;
    return again.reply.code && !refused_for_time(again) && !refuses_app(again) && again.reply.code != with.first->refusal;
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
  const Sent other = exchange(probe_request(probe, next_timestamp(probe.first->path)));
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

void TargetSession::leave_out(std::size_t app, const Sent& answer, Leaving why) {
  const i18n::Message said = reports::describe_refusal(*spec_, apps_, answer.request, answer.exchange, now() + -seconds(clock_profile_.utc_offset)).answer;
  const i18n::Message note = why == Leaving::refused         ? msg<"check.app-refused">(apps_[app].id, said)
                             : why == Leaving::refused_later ? msg<"check.app-refused-later">(apps_[app].id, said)
                             : why == Leaving::one_answer    ? msg<"check.app-one-answer">(apps_[app].id, said)
                                                             : msg<"check.app-unlike-others">(apps_[app].id, said);
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

/// Whether that appId gets that code whatever it sends: with a wrong secret, and for what is no JSON.
bool TargetSession::is_always_answered(const Probe& probe, std::size_t app, std::optional<core::Code> code) {
  const auth::App wrong{apps_[app].id, apps_[app].secret + "x"};
  const auto is_answered = [&](const auth::App& signing, const std::string& body) {
    constexpr int tries = 3;  // another run may have used a second
    for (int i = 0; i < tries; ++i) {
      const DateTime time = now();
      const DateTime at = timestamps_.take_for(app, time, probe.first->path).value_or(TimestampPool::Slot{app, time}).timestamp;
      const Sent sent = exchange({spec_->method, probe.first->path, signer_.headers(signing, at.compact()), body}, false);
      if (!refused_for_time(sent)) return sent.reply.code && sent.reply.code == code;
    }
    return false;
  };
  return is_answered(wrong, probe.second) && is_answered(apps_[app], "<xml/>");
}

/// One query by each appId that has not signed any: the cases take turns with them. `first`: what was answered to the one that has. That answer may be all
/// that the target has for another appId: then it is told, unless the first one gets nothing else either.
void TargetSession::try_apps(const Probe& probe, const Sent& first) {
  const std::size_t known = first_app_;
  for (std::size_t app = 0; app < apps_.size(); ++app) {
    if (app == known) continue;
    try_app(probe, first, app);
    const bool is_telling = tells_apart(*probe.first) && !is_answered_at_the_door(first) && timestamps_.uses(app);
    if (is_telling && is_always_answered(probe, app, first.reply.code) && !is_always_answered(probe, known, first.reply.code))
      leave_out(app, first, Leaving::one_answer);
  }
}

void TargetSession::try_app(const Probe& probe, const Sent& first, std::size_t app) {
  constexpr int tries = 4;  // another run may have used its seconds
  std::optional<Sent> unlike;
  for (int i = 0; i < tries; ++i) {
    const DateTime time = now();
    const auto slot = timestamps_.take_for(app, time, probe.first->path).value_or(TimestampPool::Slot{app, time});
    Sent sent = exchange(probe_request(probe, slot));
    if (sent.no_reply()) return;
    if (refuses_app(sent)) return leave_out(app, sent, Leaving::refused);
    if (refused_for_time(sent)) continue;
    if (sent.reply.code == first.reply.code || is_answered_at_the_door(first)) return;
    if (is_unclear(probe, sent) && !unlike) {  // the first one's request succeeded
      unlike = std::move(sent);
      continue;
    }
    if (is_unclear(probe, sent)) return leave_out(app, sent, Leaving::unlike_others);
    if (sent.reply.code && !tells_apart(*probe.first)) return;
    last_probe_ = slot.timestamp;
    if (sent.reply.code && !is_answered_at_the_door(sent) && minds_secret(probe, app, sent)) return;
    if (unlike) return leave_out(app, sent, Leaving::unlike_others);  // twice: it is no accident
    unlike = std::move(sent);
  }
  if (unlike) return leave_out(app, *unlike, Leaving::unlike_others);
  // Seconds in use, or an appId whose every second is refused: what comes into the window now is new, and the other appId may use it.
  std::optional<Sent> refused;
  bool other_taken = false;
  constexpr int looks = 3;
  for (int i = 0; i < looks; ++i) {
    environment_.sleep(std::chrono::milliseconds(2100));
    const DateTime newest = now() + timestamps_.future();
    Sent sent = exchange(probe_request(probe, {app, newest}));
    timestamps_.exclude(newest);
    if (!refused_for_time(sent)) return;
    refused = std::move(sent);
    const DateTime beside = newest + seconds(-1);
    timestamps_.exclude(beside);
    other_taken = other_taken || exchange(probe_request(probe, {first_app_, beside})).reply.code == first.reply.code;
  }
  if (refused && other_taken) leave_out(app, *refused, Leaving::unlike_others);
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
    // Of a second that was used it may say so in other words than the specification's.
    std::optional<TimestampPool::Slot> slot;
    {
      const std::scoped_lock lock(mutex_);
      slot = timestamps_.take_for(app, now(), probe->first->path);
      if (slot) timestamps_.exclude(slot->timestamp);
    }
    if (!slot) {
      environment_.sleep(seconds(1));
      continue;
    }
    const Sent sent = exchange(signed_request(*probe->first, *slot, probe->second));
    if (refused_for_time(sent) || is_stale(*slot)) continue;
    if (!refuses_app(sent)) return false;
    leave_out(app, sent, Leaving::refused_later);
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
  const bool silent = first.no_reply() && !first.turned_away();
  const bool unreachable = silent || (foreign && !foreign->is_http);
  const i18n::Message what = foreign ? foreign->what : first.reply.problem;
  notes_.push_back(silent ? msg<"check.target-silent">(what) : what);
  if (foreign || first.exchange.transport == net::TransportResult::replied || !first.exchange.body.empty()) note_exchange(first);
  return unreachable ? Calibration::unreachable : Calibration::refused;
}

TargetSession::Calibration TargetSession::tell_refused_signature(const Probe& probe, const Sent& refused) {
  constexpr std::size_t most = 5;  // that are named
  std::vector<std::string> ids;
  ids.reserve(most);
  for (std::size_t app = 0; app < std::min(most, apps_.size()); ++app) ids.push_back(apps_[app].id);
  const std::string named = core::join(ids);
  notes_.push_back(apps_.size() > most ? msg<"check.signature-refused">(msg<"report.first-of">(named, apps_.size())) : msg<"check.signature-refused">(named));
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

TargetSession::Calibration TargetSession::tell_unclear(const Probe& probe, const Sent& refused) {
  notes_.push_back(msg<"check.refusals-alike">(probe.first->name, spec_->envelope.code, code_of(refused)));
  note_exchange(refused);
  for (i18n::Message& one : explain_refused_signature(*this, probe)) notes_.push_back(std::move(one));
  return Calibration::refused;
}

/// Whether that code, none of a signature's, is all that the target answers: to a wrong signature and to other queries, too. One that a query's own refusals
/// may have, or that a target without authentication gives to all that ask for unknown rows, must come for what is no JSON as well; that of success also for
/// an unknown appId and for the same request again.
bool TargetSession::answers_one_code(const std::vector<Probe>& probes, std::size_t chosen, core::Code code) {
  const core::Interface* const interface = probes[chosen].first;
  const std::string& body = probes[chosen].second;
  const auto common = std::find_if(spec_->common.begin(), spec_->common.end(), [&](const core::ResultRow& row) { return row.code == code; });
  const bool is_common = common != spec_->common.end();
  if ((is_common && !common->signature.empty()) || (!is_common && !tells_apart(*interface))) return false;
  const DateTime used = last_probe_;
  const auto is_answered_at = [&](const auth::App& app, DateTime at) {
    timestamps_.exclude(at);
    return exchange({spec_->method, interface->path, signer_.headers(app, at.compact()), body}, false).reply.code == code;
  };
  const auth::App& known = apps_[first_app_];
  if (!is_answered_at({known.id, known.secret + "x"}, used + -seconds(probes.size()))) return false;
  if (code == spec_->success && !is_answered_at({known.id + "x", known.secret}, used + -seconds(probes.size() + 1))) return false;
  if (code == spec_->success && !is_answered_at(known, used)) return false;
  const seconds aside = used - now();
  for (std::size_t i = 0; i < probes.size(); ++i)
    if (i != chosen && probe_at(probes[i], aside - seconds(probes.size() + 2 + i)).reply.code != code) return false;
  return is_common || probe_at({interface, "<xml/>"}, aside - seconds(2 * probes.size() + 3)).reply.code == code;
}

std::optional<TargetSession::Probe> TargetSession::probe() const {
  const std::scoped_lock lock(mutex_);
  return probe_;
}

/// The first of the others of that interface that succeeds takes the place of a probe that was refused, perhaps for its row.
void TargetSession::use_other_probe(const std::vector<Probe>& others, Probe& probe, Sent& first, seconds& taken) {
  const std::size_t app = first_app_;
  const auto utc_offset = clock_profile_.utc_offset;
  const bool present_refused = present_refused_, upper_case = upper_case_;
  const seconds refused_at = taken;
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (others[i].first != probe.first) continue;
    Sent sent = find_app_and_clock(others[i], taken, std::nullopt);
    if (sent.answered(spec_->success)) {
      probe = others[i];
      first = std::move(sent);
      const std::scoped_lock lock(mutex_);
      probe_ = probe;
      other_probe_ = i;
      return;
    }
    first_app_ = app;
    clock_profile_.utc_offset = utc_offset;
    present_refused_ = present_refused;
    use_upper_case(upper_case);
    taken = refused_at;
  }
}

TargetSession::Calibration TargetSession::calibrate(const std::vector<Probe>& given, const std::vector<Probe>& others) {
  std::vector<Probe> probes = given;
  std::vector<Sent> answers;
  seconds taken(0);
  const auto place = first_readable(probes, answers, taken);
  if (!place) return tell_foreign(answers.front());
  Probe& probe = probes[*place];
  const auto other = std::find_if(probes.begin(), probes.end(), [&](const Probe& one) { return one.first->path != probe.first->path; });
  const std::optional<Probe> elsewhere = other == probes.end() ? std::nullopt : std::optional(*other);
  {
    const std::scoped_lock lock(mutex_);
    probe_ = probe;
    for (const auth::App& app : apps_) apps_used_.push_back({app.id, true, {}});
  }
  Sent first = find_app_and_clock(probe, taken, answers.back());
  if (is_unclear(probe, first)) use_other_probe(others, probe, first, taken);
  if (refuses_app(first)) return tell_refused_signature(probe, first);
  if (refused_for_time(first)) return tell_refused_time(probe, first);
  if (is_unclear(probe, first)) return tell_unclear(probe, first);
  if (!first.reply.code) return tell_foreign(first);
  const DateTime used = last_probe_;
  if (answers_one_code(probes, *place, *first.reply.code)) {
    const auto code = first.reply.code->value;
    i18n::Message absent = reports::describe_absence(first.exchange);
    notes_.push_back(!absent.empty()                       ? std::move(absent)
                     : *first.reply.code == spec_->success ? msg<"foreign.constant-success">(code)
                                                           : msg<"foreign.constant">(code));
    note_exchange(first);
    return Calibration::refused;
  }
  if (present_refused_)
    if (const auto ahead = find_own_time(probe, first, taken)) follow_own_time(first, *ahead, taken);
  probe_answer_ = first.reply.code;
  if (upper_case_) calibration_["token"] = msg<"calibration.token-upper-case">();
  const std::string zone = core::format_utc_offset(clock_profile_.utc_offset);
  calibration_["time-zone"] = i18n::verbatim(zone);
  observe("clock", zone);
  if (clock_profile_.utc_offset != spec_->authentication.utc_offset)
    notes_.push_back(msg<"check.other-offset">(zone, core::format_utc_offset(spec_->authentication.utc_offset)));
  notice_restart(probe, first);
  find_window(probe, elsewhere, first, taken);
  note_clock_difference();
  find_repeats(probe, elsewhere, first, used);
  try_apps(probe, first);
  tell_capacity();
  detect_token_case(probe, first);
  {
    const DateTime present = now();
    const std::scoped_lock lock(mutex_);
    probe_->second = moved_to(probe_->second, present);  // for what the connections are tried with
  }
  return Calibration::ready;
}

}  // namespace meterproof::conformance
