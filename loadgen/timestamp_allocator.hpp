// SPDX-License-Identifier: Apache-2.0
// Decides which appId signs a request and with which timestamp. The specification allows an appId each second only once (section 2).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/time/datetime.hpp"
#include "core/time/second_set.hpp"
#include "loadgen/arrival_schedule.hpp"

namespace meterproof::loadgen {

struct TimestampPolicy {
  bool unique = true;                 // each appId uses each second once; otherwise all sign for the current second
  std::chrono::seconds tolerance{0};  // how far a timestamp may differ from the server's clock
  Shard shard = {};                   // shards share the appIds; if there are fewer appIds than shards, the seconds
  Shard part = {};                    // the same within a shard, for its threads

  /// Which part of the whole run this is, of how many.
  Shard all() const { return {shard.index + part.index * shard.count, shard.count * part.count}; }
};

/// The same for a run on so many threads, each of which sends an equal share.
inline TimestampPolicy on_threads(TimestampPolicy policy, std::size_t threads) {
  policy.part = {0, threads};
  return policy;
}

/// AppIds are used in turn. For one thread.
class TimestampAllocator {
 public:
  TimestampAllocator(const core::Authentication& authentication, std::vector<auth::App> apps, TimestampPolicy policy);

  /// Uses all seconds within the tolerance around now, oldest first: for more than one request per second and appId. Without it: the current
  /// second, or the next later one that is unused.
  void use_whole_window();

  /// Appends the lines of both signature headers, for a timestamp that was not used before. Returns false, and appends nothing, if no timestamp is
  /// free at `now` (the target's wall clock).
  bool append_signature(std::string& out, core::DateTime now);
  /// The same for that appId, whoever's turn it is.
  bool append_signature_of(std::size_t app, std::string& out, core::DateTime now);
  /// True if append_signature would succeed.
  bool available(core::DateTime now) const;
  /// The same of append_signature_of.
  bool available_to(std::size_t app, core::DateTime now) const;
  /// How many signatures can be made from now until `span` later, all seconds of the tolerance used.
  std::uint64_t left(core::DateTime now, std::chrono::seconds span) const;
  /// Empty, or why the schedule cannot be signed from now on: what runs before used of the appIds' seconds counts.
  i18n::Message why_not(const ArrivalSchedule& schedule, core::DateTime now) const;

  /// Passes over what earlier runs used, by app, and notes from here on what this run uses. `may_have_forgotten`: whether the target is to be asked if it
  /// still knows of those.
  void remember(std::vector<core::SecondSet> earlier, bool may_have_forgotten);
  /// The target knows nothing of earlier runs any more.
  void forget_earlier();
  bool has_forgotten() const { return has_forgotten_; }
  /// Whether earlier runs used seconds that are used from now on.
  bool passes_over(core::DateTime now) const;
  /// To ask the target with: the second next to now that an earlier run used for that app; nothing where it need not be asked.
  std::optional<core::DateTime> used_earlier(std::size_t app, core::DateTime now) const;
  /// The lines of append_signature for that second, whatever was used.
  void append_signature_at(std::size_t app, core::DateTime second, std::string& out);
  /// That second is used up, by a request that was signed elsewhere.
  void exclude(std::size_t app, core::DateTime second);
  /// What this run has used, by app, since `remember`.
  std::vector<core::SecondSet> used() const;

  /// Uses that appId no more.
  void leave_out(std::size_t app);
  /// How many appIds are in use.
  std::size_t apps() const { return used_; }

  // AppIds by number, those that are left out among them.
  std::size_t all_apps() const { return apps_.size(); }
  const std::string& id_of(std::size_t app) const { return apps_[app].app.id; }
  auth::Credentials credentials_of(std::size_t app) const { return apps_[app].app; }
  bool is_used(std::size_t app) const { return apps_[app].used; }
  /// Which one signed last.
  std::size_t last_app() const { return last_app_; }
  /// With which second, by append_signature.
  core::DateTime last_second() const { return {apps_[last_app_].last}; }

  /// Whether the target was asked which appIds it takes (first_exchange.hpp).
  bool tried = false;

  /// For so many threads, each of which sends an equal share: the appIds that are left are divided among them, or, where there are fewer, their seconds. What
  /// was used stays used. This one is not to be used beside them.
  std::vector<TimestampAllocator> divided(std::size_t parts) const;

 private:
  struct AppState {
    auth::App app;
    std::int64_t last = 0;  // the last second used
    std::string lines;      // the signature of that second, if it may be used again
    bool used = true;
    core::SecondSet earlier;  // used by earlier runs
    core::SecondSet taken;    // by this one, if somebody remembers them
  };

  /// The next second that the app may use, however late; `whole_window`: all of the tolerance.
  std::int64_t next_second(const AppState& state, core::DateTime now, bool whole_window) const;
  /// The same; nothing if the app must wait for it.
  std::optional<std::int64_t> free_second(const AppState& state, core::DateTime now) const;
  /// The first second from there on that is this shard's.
  std::int64_t own_from(std::int64_t second) const;
  /// The next appId in use takes its turn.
  void pass_on();
  void sign(const AppState& state, std::int64_t second, std::string& out);

  auth::Signer signer_;
  TimestampPolicy policy_;
  std::vector<AppState> apps_;
  std::string token_name_, authorization_name_;  // with what stands around the values
  std::size_t next_app_ = 0, last_app_ = 0, used_ = 0;
  std::size_t shards_ = 1;  // that send the schedule, whether or not they share the appIds
  bool whole_window_ = false, remembers_ = false, may_have_forgotten_ = false, has_forgotten_ = false;
};

/// The distance that timestamps keep from the limit of the tolerance, for clocks that differ and requests that wait.
inline constexpr std::chrono::seconds tolerance_margin{10};

/// Checks that there are enough timestamps for the schedule. Empty, or a message with the calculation and advice.
i18n::Message check_feasible(const ArrivalSchedule& schedule, std::size_t apps, const TimestampPolicy& policy);
/// True if one request per second and appId is enough for every stage, so that use_whole_window is not needed.
bool fits_without_window(const ArrivalSchedule& schedule, std::size_t apps, const TimestampPolicy& policy);

}  // namespace meterproof::loadgen
