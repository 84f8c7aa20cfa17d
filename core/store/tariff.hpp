// The tier price: what a volume costs, and when a settlement period begins.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/decimal/decimal.hpp"
#include "core/model/interface.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::store {

/// Up to boundary 0 a unit costs price 0, from there to boundary 1 price 1, …; the last price goes on.
struct Tiers {
  std::vector<core::Decimal> boundaries;  // rising
  std::vector<core::Decimal> prices;      // one more
};

enum class Period { monthly, quarterly, yearly };

/// What a row of prices says.
struct PriceList {
  Tiers tiers;
  Period period = Period::monthly;
  int month = 1, day = 1;
};

/// `number_in(column)`: what stands in that column of the row. A boundary that is not above the one before it ends the tiers.
PriceList read_price_list(const core::Tariff& tariff, const std::function<core::Decimal(std::size_t column)>& number_in);

/// The unit price at a volume; the price of a boundary's own unit is the lower tier's.
core::Decimal unit_price(const Tiers& tiers, core::Decimal volume);
/// What the volume costs from 0. Nothing where the exact sum needs more than 18 digits.
std::optional<core::Decimal> cost(const Tiers& tiers, core::Decimal volume);
/// What it costs to go on from one volume to another that is not below it.
std::optional<core::Decimal> cost_between(const Tiers& tiers, core::Decimal from, core::Decimal to);

/// The first day of the settlement period that `at` falls into: the latest `day` of a settlement month not after it.
core::DateTime period_start(core::DateTime at, Period period, int month, int day);

}  // namespace meterproof::store
