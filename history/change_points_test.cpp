// SPDX-License-Identifier: Apache-2.0
#include "history/change_points.hpp"

#include <gtest/gtest.h>

#include <random>

namespace meterproof::history {
namespace change_points_test {

using Values = std::vector<double>;

Values joined(std::initializer_list<Values> parts) {
  Values out;
  for (const Values& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

/// Values around a level, within so much of it.
Values around(double level, std::size_t count, double share, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::uniform_real_distribution<double> spread(1 - share, 1 + share);
  Values out(count);
  for (double& one : out) one = level * spread(rng);
  return out;
}

std::vector<std::size_t> places(const Values& values) {
  std::vector<std::size_t> out;
  for (const ChangePoint& one : change_points(values)) out.push_back(one.at);
  return out;
}

TEST(ChangePoints, AreWhereTheLevelChanges) {
  const struct {
    const char* what;
    Values values;
    std::vector<std::size_t> expected;
  } table[] = {
      {"nothing", {}, {}},
      {"one value", {5}, {}},
      {"too few to tell", {1, 1, 1, 2, 2, 2}, {}},
      {"a constant", Values(40, 7), {}},
      {"zeros", Values(40, 0), {}},
      {"zeros, and now and then something", joined({Values(20, 0), {5, 0, 0, 5, 0, 0, 5, 0, 0, 5, 0, 0}}), {}},
      {"a step", joined({around(100, 10, 0.02, 1), around(120, 10, 0.02, 2)}), {10}},
      {"a step in the last three of twenty", joined({around(100, 17, 0.02, 3), around(150, 3, 0.02, 4)}), {17}},
      {"there and back", joined({around(100, 15, 0.02, 5), around(140, 15, 0.02, 6), around(100, 15, 0.02, 7)}), {15, 30}},
      {"a step of two in a hundred is not worth a word", joined({Values(20, 100), Values(20, 102)}), {}},
      {"an outlier is no level", joined({around(100, 10, 0.02, 8), {900}, around(100, 10, 0.02, 9)}), {}},
      {"noise", around(100, 40, 0.3, 10), {}},
  };
  for (const auto& row : table) EXPECT_EQ(places(row.values), row.expected) << row.what;
}

TEST(ChangePoints, TellBothLevels) {
  const auto found = change_points(joined({Values(10, 200), Values(10, 100)}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].before, 200);
  EXPECT_EQ(found[0].after, 100);
}

TEST(ChangePoints, OfNoiseAreRare) {
  std::size_t alarms = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) alarms += places(around(100, 30, 0.5, seed)).empty() ? 0U : 1U;
  EXPECT_LE(alarms, 8U);  // two are expected
}

}  // namespace change_points_test
}  // namespace meterproof::history
