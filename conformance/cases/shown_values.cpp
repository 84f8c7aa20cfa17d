// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/shown_values.hpp"

#include <algorithm>
#include <utility>

#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Expr;
using core::Field;
using core::Interface;
using core::Spec;
using core::Step;

namespace {

/// The tables of the rows that an interface finds, by the row's number.
std::vector<std::size_t> found_tables(const Interface& interface) {
  std::vector<std::size_t> out;
  for (const Step& step : interface.effects)
    if (step.kind == Step::Kind::find) out.push_back(step.find.table);
  return out;
}

bool inserts(const Interface& interface, std::size_t table) {
  return std::any_of(interface.effects.begin(), interface.effects.end(),
                     [&](const Step& step) { return step.kind == Step::Kind::insert && step.insert.table == table; });
}

/// What an interface stores, and where. A row that is changed where another of its table is added is not the one that is looked at afterwards.
std::vector<std::pair<TableCell, const Expr*>> stored(const Interface& interface) {
  const std::vector<std::size_t> tables = found_tables(interface);
  std::vector<std::pair<TableCell, const Expr*>> out;
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::insert)
      for (const core::Assignment& one : step.insert.set) out.emplace_back(TableCell{step.insert.table, one.column}, &one.value);
    if (step.kind == Step::Kind::update && !inserts(interface, tables[step.update.row]))
      for (const core::Assignment& one : step.update.set) out.emplace_back(TableCell{tables[step.update.row], one.column}, &one.value);
  }
  return out;
}

/// Whether the value is the field's, as it is.
bool carries(const Expr& value, std::size_t field) {
  if (value.op == Expr::Op::request) return value.field == field;
  return value.op == Expr::Op::first_of && !value.args.empty() && carries(value.args.front(), field);
}

/// Whether the value is the column's own, and the field added to it.
bool adds(const Expr& value, std::size_t column, std::size_t field) {
  return value.op == Expr::Op::add && value.args.size() == 2 && value.args[0].op == Expr::Op::path && value.args[0].columns == std::vector{column} &&
         carries(value.args[1], field);
}

/// Every column that the expression reads.
void read_cells(const Spec& spec, const std::vector<std::size_t>& tables, const Expr& expr, std::vector<TableCell>& out) {
  if (expr.op == Expr::Op::path) {
    std::size_t table = tables[expr.row];
    for (const std::size_t column : expr.columns) {
      out.push_back({table, column});
      table = spec.tables[table].columns[column].refers.value_or(table);
    }
    if (const auto& tariff = spec.tables[table].tariff)  // a path to a price reads its first tier
      out.push_back({table, tariff->prices.front()});
  }
  for (const Expr& arg : expr.args) read_cells(spec, tables, arg, out);
}

/// A field that says which rows a request is meant for, and one of another interface that says so by the same column: whether any row suits both.
bool suit_the_same_rows(const Interface& a, const Interface& b) {
  for (const Field& mine : a.request)
    for (const Field& other : b.request) {
      if (!mine.where || !other.where || mine.refers != other.refers || mine.where->column != other.where->column) continue;
      const auto& values = other.where->values;
      const bool any = std::any_of(mine.where->values.begin(), mine.where->values.end(),
                                   [&](const std::string& value) { return std::find(values.begin(), values.end(), value) != values.end(); });
      if (!any) return false;
    }
  return true;
}

/// The rows' table's columns by which a query finds them by a key alone, and the form of the query that has no other key.
std::optional<std::size_t> variant_by(const Interface& query, std::size_t table) {
  for (std::size_t i = 0; i < query.variants.size(); ++i) {
    std::vector<std::size_t> keys;
    for (const std::size_t field : query.variants[i].fields)
      if (query.request[field].refers) keys.push_back(*query.request[field].refers);
    if (keys == std::vector{table}) return i;
  }
  return std::nullopt;
}

/// The insert step whose row the request names, and the field with its key.
struct NamedInsert {
  std::size_t table = 0, field = 0;
};
std::optional<NamedInsert> last_named_insert(const Spec& spec, const Interface& interface) {
  std::optional<NamedInsert> out;
  for (const Step& step : interface.effects) {
    if (step.kind != Step::Kind::insert) continue;
    for (const core::Assignment& one : step.insert.set) {
      const bool is_key = one.column == spec.tables[step.insert.table].key && one.value.op == Expr::Op::request;
      if (is_key && interface.request[one.value.field].names == step.insert.table) out = {step.insert.table, one.value.field};
    }
  }
  return out;
}

/// Whose rows the new ones are: of the table of the row that the interface finds, or of another one that the request names.
std::optional<std::size_t> owner_of(const Spec& spec, const Interface& interface, std::size_t table) {
  const std::vector<std::size_t> found = found_tables(interface);
  if (!found.empty()) return found.front() != table && spec.tables[table].refers_to(found.front()) ? std::optional(found.front()) : std::nullopt;
  for (const Field& field : interface.request)
    if (field.names && *field.names != table && spec.tables[table].refers_to(*field.names)) return field.names;
  return std::nullopt;
}

/// Completes `out` by what the query is; false where it does not list such rows.
bool lists(const Spec& spec, const Interface& query, ListedRows& out) {
  const auto step =
      std::find_if(query.effects.begin(), query.effects.end(), [&](const Step& one) { return one.kind == Step::Kind::find && one.find.table == out.table; });
  const core::Rows* rows = rows_of(query);
  const auto by_owner = variant_by(query, out.owner_table);
  if (step == query.effects.end() || rows == nullptr || rows->certain_if || !by_owner) return false;
  const auto field_with = [&](std::size_t column) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < rows->fields.size(); ++i)
      if (cell_of(spec, query, rows->fields[i]) == TableCell{out.table, column}) return i;
    return std::nullopt;
  };
  const auto shown_name = field_with(spec.tables[out.table].key);
  if (!shown_name) return false;
  out.query = &query;
  out.by_owner = *by_owner;
  out.by_name = variant_by(query, out.table);
  out.shown_name = *shown_name;
  const core::Find& find = step->find;
  if (find.between && find.from.op == Expr::Op::request && find.to.op == Expr::Op::request) {
    out.first_day = find.from.field;
    out.last_day = find.to.field;
    out.moment = field_with(*find.between);
  }
  return true;
}

}  // namespace

bool may_show(const Scope& scope, const Interface& interface, const Interface& query) {
  return scope.has(query) && !query.reply.empty() && changed_tables(query).empty() && !interface.effect_is_unspecified(query) &&
         suit_the_same_rows(interface, query);
}

const core::Rows* rows_of(const Interface& interface) {
  const auto found = std::find_if(interface.effects.begin(), interface.effects.end(), [](const Step& step) { return step.kind == Step::Kind::rows; });
  return found == interface.effects.end() ? nullptr : &found->rows;
}

std::optional<TableCell> cell_of(const Spec& spec, const Interface& query, const Expr& expr) {
  if (expr.op == Expr::Op::tier_price) {
    std::vector<TableCell> cells;
    read_cells(spec, found_tables(query), expr.args.front(), cells);
    return cells.empty() ? std::nullopt : std::optional(cells.back());
  }
  if (expr.op != Expr::Op::path) return std::nullopt;
  std::size_t table = found_tables(query)[expr.row];
  for (std::size_t i = 0; i + 1 < expr.columns.size(); ++i) table = *spec.tables[table].columns[expr.columns[i]].refers;
  return TableCell{table, expr.columns.back()};
}

std::vector<TableCell> cells_of(const Spec& spec, const Interface& query, const Expr& expr) {
  std::vector<TableCell> out;
  read_cells(spec, found_tables(query), expr, out);
  return out;
}

std::vector<ShownValue> shown_values(const Spec& spec, const Scope& scope, const Interface& interface, std::size_t field) {
  std::vector<ShownValue> out;
  for (const Interface& query : spec.interfaces) {
    const core::Rows* rows = may_show(scope, interface, query) ? rows_of(query) : nullptr;
    for (std::size_t i = 0; rows != nullptr && i < rows->fields.size(); ++i) {
      const auto cell = cell_of(spec, query, rows->fields[i]);
      const auto cells = stored(interface);
      if (cell && std::any_of(cells.begin(), cells.end(), [&](const auto& one) { return one.first == *cell && carries(*one.second, field); }))
        out.push_back({&query, i});
    }
  }
  return out;
}

bool shows_values(const Spec& spec, const Interface& interface) {
  for (std::size_t i = 0; i < interface.request.size(); ++i)
    if (!interface.request[i].refers && !interface.request[i].names && !shown_values(spec, {}, interface, i).empty()) return true;
  return false;
}

std::optional<ShownValue> shown_sum(const Spec& spec, const Scope& scope, const Interface& interface, std::size_t field) {
  for (const auto& [cell, value] : stored(interface)) {
    if (!adds(*value, cell.column, field)) continue;
    for (const Interface& query : spec.interfaces) {
      const core::Rows* rows = may_show(scope, interface, query) ? rows_of(query) : nullptr;
      for (std::size_t i = 0; rows != nullptr && i < rows->fields.size(); ++i)
        if (cell_of(spec, query, rows->fields[i]) == cell) return ShownValue{&query, i};
    }
  }
  return std::nullopt;
}

ShowingQuery showing_query(const Spec& spec, const Scope& scope, const Interface& interface) {
  const auto cells = stored(interface);
  for (const Interface& query : spec.interfaces) {
    const core::Rows* rows = may_show(scope, interface, query) ? rows_of(query) : nullptr;
    ShowingQuery out{&query, {}};
    for (std::size_t i = 0; rows != nullptr && i < rows->fields.size(); ++i) {
      std::vector<TableCell> read;
      read_cells(spec, found_tables(query), rows->fields[i], read);
      const bool shows = std::any_of(cells.begin(), cells.end(), [&](const auto& one) { return std::find(read.begin(), read.end(), one.first) != read.end(); });
      if (shows) out.fields.push_back(i);
    }
    if (!out.fields.empty()) return out;
  }
  return {};
}

std::optional<ListedRows> listed_rows(const Spec& spec, const Scope& scope, const Interface& interface) {
  const auto named = last_named_insert(spec, interface);
  const auto owner = named ? owner_of(spec, interface, named->table) : std::nullopt;
  if (!owner) return std::nullopt;
  ListedRows out;
  out.table = named->table;
  out.name = named->field;
  out.owner_table = *owner;
  out.owner_exists = !found_tables(interface).empty();
  for (const Interface& query : spec.interfaces)
    if (may_show(scope, interface, query) && lists(spec, query, out)) return out;
  return std::nullopt;
}

std::vector<TableCell> updated_cells(const Interface& interface, bool sums) {
  std::vector<std::size_t> tables;  // by row number
  std::vector<TableCell> out;
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind != Step::Kind::update) continue;
    for (const core::Assignment& one : step.update.set)
      if (!sums || one.value.op == Expr::Op::add || one.value.op == Expr::Op::subtract) out.push_back({tables[step.update.row], one.column});
  }
  return out;
}

std::optional<ShownOrders> shown_orders(const Spec& spec, const Scope& scope, const Interface& interface) {
  std::vector<std::size_t> tables;
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind != Step::Kind::update) continue;
    for (const core::Assignment& set : step.update.set) {
      if (set.value.op != Expr::Op::server_assigned || set.value.args.empty()) continue;
      const Expr& map = set.value.args.front();
      if (map.op != Expr::Op::map || map.args.front().op != Expr::Op::request) continue;
      ShownOrders out;
      out.field = map.args.front().field;
      const auto outcome = [&](const std::string& value) {
        for (const auto& [from, to] : map.cases)
          if (from == value) return to;
        return map.otherwise.value_or(value);
      };
      const auto& values = interface.request[out.field].values;
      for (const core::Choice& choice : values)
        if (out.other.empty() && outcome(choice.value) != outcome(values.front().value)) out.other = choice.value;
      if (out.other.empty()) continue;
      out.one = values.front().value;
      for (const Interface& query : spec.interfaces) {
        const core::Rows* rows = may_show(scope, interface, query) ? rows_of(query) : nullptr;
        for (std::size_t i = 0; rows != nullptr && i < rows->fields.size(); ++i)
          if (cell_of(spec, query, rows->fields[i]) == TableCell{tables[step.update.row], set.column}) {
            out.query = &query;
            out.shown = i;
            return out;
          }
      }
    }
  }
  return std::nullopt;
}

}  // namespace meterproof::conformance
