// SPDX-License-Identifier: Apache-2.0
#include "conformance/sole_use.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>

namespace meterproof::conformance {
namespace sole_use_test {

TEST(SoleUse, OthersComeAfterwards) {
  SoleUse use;
  std::optional<SoleUse::Holder> holder(std::in_place, use);
  { const SoleUse::Request own(use); }  // does not wait for itself
  std::atomic<bool> has_ended = false;
  auto other = std::async(std::launch::async, [&] {
    const SoleUse::Request request(use);
    return has_ended.load();
  });
  EXPECT_EQ(other.wait_for(SoleUse::patience / 10), std::future_status::timeout);
  has_ended = true;
  holder.reset();
  EXPECT_TRUE(other.get());
}

// A request that hangs, and a holder who waits for something, hold nobody up for good.
TEST(SoleUse, NobodyWaitsForGood) {
  SoleUse use;
  const auto begin = std::chrono::steady_clock::now();
  const SoleUse::Request hanging(use);
  std::async(std::launch::async, [&] {
    const SoleUse::Holder holder(use);
    std::async(std::launch::async, [&] {
      const SoleUse::Request request(use);
      const SoleUse::Holder second(use);
    }).get();
  }).get();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 3 * SoleUse::patience) << "each of the three waits for a while";
}

}  // namespace sole_use_test
}  // namespace meterproof::conformance
