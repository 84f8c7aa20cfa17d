// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "loadgen/comparison.hpp"

namespace meterproof::loadgen {
namespace {

/// A run of `length` seconds whose p99 is normally distributed around `p99`.
reports::LoadRun run_of(double p99, double spread, std::uint64_t seed, std::size_t length = 30) {
  std::mt19937_64 random(seed);
  std::normal_distribution<> around(p99, spread);
  reports::LoadRun run;
  for (std::size_t i = 0; i < length; ++i) {
    run.p99_by_interval.push_back(around(random));
    run.p50_by_interval.push_back(1);
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
  const auto p99 = [](const std::vector<reports::DifferenceRecord>& all) { return all[1].verdict; };
  const auto errors = [](const std::vector<reports::DifferenceRecord>& all) { return all[3].verdict; };
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

}  // namespace
}  // namespace meterproof::loadgen
