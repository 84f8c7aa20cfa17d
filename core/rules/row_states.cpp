// SPDX-License-Identifier: Apache-2.0
#include "core/rules/row_states.hpp"

#include <algorithm>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {

using i18n::msg;

namespace {

bool changes_rows(const Interface& interface) {
  return std::any_of(interface.effects.begin(), interface.effects.end(),
                     [](const core::Step& step) { return step.kind != core::Step::Kind::find && step.kind != core::Step::Kind::rows; });
}

bool is_asked_by_key_alone(const Interface& interface, std::size_t table) {
  return !interface.reply.empty() && !changes_rows(interface) &&
         std::any_of(interface.variants.begin(), interface.variants.end(),
                     [&](const core::Variant& variant) { return variant.fields.size() == 1 && interface.request[variant.fields.front()].refers == table; });
}

}  // namespace

std::vector<std::string> row_states(const core::Spec& spec, std::size_t table) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& state) {
    if (std::find(out.begin(), out.end(), state) == out.end()) out.push_back(state);
  };
  const auto look_at = [&](const Interface& interface, const Rule& rule) {
    if (kind_of(rule).operand_shape() == OperandShape::states && interface.request[rule.operands.front().field].refers == table) add(rule.state.value);
  };
  for (const Interface& interface : spec.interfaces) {
    for (const core::ResultRow& row : interface.results)
      for (const Rule& rule : row.when) look_at(interface, rule);
    for (const core::OpenQuestion& question : interface.open_questions)
      if (question.when) look_at(interface, *question.when);
  }
  if (std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& one) { return is_asked_by_key_alone(one, table); }))
    add(std::string(several_rows));
  return out;
}

std::optional<RowName> read_row_name(const core::Spec& spec, std::string_view name, i18n::Message& why, i18n::Message& remedy) {
  const std::size_t dot = name.find('.');
  const std::string table(name.substr(0, dot));
  const auto found = spec.table(table);
  if (!found) {
    std::vector<std::string> tables;
    for (const core::Table& one : spec.tables) tables.push_back(one.name);
    why = msg<"file.no-table">(table);
    remedy = core::suggestion(table, tables);
    return std::nullopt;
  }
  if (dot == std::string_view::npos) return RowName{*found, ""};
  const std::string state(name.substr(dot + 1));
  const std::vector<std::string> states = row_states(spec, *found);
  if (std::find(states.begin(), states.end(), state) != states.end()) return RowName{*found, state};
  why = states.empty() ? msg<"file.no-states">(table, state) : msg<"file.no-state">(table, state);
  remedy = core::suggestion(state, states);
  return std::nullopt;
}

}  // namespace meterproof::rules
