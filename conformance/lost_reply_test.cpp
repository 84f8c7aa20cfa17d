// SPDX-License-Identifier: Apache-2.0
// Replies that are lost with their connection: what may be repeated, what is looked for first, and that nobody is accused for it.
#include <gtest/gtest.h>

#include "conformance/fixtures.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace lost_reply_test {

enum class Loss { none, before_it_is_carried_out, after };

/// A mock whose connection ends at the next request to an interface.
class Losing {
 public:
  explicit Losing(std::map<std::string, std::string> named = {}) {
    CheckOptions options = test::options_for("platform");
    options.effect_timeout = std::chrono::milliseconds(500);
    options.fixtures.insert(named.begin(), named.end());
    fixtures_.emplace(session_, options, std::vector<ShownRow>());
  }

  core::RequestBuilder request(const std::string& interface) { return fixtures_->make_request(*spec_.interface(interface), 0, rows_); }
  Sent send(const core::RequestBuilder& request, Loss loss) {
    path_ = request.interface->path;
    loss_ = loss;
    calls_ = 0;
    return fixtures_->send_and_track(request, rows_);
  }
  /// How often the interface was called since.
  int calls() const { return calls_; }
  FixtureFactory& fixtures() { return *fixtures_; }
  TargetSession& session() { return session_; }
  FixtureSet& rows() { return rows_; }

 private:
  net::Exchange answer(const net::HttpRequest& request) {
    const Loss loss = request.path == path_ ? std::exchange(loss_, Loss::none) : Loss::none;
    if (request.path == path_) ++calls_;
    net::Exchange out;
    if (loss != Loss::before_it_is_carried_out) out = test::through(state_, request.bytes({"in-process", 80, ""}), clock_.now());
    return loss == Loss::none ? out : net::Exchange();
  }

  const core::Spec& spec_ = test::specification();
  test::Clock clock_;
  mockserver::MockState state_{spec_, test::settings_for(spec_), test::sample_fixtures(spec_)};
  std::string path_;
  Loss loss_ = Loss::none;
  int calls_ = 0;
  TargetSession session_{spec_, {{"demo", "demo-secret"}}, test::environment_for([this](const net::HttpRequest& request) { return answer(request); }, clock_)};
  std::optional<FixtureFactory> fixtures_;
  FixtureSet rows_;
};

TEST(LostReply, WhatWasCarriedOutIsFoundByTheQueriesAndNotSentAgain) {
  for (const char* interface : {"CreateMeter", "RemotePay", "ChangeMeter"}) {
    Losing target;
    const auto request = target.request(interface);
    const Sent sent = target.send(request, Loss::after);
    EXPECT_EQ(target.calls(), 1) << interface;
    EXPECT_TRUE(sent.carried_out) << interface;
    EXPECT_TRUE(sent.no_reply()) << interface;
    EXPECT_NE(test::english(sent.reply.problem).find(" shows that it was carried out"), std::string::npos) << test::english(sent.reply.problem);
    // The model has it as well: what the target shows from here on is what it expects.
    const Sent next = target.send(target.request("GetUserInfo"), Loss::none);
    EXPECT_TRUE(next.answered(test::specification().success)) << interface << ": " << next.exchange.body;
  }
}

TEST(LostReply, WhatWasNotCarriedOutIsSentAgain) {
  for (const char* interface : {"CreateMeter", "RemotePay", "ChangeMeter"}) {
    Losing target;
    const Sent sent = target.send(target.request(interface), Loss::before_it_is_carried_out);
    EXPECT_EQ(target.calls(), 2) << interface;
    EXPECT_TRUE(sent.answered(test::specification().success)) << interface << ": " << test::english(sent.reply.problem);
    EXPECT_FALSE(sent.carried_out) << interface;
  }
}

TEST(LostReply, WhatNoQueryShowsIsNotSentAgain) {
  for (const Loss loss : {Loss::before_it_is_carried_out, Loss::after}) {
    Losing target;
    const Sent sent = target.send(target.request("CreatePrice"), loss);
    EXPECT_EQ(target.calls(), 1);
    EXPECT_TRUE(sent.no_reply());
    EXPECT_FALSE(sent.carried_out);
    EXPECT_EQ(target.session().ledger().count(*test::specification().table("price")), 1U) << "it may have been made";
  }
}

TEST(LostReply, AQueryIsSentAgainOnce) {
  Losing target;
  const auto query = target.request("GetUserInfo");
  EXPECT_TRUE(target.send(query, Loss::after).answered(test::specification().success));
  EXPECT_EQ(target.calls(), 2);
}

// Every seventeenth reply of a whole run is lost.
TEST(LostReply, SomeInARunCostFewVerdictsAndAccuseNobody) {
  const core::Spec& spec = test::specification();
  for (const Loss loss : {Loss::before_it_is_carried_out, Loss::after}) {
    test::Clock clock;
    mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
    int calls = 0;
    const auto send = [&](const net::HttpRequest& request) {
      const bool is_lost = ++calls > 200 && calls % 17 == 0;  // not while it calibrates
      net::Exchange out;
      if (!is_lost || loss == Loss::after) out = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
      return is_lost ? net::Exchange() : out;
    };
    const auto record = check(spec, test::options_for("platform"), test::environment_for(send, clock));
    std::size_t undecided = 0;
    for (const reports::CaseRecord& one : record.cases) {
      EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
      EXPECT_NE(one.reason.id, "case.no-baseline") << one.id;
      if (one.verdict == reports::Verdict::inconclusive && !test::is_injected(one.id)) ++undecided;
    }
    EXPECT_LT(undecided, record.cases.size() / 10);
    EXPECT_NE(test::notes_of(record).find(" replies were lost because the target closed the connection"), std::string::npos) << test::notes_of(record);
  }
}

}  // namespace lost_reply_test
}  // namespace meterproof::conformance
