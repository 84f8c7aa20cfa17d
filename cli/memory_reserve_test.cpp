// SPDX-License-Identifier: Apache-2.0
#include "cli/memory_reserve.hpp"

#include <gtest/gtest.h>

#include <new>

namespace meterproof::cli {
namespace memory_reserve_test {

TEST(MemoryReserve, IsGivenBackOnceAndThenThereIsNoMore) {
  {
    const MemoryReserve reserve;
    const std::new_handler handler = std::get_new_handler();
    ASSERT_NE(handler, nullptr);
    EXPECT_FALSE(MemoryReserve::is_used());
    handler();  // as operator new calls it
    EXPECT_TRUE(MemoryReserve::is_used());
    EXPECT_NO_THROW(handler()) << "another thread may just have given it back";
    EXPECT_THROW(handler(), std::bad_alloc);
  }
  EXPECT_EQ(std::get_new_handler(), nullptr);
}

}  // namespace memory_reserve_test
}  // namespace meterproof::cli
