// SPDX-License-Identifier: Apache-2.0
// Timestamps that no appId of ours has used: one a second, spread over the window that the target accepts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/time/datetime.hpp"
#include "core/time/second_set.hpp"

namespace meterproof::conformance {

/// What a target takes for a timestamp that was used before, as calibration found it out.
enum class ReplayScope {
  anywhere,     // used by any appId
  by_app,       // used by that appId: the usual interpretation
  by_app_path,  // used by that appId on that path
  never         // it takes every second as often as it comes
};

/// Seconds that earlier runs have used, as somebody remembers them; of the target's wall clock.
struct EarlierSeconds {
  std::vector<core::SecondSet> by_app;  // in the order of the appIds; empty where nobody remembers
  bool others_run = false;              // another run goes on: what it has taken it may not have used yet

  bool empty() const { return by_app.empty(); }
};

/// For what holds for every appId.
inline constexpr std::size_t every_app = SIZE_MAX;
/// Takes seconds for this run, so that no other one uses them: of those from `from` to before `to` that nobody has taken, the first ones, `most` at the
/// most. Others that stand between them are somebody else's.
using ClaimSeconds = std::function<core::SecondSet(std::size_t app, std::int64_t from, std::int64_t to, std::size_t most)>;

class TimestampPool {
 public:
  explicit TimestampPool(std::size_t apps) : apps_(apps), in_use_(apps, true) {}

  /// Takes no more for that app.
  void leave_out(std::size_t app) { in_use_[app] = false; }
  bool uses(std::size_t app) const { return in_use_[app]; }
  std::size_t apps_in_use() const { return static_cast<std::size_t>(std::count(in_use_.begin(), in_use_.end(), true)); }

  /// How far from now the target takes them.
  void set_window(std::chrono::seconds past, std::chrono::seconds future);
  std::chrono::seconds past() const { return past_; }
  std::chrono::seconds future() const { return future_; }
  void set_repeats(ReplayScope replay_scope) { repeats_ = replay_scope; }
  ReplayScope replay_scope() const { return repeats_; }
  /// How many there are of each second, for one path: one at least, although no app may be left.
  std::size_t per_second() const { return repeats_ == ReplayScope::anywhere ? 1 : std::max<std::size_t>(apps_in_use(), 1); }
  /// How many there are at once, for one path.
  std::size_t capacity() const { return per_second() * static_cast<std::size_t>(past_.count() + future_.count() + 1); }

  /// How many of them are left, for one path: not used by this run, nor, as far as is known, by an earlier one.
  std::size_t left(core::DateTime now) const;

  /// A second that was used, or will be, for something else.
  void exclude(core::DateTime used);
  /// The same, if nobody else has taken it for that app: false where an earlier run has, or one that goes on.
  bool try_exclude(std::size_t app, core::DateTime wanted);
  /// What earlier runs used.
  void set_earlier(std::vector<core::SecondSet> by_app);
  /// The target knows nothing of it any more.
  void forget_earlier();
  /// Of that app, as far as is known by now.
  const core::SecondSet& earlier_of(std::size_t app) const;
  /// The first second from there on that was not used for that app, or for something else.
  core::DateTime first_unused(std::size_t app, core::DateTime from) const;
  /// Takes only seconds that `claim` gave; without it, any.
  void set_claim(ClaimSeconds claim) { claim_ = std::move(claim); }

  struct Slot {
    std::size_t app = 0;
    core::DateTime timestamp;
  };
  /// The oldest one left; nothing where all are used, and the next second must be waited for.
  std::optional<Slot> take(core::DateTime now, const std::string& path);
  /// The same, of that app.
  std::optional<Slot> take_for(std::size_t app, core::DateTime now, const std::string& path);
  /// The second after the newest that was taken for the first app in use and that path; nothing where none was.
  std::optional<core::DateTime> after_newest(const std::string& path) const;
  /// For a clock that was set: seconds older than the first that was taken may be taken now, too. What was taken is not taken again.
  void restart();

 private:
  /// Of one app and path. Seconds are taken in rising order, so that what was taken is a span.
  struct Taken {
    std::int64_t first = INT64_MIN, next = INT64_MIN;            // since the last restart: from the first to before the next
    std::vector<std::pair<std::int64_t, std::int64_t>> earlier;  // before it
  };
  std::pair<std::size_t, std::string> key_of(std::size_t app, const std::string& path) const;
  /// The first from there on that nobody has used.
  std::int64_t unused_from(std::int64_t second, std::size_t app, const Taken& mine) const;
  /// Whether another second could be claimed in that span.
  bool claim(std::size_t app, std::int64_t from, std::int64_t to);

  std::size_t apps_;
  std::vector<bool> in_use_;  // by app
  std::map<std::pair<std::size_t, std::string>, Taken> taken_;
  core::SecondSet excluded_;
  std::vector<core::SecondSet> earlier_;  // by app
  core::SecondSet earlier_of_all_;        // the union of them
  ClaimSeconds claim_;
  std::map<std::size_t, core::SecondSet> claimed_;  // by app; where any app uses a second up, of the first
  std::size_t turn_ = 0;
  std::chrono::seconds past_{0}, future_{0};
  ReplayScope repeats_ = ReplayScope::by_app;
};

}  // namespace meterproof::conformance
