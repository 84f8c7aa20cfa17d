// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "reports/record.hpp"

namespace meterproof::reports {
namespace json_test {

// A record from outside may say anything; written again, it must still be one.
TEST(RecordJson, KeepsANumberThatIsTooLargeToRound) {
  CheckRecord record;
  record.duration_s = 1e308;
  record.cases.emplace_back().reply.took_ms = -1e308;
  i18n::Message why;
  const auto again = check_record_from(to_json(record), why);
  ASSERT_TRUE(again) << render(why, i18n::Language::en);
  EXPECT_EQ(again->duration_s, 1e308);
  EXPECT_EQ(again->cases.front().reply.took_ms, -1e308);
}

}  // namespace json_test
}  // namespace meterproof::reports
