// SPDX-License-Identifier: Apache-2.0
#include "core/threads/thread_group.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <stdexcept>

namespace meterproof::core {
namespace thread_group_test {

TEST(ThreadGroup, HandsAnExceptionToWhoJoins) {
  ThreadGroup threads;
  std::atomic<int> done = 0;
  threads.start([] { throw std::bad_alloc(); });
  for (int i = 0; i < 3; ++i) threads.start([&] { ++done; });
  EXPECT_EQ(threads.size(), 4U);
  EXPECT_THROW(threads.join(), std::bad_alloc);
  EXPECT_EQ(done, 3) << "the others are waited for";
  EXPECT_EQ(threads.size(), 0U);
  EXPECT_NO_THROW(threads.join()) << "an exception is handed over once";
}

TEST(ThreadGroup, IsWaitedForWhereItsOwnerThrows) {
  std::atomic<bool> done = false;
  const auto owner = [&] {
    ThreadGroup threads;
    threads.start([&] { done = true; });
    throw std::runtime_error("before join()");
  };
  EXPECT_THROW(owner(), std::runtime_error);
  EXPECT_TRUE(done);
}

}  // namespace thread_group_test
}  // namespace meterproof::core
