// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "loadgen/comparison.hpp"
#include "loadgen/run.hpp"

namespace meterproof::loadgen {
namespace comparison_test {

/// A run of `length` seconds whose p99 is normally distributed around `p99`.
reports::LoadRun run_of(double p99, double spread, std::uint64_t seed, std::size_t length = 30) {
  std::mt19937_64 random(seed);
  std::normal_distribution<> around(p99, spread);
  reports::LoadRun run;
  for (std::size_t i = 0; i < length; ++i) {
    run.p99_by_interval.push_back(around(random));
    run.p50_by_interval.push_back(1);
    run.p95_by_interval.push_back(2);
    run.rate_by_interval.push_back(1000);
    run.errors_by_interval.push_back(i % 10 == 0 ? 0.001 : 0);
  }
  return run;
}

TEST(Compare, DistinguishesARegressionFromNoise) {
  const auto record = [](double p99, double spread, std::uint64_t seed) {
    reports::LoadRecord out;
    for (std::uint64_t i = 0; i < 5; ++i) out.runs.push_back(run_of(p99, spread, seed + i));
    return out;
  };
  const auto p99 = [](const std::vector<reports::DifferenceRecord>& all) { return all[2].verdict; };
  const auto errors = [](const std::vector<reports::DifferenceRecord>& all) { return all[4].verdict; };
  EXPECT_EQ(p99(compare(record(10, 1, 1), record(13, 1, 100), 0.05)), "worse");
  EXPECT_EQ(p99(compare(record(13, 1, 1), record(10, 1, 100), 0.05)), "better");
  int false_alarms = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    false_alarms += p99(compare(record(10, 3, seed * 1000), record(10, 3, seed * 1000 + 500), 0.05)) == "worse" ? 1 : 0;
  EXPECT_LE(false_alarms, 2);
  reports::LoadRecord brief;
  brief.runs.push_back(run_of(10, 1, 1, 3));
  EXPECT_EQ(p99(compare(brief, brief, 0.05)), "unsure");
  reports::LoadRecord failing = record(10, 1, 1);
  EXPECT_EQ(errors(compare(failing, failing, 0.05)), "same");
  for (double& share : failing.runs[2].errors_by_interval) share = 0.5;
  for (double& share : failing.runs[3].errors_by_interval) share += 0.01;
  for (auto& run : failing.runs)
    for (double& share : run.errors_by_interval) share += 0.01;
  EXPECT_EQ(errors(compare(record(10, 1, 1), failing, 0.05)), "worse");
  EXPECT_EQ(errors(compare(failing, record(10, 1, 1), 0.05)), "better");
}

// Of a run of days, seconds are taken together; the figures stay those of all of them.
TEST(Compare, TakesLongRunsAsTheyAre) {
  constexpr std::size_t days = 200'000;
  const auto record = [](double p99, std::uint64_t seed) {
    reports::LoadRecord out;
    out.runs.push_back(run_of(p99, 1, seed, days));
    return out;
  };
  const auto same = compare(record(10, 1), record(10, 2), 0.05);
  EXPECT_NEAR(same[2].base, 10, 0.01);
  EXPECT_NEAR(same[2].current, 10, 0.01);
  EXPECT_EQ(same[2].verdict, "same");
  EXPECT_EQ(compare(record(10, 1), record(11, 2), 0.05)[2].verdict, "worse");
  reports::LoadRecord many;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) many.runs.push_back(run_of(10, 1, seed, 1));
  EXPECT_EQ(compare(many, many, 0.05)[2].verdict, "same");
}

TEST(Compare, HasP95WhereBothRecordsHaveIt) {
  reports::LoadRecord base, slower;
  base.runs.push_back(run_of(10, 1, 1));
  slower.runs = base.runs;
  for (double& one : slower.runs.front().p95_by_interval) one = 3;
  const auto found = compare(base, slower, 0.05);
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[1].metric, "p95");
  EXPECT_EQ(found[1].base, 2);
  EXPECT_EQ(found[1].current, 3);
  EXPECT_EQ(found[1].verdict, "worse");
  base.runs.front().p95_by_interval.clear();  // a record of an earlier release
  for (const auto& one : compare(base, slower, 0.05)) EXPECT_NE(one.metric, "p95");
}

TEST(Compare, TakesItsPercentilesFromTheSecondsOfARun) {
  reports::LoadRecord record;
  for (int i = 0; i < 7; ++i) {
    reports::LoadInterval& second = record.series.emplace_back();
    second.begin_s = i;
    second.p50 = 1, second.p95 = 2, second.p99 = 3;
  }
  record.response_time.p95 = 2.5;
  const reports::LoadRun run = to_run_summary(record);
  EXPECT_EQ(run.p95, 2.5);
  EXPECT_EQ(run.p95_by_interval, std::vector<double>(6, 2));
}

TEST(Compare, CallsItsP99WhatItIs) {
  EXPECT_EQ(i18n::render(reports::difference_metric("p99"), i18n::Language::en), "mean of the seconds' p99");
  EXPECT_EQ(i18n::render(reports::difference_metric("of a later release"), i18n::Language::en), "of a later release");
}

}  // namespace comparison_test
}  // namespace meterproof::loadgen
