// SPDX-License-Identifier: Apache-2.0
// The rules of an interface in the order in which they are evaluated, with a pre-filter: most values are of a class that never breaks a rule,
// and then the rule is not evaluated.
//
// Fast path. WHY: a request violates almost no rule, and its values say which ones it could. GAIN: 1,900 of 24,400 user-space instructions of a
// report, about 3 % of the mock (2026-11-27, `bench/instructions`, candidates returning all). REFERENCE: a linear scan of the entries. TEST:
// RuleIndex.* in rule_kinds_test.cpp (20,000 requests). DELETE WHEN: the gain is below 1 %.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {

/// The entries that have to be looked at: a bit for each of the first `one_by_one`, and where the others begin.
struct CandidateSet {
  static constexpr std::size_t one_by_one = 64;
  std::uint64_t bits = 0;
  std::size_t rest = one_by_one;
};

class RuleIndex {
 public:
  /// A rule, and what it stands for: a row of a code table, or an open question.
  struct Entry {
    const Rule* rule = nullptr;
    const RuleKind* kind = nullptr;
    const core::ResultRow* row = nullptr;
    const core::OpenQuestion* question = nullptr;
    bool of_body = false;  // a common row, about the body's form
  };

  /// The common rows about the body, the interface's own, its open questions. The interface must outlive it.
  explicit RuleIndex(const Interface& interface);

  /// Those that the classes of the request's values do not clear.
  CandidateSet candidates(const Request& request) const;
  /// The first of the candidates whose rule the request breaks; it and those before it are none any more.
  std::optional<std::size_t> find(const Request& request, const DataLookup& data, CandidateSet& candidates) const;
  const Entry& operator[](std::size_t entry) const { return entries_[entry]; }

 private:
  /// By the class of a field's value: the entries that it does not clear.
  using ByKind = std::array<std::uint64_t, value_class::count>;

  void add(const Interface& interface, Entry entry);
  bool matches(std::size_t entry, const Request& request, const DataLookup& data) const;

  std::vector<Entry> entries_;
  std::uint64_t always_ = 0;           // these have to be looked at whatever the values
  std::vector<ByKind> candidates_by_;  // by field
};

}  // namespace meterproof::rules
