// SPDX-License-Identifier: Apache-2.0
#include "conformance/timestamp_pool.hpp"

#include <algorithm>

namespace meterproof::conformance {

void TimestampPool::set_window(std::chrono::seconds past, std::chrono::seconds future) {
  past_ = past;
  future_ = future;
}

std::pair<std::size_t, std::string> TimestampPool::key_of(std::size_t app, const std::string& path) const {
  return {repeats_ == ReplayScope::anywhere ? 0 : app, repeats_ == ReplayScope::by_app_path ? path : ""};
}

std::optional<TimestampPool::Slot> TimestampPool::take(core::DateTime now, const std::string& path) {
  for (std::size_t tries = 0; tries < apps_; ++tries) {
    const std::size_t app = turn_++ % apps_;
    if (!in_use_[app]) continue;
    if (auto slot = take_for(app, now, path)) return slot;
  }
  return std::nullopt;
}

// Seconds are handed out in rising order, so that "not used before" is one comparison.
std::optional<TimestampPool::Slot> TimestampPool::take_for(std::size_t app, core::DateTime now, const std::string& path) {
  if (repeats_ == ReplayScope::never) return Slot{app, now};
  Taken& mine = taken_[key_of(app, path)];
  const std::size_t owner = key_of(app, path).first;
  const std::int64_t last = (now + future_).seconds;
  std::int64_t next = std::max(mine.next, (now + -past_).seconds);
  for (;;) {
    next = unused_from(next, app, mine);
    if (next > last) return std::nullopt;
    if (!claim_ || claimed_[owner].contains(next)) break;
    if (!claim(owner, next, last + 1)) return std::nullopt;
  }
  if (mine.first == INT64_MIN) mine.first = next;
  mine.next = next + 1;
  return Slot{app, {next}};
}

std::int64_t TimestampPool::unused_from(std::int64_t second, std::size_t app, const Taken& mine) const {
  for (;;) {
    std::int64_t next = second;
    for (const auto& [from, to] : mine.earlier)  // in rising order, and apart
      if (next >= from && next < to) next = to;
    next = earlier_of(app).first_not_in(excluded_.first_not_in(next));
    if (next == second) return next;
    second = next;
  }
}

bool TimestampPool::claim(std::size_t owner, std::int64_t from, std::int64_t to) {
  constexpr std::size_t at_once = 16;  // what is left of it at the end is lost to the next run
  const core::SecondSet got = claim_(repeats_ == ReplayScope::anywhere ? every_app : owner, from, to, at_once);
  // What was passed over belongs to somebody else.
  for (const auto& [begin, end] : got.spans()) {
    if (owner < earlier_.size()) earlier_[owner].add(from, begin);
    earlier_of_all_.add(from, begin);
    from = end;
  }
  claimed_[owner].add(got);
  return !got.empty();
}

void TimestampPool::exclude(core::DateTime used) {
  const bool is_ours = excluded_.contains(used.seconds);
  excluded_.add_second(used.seconds);
  if (claim_ && !is_ours) (void)claim_(every_app, used.seconds, used.seconds + 1, 1);  // it is used, whoever else wants it
}

bool TimestampPool::try_exclude(std::size_t app, core::DateTime wanted) {
  if (earlier_of(app).contains(wanted.seconds)) return false;
  if (claim_ && !excluded_.contains(wanted.seconds) && claim_(every_app, wanted.seconds, wanted.seconds + 1, 1).empty()) {
    if (app < earlier_.size()) earlier_[app].add_second(wanted.seconds);
    earlier_of_all_.add_second(wanted.seconds);
    return false;
  }
  excluded_.add_second(wanted.seconds);
  return true;
}

void TimestampPool::set_earlier(std::vector<core::SecondSet> by_app) {
  earlier_ = std::move(by_app);
  earlier_.resize(apps_);
  earlier_of_all_.clear();
  for (const core::SecondSet& one : earlier_) earlier_of_all_.add(one);
}

core::DateTime TimestampPool::first_unused(std::size_t app, core::DateTime from) const { return {unused_from(from.seconds, app, Taken())}; }

void TimestampPool::forget_earlier() { set_earlier({}); }

const core::SecondSet& TimestampPool::earlier_of(std::size_t app) const {
  return repeats_ == ReplayScope::anywhere || app >= earlier_.size() ? earlier_of_all_ : earlier_[app];
}

std::size_t TimestampPool::left(core::DateTime now) const {
  const std::int64_t from = (now + -past_).seconds, to = (now + future_).seconds + 1;
  std::size_t out = 0;
  for (std::size_t app = 0; app < apps_; ++app) {
    if (!in_use_[app]) continue;
    core::SecondSet used = earlier_of(app);
    used.add(excluded_);
    const std::size_t owner = key_of(app, "").first;
    core::SecondSet taken;  // on any path: what is left is left for all of them
    for (const auto& [key, one] : taken_) {
      if (key.first != owner) continue;
      if (one.first != INT64_MIN) taken.add(one.first, one.next);
      for (const auto& [begin, end] : one.earlier) taken.add(begin, end);
    }
    used.add(taken);
    out += static_cast<std::size_t>(to - from) - static_cast<std::size_t>(used.count(from, to));
    if (repeats_ == ReplayScope::anywhere) break;  // they share them
  }
  return out;
}

std::optional<core::DateTime> TimestampPool::after_newest(const std::string& path) const {
  const auto first = std::find(in_use_.begin(), in_use_.end(), true) - in_use_.begin();
  const auto mine = taken_.find(key_of(static_cast<std::size_t>(first), path));
  if (mine == taken_.end()) return std::nullopt;
  std::int64_t out = mine->second.next;
  for (const auto& [from, to] : mine->second.earlier) out = std::max(out, to);
  return core::DateTime{out};
}

void TimestampPool::restart() {
  for (auto& [key, mine] : taken_) {
    if (mine.first == INT64_MIN) continue;
    mine.earlier.emplace_back(mine.first, mine.next);
    std::sort(mine.earlier.begin(), mine.earlier.end());
    mine.first = mine.next = INT64_MIN;
  }
}

}  // namespace meterproof::conformance
