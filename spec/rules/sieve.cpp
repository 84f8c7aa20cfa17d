#include "spec/rules/sieve.hpp"

namespace meterproof::rules {

namespace {

Sorts sort_of(const Value& value) {
  if (value.number) return value.number->scale() == 0 ? sort::whole : sort::pointed;
  if (value.empty()) return sort::empty;
  return value.kind == Value::Kind::text ? sort::text : sort::other;
}

}  // namespace

void sort_out(const Request& request, std::vector<Sorts>& out) {
  out.resize(request.values.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = sort_of(request[i]);
}

Sieve::Sieve(const Interface& interface) {
  for (const auto* rows : {&interface.body, &interface.results})
    for (const spec::ResultRow& row : *rows)
      for (const Rule& rule : row.when) add(interface, {&rule, &row, nullptr, rows == &interface.body});
  for (const spec::Unclear& question : interface.unclear)
    if (question.when) add(interface, {&*question.when, nullptr, &question, false});
}

void Sieve::add(const Interface& interface, Entry entry) {
  const auto number = static_cast<std::uint16_t>(entries_.size());
  entries_.push_back(entry);
  const auto safe = words()[entry.rule->word]->safe_where(*entry.rule, interface);
  for (const Safe& one : safe) checks_.push_back({number, static_cast<std::uint16_t>(one.field), one.sorts});
  if (safe.empty()) checks_.push_back({number, 0, 0});
}

std::optional<std::size_t> Sieve::find(const Request& request, const std::vector<Sorts>& sorts, const Facts& facts, std::size_t begin) const {
  for (const Check& check : checks_) {
    if (check.entry < begin || (sorts[check.field] & check.safe) != 0) continue;
    const Rule& rule = *entries_[check.entry].rule;
    if (applies(rule, request) && words()[rule.word]->sees(rule, request, facts)) return check.entry;
  }
  return std::nullopt;
}

}  // namespace meterproof::rules
