// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/charge_fields.hpp"

#include <algorithm>
#include <vector>

#include "conformance/cases/shown_values.hpp"

namespace meterproof::conformance {

using core::Decimal;
using core::Expr;
using core::Interface;
using core::Step;

namespace {

/// Whether the expression, or a part of it, is that operation; of a path, one that ends at the column.
bool contains(const Expr& expr, Expr::Op op, std::optional<std::size_t> column) {
  if (expr.op == op && (!column || (!expr.columns.empty() && expr.columns.back() == *column))) return true;
  return std::any_of(expr.args.begin(), expr.args.end(), [&](const Expr& arg) { return contains(arg, op, column); });
}

}  // namespace

std::optional<ChargeFields> charge_fields(const core::Spec& spec, const Interface& interface) {
  std::vector<std::size_t> tables;  // by row number
  const core::Rows* rows = rows_of(interface);
  for (const Step& step : interface.effects) {
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
    if (step.kind != Step::Kind::charge || rows == nullptr) continue;
    const core::ChargeEffect& charge = step.charge;
    if (charge.reading.op != Expr::Op::request || charge.date.op != Expr::Op::request || charge.tariff.op != Expr::Op::path) continue;
    ChargeFields out;
    out.reading = charge.reading.field;
    out.row_table = out.tariff_table = tables[charge.row];
    for (const std::size_t column : charge.tariff.columns) out.tariff_table = spec.tables[out.tariff_table].columns[column].refers.value_or(out.tariff_table);
    for (std::size_t i = 0; i < rows->fields.size(); ++i) {
      const bool shows_price = contains(rows->fields[i], Expr::Op::tier_price, std::nullopt);
      if (shows_price && !out.price) out.price = i;
      if (!shows_price && interface.reply[i].type == core::Type::decimal && contains(rows->fields[i], Expr::Op::path, charge.balance)) out.balance = i;
    }
    return out;
  }
  return std::nullopt;
}

bool ChargeSeen::is_comparable() const {
  const Decimal nothing;
  const bool is_known = before && after && price_before && price && *price == *price_before;
  return is_known && ((*before > nothing && *after > nothing) || (*before < nothing && *after < nothing));
}

Decimal ChargeSeen::left_after(Decimal usage) const {
  const auto due = Decimal::multiply(*price, usage);
  return due ? Decimal::subtract(*before, *due).value_or(*before) : *before;
}

bool ChargeSeen::is_by_the_unit(Decimal usage) const {
  const Decimal cent(1, 2), no_less(-1, 2);
  const auto off = is_comparable() ? Decimal::subtract(*after, left_after(usage)) : std::nullopt;
  return off && *off <= cent && *off >= no_less;
}

}  // namespace meterproof::conformance
