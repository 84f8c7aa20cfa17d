// SPDX-License-Identifier: Apache-2.0
#include "loadgen/timestamp_allocator.hpp"

#include <algorithm>
#include <cmath>

#include "core/i18n/message.hpp"

namespace meterproof::loadgen {

using core::DateTime;

namespace {

/// How many seconds from now a timestamp may be, with a margin.
std::int64_t reach_of(const TimestampPolicy& policy) { return std::max<std::int64_t>(0, (policy.tolerance - tolerance_margin).count()); }

/// How many timestamps an appId has after that many seconds: one per second, and those in the tolerance around the start.
double timestamps_until(double seconds, const TimestampPolicy& policy) { return seconds + 1 + 2.0 * static_cast<double>(reach_of(policy)); }

/// Shards send equal shares, so the appIds that some shards have more than others are of no use.
std::size_t usable_apps(std::size_t apps, Shard shard) { return apps < shard.count ? apps : apps - apps % shard.count; }

std::string grouped(double number) {
  std::string digits = std::to_string(static_cast<long long>(number));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

TimestampAllocator::TimestampAllocator(const core::Authentication& authentication, std::vector<auth::App> apps, TimestampPolicy policy)
    : signer_(authentication), policy_(policy) {
  // Every shard gets appIds of its own. If there are too few, all shards use all appIds, and each shard gets every count-th second.
  const bool enough = apps.size() >= policy.shard.count;
  for (std::size_t i = 0; i < apps.size(); ++i)
    if (!enough || i % policy.shard.count == policy.shard.index) apps_.push_back({std::move(apps[i]), 0, {}});
  if (enough) policy_.shard = {};
  token_name_ = authentication.headers[authentication.token].name + ": ";
  authorization_name_ = "\r\n" + authentication.headers[authentication.authorization].name + ": ";
}

std::optional<std::int64_t> TimestampAllocator::free_second(const AppState& state, DateTime now) const {
  const std::int64_t reach = reach_of(policy_);
  std::int64_t second = std::max(state.last + 1, whole_window_ ? now.seconds - reach : now.seconds);
  const auto count = static_cast<std::int64_t>(policy_.shard.count);
  const auto index = static_cast<std::int64_t>(policy_.shard.index);
  if (count > 1) second += ((index - second % count) + count) % count;
  if (second > now.seconds + reach) return std::nullopt;
  return second;
}

bool TimestampAllocator::available(DateTime now) { return !policy_.unique || free_second(apps_[next_app_], now).has_value(); }

bool TimestampAllocator::append_signature(std::string& out, DateTime now) {
  AppState& state = apps_[next_app_];
  if (policy_.unique) {
    // The appIds are used in turn, so if this one must wait, all others must too.
    const auto second = free_second(state, now);
    if (!second) return false;
    state.last = *second;
    sign(state, *second, out);
  } else {
    if (state.last != now.seconds) {
      state.last = now.seconds;
      state.lines.clear();
      sign(state, now.seconds, state.lines);
    }
    out += state.lines;
  }
  if (++next_app_ == apps_.size()) next_app_ = 0;
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

bool fits_without_window(const ArrivalSchedule& schedule, std::size_t apps, Shard shard) {
  constexpr double safe = 0.95;
  const auto usable = static_cast<double>(usable_apps(apps, shard));
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
  const std::size_t usable = usable_apps(apps, policy.shard);
  if (worst <= static_cast<double>(usable)) return {};
  const auto shards = static_cast<double>(policy.shard.count);
  if (worst > shards) worst = std::ceil(worst / shards) * shards;
  const double each = timestamps_until(worst_at, policy);
  return i18n::msg<"load.not-feasible">(grouped(needed), grouped(std::ceil(worst_at)), grouped(each), grouped(each - worst_at), policy.tolerance.count(),
                                        grouped(static_cast<double>(usable)), grouped(each * static_cast<double>(usable)), grouped(worst));
}

}  // namespace meterproof::loadgen
