// SPDX-License-Identifier: Apache-2.0
#include "core/store/own_row.hpp"

#include <algorithm>
#include <set>

namespace meterproof::store {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;

namespace {

/// What one interface touches, if it works on one row.
class Reach {
 public:
  Reach(const Spec& spec, const std::vector<std::vector<std::size_t>>& indexed, const Interface& interface) : spec_(spec), indexed_(indexed) {
    for (const Step& step : interface.effects) visit(step);
    for (const auto* rows : {&interface.results, &interface.body})
      for (const core::ResultRow& row : *rows)
        for (const core::Rule& rule : row.when) visit(rule, interface);
    for (const core::OpenQuestion& question : interface.open_questions)
      if (question.when) visit(*question.when, interface);
    if (!own_ || !spec_.tables[own_->table].tariff) return;
    is_of_one_row_ = false;  // what is computed from a tariff is kept for all
  }

  std::optional<RowKey> own() const { return is_of_one_row_ ? own_ : std::nullopt; }
  /// Whether it reads rows of that table, other than its own.
  bool reads(std::size_t table) const { return others_.contains(table); }

 private:
  void visit(const Step& step) {
    switch (step.kind) {
      case Step::Kind::find: return visit(step.find);
      case Step::Kind::insert: is_of_one_row_ = false; return;
      case Step::Kind::update:
        visit(step.update.when);
        for (const core::Assignment& one : step.update.set) write(one.column, one.value);
        return;
      case Step::Kind::charge:
        visit(step.charge.when);
        for (const Expr* expr : {&step.charge.tariff, &step.charge.reading, &step.charge.date}) visit(*expr);
        for (const std::size_t column : {step.charge.volume, step.charge.cycle, step.charge.balance}) write(column, {});
        return;
      case Step::Kind::rows:
        if (step.rows.certain_if) visit(*step.rows.certain_if);
        for (const Expr& field : step.rows.fields) visit(field);
        return;
    }
  }

  void visit(const core::Find& find) {
    // Of a number, several texts are one key.
    const auto is_key = [&](const core::Assignment& by) {
      return by.column == spec_.tables[find.table].key && by.value.op == Expr::Op::request && !by.value.numeric;
    };
    if (own_ || find.between || find.by.size() != 1 || !is_key(find.by.front())) is_of_one_row_ = false;
    else own_ = RowKey{find.table, find.by.front().value.field};
  }

  void visit(const std::optional<core::Later>& when) {
    if (!when) return;
    visit(when->first);
    visit(when->second);
  }

  void visit(const Expr& expr) {
    switch (expr.op) {
      case Expr::Op::next: is_of_one_row_ = false; break;
      case Expr::Op::path: follow(expr); break;
      case Expr::Op::literal:
      case Expr::Op::request:
      case Expr::Op::now:
      case Expr::Op::today:
      case Expr::Op::interpretation:
      case Expr::Op::add:
      case Expr::Op::subtract:
      case Expr::Op::first_of:
      case Expr::Op::map:
      case Expr::Op::above:
      case Expr::Op::tier_price:
      case Expr::Op::server_assigned:
      case Expr::Op::optional: break;  // what they are made of, below
    }
    for (const Expr& arg : expr.args) visit(arg);
  }

  void follow(const Expr& path) {
    if (!own_) is_of_one_row_ = false;
    if (!is_of_one_row_) return;
    std::size_t table = own_->table;
    for (const std::size_t column : path.columns) {
      const auto& refers = spec_.tables[table].columns[column].refers;
      if (refers) look_into(table = *refers);
    }
  }

  void write(std::size_t column, const Expr& value) {
    visit(value);
    if (!own_) is_of_one_row_ = false;
    if (!is_of_one_row_) return;
    const core::Table& table = spec_.tables[own_->table];
    const auto& indexed = indexed_[own_->table];
    if (column == table.key || table.columns[column].refers || std::find(indexed.begin(), indexed.end(), column) != indexed.end()) is_of_one_row_ = false;
  }

  void visit(const core::Rule& rule, const Interface& interface) {
    for (const core::RuleOperand& operand : rule.operands) {
      const core::Field& field = interface.request[operand.field];
      const bool is_own = own_ && field.refers == own_->table && operand.field == own_->field;
      if (field.refers && !is_own) look_into(*field.refers);
      if (field.names) look_into(*field.names);
      if (!rule.state.value.empty() && !(is_own && rule.state.table == own_->table)) look_into(rule.state.table);
    }
  }

  void look_into(std::size_t table) {
    others_.insert(table);
    if (own_ && table == own_->table) is_of_one_row_ = false;
  }

  const Spec& spec_;
  const std::vector<std::vector<std::size_t>>& indexed_;
  std::optional<RowKey> own_;
  bool is_of_one_row_ = true;
  std::set<std::size_t> others_;  // tables
};

}  // namespace

std::vector<std::optional<RowKey>> keys_of_own_rows(const Spec& spec) {
  const auto indexed = indexed_columns(spec);
  std::vector<Reach> all;
  all.reserve(spec.interfaces.size());
  for (const Interface& interface : spec.interfaces) all.emplace_back(spec, indexed, interface);
  std::vector<std::optional<RowKey>> out;
  for (const Reach& one : all) {
    const auto is_written = [&](const Reach& other) { return other.own() && one.reads(other.own()->table); };
    out.push_back(std::any_of(all.begin(), all.end(), is_written) ? std::nullopt : one.own());
  }
  return out;
}

}  // namespace meterproof::store
