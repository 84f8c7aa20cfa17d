// SPDX-License-Identifier: Apache-2.0
#include "conformance/sole_use.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

namespace meterproof::conformance {
namespace {

TEST(SoleUse, OthersComeAfterwards) {
  SoleUse use;
  std::optional<SoleUse::Holder> holder(std::in_place, use);
  { const SoleUse::Request own(use); }  // does not wait for itself
  std::atomic<bool> has_ended = false;
  auto other = std::async(std::launch::async, [&] {
    const SoleUse::Request request(use);
    return has_ended.load();
  });
  has_ended = true;
  holder.reset();
  EXPECT_TRUE(other.get());
}

// A request that hangs, and a holder who waits for something, hold nobody up for good.
TEST(SoleUse, NobodyWaitsForGood) {
  SoleUse use;
  const SoleUse::Request hanging(use);
  std::async(std::launch::async, [&] {
    const SoleUse::Holder holder(use);
    std::async(std::launch::async, [&] {
      const SoleUse::Request request(use);
      const SoleUse::Holder second(use);
    }).get();
  }).get();
}

}  // namespace
}  // namespace meterproof::conformance
