// SPDX-License-Identifier: Apache-2.0
// A set of seconds, kept as spans: for timestamps that were used.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace meterproof::core {

/// Seconds as DateTime counts them.
class SecondSet {
 public:
  /// From the first to before the second.
  using Span = std::pair<std::int64_t, std::int64_t>;

  /// Constant time where it lies behind all others, or is the last of them. An empty span adds nothing.
  void add(std::int64_t from, std::int64_t to);
  void add(const SecondSet& other);
  void add_second(std::int64_t second) { add(second, second + 1); }
  void remove(const SecondSet& other);
  void clear() { spans_.clear(); }

  bool contains(std::int64_t second) const { return first_not_in(second) != second; }
  /// That second, or the first after it that is not in the set.
  std::int64_t first_not_in(std::int64_t second) const;
  /// How many seconds of that span are in the set.
  std::uint64_t count(std::int64_t from, std::int64_t to) const;
  bool empty() const { return spans_.empty(); }
  /// In rising order; none touches the next.
  const std::vector<Span>& spans() const { return spans_; }

  friend bool operator==(const SecondSet&, const SecondSet&) = default;

 private:
  std::vector<Span> spans_;
};

}  // namespace meterproof::core
