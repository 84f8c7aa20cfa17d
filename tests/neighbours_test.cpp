// SPDX-License-Identifier: Apache-2.0
// Rows that look alike, and what must stay as it was: one mistake is found by its own cases, and a target that takes only plain keys is not accused.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/json/json.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/json.hpp"

namespace meterproof {
namespace neighbours_test {

reports::CheckRecord check_mutant(const std::string& id, const std::vector<std::string>& only) {
  const mutation::Mutant mutant = test::mutant_of(id);
  conformance::CheckOptions options = test::options_for("both");
  options.selection.only = only;
  return test::check_mock(mutant.spec, test::settings_for(mutant.spec), options, *mutant.hooks);
}

void expect_verdict(const std::string& mutant, const std::string& only, const std::string& id, reports::Verdict verdict) {
  const auto record = check_mutant(mutant, {only});
  const auto found = std::find_if(record.cases.begin(), record.cases.end(), [&](const auto& one) { return one.id == id; });
  ASSERT_NE(found, record.cases.end()) << "no case " << id;
  EXPECT_EQ(found->verdict, verdict) << mutant << ": " << id << ": " << test::english(found->observed) << ", " << test::english(found->reason);
}

TEST(Neighbours, AreToldApartByTheirOwnCases) {
  using Verdict = reports::Verdict;
  const struct {
    const char *mutant, *found_by;
    Verdict verdict;
  } table[] = {
      {"neighbour/letter-case/in-queries", "GetUserInfo/neighbour/letter-case", Verdict::failed},
      {"neighbour/letter-case/in-queries", "CreatePrice/neighbour/letter-case", Verdict::failed},
      {"neighbour/letter-case/in-changes", "RemotePay/neighbour/letter-case", Verdict::failed},
      {"neighbour/letter-case/in-changes", "ControlValve/neighbour/letter-case", Verdict::failed},
      {"neighbour/wildcards/in-changes", "SetPrice/neighbour/wildcards", Verdict::failed},
      {"neighbour/wildcards/in-changes", "ChangeMeter/neighbour/wildcards", Verdict::failed},
      {"neighbour/twenty-digits/in-queries", "GetPayList/neighbour/twenty-digits", Verdict::failed},
      {"neighbour/beginning/in-queries", "GetData/neighbour/beginning", Verdict::failed},
      {"neighbour/same-owner/in-changes", "RemotePay/neighbour/same-owner", Verdict::failed},
      {"neighbour/same-values/in-queries", "CreatePrice/neighbour/same-values", Verdict::failed},
      {"neighbour/twenty-digits/in-changes", "ControlValve/neighbour/twenty-digits", Verdict::failed},
  };
  for (const auto& row : table) expect_verdict(row.mutant, "*/neighbour/*", row.found_by, row.verdict);
}

TEST(Constancy, IsLookedAfterByItsOwnCases) {
  const struct {
    const char *mutant, *found_by;
  } table[] = {{"constancy/RemotePay/drift", "RemotePay/constant/others-rows"},
               {"constancy/SetPrice/drift", "SetPrice/constant/others-rows"},
               {"constancy/SetPrice/drift", "SetPrice/constant/repeated"},
               {"constancy/ControlValve/drift", "ControlValve/constant/same-order"},
               {"constancy/RemotePay/refused-drift", "RemotePay/constant/refused"},
               {"server/carries-out-badly-signed", "ControlValve/constant/refused-order"},
               {"constancy/ControlValve/orders-alike", "ControlValve/constant/opposite-orders"},
               {"constancy/GetUserInfo/by-form", "GetUserInfo/constant/each-form"},
               {"constancy/GetPayList/by-form", "GetPayList/constant/each-form"},
               {"constancy/RemotePay/one-number", "GetPayList/constant/numbers-differ"}};
  for (const auto& row : table) expect_verdict(row.mutant, "*/constant/*", row.found_by, reports::Verdict::failed);
}

// A query for a key that no row has is answered with a row whose key is like it.
TEST(Neighbours, AKeyThatNoRowHasIsNotTakenForAnother) {
  const struct {
    const char* slug;
    bool (*is_like)(const std::string& key, const std::string& asked);
  } table[] = {
      {"letter-case", [](const std::string& key, const std::string& asked) { return asked == key + "B"; }},
      {"wildcards",
       [](const std::string& key, const std::string& asked) { return key.size() == asked.size() && key.substr(0, key.size() - 1) + "%" == asked; }},
      {"wildcards",
       [](const std::string& key, const std::string& asked) { return key.size() == asked.size() && key.substr(0, key.size() - 1) + "_" == asked; }},
      {"quotes", [](const std::string& key, const std::string& asked) { return asked.find("OR '" + key + "'") != std::string::npos; }},
      {"leading-zero", [](const std::string& key, const std::string& asked) { return asked == "00" + key; }},
      {"end", [](const std::string& key, const std::string& asked) { return asked == key.substr(1); }},
  };
  const core::Spec& spec = test::specification();
  for (const auto& row : table) {
    test::Clock clock;
    mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
    conformance::CheckOptions options = test::options_for("platform");
    options.selection.only = {"*/neighbour/*"};
    std::set<std::string> keys;  // of rows that are there
    const auto send = [&](net::HttpRequest request) {
      auto body = test::json_of(request.body);
      const bool is_query = request.path.find("GetUserInfo") != std::string::npos || request.path.find("GetPayList") != std::string::npos ||
                            (request.path.find("GetData") != std::string::npos && !body.contains("ReadNumber"));
      for (const char* name : {"UserCode", "MeterAddr", "TransId"}) {
        if (!body.is_object() || !body.contains(name) || !body[name].is_string()) continue;
        const std::string asked = body[name];
        const auto like = std::find_if(keys.begin(), keys.end(), [&](const std::string& key) { return row.is_like(key, asked); });
        if (is_query && keys.count(asked) == 0 && like != keys.end()) body[name] = *like;
      }
      request.body = body.dump();
      net::Exchange out = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      if (out.body.find("\"ResultCode\":1,") == std::string::npos && out.body.find("\"ResultCode\":1}") == std::string::npos) return out;
      for (const char* name : {"UserCode", "MeterAddr", "TransId"})
        if (body.contains(name) && body[name].is_string()) keys.insert(body[name].get<std::string>());
      return out;
    };
    const auto record = conformance::check(spec, options, test::environment_for(send, clock));
    std::set<std::string> failed;
    for (const auto& one : record.cases)
      if (one.verdict == reports::Verdict::failed) failed.insert(one.id.substr(one.id.rfind('/') + 1));
    EXPECT_EQ(failed, std::set<std::string>{row.slug});
  }
}

/// Keys of plain digits, fifteen at the most; all others are data that cannot be read.
TEST(Neighbours, ATargetThatTakesPlainKeysOnlyIsNotAccused) {
  const core::Spec& spec = test::specification();
  test::Clock clock;
  mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
  conformance::CheckOptions options = test::options_for("both");
  options.selection.only = {"*/neighbour/*"};
  const auto is_plain = [](const std::string& key) {
    return key.size() <= 15 && std::all_of(key.begin(), key.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  };
  const auto record = conformance::check(spec, options,
                                         test::environment_for(
                                             [&](const net::HttpRequest& request) {
                                               const auto body = json::parse_json(request.body);
                                               for (const char* name : {"UserCode", "MeterAddr", "TransId", "PriceTypeCode", "NewMeterAddr"}) {
                                                 const json::Json* key = body ? body->get(name) : nullptr;
                                                 if (key == nullptr || is_plain(key->text)) continue;
                                                 net::Exchange refused;
                                                 refused.transport = net::TransportResult::replied;
                                                 refused.status = 200;
                                                 refused.body = test::reply_of(spec.unparsable()->code);
                                                 return refused;
                                               }
                                               return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                             },
                                             clock));
  std::size_t passed = 0;
  for (const auto& one : record.cases) {
    EXPECT_TRUE(one.verdict == reports::Verdict::passed || one.verdict == reports::Verdict::inconclusive) << one.id << ": " << test::english(one.observed);
    passed += one.verdict == reports::Verdict::passed ? 1U : 0U;
  }
  EXPECT_GT(passed, 20U);
  const auto question = std::find_if(record.questions.begin(), record.questions.end(), [](const auto& one) { return one.id == "key-forms"; });
  ASSERT_NE(question, record.questions.end());
  EXPECT_FALSE(question->observed.empty());
}

}  // namespace neighbours_test
}  // namespace meterproof
