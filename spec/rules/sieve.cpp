#include "spec/rules/sieve.hpp"

#include <bit>

namespace meterproof::rules {

namespace {

/// The number of the bit of its sort.
std::size_t sort_of(const Value& value) {
  if (value.number) return value.number->scale() == 0 ? sort::number(sort::whole) : sort::number(sort::pointed);
  if (value.empty()) return sort::number(sort::empty);
  return value.kind == Value::Kind::text ? sort::number(sort::text) : sort::number(sort::other);
}

}  // namespace

Sieve::Sieve(const Interface& interface) : suspected_by_(interface.request.size()) {
  for (const auto* rows : {&interface.body, &interface.results})
    for (const spec::ResultRow& row : *rows)
      for (const Rule& rule : row.when) add(interface, {&rule, &row, nullptr, rows == &interface.body});
  for (const spec::Unclear& question : interface.unclear)
    if (question.when) add(interface, {&*question.when, nullptr, &question, false});
}

void Sieve::add(const Interface& interface, Entry entry) {
  const std::size_t number = entries_.size();
  entries_.push_back(entry);
  if (number >= Suspects::one_by_one) return;
  const std::uint64_t bit = std::uint64_t{1} << number;
  const auto safe = words()[entry.rule->word]->safe_where(*entry.rule, interface);
  if (safe.empty()) always_ |= bit;
  for (const Safe& one : safe)
    for (std::size_t sort = 0; sort < sort::count; ++sort)
      if ((one.sorts >> sort & 1U) == 0) suspected_by_[one.field][sort] |= bit;
}

Suspects Sieve::suspects(const Request& request) const {
  Suspects out{always_};
  for (std::size_t i = 0; i < suspected_by_.size(); ++i) out.bits |= suspected_by_[i][sort_of(request[i])];
  return out;
}

std::optional<std::size_t> Sieve::find(const Request& request, const Facts& facts, Suspects& suspects) const {
  while (suspects.bits != 0) {
    const auto entry = static_cast<std::size_t>(std::countr_zero(suspects.bits));
    suspects.bits &= suspects.bits - 1;
    if (sees(entry, request, facts)) return entry;
  }
  while (suspects.rest < entries_.size())
    if (const std::size_t entry = suspects.rest++; sees(entry, request, facts)) return entry;
  return std::nullopt;
}

bool Sieve::sees(std::size_t entry, const Request& request, const Facts& facts) const {
  const Rule& rule = *entries_[entry].rule;
  return applies(rule, request) && words()[rule.word]->sees(rule, request, facts);
}

}  // namespace meterproof::rules
