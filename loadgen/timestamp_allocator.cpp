// SPDX-License-Identifier: Apache-2.0
#include "loadgen/timestamp_allocator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/i18n/message.hpp"

namespace meterproof::loadgen {

using core::DateTime;

namespace {

/// How many seconds from now a timestamp may be, with a margin.
std::int64_t reach_of(const TimestampPolicy& policy) { return std::max<std::int64_t>(0, (policy.tolerance - tolerance_margin).count()); }

/// How many timestamps an appId has after that many seconds: one per second, and those in the tolerance around the start.
double timestamps_until(double seconds, const TimestampPolicy& policy) { return seconds + 1 + 2.0 * static_cast<double>(reach_of(policy)); }

/// Shards send equal shares, and so do the threads of one: the appIds that some have more than others are of no use.
std::size_t usable_apps(std::size_t apps, const TimestampPolicy& policy) {
  const auto usable = [](std::size_t all, std::size_t count) { return all < count ? all : all - all % count; };
  const std::size_t shards = policy.shard.count;
  if (apps < shards) return apps;  // they share all of them
  return usable(apps / shards, policy.part.count) * shards;
}

std::string grouped(double number) {
  std::string digits = std::to_string(static_cast<long long>(number));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

TimestampAllocator::TimestampAllocator(const core::Authentication& authentication, std::vector<auth::App> apps, TimestampPolicy policy)
    : signer_(authentication), policy_(policy), shards_(policy.shard.count) {
  // Every shard gets appIds of its own. If there are too few, all shards use all appIds, and each shard gets every count-th second.
  const bool enough = apps.size() >= policy.shard.count;
  for (std::size_t i = 0; i < apps.size(); ++i)
    if (!enough || i % policy.shard.count == policy.shard.index) apps_.push_back({std::move(apps[i]), 0, {}, true, {}, {}});
  used_ = apps_.size();
  if (enough) policy_.shard = {};
  token_name_ = authentication.headers[authentication.token].name + ": ";
  authorization_name_ = "\r\n" + authentication.headers[authentication.authorization].name + ": ";
}

std::vector<TimestampAllocator> TimestampAllocator::divided(std::size_t parts) const {
  std::vector<TimestampAllocator> out(parts, *this);
  for (std::size_t part = 0; part < parts; ++part) {
    TimestampAllocator& one = out[part];
    one.shards_ = shards_ * parts;
    one.next_app_ = one.last_app_ = 0;
    std::vector<AppState> own;
    std::size_t place = 0;  // among those in use
    for (AppState& state : one.apps_)
      if (state.used && (used_ < parts || place++ % parts == part)) own.push_back(std::move(state));
    one.apps_ = std::move(own);
    one.used_ = one.apps_.size();
    if (used_ < parts) one.policy_.shard = {policy_.shard.index + part * policy_.shard.count, policy_.shard.count * parts};
  }
  return out;
}

void TimestampAllocator::use_whole_window() {
  whole_window_ = true;
  if (!remembers_) return;
  // What lies before the seconds of the first exchange is of use too.
  for (AppState& state : apps_) {
    state.earlier.add(state.taken);
    state.last = 0;
  }
}

std::int64_t TimestampAllocator::next_second(const AppState& state, DateTime now, bool whole_window) const {
  std::int64_t second = own_from(std::max(state.last + 1, whole_window ? now.seconds - reach_of(policy_) : now.seconds));
  for (;;) {
    const std::int64_t unused = own_from(state.earlier.first_not_in(second));
    if (unused == second) return second;
    second = unused;
  }
}

std::int64_t TimestampAllocator::own_from(std::int64_t second) const {
  const auto count = static_cast<std::int64_t>(policy_.shard.count);
  const auto index = static_cast<std::int64_t>(policy_.shard.index);
  return count > 1 ? second + ((index - second % count) + count) % count : second;
}

std::optional<std::int64_t> TimestampAllocator::free_second(const AppState& state, DateTime now) const {
  const std::int64_t second = next_second(state, now, whole_window_);
  if (second > now.seconds + reach_of(policy_)) return std::nullopt;
  return second;
}

// The appIds are used in turn, so if the next one must wait, all others must too.
bool TimestampAllocator::available(DateTime now) const { return used_ > 0 && available_to(next_app_, now); }

bool TimestampAllocator::available_to(std::size_t app, DateTime now) const { return !policy_.unique || free_second(apps_[app], now).has_value(); }

std::uint64_t TimestampAllocator::left(DateTime now, std::chrono::seconds span) const {
  if (!policy_.unique) return used_ > 0 ? std::numeric_limits<std::uint64_t>::max() : 0;
  const std::int64_t last = now.seconds + span.count() + reach_of(policy_);
  // In turn, so the appId with the fewest ends it.
  std::uint64_t fewest = std::numeric_limits<std::uint64_t>::max();
  for (const AppState& state : apps_) {
    if (!state.used) continue;
    const std::int64_t first = next_second(state, now, true);
    const auto own = [&](std::int64_t from, std::int64_t to) {  // from the first to before the second
      from = own_from(from);
      return from >= to ? 0 : static_cast<std::uint64_t>(to - 1 - from) / policy_.shard.count + 1;
    };
    std::uint64_t count = own(first, last + 1);
    for (const auto& [from, to] : state.earlier.spans()) count -= own(std::max(from, first), std::min(to, last + 1));
    fewest = std::min(fewest, count);
  }
  return used_ > 0 ? fewest * used_ : 0;
}

i18n::Message TimestampAllocator::why_not(const ArrivalSchedule& schedule, DateTime now) const {
  if (!policy_.unique) return {};
  const auto end = static_cast<std::int64_t>(std::ceil(std::chrono::duration<double>(schedule.end()).count()));
  const std::int64_t step = std::max<std::int64_t>(1, end / 1000);
  for (std::int64_t at = std::min<std::int64_t>(step, end); at <= end; at = at < end ? std::min(at + step, end) : at + step) {
    const auto asked = static_cast<std::uint64_t>(std::ceil(schedule.count_until(std::chrono::seconds(at)) / static_cast<double>(shards_) - 1e-6));
    const std::uint64_t possible = left(now, std::chrono::seconds(at));
    if (asked <= possible) continue;
    // An appId gets a timestamp each second; where shards share it, each of them one in as many seconds as there are shards.
    const std::uint64_t wait = used_ > 0 ? ((asked - possible + used_ - 1) / used_) * policy_.shard.count : 0;
    return i18n::msg<"load.timestamps-used-up">(grouped(static_cast<double>(asked)), at, grouped(static_cast<double>(possible)), wait);
  }
  return {};
}

void TimestampAllocator::remember(std::vector<core::SecondSet> earlier, bool may_have_forgotten) {
  remembers_ = true;
  may_have_forgotten_ = may_have_forgotten;
  for (std::size_t app = 0; app < apps_.size() && app < earlier.size(); ++app) apps_[app].earlier = std::move(earlier[app]);
}

void TimestampAllocator::forget_earlier() {
  for (AppState& state : apps_) state.earlier = state.taken;  // the one that it was asked with
  has_forgotten_ = true;
  may_have_forgotten_ = false;
}

bool TimestampAllocator::passes_over(DateTime now) const {
  const std::int64_t first = whole_window_ ? now.seconds - reach_of(policy_) : now.seconds;
  return std::any_of(apps_.begin(), apps_.end(), [&](const AppState& state) { return !state.earlier.empty() && state.earlier.spans().back().second > first; });
}

std::optional<DateTime> TimestampAllocator::used_earlier(std::size_t app, DateTime now) const {
  std::optional<DateTime> out;
  if (!may_have_forgotten_) return out;
  for (const auto& [from, to] : apps_[app].earlier.spans()) {
    const DateTime nearest{std::clamp(now.seconds, from, to - 1)};
    if (!out || std::chrono::abs(nearest - now) < std::chrono::abs(*out - now)) out = nearest;
  }
  return out;
}

void TimestampAllocator::append_signature_at(std::size_t app, DateTime second, std::string& out) {
  last_app_ = app;
  if (remembers_) apps_[app].taken.add_second(second.seconds);
  sign(apps_[app], second.seconds, out);
}

void TimestampAllocator::exclude(std::size_t app, DateTime second) {
  apps_[app].earlier.add_second(second.seconds);
  apps_[app].taken.add_second(second.seconds);
}

std::vector<core::SecondSet> TimestampAllocator::used() const {
  std::vector<core::SecondSet> out;
  for (const AppState& state : apps_) out.push_back(state.taken);
  return out;
}

void TimestampAllocator::leave_out(std::size_t app) {
  if (!std::exchange(apps_[app].used, false)) return;
  --used_;
  if (next_app_ == app) pass_on();
}

void TimestampAllocator::pass_on() {
  for (std::size_t i = 0; i < apps_.size(); ++i) {
    if (++next_app_ == apps_.size()) next_app_ = 0;
    if (apps_[next_app_].used) return;
  }
}

bool TimestampAllocator::append_signature(std::string& out, DateTime now) {
  if (used_ == 0 || !append_signature_of(next_app_, out, now)) return false;
  pass_on();
  return true;
}

bool TimestampAllocator::append_signature_of(std::size_t app, std::string& out, DateTime now) {
  AppState& state = apps_[app];
  last_app_ = app;
  if (policy_.unique) {
    const auto second = free_second(state, now);
    if (!second) return false;
    state.last = *second;
    if (remembers_) state.taken.add_second(*second);
    sign(state, *second, out);
  } else {
    if (state.last != now.seconds) {
      state.last = now.seconds;
      state.lines.clear();
      sign(state, now.seconds, state.lines);
    }
    out += state.lines;
  }
  return true;
}

void TimestampAllocator::sign(const AppState& state, std::int64_t second, std::string& out) {
  const std::string timestamp = DateTime{second}.compact();
  out += token_name_;
  signer_.append_token(out, state.app, timestamp);
  out += authorization_name_;
  signer_.append_authorization(out, state.app, timestamp);
  out += "\r\n";
}

bool fits_without_window(const ArrivalSchedule& schedule, std::size_t apps, const TimestampPolicy& policy) {
  constexpr double safe = 0.95;
  const auto usable = static_cast<double>(usable_apps(apps, policy));
  return std::all_of(schedule.stages().begin(), schedule.stages().end(),
                     [&](const LoadStage& stage) { return std::max(stage.from, stage.to) <= safe * usable; });
}

i18n::Message check_feasible(const ArrivalSchedule& schedule, std::size_t apps, const TimestampPolicy& policy) {
  if (!policy.unique) return {};
  double worst = 0, worst_at = 0, needed = 0;
  const double end = std::chrono::duration<double>(schedule.end()).count();
  const double step = std::max(1.0, end / 1000);
  for (double at = std::min(1.0, end); at <= end; at = at < end ? std::min(at + step, end) : at + step) {
    const double asked = schedule.count_until(std::chrono::duration_cast<ArrivalSchedule::Offset>(std::chrono::duration<double>(at)));
    const double wanted = std::ceil(asked / timestamps_until(at, policy));
    if (wanted > worst) worst = wanted, worst_at = at, needed = asked;
  }
  const std::size_t usable = usable_apps(apps, policy);
  if (worst <= static_cast<double>(usable)) return {};
  const auto shards = static_cast<double>(policy.all().count);
  if (worst > shards) worst = std::ceil(worst / shards) * shards;
  const double each = timestamps_until(worst_at, policy);
  return i18n::msg<"load.not-feasible">(grouped(needed), grouped(std::ceil(worst_at)), grouped(each), grouped(each - worst_at), policy.tolerance.count(),
                                        grouped(static_cast<double>(usable)), grouped(each * static_cast<double>(usable)), grouped(worst));
}

}  // namespace meterproof::loadgen
