// SPDX-License-Identifier: Apache-2.0
#include "core/time/second_set.hpp"

#include <algorithm>

namespace meterproof::core {

void SecondSet::add(std::int64_t from, std::int64_t to) {
  if (from >= to) return;
  if (spans_.empty() || from > spans_.back().second) {
    spans_.emplace_back(from, to);
    return;
  }
  // Those that the new one touches become one with it.
  const auto begin = std::partition_point(spans_.begin(), spans_.end(), [&](const Span& one) { return one.second < from; });
  const auto end = std::partition_point(begin, spans_.end(), [&](const Span& one) { return one.first <= to; });
  if (begin == end) {
    spans_.insert(begin, {from, to});
    return;
  }
  *begin = {std::min(from, begin->first), std::max(to, std::prev(end)->second)};
  spans_.erase(std::next(begin), end);
}

void SecondSet::add(const SecondSet& other) {
  for (const auto& [from, to] : other.spans_) add(from, to);
}

void SecondSet::remove(const SecondSet& other) {
  for (const auto& [from, to] : other.spans_) {
    std::vector<Span> left;
    for (const Span& one : spans_) {
      if (one.first < std::min(one.second, from)) left.emplace_back(one.first, std::min(one.second, from));
      if (std::max(one.first, to) < one.second) left.emplace_back(std::max(one.first, to), one.second);
    }
    spans_ = std::move(left);
  }
}

std::int64_t SecondSet::first_not_in(std::int64_t second) const {
  const auto one = std::partition_point(spans_.begin(), spans_.end(), [&](const Span& span) { return span.second <= second; });
  return one != spans_.end() && one->first <= second ? one->second : second;
}

std::uint64_t SecondSet::count(std::int64_t from, std::int64_t to) const {
  std::uint64_t out = 0;
  for (auto one = std::partition_point(spans_.begin(), spans_.end(), [&](const Span& span) { return span.second <= from; });
       one != spans_.end() && one->first < to; ++one)
    out += static_cast<std::uint64_t>(std::min(one->second, to) - std::max(one->first, from));
  return out;
}

}  // namespace meterproof::core
