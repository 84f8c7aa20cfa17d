// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/run.hpp"
#include "loadgen/shard_merge.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::loadgen {
namespace {

using std::chrono::microseconds;

TEST(AcknowledgedWrites, ListsLostAndDuplicatedWrites) {
  const auto workload = loader::load_workload(test::specification(), test::spec_directory() + "/workloads/billing_day.yaml");
  ASSERT_TRUE(workload) << format(workload.problems(), i18n::Language::en);
  const VirtualDevices devices(test::specification(), *workload, {10, 0}, 1, 1);
  const core::Reconciliation& about = workload->reconcile.front();
  AcknowledgedWrites writes(about, "payments");
  const auto call = [&](std::uint64_t number) {
    DeviceCall out;
    out.device = 3;
    out.unique = out.sequence = number;
    return out;
  };
  for (std::uint64_t number = 1; number <= 6; ++number) writes.sent(call(number));
  for (const std::uint64_t number : {1U, 2U, 3U}) writes.accepted(call(number));
  writes.refused(call(4));
  const auto name = [&](std::uint64_t number) { return devices.request_template(about.step).text_of(about.field, call(number)); };
  const std::vector<std::string> shown = {name(1), name(3), name(3), name(5)};
  EXPECT_EQ(writes.devices_to_query(), std::vector<std::uint64_t>{3});
  writes.compare(3, devices, &shown);
  const auto record = writes.record();
  EXPECT_EQ(record.acknowledged, 3U);
  EXPECT_EQ(record.confirmed, 1U);
  EXPECT_EQ(record.lost_names, std::vector<std::string>{name(2)});
  EXPECT_EQ(record.duplicated_names, std::vector<std::string>{name(3)});
  EXPECT_EQ(record.unacknowledged, 2U);
  EXPECT_EQ(record.unacknowledged_confirmed, 1U);
}

TEST(Merge, RejectsRecordsWithImpossibleNumbers) {
  reports::LoadRecord record;
  const std::string json = to_json(record);
  i18n::Message why;
  EXPECT_TRUE(reports::load_record_from(json, why)) << render(why, i18n::Language::en);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"\"requests\": 0", "\"requests\": -1"},
                                                                                 {"\"started_at\": 0.0", "\"started_at\": 1e300"},
                                                                                 {"\"started_at\": 0.0", "\"started_at\": 1e15"},
                                                                                 {"\"meters\": 0", "\"meters\": 1e19"},
                                                                                 {"\"requests\": 0", "\"requests\": 1.5"},
                                                                                 {"\"duration_s\": 0.0", "\"duration_s\": -0.5"}}) {
    std::string changed = json;
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    changed.replace(changed.find(from), from.size(), to);
    why = {};
    EXPECT_FALSE(reports::load_record_from(changed, why)) << to;
    EXPECT_FALSE(why.empty());
  }
}

TEST(Merge, RejectsARecordThatIsNestedTooDeeply) {
  const std::string deep(200'000, '['), end(200'000, ']');
  i18n::Message why;
  EXPECT_FALSE(reports::load_record_from(R"({"schema":"meterproof/load/1","x":)" + deep + end + "}", why));
  EXPECT_EQ(render(why, i18n::Language::en), "it is nested too deeply");
}

TEST(Merge, AddsCountsAndHistogramsAndRejectsOtherRuns) {
  const auto shard = [](const std::string& name, int from) {
    LoadResult result;
    for (int i = from; i < from + 1000; ++i) result.latencies.response_time.record(microseconds(i));
    summarize(result.record, result.latencies);
    result.record.shard = name;
    result.record.connections = 1;
    result.record.requests = result.record.replies = result.record.good = result.record.measured = 1000;
    result.record.rate = 100;
    reports::LoadInterval second;
    second.requests = second.good = 1000;
    second.histogram = result.latencies.response_time.encoded();
    result.record.series.push_back(second);
    result.record.started_at = 1000;
    return result.record;
  };
  i18n::Message why;
  const auto one = merge_shards({shard("0/2", 0), shard("1/2", 1000)}, why);
  ASSERT_TRUE(one) << render(why, i18n::Language::en);
  EXPECT_EQ(one->requests, 2000U);
  EXPECT_DOUBLE_EQ(one->rate, 200);
  EXPECT_NEAR(one->response_time.p50, 1.0, 0.002);
  ASSERT_EQ(one->series.size(), 1U);
  EXPECT_EQ(one->series.front().good, 2000U);
  EXPECT_NEAR(one->series.front().p50, 1.0, 0.002);
  EXPECT_NEAR(one->series.front().p99, 1.98, 0.002);
  EXPECT_EQ(one->exit_code, 0);
  EXPECT_FALSE(merge_shards({shard("0/2", 0), shard("0/2", 0)}, why));
  EXPECT_NE(render(why, i18n::Language::en).find("twice"), std::string::npos);
  auto other = shard("1/2", 0);
  other.target = "http://elsewhere:1";
  EXPECT_FALSE(merge_shards({shard("0/2", 0), other}, why));
}

}  // namespace
}  // namespace meterproof::loadgen
