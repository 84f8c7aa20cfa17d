#include "spec/world/expressions.hpp"

namespace meterproof::world {

using spec::DateTime;
using spec::Decimal;
using spec::Expr;
using Op = Expr::Op;

namespace {

CellView as_number(CellView cell) {
  if (cell.kind != Cell::Kind::number) cell.number = Decimal::parse(cell.text).value_or(Decimal());
  cell.kind = Cell::Kind::number;
  cell.text = {};
  return cell;
}

}  // namespace

std::string_view World::Expressions::moment() {
  if (world_.shown_at_ != now_) {
    world_.shown_at_ = now_;
    world_.shown_moment_ = now_.to_string();
  }
  return world_.shown_moment_;
}

CellView World::Expressions::evaluate(const Expr& expr) {
  constexpr std::size_t date_length = 10;  // yyyy-MM-dd
  switch (expr.op) {
    case Op::literal: return CellView::of(expr.text);
    case Op::request: return requested(expr.field);
    case Op::path: return expr.columns.size() == 1 ? own_column(expr) : followed(expr);
    case Op::now: return CellView::of(moment());
    case Op::today: return CellView::of(moment().substr(0, date_length));
    case Op::next: return CellView::of(Decimal(world_.next_++, 0));
    case Op::reading: return CellView::of(kept(readings_(expr.text)));
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

CellView World::Expressions::requested(std::size_t field) const {
  const spec::Value& value = request_[field];
  if (value.empty()) return {};
  const spec::Field& about = request_.interface->request[field];
  if (about.type != spec::Type::text)
    if (const auto number = value.decimal()) return CellView::of(*number);
  return CellView::of(value.text);
}

CellView World::Expressions::own_column(const Expr& path) const {
  const Found& found = scratch_.found[path.row];
  if (found.rows.empty()) return {};
  return world_.tables_[found.table].cell(found.rows.front(), path.columns.front());
}

CellView World::Expressions::followed(const Expr& path) const {
  const Found& found = scratch_.found[path.row];
  if (found.rows.empty()) return {};
  std::size_t table = found.table;
  std::optional<RowNumber> row = found.rows.front();
  Certainty certainty = Certainty::known;
  for (std::size_t i = 0; i < path.columns.size(); ++i) {
    const Cell& cell = world_.tables_[table].cell(*row, path.columns[i]);
    certainty = std::max(certainty, cell.certainty);
    if (i + 1 == path.columns.size()) {
      CellView out = cell;
      out.certainty = certainty;
      return out;
    }
    table = *world_.tables_[table].table().columns[path.columns[i]].refers;
    row = world_.tables_[table].find(cell.text);
    if (!row) return {};
  }
  return {};
}

CellView World::Expressions::sum(const Expr& expr) {
  CellView total = as_number(evaluate(expr.args[0]));
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const CellView part = as_number(evaluate(expr.args[i]));
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

CellView World::Expressions::first_of(const Expr& expr) {
  for (const Expr& arg : expr.args)
    if (const CellView cell = evaluate(arg); !cell.none()) return cell;
  return {};
}

CellView World::Expressions::mapped(const Expr& expr) {
  const CellView from = evaluate(expr.args[0]);
  if (from.none()) return {};
  std::string buffer;
  const std::string_view word = from.spelled(buffer);
  CellView out = expr.otherwise ? CellView::of(*expr.otherwise) : from;
  for (const auto& [key, value] : expr.cases)
    if (key == word) out = CellView::of(value);
  out.certainty = from.certainty;
  return out;
}

CellView World::Expressions::above(const Expr& expr) {
  const CellView value = as_number(evaluate(expr.args[0]));
  CellView out = evaluate(expr.args[value.number > as_number(evaluate(expr.args[1])).number ? 2 : 3]);
  out.certainty = std::max(out.certainty, value.certainty);
  return out;
}

CellView World::Expressions::as_certain(const Expr& expr, Certainty certainty) {
  CellView out = evaluate(expr);
  out.certainty = std::max(out.certainty, certainty);
  return out;
}

std::optional<TariffRow> World::Expressions::tariff_of(const Expr& path) const {
  const CellView key = followed(path);
  std::size_t table = scratch_.found[path.row].table;
  for (const std::size_t column : path.columns) table = *world_.tables_[table].table().columns[column].refers;
  const auto row = world_.tables_[table].find(key.text);
  if (!row) return std::nullopt;
  return TariffRow{&world_.tables_[table], *row, key.certainty};
}

std::string_view World::Expressions::cycle_of(const TariffRow& row, DateTime date) {
  const auto number = [&](std::size_t column, int otherwise) { return static_cast<int>(row.cell(column).number.as_integer().value_or(otherwise)); };
  const spec::Tariff& tariff = row.tariff();
  const int mark = number(tariff.period, tariff.monthly);
  const Period period = mark == tariff.yearly ? Period::yearly : mark == tariff.quarterly ? Period::quarterly : Period::monthly;
  const std::tuple asked(date.midnight().seconds, period, number(tariff.month, 1), number(tariff.day, 1));
  if (asked != world_.shown_cycle_of_) {
    const auto [day, length, month, settlement_day] = asked;
    world_.shown_cycle_of_ = asked;
    world_.shown_cycle_ = period_start({day}, length, month, settlement_day).date_string();
  }
  return world_.shown_cycle_;
}

CellView World::Expressions::tier_price(const Expr& expr) {
  const auto row = tariff_of(expr.args[0]);
  if (!row) return {};
  const CellView volume = as_number(evaluate(expr.args[1]));
  CellView out = CellView::of(unit_price(row->tiers(), volume.number));
  out.certainty = std::max(row->certainty, volume.certainty);
  return out;
}

}  // namespace meterproof::world
