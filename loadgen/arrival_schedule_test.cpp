// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "loadgen/arrival_schedule.hpp"

namespace meterproof::loadgen {
namespace arrival_schedule_test {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::vector<nanoseconds> all_due(ArrivalSchedule schedule) {
  std::vector<nanoseconds> out;
  for (; schedule.due() != ArrivalSchedule::Offset::max(); schedule.advance()) out.push_back(schedule.due());
  return out;
}

std::vector<LoadStage> stages_of(const std::string& text) {
  i18n::Message why;
  const auto stages = parse_stages(text, why);
  if (!stages) ADD_FAILURE() << render(why, i18n::Language::en);
  return stages.value_or(std::vector<LoadStage>{});
}

TEST(ArrivalSchedule, EvenTimesAreAbsolute) {
  const auto due = all_due({stages_of("1000:10ms"), ArrivalProcess::even, {}, 1});
  ASSERT_EQ(due.size(), 10U);
  for (std::size_t i = 0; i < due.size(); ++i) EXPECT_NEAR(static_cast<double>(due[i].count()), static_cast<double>(i) * 1e6, 2);
}

TEST(ArrivalSchedule, EachStageHasItsNumberOfRequests) {
  const struct {
    const char* text;
    double count;
    std::size_t stages;
  } table[] = {{"100:10s", 1000, 1},        {"0-100:10s", 500, 1},         {"100-0:10s", 500, 1}, {"100:10s,1000:1s,100:10s", 3000, 3},
               {"100-500/5:50s", 15000, 5}, {"burst 10000:60s", 10000, 1}, {"0.5:1m", 30, 1}};
  for (const auto& row : table) {
    const auto stages = stages_of(row.text);
    EXPECT_EQ(stages.size(), row.stages) << row.text;
    const auto due = all_due({stages, ArrivalProcess::even, {}, 1});
    EXPECT_NEAR(static_cast<double>(due.size()), row.count, 1) << row.text;
    EXPECT_TRUE(std::is_sorted(due.begin(), due.end())) << row.text;
    const ArrivalSchedule schedule(stages, ArrivalProcess::even, {}, 1);
    EXPECT_NEAR(schedule.count_until(schedule.end()), row.count, 0.01) << row.text;
  }
}

TEST(ArrivalSchedule, ARampSendsAQuarterInItsFirstHalf) {
  const auto due = all_due({stages_of("0-1000:2s"), ArrivalProcess::even, {}, 1});
  ASSERT_EQ(due.size(), 1000U);
  EXPECT_NEAR(std::chrono::duration<double>(due[250]).count(), 1.0, 1e-6);  // a quarter of them in the first half
}

TEST(ArrivalSchedule, PoissonGapsHaveACoefficientOfVariationOfOne) {
  const auto due = all_due({stages_of("5000:20s"), ArrivalProcess::poisson, {}, 7});
  EXPECT_NEAR(static_cast<double>(due.size()), 100'000, 1500);
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < due.size(); ++i) {
    const double gap = std::chrono::duration<double>(due[i] - due[i - 1]).count();
    sum += gap;
    squares += gap * gap;
  }
  const auto count = static_cast<double>(due.size() - 1);
  const double mean = sum / count;
  EXPECT_NEAR(std::sqrt(squares / count - mean * mean) / mean, 1.0, 0.02);
}

TEST(ArrivalSchedule, ShardsTogetherAreTheWhole) {
  const auto whole = all_due({stages_of("100-900:3s,50:1s"), ArrivalProcess::even, {}, 1});
  std::vector<nanoseconds> together;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto part = all_due({stages_of("100-900:3s,50:1s"), ArrivalProcess::even, {i, 4}, 1});
    together.insert(together.end(), part.begin(), part.end());
  }
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, whole);
}

TEST(ArrivalSchedule, RejectsOtherText) {
  for (const char* text : {"", "100", "100:", ":30s", "x:30s", "100:0s", "100-200/1:30s", "100/5:30s", "0:30s", "1e99:30s", "100:30s,", "-5:30s", "burst 0:60s",
                           "burst 1e12:1ms"}) {
    i18n::Message why;
    EXPECT_FALSE(parse_stages(text, why)) << text;
    EXPECT_FALSE(why.empty()) << text;
  }
}

}  // namespace arrival_schedule_test
}  // namespace meterproof::loadgen
