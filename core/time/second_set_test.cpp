// SPDX-License-Identifier: Apache-2.0
#include "core/time/second_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace meterproof::core {
namespace second_set_test {

TEST(SecondSet, JoinsWhatTouches) {
  SecondSet set;
  set.add(10, 20);
  set.add(20, 22);
  set.add(30, 31);
  set.add(5, 5);
  EXPECT_EQ(set.spans(), (std::vector<SecondSet::Span>{{10, 22}, {30, 31}}));
  set.add(0, 30);
  EXPECT_EQ(set.spans(), (std::vector<SecondSet::Span>{{0, 31}}));
  EXPECT_EQ(set.first_not_in(7), 31);
  EXPECT_EQ(set.first_not_in(31), 31);
  EXPECT_EQ(set.first_not_in(-1), -1);
}

// The reference: a set of the seconds themselves.
TEST(SecondSet, IsASet) {
  std::mt19937 generator(1);
  const auto random = [&] { return static_cast<std::int64_t>(generator()); };
  for (int round = 0; round < 300; ++round) {
    SecondSet set;
    std::set<std::int64_t> seconds;
    for (int step = 0; step < 12; ++step) {
      const std::int64_t from = random() % 40, to = from + random() % 6;
      if (random() % 4 > 0) {
        set.add(from, to);
        for (std::int64_t one = from; one < to; ++one) seconds.insert(one);
      } else {
        SecondSet other;
        other.add(from, to);
        other.add(to + 2, to + 3);
        set.remove(other);
        for (std::int64_t one = from; one < to; ++one) seconds.erase(one);
        seconds.erase(to + 2);
      }
      const std::int64_t begin = random() % 40, end = begin + random() % 20;
      std::uint64_t between = 0;
      for (std::int64_t one = -1; one < 50; ++one) {
        ASSERT_EQ(set.contains(one), seconds.count(one) > 0) << one;
        std::int64_t next = one;
        while (seconds.count(next) > 0) ++next;
        ASSERT_EQ(set.first_not_in(one), next);
        if (one >= begin && one < end) between += seconds.count(one);
      }
      ASSERT_EQ(set.count(begin, end), between);
      for (std::size_t i = 1; i < set.spans().size(); ++i) ASSERT_LT(set.spans()[i - 1].second, set.spans()[i].first);
    }
  }
}

}  // namespace second_set_test
}  // namespace meterproof::core
