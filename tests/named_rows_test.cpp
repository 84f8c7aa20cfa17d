// SPDX-License-Identifier: Apache-2.0
// What a target lacks, and what its vendor names: nothing absent is called, named rows are used, and what is named wrongly is told before the run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/lacking_platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace named_rows_test {

using nlohmann::json;
using test::Finished;
using test::LackingPlatform;
using test::run;
using test::temporary;

const std::set<std::string> writers = {"RemotePay", "ControlValve", "CreateMeter", "SetPrice", "ChangeMeter", "CreatePrice"};

/// A target file of that text.
class TargetFile {
 public:
  explicit TargetFile(const std::string& text) : path_(temporary("named-rows.yaml")) { std::ofstream(path_) << text; }
  ~TargetFile() { std::filesystem::remove(path_); }
  TargetFile(const TargetFile&) = delete;
  TargetFile& operator=(const TargetFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Checked {
  Finished finished;
  json record;  // null where none was written
};

Checked check(const std::string& url, const std::vector<std::string>& more) {
  const std::string file = temporary("named-rows.json");
  std::filesystem::remove(file);
  std::vector<std::string> arguments = {"check", url, "--app", "demo:demo-secret", "--app", "other:other-secret", "--effect-timeout", "0s", "--json", file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Checked out{run(arguments), nullptr};
  out.record = json::parse(test::read_file(file), nullptr, false);
  std::filesystem::remove(file);
  return out;
}

std::string unsupported(const std::set<std::string>& interfaces) {
  std::string out = "unsupported:\n";
  for (const std::string& name : interfaces) out += "  - { cases: " + name + ", reason: not built }\n";
  return out;
}

const json& case_of(const json& record, std::string_view id) {
  for (const json& one : record["cases"])
    if (one["id"].get_ref<const std::string&>() == id) return one;
  throw std::runtime_error("no case " + std::string(id));
}

// One request, which changes nothing, tells whether the declaration is so; here it is, and nothing is said.
TEST(Absent, IsCalledOnceAndHarmlessly) {
  for (const core::Interface& interface : test::specification().interfaces) {
    if (interface.served_by != core::Role::platform) continue;
    LackingPlatform platform;
    const TargetFile target(unsupported({interface.name}));
    const Checked done = check(platform.url(), {"--target", target.path(), "--random-steps", "60"});
    EXPECT_LE(platform.calls(interface.name), 1U) << interface.name;
    if (interface.reply.empty())
      for (const std::string& body : platform.bodies(interface.name)) EXPECT_EQ(body, "{}") << interface.name;
    EXPECT_GT(platform.calls(), 100U) << interface.name;
    ASSERT_TRUE(done.record.is_object()) << done.finished.out;
    EXPECT_EQ(done.record["summary"]["failed"], 0) << interface.name << ": " << done.finished.out;
    EXPECT_EQ(done.record["summary"]["broken"], 0) << interface.name;
    if (done.finished.exit_code == 0)
      EXPECT_NE(done.finished.out.find(" without " + interface.name + " (declared absent, "), std::string::npos) << done.finished.out;
    else EXPECT_EQ(done.finished.exit_code, 4) << interface.name << ": " << done.finished.out;
  }
}

// Declared and there, and there without being declared: both are told with what to change in the target file. A server that answers every path alike is
// not said to have an interface.
TEST(Absent, DeclarationsAreLookedInto) {
  {
    LackingPlatform platform;
    const TargetFile target(unsupported({"GetPayList", "ControlValve"}));
    const Checked done = check(platform.url(), {"--target", target.path()});
    for (const char* name : {"GetPayList", "ControlValve"}) {
      EXPECT_EQ(platform.calls(name), 1U) << name;
      const std::string note = std::string(name) + " is declared unsupported, and it answers: ResultCode ";
      EXPECT_NE(done.finished.out.find(note), std::string::npos) << done.finished.out;
      EXPECT_NE(done.finished.out.find("take \"" + std::string(name) + "\" out of unsupported"), std::string::npos) << done.finished.out;
    }
  }
  {
    LackingPlatform platform({"GetPayList"});
    const Checked done = check(platform.url(), {});
    EXPECT_NE(done.record.dump().find("check.absent-but-undeclared"), std::string::npos) << done.finished.out;
    EXPECT_NE(done.record.dump().find("- { cases: GetPayList, reason: … }"), std::string::npos);
  }
  LackingPlatform platform({"GetPayList"});
  const TargetFile target(unsupported({"GetPayList"}));
  const std::string said = check(platform.url(), {"--target", target.path()}).record.dump();
  EXPECT_EQ(said.find("check.declared-but-there"), std::string::npos);
  EXPECT_EQ(said.find("check.absent-but-undeclared"), std::string::npos);
}

TEST(Absent, WhatOthersLoseIsUndecidedUnderItsName) {
  LackingPlatform platform;
  const TargetFile target(unsupported({"GetPayList"}));
  const Checked done = check(platform.url(), {"--target", target.path()});
  EXPECT_EQ(done.finished.exit_code, 0) << done.finished.out;
  const json& lost = case_of(done.record, "RemotePay/effect/get-pay-list");
  EXPECT_EQ(lost["verdict"], "inconclusive");
  EXPECT_EQ(lost["reason"]["en"], "the case needs GetPayList, which is declared unsupported");
  EXPECT_EQ(case_of(done.record, "GetPayList/1/by-dates")["verdict"], "not_applicable");
}

TEST(NamedRows, AVendorWhoBuiltOnlyTheQueriesCanTestThem) {
  const std::vector<std::string> named = {"--fixture", "user=U0001", "--fixture", "meter=860000000001"};
  {
    LackingPlatform platform(writers);
    std::vector<std::string> more = named;
    more.insert(more.end(), {"--filter", "GetUserInfo", "--filter", "GetPayList,GetData"});
    const Checked done = check(platform.url(), more);
    ASSERT_TRUE(done.record.is_object()) << done.finished.out;
    EXPECT_GE(done.record["summary"]["passed"].get<int>(), 200) << done.finished.out;
    EXPECT_EQ(done.record["summary"]["failed"], 0) << done.finished.out;
    for (const std::string& name : writers) EXPECT_LE(platform.calls(name), 24U) << name << ": who does not make rows is not asked for every case";
  }
  LackingPlatform platform(writers);
  const TargetFile target(unsupported(writers));
  std::vector<std::string> more = named;
  more.insert(more.end(), {"--target", target.path()});
  const Checked done = check(platform.url(), more);
  ASSERT_TRUE(done.record.is_object()) << done.finished.out;
  EXPECT_GE(done.record["summary"]["passed"].get<int>(), 200) << done.finished.out;
  EXPECT_EQ(done.record["summary"]["failed"], 0) << done.finished.out;
  for (const std::string& name : writers) EXPECT_LE(platform.calls(name), 1U) << name;
  // The values that the target shows of these rows are those of the rows.
  EXPECT_EQ(case_of(done.record, "GetUserInfo/reply/row-user-name")["verdict"], "passed");
}

// Of a run that cannot be judged for want of a row, the note names the row and how to give it.
TEST(NamedRows, ANoteNamesTheRowThatIsMissing) {
  LackingPlatform platform(writers);
  const TargetFile target(unsupported(writers));
  const std::string note = "no supported interface makes a row of meter, which GetUserInfo would show: name one that is there, with --fixture meter=KEY";
  const Checked done = check(platform.url(), {"--target", target.path()});
  EXPECT_EQ(done.finished.exit_code, 4) << done.finished.out;
  EXPECT_NE(done.finished.out.find(note), std::string::npos) << done.finished.out;
  const Checked named = check(platform.url(), {"--target", target.path(), "--fixture", "meter=860000000001", "--filter", "GetUserInfo"});
  EXPECT_EQ(named.finished.out.find("no supported interface makes a row of meter"), std::string::npos) << named.finished.out;
}

// Of a billing server, whose reports refer to a user and a meter that somebody else has made, one alone is of no use, right or wrong.
TEST(NamedRows, ARowThatIsUselessAloneIsToldBeforeTheRun) {
  test::Process mock({"mock", "--port", "0", "--role", "billing"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port());
  const std::pair<const char*, const char*> table[] = {
      {"meter=NOPE", "--fixture user=KEY"}, {"meter=860000000001", "--fixture user=KEY"}, {"user=U0001", "--fixture meter=KEY"}};
  for (const auto& [fixture, advice] : table) {
    const Checked done = check(url, {"--role", "billing", "--fixture", fixture});
    EXPECT_EQ(done.finished.exit_code, 2) << done.finished.out;
    EXPECT_NE(done.finished.out.find(std::string(fixture) + " cannot be used alone: requests to ReportData refer to a row of "), std::string::npos)
        << done.finished.out;
    EXPECT_NE(done.finished.out.find(advice), std::string::npos) << done.finished.out;
    EXPECT_EQ(done.finished.out.find("If the target does not offer them"), std::string::npos) << done.finished.out;
    EXPECT_EQ(done.record["verdict"], "not-judged") << done.finished.out;
  }
  // Where none is named, what to name stands before what the target did.
  const Checked blind = check(url, {"--role", "billing"});
  EXPECT_EQ(blind.finished.exit_code, 4) << blind.finished.out;
  ASSERT_GE(blind.record["notes"].size(), 2U) << blind.finished.out;
  for (const auto& [place, table_name] : {std::pair(0U, "user"), std::pair(1U, "meter")})
    EXPECT_EQ(blind.record["notes"][place]["en"], std::string("no supported interface makes a row of ") + table_name +
                                                      ", which requests to ReportData refer to: name one that is there, with --fixture " + table_name + "=KEY");
}

TEST(NamedRows, AreNeverSpent) {
  LackingPlatform platform({"CreateMeter"});
  const Checked done =
      check(platform.url(), {"--fixture", "user=U0001", "--fixture", "meter=860000000001", "--filter", "ChangeMeter", "--filter", "CreatePrice"});
  ASSERT_TRUE(done.record.is_object()) << done.finished.out;
  for (const std::string& body : platform.bodies("ChangeMeter")) EXPECT_EQ(body.find("860000000001"), std::string::npos) << body;
  EXPECT_EQ(done.record["summary"]["failed"], 0) << done.finished.out;
}

TEST(NamedRows, WrongOnesAreToldBeforeTheRun) {
  const std::pair<std::vector<std::string>, const char*> table[] = {
      {{"--fixture", "user=U9999"}, "user=U9999: the target does not know this row: "},
      {{"--fixture", "meter=NOPE"}, "meter=NOPE: the target does not know this row: "},
      {{"--fixture", "payment=T0"}, "payment=T0: the target does not know this row: "},
      {{"--fixture", "user=U0001", "--fixture", "meter=860000000002"}, "does not belong to user=U0001: the target shows U0002"},
      {{"--fixture", "user.several=U0001"}, "the target shows only one row for it"},
  };
  for (const auto& [fixtures, said] : table) {
    LackingPlatform platform;
    const Checked done = check(platform.url(), fixtures);
    EXPECT_EQ(done.finished.exit_code, 2) << said << done.finished.out;
    EXPECT_NE(done.finished.out.find(said), std::string::npos) << done.finished.out;
    EXPECT_EQ(done.finished.out.find("does not conform"), std::string::npos) << done.finished.out;
    for (const std::string& name : writers) EXPECT_EQ(platform.calls(name), 0U) << said;
  }
}

// What the vendor has described row by row is no slip of the pen; and a cancelled meter need not be shown.
TEST(NamedRows, DoubtedOnesEndNothing) {
  const struct {
    const char *file, *only, *says;
    int exit_code;
  } table[] = {
      {"fixtures: { user.several: U0001 }\nrows: { GetUserInfo: [{ UserCode: U0001, MeterAddr: \"860000000001\" }, { UserCode: U0001, MeterAddr: NOPE }] }\n",
       "GetUserInfo/described/*", "user.several=U0001: the target shows only one row for it, and it must have several; the run goes on without it", 1},
      {"fixtures: { user: U9999 }\nrows: { GetUserInfo: [{ UserCode: U9999, MeterAddr: \"860000000001\" }] }\n", "GetUserInfo/described/*",
       "user=U9999: the target does not know this row: ", 1},
      {"fixtures: { meter.cancelled: NOPE }\n", "RemotePay/1/*", "meter.cancelled=NOPE: the target does not know this row: ", 0},
  };
  for (const auto& row : table) {
    LackingPlatform platform;
    const TargetFile file(row.file);
    const Checked done = check(platform.url(), {"--target", file.path(), "--role", "platform", "--only", row.only});
    EXPECT_EQ(done.finished.exit_code, row.exit_code) << row.file << done.finished.out;
    EXPECT_NE(done.finished.out.find(row.says), std::string::npos) << done.finished.out;
    EXPECT_NE(done.finished.out.find("; the run goes on without it"), std::string::npos) << done.finished.out;
  }
}

TEST(NamedRows, AStateThatTheRowMayNotBeInAccusesNobody) {
  LackingPlatform platform;
  const Checked done = check(platform.url(), {"--known", "user.cancelled=U0001", "--only", "RemotePay/-7/*"});
  const json& doubtful = case_of(done.record, "RemotePay/-7/user-code-cancelled");
  EXPECT_EQ(doubtful["verdict"], "inconclusive") << doubtful;
  EXPECT_NE(doubtful["reason"]["en"].get<std::string>().find("the row U0001 that you have named is not cancelled"), std::string::npos) << doubtful;
  const std::string note = "user.cancelled=U0001: the target accepted what it must refuse for a row in that state (RemotePay/-7/user-code-cancelled)";
  EXPECT_NE(done.finished.out.find(note), std::string::npos) << done.finished.out;
  for (const std::string& body : platform.bodies("RemotePay"))
    if (body.find("U0001") != std::string::npos) EXPECT_NE(body.find("\"Money\":0.01"), std::string::npos) << body;
  EXPECT_EQ(done.record["summary"]["failed"], 0) << done.finished.out;
}

// What can be seen to be wrong without the target costs not one request.
TEST(UsersMistakes, AreToldBeforeARequestIsSent) {
  const std::string hook = "fault_hooks: { database: { break: \"BREAK\", repair: \"true\" } }\n";
  const auto with_hook = [&](const std::string& command) { return std::string(hook).replace(hook.find("BREAK"), 5, command); };
  const std::string waiver = "waivers: [{ cases: \"CASES\", reason: agreed, expires: 2099-01-01 }]\n";
  const auto with_waiver = [&](const std::string& cases) { return std::string(waiver).replace(waiver.find("CASES"), 5, cases); };
  const struct {
    std::string file;
    std::vector<std::string> arguments;
    const char* says;
  } table[] = {
      {"", {"--fixture", "metre=1"}, "did you mean \"meter\"?"},
      {"", {"--fixture", "meter.canceled=1"}, "did you mean \"cancelled\"?"},
      {"", {"--fixture", "user.severals=1"}, "did you mean \"several\"?"},
      {"", {"--fixture", "price.old=1"}, "the rows of price have no states"},
      {"", {"--fixture", "user="}, "write TABLE=KEY"},
      {"fixtures: { meter.canceled: \"1\" }\n", {}, "did you mean \"cancelled\"?"},
      {"fixtures: { user: \"\" }\n", {}, "user has no value"},
      {with_hook("no-such-command-xyz --now"), {"--allow-hooks"}, "no-such-command-xyz, and there is no such program"},
      {with_hook("A=1 no-such-command-xyz"), {"--allow-hooks"}, "no-such-command-xyz, and there is no such program"},
      {with_hook("true; no-such-command-xyz"), {"--allow-hooks"}, "runs no-such-command-xyz, and there is no such program"},
      {with_hook("cd /no-such-folder && ls"), {"--allow-hooks"}, "begins in /no-such-folder, and there is no such folder"},
      {with_hook("if true; then"), {"--allow-hooks"}, "the shell does not take this command"},
      {"fault_hooks: { database: { break: { url: nonsense }, repair: \"true\" } }\n", {"--allow-hooks"}, "a hook's address is http://HOST"},
      {with_hook("/etc/passwd --now"), {"--allow-hooks"}, "/etc/passwd, and there is no such program"},
      {"fault_hooks: { database: { break: { url: \"http://127.0.0.1:1/break\" }, repair: \"true\" } }\n", {"--allow-hooks"}, "http://127.0.0.1:1/break: "},
      {"waivers: [{ cases: RemotePay, reason: \" \", expires: 2099-01-01 }]\n", {}, "a waiver needs a reason"},
      {with_waiver("RemotPay/-6/*"), {}, "did you mean \"RemotePay/-6/*\"?"},
      {with_waiver("RemotePay/[/*"), {}, "matches no case"},
      {"unsupported: [{ cases: RemotPay, reason: x }]\n", {}, "did you mean \"RemotePay\"?"},
      {"", {"--filter", "RemotePay/-66/*"}, "did you mean \"RemotePay/-6/*\"?"},
      {"", {"--filter", "GetUserInfo", "--filter", "Nothing/*"}, "matches no case"},
      {"", {"--exclude", "GetUserInf"}, "did you mean \"GetUserInfo\"?"},
      {"", {"--filter", "GetUserInfo", "--exclude", "GetUserInfo/*"}, "leaves no case to be run"},
      {"", {"--max-rows", "0"}, "--max-rows takes 1-1000000"},
      {"", {"--budget", "20"}, "--budget takes a time now, such as 5m; for rows use --max-rows 20"},
      {"", {"--budget", "soon"}, "--budget takes a time, such as 5m or 90s: soon"},
      {"", {"--min-reach", "0"}, "--min-reach takes a percentage above 0, up to 100, such as 95%: 0"},
      {"", {"--min-reach", "101%"}, "--min-reach takes a percentage above 0, up to 100, such as 95%: 101%"},
      {"subject: { vendr: x }\n", {}, "did you mean \"vendor\""},
  };
  LackingPlatform platform;
  for (const auto& row : table) {
    const TargetFile target(row.file.empty() ? "role: platform\n" : row.file);
    std::vector<std::string> more = row.arguments;
    more.insert(more.end(), {"--target", target.path()});
    const Checked done = check(platform.url(), more);
    EXPECT_EQ(done.finished.exit_code, 2) << row.says << "\n" << done.finished.out;
    EXPECT_NE(done.finished.out.find(row.says), std::string::npos) << row.says << "\n" << done.finished.out;
  }
  EXPECT_EQ(platform.calls(), 0U);
}

// The record is written, for the target was judged; the file is what must be mended.
TEST(UsersMistakes, AWaiverThatIsLeftOverEndsWithTwo) {
  LackingPlatform platform;
  const TargetFile target("waivers: [{ cases: RemotePay, reason: agreed, expires: 2099-01-01 }]\n");
  const Checked done = check(platform.url(), {"--target", target.path()});
  EXPECT_EQ(done.finished.exit_code, 2) << done.finished.out;
  EXPECT_EQ(done.record["verdict"], "conforms");
  EXPECT_NE(done.finished.out.find("the waiver of RemotePay is no longer needed"), std::string::npos) << done.finished.out;
}

TEST(Subject, OfTheTargetFileStandsInTheRecord) {
  LackingPlatform platform;
  const TargetFile target("subject: { vendor: Example Meters, product: \"Gas Platform\", version: \"3.2\" }\n");
  const Checked done = check(platform.url(), {"--target", target.path(), "--filter", "GetUserInfo/1/*"});
  EXPECT_EQ(done.record["subject"], json({{"vendor", "Example Meters"}, {"product", "Gas Platform"}, {"version", "3.2"}})) << done.finished.out;
}

}  // namespace named_rows_test
}  // namespace meterproof
