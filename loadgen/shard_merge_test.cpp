// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "core/decimal/decimal.hpp"
#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/run.hpp"
#include "loadgen/shard_merge.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::loadgen {
namespace shard_merge_test {

using std::chrono::microseconds;

core::Workload billing_day() {
  auto workload = loader::load_workload(test::specification(), test::spec_directory() + "/workloads/billing_day.yaml");
  if (!workload) throw std::runtime_error(format(workload.problems(), i18n::Language::en));
  return std::move(*workload);
}

DeviceCall call_of(std::uint64_t number, const std::string& watched = "12.50\n") {
  DeviceCall out;
  out.device = 3;
  out.unique = out.sequence = number;
  out.watched = watched;
  return out;
}

TEST(AcknowledgedWrites, ListsLostAndDuplicatedWrites) {
  const core::Workload workload = billing_day();
  const VirtualDevices devices(test::specification(), workload, {10, 0}, 1, 1);
  const core::Reconciliation& about = workload.reconcile.front();
  AcknowledgedWrites writes(about, "payments");
  for (std::uint64_t number = 1; number <= 6; ++number) writes.sent(call_of(number));
  for (const std::uint64_t number : {1U, 2U, 3U}) writes.accepted(call_of(number));
  writes.refused(call_of(4));
  const auto row = [&](std::uint64_t number) { return ShownRow{devices.request_template(about.step).text_of(about.field, call_of(number)), {"12.5"}}; };
  const std::vector<ShownRow> shown = {row(1), row(3), row(3), row(5)};
  EXPECT_EQ(writes.devices_to_query(), std::vector<std::uint64_t>{3});
  writes.compare(3, devices, &shown);
  const auto record = writes.record();
  EXPECT_EQ(record.acknowledged, 3U);
  EXPECT_EQ(record.confirmed, 1U);
  EXPECT_EQ(record.lost_names, std::vector<std::string>{row(2).name});
  EXPECT_EQ(record.duplicated_names, std::vector<std::string>{row(3).name});
  EXPECT_EQ(record.unacknowledged, 2U);
  EXPECT_EQ(record.unacknowledged_confirmed, 1U);
  EXPECT_EQ(record.differing + record.phantom + record.refused_stored, 0U);
}

TEST(AcknowledgedWrites, ListsWhatIsStoredOtherwiseThanSent) {
  const core::Workload workload = billing_day();
  const VirtualDevices devices(test::specification(), workload, {10, 0}, 1, 1);
  const core::Reconciliation& about = workload.reconcile.front();
  ASSERT_EQ(about.compare.size(), 1U);
  AcknowledgedWrites writes(about, "payments");
  const auto name = [&](std::uint64_t number) { return devices.request_template(about.step).text_of(about.field, call_of(number)); };
  for (std::uint64_t number = 1; number <= 5; ++number) writes.sent(call_of(number));
  for (const std::uint64_t number : {1U, 2U, 3U, 4U}) writes.accepted(call_of(number));
  writes.refused(call_of(5));
  writes.stored_before(3, {{"of somebody else", {"1"}}});
  const std::vector<ShownRow> shown = {{name(1), {"25.00"}}, {name(2), {"12.500000000000002"}}, {name(3), {"12.5"}},         {name(4), {""}},
                                       {name(5), {"12.50"}}, {"of somebody else", {"1"}},       {"out of thin air", {"999"}}};
  writes.compare(3, devices, &shown);
  const auto record = writes.record();
  EXPECT_EQ(record.acknowledged, 4U);
  EXPECT_EQ(record.confirmed, 2U) << "the noise of a binary computation is the right amount";
  EXPECT_EQ(record.differing, 2U);
  ASSERT_EQ(record.differing_names.size(), 2U);
  EXPECT_EQ(record.differing_names[0], name(1) + ": Money 12.50 ≠ 25.00");
  EXPECT_EQ(record.differing_names[1], name(4) + ": Money 12.50 ≠ -");
  EXPECT_EQ(record.refused_stored_names, std::vector<std::string>{name(5)});
  ASSERT_EQ(record.phantom_names.size(), 1U);
  EXPECT_NE(record.phantom_names[0].find("out of thin air"), std::string::npos);
  EXPECT_TRUE(record.is_wrong());

  AcknowledgedWrites unlooked(about, "payments");
  unlooked.sent(call_of(1));
  unlooked.accepted(call_of(1));
  const std::vector<ShownRow> others = {{name(1), {"12.5"}}, {"of somebody else", {"1"}}};
  unlooked.compare(3, devices, &others);
  EXPECT_FALSE(unlooked.record().is_wrong()) << "what was there before is not known";
}

TEST(AcknowledgedWrites, ARowWithoutItsKeyIsNobodys) {
  const core::Workload workload = billing_day();
  const VirtualDevices devices(test::specification(), workload, {10, 0}, 1, 1);
  const core::Reconciliation& about = workload.reconcile.front();
  const std::string name = devices.request_template(about.step).text_of(about.field, call_of(1));
  for (const std::size_t unnamed_before : {0U, 1U, 2U}) {
    AcknowledgedWrites writes(about, "payments");
    writes.stored_before(3, std::vector<ShownRow>(unnamed_before, {"", {"7"}}));
    writes.sent(call_of(1));
    writes.accepted(call_of(1));
    const std::vector<ShownRow> shown = {{name, {"12.5"}}, {"", {"999"}}, {"", {"7"}}};
    writes.compare(3, devices, &shown);
    EXPECT_EQ(writes.record().phantom, 2 - unnamed_before);
    EXPECT_EQ(writes.record().confirmed, 1U);
  }
}

TEST(AcknowledgedWrites, ARefusedReadingThatStandsIsTold) {
  const core::Workload workload = *loader::load_workload(test::specification(), test::spec_directory() + "/workloads/reports.yaml");
  const VirtualDevices devices(test::specification(), workload, {10, 0}, 1, 1);
  AcknowledgedWrites writes(workload.reconcile.front(), "readings");
  const int scale = devices.request_template(0).scale_of_reading();
  const auto reading = [&](std::uint64_t number) {
    DeviceCall out = call_of(number, "");
    out.second = static_cast<std::int64_t>(number);
    out.reading = static_cast<std::int64_t>(100 + number);
    return out;
  };
  const auto shown = [&](std::uint64_t number) {
    return std::vector<ShownRow>{{core::Decimal(static_cast<std::int64_t>(100 + number), scale).to_string(), {}}};
  };
  for (const std::uint64_t number : {1U, 2U, 3U}) writes.sent(reading(number));
  writes.accepted(reading(1));
  writes.accepted(reading(2));
  writes.refused(reading(3));
  for (const std::uint64_t number : {2U, 3U, 1U}) {
    AcknowledgedWrites one = writes;
    const auto rows = shown(number);
    one.compare(3, devices, &rows);
    EXPECT_EQ(one.record().confirmed, number == 2 ? 1U : 0U) << number;
    EXPECT_EQ(one.record().refused_stored, number == 3 ? 1U : 0U) << number;
    EXPECT_EQ(one.record().lost, number == 1 ? 1U : 0U) << number;
  }
}

TEST(VirtualDevices, WriteDownTheValuesThatAreCompared) {
  const core::Workload workload = billing_day();
  VirtualDevices devices(test::specification(), workload, {10, 0}, 1, 1);
  const core::Reconciliation& about = workload.reconcile.front();
  EXPECT_EQ(devices.request_template(about.step).watch({about.compare.front().field}), 0U);
  std::size_t seen = 0;
  for (int i = 0; i < 500; ++i) {
    std::string body;
    DeviceCall call;
    devices.append_next(body, call, core::DateTime{1'800'000'000});
    if (call.step != about.step) {
      EXPECT_EQ(call.watched, "");
      continue;
    }
    ++seen;
    const auto value = json::parse_json(body);
    ASSERT_TRUE(value) << body;
    EXPECT_EQ(call.watched, value->get("Money")->text + "\n") << body;
  }
  EXPECT_GT(seen, 5U);
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
    result.record.measured_s = 10;
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
  EXPECT_NEAR(one->series.front().p95, 1.9, 0.002);
  EXPECT_NEAR(one->series.front().p99, 1.98, 0.002);
  EXPECT_EQ(one->exit_code, 0);
  EXPECT_TRUE(why_no_shard(shard("0/2", 0)).empty());
  EXPECT_EQ(render(why_no_shard(shard("", 0)), i18n::Language::en), "it is a whole run, not a shard");
  EXPECT_EQ(render(why_no_shard(shard("merged", 0)), i18n::Language::en), "it is not a shard (merged)");
  EXPECT_FALSE(merge_shards({shard("0/2", 0), shard("0/2", 0)}, why));
  EXPECT_NE(render(why, i18n::Language::en).find("twice"), std::string::npos);
  auto other = shard("1/2", 0);
  other.target = "http://elsewhere:1";
  EXPECT_FALSE(merge_shards({shard("0/2", 0), other}, why));

  // 2^63 + (2^63 + 200) is no 200.
  using Spoil = void (*)(reports::LoadRecord&, std::uint64_t);
  const Spoil spoils[] = {[](reports::LoadRecord& spoilt, std::uint64_t count) { spoilt.requests = count; },
                          [](reports::LoadRecord& spoilt, std::uint64_t count) { spoilt.meters = count; },
                          [](reports::LoadRecord& spoilt, std::uint64_t count) { spoilt.result_codes["1"] = count; },
                          [](reports::LoadRecord& spoilt, std::uint64_t count) { spoilt.by_interface["x"]["1"] = count; },
                          [](reports::LoadRecord& spoilt, std::uint64_t count) {
                            spoilt.errors = {{i18n::verbatim("x"), count}};
                          },
                          [](reports::LoadRecord& spoilt, std::uint64_t count) { spoilt.series.front().errors = count; },
                          [](reports::LoadRecord& spoilt, std::uint64_t count) {
                            spoilt.reconciliation.resize(1);
                            spoilt.reconciliation.front().lost = count;
                          }};
  for (const Spoil spoil : spoils) {
    auto first = shard("0/2", 0), second = shard("1/2", 1000);
    spoil(first, 1ULL << 63U);
    spoil(second, (1ULL << 63U) + 200);
    EXPECT_FALSE(merge_shards({first, second}, why)) << (&spoil - spoils);
    EXPECT_EQ(why.id, "record.implausible") << (&spoil - spoils);
  }
}

TEST(Merge, NamesTwentyCodesAndAddsTheirCounts) {
  const auto record = [](std::uint64_t count) {
    reports::LoadRecord out;
    for (int code = 0; code < 20; ++code) out.notes.push_back(i18n::msg<"load.note-unknown-code">("ReportData", std::to_string(code), count));
    return out;
  };
  reports::LoadRecord sum = record(5);
  EXPECT_TRUE(add_counts(sum, record(7)));
  ASSERT_EQ(sum.notes.size(), 20U);
  EXPECT_EQ(sum.notes[3], i18n::msg<"load.note-unknown-code">("ReportData", "3", 12));
  reports::LoadRecord more = record(1);
  for (auto& note : more.notes) note.arguments[1].text += "00";
  EXPECT_TRUE(add_counts(sum, more));
  EXPECT_EQ(sum.notes.size(), 21U);
  EXPECT_EQ(sum.notes.back().id, "load.note-more-codes");
}

TEST(Merge, AShardThatWasGivenUpLeavesTheWholeUnjudged) {
  reports::LoadRecord first, second;
  first.shard = "0/2";
  second.shard = "1/2";
  first.connections = second.connections = 1;
  second.ended = i18n::verbatim("the target refuses its appIds");
  second.ended_exit_code = second.exit_code = 4;
  i18n::Message why;
  const auto merged = merge_shards({first, second}, why);
  ASSERT_TRUE(merged) << render(why, i18n::Language::en);
  EXPECT_EQ(merged->exit_code, 4);
  EXPECT_EQ(render(merged->verdict, i18n::Language::en), "shard 1/2: the target refuses its appIds");
}

TEST(Verdict, NamesTheFirstThingThatDecides) {
  reports::LoadRecord good;
  good.mode = "open";
  good.connections = 1;
  good.requests = good.good = good.measured = 100;
  const auto verdict = [&](const auto& change) {
    reports::LoadRecord record = good;
    change(record);
    set_verdict(record);
    return std::to_string(record.exit_code) + " " + record.verdict.id;
  };
  using Record = reports::LoadRecord;
  const auto reconciled = [](Record& record, std::uint64_t reports::ReconciliationRecord::*counter) {
    record.reconciliation.resize(1);
    record.reconciliation.front().*counter = 1;
  };
  using One = reports::ReconciliationRecord;
  EXPECT_EQ(verdict([](Record&) {}), "0 load.good");
  EXPECT_EQ(verdict([](Record& one) { one.thresholds = {{"p99<1ms", false, {}, true}}; }), "4 load.threshold-unknown");
  EXPECT_EQ(verdict([](Record& one) { one.thresholds = {{"p99<1ms", false, {}, true}, {"rate>=5", false, {}}}; }), "1 load.threshold-not-met");
  EXPECT_EQ(verdict([](Record& one) { one.clock_step_s = 600; }), "0 load.good") << "a step that harmed nobody";
  EXPECT_EQ(verdict([](Record& one) { one.clock_step_s = 600, one.good = 90; }), "4 load.clock-stepped-failed");
  EXPECT_EQ(verdict([](Record& one) { one.good = 90; }), "1 load.wrong-replies");
  EXPECT_EQ(verdict([](Record& one) { one.good = 0, one.ended = i18n::msg<"load.apps-refused-later">(20, -202), one.ended_exit_code = 4; }),
            "4 load.apps-refused-later");
  EXPECT_EQ(verdict([&](Record& one) { reconciled(one, &One::lost); }), "1 load.lost-or-duplicated");
  EXPECT_EQ(verdict([&](Record& one) { reconciled(one, &One::differing); }), "1 load.reconciled-wrong");
  EXPECT_EQ(verdict([&](Record& one) { reconciled(one, &One::phantom); }), "1 load.reconciled-wrong");
  EXPECT_EQ(verdict([&](Record& one) { reconciled(one, &One::refused_stored); }), "1 load.reconciled-wrong");
  EXPECT_EQ(verdict([&](Record& one) { reconciled(one, &One::not_queried); }), "1 load.not-queried");
}

}  // namespace shard_merge_test
}  // namespace meterproof::loadgen
