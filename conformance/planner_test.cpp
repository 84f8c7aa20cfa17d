// SPDX-License-Identifier: Apache-2.0
#include "conformance/planner.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "conformance/selection.hpp"
#include "conformance/timestamp_pool.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace planner_test {

TEST(Plan, IdsAreUniqueSlugsAndCiteASection) {
  const std::regex slug("[A-Za-z]+/(-?[0-9]+|reply|effect|value|count|neighbour|constant|sequence|concurrent|http|robust|open)/[a-z0-9][a-z0-9/-]*");
  std::set<std::string> ids;
  for (const auto& one : plan(test::specification(), {}, {{"user.several", "U0003"}})) {
    const CaseInfo& info = one->info();
    EXPECT_TRUE(ids.insert(info.id).second) << info.id << " twice";
    EXPECT_TRUE(std::regex_match(info.id, slug)) << info.id;
    EXPECT_NE(info.section, "") << info.id;
    EXPECT_NE(info.title.zh, "") << info.id;
    EXPECT_NE(info.title.en, "") << info.id;
    EXPECT_NE(info.requirement.zh, "") << info.id;
  }
  EXPECT_EQ(ids.count("RemotePay/-4/money-zero"), 1U);
  EXPECT_EQ(ids.count("CreatePrice/-202/wrong-secret"), 1U);
}

// Ids are promised to stay as they are: waivers, filters and baselines of users name them. A new case adds a line; a line is never changed.
TEST(Plan, IdsAreThoseOfTheList) {
  std::ifstream file(std::string(METERPROOF_SOURCE) + "/tests/data/case_ids.txt");
  std::set<std::string> promised;
  for (std::string line; std::getline(file, line);) promised.insert(line);
  std::set<std::string> ids;
  for (const auto& one : plan(test::specification(), {})) ids.insert(one->info().id);
  for (const std::string& id : promised) EXPECT_EQ(ids.count(id), 1U) << id << " is promised, and there is no such case";
  for (const std::string& id : ids) EXPECT_EQ(promised.count(id), 1U) << id << " is new: add it to tests/data/case_ids.txt";
}

TEST(Plan, KeepsToItsRole) {
  for (const auto& one : plan(test::specification(), {false, true})) EXPECT_EQ(one->info().interface->served_by, core::Role::billing);
  for (const auto& one : plan(test::specification(), {true, false})) EXPECT_EQ(one->info().interface->served_by, core::Role::platform);
}

TEST(Matches, GlobsCaseIds) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } table[] = {{"*", "a/b", true},
               {"RemotePay/*", "RemotePay/-4/money-zero", true},
               {"*money-????", "RemotePay/-4/money-zero", true},
               {"*/-4/*", "RemotePay/-3/x", false},
               {"", "a", false},
               {"a*b*c", "aXbYc", true},
               {"a*b*c", "aXbY", false},
               {"?", "", false}};
  for (const auto& row : table) EXPECT_EQ(matches(row.pattern, row.text), row.matches) << row.pattern << " " << row.text;
}

TEST(TimestampPool, NeverRepeatForAnApp) {
  TimestampPool timestamps(2);
  timestamps.set_window(std::chrono::seconds(5), std::chrono::seconds(5));
  std::set<std::pair<std::size_t, std::int64_t>> used;
  const core::DateTime now{1000};
  for (int i = 0; i < 22; ++i) {
    const auto slot = timestamps.take(now, "");
    ASSERT_TRUE(slot) << i;
    EXPECT_TRUE(used.emplace(slot->app, slot->timestamp.seconds).second);
    EXPECT_LE(std::abs((slot->timestamp - now).count()), 5);
  }
  EXPECT_FALSE(timestamps.take(now, ""));
  EXPECT_TRUE(timestamps.take(now + std::chrono::seconds(1), ""));
}

TEST(TimestampPool, AppsShareASecondThatAnyOfThemUsesUp) {
  TimestampPool timestamps(2);
  EXPECT_EQ(timestamps.per_second(), 2U);
  timestamps.set_repeats(ReplayScope::anywhere);
  EXPECT_EQ(timestamps.per_second(), 1U);
  EXPECT_TRUE(timestamps.take({1000}, ""));
  EXPECT_FALSE(timestamps.take({1000}, ""));
}

}  // namespace planner_test
}  // namespace meterproof::conformance
