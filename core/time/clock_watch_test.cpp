// SPDX-License-Identifier: Apache-2.0
#include "core/time/clock_watch.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace clock_watch_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ClockWatch, TellsAStepOnceAndNoAdjustment) {
  ClockWatch::Wall wall(std::chrono::hours(500'000));
  ClockWatch::Steady steady(seconds(100));
  ClockWatch watch(wall, steady);
  const auto pass = [&](milliseconds on_the_wall, milliseconds in_truth) {
    wall += on_the_wall;
    steady += in_truth;
    return watch.step(wall, steady);
  };
  EXPECT_EQ(pass(seconds(60), seconds(60)), milliseconds(0));
  EXPECT_EQ(pass(milliseconds(61'900), seconds(60)), milliseconds(0)) << "a time service that catches up";
  EXPECT_EQ(pass(milliseconds(58'100), seconds(60)), milliseconds(0)) << "and back";
  EXPECT_EQ(pass(seconds(605), seconds(5)), seconds(600));
  EXPECT_EQ(watch.expected(steady + seconds(1)), wall + seconds(1));
  EXPECT_EQ(pass(seconds(5), seconds(5)), milliseconds(0)) << "told already";
  EXPECT_EQ(pass(seconds(-3595), seconds(5)), seconds(-3600));
  EXPECT_EQ(pass(milliseconds(0), seconds(3)), seconds(-3)) << "a clock that stands still";
}

}  // namespace clock_watch_test
}  // namespace meterproof::core
