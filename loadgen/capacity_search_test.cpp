// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "loadgen/capacity_search.hpp"

namespace meterproof::loadgen {
namespace {

TEST(Search, FindsTheLimitAndConfirmsIt) {
  for (const double limit : {37.0, 930.0, 41'000.0}) {
    const auto at_rate = [&](double rate) {
      LoadResult result;
      result.record.connections = 1;
      result.record.requests = result.record.replies = result.record.good = 1000;
      result.record.intended_rate = rate;
      result.record.rate = rate <= limit ? rate : limit * 0.9;
      result.record.response_time.p99 = rate <= limit ? 5 : 500;
      return result;
    };
    i18n::Message why;
    const auto found = loadgen::search({}, *parse_thresholds("p99<50ms", why), at_rate, {});
    EXPECT_LE(found.sustained, limit);
    EXPECT_GE(found.sustained, limit / 1.06) << limit;
    EXPECT_GT(found.failed_at, limit);
    EXPECT_EQ(found.confirmed, 3U);
    EXPECT_NE(i18n::render(to_message(found), i18n::Language::en).find("3 of 3"), std::string::npos);
  }
}

TEST(Search, ARateThatPassesOnlyOnceIsNotReported) {
  std::map<double, int> tries;
  const auto at_rate = [&](double rate) {
    LoadResult result;
    result.record.connections = 1;
    result.record.intended_rate = result.record.rate = rate;
    const bool lucky = rate <= 500 || ++tries[rate] == 1;
    result.record.response_time.p99 = lucky && rate < 1000 ? 5 : 500;
    return result;
  };
  i18n::Message why;
  const auto found = loadgen::search({}, *parse_thresholds("p99<50ms", why), at_rate, {});
  EXPECT_LE(found.sustained, 500);
  EXPECT_GT(found.sustained, 400);
}

}  // namespace
}  // namespace meterproof::loadgen
