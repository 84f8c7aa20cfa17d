// SPDX-License-Identifier: Apache-2.0
#include "core/store/tariff.hpp"

#include <algorithm>

namespace meterproof::store {

using core::DateTime;
using core::Decimal;

namespace {

/// The tier of the unit that completes `volume`.
std::size_t tier_of(const Tiers& tiers, Decimal volume) {
  std::size_t tier = 0;
  while (tier < tiers.boundaries.size() && volume > tiers.boundaries[tier]) ++tier;
  return tier;
}

}  // namespace

PriceList read_price_list(const core::Tariff& tariff, const std::function<Decimal(std::size_t column)>& number_in) {
  PriceList out;
  Decimal from;
  for (const std::size_t column : tariff.boundaries) {
    const Decimal to = number_in(column);
    if (to <= from) break;
    out.tiers.boundaries.push_back(from = to);
  }
  for (std::size_t tier = 0; tier <= out.tiers.boundaries.size(); ++tier) out.tiers.prices.push_back(number_in(tariff.prices[tier]));
  const auto number = [&](std::size_t column, int otherwise) { return static_cast<int>(number_in(column).as_integer().value_or(otherwise)); };
  const int period_code = number(tariff.period, tariff.monthly);
  out.period = period_code == tariff.yearly ? Period::yearly : period_code == tariff.quarterly ? Period::quarterly : Period::monthly;
  out.month = number(tariff.month, 1);
  out.day = number(tariff.day, 1);
  return out;
}

Decimal unit_price(const Tiers& tiers, Decimal volume) { return tiers.prices[tier_of(tiers, volume)]; }

std::optional<Decimal> cost(const Tiers& tiers, Decimal volume) { return cost_between(tiers, Decimal(), volume); }

std::optional<Decimal> cost_between(const Tiers& tiers, Decimal from, Decimal to) {
  if (to < from) {
    const auto back = cost_between(tiers, to, from);
    return back ? Decimal::subtract(Decimal(), *back) : std::nullopt;
  }
  std::optional<Decimal> sum;
  const std::size_t last = tier_of(tiers, to);
  for (std::size_t tier = tier_of(tiers, from); tier <= last; ++tier) {
    const Decimal end = tier == last ? to : tiers.boundaries[tier];
    const auto span = Decimal::subtract(end, from);
    const auto part = span ? Decimal::multiply(*span, tiers.prices[tier]) : std::nullopt;
    if (!part) return std::nullopt;
    sum = sum ? Decimal::add(*sum, *part) : part;
    if (!sum) return std::nullopt;
    from = end;
  }
  return sum;
}

DateTime period_start(DateTime at, Period period, int month, int day) {
  using std::chrono::days;
  const auto today = at.day();
  const std::chrono::day settlement_day(static_cast<unsigned>(std::clamp(day, 1, 28)));  // every month has a 28th
  std::chrono::year_month candidate(today.year(), today.month());
  for (int back = 0; back <= 12; ++back, candidate -= std::chrono::months(1)) {
    const int distance = static_cast<int>(static_cast<unsigned>(candidate.month())) - month;
    const bool settles = period == Period::monthly || (period == Period::quarterly && distance % 3 == 0) || distance == 0;
    const std::chrono::sys_days begin(candidate / settlement_day);
    if (settles && begin <= std::chrono::sys_days(today)) return {std::chrono::seconds(begin.time_since_epoch()).count()};
  }
  return at.midnight();
}

}  // namespace meterproof::store
