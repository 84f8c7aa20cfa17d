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
  std::vector<CellView> values;
  std::list<std::string> kept;
};

struct TariffRow {
  const TableStore* store;
  RowNumber row;
  Certainty certainty;

  const Cell& cell(std::size_t column) const { return store->cell(row, column); }
  const spec::Tariff& tariff() const { return *store->table().tariff; }
  Tiers tiers() const { return {&cell(0), &tariff()}; }
};

class World::Expressions {
 public:
  /// All must outlive it. What can't be computed exactly is said in `failure`.
  Expressions(World& world, const spec::Request& request, spec::DateTime now, const Readings& readings, std::string& failure, Scratch& scratch)
      : world_(world), request_(request), now_(now), readings_(readings), failure_(failure), scratch_(scratch) {}

  /// Its text is good until the tables are written to.
  CellView evaluate(const spec::Expr& expr);
  /// A text that lives as long as the scratch is not cleared.
  std::string_view kept(std::string_view text) { return scratch_.kept.emplace_back(text); }
  /// The prices that the path's last column refers to.
  std::optional<TariffRow> tariff_of(const spec::Expr& path) const;
  /// The first day of the settlement period that `date` falls into; good until the next one is asked for.
  std::string_view cycle_of(const TariffRow& row, spec::DateTime date);

 private:
  std::string_view moment();
  CellView requested(std::size_t field) const;
  CellView own_column(const spec::Expr& path) const;
  CellView followed(const spec::Expr& path) const;
  CellView sum(const spec::Expr& expr);
  CellView first_of(const spec::Expr& expr);
  CellView mapped(const spec::Expr& expr);
  CellView above(const spec::Expr& expr);
  CellView as_certain(const spec::Expr& expr, Certainty certainty);
  CellView tier_price(const spec::Expr& expr);

  World& world_;
  const spec::Request& request_;
  spec::DateTime now_;
  const Readings& readings_;
  std::string& failure_;
  Scratch& scratch_;
};

}  // namespace meterproof::world
