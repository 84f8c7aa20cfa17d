// SPDX-License-Identifier: Apache-2.0
#include "reports/record_json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/i18n/message.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {
namespace record_json_test {

using i18n::Message;
using nlohmann::json;

CheckRecord full_check() {
  CheckRecord record;
  record.tool = "meterproof";
  record.suite = {"meterproof", "1", "1.0.0", "abc"};
  record.target = "http://t";
  record.role = "platform";
  record.verdict = RunVerdict::does_not_conform;
  record.exit_code = 1;
  record.filter = "X/*";
  record.notes = {i18n::msg<"client.no-call">()};
  record.calibration = {{"time-zone", i18n::verbatim("+08:00")}, {"token", i18n::untranslated("upper case")}};
  record.declarations = {{"waiver", "X/*", "agreed", "2027-01-01"}};
  record.questions = {{"q", "问", "ask", {"a"}, {"b"}, true}};
  CaseRecord& one = record.cases.emplace_back();
  one.id = "X/-1/zero";
  one.title = {"题", "title"};
  one.requirement = {"要求", "requirement"};
  one.clauses = {"3.1"};
  one.verdict = Verdict::failed;
  one.expected = i18n::localized({"甲", "a"});
  one.observed = i18n::list({i18n::verbatim("1"), i18n::msg<"transport.detail">(i18n::msg<"transport.reset">(), "why")});
  one.reason = i18n::msg<"client.in-place-of">("usercode", "UserCode");
  one.request = {"POST", "/", {{"A", "b"}}, "{}"};
  one.reply = {"replied", 200, {{"C", "d"}}, "{\"a\":1}", 1.5, ""};
  one.kind = "code";
  one.cause = "accepts/X/-1";
  one.requests = 2;
  record.min_reach = 95.5;
  record.reach =
      ReachRecord{3, 1, {{"3.1", "X", 3, 1, {{i18n::msg<"reach.no-hook">(), true, {i18n::msg<"reach.by-hook">("database")}, {"3.1/code/-203"}}}}}, {"Y"}, {}};
  record.causes = {{"accepts/X/-1", i18n::msg<"cause.accepts">("X", "-1"), {"X/-1/zero"}}};
  record.requests_by = {{"X", "code", 1, 2}};
  record.transcript.emplace();
  record.transcript->max_rows = 20;
  record.transcript->budget_ms = 300'000;
  record.transcript->apps = {"a"};
  record.transcript->fixtures = {{"user", "U1"}};
  record.transcript->effect_timeout_ms = 10;
  record.transcript->events.push_back({"exchange", {one.request}, {{"replied", 200, {}, std::string("\xff\0\x01", 3), 0, "detail"}}, "", {}, {}, {}});
  record.transcript->events.push_back({"time", {}, {}, "", {}, {1, -2}, {}});
  record.transcript->events.push_back({"hook", {}, {}, "", i18n::msg<"check.hook-ended">("exit 3", 3), {}, {}});
  record.transcript->events.push_back(
      {"call", {one.request}, {}, "POST /p HTTP/1.1\r\n\r\n", {}, {5, 6}, FindingRecord{"token_wrong", {"标", "title"}, {"因", "why"}, "a", "20260101080000"}});
  record.transcript->client = ClientRunRecord{{"reply-lost"}, {"X"}, true, 900, 3, {{"user", true, {{{"UserCode", "U#"}}}}}, 1};
  record.calls_by = {{"X", 4, 2, 1, 1}};
  return record;
}

// The events are written and read apart: nothing shows it.
TEST(RecordJson, EventsAreLaidOutAsTheRest) {
  CheckRecord record = full_check();
  for (const bool any : {true, false}) {
    if (!any) record.transcript->events.clear();
    const std::string text = to_json(record);
    EXPECT_EQ(text, nlohmann::ordered_json::parse(text).dump(1) + "\n");
    EXPECT_EQ(json::parse(text)["transcript"]["events"].size(), any ? 4U : 0U);
  }
}

TEST(RecordJson, AnEventThatIsNoneIsAMistakeOfTheRecord) {
  const std::string text = to_json(full_check());
  const auto read_with = [&](const std::string& event) {
    const std::size_t begin = text.find("\"events\": [") + 11;
    std::string wrong = text;
    wrong.insert(begin, event + ",");
    i18n::Message why;
    EXPECT_FALSE(check_record_from(wrong, why)) << event;
    return why.id;
  };
  EXPECT_EQ(read_with("{}"), "record.damaged");
  EXPECT_EQ(read_with("1"), "record.damaged");
  EXPECT_EQ(read_with("{\"kind\":1}"), "record.damaged");
  EXPECT_EQ(read_with(""), "record.not-json");
  EXPECT_EQ(read_with("{} {}"), "record.not-json");
}

TEST(RecordJson, ACheckIsReadAsItWasWritten) {
  const CheckRecord record = full_check();
  i18n::Message why;
  const auto again = check_record_from(to_json(record), why);
  ASSERT_TRUE(again) << render(why, i18n::Language::en);
  EXPECT_EQ(to_json(*again), to_json(record));
  EXPECT_EQ(again->cases[0].observed, record.cases[0].observed);
  EXPECT_EQ(again->cases[0].reason, record.cases[0].reason);
  EXPECT_EQ(again->transcript->events[2].message, record.transcript->events[2].message);
  ASSERT_TRUE(again->transcript->events.back().found);
  EXPECT_EQ(again->transcript->events.back().found->what, "token_wrong");
  EXPECT_EQ(again->transcript->events.back().found->why.zh, "因");
  EXPECT_EQ(again->transcript->events.back().found->timestamp, "20260101080000");
  EXPECT_EQ(again->transcript->client, record.transcript->client);
  EXPECT_EQ(again->calls_by, record.calls_by);
  EXPECT_EQ(again->suite, record.suite);
  EXPECT_EQ(again->reach, record.reach);
  EXPECT_EQ(again->causes, record.causes);
  EXPECT_EQ(again->requests_by, record.requests_by);
  EXPECT_EQ(again->min_reach, record.min_reach);
  EXPECT_EQ(again->cases[0].cause, record.cases[0].cause);
  EXPECT_EQ(again->transcript->max_rows, record.transcript->max_rows);
  EXPECT_EQ(again->transcript->budget_ms, record.transcript->budget_ms);
  EXPECT_EQ(again->calibration, record.calibration);
  EXPECT_EQ(again->transcript->events[0].replies[0].body, std::string("\xff\0\x01", 3));
  EXPECT_EQ(again->transcript->events[0].replies[0].detail, "detail");
  EXPECT_EQ(again->transcript->events[1].times, (std::vector<std::int64_t>{1, -2}));
}

// The reach was called coverage once, and counted by clause alone; --max-rows was --budget.
TEST(RecordJson, WhatWasCalledOtherwiseIsRead) {
  auto older = json::parse(to_json(full_check()));
  older.erase("reach");
  older["coverage"] = {{"clauses", 183}, {"decided", 171}, {"without_control", {"X"}}};
  older["transcript"]["budget"] = older["transcript"]["max_rows"];
  older["transcript"].erase("max_rows");
  i18n::Message why;
  const auto read = check_record_from(older.dump(), why);
  ASSERT_TRUE(read) << render(why, i18n::Language::en);
  ASSERT_TRUE(read->reach);
  EXPECT_EQ(*read->reach, (ReachRecord{183, 171, {}, {"X"}, {}}));
  EXPECT_EQ(read->transcript->max_rows, 20U);
  const auto again = json::parse(to_json(*read));
  EXPECT_EQ(again["reach"]["judged"], 171);
  EXPECT_FALSE(again.contains("coverage"));
  older["coverage"].erase("decided");
  EXPECT_FALSE(check_record_from(older.dump(), why));
}

TEST(RecordJson, AMessageIsAnIdWithArgumentsAndItsEnglish) {
  const auto one = json::parse(to_json(full_check()))["cases"][0];
  EXPECT_EQ(one["reason"],
            (json{{"id", "client.in-place-of"}, {"args", {{"given", "usercode"}, {"expected", "UserCode"}}}, {"en", "usercode in place of UserCode"}}));
  EXPECT_EQ(one["observed"]["en"], "1; connection reset (why)");
  EXPECT_EQ(one["observed"]["args"]["items"][1]["args"]["reason"][0]["id"], "transport.reset");
}

TEST(RecordJson, AnIdOfAnotherReleaseKeepsItsEnglish) {
  auto record = json::parse(to_json(full_check()));
  record["cases"][0]["reason"] = {{"id", "of.the-future"}, {"args", {{"x", "1"}}}, {"en", "said in English"}};
  i18n::Message why;
  const auto read = check_record_from(record.dump(), why);
  ASSERT_TRUE(read) << render(why, i18n::Language::en);
  EXPECT_EQ(i18n::render(read->cases[0].reason, Language::zh), "said in English");
  EXPECT_EQ(json::parse(to_json(*read))["cases"][0]["reason"], record["cases"][0]["reason"]);
}

TEST(RecordJson, WhatIsNoRecordIsRefusedWithAReason) {
  const auto refused = [](const json& record) {
    i18n::Message why;
    EXPECT_FALSE(check_record_from(record.dump(), why)) << record.dump().substr(0, 200);
    return render(why, i18n::Language::en);
  };
  auto record = json::parse(to_json(full_check()));
  record["cases"][0]["verdict"] = "splendid";
  EXPECT_NE(refused(record).find("no such verdict"), std::string::npos);
  record = json::parse(to_json(full_check()));
  record["requests"] = -1;
  EXPECT_NE(refused(record).find("whole number"), std::string::npos);
  record = json::parse(to_json(full_check()));
  record["questions"] = std::vector<int>(100'001);
  EXPECT_EQ(refused(record), "it is not a whole record: \"questions\" has more than 100000 entries");
  record = json::parse(to_json(full_check()));
  record["cases"][0]["reason"]["args"]["given"] = 7;
  EXPECT_NE(refused(record).find("an argument of a message"), std::string::npos);
  record = json::parse(to_json(full_check()));
  record["cases"] = 7;
  EXPECT_EQ(refused(record), "it is not a whole record: a list is expected");
  record = json::parse(to_json(full_check()));
  record["target"] = 7;
  EXPECT_EQ(refused(record), "it is not a whole record: \"target\" has a value of the wrong type");
  record = json::parse(to_json(full_check()));
  record.erase("suite");
  EXPECT_EQ(refused(record), "it is not a whole record: \"suite\" is missing");
  EXPECT_EQ(refused({{"schema", "meterproof/check/1"}}), "it is not a whole record: a part is missing, or of the wrong type");
  i18n::Message why;
  EXPECT_FALSE(check_record_from(std::string(100, '[') + std::string(100, ']'), why));
  EXPECT_EQ(render(why, i18n::Language::en), "it is nested too deeply");
  EXPECT_FALSE(check_record_from(std::string("\xFF\xFE{\0\"\0}\0", 8), why));
  EXPECT_EQ(render(why, i18n::Language::en), "it is not JSON: it is in UTF-16LE: UTF-8 is needed");
  EXPECT_NE(refused({{"schema", "meterproof/load/2"}}).find("meterproof/check/2"), std::string::npos);
}

TEST(RecordJson, AVerdictIsWhatTheCasesComeTo) {
  using Change = void (*)(CheckRecord&);
  const struct {
    const char* what;
    Change change;
    bool concluded;
  } table[] = {
      {"as it was", [](CheckRecord&) {}, true},
      {"a failed case inside", [](CheckRecord& r) { r.verdict = RunVerdict::conforms, r.exit_code = 0; }, false},
      {"another exit code", [](CheckRecord& r) { r.exit_code = 0; }, false},
      {"no failed case inside", [](CheckRecord& r) { r.cases[0].verdict = Verdict::passed; }, false},
      {"not reached in the end", [](CheckRecord& r) { r.verdict = RunVerdict::unreachable, r.exit_code = 3; }, true},
      {"nothing decided", [](CheckRecord& r) { r.cases.clear(), r.verdict = RunVerdict::conforms, r.exit_code = 0; }, false},
      {"interrupted", [](CheckRecord& r) { r.interrupted = true, r.cases[0].verdict = Verdict::passed, r.verdict = RunVerdict::conforms, r.exit_code = 0; },
       false},
  };
  for (const auto& row : table) {
    CheckRecord record = full_check();
    row.change(record);
    EXPECT_EQ(is_concluded(record), row.concluded) << row.what;
  }
}

TEST(RecordJson, ALoadIsReadAsItWasWritten) {
  LoadRecord record;
  record.verdict = i18n::msg<"load.good">();
  record.mode = "open";
  record.stages = {i18n::msg<"load.stage-constant">("5", "1")};
  record.response_time.p50 = 1.25;
  record.errors = {{i18n::msg<"transport.timed-out">(), 3}};
  ReconciliationRecord& reconciled = record.reconciliation.emplace_back();
  reconciled.name = "r";
  reconciled.acknowledged = 5, reconciled.confirmed = 4, reconciled.lost = 1, reconciled.unacknowledged = 2, reconciled.unacknowledged_confirmed = 1;
  reconciled.differing = 3, reconciled.phantom = 2, reconciled.refused_stored = 1;
  reconciled.lost_names = {"x"};
  reconciled.phantom_names = {"y"};
  record.thresholds = {{"p99<1ms", true, i18n::verbatim("0.5 ms")}};
  record.differences = {{"p50", 1, 2, 2, -1, 3, "worse"}};
  record.runs.emplace_back().verdict = i18n::msg<"load.step-sustained">();
  record.curves = {{"response_time", {{0.5, 1.5}}}};
  record.series.emplace_back().result_codes = {{"1", 5}};
  i18n::Message why;
  const auto again = load_record_from(to_json(record), why);
  ASSERT_TRUE(again) << render(why, i18n::Language::en);
  EXPECT_EQ(to_json(*again), to_json(record));
  EXPECT_TRUE(std::isnan(again->response_time.p99));
  EXPECT_EQ(again->errors[0].cause, record.errors[0].cause);
  auto impossible = json::parse(to_json(record));
  impossible["rate"] = -5;
  EXPECT_FALSE(load_record_from(impossible.dump(), why));
  EXPECT_EQ(render(why, i18n::Language::en), "a figure in it is negative, or too large to be true");
}

TEST(RecordJson, IsTheSamePieceByPiece) {
  const CheckRecord check = full_check();
  ASSERT_TRUE(check.transcript);
  std::ostringstream whole, plain;
  write_json(whole, check);
  EXPECT_EQ(whole.str(), to_json(check));
  CheckRecord without = check;
  without.transcript.reset();
  write_json(plain, without);
  EXPECT_EQ(plain.str(), to_json(without));
}

TEST(RecordJson, PagesHaveTheRecordWithoutItsTranscript) {
  CheckRecord record = full_check();
  const std::string page = to_page_json(record);
  record.transcript.reset();
  EXPECT_EQ(page, with_chinese(to_json(record)));
  EXPECT_EQ(to_page_json(LoadRecord()), with_chinese(to_json(LoadRecord())));
}

TEST(RecordJson, PagesHaveChineseBesideEnglish) {
  const auto page = json::parse(with_chinese(to_json(full_check())));
  EXPECT_EQ(page["cases"][0]["reason"], (json{{"id", "client.in-place-of"}, {"en", "usercode in place of UserCode"}, {"zh", "usercode，应为 UserCode"}}));
  EXPECT_EQ(page["calibration"][0]["label"], (json{{"en", "time zone"}, {"zh", "时区"}}));
  EXPECT_EQ(page["cases"][0]["reply"]["transport_text"]["zh"], "已应答");
}

}  // namespace record_json_test
}  // namespace meterproof::reports
