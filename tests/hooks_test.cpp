// SPDX-License-Identifier: Apache-2.0
// Hooks of a target file: run only where that is allowed, bounded in time, and repaired whatever happens.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace hooks_test {

using test::Finished;
using test::Process;
using test::run;

/// Waits until it is so; false after twenty seconds.
bool becomes(const std::function<bool()>& so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!so()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// A mock, and a target file whose hooks write a journal.
class Hooks : public testing::Test {
 protected:
  Hooks() { std::filesystem::create_directories(folder_); }
  ~Hooks() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  /// Commands, in the place of LOG the journal and of PID a file for a process number.
  void write(std::string breaks, std::string repairs, const std::string& more = {}) {
    for (std::string* command : {&breaks, &repairs})
      for (const auto& [word, name] : {std::pair("LOG", "log"), std::pair("PID", "pid")})
        for (std::size_t at = command->find(word); at != std::string::npos; at = command->find(word)) command->replace(at, 3, path(name));
    std::ofstream(path("target.yaml")) << "url: http://127.0.0.1:" << mock_.port() << "\napps: [{ id: a, secret: s }]\n"
                                       << more << "fault_hooks:\n  database:\n    break: \"" << breaks << "\"\n    repair: \"" << repairs << "\"\n";
  }
  std::vector<std::string> arguments(const std::vector<std::string>& more = {"--allow-hooks"}) const {
    std::vector<std::string> out = {"check", "--target", path("target.yaml"), "--filter", "GetUserInfo/-203/*", "--effect-timeout",
                                    "0s",    "--json",   path("check.json")};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  std::string journal() const { return test::read_file(path("log")); }
  bool has_come_to(const std::string& entry) const {
    return becomes([&] { return journal().find(entry) != std::string::npos; });
  }
  nlohmann::json record() const { return nlohmann::json::parse(test::read_file(path("check.json"))); }

 private:
  std::string folder_ = test::temporary("hooks");
  Process mock_{{"mock", "--port", "0", "--replay-protection", "off", "--app", "a:s"}};
};

TEST_F(Hooks, AreToldAndRunWhereThatIsAllowed) {
  write("echo broken >> LOG", "echo repaired >> LOG");
  const Finished unasked = run(arguments({}));
  EXPECT_EQ(unasked.exit_code, 2) << unasked.out;
  for (const char* part : {"echo broken", "echo repaired", "--allow-hooks", "target.yaml:"})
    EXPECT_NE(unasked.out.find(part), std::string::npos) << unasked.out;
  EXPECT_EQ(journal(), "");
  const Finished allowed = run(arguments());
  EXPECT_NE(allowed.out.find("the target file runs `echo broken"), std::string::npos) << allowed.out;
  EXPECT_LT(allowed.out.find("the target file runs"), allowed.out.find("injecting the fault"));
  EXPECT_EQ(journal(), "broken\nrepaired\n");
}

TEST_F(Hooks, AVariableIsReadWhereThatIsAllowed) {
  ::setenv("METERPROOF_HOOKS_TEST", "U0001", 1);
  write("true", "true", "fixtures: { user: \"${METERPROOF_HOOKS_TEST}\" }\n");
  const Finished unasked = run(arguments());
  EXPECT_EQ(unasked.exit_code, 2);
  EXPECT_NE(unasked.out.find("--allow-env METERPROOF_HOOKS_TEST"), std::string::npos) << unasked.out;
  EXPECT_EQ(unasked.out.find("U0001"), std::string::npos) << unasked.out;
  for (const char* name : {"METERPROOF_HOOKS_TEST", "all"}) {
    const Finished allowed = run(arguments({"--allow-hooks", "--allow-env", name}));
    EXPECT_NE(allowed.exit_code, 2) << allowed.out;
    EXPECT_NE(allowed.out.find("reads the environment variable METERPROOF_HOOKS_TEST"), std::string::npos) << allowed.out;
  }
  ::unsetenv("METERPROOF_HOOKS_TEST");
}

// Whatever is meant to end the program ends the hook at once, and the target is repaired.
TEST_F(Hooks, ASignalRepairsTheTarget) {
  write("echo broken >> LOG; sleep 60", "echo repaired >> LOG");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1}) {
    std::filesystem::remove(path("log"));
    Process check(arguments());
    ASSERT_TRUE(has_come_to("broken\n"));
    check.signal(signal);
    const Finished done = check.finish();
    EXPECT_EQ(done.exit_code, 4) << "signal " << signal << ": " << done.out;
    EXPECT_EQ(journal(), "broken\nrepaired\n") << "signal " << signal << ": " << done.out;
    EXPECT_EQ(record()["interrupted"], true);
    EXPECT_EQ(record()["summary"].value("broken", 0), 0) << "nothing is wrong with the hook";
  }
}

TEST_F(Hooks, ASecondSignalRepairsFirst) {
  write("echo broken >> LOG; sleep 60", "echo repairing >> LOG; sleep 4; echo repaired >> LOG");
  Process check(arguments());
  ASSERT_TRUE(has_come_to("broken\n"));
  check.signal(SIGTERM);
  ASSERT_TRUE(has_come_to("repairing\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(2200));  // signals within two seconds are one
  check.signal(SIGTERM);
  const Finished done = check.finish();
  EXPECT_NE(done.out.find("is being repaired first"), std::string::npos) << done.out;
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_EQ(journal(), "broken\nrepairing\nrepaired\n");
}

// CI runners and timeout(1) signal twice: what comes within two seconds is the same wish, and nothing is said about it.
TEST_F(Hooks, ASecondSignalOfTheSameWishSaysNothing) {
  const std::string go = path("go");
  write("echo broken >> LOG; sleep 60", "echo repairing >> LOG; while ! test -e " + go + "; do sleep 0.1; done; echo repaired >> LOG");
  Process check(arguments());
  ASSERT_TRUE(has_come_to("broken\n"));
  check.signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  check.signal(SIGTERM);
  ASSERT_TRUE(has_come_to("repairing\n"));
  (void)std::ofstream(go);
  const Finished done = check.finish();
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_EQ(done.out.find("is being repaired first"), std::string::npos) << done.out;
  EXPECT_EQ(journal(), "broken\nrepairing\nrepaired\n");
  EXPECT_EQ(record()["interrupted"], true);
}

TEST_F(Hooks, AProgramThatIsKilledLeavesNothingBroken) {
  write("echo $$ > PID; echo broken >> LOG; exec sleep 60", "echo repaired >> LOG");
  Process check(arguments());
  ASSERT_TRUE(has_come_to("broken\n"));
  check.signal(SIGKILL);
  EXPECT_TRUE(has_come_to("repaired\n"));
  EXPECT_EQ(journal(), "broken\nrepaired\n");
  ::kill(std::stoi(test::read_file(path("pid"))), SIGKILL);
}

TEST_F(Hooks, AClosedPipeStillRepairs) {
  write("echo broken >> LOG; sleep 1", "echo repaired >> LOG");
  std::string command = METERPROOF_PROGRAM;
  for (const std::string& argument : arguments()) command += " '" + argument + "'";
  Process("sh", {"-c", "{ " + command + "; } 2>&1 | head -1"}).finish();
  EXPECT_EQ(journal(), "broken\nrepaired\n");
  EXPECT_GT(record()["cases"].size(), 0U) << "and the record is written";
}

/// A process that was ended may wait to be reaped.
bool is_running(const std::string& pid) {
  const std::string status = test::read_file("/proc/" + pid + "/stat");
  return !status.empty() && status.find(") Z ") == std::string::npos;
}

TEST_F(Hooks, ACommandHasATimeLimit) {
  write("sleep 60 & echo $! > PID; wait", "echo repaired >> LOG", "hook_timeout: 1s\n");
  const Finished done = run(arguments());
  EXPECT_NE(done.out.find("did not end within 1 s"), std::string::npos) << done.out;
  EXPECT_EQ(journal(), "repaired\n");
  std::string pid = test::read_file(path("pid"));
  pid.erase(pid.find_last_not_of('\n') + 1);
  EXPECT_TRUE(becomes([&] { return !is_running(pid); })) << "what it started is ended with it";
}

TEST_F(Hooks, TheEndOfTheTimeCutsTheBreakShort) {
  write("echo broken >> LOG; sleep 60", "echo repaired >> LOG");
  const auto begin = std::chrono::steady_clock::now();
  const Finished done = run(arguments({"--allow-hooks", "--max-time", "3s"}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(40)) << done.out;
  EXPECT_EQ(done.exit_code, 4) << done.out;
  EXPECT_EQ(record()["interrupted"], true);
  EXPECT_EQ(journal().find("broken") == std::string::npos, journal().find("repaired") == std::string::npos) << journal();
}

TEST_F(Hooks, WhatBecameOfThemIsToldInWords) {
  const std::pair<const char*, const char*> table[] = {{"exit 3", "ended with 3"}, {"kill -9 $$", "was ended by SIGKILL"}};
  for (const auto& [command, said] : table) {
    write(command, "true");
    const Finished done = run(arguments());
    EXPECT_NE(done.out.find(said), std::string::npos) << done.out;
    // The file is what must be mended: the target is accused of nothing, and what was judged stays.
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_EQ(record()["verdict"], "not-judged") << done.out;
    const std::string mistake = "meterproof: the fault could not be injected: `" + std::string(command) + "` " + said;
    EXPECT_EQ(done.out.find(mistake), done.out.rfind(mistake)) << "once, of however many cases: " << done.out;
    EXPECT_NE(done.out.find(mistake), std::string::npos) << done.out;
  }
  // Of a page to log in nothing is repaired.
  test::Platform elsewhere([](mockserver::MockState&, const net::HttpParser&, net::Response& response) {
    response.status = 302;
    response.extra_headers = "Location: http://login.example/\r\n";
  });
  write("true", "true");
  std::ofstream(path("target.yaml"), std::ios::app) << "  unknown:\n    break: { url: \"" << elsewhere.url() << "/break\" }\n    repair: \"true\"\n";
  std::vector<std::string> unknown = arguments();
  unknown[4] = "GetUserInfo/-999/*";
  const Finished redirected = run(unknown);
  EXPECT_NE(redirected.out.find("answered 302 and points to http://login.example/"), std::string::npos) << redirected.out;
}

TEST_F(Hooks, TheirOutputIsNotThatOfTheReport) {
  write("echo of-the-hook", "cat; echo repaired >> LOG");  // whose input is empty
  std::vector<std::string> quiet = arguments();
  std::string command = METERPROOF_PROGRAM;
  for (const std::string& argument : quiet) command += " '" + argument + "'";
  const Finished done = Process("sh", {"-c", command + " 2>/dev/null"}).finish();
  EXPECT_EQ(done.out.find("of-the-hook\n"), std::string::npos) << done.out;
  EXPECT_EQ(journal(), "repaired\n");
}

}  // namespace hooks_test
}  // namespace meterproof
