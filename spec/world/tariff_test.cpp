#include "spec/world/tariff.hpp"

#include <gtest/gtest.h>

namespace meterproof::world {
namespace {

using spec::DateTime;
using spec::Decimal;

Decimal d(const char* text) { return *Decimal::parse(text); }

/// A row of boundaries, and behind them one price more.
struct Prices {
  explicit Prices(const std::vector<const char*>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      row.push_back(Cell::of(d(numbers[i])));
      (2 * i + 1 < numbers.size() ? columns.boundaries : columns.prices).push_back(i);
    }
  }
  Tiers tiers() const { return {row.data(), &columns}; }

  std::vector<Cell> row;
  spec::Tariff columns;
};

TEST(Tariff, CostsByTierUpToAndAtAndBeyondEachBoundary) {
  const struct {
    const char* volume;
    const char* cost;
    const char* price;
  } table[] = {{"0", "0", "1"}, {"20", "20", "1"}, {"20.1", "20.2", "2"}, {"40", "60", "2"}, {"60", "120", "3"}, {"61", "124", "4"}, {"0.001", "0.001", "1"}};
  const Prices prices({"20", "40", "60", "1.00", "2.00", "3.00", "4.00"});
  for (const auto& row : table) {
    EXPECT_EQ(cost(prices.tiers(), d(row.volume)), d(row.cost)) << row.volume;
    EXPECT_EQ(unit_price(prices.tiers(), d(row.volume)), d(row.price)) << row.volume;
  }
}

TEST(Tariff, ABoundaryThatDoesNotRiseEndsTheTiers) {
  const Prices flat({"0", "0", "3.96", "1", "1"});
  EXPECT_EQ(cost(flat.tiers(), d("10")), d("39.6"));
  const Prices two({"10", "0", "1", "2", "9"});
  EXPECT_EQ(cost(two.tiers(), d("20")), d("30"));
}

TEST(Tariff, PeriodsBeginOnTheirDay) {
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

}  // namespace
}  // namespace meterproof::world
