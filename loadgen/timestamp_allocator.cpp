#include "loadgen/timestamp_allocator.hpp"

#include <algorithm>
#include <cmath>

#include "core/i18n/message.hpp"

namespace meterproof::loadgen {

using core::DateTime;

namespace {

/// How far from now a timestamp is still safe.
std::int64_t reach_of(const TimestampPolicy& rules) { return std::max<std::int64_t>(0, (rules.tolerance - edge).count()); }

}  // namespace

TimestampAllocator::TimestampAllocator(const core::Authentication& authentication, std::vector<auth::App> apps, TimestampPolicy rules)
    : signer_(authentication), rules_(rules) {
  // Every shard has its own appIds; where there are too few, all have all of them, and their seconds are shared out.
  const bool enough = apps.size() >= rules.shard.count;
  for (std::size_t i = 0; i < apps.size(); ++i)
    if (!enough || i % rules.shard.count == rules.shard.index) apps_.push_back({std::move(apps[i]), 0, {}});
  if (enough) rules_.shard = {};
  token_name_ = authentication.headers[authentication.token].name + ": ";
  authorization_name_ = "\r\n" + authentication.headers[authentication.authorization].name + ": ";
}

std::optional<std::int64_t> TimestampAllocator::free_second(const Account& account, DateTime now) const {
  const std::int64_t reach = reach_of(rules_);
  std::int64_t second = std::max(account.last + 1, whole_window_ ? now.seconds - reach : now.seconds);
  const auto count = static_cast<std::int64_t>(rules_.shard.count);
  const auto index = static_cast<std::int64_t>(rules_.shard.index);
  if (count > 1) second += ((index - second % count) + count) % count;
  if (second > now.seconds + reach) return std::nullopt;
  return second;
}

bool TimestampAllocator::available(DateTime now) { return !rules_.unique || free_second(apps_[turn_], now).has_value(); }

bool TimestampAllocator::append_signature(std::string& out, DateTime now) {
  Account& account = apps_[turn_];
  if (rules_.unique) {
    // The appIds take turns, so that this one has waited longest.
    const auto second = free_second(account, now);
    if (!second) return false;
    account.last = *second;
    sign(account, *second, out);
  } else {
    if (account.last != now.seconds) {
      account.last = now.seconds;
      account.lines.clear();
      sign(account, now.seconds, account.lines);
    }
    out += account.lines;
  }
  if (++turn_ == apps_.size()) turn_ = 0;
  return true;
}

void TimestampAllocator::sign(const Account& account, std::int64_t second, std::string& out) {
  if (stamp_second_ != second) {
    stamp_second_ = second;
    stamp_.clear();
    DateTime{second}.append_compact(stamp_);
  }
  out += token_name_;
  signer_.append_token(out, account.app, stamp_);
  out += authorization_name_;
  signer_.append_authorization(out, account.app, stamp_);
  out += "\r\n";
}

namespace {

/// How many timestamps an appId has by then: one a second, and those that the tolerance lets it begin with.
double stamps_until(double seconds, const TimestampPolicy& rules) { return seconds + 1 + 2.0 * static_cast<double>(reach_of(rules)); }

/// Each shard sends its share with the appIds that are its own: what some have more than others helps nothing.
std::size_t evenly_shared(std::size_t apps, Shard shard) { return apps < shard.count ? apps : apps - apps % shard.count; }

std::string grouped(double number) {
  std::string digits = std::to_string(static_cast<long long>(number));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

bool one_a_second_suffices(const ArrivalSchedule& schedule, std::size_t apps, Shard shard) {
  constexpr double safe = 0.95;
  const auto usable = static_cast<double>(evenly_shared(apps, shard));
  return std::all_of(schedule.stages().begin(), schedule.stages().end(),
                     [&](const LoadStage& stage) { return std::max(stage.from, stage.to) <= safe * usable; });
}

i18n::Message check_feasible(const ArrivalSchedule& schedule, std::size_t apps, const TimestampPolicy& rules) {
  if (!rules.unique) return {};
  double worst = 0, worst_at = 0, needed = 0;
  const double end = std::chrono::duration<double>(schedule.end()).count();
  for (double at = std::min(1.0, end); at <= end; at += std::max(1.0, end / 1000)) {
    const double asked = schedule.count_until(std::chrono::duration_cast<ArrivalSchedule::Offset>(std::chrono::duration<double>(at)));
    const double wanted = std::ceil(asked / stamps_until(at, rules));
    if (wanted > worst) worst = wanted, worst_at = at, needed = asked;
  }
  const std::size_t usable = evenly_shared(apps, rules.shard);
  if (worst <= static_cast<double>(usable)) return {};
  const auto shards = static_cast<double>(rules.shard.count);
  if (worst > shards) worst = std::ceil(worst / shards) * shards;
  const double each = stamps_until(worst_at, rules);
  return i18n::msg<"load.not-feasible">(grouped(needed), grouped(std::ceil(worst_at)), grouped(each), grouped(each - worst_at), rules.tolerance.count(),
                                        grouped(static_cast<double>(usable)), grouped(each * static_cast<double>(usable)), grouped(worst));
}

}  // namespace meterproof::loadgen
