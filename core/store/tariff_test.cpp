// SPDX-License-Identifier: Apache-2.0
#include "core/store/tariff.hpp"

#include <gtest/gtest.h>

namespace meterproof::store {
namespace tariff_test {

using core::DateTime;
using core::Decimal;

Decimal d(const char* text) { return *Decimal::parse(text); }

/// `numbers`: n boundaries and then n + 1 prices.
Tiers tiers_of(const std::vector<const char*>& numbers) {
  core::Tariff columns;
  for (std::size_t i = 0; i < numbers.size(); ++i) (2 * i + 1 < numbers.size() ? columns.boundaries : columns.prices).push_back(i);
  columns.period = columns.month = columns.day = columns.prices.front();
  return read_price_list(columns, [&](std::size_t column) { return d(numbers[column]); }).tiers;
}

TEST(Tariff, CostAndPriceAtAndAroundEachBoundary) {
  const struct {
    const char* volume;
    const char* cost;
    const char* price;
  } table[] = {{"0", "0", "1"}, {"20", "20", "1"}, {"20.1", "20.2", "2"}, {"40", "60", "2"}, {"60", "120", "3"}, {"61", "124", "4"}, {"0.001", "0.001", "1"}};
  const Tiers prices = tiers_of({"20", "40", "60", "1.00", "2.00", "3.00", "4.00"});
  for (const auto& row : table) {
    EXPECT_EQ(cost(prices, d(row.volume)), d(row.cost)) << row.volume;
    EXPECT_EQ(unit_price(prices, d(row.volume)), d(row.price)) << row.volume;
  }
}

TEST(Tariff, ABoundaryThatDoesNotRiseEndsTheTiers) {
  const Tiers flat = tiers_of({"0", "0", "3.96", "1", "1"});
  EXPECT_EQ(cost(flat, d("10")), d("39.6"));
  const Tiers two = tiers_of({"10", "0", "1", "2", "9"});
  EXPECT_EQ(cost(two, d("20")), d("30"));
}

TEST(Tariff, CostBetweenIsTheDifference) {
  EXPECT_EQ(cost_between(tiers_of({"20", "1", "2"}), d("20"), d("20")), d("0"));
  const Tiers tiers = tiers_of({"20", "40.5", "60", "1.00", "2.00", "3.00", "4.00"});
  for (const char* from : {"0", "19.999", "20", "20.1", "40.5", "60", "70"})
    for (const char* to : {"70", "70.5", "61", "60", "59.99", "40.5", "20", "5"})
      EXPECT_EQ(cost_between(tiers, d(from), d(to)), Decimal::subtract(*cost(tiers, d(to)), *cost(tiers, d(from)))) << from << " to " << to;
}

TEST(Tariff, PeriodsBeginOnTheSettlementDay) {
  const struct {
    const char* at;
    Period period;
    int month, day;
    const char* begin;
  } table[] = {
      {"2026-03-15 10:00:00", Period::monthly, 1, 1, "2026-03-01"},    {"2026-03-15 10:00:00", Period::monthly, 1, 28, "2026-02-28"},
      {"2026-03-15 10:00:00", Period::quarterly, 1, 1, "2026-01-01"},  {"2026-04-01 00:00:00", Period::quarterly, 1, 1, "2026-04-01"},
      {"2026-03-15 10:00:00", Period::quarterly, 2, 10, "2026-02-10"}, {"2026-03-15 10:00:00", Period::yearly, 4, 1, "2025-04-01"},
      {"2026-01-01 00:00:00", Period::yearly, 1, 1, "2026-01-01"},     {"2026-01-01 00:00:00", Period::monthly, 1, 2, "2025-12-02"},
  };
  for (const auto& row : table)
    EXPECT_EQ(period_start(*DateTime::parse(row.at), row.period, row.month, row.day).date_string(), row.begin) << row.at << " " << row.month << "-" << row.day;
}

}  // namespace tariff_test
}  // namespace meterproof::store
