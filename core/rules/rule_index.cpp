// SPDX-License-Identifier: Apache-2.0
#include "core/rules/rule_index.hpp"

#include <bit>

namespace meterproof::rules {

namespace {

/// The number of the bit of its class.
std::size_t class_of(const Value& value) {
  if (value.number) return value.number->scale() == 0 ? value_class::number(value_class::integer) : value_class::number(value_class::fraction);
  if (value.empty()) return value_class::number(value_class::empty);
  return value.kind == Value::Kind::text ? value_class::number(value_class::text) : value_class::number(value_class::other);
}

}  // namespace

RuleIndex::RuleIndex(const Interface& interface) : candidates_by_(interface.request.size()) {
  for (const auto* rows : {&interface.body, &interface.results})
    for (const core::ResultRow& row : *rows)
      for (const Rule& rule : row.when) add(interface, {&rule, &kind_of(rule), &row, nullptr, rows == &interface.body});
  for (const core::OpenQuestion& question : interface.open_questions)
    if (question.when) add(interface, {&*question.when, &kind_of(*question.when), nullptr, &question, false});
}

void RuleIndex::add(const Interface& interface, Entry entry) {
  const std::size_t number = entries_.size();
  entries_.push_back(entry);
  if (number >= CandidateSet::one_by_one) return;
  const std::uint64_t bit = std::uint64_t{1} << number;
  const auto never = entry.kind->never_matches_where(*entry.rule, interface);
  if (never.empty()) always_ |= bit;
  for (const NeverMatches& one : never)
    for (std::size_t value_class = 0; value_class < value_class::count; ++value_class)
      if ((one.classes >> value_class & 1U) == 0) candidates_by_[one.field][value_class] |= bit;
}

CandidateSet RuleIndex::candidates(const Request& request) const {
  CandidateSet out{always_};
  for (std::size_t i = 0; i < candidates_by_.size(); ++i) out.bits |= candidates_by_[i][class_of(request[i])];
  return out;
}

std::optional<std::size_t> RuleIndex::find(const Request& request, const DataLookup& data, CandidateSet& candidates) const {
  while (candidates.bits != 0) {
    const auto entry = static_cast<std::size_t>(std::countr_zero(candidates.bits));
    candidates.bits &= candidates.bits - 1;
    if (matches(entry, request, data)) return entry;
  }
  while (candidates.rest < entries_.size())
    if (const std::size_t entry = candidates.rest++; matches(entry, request, data)) return entry;
  return std::nullopt;
}

bool RuleIndex::matches(std::size_t entry, const Request& request, const DataLookup& data) const {
  const Entry& one = entries_[entry];
  return applies(*one.rule, request) && one.kind->matches(*one.rule, request, data);
}

}  // namespace meterproof::rules
