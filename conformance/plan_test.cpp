#include "conformance/plan.hpp"

#include <gtest/gtest.h>

#include <set>

#include "conformance/timestamp_pool.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace {

TEST(Plan, IdsAreUniqueNamesAndCiteASection) {
  std::set<std::string> ids;
  for (const Case& one : plan(test::paper(), {})) {
    EXPECT_TRUE(ids.insert(one.id).second) << one.id << " twice";
    EXPECT_NE(one.section, "") << one.id;
    EXPECT_NE(one.sentence.zh, "") << one.id;
  }
  EXPECT_EQ(ids.count("RemotePay/-4/money-zero"), 1U);
  EXPECT_EQ(ids.count("CreatePrice/-202/wrong secret"), 1U);
}

TEST(Plan, KeepsToItsRole) {
  for (const Case& one : plan(test::paper(), {false, true})) EXPECT_EQ(one.interface->served_by, core::Role::billing);
  for (const Case& one : plan(test::paper(), {true, false})) EXPECT_EQ(one.interface->served_by, core::Role::platform);
}

TEST(Matches, GlobsCaseIds) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } table[] = {{"*", "a/b", true},
               {"RemotePay/*", "RemotePay/-4/Money=0", true},
               {"*Money=?", "RemotePay/-4/Money=0", true},
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

}  // namespace
}  // namespace meterproof::conformance
