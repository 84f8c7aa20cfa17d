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
  const auto loaded = load_target(test::specification(), file.string());
  std::filesystem::remove(file);
  ASSERT_TRUE(loaded) << core::format(loaded.problems(), i18n::Language::en);
  EXPECT_EQ(loaded->role, "billing");
  EXPECT_EQ(loaded->effect_timeout, "7s");
  EXPECT_EQ(loaded->timeout, "17s");
  const auto& [breaks, repairs] = loaded->fault_hooks.at("database");
  EXPECT_EQ(breaks.method, "M7");
  EXPECT_EQ(breaks.body, "b7");
  EXPECT_EQ(repairs.command, "echo 7");
}

}  // namespace
}  // namespace meterproof::loader
