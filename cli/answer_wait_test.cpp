// SPDX-License-Identifier: Apache-2.0
#include "cli/answer_wait.hpp"

#include <gtest/gtest.h>

#include <future>

namespace meterproof::cli {
namespace answer_wait_test {

TEST(AnswerWait, TellsOnceWhereNoneComes) {
  int told = 0;
  {
    std::promise<void> said;
    AnswerWait wait(std::chrono::milliseconds(0), [&] {
      ++told;
      said.set_value();
    });
    said.get_future().wait();
    wait.came();
  }
  EXPECT_EQ(told, 1);
}

TEST(AnswerWait, SaysNothingWhereOneComes) {
  int told = 0;
  {
    AnswerWait wait(std::chrono::hours(1), [&] { ++told; });
    wait.came();
    wait.came();
  }
  {
    const AnswerWait ended(std::chrono::hours(1), [&] { ++told; });  // its end does not wait
  }
  EXPECT_EQ(told, 0);
}

}  // namespace answer_wait_test
}  // namespace meterproof::cli
