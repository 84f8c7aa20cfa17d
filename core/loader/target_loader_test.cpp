// SPDX-License-Identifier: Apache-2.0
#include "core/loader/target_loader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/in_process.hpp"

namespace meterproof::loader {
namespace {

TEST(Target, VariablesAreExpandedInEveryText) {
  ::setenv("METERPROOF_TEST_ROLE", "billing", 1);
  ::setenv("METERPROOF_TEST_VALUE", "7", 1);
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("meterproof-target-" + std::to_string(::getpid()));
  std::ofstream(file)
      << "role: ${METERPROOF_TEST_ROLE}\n"
         "effect_timeout: ${METERPROOF_TEST_VALUE}s\n"
         "timeout: 1${METERPROOF_TEST_VALUE}s\n"
         "fault_hooks:\n"
         "  database:\n"
         "    break: { url: \"http://h/${METERPROOF_TEST_VALUE}\", method: \"M${METERPROOF_TEST_VALUE}\", body: \"b${METERPROOF_TEST_VALUE}\" }\n"
         "    repair: \"echo ${METERPROOF_TEST_VALUE}\"\n";
  const auto loaded = load_target(test::specification(), file.string(), {true, false, {"METERPROOF_TEST_ROLE", "METERPROOF_TEST_VALUE"}});
  std::filesystem::remove(file);
  ASSERT_TRUE(loaded) << core::format(loaded.problems(), i18n::Language::en);
  EXPECT_EQ(loaded->role, "billing");
  EXPECT_EQ(loaded->effect_timeout, "7s");
  EXPECT_EQ(loaded->timeout, "17s");
  const auto& [breaks, repairs] = loaded->fault_hooks.at("database");
  EXPECT_EQ(breaks.method, "M7");
  EXPECT_EQ(breaks.body, "b7");
  EXPECT_EQ(repairs.command, "echo ${METERPROOF_TEST_VALUE}") << "the shell reads the environment itself";
  EXPECT_EQ(loaded->variables, (std::set<std::string>{"METERPROOF_TEST_ROLE", "METERPROOF_TEST_VALUE"}));
}

// Somebody else's file: what it would run, send or read is told, each at its place, and nothing of it is used.
TEST(Target, WhatIsNotAllowedIsAProblemAtItsPlace) {
  ::setenv("METERPROOF_TEST_VALUE", "of-this-machine", 1);
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("meterproof-foreign-" + std::to_string(::getpid()));
  std::ofstream(file)
      << "url: \"http://h/${METERPROOF_TEST_VALUE}\"\n"
         "apps: [{ id: demo, secret: \"${METERPROOF_TEST_VALUE}\" }]\n"
         "fixtures: { meter: \"${METERPROOF_TEST_VALUE}\" }\n"
         "fault_hooks: { database: { break: \"touch x\", repair: { url: \"http://h/repair\" } } }\n";
  const auto refused = load_target(test::specification(), file.string(), {});
  const auto allowed = load_target(test::specification(), file.string(), {true, true, {}});
  std::filesystem::remove(file);
  ASSERT_FALSE(refused);
  const std::string said = core::format(refused.problems(), i18n::Language::en);
  EXPECT_EQ(refused.problems().size(), 4U) << said;
  for (const char* part : {":1:", ":3:", ":4:", "METERPROOF_TEST_VALUE", "--allow-env METERPROOF_TEST_VALUE", "touch x", "POST http://h/repair", "--allow-hooks"})
    EXPECT_NE(said.find(part), std::string::npos) << part << ": " << said;
  EXPECT_EQ(said.find("of-this-machine"), std::string::npos) << said;
  ASSERT_TRUE(allowed) << core::format(allowed.problems(), i18n::Language::en);
  EXPECT_EQ(allowed->apps.front().second, "of-this-machine");
  EXPECT_EQ(allowed->variables.size(), 1U);
}

}  // namespace
}  // namespace meterproof::loader
