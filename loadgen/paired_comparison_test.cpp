// SPDX-License-Identifier: Apache-2.0
#include "loadgen/paired_comparison.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace meterproof::loadgen {
namespace paired_comparison_test {

/// A shared machine: latencies drift, jump for a while when a neighbour works, and now and then a block is spoiled.
class Machine {
 public:
  explicit Machine(std::uint64_t seed, double noise) : rng_(seed), noise_(noise) {}

  BlockValues block(double slower) {
    drift_ = 0.95 * drift_ + 0.03 * normal_(rng_);
    if (uniform_(rng_) < 0.05) neighbour_ = uniform_(rng_) < 0.5 ? 0 : 0.2;
    const double spoiled = uniform_(rng_) < 0.02 ? 1.0 : 0;
    const auto value = [&](double level, double noise) { return level * slower * std::exp(drift_ + neighbour_ + spoiled + noise * normal_(rng_)); };
    BlockValues out;
    out.p50_ms = value(1, noise_);
    out.p95_ms = value(2, 2 * noise_);
    out.p99_ms = value(4, 5 * noise_);
    out.rate = 10'000 / value(1, noise_);
    return out;
  }

  std::vector<BlockQuad> quads(std::size_t count, double slower) {
    std::vector<BlockQuad> out;
    for (std::size_t i = 0; i < count; ++i) {
      const BlockValues a = block(1), b = block(slower), c = block(slower), d = block(1);
      out.push_back({mean_of(a, d), mean_of(b, c)});
    }
    return out;
  }

 private:
  std::mt19937_64 rng_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  double noise_, drift_ = 0, neighbour_ = 0;
};

bool any(const std::vector<reports::DifferenceRecord>& differences, const std::string& verdict) {
  return std::any_of(differences.begin(), differences.end(), [&](const auto& one) { return one.verdict == verdict; });
}

constexpr std::size_t ten_minutes = 60;  // quads

TEST(PairedComparison, ATargetBesideItselfIsTheSame) {
  constexpr std::uint64_t runs = 200;
  std::size_t alarms = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto found = compare_blocks(Machine(seed, 0.05).quads(ten_minutes, 1), 0, true);
    alarms += any(found, "worse") || any(found, "better") ? 1U : 0U;
  }
  EXPECT_LE(alarms, runs / 200);
}

TEST(PairedComparison, ASlowdownOfFiveInAHundredIsFound) {
  constexpr std::uint64_t runs = 200;
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) found += any(compare_blocks(Machine(seed, 0.05).quads(ten_minutes, 1.05), 0.01, true), "worse") ? 1U : 0U;
  EXPECT_GE(found, runs * 95 / 100);
}

TEST(PairedComparison, SaysWhichWay) {
  const auto slower = compare_blocks(Machine(1, 0.02).quads(ten_minutes, 1.3), 0.01, true),
             faster = compare_blocks(Machine(2, 0.02).quads(ten_minutes, 0.8), 0.01, true);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(slower[i].verdict, "worse") << slower[i].metric;
    EXPECT_EQ(faster[i].verdict, "better") << faster[i].metric;
    EXPECT_LT(slower[i].low, slower[i].change);
    EXPECT_GT(slower[i].high, slower[i].change);
  }
  EXPECT_NEAR(slower[0].change, 1.3, 0.05);
  EXPECT_NEAR(slower[3].change, 1 / 1.3, 0.05);
  EXPECT_EQ(slower[4].metric, "errors");
  EXPECT_EQ(slower[4].verdict, "same");
}

TEST(PairedComparison, WhatHappensInOneHalfOnlyIsNoFinding) {
  Machine machine(3, 0.01);
  std::vector<BlockQuad> quads = machine.quads(ten_minutes / 2, 1);
  for (const BlockQuad& one : machine.quads(ten_minutes / 2, 1.4)) quads.push_back(one);
  EXPECT_FALSE(any(compare_blocks(quads, 0.01, true), "worse"));
}

TEST(PairedComparison, FewQuadsTellNothing) {
  for (const auto& one : compare_blocks(Machine(4, 0.01).quads(fewest_quads - 1, 2), 0.01, true)) EXPECT_EQ(one.verdict, "unsure") << one.metric;
  EXPECT_TRUE(compare_blocks({}, 0.01, false).size() == 4);
}

TEST(PairedComparison, ErrorsAreDifferences) {
  std::vector<BlockQuad> quads = Machine(5, 0.02).quads(ten_minutes, 1);
  std::mt19937_64 rng(1);
  for (BlockQuad& one : quads) one.current.errors = 0.01 + static_cast<double>(rng() % 10) / 1e4;
  const auto found = compare_blocks(quads, 0.01, false);
  EXPECT_EQ(found.back().metric, "errors");
  EXPECT_EQ(found.back().verdict, "worse");
  EXPECT_GT(found.back().change, 0.009);
}

TEST(PairedComparison, TheSmallestVisibleChangeIsSeen) {
  const auto visible = smallest_visible_changes(Machine(6, 0.05).quads(200, 1), ten_minutes, true);
  ASSERT_EQ(visible.size(), 4U);
  EXPECT_EQ(visible[0].metric, "p50");
  EXPECT_GT(visible[0].share, 0.02);
  EXPECT_LT(visible[0].share, 0.10);
  constexpr std::uint64_t runs = 100;
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto differences = compare_blocks(Machine(seed, 0.05).quads(ten_minutes, 1 + visible[0].share), 0, true);
    found += differences[0].verdict == "worse" ? 1U : 0U;
  }
  EXPECT_GE(found, runs * 80 / 100);
}

}  // namespace paired_comparison_test
}  // namespace meterproof::loadgen
