// SPDX-License-Identifier: Apache-2.0
#include "core/threads/adaptive_mutex.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "core/threads/thread_group.hpp"

namespace meterproof::core {
namespace adaptive_mutex_test {

TEST(AdaptiveMutex, LetsOneThreadInAtATime) {
  AdaptiveMutex mutex;
  std::size_t count = 0, inside = 0, most_inside = 0;
  ThreadGroup threads;
  constexpr std::size_t workers = 4, times = 20'000;
  for (std::size_t i = 0; i < workers; ++i)
    threads.start([&] {
      for (std::size_t j = 0; j < times; ++j) {
        const std::scoped_lock lock(mutex);
        most_inside = std::max(most_inside, ++inside);
        ++count;
        if (j % 1000 == 0) std::this_thread::yield();  // so that the others come to sleep
        --inside;
      }
    });
  threads.join();
  EXPECT_EQ(count, workers * times);
  EXPECT_EQ(most_inside, 1U);
}

TEST(AdaptiveMutex, TryLockWaitsForNobody) {
  AdaptiveMutex mutex;
  ASSERT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

}  // namespace adaptive_mutex_test
}  // namespace meterproof::core
