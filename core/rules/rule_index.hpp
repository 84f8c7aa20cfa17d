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

/// Bit i: entry i may match. Entries from `rest` on have no bit and are always evaluated.
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

  /// The entries that may match, by the classes of the request's values.
  CandidateSet candidates(const Request& request) const;
  /// The first candidate that matches. Removes it and all before it from `candidates`.
  std::optional<std::size_t> find(const Request& request, const DataLookup& data, CandidateSet& candidates) const;
  const Entry& operator[](std::size_t entry) const { return entries_[entry]; }

 private:
  /// By the class of a field's value: the entries that may match it.
  using ByClass = std::array<std::uint64_t, value_class::count>;

  void add(const Interface& interface, Entry entry);
  bool matches(std::size_t entry, const Request& request, const DataLookup& data) const;

  std::vector<Entry> entries_;
  std::uint64_t always_ = 0;            // entries that are evaluated whatever the values are
  std::vector<ByClass> candidates_by_;  // by field
};

}  // namespace meterproof::rules
