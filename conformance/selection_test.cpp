// SPDX-License-Identifier: Apache-2.0
#include "conformance/selection.hpp"

#include <gtest/gtest.h>

#include "core/i18n/message.hpp"

namespace meterproof::conformance {
namespace selection_test {

const std::vector<std::string> ids = {"RemotePay/-4/money-zero", "RemotePay/-4/money-null", "RemotePay/1/both", "GetData/-201/later", "GetData/reply/encoding"};

TEST(Selection, ANameStandsForAllCasesOfAnInterface) {
  const struct {
    const char* pattern;
    const char* id;
    bool matches;
  } table[] = {{"RemotePay", "RemotePay/1/both", true},   {"remotepay", "RemotePay/1/both", true},     {"Remote", "RemotePay/1/both", false},
               {"RemotePay/", "RemotePay/1/both", false}, {"remotepay/1/*", "RemotePay/1/both", true}, {"", "RemotePay/1/both", false},
               {"random/seed-1", "random/seed-1", true}};
  for (const auto& row : table) EXPECT_EQ(matches(row.pattern, row.id), row.matches) << row.pattern;
}

TEST(Selection, ASectionAndAPathStandForTheirInterfaces) {
  core::Spec spec;
  const auto add = [&](const char* name, const char* section, const char* path, core::Role role) {
    core::Interface& one = spec.interfaces.emplace_back();
    one.name = name, one.section = section, one.path = path, one.served_by = role;
  };
  add("GetUserInfo", "3.1", "/api/Users/GetUserInfo", core::Role::platform);
  add("GetPayList", "3.3", "/api/Users/GetPayList", core::Role::platform);
  add("GetData", "3.5", "/api/Meters/GetData", core::Role::platform);
  add("Report", "3.6", "/api/Meters/GetData", core::Role::billing);
  using Names = std::vector<std::string>;
  const std::pair<const char*, Names> table[] = {
      {"3.1", {"GetUserInfo"}}, {"users", {"GetUserInfo", "GetPayList"}}, {"/api/Users/GetPayList", {"GetPayList"}}, {"api/meters/getdata", {"GetData"}},
      {"3.6", {"3.6"}},         {"GetData/-1/*", {"GetData/-1/*"}}};
  for (const auto& [pattern, names] : table) EXPECT_EQ(with_names(spec, {true, false}, {pattern}), names) << pattern;
}

TEST(Selection, WhatIsNamedLessWhatIsLeftOutOfWhatFailed) {
  const struct {
    reports::SelectionRecord selection;
    std::vector<bool> chosen;
    const char* line;
  } table[] = {
      {{}, {true, true, true, true, true}, ""},
      {{{"RemotePay"}, {}, {}, {}}, {true, true, true, false, false}, "RemotePay"},
      {{{"RemotePay/1/*", "GetData"}, {}, {}, {}}, {false, false, true, true, true}, "--filter 'RemotePay/1/*' --filter GetData"},
      {{{}, {"RemotePay"}, {}, {}}, {false, false, false, true, true}, "--exclude RemotePay"},
      {{{"RemotePay"}, {"*/-4/*"}, {}, {}}, {false, false, true, false, false}, "--filter RemotePay --exclude '*/-4/*'"},
      {{{}, {"GetData"}, {"GetData/-201/later", "RemotePay/1/both"}, {}}, {false, false, true, false, false}, "--exclude GetData --failed-in"},
      {{{}, {}, {"RemotePay/1/both"}, "check.json"}, {false, false, true, false, false}, "--failed-in check.json"},
  };
  for (const auto& row : table) {
    for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(selects(row.selection, ids[i]), row.chosen[i]) << row.line << " " << ids[i];
    EXPECT_EQ(in_a_line(row.selection), row.line);
  }
}

TEST(Selection, AMistypedPatternIsSuggestedOneThatMatches) {
  const std::pair<const char*, const char*> table[] = {{"RemotPay", "did you mean \"RemotePay\"?"},
                                                       {"RemotPay/-4/*", "did you mean \"RemotePay/-4/*\"?"},
                                                       {"RemotePay/-44/*", "did you mean \"RemotePay/-4/*\"?"},
                                                       {"remotpay/-44/*", "did you mean \"RemotePay/-4/*\"?"},
                                                       {"RemotePay/-4/money-zeroo", "did you mean \"RemotePay/-4/money-zero\"?"},
                                                       {"nothing like it at all", "`meterproof check --list` names them"}};
  for (const auto& [pattern, said] : table) EXPECT_EQ(render(suggestion_for(pattern, ids), i18n::Language::en), said) << pattern;
}

}  // namespace selection_test
}  // namespace meterproof::conformance
