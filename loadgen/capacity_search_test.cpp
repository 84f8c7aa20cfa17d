// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

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

TEST(Search, WhatEndsItEarlyIsSaid) {
  const auto until = [](double rate, int exit_code, bool interrupted) {
    return [=](double asked) {
      LoadResult result;
      result.record.connections = 1;
      result.record.requests = result.record.good = 1000;
      result.record.intended_rate = result.record.rate = asked;
      result.record.response_time.p99 = 5;
      if (asked < rate) return result;
      result.record.exit_code = exit_code;
      result.record.interrupted = interrupted;
      return result;
    };
  };
  i18n::Message why;
  const auto thresholds = *parse_thresholds("p99<50ms", why);
  const auto gone = loadgen::search({}, thresholds, until(800, 3, false), {});
  EXPECT_TRUE(gone.unreachable);
  EXPECT_EQ(to_message(gone).id, "load.search-unreachable");
  const auto cut = loadgen::search({}, thresholds, until(800, 0, true), {});
  EXPECT_EQ(to_message(cut).id, "load.search-interrupted-at");
}

TEST(Search, ARateThatCannotBeSignedIsNotBlamedOnTheTarget) {
  const auto at_rate = [](double rate) {
    LoadResult result;
    result.record.connections = 1;
    result.record.intended_rate = rate;
    if (rate > 1000) {
      result.record.exit_code = 4;
      result.record.verdict = i18n::verbatim("too few appIds");
      return result;
    }
    result.record.requests = result.record.good = 1000;
    result.record.rate = rate;
    result.record.response_time.p99 = 5;
    return result;
  };
  i18n::Message why;
  const auto found = loadgen::search({}, *parse_thresholds("p99<50ms", why), at_rate, {});
  const auto failed = std::find_if(found.steps.begin(), found.steps.end(), [](const auto& step) { return step.intended_rate > 1000; });
  ASSERT_NE(failed, found.steps.end());
  EXPECT_EQ(i18n::render(failed->verdict, i18n::Language::en), "too few appIds");
}

}  // namespace
}  // namespace meterproof::loadgen
