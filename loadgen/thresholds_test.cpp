// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "loadgen/run.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::loadgen {
namespace thresholds_test {

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
  for (const char* wrong : {"",          "p99",       "p99<",      "p99<50",    "p100<50ms",   "p0<50ms",     "p<50ms",     "p98.<50ms",
                            "p9x<50ms",  "p.<50ms",   "p-1<50ms",  "p1e1<50ms", "rate>x",      "errors<1ms",  "p99<50ms,",  "lost<1%",
                            "p99<infms", "p99<nanms", "rate>=inf", "rate>=nan", "errors<inf%", "errors<-nan", "p99<1e300s", "rate>=1e13"}) {
    i18n::Message why;
    EXPECT_FALSE(parse_thresholds(wrong, why)) << wrong;
    EXPECT_FALSE(why.empty()) << wrong;
  }
}

Threshold threshold(const std::string& text) {
  i18n::Message why;
  return parse_thresholds(text, why)->front();
}

TEST(Thresholds, WhatIsNotKnownIsNeitherMetNorMissed) {
  reports::LoadRecord record;
  record.requests = record.good = 100;
  record.rate = 10;
  record.response_time.p50 = 1;
  const struct {
    const char* text;
    bool met, missed;
  } table[] = {{"p50<2ms", true, false}, {"p50<1ms", false, true}, {"p99<50ms", false, false}, {"lost=0", false, false}, {"rate>=20", false, true}};
  for (const auto& row : table) {
    const auto found = evaluate(threshold(row.text), record);
    EXPECT_EQ(found.met, row.met) << row.text;
    EXPECT_EQ(found.missed(), row.missed) << row.text;
    EXPECT_EQ(found.unknown, !row.met && !row.missed) << row.text;
  }
  for (const char* text : {"rate>=1", "errors=0", "late=0", "max<1s"}) EXPECT_TRUE(evaluate(threshold(text), {}).unknown) << text;
}

// What a late generator sends late is answered late. Wrong replies and lost writes are the target's.
TEST(Thresholds, OnTimesAndRatesAreNotMissedWhereTheGeneratorWasLate) {
  reports::LoadRecord record;
  record.mode = "open";
  record.max_generator_lag_ms = 20;
  record.requests = record.replies = 100;
  record.good = 90;
  record.generator_late_sends = record.late_sends = 50;
  record.rate = 10;
  record.response_time = {100, 100, 100, 100, 100, 100, 100, 100};
  record.reconciliation.resize(1);
  record.reconciliation.front().lost = record.reconciliation.front().duplicated = 1;
  const struct {
    const char* text;
    bool is_the_targets;
  } table[] = {{"p50<50ms", false}, {"p99 < 50ms", false}, {"p99.9<50ms", false}, {"max<50ms", false}, {"mean<50ms", false},  {"rate>=20", false},
               {"late<1%", false},  {"errors<1%", true},   {"errors = 0", true},  {"lost=0", true},    {"duplicated=0", true}};
  for (const double lag : {5.0, 50.0})
    for (const auto& row : table) {
      record.generator_lag.p99 = lag;
      const auto found = evaluate(threshold(row.text), record);
      EXPECT_FALSE(found.met) << row.text;
      EXPECT_EQ(found.missed(), row.is_the_targets || lag < 20) << row.text << " at " << lag << " ms";
    }
  for (const char* const text : {"p99<1s", "rate>=5", "late<60%"}) EXPECT_TRUE(evaluate(threshold(text), record).met) << text;
}

TEST(Thresholds, SayHowManyRepliesTheyNeed) {
  for (const char* text : {"p50<1s", "p90<1s", "p95<1s", "p97<1s", "p99<1s", "p99.5<1s", "p99.9<1s", "p99.99<1s"}) {
    const std::uint64_t needed = needed_samples({threshold(text)});
    EXPECT_TRUE(is_enough(threshold(text), needed)) << text;
    EXPECT_FALSE(is_enough(threshold(text), needed * 9 / 11 - 1)) << text << ": fewer than ten of them are beyond it";
    Histogram histogram;
    histogram.record(std::chrono::milliseconds(1), needed);
    reports::LoadRecord record;
    LatencyHistograms latencies;
    latencies.response_time = histogram;
    summarize(record, latencies);
    EXPECT_TRUE(evaluate(threshold(text), record).met) << text;
  }
  EXPECT_EQ(needed_samples({threshold("rate>=5"), threshold("errors<1%"), threshold("max<1s")}), 0U);
  EXPECT_TRUE(is_enough(threshold("rate>=5"), 0));
}

// Of the percentiles that have no name in a record, the histogram knows the value.
TEST(Thresholds, AnyPercentileIsJudged) {
  LatencyHistograms latencies;
  for (int ms = 1; ms <= 1000; ++ms) latencies.response_time.record(std::chrono::milliseconds(ms));
  reports::LoadRecord record;
  summarize(record, latencies);
  const struct {
    const char* text;
    bool met, unknown;
  } table[] = {{"p97<969ms", false, false}, {"p97<972ms", true, false},    {"p97.5<974ms", false, false}, {"p97.5<977ms", true, false},
               {"p1<12ms", true, false},    {"p50.0<=501ms", true, false}, {"p99.5<10s", false, true}};
  for (const auto& row : table) {
    const auto found = evaluate(threshold(row.text), record);
    EXPECT_EQ(found.met, row.met) << row.text;
    EXPECT_EQ(found.unknown, row.unknown) << row.text;
  }
}

// What the arrivals asked for is the measure of a rate: even gaps end one request short of rate times time, Poisson arrivals anywhere near it.
TEST(Thresholds, ARateThatWasSentOnScheduleIsMet) {
  const auto record_of = [](double intended, double span, std::uint64_t scheduled, std::uint64_t on_schedule, std::uint64_t good, double took) {
    reports::LoadRecord record;
    record.mode = "open";
    record.requests = scheduled;
    record.intended_rate = intended;
    record.scheduled = scheduled;
    record.sent_on_schedule = on_schedule;
    record.scheduled_rate = static_cast<double>(scheduled) / span;
    record.measured_s = took;
    record.rate = static_cast<double>(good) / took;
    return record;
  };
  const struct {
    const char* text;
    reports::LoadRecord record;
    bool met, on_schedule;
  } table[] = {
      {"rate>=7", record_of(7, 2.7, 18, 18, 18, 2.7), true, true},             // 18.9 in the mean
      {"rate>=500", record_of(500, 10, 5000, 5000, 5000, 10.02), true, true},  // the last reply took 20 ms
      {"rate>=480", record_of(480, 1, 451, 451, 451, 1.001), true, true},      // Poisson arrivals drew fewer
      {"rate>=0.5", record_of(0.5, 4, 2, 2, 2, 4), true, true},                //
      {"rate>=3", record_of(3, 2.7, 7, 7, 7, 2.7), true, true},                // 2.6/s, all that Poisson arrivals drew
      {"rate>=500", record_of(500, 10, 5000, 5000, 4900, 10), false, true},    // a hundred were not answered well
      {"rate>=400", record_of(500, 10, 5000, 5000, 4100, 10), true, true},     // which is enough for less
      {"rate>=501", record_of(500, 10, 5000, 5000, 5000, 10), false, true},    // more than was asked for
      {"rate>=500", record_of(500, 10, 5000, 2600, 5000, 19), false, false},   // a target that took them in twice the time
      {"rate>=500", record_of(500, 10, 5000, 5000, 5000, 19), false, true},    // or answered them in twice the time
      {"rate>500", record_of(500, 10, 5000, 5000, 5000, 10), false, true},
  };
  for (const auto& row : table) {
    EXPECT_EQ(evaluate(threshold(row.text), row.record).met, row.met) << row.text << " of " << row.record.rate;
    EXPECT_EQ(is_on_schedule(row.record), row.on_schedule) << row.text;
  }
  EXPECT_TRUE(is_on_schedule({})) << "a closed loop has no schedule";
}

}  // namespace thresholds_test
}  // namespace meterproof::loadgen
