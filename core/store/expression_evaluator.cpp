// SPDX-License-Identifier: Apache-2.0
#include "core/store/expression_evaluator.hpp"

#include <algorithm>

namespace meterproof::store {

using core::DateTime;
using core::Decimal;
using core::Expr;
using Op = Expr::Op;

std::string_view DataStore::ExpressionEvaluator::now_text() {
  MomentTexts& known = scratch_.moments;
  if (known.now != now_) {
    known.now = now_;
    known.now_text = now_.to_string();
  }
  return known.now_text;
}

CellValue DataStore::ExpressionEvaluator::compute(const Expr& expr) {
  constexpr std::size_t date_length = 10;  // yyyy-MM-dd
  switch (expr.op) {
    case Op::literal: return CellValue::of(expr.text);
    case Op::request: return requested(expr);
    case Op::path: return follow_path(expr);
    case Op::now: return CellValue::of(now_text());
    case Op::today: return CellValue::of(now_text().substr(0, date_length));
    // The counter is shared by all tables: generated keys are unique in the whole store.
    case Op::next: return CellValue::of(Decimal(store_.next_number_++, 0));
    case Op::interpretation: return CellValue::of(stored_text(interpretations_(expr.text)));
    case Op::add:
    case Op::subtract: return sum(expr);
    case Op::first_of: return first_of(expr);
    case Op::map: return mapped(expr);
    case Op::above: return above(expr);
    case Op::tier_price: return tier_price(expr);
    case Op::server_assigned: return with_determinacy(expr.args[0], Determinacy::server_assigned);
    case Op::optional: return with_determinacy(expr.args[0], Determinacy::optional);
  }
  return {};
}

// A value is as uncertain as its most uncertain part, and so is the absence of one.

namespace {

CellValue no_value(Determinacy determinacy) {
  CellValue out;
  out.determinacy = determinacy;
  return out;
}

}  // namespace

/// Follows references from table to table.
CellValue DataStore::ExpressionEvaluator::follow_path(const Expr& path) const {
  const MatchedRows& found = scratch_.found[path.row];
  if (found.rows.empty()) return {};
  std::size_t table = found.table;
  std::optional<RowNumber> row = found.rows.front();
  Determinacy determinacy = Determinacy::determined;
  for (std::size_t i = 0; i < path.columns.size(); ++i) {
    const CellValue cell = store_.tables_[table].cell(*row, path.columns[i]);
    determinacy = std::max(determinacy, cell.determinacy);
    if (i + 1 == path.columns.size()) {
      CellValue out = cell;
      out.determinacy = determinacy;
      return out;
    }
    table = *store_.tables_[table].table().columns[path.columns[i]].refers;
    // The row that the reference names may not exist; the path then has no value.
    row = store_.tables_[table].find(cell.text);
    if (!row) return no_value(determinacy);
  }
  return {};
}

/// The value as a number; a text that is not one counts as 0.
CellValue DataStore::ExpressionEvaluator::number_of(const Expr& expr) {
  if (expr.op == Op::literal) return CellValue::of(expr.number);
  CellValue cell = evaluate(expr);
  if (cell.kind != CellValue::Kind::number) cell.number = Decimal::parse(cell.text).value_or(Decimal());
  cell.kind = CellValue::Kind::number;
  cell.text = {};
  return cell;
}

CellValue DataStore::ExpressionEvaluator::sum(const Expr& expr) {
  CellValue total = number_of(expr.args[0]);
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const CellValue part = number_of(expr.args[i]);
    const auto exact = expr.op == Op::add ? Decimal::add(total.number, part.number) : Decimal::subtract(total.number, part.number);
    if (!exact) {
      // A step that stores a sum computes all its values first and stops at `failure`: this empty value is never stored.
      const std::string most = std::to_string(Decimal::max_digits);
      failure_ = {{"求和结果超过 " + most + " 位数字（小数位数过多？）", "a sum needs more than " + most + " digits (too many decimal places?)"}, true};
      return {};
    }
    total.number = *exact;
    total.determinacy = std::max(total.determinacy, part.determinacy);
  }
  return total;
}

CellValue DataStore::ExpressionEvaluator::first_of(const Expr& expr) {
  Determinacy determinacy = Determinacy::determined;  // of the parts so far: another value of one of them would have been the result
  for (const Expr& arg : expr.args) {
    CellValue cell = evaluate(arg);
    determinacy = std::max(determinacy, cell.determinacy);
    cell.determinacy = determinacy;
    if (!cell.none()) return cell;
  }
  return no_value(determinacy);
}

CellValue DataStore::ExpressionEvaluator::mapped(const Expr& expr) {
  const CellValue from = evaluate(expr.args[0]);
  if (from.none()) return from;
  std::string buffer;
  const std::string_view word = from.as_text(buffer);
  CellValue out = expr.otherwise ? CellValue::of(*expr.otherwise) : from;
  // Few cases: a linear search is enough. The last match counts.
  for (const auto& [key, value] : expr.cases)
    if (key == word) out = CellValue::of(value);
  out.determinacy = from.determinacy;
  return out;
}

CellValue DataStore::ExpressionEvaluator::above(const Expr& expr) {
  // args: value, limit, result if above, result otherwise.
  const CellValue value = number_of(expr.args[0]);
  const CellValue limit = number_of(expr.args[1]);
  CellValue out = evaluate(expr.args[value.number > limit.number ? 2 : 3]);
  out.determinacy = std::max({out.determinacy, value.determinacy, limit.determinacy});
  return out;
}

CellValue DataStore::ExpressionEvaluator::with_determinacy(const Expr& expr, Determinacy determinacy) {
  CellValue out = evaluate(expr);
  out.determinacy = std::max(out.determinacy, determinacy);
  return out;
}

PriceReference DataStore::ExpressionEvaluator::prices_of(const Expr& path) const {
  // The path ends at a column that refers to the price table; the loop follows the types, not the rows, to find that table.
  const CellValue key = path.columns.size() == 1 ? direct_column(path) : follow_path(path);
  std::size_t table = scratch_.found[path.row].table;
  for (const std::size_t column : path.columns) table = *store_.tables_[table].table().columns[column].refers;
  const Table& prices = store_.tables_[table];
  const auto row = prices.find(key.text);
  if (!row) return {nullptr, key.determinacy};
  // The first price stands for all: they come together, or none is known.
  return {&prices_.of(store_.tables_, table, *row), std::max(key.determinacy, prices.cell(*row, prices.table().tariff->prices.front()).determinacy)};
}

std::string_view DataStore::ExpressionEvaluator::cycle_of(const PriceList& prices, DateTime date) {
  const std::tuple key(date.midnight().seconds, prices.period, prices.month, prices.day);
  MomentTexts& known = scratch_.moments;
  if (key != known.cycle_key) {
    known.cycle_key = key;
    known.cycle_text = period_start({std::get<0>(key)}, prices.period, prices.month, prices.day).date_string();
  }
  return known.cycle_text;
}

CellValue DataStore::ExpressionEvaluator::tier_price(const Expr& expr) {
  if (expr.args.size() > 2)
    if (const CellValue told = evaluate(expr.args[2]); !told.none()) return told;
  const PriceReference prices = prices_of(expr.args[0]);
  if (prices.list == nullptr) return no_value(prices.determinacy);
  const CellValue volume = number_of(expr.args[1]);
  CellValue out = CellValue::of(unit_price(prices.list->tiers, volume.number));
  out.determinacy = std::max(prices.determinacy, volume.determinacy);
  return out;
}

}  // namespace meterproof::store
