// SPDX-License-Identifier: Apache-2.0
// Tiered prices: what a volume costs, and when a settlement period begins. Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/decimal/decimal.hpp"
#include "core/model/interface.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::store {

/// A unit up to boundary 0 costs price 0, from there to boundary 1 price 1, and so on; the last price has no upper boundary.
struct Tiers {
  std::vector<core::Decimal> boundaries;  // rising
  std::vector<core::Decimal> prices;      // one more than boundaries
};

enum class Period { monthly, quarterly, yearly };

/// A row of a price table.
struct PriceList {
  Tiers tiers;
  Period period = Period::monthly;
  int month = 1, day = 1;
};

/// `number_in(column)` returns the row's value in that column. The first boundary that is not above the one before it ends the tiers.
PriceList read_price_list(const core::Tariff& tariff, const std::function<core::Decimal(std::size_t column)>& number_in);

/// The price of the unit that completes `volume`: at a boundary that of the lower tier.
core::Decimal unit_price(const Tiers& tiers, core::Decimal volume);
/// The cost of a volume from 0. Nothing if the exact sum needs more than 18 digits.
std::optional<core::Decimal> cost(const Tiers& tiers, core::Decimal volume);
/// cost(to) - cost(from). Nothing if it needs more than 18 digits.
std::optional<core::Decimal> cost_between(const Tiers& tiers, core::Decimal from, core::Decimal to);

/// Midnight of the first day of the settlement period that contains `at`. Periods begin on `day` (at most the 28th) of every month, of `month`
/// and every third from it, or of `month`.
core::DateTime period_start(core::DateTime at, Period period, int month, int day);

}  // namespace meterproof::store
