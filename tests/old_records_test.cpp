// SPDX-License-Identifier: Apache-2.0
// Records that release 0.1 wrote are still read.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/report_writer.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace old_records_test {

std::string old_record(const std::string& name) { return test::read_file(std::string(METERPROOF_SOURCE) + "/tests/data/records/" + name); }

TEST(OldRecords, OfACheckAreReadAndShown) {
  meterproof::i18n::Message why;
  const auto record = reports::check_record_from(old_record("check_v1.json"), why);
  ASSERT_TRUE(record) << render(why, i18n::Language::en);
  EXPECT_EQ(record->verdict, reports::RunVerdict::does_not_conform);
  EXPECT_EQ(record->filter, "GetData/re*");
  EXPECT_EQ(record->calibration.front().id, "refusal-status");
  EXPECT_EQ(i18n::render(record->calibration.front().label(), i18n::Language::zh), "拒绝时的 HTTP 状态");
  ASSERT_TRUE(record->transcript);
  EXPECT_GT(record->transcript->exchanges(), 10U);
  EXPECT_EQ(record->transcript->events.at(1).replies.empty(), record->transcript->events.at(1).sent.empty());
  const auto old = nlohmann::json::parse(old_record("check_v1.json"));
  ASSERT_EQ(record->cases.size(), old["cases"].size());
  for (std::size_t i = 0; i < record->cases.size(); ++i) {
    EXPECT_EQ(i18n::render(record->cases[i].expected, i18n::Language::en), old["cases"][i]["expected"].get<std::string>());
    EXPECT_EQ(record->cases[i].requirement.zh, old["cases"][i]["sentence"].get<std::string>());
    EXPECT_EQ(record->cases[i].reply.transport, old["cases"][i]["reply"]["outcome"].get<std::string>());
  }
  for (const auto& writer : reports::report_writers()) {
    if (writer->name() == "badge") continue;  // it has no room for cases
    const std::string text = writer->write({*record}, {});
    EXPECT_NE(text.find("GetData/reply/DataList.Remnant"), std::string::npos) << writer->name();
  }
}

TEST(OldRecords, OfALoadAreReadAndShown) {
  meterproof::i18n::Message why;
  const auto record = reports::load_record_from(old_record("load_v1.json"), why);
  ASSERT_TRUE(record) << render(why, i18n::Language::en);
  EXPECT_EQ(record->workload, "reports");
  EXPECT_EQ(record->thresholds.at(0).text, "p99<50ms");
  EXPECT_GT(record->response_time.max, 0);
  EXPECT_EQ(record->histograms.count("generator_lag"), 1U);
  EXPECT_FALSE(record->notes.empty());
  for (const auto& writer : reports::report_writers())
    EXPECT_NE(writer->write({*record}, {}).find(writer->name() == "badge" ? "reports" : "50ms"), std::string::npos) << writer->name();
}

}  // namespace old_records_test
}  // namespace meterproof
