// SPDX-License-Identifier: Apache-2.0
// Named rows that stand in for the rows of an interface that the target lacks: a conforming target is accused of nothing, and another one is found out.
#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace named_makers_test {

using Fixtures = std::map<std::string, std::string>;

const Fixtures customer = {{"user", "U0001"}, {"meter", "860000000001"}};
const Fixtures price = {{"price", "P001"}};
const Fixtures everything = {{"user", "U0001"}, {"meter", "860000000001"}, {"price", "P001"}};

conformance::CheckOptions options_without(const std::vector<std::string>& interfaces, const Fixtures& named) {
  conformance::CheckOptions options = test::options_for("platform");
  options.fixtures = named;
  options.random_steps = 60;
  for (const std::string& name : interfaces) options.unsupported.push_back({name, "not built"});
  return options;
}

std::string failures_of(const reports::CheckRecord& record) {
  std::string out;
  for (const auto& one : record.cases)
    if (one.verdict == reports::Verdict::failed || one.verdict == reports::Verdict::broken)
      out += one.id + ": " + test::english(one.observed) + ", " + test::english(one.reason) + "\n";
  return out;
}

TEST(NamedMakers, AConformingTargetIsAccusedOfNothing) {
  const struct {
    std::vector<std::string> without;
    Fixtures named;
  } table[] = {
      {{"CreateMeter"}, customer},
      {{"CreatePrice"}, price},
      {{"CreateMeter", "CreatePrice"}, everything},
      {{"CreateMeter", "CreatePrice", "SetPrice", "ChangeMeter"}, customer},
      {{}, everything},
  };
  for (const auto& row : table) {
    const auto record = test::check_mock(test::specification(), test::settings_for(test::specification()), options_without(row.without, row.named));
    EXPECT_EQ(failures_of(record), "") << (row.without.empty() ? "nothing" : row.without.front());
    EXPECT_GT(record.count(reports::Verdict::passed), 300U) << (row.without.empty() ? "nothing" : row.without.front());
  }
}

// Nothing is declared: the requests that make meters get a web server's page.
TEST(NamedMakers, NorIsOneWhoseLackIsNotDeclared) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  const std::string& path = test::specification().interface("CreateMeter")->path;
  const auto send = [&](const net::HttpRequest& request) {
    if (request.path != path) return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    net::Exchange page;
    page.transport = net::TransportResult::replied;
    page.status = 404;
    page.body = "<html><title>404</title></html>";
    return page;
  };
  const auto record = conformance::check(test::specification(), options_without({}, customer), test::environment_for(send, clock));
  for (const auto& one : record.cases)
    if (one.interface != "CreateMeter")
      EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
}

TEST(NamedMakers, APaymentThatDoesNothingIsFoundOut) {
  core::Spec idle = test::specification();
  const auto pay = std::find_if(idle.interfaces.begin(), idle.interfaces.end(), [](const auto& one) { return one.name == "RemotePay"; });
  std::erase_if(pay->effects, [](const core::Step& step) { return step.kind == core::Step::Kind::update; });
  const auto record = test::check_mock(idle, test::settings_for(idle), options_without({"CreateMeter"}, customer));
  EXPECT_NE(failures_of(record).find("RemotePay/effect/get-data: "), std::string::npos) << failures_of(record);
}

// No query shows prices: a request that refers to the row tells.
TEST(NamedMakers, AWrongRowThatNoQueryShowsIsToldBeforeTheRun) {
  const auto record = test::check_mock(test::specification(), test::settings_for(test::specification()), options_without({"CreatePrice"}, {{"price", "ZZZ"}}));
  EXPECT_EQ(failures_of(record), "");
  EXPECT_EQ(record.verdict, reports::RunVerdict::not_judged);
  EXPECT_NE(test::notes_of(record).find("price=ZZZ: the target does not know this row: CreateMeter"), std::string::npos) << test::notes_of(record);
}

}  // namespace named_makers_test
}  // namespace meterproof
