// SPDX-License-Identifier: Apache-2.0
// Parts of the cases, through the front door: how they are chosen, that no report tells a verdict without its part, and what a run leaves behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/support/lacking_platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace selection_test {

using nlohmann::json;
using test::Finished;
using test::LackingPlatform;
using test::Process;
using test::run;
using test::temporary;

std::set<std::string> listed(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"check", "--list"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Finished done = run(arguments);
  EXPECT_EQ(done.exit_code, 0) << done.out;
  std::set<std::string> out;
  std::stringstream lines(done.out);
  for (std::string section, id; lines >> section >> id;) out.insert(id);
  return out;
}

std::set<std::string> of_interface(const std::set<std::string>& ids, const std::string& name) {
  std::set<std::string> out;
  for (const std::string& id : ids)
    if (id.starts_with(name + "/")) out.insert(id);
  return out;
}

TEST(Selection, NamesPatternsAndExclusionsAreOneList) {
  const std::set<std::string> all = listed({});
  const std::set<std::string> users = of_interface(all, "GetUserInfo"), payments = of_interface(all, "GetPayList");
  ASSERT_GT(users.size(), 100U);
  std::set<std::string> both = users, without_signatures = users;
  both.insert(payments.begin(), payments.end());
  std::erase_if(without_signatures, [](const std::string& id) { return id.find("/-202/") != std::string::npos; });
  const struct {
    std::vector<std::string> options;
    const std::set<std::string>& expected;
  } table[] = {
      {{"--filter", "GetUserInfo"}, users},
      {{"--filter", "getuserinfo"}, users},
      {{"--filter", "GetUserInfo/*"}, users},
      {{"--only", "GetUserInfo"}, users},
      {{"--only=GetUserInfo"}, users},
      {{"--filter", "GetUserInfo", "--filter", "GetUserInfo/1/*"}, users},
      {{"--filter", "GetUserInfo", "--filter", "GetPayList"}, both},
      {{"--filter", "GetUserInfo,GetPayList"}, both},
      {{"--filter", "GetUserInfo", "--exclude", "*/-202/*"}, without_signatures},
      {{"--exclude", "*/-202/*", "--filter", "GetUserInfo", "--exclude", "*/-202/*"}, without_signatures},
  };
  for (const auto& row : table) EXPECT_EQ(listed(row.options), row.expected) << row.options.back();
  std::set<std::string> rest = all;
  for (const std::string& id : users) rest.erase(id);
  EXPECT_EQ(listed({"--exclude", "GetUserInfo"}), rest);
}

TEST(Selection, WhatFailedIsRunAgain) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--app", "a:s", "--mutant", "RemotePay/-4/1-Money/ignored"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), first = temporary("failed.json"), second = temporary("again.json");
  const std::vector<std::string> whole = {"check", url, "--app", "a:s", "--effect-timeout", "0s", "--filter", "RemotePay", "--json", first};
  ASSERT_EQ(run(whole).exit_code, 1);
  std::set<std::string> failed;
  const json record = json::parse(test::read_file(first));
  for (const json& one : record["cases"])
    if (one["verdict"] == "failed") failed.insert(one["id"].get<std::string>());
  ASSERT_GT(failed.size(), 1U);
  EXPECT_EQ(listed({"--failed-in", first}), failed);
  const Finished again = run({"check", url, "--app", "a:s", "--effect-timeout", "0s", "--failed-in", first, "--json", second});
  EXPECT_EQ(again.exit_code, 1) << again.out;
  std::set<std::string> tried;
  const json once_more = json::parse(test::read_file(second));
  for (const json& one : once_more["cases"]) tried.insert(one["id"].get<std::string>());
  EXPECT_EQ(tried, failed);
  EXPECT_NE(again.out.find("(--failed-in " + std::filesystem::path(first).filename().string() + ")"), std::string::npos) << again.out;
  const Finished none = run({"check", "--list", "--failed-in", first, "--exclude", "RemotePay"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.out.find("leaves no case to be run"), std::string::npos) << none.out;
  for (const char* path : {"/nowhere", METERPROOF_PROGRAM}) EXPECT_EQ(run({"check", "--list", "--failed-in", path}).exit_code, 2) << path;
}

TEST(Selection, ARecordWithoutFailuresLeavesNothingToDo) {
  LackingPlatform platform;
  const std::string file = temporary("good.json");
  const std::vector<std::string> apps = {"--app", "demo:demo-secret", "--app", "other:other-secret"};
  std::vector<std::string> arguments = {"check", platform.url(), "--filter", "GetUserInfo/1/*", "--json", file};
  arguments.insert(arguments.end(), apps.begin(), apps.end());
  ASSERT_EQ(run(arguments).exit_code, 0);
  const Finished done = run({"check", "--list", "--failed-in", file});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.out.find("no case of this version failed in it"), std::string::npos) << done.out;
}

// Seven of some 1342 cases are no conformance: every form of the report says so where it tells the verdict.
TEST(Headline, TellsThePartInEveryReport) {
  LackingPlatform platform;
  const std::string base = temporary("part");
  const std::string forms[] = {"json", "junit", "html", "markdown", "text"};
  std::vector<std::string> arguments = {"--lang",    "en",
                                        "check",     platform.url(),
                                        "--app",     "demo:demo-secret",
                                        "--app",     "other:other-secret",
                                        "--filter",  "GetUserInfo/1/*",
                                        "--exclude", "GetUserInfo/1/by-user"};
  for (const std::string& form : forms) arguments.insert(arguments.end(), {"--" + form, base + "." + form});
  const Finished done = run(arguments);
  EXPECT_EQ(done.exit_code, 0) << done.out;
  const json record = json::parse(test::read_file(base + ".json"));
  const std::string planned = std::to_string(record["planned"].get<int>());
  EXPECT_GT(record["planned"].get<int>(), 1000);
  const std::string part = "conforms in part: 2 of " + planned + " cases (--filter ";
  EXPECT_NE(done.out.find(part), std::string::npos) << done.out;
  EXPECT_NE(record["headline"]["en"].get<std::string>().find(part), std::string::npos);
  for (const std::string& form : forms) {
    std::string text = test::read_file(base + "." + form);
    std::erase(text, '\\');  // Markdown writes \* for *
    EXPECT_NE(text.find(part), std::string::npos) << form;
    std::filesystem::remove(base + "." + form);
  }
  std::vector<std::string> quiet(arguments.begin(), arguments.begin() + 12);
  quiet.emplace_back("--quiet");
  const Finished line = run(quiet);
  EXPECT_NE(line.out.find(part), std::string::npos) << line.out;
  quiet[1] = "zh";
  EXPECT_NE(run(quiet).out.find("部分符合：" + planned + " 个用例中的 2 个"), std::string::npos);
}

std::size_t rows_of(const json& record, const std::string& table) {
  for (const json& one : record["left_behind"])
    if (one["table"] == table) return one["count"].get<std::size_t>();
  return 0;
}

/// The rows of a table that the mock has and whose key is one of a run's.
std::set<std::string> new_keys(const json& data, const std::string& table, const std::string& key) {
  std::set<std::string> out;
  for (const json& row : data[table]) {
    const std::string text = row[key].get<std::string>();
    if (text.find("79") == text.find_first_not_of('0')) out.insert(text);
  }
  return out;
}

TEST(LeftBehind, EveryRowIsListedAndKnownByItsPrefix) {
  Process mock({"mock", "--port", "0", "--app", "a:s", "--app", "b:t"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), file = temporary("left.json"), csv = temporary("left.csv");
  net::HttpClient client({"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
  const Finished done = run({"check", url, "--app", "a:s", "--app", "b:t", "--json", file, "--left-behind", csv});
  EXPECT_EQ(done.exit_code, 0) << done.out;
  const json record = json::parse(test::read_file(file)), data = json::parse(client.exchange({"GET", "/_mock/data", {}, ""}).body);
  std::size_t rows = 0;
  for (const auto& [table, key] :
       {std::pair("user", "UserCode"), std::pair("meter", "MeterAddr"), std::pair("price", "PriceTypeCode"), std::pair("payment", "TransId")}) {
    std::set<std::string> told;
    for (const json& one : record["left_behind"])
      if (one["table"] == table) told = one["keys"].get<std::set<std::string>>();
    EXPECT_GT(told.size(), 20U) << table;
    const std::set<std::string> made = new_keys(data, table, key);
    std::vector<std::string> apart;
    std::set_symmetric_difference(told.begin(), told.end(), made.begin(), made.end(), std::back_inserter(apart));
    EXPECT_EQ(apart, std::vector<std::string>()) << table;
    rows += told.size();
  }
  const std::string lines = test::read_file(csv);
  EXPECT_EQ(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')), rows + 1);
  EXPECT_TRUE(lines.starts_with("table,key\n"));
  EXPECT_NE(done.out.find("made at the target and left there: "), std::string::npos) << done.out;
}

TEST(LeftBehind, NoMoreRowsAreMadeThanAllowed) {
  for (const std::size_t most : {1U, 20U}) {
    LackingPlatform platform;
    const std::string file = temporary("max-rows.json");
    const Finished done = run({"check", platform.url(), "--app", "demo:demo-secret", "--app", "other:other-secret", "--effect-timeout", "0s", "--max-rows",
                               std::to_string(most), "--json", file});
    EXPECT_TRUE(done.exit_code == 0 || done.exit_code == 4) << done.out;
    const json record = json::parse(test::read_file(file));
    EXPECT_EQ(record["summary"]["failed"], 0) << done.out;
    for (const char* table : {"user", "meter", "price", "payment"}) EXPECT_LE(rows_of(record, table), most) << table;
    EXPECT_NE(record.dump().find("case.budget"), std::string::npos) << "what needs more is undecided, and says why";
    if (most == 20) EXPECT_GE(record["summary"]["passed"].get<int>(), 500) << done.out;
    if (done.exit_code == 0) EXPECT_NE(done.out.find("more rows than --max-rows"), std::string::npos) << done.out;
  }
}

// Every step as a command, what came back and what was due: of sequences, effects, replays and requests at once.
TEST(Steps, AreShownWhereSeveralRequestsMatter) {
  core::Spec idle = test::specification();
  for (core::Interface& interface : idle.interfaces)
    std::erase_if(interface.effects, [](const core::Step& step) { return step.kind == core::Step::Kind::update || step.kind == core::Step::Kind::charge; });
  auto options = test::options_for("platform");
  options.selection.only = {"*/sequence/*", "*/effect/*"};
  const auto record = test::check_mock(idle, test::settings_for(idle), options);
  std::size_t sequences = 0, effects = 0, due = 0;
  for (const reports::CaseRecord& one : record.cases) {
    if (one.verdict == reports::Verdict::passed) EXPECT_TRUE(one.steps.empty()) << one.id;
    if (one.verdict != reports::Verdict::failed) continue;
    (one.id.find("/sequence/") == std::string::npos ? effects : sequences) += 1;
    ASSERT_GE(one.steps.size(), 2U) << one.id;
    EXPECT_LE(one.steps.size(), 40U) << one.id;
    EXPECT_EQ(static_cast<std::size_t>(std::count(one.curl.begin(), one.curl.end(), '\n')) + 1, one.steps.size()) << one.id;
    for (const reports::StepRecord& step : one.steps) {
      EXPECT_NE(step.curl.find("curl "), std::string::npos) << one.id;
      EXPECT_EQ(step.reply.transport, "replied") << one.id;
      if (step.expected.empty()) continue;
      ++due;
      EXPECT_TRUE(json::parse(step.expected, nullptr, false).is_array()) << one.id << ": " << step.expected;
    }
  }
  EXPECT_GT(sequences, 0U);
  EXPECT_GT(effects, 0U);
  EXPECT_GE(due, sequences + effects);
}

}  // namespace selection_test
}  // namespace meterproof
