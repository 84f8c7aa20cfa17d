// SPDX-License-Identifier: Apache-2.0
#include "core/loader/target_loader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/loader/spec_loader.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::loader {
namespace target_loader_test {

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
  std::ofstream(file) << "url: \"http://h/${METERPROOF_TEST_VALUE}\"\n"
                         "apps: [{ id: demo, secret: \"${METERPROOF_TEST_VALUE}\" }]\n"
                         "fixtures: { meter: \"${METERPROOF_TEST_VALUE}\" }\n"
                         "fault_hooks: { database: { break: \"touch x\", repair: { url: \"http://h/repair\" } } }\n";
  const auto refused = load_target(test::specification(), file.string(), {});
  const auto allowed = load_target(test::specification(), file.string(), {true, true, {}});
  std::filesystem::remove(file);
  ASSERT_FALSE(refused);
  const std::string said = core::format(refused.problems(), i18n::Language::en);
  EXPECT_EQ(refused.problems().size(), 4U) << said;
  for (const char* part :
       {":1:", ":3:", ":4:", "METERPROOF_TEST_VALUE", "--allow-env METERPROOF_TEST_VALUE", "touch x", "POST http://h/repair", "--allow-hooks"})
    EXPECT_NE(said.find(part), std::string::npos) << part << ": " << said;
  EXPECT_EQ(said.find("of-this-machine"), std::string::npos) << said;
  ASSERT_TRUE(allowed) << core::format(allowed.problems(), i18n::Language::en);
  EXPECT_EQ(allowed->apps.front().second, "of-this-machine");
  EXPECT_EQ(allowed->variables.size(), 1U);
}

/// What is wrong with a file of that content, in words; "" where nothing is.
std::string said_of(const std::string& content, const Permissions& permissions = {}) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("meterproof-said-" + std::to_string(::getpid()));
  std::ofstream(file) << content;
  const auto loaded = load_target(test::specification(), file.string(), permissions);
  std::filesystem::remove(file);
  return loaded ? std::string() : core::format(loaded.problems(), i18n::Language::en);
}

TEST(Target, DescribedRowsAreReadByFieldAndMistakesAreTold) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("meterproof-rows-" + std::to_string(::getpid()));
  std::ofstream(file)
      << "rows:\n  GetData:\n    - { MeterAddr: \"007\", RSRP: \"-92.5\" }\n  ReportData: { MeterAddr: M1, ReadNumber: 12.0, UnitPrice: 2.5 }\n";
  const auto loaded = load_target(test::specification(), file.string(), {});
  std::filesystem::remove(file);
  ASSERT_TRUE(loaded) << core::format(loaded.problems(), i18n::Language::en);
  ASSERT_EQ(loaded->rows.size(), 2U);
  EXPECT_EQ(loaded->rows[0].interface, "GetData");
  EXPECT_EQ(loaded->rows[0].values, (std::map<std::string, std::string>{{"MeterAddr", "007"}, {"RSRP", "-92.5"}}));
  EXPECT_EQ(loaded->rows[1].values.at("ReadNumber"), "12.0");
  for (const auto& [content, part] :
       {std::pair("rows: { GetDate: [{ MeterAddr: M1 }] }", "did you mean \"GetData\""), std::pair("rows: { RemotePay: [{ MeterAddr: M1 }] }", "RemotePay"),
        std::pair("rows: { GetData: [{ MeterAdr: M1 }] }", "did you mean \"MeterAddr\""), std::pair("rows: { GetData: [{ RSRP: low }] }", "must be a number"),
        std::pair("rows: { GetPayList: [{ PayDate: 2026-01-05 }] }", "must be a date"), std::pair("rows: { GetData: [M1] }", "a row is a map")})
    EXPECT_NE(said_of(content).find(part), std::string::npos) << content << ": " << said_of(content);
}

// What is printed as advice is pasted.
TEST(Target, ANameThatIsACommandIsNoAdvice) {
  for (const char* name : {"x;touch P;y", "$(touch P)", "`touch P`", "a b", "1A", "", "A-B", "\\u00e4"}) {
    const std::string secret = said_of("apps: [{ id: demo, secret: \"${" + std::string(name) + "}\" }]\n");
    const std::string key = said_of("fixtures: { meter: \"${" + std::string(name) + "}\" }\n");
    for (const std::string& said : {secret, key}) {
      EXPECT_NE(said.find("is no name of an environment variable"), std::string::npos) << name << ": " << said;
      EXPECT_EQ(said.find("export"), std::string::npos) << said;
      EXPECT_EQ(said.find("--allow-env"), std::string::npos) << said;
    }
  }
}

TEST(Target, ASecretOfAnotherProgramIsNotReadUnasked) {
  ::setenv("METERPROOF_TEST_VALUE", "of-this-program", 1);
  ::setenv("OTHER_TEST_SECRET", "of-another", 1);
  const std::vector<const char*> own = {"METERPROOF_APPS", "METERPROOF_CALL_AS", "METERPROOF_CONTROL_TOKEN"};
  for (const char* variable : own) ::setenv(variable, "a:s,b:t", 1);
  const auto file = [](const std::string& variable) { return "apps: [{ id: demo, secret: \"${" + variable + "}\" }]\n"; };
  EXPECT_EQ(said_of(file("METERPROOF_TEST_VALUE")), "");
  EXPECT_EQ(said_of(file("OTHER_TEST_SECRET"), {false, false, {"OTHER_TEST_SECRET"}}), "");
  EXPECT_NE(said_of(file("OTHER_TEST_SECRET")).find("--allow-env OTHER_TEST_SECRET"), std::string::npos);
  for (const char* variable : own)
    EXPECT_NE(said_of(file(variable)).find("--allow-env " + std::string(variable)), std::string::npos) << said_of(file(variable));
  for (const char* variable : own) ::unsetenv(variable);
}

TEST(Target, ASecretThatACommentCutsIsRefused) {
  const struct {
    const char* secret;
    bool refused;
  } table[] = {{"ab #cd", true}, {"ab # cd", false}, {"ab #", false}, {"ab#cd", false}, {"\"ab #cd\"", false}, {"\"ab\" #cd", false}};
  for (const auto& row : table) EXPECT_EQ(!said_of("apps:\n  - id: demo\n    secret: " + std::string(row.secret) + "\n").empty(), row.refused) << row.secret;
}

TEST(Target, ATimeThatIsNoneIsToldAtItsPlace) {
  const std::pair<const char*, const char*> table[] = {
      {"timeout: -5s", ":2:10: error: \"-5s\" is no time like 10s or 500ms"},
      {"timeout: 0s", ":2:10: error: this time must be above 0"},
      {"hook_timeout: soon", ":2:15: error: \"soon\" is no time like 10s or 500ms"},
      {"effect_timeout: 1d", ":2:17: error: \"1d\" is no time like 10s or 500ms"},
  };
  for (const auto& [line, says] : table) {
    const std::string said = said_of("url: http://h\n" + std::string(line) + "\n");
    EXPECT_NE(said.find(says), std::string::npos) << line << ": " << said;
  }
  EXPECT_EQ(said_of("effect_timeout: 0s\ntimeout: 500ms\nhook_timeout: 1m\n"), "");
}

TEST(Target, ATagThatWouldMeanSomethingElseIsToldAtItsPlace) {
  const std::pair<const char*, const char*> table[] = {
      {"url: http://h\napps: [{ id: !!binary ZGVtbw==, secret: s }]\n", "!!binary"},
      {"url: http://h\napps: !!python/tuple [{ id: a, secret: s }]\n", "!!python/tuple"},
      {"url: http://h\nsubject: !own { vendor: v }\n", "!own"},
  };
  for (const auto& [content, tag] : table) {
    const std::string said = said_of(content);
    EXPECT_NE(said.find(":2:"), std::string::npos) << said;
    EXPECT_NE(said.find("the tag " + std::string(tag) + " is not read"), std::string::npos) << said;
  }
  EXPECT_EQ(said_of("url: !!str http://h\napps: !!seq [!!map { id: !!str demo, secret: ! \"s\" }]\n"), "");
}

TEST(Target, AnAppIdOrASecretThatNoHeaderHoldsIsToldAtItsPlace) {
  const auto file = [](std::size_t id, std::size_t secret) {
    return "url: http://h\napps:\n  - { id: " + std::string(id, 'i') + ", secret: " + std::string(secret, 's') + " }\n";
  };
  EXPECT_EQ(said_of(file(longest_credential, longest_credential)), "");
  const std::string id = said_of(file(longest_credential + 1, 1)), secret = said_of(file(1, longest_credential + 1));
  EXPECT_NE(id.find(":3:5: error: the appId has more than 1024 bytes"), std::string::npos) << id;
  EXPECT_NE(secret.find(":3:5: error: the secret has more than 1024 bytes"), std::string::npos) << secret;
}

// Of one line with very many mistakes the first are told, the others counted.
TEST(Target, EveryMistakeIsCounted) {
  std::string line = "url: http://h\npacing: { ";
  for (int i = 0; i < 20'000; ++i) line += "k" + std::to_string(i) + ": 1, ";
  const std::string said = said_of(line + "per_second: 1 }\n");
  EXPECT_NE(said.find("and 19980 more mistakes"), std::string::npos) << said.substr(said.size() - std::min<std::size_t>(said.size(), 200));
}

TEST(Apps, QuotesAreNoPartOfAPair) {
  const struct {
    const char* text;
    bool taken;
  } table[] = {{"demo:secret", true},    {"\"demo\":\"secret\"", false}, {"demo:\"secret\"", false}, {"'demo:secret'", false},
               {"demo:'secret'", false}, {"demo:sec\"ret", true},        {"demo:secret'", true},     {"demo:\"secret'", true}};
  for (const auto& row : table) {
    i18n::Message why;
    EXPECT_EQ(read_app_pair(row.text, why).has_value(), row.taken) << row.text;
    EXPECT_EQ(why.empty(), row.taken) << row.text;
  }
}

}  // namespace target_loader_test
}  // namespace meterproof::loader
