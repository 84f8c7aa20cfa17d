// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

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

LoadResult good_step(double rate) {
  LoadResult result;
  result.record.mode = "open";
  result.record.connections = 1;
  result.record.requests = result.record.replies = result.record.good = 1000;
  result.record.intended_rate = result.record.rate = rate;
  result.record.response_time.p99 = 5;
  return result;
}

std::vector<Threshold> wanted() {
  i18n::Message why;
  return *parse_thresholds("p99<50ms,errors<0.1%", why);
}

TEST(Search, ASampleThatIsTooSmallHalvesNothing) {
  std::vector<double> tried;
  const auto found = loadgen::search({}, wanted(),
                                     [&](double rate) {
                                       tried.push_back(rate);
                                       LoadResult result = good_step(rate);
                                       result.record.response_time.p99 = reports::LatencyRecord::unknown;
                                       return result;
                                     },
                                     {});
  EXPECT_EQ(tried, (std::vector<double>{100, 100, 100})) << "it may have been chance, and the rate stays";
  EXPECT_EQ(exit_code(found), 4);
  EXPECT_EQ(to_message(found).id, "load.not-judged");
}

TEST(Search, AGeneratorThatWasLateSaysNothingOfTheTarget) {
  const auto run_with = [](double late_from, int late_times) {
    std::map<double, int> tries;
    return loadgen::search({}, wanted(),
                           [&](double rate) {
                             LoadResult result = good_step(rate);
                             const bool late = rate >= late_from && ++tries[rate] <= late_times;
                             result.record.max_generator_lag_ms = 20;
                             result.record.generator_lag.p50 = 0.1;
                             result.record.generator_lag.p99 = late ? 80 : 1;
                             result.record.response_time.p99 = rate > 3000 || late ? 500 : 5;
                             return result;
                           },
                           {});
  };
  const auto once = run_with(400, 1);
  EXPECT_GT(once.sustained, 2800) << "tried again, and judged then";
  EXPECT_GT(once.failed_at, 3000);
  EXPECT_EQ(exit_code(once), 0);
  const auto always = run_with(800, 100);
  EXPECT_EQ(always.sustained, 400);
  EXPECT_EQ(always.failed_at, 0) << "nothing failed";
  EXPECT_EQ(always.unjudged_at, 800);
  EXPECT_EQ(always.confirmed, 3U);
  EXPECT_EQ(exit_code(always), 0);
  EXPECT_NE(i18n::render(to_message(always), i18n::Language::en).find("at 800.0/s nothing could be judged: the generator was too late"), std::string::npos)
      << i18n::render(to_message(always), i18n::Language::en);
  const auto from_the_start = run_with(1, 100);
  EXPECT_EQ(exit_code(from_the_start), 4);
  EXPECT_EQ(from_the_start.steps.size(), 3U) << "no lower rate was tried";
}

TEST(Search, WrongRepliesAreTheTargetsHoweverLateTheGenerator) {
  const auto found = loadgen::search({}, wanted(),
                                     [](double rate) {
                                       LoadResult result = good_step(rate);
                                       result.record.max_generator_lag_ms = 20;
                                       result.record.generator_lag.p99 = 80;
                                       result.record.good = 900;
                                       return result;
                                     },
                                     {});
  EXPECT_EQ(found.sustained, 0);
  EXPECT_EQ(exit_code(found), 1);
}

TEST(Search, TimestampsThatEarlierStepsUsedUpEndItAndBlameNobody) {
  double sent = 0;
  const auto found = loadgen::search({}, wanted(),
                                     [&](double rate) {
                                       if (sent + rate > 1000) {
                                         LoadResult not_tried;
                                         not_tried.record.connections = 1;
                                         not_tried.record.intended_rate = rate;
                                         not_tried.record.exit_code = 4;
                                         not_tried.record.verdict = i18n::verbatim("used up");
                                         return not_tried;
                                       }
                                       sent += rate;
                                       return good_step(rate);
                                     },
                                     {});
  EXPECT_EQ(found.sustained, 400);
  EXPECT_EQ(found.failed_at, 0);
  EXPECT_EQ(found.confirmed, 1U) << "there was nothing left to confirm it with";
  EXPECT_EQ(exit_code(found), 0);
  EXPECT_NE(i18n::render(to_message(found), i18n::Language::en).find("used up"), std::string::npos);
}

TEST(Search, PoissonArrivalsFailNoRateByChance) {
  const auto found = loadgen::search({}, wanted(),
                                     [](double rate) {
                                       LoadResult result = good_step(rate);
                                       const auto drawn = static_cast<std::uint64_t>(rate * 0.9);  // fewer than the rate says, all sent and answered
                                       result.record.scheduled = result.record.sent_on_schedule = drawn;
                                       result.record.scheduled_rate = result.record.rate = static_cast<double>(drawn);
                                       result.record.measured_s = 1;
                                       if (rate > 1000) result.record.sent_on_schedule = drawn / 2;
                                       return result;
                                     },
                                     {});
  EXPECT_GT(found.sustained, 950);
  EXPECT_LE(found.sustained, 1000);
}

TEST(Search, WhatIsRefusedAtOnceIsNotHalved) {
  std::size_t runs = 0;
  const auto found = loadgen::search({}, wanted(),
                                     [&](double rate) {
                                       ++runs;
                                       LoadResult result;
                                       result.record.connections = 1;
                                       result.record.intended_rate = rate;
                                       result.record.ended = i18n::verbatim("wrong secret");
                                       result.record.ended_exit_code = 4;
                                       set_verdict(result.record);
                                       return result;
                                     },
                                     {});
  EXPECT_EQ(runs, 1U);
  EXPECT_EQ(exit_code(found), 4);
}

}  // namespace
}  // namespace meterproof::loadgen
