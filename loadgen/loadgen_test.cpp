#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "loadgen/fleet.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/pacer.hpp"
#include "spec/wire/json_request.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::load {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, AgreesWithSortedValuesToATenthOfAPercent) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<> spread(12, 2);
  Histogram histogram;
  std::vector<double> values;
  for (int i = 0; i < 200'000; ++i) {
    const auto value = static_cast<std::int64_t>(spread(random));
    histogram.record(nanoseconds(value));
    values.push_back(static_cast<double>(value) / 1e6);
  }
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const double exact = values[static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size()))) - 1];
    EXPECT_NEAR(histogram.percentile_ms(quantile), exact, exact * 0.001 + 1e-6) << quantile;
  }
  EXPECT_DOUBLE_EQ(histogram.percentile_ms(1.0), values.back());
}

TEST(Histogram, SaysNothingThatTheSampleCannotSupport) {
  Histogram histogram;
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.5)));
  for (int i = 0; i < 99; ++i) histogram.record(nanoseconds(1000));
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.99)));
  histogram.record(nanoseconds(1000));
  EXPECT_FALSE(std::isnan(histogram.percentile_ms(0.99)));
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.999)));
}

TEST(Histogram, TakesAnyValue) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  histogram.record(nanoseconds::max());
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_DOUBLE_EQ(histogram.percentile_ms(1.0), 3'600'000.0);
}

TEST(Pacer, MomentsAreAbsolute) {
  const Pacer::Time begin{};
  Pacer pacer(1000, begin, std::chrono::milliseconds(10));
  std::vector<std::int64_t> due;
  for (Pacer::Time next = pacer.due(begin); next != Pacer::Time::max(); next = pacer.due(begin + std::chrono::hours(1))) {
    due.push_back((next - begin).count());
    pacer.sent();
  }
  ASSERT_EQ(due.size(), 10U);
  for (std::size_t i = 0; i < due.size(); ++i) EXPECT_EQ(due[i], static_cast<std::int64_t>(i) * 1'000'000);
}

TEST(Pacer, AClosedLoopIsAlwaysDueUntilItsEnd) {
  const Pacer::Time begin{};
  const Pacer pacer(0, begin, std::chrono::seconds(1));
  EXPECT_EQ(pacer.due(begin + std::chrono::milliseconds(500)), begin + std::chrono::milliseconds(500));
  EXPECT_EQ(pacer.due(begin + std::chrono::seconds(1)), Pacer::Time::max());
}

TEST(Fleet, ReportsAreValidAndReadingsOnlyGrow) {
  const spec::Interface& interface = *test::paper().interface("ReportData");
  Fleet fleet(interface, 3, 10, 1);
  wire::JsonReader reader;
  spec::Request request;
  std::map<std::string, spec::Decimal> last;
  const std::size_t reading = *interface.field("ReadNumber");
  const std::size_t usage = *interface.field("PeriodDosage");
  for (int i = 0; i < 300; ++i) {
    std::string body;
    const std::size_t meter = fleet.append_report(body, spec::DateTime{1'800'000'000});
    ASSERT_TRUE(reader.read(body)) << body;
    wire::bind(reader.members(), interface, request);
    for (std::size_t field = 0; field < interface.request.size(); ++field) {
      EXPECT_FALSE(request[field].empty()) << interface.request[field].name;
      EXPECT_TRUE(rules::well_formed(interface.request[field], request[field])) << interface.request[field].name;
    }
    const std::string address(request[*interface.field("MeterAddr")].text);
    EXPECT_EQ(address, fleet.serial_of(*interface.field("MeterAddr"), meter));
    const spec::Decimal now = *request[reading].decimal();
    if (last.count(address) > 0) EXPECT_EQ(now, *spec::Decimal::add(last[address], *request[usage].decimal()));
    last[address] = now;
  }
  EXPECT_EQ(last.size(), 3U);
  EXPECT_EQ(last.begin()->first, "990000000010");
}

}  // namespace
}  // namespace meterproof::load
