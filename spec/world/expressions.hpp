// The small expressions of a spec's steps, over the request at hand and the rows that the steps before have found.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/world/world.hpp"

namespace meterproof::world {

struct Found {
  std::size_t table = 0;
  std::vector<RowNumber> rows;
  std::size_t withheld = 0;
};

/// What a request needs while it is carried out, kept for the next one for the room that it has.
struct Scratch {
  std::vector<Found> found;  // the first `count` of them
  std::size_t count = 0;
  std::vector<Cell> values;
  std::list<std::string> kept;
};

struct FoundPrices {
  const PriceList* list;
  Certainty certainty;  // of the reference to it
};

class World::Expressions {
 public:
  /// All must outlive it. What can't be computed exactly is said in `failure`.
  Expressions(World& world, const spec::Request& request, spec::DateTime now, const Readings& readings, std::string& failure, Scratch& scratch)
      : world_(world), request_(request), now_(now), readings_(readings), failure_(failure), scratch_(scratch) {}

  /// Its text is good until the tables are written to.
  Cell evaluate(const spec::Expr& expr) {
    if (expr.op == spec::Expr::Op::request) return requested(expr);
    if (expr.op == spec::Expr::Op::path && expr.columns.size() == 1) return own_column(expr);
    return compute(expr);
  }
  /// The number that a request's numeric field was read as, where the expression is that field.
  const std::optional<spec::Decimal>& number_requested(const spec::Expr& expr) const {
    static constexpr std::optional<spec::Decimal> none;
    return expr.op == spec::Expr::Op::request && expr.numeric ? request_[expr.field].number : none;
  }
  /// A text that lives as long as the scratch is not cleared.
  std::string_view kept(std::string_view text) { return scratch_.kept.emplace_back(text); }
  /// The prices that the path's last column refers to.
  std::optional<FoundPrices> prices_of(const spec::Expr& path) const;
  /// The first day of the settlement period that `date` falls into; good until the next one is asked for.
  std::string_view cycle_of(const PriceList& prices, spec::DateTime date);

 private:
  std::string_view moment();
  Cell compute(const spec::Expr& expr);
  Cell requested(const spec::Expr& expr) const {
    const spec::Value& value = request_[expr.field];
    if (value.empty()) return {};
    if (expr.numeric)
      if (const auto number = value.decimal()) return Cell::of(*number);
    return Cell::of(value.text);
  }
  Cell own_column(const spec::Expr& path) const {
    const Found& found = scratch_.found[path.row];
    return found.rows.empty() ? Cell() : world_.tables_[found.table].cell(found.rows.front(), path.columns.front());
  }
  Cell followed(const spec::Expr& path) const;
  Cell number_of(const spec::Expr& expr);
  Cell sum(const spec::Expr& expr);
  Cell first_of(const spec::Expr& expr);
  Cell mapped(const spec::Expr& expr);
  Cell above(const spec::Expr& expr);
  Cell as_certain(const spec::Expr& expr, Certainty certainty);
  Cell tier_price(const spec::Expr& expr);

  World& world_;
  const spec::Request& request_;
  spec::DateTime now_;
  const Readings& readings_;
  std::string& failure_;
  Scratch& scratch_;
};

}  // namespace meterproof::world
