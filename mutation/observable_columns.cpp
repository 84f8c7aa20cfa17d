// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;

ObservableColumns::ObservableColumns(const Spec& spec) : spec_(spec), columns_(spec.tables.size()) {
  for (const Interface& interface : spec.interfaces) {
    std::vector<std::size_t> rows;
    for (const Step& step : interface.effects) {
      if (step.kind == Step::Kind::find) rows.push_back(step.find.table);
      if (step.kind == Step::Kind::rows)
        for (const Expr& field : step.rows.fields) visit(field, rows);
    }
  }
}

bool ObservableColumns::has(std::size_t table, std::size_t column) const {
  return std::find(columns_[table].begin(), columns_[table].end(), column) != columns_[table].end();
}

void ObservableColumns::visit(const Expr& expr, const std::vector<std::size_t>& rows) {
  if (expr.op == Expr::Op::path) {
    std::size_t table = rows[expr.row];
    for (const std::size_t column : expr.columns) {
      columns_[table].push_back(column);
      table = spec_.tables[table].columns[column].refers.value_or(table);
    }
  }
  if (expr.op == Expr::Op::tier_price) {
    visit(expr.args[0], rows);
    for (std::size_t table = 0; table < spec_.tables.size(); ++table)
      if (const auto& tariff = spec_.tables[table].tariff)
        for (const auto* part : {&tariff->boundaries, &tariff->prices}) columns_[table].insert(columns_[table].end(), part->begin(), part->end());
    return;
  }
  for (const Expr& arg : expr.args) visit(arg, rows);
}

}  // namespace meterproof::mutation
