// SPDX-License-Identifier: Apache-2.0
#include "core/threads/row_mutex.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "core/threads/thread_group.hpp"

namespace meterproof::core {
namespace row_mutex_test {

using Row = std::optional<std::size_t>;

/// Whether another thread gets all of it at once.
bool is_free(RowMutex& mutex) {
  return std::async(std::launch::async, [&] { return mutex.try_lock() && (mutex.unlock(), true); }).get();
}

TEST(RowMutex, WhoHasARowLeavesOthersToOthers) {
  RowMutex mutex(2);
  std::optional<RowMutex::Guard> one(std::in_place, mutex, 1, Row(1));
  one->take();
  EXPECT_FALSE(one->has_all());
  EXPECT_FALSE(is_free(mutex));
  // He who tried to have all has left nothing taken behind.
  std::async(std::launch::async, [&] {
    RowMutex::Guard other(mutex, 0, Row(2));
    other.take();
    EXPECT_FALSE(other.has_all());
  }).get();
  one.reset();
  EXPECT_TRUE(is_free(mutex));
}

TEST(RowMutex, ARowIsOneThreadsAtATime) {
  RowMutex mutex(2);
  std::atomic<bool> has_left = false;
  std::optional<RowMutex::Guard> one(std::in_place, mutex, 0, Row(5));
  one->take();
  std::promise<void> begun;
  auto other = std::async(std::launch::async, [&] {
    begun.set_value();
    RowMutex::Guard same(mutex, 1, Row(5));
    same.take();
    return has_left.load();
  });
  begun.get_future().wait();
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  has_left = true;
  one.reset();
  EXPECT_TRUE(other.get()) << "both had it";
}

TEST(RowMutex, WithOneThreadOrNoRowItIsAll) {
  for (const auto& [threads, row] : {std::pair(1U, Row(1)), std::pair(3U, Row())}) {
    RowMutex mutex(threads);
    {
      RowMutex::Guard one(mutex, 0, row);
      EXPECT_TRUE(is_free(mutex));
      one.take();
      EXPECT_TRUE(one.has_all());
      EXPECT_FALSE(is_free(mutex));
    }
    EXPECT_TRUE(is_free(mutex));
  }
}

TEST(RowMutex, WhoIsAboutToTakeARowKeepsOthersFromAllAlone) {
  RowMutex mutex(2);
  {
    const RowMutex::Guard one(mutex, 1, Row(3));
    EXPECT_FALSE(one.has_all());
    EXPECT_FALSE(is_free(mutex));
    std::async(std::launch::async, [&] { RowMutex::Guard(mutex, 0, Row(3)).take(); }).get();  // would wait for ever
  }
  EXPECT_TRUE(is_free(mutex));
}

TEST(RowMutex, ARowBecomesAll) {
  RowMutex mutex(2);
  {
    RowMutex::Guard one(mutex, 1, Row(7));
    one.take();
    one.take_all();
    EXPECT_TRUE(one.has_all());
    EXPECT_FALSE(is_free(mutex));
  }
  EXPECT_TRUE(is_free(mutex));
}

// Each row counts by itself, and a reader of all sees no step half done: a row has a pair that is always equal.
TEST(RowMutex, NobodyMeetsWhatIsHalfDone) {
  constexpr std::size_t threads = 36, rows = 5, times = 2'000;  // more threads than there are locks of theirs
  struct Pair {
    std::size_t first = 0, second = 0;
  };
  RowMutex mutex(threads);
  std::vector<Pair> pairs(rows);
  std::size_t torn = 0;
  std::atomic<std::size_t> done = 0;
  ThreadGroup all;
  for (std::size_t thread = 0; thread < threads; ++thread)
    all.start([&, thread] {
      for (std::size_t i = 0; i < times; ++i) {
        const std::size_t row = (i + thread) % rows;
        RowMutex::Guard guard(mutex, thread, Row(row));
        guard.take();
        if (i % 64 == 0) guard.take_all();
        ++pairs[row].first;
        ++pairs[row].second;
      }
      ++done;
    });
  while (done < threads) {
    const std::lock_guard lock(mutex);
    for (const Pair& one : pairs) torn += one.first != one.second ? 1 : 0;
  }
  all.join();
  std::size_t sum = 0;
  for (const Pair& one : pairs) sum += one.first;
  EXPECT_EQ(torn, 0U);
  EXPECT_EQ(sum, threads * times);
}

}  // namespace row_mutex_test
}  // namespace meterproof::core
