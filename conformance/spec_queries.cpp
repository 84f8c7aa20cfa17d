// What interfaces and tables have to do with each other, as a plan needs it; and patterns of case ids.
#include <algorithm>

#include "conformance/plan.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::Spec;
using core::Step;

namespace {

void note(std::vector<std::size_t>& tables, std::size_t table) {
  if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
}

}  // namespace

std::vector<std::size_t> changed_tables(const Interface& interface) {
  std::vector<std::size_t> tables;
  std::vector<std::size_t> rows;  // table by row number
  for (const Step& step : interface.effects) {
    switch (step.kind) {
      case Step::Kind::find: rows.push_back(step.find.table); break;
      case Step::Kind::insert: note(tables, step.insert.table); break;
      case Step::Kind::update: note(tables, rows[step.update.row]); break;
      case Step::Kind::charge: note(tables, rows[step.charge.row]); break;
      case Step::Kind::rows: break;
    }
  }
  return tables;
}

std::vector<std::size_t> shown_tables(const Spec& spec, const Interface& interface) {
  std::vector<std::size_t> tables;
  for (const Step& step : interface.effects) {
    if (step.kind != Step::Kind::find) continue;
    note(tables, step.find.table);
    for (const core::Column& column : spec.tables[step.find.table].columns)
      if (column.refers) note(tables, *column.refers);
  }
  return tables;
}

const Interface* maker_of(const Spec& spec, const Scope& scope, std::size_t table) {
  for (const Interface& interface : spec.interfaces) {
    const auto names = [&](const core::Field& field) { return field.names == table; };
    const auto refers = [&](const core::Field& field) { return field.refers == table; };
    if (scope.has(interface) && std::any_of(interface.request.begin(), interface.request.end(), names) &&
        std::none_of(interface.request.begin(), interface.request.end(), refers))
      return &interface;
  }
  return nullptr;
}

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace meterproof::conformance
