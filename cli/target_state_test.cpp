// SPDX-License-Identifier: Apache-2.0
#include "cli/target_state.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/i18n/message.hpp"

namespace meterproof::cli {
namespace target_state_test {

namespace fs = std::filesystem;
using core::SecondSet;

constexpr std::chrono::seconds tolerance(900);
const std::string target = "http://127.0.0.1:8080";

class State : public ::testing::Test {
 protected:
  State() { fs::remove_all(folder_); }
  ~State() override { fs::remove_all(folder_); }

  TargetState open(const std::vector<std::string>& apps = {"demo"}) const { return TargetState(folder_, target, apps, tolerance); }
  fs::path file() const {
    for (const auto& one : fs::directory_iterator(folder_)) return one.path();
    return {};
  }
  std::string content() const {
    std::stringstream out;
    out << std::ifstream(file()).rdbuf();
    return out.str();
  }

  const std::string folder_ = (fs::temp_directory_path() / ("meterproof-state-" + std::to_string(::getpid()))).string();
};

std::vector<SecondSet::Span> spans(const SecondSet& set) { return set.spans(); }
using Spans = std::vector<SecondSet::Span>;

TEST_F(State, RemembersByTargetAndApp) {
  {
    TargetState first = open({"demo", "other"});
    EXPECT_EQ(first.problem().id, "");
    EXPECT_TRUE(first.is_on());
    EXPECT_FALSE(first.others_run());
    EXPECT_EQ(spans(first.claim(0, 100, 200, 5)), (Spans{{100, 105}}));
    EXPECT_EQ(spans(first.claim(0, 100, 108, 16)), (Spans{{105, 108}}));
    EXPECT_EQ(spans(first.claim(1, 150, 152, 16)), (Spans{{150, 152}}));
    EXPECT_EQ(spans(first.claim(TargetState::every_app, 107, 110, 16)), (Spans{{108, 110}})) << "no app has used those";
  }
  const TargetState again = open({"other", "third", "demo"});
  EXPECT_FALSE(again.others_run());
  EXPECT_EQ(spans(again.earlier()[0]), (Spans{{108, 110}, {150, 152}}));
  EXPECT_EQ(spans(again.earlier()[1]), (Spans{{108, 110}}));
  EXPECT_EQ(spans(again.earlier()[2]), (Spans{{100, 110}}));
  EXPECT_TRUE(TargetState(folder_, "http://127.0.0.1:8081", {"demo"}, tolerance).earlier()[0].empty());
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(content().find("demo"), std::string::npos) << "appIds are kept as digests";
}

TEST_F(State, NoTwoRunsAtOnceGetTheSameSecond) {
  constexpr int runs = 4, claims = 25;
  std::vector<SecondSet> got(runs);
  std::vector<std::thread> threads;
  for (int run = 0; run < runs; ++run)
    threads.emplace_back([&, run] {
      TargetState state = open();
      for (int i = 0; i < claims; ++i) got[static_cast<std::size_t>(run)].add(state.claim(0, 1000, 5000, 7));
    });
  for (std::thread& one : threads) one.join();
  SecondSet all;
  for (const SecondSet& one : got) {
    EXPECT_EQ(one.count(1000, 5000), 7U * claims);
    all.add(one);
  }
  EXPECT_EQ(all.count(1000, 5000), 7U * claims * runs);
  EXPECT_EQ(spans(open().earlier()[0]), spans(all));
}

TEST_F(State, AnotherProcessThatGoesOnIsSeen) {
  const TargetState first = open();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool seen = open().others_run();
    ::_exit(seen ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(State, WhatWasTakenAndNotUsedIsGivenBack) {
  SecondSet used;
  used.add(110, 120);
  {
    TargetState load = open();
    (void)load.claim(0, 90, 95, 5);
    load.claim_each(90, 200);
    EXPECT_EQ(spans(load.earlier()[0]), (Spans{{90, 95}}));
    EXPECT_TRUE(open().claim(0, 95, 200, 5).empty());
    load.settle({used});
  }
  EXPECT_EQ(spans(open().earlier()[0]), (Spans{{110, 120}}));
}

TEST_F(State, ATargetThatHasForgottenIsBegunAnew) {
  (void)open().claim(0, 100, 110, 10);
  {
    TargetState second = open();
    (void)second.claim(0, 200, 205, 5);
    second.forget_earlier();
    EXPECT_TRUE(second.earlier()[0].empty());
    EXPECT_EQ(spans(second.claim(0, 100, 103, 5)), (Spans{{100, 103}}));
  }
  EXPECT_EQ(spans(open().earlier()[0]), (Spans{{100, 103}, {200, 205}}));
}

TEST_F(State, WhatNobodyCanUseAnyMoreIsDropped) {
  (void)open().claim(0, 100, 110, 10);
  const std::string whole = content();
  const std::size_t until = whole.find("[100,110,") + 9;
  std::string late = whole;
  late.replace(until, late.find(']', until) - until, "1");
  std::ofstream(file()) << late;
  EXPECT_TRUE(open().earlier()[0].empty());
  EXPECT_EQ(content().find("[100,110"), std::string::npos);
}

TEST_F(State, AFileOfSomethingElseIsToldAndBegunAnew) {
  (void)open().claim(0, 100, 110, 10);
  const std::string whole = content(), path = file();
  std::string of_another = whole;
  of_another.replace(of_another.find("8080"), 4, "8081");
  const std::string table[] = {
      "", "{", "nonsense", "[]", whole.substr(0, whole.size() / 2), of_another, std::string(3'000'000, '['), "{\"schema\":\"meterproof state/2\"}"};
  for (const std::string& damaged : table) {
    std::ofstream(path, std::ios::trunc) << damaged;
    TargetState state = open();
    EXPECT_EQ(state.problem().id, "state.garbled") << damaged.substr(0, 80);
    EXPECT_TRUE(state.is_on());
    EXPECT_TRUE(state.earlier()[0].empty());
    EXPECT_EQ(spans(state.claim(0, 100, 103, 5)), (Spans{{100, 103}}));
    EXPECT_EQ(open().problem().id, "");
  }
}

TEST_F(State, WhereNothingCanBeKeptTheRunGoesOn) {
  (void)open().claim(0, 100, 110, 10);
  const std::string path = file();
  fs::remove(path);
  fs::create_symlink("/etc/passwd", path);
  const std::string folders[] = {"/proc/no/such/folder", "/dev/null/x", folder_};
  for (const std::string& folder : folders) {
    TargetState state(folder, target, {"demo"}, tolerance);
    EXPECT_EQ(state.problem().id, "state.unusable") << folder;
    EXPECT_FALSE(state.is_on()) << folder;
    EXPECT_EQ(spans(state.claim(0, 100, 200, 3)), (Spans{{100, 103}})) << folder;
  }
  TargetState off("", target, {"demo"}, tolerance);
  EXPECT_EQ(off.problem().id, "");
  EXPECT_FALSE(off.is_on());
}

TEST(StateFolder, IsTheUsersChoice) {
  const auto set = [](const char* name, const char* value) { value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1); };
  const char* const before[] = {std::getenv("METERPROOF_STATE"), std::getenv("XDG_STATE_HOME"), std::getenv("HOME")};
  const std::string kept[] = {before[0] ? before[0] : "", before[1] ? before[1] : "", before[2] ? before[2] : ""};
  set("METERPROOF_STATE", nullptr);
  set("XDG_STATE_HOME", nullptr);
  set("HOME", "/home/user");
  EXPECT_EQ(state_folder(""), "/home/user/.local/state/meterproof");
  set("XDG_STATE_HOME", "/state");
  EXPECT_EQ(state_folder(""), "/state/meterproof");
  set("XDG_STATE_HOME", "relative");
  EXPECT_EQ(state_folder(""), "/home/user/.local/state/meterproof");
  set("METERPROOF_STATE", "off");
  EXPECT_EQ(state_folder(""), "");
  EXPECT_EQ(state_folder("here"), "here");
  for (const char* written : {"\xEF\xBB\xBFoff", "off\r", " off\r\n"}) {
    set("METERPROOF_STATE", written);
    EXPECT_EQ(state_folder(""), "") << written;
  }
  set("METERPROOF_STATE", "/there");
  EXPECT_EQ(state_folder(""), "/there");
  EXPECT_EQ(state_folder("off"), "");
  const char* const names[] = {"METERPROOF_STATE", "XDG_STATE_HOME", "HOME"};
  for (std::size_t i = 0; i < 3; ++i) set(names[i], before[i] == nullptr ? nullptr : kept[i].c_str());
}

}  // namespace target_state_test
}  // namespace meterproof::cli
