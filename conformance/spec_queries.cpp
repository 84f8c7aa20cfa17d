// SPDX-License-Identifier: Apache-2.0
#include "conformance/spec_queries.hpp"

#include <algorithm>
#include <string>

namespace meterproof::conformance {

using core::Interface;
using core::Spec;
using core::Step;

namespace {

void add_once(std::vector<std::size_t>& tables, std::size_t table) {
  if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
}

}  // namespace

std::vector<std::size_t> changed_tables(const Interface& interface) {
  std::vector<std::size_t> tables;
  std::vector<std::size_t> rows;  // table by row number
  for (const Step& step : interface.effects) {
    switch (step.kind) {
      case Step::Kind::find: rows.push_back(step.find.table); break;
      case Step::Kind::insert: add_once(tables, step.insert.table); break;
      case Step::Kind::update: add_once(tables, rows[step.update.row]); break;
      case Step::Kind::charge: add_once(tables, rows[step.charge.row]); break;
      case Step::Kind::rows: break;
    }
  }
  return tables;
}

bool only_shows(const Interface& interface) { return !interface.reply.empty() && changed_tables(interface).empty(); }

bool adds_up(const Interface& interface) {
  return std::any_of(interface.effects.begin(), interface.effects.end(), [](const core::Step& step) {
    if (step.kind != core::Step::Kind::update) return step.kind == core::Step::Kind::insert || step.kind == core::Step::Kind::charge;
    return std::any_of(step.update.set.begin(), step.update.set.end(),
                       [](const core::Assignment& one) { return one.value.op == core::Expr::Op::add || one.value.op == core::Expr::Op::subtract; });
  });
}

std::vector<std::size_t> shown_tables(const Spec& spec, const Interface& interface) {
  std::vector<std::size_t> tables;
  for (const Step& step : interface.effects) {
    if (step.kind != Step::Kind::find) continue;
    add_once(tables, step.find.table);
    for (const core::Column& column : spec.tables[step.find.table].columns)
      if (column.refers) add_once(tables, *column.refers);
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

bool are_made_together(const Spec& spec, std::size_t table, std::size_t other) {
  return std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& interface) {
    const auto names = [&](std::size_t wanted) {
      return std::any_of(interface.request.begin(), interface.request.end(), [&](const core::Field& field) { return field.names == wanted; });
    };
    return names(table) && names(other);
  });
}

std::vector<const Interface*> queries_on_other_paths(const Spec& spec, const Scope& scope, const Interface& interface) {
  std::vector<const Interface*> found;
  for (const Interface& other : spec.interfaces)
    if (scope.has(other) && other.path != interface.path && changed_tables(other).empty()) found.push_back(&other);
  const auto place = static_cast<std::size_t>(&interface - spec.interfaces.data());
  if (!found.empty()) std::rotate(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(place % found.size()), found.end());
  return found;
}

bool is_free_text(const core::Field& field) {
  return field.type == core::Type::text && field.values.empty() && field.format == core::Format::none &&
         std::any_of(field.example.begin(), field.example.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80U; });
}

bool is_set_by_variant(const Interface& interface, std::size_t field) {
  return std::any_of(interface.variants.begin(), interface.variants.end(), [&](const core::Variant& variant) {
    return std::any_of(variant.set.begin(), variant.set.end(), [&](const auto& set) { return set.first == field; });
  });
}

bool share_a_table(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  return std::any_of(a.begin(), a.end(), [&](std::size_t table) { return std::find(b.begin(), b.end(), table) != b.end(); });
}

bool shows_effect_of(const Spec& spec, const Scope& scope, const Interface& interface, const Interface& query) {
  return scope.has(query) && !query.reply.empty() && changed_tables(query).empty() && !interface.effect_is_unspecified(query) &&
         share_a_table(changed_tables(interface), shown_tables(spec, query));
}

bool in_scope(const Spec& spec, const core::Sequence& sequence, const Scope& scope) {
  return std::all_of(sequence.steps.begin(), sequence.steps.end(), [&](const core::SequenceStep& step) { return scope.has(spec.interfaces[step.interface]); });
}

const std::string* balance_told(const Interface& interface) {
  const auto found = std::find_if(interface.generators.begin(), interface.generators.end(),
                                  [](const core::FieldGenerator& one) { return one.kind == core::FieldGenerator::Kind::balance && !one.told.empty(); });
  return found == interface.generators.end() ? nullptr : &found->told;
}

}  // namespace meterproof::conformance
