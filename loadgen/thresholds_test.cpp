// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "loadgen/thresholds.hpp"

namespace meterproof::loadgen {
namespace {

TEST(Thresholds, SayHowManySamplesTheirPercentilesNeed) {
  const std::pair<const char*, std::uint64_t> table[] = {
      {"p50<1s", 22}, {"p90<1s", 110}, {"p99<1s,p50<1s", 1100}, {"p99.9<1s", 11'000}, {"max<1s,errors<1%,rate>=5", 0}};
  for (const auto& [text, samples] : table) {
    i18n::Message why;
    const auto thresholds = parse_thresholds(text, why);
    ASSERT_TRUE(thresholds) << text;
    EXPECT_NEAR(static_cast<double>(needed_samples(*thresholds)), static_cast<double>(samples), 2) << text;
  }
}

TEST(Thresholds, ParseAndEvaluate) {
  reports::LoadRecord record;
  record.requests = 1000;
  record.good = 999;
  record.rate = 5000;
  record.response_time.p99 = 40;
  const struct {
    const char* text;
    bool met;
  } table[] = {{"p99<50ms", true},   {"p99 < 40ms", false},  {"p99<=40ms", true},    {"p99<0.05s", true},    {"p99<39000us", false}, {"p99.9<1s", false},
               {"rate>=5000", true}, {"rate>5000/s", false}, {"errors<0.1%", false}, {"errors<=0.1%", true}, {"errors<=1", true},    {"lost=0", false}};
  for (const auto& row : table) {
    i18n::Message why;
    const auto thresholds = parse_thresholds(row.text, why);
    ASSERT_TRUE(thresholds) << render(why, i18n::Language::en);
    EXPECT_EQ(evaluate(thresholds->front(), record).met, row.met) << row.text;
  }
  i18n::Message none;
  EXPECT_EQ(evaluate(parse_thresholds("errors<1%", none)->front(), {}).found.id, "load.sample-too-small");
  EXPECT_EQ(evaluate(parse_thresholds("lost=0", none)->front(), {}).found.id, "load.nothing-reconciled");
  for (const char* wrong : {"", "p99", "p99<", "p99<50", "p98<50ms", "rate>x", "errors<1ms", "p99<50ms,", "lost<1%"}) {
    i18n::Message why;
    EXPECT_FALSE(parse_thresholds(wrong, why)) << wrong;
    EXPECT_FALSE(why.empty()) << wrong;
  }
}

}  // namespace
}  // namespace meterproof::loadgen
