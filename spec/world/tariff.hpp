// The tier price: what a volume costs, and when a settlement period begins.
#pragma once

#include <optional>
#include <vector>

#include "spec/model/datetime.hpp"
#include "spec/model/decimal.hpp"

namespace meterproof::world {

/// Up to boundaries[0] a unit costs prices[0], from there to boundaries[1] prices[1], …
/// A boundary that is not above the one before it ends the tiers: the last price goes on.
struct Tiers {
  std::vector<spec::Decimal> boundaries;
  std::vector<spec::Decimal> prices;  // one more than there are boundaries
};

/// The unit price at a volume; the price of a boundary's own unit is the lower tier's.
spec::Decimal unit_price(const Tiers& tiers, spec::Decimal volume);
/// What the volume costs from 0. Nothing where the exact sum needs more than 18 digits.
std::optional<spec::Decimal> cost(const Tiers& tiers, spec::Decimal volume);

enum class Period { monthly, quarterly, yearly };

/// The first day of the settlement period that `at` falls into: the latest `day` of a settlement month not after it.
spec::DateTime period_start(spec::DateTime at, Period period, int month, int day);

}  // namespace meterproof::world
