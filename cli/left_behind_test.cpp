// SPDX-License-Identifier: Apache-2.0
#include "cli/left_behind.hpp"

#include <gtest/gtest.h>

namespace meterproof::cli {
namespace left_behind_test {

// A key may be of the target's own making (a number that it gives to a payment): anything may stand in it.
TEST(LeftBehindCsv, QuotesWhatRfc4180SaysAndNothingElse) {
  EXPECT_EQ(to_csv({}), "table,key\n");
  EXPECT_EQ(to_csv({{"meter", 2, {"790000000001", "a b;c\t'"}}, {"user", 4, {"a,b", "say \"x\"", "two\nlines", "\r"}}}),
            "table,key\n"
            "meter,790000000001\n"
            "meter,a b;c\t'\n"
            "user,\"a,b\"\n"
            "user,\"say \"\"x\"\"\"\n"
            "user,\"two\nlines\"\n"
            "user,\"\r\"\n");
}

}  // namespace left_behind_test
}  // namespace meterproof::cli
