// SPDX-License-Identifier: Apache-2.0
#include "loadgen/derive.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/i18n/message.hpp"
#include "loadgen/run.hpp"

namespace meterproof::loadgen {
namespace derive_test {

/// Two seconds: 50 good replies, then 30 and 5 refusals.
LoadResult a_run() {
  LoadResult out;
  reports::LoadRecord& record = out.record;
  record.target = "http://127.0.0.1:1";
  record.started_at = 1773453600;
  record.mode = "closed";
  record.connections = 1;
  record.duration_s = record.measured_s = 2;
  record.rate = 40;
  record.series.resize(2);
  reports::LoadInterval& first = record.series[0];
  reports::LoadInterval& second = record.series[1];
  first.requests = first.replies = first.good = 50;
  first.result_codes = {{"1", 50}};
  second.begin_s = 1;
  second.requests = second.replies = 35;
  second.good = 30;
  second.errors = 5;
  second.result_codes = {{"1", 30}, {"-4", 5}};
  record.requests = record.replies = record.measured = 85;
  record.good = 80;
  record.result_codes = {{"1", 80}, {"-4", 5}};
  record.by_interface = {{"RemotePay", record.result_codes}};
  record.thresholds = {{"errors<10%", false, {}}};
  for (std::uint64_t i = 0; i < record.requests; ++i) {
    out.latencies.response_time.record(std::chrono::milliseconds(10 + i));
    out.latencies.service_time.record(std::chrono::milliseconds(10 + i));
  }
  summarize(record, out.latencies);
  return out;
}

TEST(Derive, MakesTheFiguresOfARunAnew) {
  reports::LoadRecord record = a_run().record;
  record.requests = record.good = record.late_sends = 7'000'000;
  record.result_codes = {{"1", 7}};
  record.response_time.p50 = record.response_time.mean = 0.001;
  record.curves.clear();
  record.started = "yesterday";
  record.differences.resize(1);
  record.exit_code = 3;
  const i18n::Message why = derive(record);
  EXPECT_EQ(render(why, i18n::Language::en), "");
  const reports::LoadRecord honest = a_run().record;
  EXPECT_EQ(record.requests, 85U);
  EXPECT_EQ(record.good, 80U);
  EXPECT_EQ(record.late_sends, 0U);
  EXPECT_EQ(record.result_codes, honest.result_codes);
  EXPECT_NEAR(record.response_time.p50, honest.response_time.p50, 0.1);
  EXPECT_NEAR(record.response_time.mean, honest.response_time.mean, 0.1);
  EXPECT_EQ(record.curves.size(), 2U);
  EXPECT_EQ(record.started, "2026-03-14 02:00:00 UTC");
  EXPECT_TRUE(record.differences.empty());
  EXPECT_EQ(record.exit_code, 0) << render(record.verdict, i18n::Language::en);
  EXPECT_TRUE(record.thresholds[0].met);
}

TEST(Derive, OfSeveralRunsCountsTheSecondsOfAll) {
  const reports::LoadRecord combined = combine({a_run(), a_run(), a_run()}).record;
  ASSERT_EQ(combined.requests, 255U);
  reports::LoadRecord record = combined;
  record.requests = record.good = 1;
  for (reports::LoadRun& run : record.runs) run.rate_by_interval.clear();
  const i18n::Message why = derive(record);
  ASSERT_EQ(render(why, i18n::Language::en), "");
  EXPECT_EQ(record.requests, combined.requests);
  EXPECT_EQ(record.good, combined.good);
  EXPECT_EQ(record.result_codes, combined.result_codes);
  ASSERT_EQ(record.runs.size(), 3U);
  EXPECT_EQ(record.runs[0].rate_by_interval, combined.runs[0].rate_by_interval);
  EXPECT_FALSE(record.runs[2].rate_by_interval.empty());
}

TEST(Derive, RefusesWhatCannotBeTheFiguresOfALoad) {
  using Change = void (*)(reports::LoadRecord&);
  const struct {
    const char* what;
    Change change;
  } table[] = {
      {"no rate", [](reports::LoadRecord& r) { r.rate = std::numeric_limits<double>::quiet_NaN(); }},
      {"an infinite time", [](reports::LoadRecord& r) { r.measured_s = std::numeric_limits<double>::infinity(); }},
      {"seconds in another order", [](reports::LoadRecord& r) { std::swap(r.series[0], r.series[1]); }},
      {"too high a rate", [](reports::LoadRecord& r) { r.rate = 50; }},
      {"no histogram", [](reports::LoadRecord& r) { r.histograms.erase("service_time"); }},
      {"another histogram", [](reports::LoadRecord& r) { r.histograms["x"] = r.histograms["service_time"]; }},
      {"more latencies than requests", [](reports::LoadRecord& r) { r.series[0].requests = r.series[0].replies = r.series[0].good = 1; }},
      {"more replies than requests", [](reports::LoadRecord& r) { r.series[0].replies = 51; }},
      {"more measured than there were", [](reports::LoadRecord& r) { r.measured = 86; }},
      {"codes of nobody", [](reports::LoadRecord& r) { r.by_interface.clear(); }},
      {"a search", [](reports::LoadRecord& r) { r.runs.resize(1), r.runs[0].verdict = i18n::msg<"load.step-sustained">(); }},
      {"runs without seconds", [](reports::LoadRecord& r) { r.runs.resize(2); }},
      {"no threshold", [](reports::LoadRecord& r) { r.thresholds[0].text = "fine"; }},
  };
  for (const auto& row : table) {
    reports::LoadRecord record = a_run().record;
    row.change(record);
    EXPECT_FALSE(derive(record).empty()) << row.what;
  }
}

}  // namespace derive_test
}  // namespace meterproof::loadgen
