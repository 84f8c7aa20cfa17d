// SPDX-License-Identifier: Apache-2.0
// What runs leave behind where something is in the way: an interruption, a full disk, a pipe.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/model/request.hpp"
#include "core/text/utf8.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace {

using nlohmann::json;
using test::Finished;
using test::Process;
using test::run;
using test::temporary;

TEST(CutOff, ACheckThatIsInterruptedLeavesARecord) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Process mock({"mock", "--port", "0", "--app", "a:s"});
    const std::string file = temporary("cut-off.json");
    Process check({"check", "http://127.0.0.1:" + std::to_string(mock.port()), "--app", "a:s", "--rate", "50", "--json", file});
    check.wait_for("GetUserInfo: ");
    check.signal(signal);
    const Finished done = check.finish();
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("the check was interrupted"), std::string::npos) << done.out;
    const auto record = json::parse(test::read_file(file));
    EXPECT_EQ(record["interrupted"], true);
    EXPECT_GT(record["summary"]["inconclusive"].get<int>(), 100);
    EXPECT_EQ(record["summary"]["failed"], 0);
  }
}

TEST(Outputs, WhatCannotBeWrittenIsToldByTheExitCode) {
  const std::string record = temporary("unreachable.json"), same = temporary("same");
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  EXPECT_EQ(run({"report", record, "--text", "/dev/null"}).exit_code, 0);
  const Finished twice = run({"report", record, "--html", same, "--markdown", same});
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_NE(twice.out.find("named twice"), std::string::npos) << twice.out;
  EXPECT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--html", same, "--junit", same}).exit_code, 2);
  EXPECT_EQ(run({"--quiet", "report", record}).out, "unreachable\n");
  const Finished full = Process("sh", {"-c", std::string(METERPROOF_PROGRAM) + " report " + record + " >/dev/full"}).finish();
  EXPECT_EQ(full.exit_code, 2) << full.out;
  EXPECT_NE(full.out.find("standard output takes no more"), std::string::npos) << full.out;
}

TEST(Outputs, FindingsFitTheScreen) {
  const std::string record = temporary("screen.json");
  Process mock({"mock", "--port", "0", "--app", "a:s", "--app", "b:t", "--mutant", "GetData/Remnant/wrong-value"});
  ASSERT_EQ(
      run({"check", "http://127.0.0.1:" + std::to_string(mock.port()), "--app", "a:s", "--app", "b:t", "--effect-timeout", "0s", "--json", record}).exit_code,
      1);
  for (const std::string language : {"zh", "en"})
    for (const std::size_t columns : {40U, 80U}) {
      const std::string command = "stty cols " + std::to_string(columns) + "; " METERPROOF_PROGRAM " --lang " + language + " report " + record;
      std::istringstream lines(Process("script", {"-qec", command, "/dev/null"}).finish().out);
      std::size_t findings = 0;
      for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.find("GetData/") == std::string::npos && line.find("/effect/") == std::string::npos) continue;
        ++findings;
        EXPECT_LE(core::display_width(line), columns) << line;
        EXPECT_TRUE(core::is_valid_utf8(line)) << line;
      }
      EXPECT_GE(findings, 3U) << language;
    }
}

TEST(Outputs, PipesAndLinksStayWhatTheyAre) {
  const std::string record = temporary("unreachable.json"), real = temporary("real.md"), link = temporary("link.md");
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  std::filesystem::remove(link);
  std::filesystem::create_symlink(std::filesystem::path(real).filename(), link);
  EXPECT_EQ(run({"report", record, "--markdown", link}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_NE(test::read_file(real).find("unreachable"), std::string::npos);
  const Finished piped = run({"report", record, "--markdown", "/dev/stdout"});
  EXPECT_EQ(piped.exit_code, 0);
  EXPECT_NE(piped.out.find("unreachable"), std::string::npos) << piped.out;
  EXPECT_FALSE(std::filesystem::is_regular_file(std::filesystem::status("/dev/null")));
}

}  // namespace
}  // namespace meterproof
