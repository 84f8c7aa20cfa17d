// The tier price: what a volume costs, and when a settlement period begins.
#pragma once

#include <optional>

#include "spec/model/datetime.hpp"
#include "spec/model/interface.hpp"
#include "spec/world/cell.hpp"

namespace meterproof::world {

/// A row of prices, read where it stands. Up to boundary 0 a unit costs price 0, from there to boundary 1 price 1, …
/// A boundary that is not above the one before it ends the tiers: the last price goes on.
struct Tiers {
  const Cell* row;
  const spec::Tariff* columns;

  std::size_t boundaries() const { return columns->boundaries.size(); }
  spec::Decimal boundary(std::size_t tier) const { return row[columns->boundaries[tier]].number; }
  spec::Decimal price(std::size_t tier) const { return row[columns->prices[tier]].number; }
};

/// The unit price at a volume; the price of a boundary's own unit is the lower tier's.
spec::Decimal unit_price(const Tiers& tiers, spec::Decimal volume);
/// What the volume costs from 0. Nothing where the exact sum needs more than 18 digits.
std::optional<spec::Decimal> cost(const Tiers& tiers, spec::Decimal volume);
/// What it costs to go on from one volume to another.
std::optional<spec::Decimal> cost_between(const Tiers& tiers, spec::Decimal from, spec::Decimal to);

enum class Period { monthly, quarterly, yearly };

/// The first day of the settlement period that `at` falls into: the latest `day` of a settlement month not after it.
spec::DateTime period_start(spec::DateTime at, Period period, int month, int day);

}  // namespace meterproof::world
