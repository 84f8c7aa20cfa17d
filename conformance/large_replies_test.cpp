// SPDX-License-Identifier: Apache-2.0
#include "conformance/large_replies.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "core/threads/thread_group.hpp"

namespace meterproof::conformance {
namespace large_replies_test {

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

const std::string large(600UL * 1024, 'x'), small = R"({"ResultCode":1,"Message":""})";

TEST(LargeReplies, AreThoseThatTakeMuchOnceTheyAreRead) {
  struct Row {
    const char* name;
    std::string body;
    bool is_large;
  };
  const std::vector<Row> rows = {
      {"nothing", "", false},
      {"one without rows", small, false},
      {"a hundred rows", repeated(R"({"UserCode":"000000000001","Remnant":"12.50","Time":"2024-01-01 00:00:00"},)", 100), false},
      {"a text that a record keeps whole", std::string(64UL * 1024, '<'), false},
      {"a long text", large, true},
      {"a thousand lists", repeated("[],", 1'000), false},
      {"ten thousand lists", repeated("[],", 10'000), true},
      {"ten thousand numbers", repeated("0,", 10'000), true},
      {"objects in each other", repeated(R"({"a":)", 10'000), true},
  };
  for (const Row& row : rows) EXPECT_EQ(LargeReplies::is_large(row.body), row.is_large) << row.name;
}

TEST(LargeReplies, AreHeldByFewPartsAtATime) {
  constexpr std::size_t most = 2, workers = 8, parts = 20;
  LargeReplies replies(most);
  std::atomic<std::size_t> inside = 0, highest = 0, done = 0;
  core::ThreadGroup threads;
  for (std::size_t i = 0; i < workers; ++i)
    threads.start([&] {
      for (std::size_t part = 0; part < parts; ++part) {
        const LargeReplies::Part mine(replies);
        replies.wait_to_read(small);
        replies.wait_to_read(large);
        replies.wait_to_read(large);  // it holds one already
        const std::size_t now = ++inside;
        for (std::size_t before = highest; before < now && !highest.compare_exchange_weak(before, now);) {
        }
        std::this_thread::yield();
        --inside;
        ++done;
      }
    });
  threads.join();
  EXPECT_LE(highest, most);
  EXPECT_EQ(done, workers * parts);
}

/// Each of these would never end if it waited: the only part that may hold a large reply is this thread's.
TEST(LargeReplies, AreNotWaitedForByWhoCannot) {
  LargeReplies replies(1);
  const LargeReplies::Part mine(replies);
  replies.wait_to_read(large);
  core::ThreadGroup threads;
  threads.start([&] { replies.wait_to_read(large); });  // outside of a part
  threads.start([&] {
    const LargeReplies::Part small_ones(replies);
    replies.wait_to_read(small);
  });
  threads.join();
  threads.start([&] {
    const LargeReplies::Part part(replies);
    const LargeReplies::Awaited by_others(replies), by_others_too(replies);
    replies.wait_to_read(large);
  });
  threads.join();
}

}  // namespace large_replies_test
}  // namespace meterproof::conformance
