#include "spec/world/tariff.hpp"

#include <algorithm>

namespace meterproof::world {

using spec::DateTime;
using spec::Decimal;

namespace {

std::size_t tier_of(const Tiers& tiers, Decimal volume) {
  std::size_t tier = 0;
  for (Decimal from; tier < tiers.boundaries(); ++tier) {
    const Decimal to = tiers.boundary(tier);
    if (to <= from || volume <= to) break;
    from = to;
  }
  return tier;
}

}  // namespace

Decimal unit_price(const Tiers& tiers, Decimal volume) { return tiers.price(tier_of(tiers, volume)); }

std::optional<Decimal> cost(const Tiers& tiers, Decimal volume) {
  const std::size_t last = tier_of(tiers, volume);
  std::optional<Decimal> sum = Decimal();
  Decimal from;
  for (std::size_t tier = 0; tier <= last; ++tier) {
    const Decimal to = tier == last ? volume : tiers.boundary(tier);
    const auto span = Decimal::subtract(to, from);
    const auto part = span ? Decimal::multiply(*span, tiers.price(tier)) : std::nullopt;
    if (!part) return std::nullopt;
    sum = Decimal::add(*sum, *part);
    if (!sum) return std::nullopt;
    from = to;
  }
  return sum;
}

std::optional<Decimal> cost_between(const Tiers& tiers, Decimal from, Decimal to) {
  const std::size_t tier = tier_of(tiers, from);
  if (tier == tier_of(tiers, to)) {
    const auto span = Decimal::subtract(to, from);
    return span ? Decimal::multiply(*span, tiers.price(tier)) : std::nullopt;
  }
  const auto before = cost(tiers, from), after = cost(tiers, to);
  return before && after ? Decimal::subtract(*after, *before) : std::nullopt;
}

DateTime period_start(DateTime at, Period period, int month, int day) {
  using std::chrono::days;
  const auto today = at.day();
  const std::chrono::day settlement_day(static_cast<unsigned>(std::clamp(day, 1, 28)));
  std::chrono::year_month candidate(today.year(), today.month());
  for (int back = 0; back <= 12; ++back, candidate -= std::chrono::months(1)) {
    const int distance = static_cast<int>(static_cast<unsigned>(candidate.month())) - month;
    const bool settles = period == Period::monthly || (period == Period::quarterly && distance % 3 == 0) || distance == 0;
    const std::chrono::sys_days begin(candidate / settlement_day);
    if (settles && begin <= std::chrono::sys_days(today)) return {std::chrono::seconds(begin.time_since_epoch()).count()};
  }
  return at.midnight();
}

}  // namespace meterproof::world
