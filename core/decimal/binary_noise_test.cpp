// SPDX-License-Identifier: Apache-2.0
#include "core/decimal/binary_noise.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace binary_noise_test {

TEST(BinaryNoise, IsToldFromWhatWasMeant) {
  const std::pair<const char*, const char*> noisy[] = {{"0.30000000000000004", "0.3"},
                                                       {"0.299999999999999988897769753748434595763683319091796875", "0.3"},
                                                       {"0.3000000000000000444089209850", "0.3"},
                                                       {"50.129999999999995", "50.13"},
                                                       {"100.10000000000000142", "100.1"},
                                                       {"5.551115123125783e-17", "0"}};
  for (const auto& [number, meant] : noisy) {
    EXPECT_TRUE(has_binary_noise(number)) << number;
    EXPECT_EQ(without_binary_noise(*Decimal::parse_rounded(number)), meant) << number;
  }
  for (const char* plain : {"0", "0.3", "120.50", "0.125", "123456789012345", "12.3456789", "0.10000000000000000000000000000000000000000", "1e2", "abc", ""})
    EXPECT_FALSE(has_binary_noise(plain)) << plain;
}

}  // namespace binary_noise_test
}  // namespace meterproof::core
