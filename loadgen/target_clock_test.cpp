// SPDX-License-Identifier: Apache-2.0
#include "loadgen/target_clock.hpp"

#include <gtest/gtest.h>

namespace meterproof::loadgen {
namespace target_clock_test {

using core::DateTime;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TargetClock, TellsAStepOnce) {
  for (const int step : {3600, -3600, 30, -30}) {
    TargetClock clock;
    std::int64_t ours = 1'800'000'000;
    const auto reply = [&](int ahead) { return clock.saw(DateTime{++ours + 28'800 + ahead}, DateTime{ours}, milliseconds(5)).count(); };
    EXPECT_FALSE(clock.is_shown());
    for (int i = 0; i < 5; ++i) EXPECT_EQ(reply(i % 2), 0) << "both are cut to seconds";
    EXPECT_TRUE(clock.is_shown());
    EXPECT_EQ(reply(step), 0);
    EXPECT_TRUE(clock.is_in_doubt());
    EXPECT_EQ(reply(step), 0);
    EXPECT_EQ(reply(step), step);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(reply(step), 0);
    EXPECT_EQ(clock.step(), seconds(std::abs(step)));
    for (int i = 0; i < 5; ++i) (void)reply(0);
    EXPECT_EQ(clock.step(), seconds(2 * std::abs(step))) << "and back";
  }
}

TEST(TargetClock, TellsNoStepWhereThereIsNone) {
  TargetClock two_machines, slow, silent;
  for (int i = 0; i < 100; ++i) {
    const DateTime ours{1'800'000'000 + i};
    EXPECT_EQ(two_machines.saw(ours + seconds(i % 2 == 0 ? 0 : 300), ours, milliseconds(1)), seconds(0));
    // A reply that was made when the request came, and waited.
    EXPECT_EQ(slow.saw(ours + seconds(-(i % 9)), ours, seconds(i % 9)), seconds(0));
    EXPECT_EQ(silent.saw(std::nullopt, ours, milliseconds(1)), seconds(0));
  }
  EXPECT_FALSE(silent.is_shown());
}

}  // namespace target_clock_test
}  // namespace meterproof::loadgen
