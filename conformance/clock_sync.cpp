// SPDX-License-Identifier: Apache-2.0
// TargetSession's clocks after calibration: somebody may set ours or the target's while the run goes on. Timestamps are signed by a clock of the run's
// own, which a step of ours does not move. It is asked of the target whether that clock is still right, and how far it must be moved where it is not.
#include <algorithm>

#include "conformance/target_session.hpp"

namespace meterproof::conformance {

using core::DateTime;
using i18n::msg;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Beyond an edge by so much a timestamp is refused, whatever a second on the way does; less than what the cases take (wrong_requests.cpp).
constexpr seconds beyond(4);

}  // namespace

void TargetSession::watch_clock() {
  const std::scoped_lock lock(clock_mutex_);
  if (!clock_watch_ || !environment_.steady) return;
  const auto wall = environment_.now();
  const milliseconds step = clock_watch_->step(wall, clock());
  if (step.count() == 0) return;
  clock_notes_.push_back(msg<"check.clock-stepped">(std::chrono::round<seconds>(step).count()));
  progress(clock_notes_.back());
  if (probe_answer_) put_clock_right(step);
}

void TargetSession::verify_clock() {
  const unsigned seen = clock_generation_;
  const std::scoped_lock lock(clock_mutex_);
  if (seen == clock_generation_ && probe_answer_ && !clock_lost_) put_clock_right(milliseconds(0));
}

std::vector<i18n::Message> TargetSession::clock_notes() const {
  const std::scoped_lock lock(clock_mutex_);
  return clock_notes_;
}

/// Whether a timestamp is taken that is so far from now. The second is used up by that.
bool TargetSession::accepts_at(seconds off) {
  const Probe probe = *probe_;
  const DateTime at = now() + off;
  {
    const std::scoped_lock lock(mutex_);
    timestamps_.exclude(at);
  }
  const Sent sent = exchange(probe_request(probe, {first_app_, at}));
  return sent.reply.code == probe_answer_ && !refused_for_time(sent);
}

bool TargetSession::accepts_new_second() {
  const Probe probe = *probe_;
  constexpr int tries = 3;
  for (int i = 0; i < tries; ++i) {
    std::optional<TimestampPool::Slot> slot;
    {
      const std::scoped_lock lock(mutex_);
      slot = timestamps_.take(now(), probe.first->path);
    }
    if (!slot) break;
    const Sent sent = exchange(probe_request(probe, *slot));
    if (sent.no_reply() || (sent.reply.code == probe_answer_ && !refused_for_time(sent))) return true;
  }
  // Another run may have used them. What comes into the window now is new, unless that run goes on and is faster.
  constexpr int patience = 5;
  for (int i = 0; i < patience; ++i) {
    environment_.sleep(milliseconds(1100));
    seconds newest;
    {
      const std::scoped_lock lock(mutex_);
      newest = timestamps_.future();
    }
    if (accepts_at(newest) || accepts_at(newest - seconds(1))) return true;
    // Where no edge was found, the seconds in use may reach further than what was taken.
    if (!clock_profile().future_edge && accepts_at(newest + seconds(2L << i))) return true;
  }
  return false;
}

/// Whether the target takes what it took, and refuses what it refused.
bool TargetSession::clocks_agree() {
  const ClockProfile profile = clock_profile();
  // One of several servers behind an address may take such a timestamp now and then: that is no clock that was set.
  const auto takes = [&](seconds off, seconds nearer) { return accepts_at(off) && accepts_at(nearer); };
  constexpr seconds nearer = beyond - seconds(1);
  if (profile.future_edge && takes(*profile.future_edge + beyond, *profile.future_edge + nearer)) return false;
  if (profile.past_edge && takes(-(*profile.past_edge + beyond), -(*profile.past_edge + nearer))) return false;
  return accepts_new_second();
}

bool TargetSession::doubts_edge(seconds off) {
  if (!probe_answer_) return false;
  constexpr int looks = 4, enough = 2;  // a second may have been used; who accepts one now and then has not moved its edge
  int accepted = 0;
  for (int i = 0; i < looks; ++i) {
    if (accepts_at(off.count() > 0 ? off : off + seconds(i)) && ++accepted >= enough) {
      edges_doubted_ = true;
      return true;
    }
    if (off.count() > 0) environment_.sleep(milliseconds(1100));  // a new one comes there
  }
  return false;
}

/// How far our time must be moved to be the target's; nothing where that cannot be told. The target takes a span as wide as twice the edge, with its
/// present time in the middle. Any second of that span that was not used yet leads to the span's end.
std::optional<seconds> TargetSession::find_shift() {
  const ClockProfile profile = clock_profile();
  const auto measured = profile.future_edge ? profile.future_edge : profile.past_edge;
  if (!measured) return std::nullopt;
  const seconds edge = *measured;
  // A single second may have been used before: then the one beside it tells.
  const auto accepts_around = [&](seconds off, int direction) { return accepts_at(off) || accepts_at(off + seconds(direction)); };
  // Between a second that is taken and one that is surely outside: the last that is taken.
  const auto last = [&](seconds taken, int direction) {
    seconds refused = taken + direction * (2 * edge + seconds(1));
    while (std::chrono::abs(refused - taken) > seconds(1)) {
      const seconds middle = taken + (refused - taken) / 2;
      (accepts_around(middle, direction) ? taken : refused) = middle;
    }
    return taken;
  };
  std::optional<DateTime> unused;
  {
    const std::scoped_lock lock(mutex_);
    unused = timestamps_.after_newest(probe_->first->path);
  }
  const seconds newest = unused ? *unused - now() : -edge;
  if (newest > -edge && newest < edge && accepts_around(newest + seconds(1), 1)) return last(newest + seconds(1), 1) - edge;
  constexpr int furthest = 32;  // times the edge
  constexpr seconds aside(7);   // no case and no other look uses these
  const seconds since_begin = std::chrono::ceil<seconds>(clock() - began_);
  for (int times = 1; times <= furthest; ++times) {
    const seconds off = times * edge + aside;
    if (accepts_around(off, 1)) return last(off, 1) - edge;
    if (accepts_around(-off, -1)) return last(-off, -1) + edge;
    // Behind the oldest second that this run has used.
    const seconds oldest = -off - since_begin;
    if (times == 1 && since_begin > aside && accepts_around(oldest, -1)) return last(oldest, -1) + edge;
  }
  return std::nullopt;
}

/// Moves our time; takes that back where the target does not agree.
bool TargetSession::shift_clock(seconds shift) {
  const auto ns = std::chrono::nanoseconds(shift).count();
  wall_ns_ += ns;
  {
    const std::scoped_lock lock(mutex_);
    timestamps_.restart();
  }
  if (clocks_agree()) return true;
  wall_ns_ -= ns;
  return false;
}

/// `own_step`: how far our own clock was just set. Where both are clocks of one machine, the target's went along.
void TargetSession::put_clock_right(milliseconds own_step) {
  const LargeReplies::Awaited awaited(large_replies_);
  if (clocks_agree()) return;
  progress(msg<"progress.clock-stepped">());
  const seconds along = std::chrono::round<seconds>(own_step);
  std::optional<seconds> shift;
  if (along.count() != 0 && shift_clock(along)) shift = along;
  if (!shift) {
    shift = find_shift();
    if (shift && !shift_clock(*shift)) shift.reset();
  }
  // Where our time goes on as before, it was the edge that is none.
  if (!shift && accepts_new_second()) {
    edges_doubted_ = true;
    return;
  }
  if (shift) {
    clock_notes_.push_back(msg<"check.target-clock-stepped">(shift->count()));
    const std::scoped_lock lock(mutex_);
    too_many_refusals_ = 5;
  } else {
    clock_notes_.push_back(msg<"check.clock-lost">());
    clock_lost_ = true;
  }
  progress(clock_notes_.back());
  ++clock_generation_;
}

}  // namespace meterproof::conformance
