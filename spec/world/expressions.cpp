#include "spec/world/expressions.hpp"

#include <algorithm>

namespace meterproof::world {

using spec::DateTime;
using spec::Decimal;
using spec::Expr;
using Op = Expr::Op;

std::string_view World::Expressions::moment() {
  if (world_.shown_at_ != now_) {
    world_.shown_at_ = now_;
    world_.shown_moment_ = now_.to_string();
  }
  return world_.shown_moment_;
}

Cell World::Expressions::compute(const Expr& expr) {
  constexpr std::size_t date_length = 10;  // yyyy-MM-dd
  switch (expr.op) {
    case Op::literal: return Cell::of(expr.text);
    case Op::request: return requested(expr);
    case Op::path: return followed(expr);
    case Op::now: return Cell::of(moment());
    case Op::today: return Cell::of(moment().substr(0, date_length));
    case Op::next: return Cell::of(Decimal(world_.next_++, 0));
    case Op::reading: return Cell::of(kept(readings_(expr.text)));
    case Op::add:
    case Op::subtract: return sum(expr);
    case Op::first_of: return first_of(expr);
    case Op::map: return mapped(expr);
    case Op::above: return above(expr);
    case Op::tier_price: return tier_price(expr);
    case Op::assigned: return as_certain(expr.args[0], Certainty::assigned);
    case Op::simulated: return as_certain(expr.args[0], Certainty::simulated);
  }
  return {};
}

Cell World::Expressions::followed(const Expr& path) const {
  const Found& found = scratch_.found[path.row];
  if (found.rows.empty()) return {};
  std::size_t table = found.table;
  std::optional<RowNumber> row = found.rows.front();
  Certainty certainty = Certainty::known;
  for (std::size_t i = 0; i < path.columns.size(); ++i) {
    const Cell cell = world_.tables_[table].cell(*row, path.columns[i]);
    certainty = std::max(certainty, cell.certainty);
    if (i + 1 == path.columns.size()) {
      Cell out = cell;
      out.certainty = certainty;
      return out;
    }
    table = *world_.tables_[table].table().columns[path.columns[i]].refers;
    row = world_.tables_[table].find(cell.text);
    if (!row) return {};
  }
  return {};
}

/// What is no number counts as nought.
Cell World::Expressions::number_of(const Expr& expr) {
  if (expr.op == Op::literal) return Cell::of(expr.number);
  Cell cell = evaluate(expr);
  if (cell.kind != Cell::Kind::number) cell.number = Decimal::parse(cell.text).value_or(Decimal());
  cell.kind = Cell::Kind::number;
  cell.text = {};
  return cell;
}

Cell World::Expressions::sum(const Expr& expr) {
  Cell total = number_of(expr.args[0]);
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const Cell part = number_of(expr.args[i]);
    const auto exact = expr.op == Op::add ? Decimal::add(total.number, part.number) : Decimal::subtract(total.number, part.number);
    if (!exact) {
      failure_ = "a sum needs more than " + std::to_string(Decimal::max_digits) + " digits";
      return {};
    }
    total.number = *exact;
    total.certainty = std::max(total.certainty, part.certainty);
  }
  return total;
}

Cell World::Expressions::first_of(const Expr& expr) {
  for (const Expr& arg : expr.args)
    if (const Cell cell = evaluate(arg); !cell.none()) return cell;
  return {};
}

Cell World::Expressions::mapped(const Expr& expr) {
  const Cell from = evaluate(expr.args[0]);
  if (from.none()) return {};
  std::string buffer;
  const std::string_view word = from.spelled(buffer);
  Cell out = expr.otherwise ? Cell::of(*expr.otherwise) : from;
  for (const auto& [key, value] : expr.cases)
    if (key == word) out = Cell::of(value);
  out.certainty = from.certainty;
  return out;
}

Cell World::Expressions::above(const Expr& expr) {
  const Cell value = number_of(expr.args[0]);
  Cell out = evaluate(expr.args[value.number > number_of(expr.args[1]).number ? 2 : 3]);
  out.certainty = std::max(out.certainty, value.certainty);
  return out;
}

Cell World::Expressions::as_certain(const Expr& expr, Certainty certainty) {
  Cell out = evaluate(expr);
  out.certainty = std::max(out.certainty, certainty);
  return out;
}

std::optional<FoundPrices> World::Expressions::prices_of(const Expr& path) const {
  const Cell key = path.columns.size() == 1 ? own_column(path) : followed(path);
  std::size_t table = scratch_.found[path.row].table;
  for (const std::size_t column : path.columns) table = *world_.tables_[table].table().columns[column].refers;
  const auto row = world_.tables_[table].find(key.text);
  if (!row) return std::nullopt;
  return FoundPrices{&world_.price_list(table, *row), key.certainty};
}

std::string_view World::Expressions::cycle_of(const PriceList& prices, DateTime date) {
  const std::tuple asked(date.midnight().seconds, prices.period, prices.month, prices.day);
  if (asked != world_.shown_cycle_of_) {
    world_.shown_cycle_of_ = asked;
    world_.shown_cycle_ = period_start({std::get<0>(asked)}, prices.period, prices.month, prices.day).date_string();
  }
  return world_.shown_cycle_;
}

Cell World::Expressions::tier_price(const Expr& expr) {
  const auto prices = prices_of(expr.args[0]);
  if (!prices) return {};
  const Cell volume = number_of(expr.args[1]);
  Cell out = Cell::of(unit_price(prices->list->tiers, volume.number));
  out.certainty = std::max(prices->certainty, volume.certainty);
  return out;
}

}  // namespace meterproof::world
