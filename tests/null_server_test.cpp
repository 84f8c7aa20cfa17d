// SPDX-License-Identifier: Apache-2.0
// Servers that do nothing right: none of them passes a single negative case, and no run against them is good.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace null_server_test {

using Send = std::function<net::Exchange(const net::HttpRequest&)>;

net::Exchange with(int status, std::string body) {
  net::Exchange exchange;
  exchange.transport = net::TransportResult::replied;
  exchange.status = status;
  exchange.body = std::move(body);
  return exchange;
}

Send always(int status, const std::string& body) {
  return [=](const net::HttpRequest&) { return with(status, body); };
}

Send fails(net::TransportResult transport) {
  return [=](const net::HttpRequest&) {
    net::Exchange exchange;
    exchange.transport = transport;
    return exchange;
  };
}

std::map<std::string, Send> degenerate_servers() {
  std::map<std::string, Send> servers = {
      {"always 1", always(200, R"({"ResultCode":1,"Message":"ok"})")},
      {"always 1 with an empty list", always(200, R"({"ResultCode":1,"Message":"ok","DataList":[]})")},
      {"always 1 with an empty row", always(200, R"({"ResultCode":1,"Message":"ok","DataList":[{}]})")},
      {"always 0", always(200, R"({"ResultCode":0,"Message":"no"})")},
      {"always -1", always(200, R"({"ResultCode":-1,"Message":"no"})")},
      {"always -200", always(200, R"({"ResultCode":-200,"Message":"no"})")},
      {"always -202", always(200, R"({"ResultCode":-202,"Message":"no"})")},
      {"always -999", always(200, R"({"ResultCode":-999,"Message":"no"})")},
      {"echo", [](const net::HttpRequest& request) { return with(200, request.body); }},
      {"empty 200", always(200, "")},
      {"HTML 500", always(500, "<html><body>Internal Server Error</body></html>")},
      {"garbage JSON", always(200, R"({"ResultCode":)")},
      {"a list", always(200, "[1,2,3]")},
      {"no HTTP", fails(net::TransportResult::no_http)},
  };
  return servers;
}

bool is_negative(const std::string& id) {
  const std::size_t slash = id.find('/');
  return slash != std::string::npos && (id.compare(slash + 1, 1, "-") == 0 || id.compare(slash + 1, 2, "0/") == 0);
}

/// Of a case that is passed only where something was done: kept, shown, counted, told apart.
bool is_of_effects(const std::string& id) {
  const std::size_t slash = id.find('/');
  for (const char* kind : {"/effect/", "/sequence/", "/count/", "/neighbour/", "/constant/", "/value/", "/described/", "/concurrent/"})
    if (slash != std::string::npos && id.compare(slash, std::string_view(kind).size(), kind) == 0) return true;
  return false;
}

TEST(Degenerate, NonePassesANegativeCaseOrAnEffectOrTheRun) {
  for (const auto& [name, send] : degenerate_servers()) {
    test::Clock clock;
    const auto record = conformance::check(test::specification(), test::options_for("both"), test::environment_for(send, clock));
    for (const auto& one : record.cases)
      if (is_negative(one.id) || is_of_effects(one.id)) EXPECT_NE(one.verdict, reports::Verdict::passed) << name << " passes " << one.id;
    EXPECT_TRUE(record.exit_code == 1 || record.exit_code == 3 || record.exit_code == 4) << name << ": " << record.exit_code;
  }
}

TEST(Degenerate, SilentServersAreUnreachable) {
  for (const net::TransportResult transport :
       {net::TransportResult::closed, net::TransportResult::timed_out, net::TransportResult::refused, net::TransportResult::reset}) {
    test::Clock clock;
    const auto record = conformance::check(test::specification(), test::options_for("platform"), test::environment_for(fails(transport), clock));
    EXPECT_EQ(record.exit_code, 3);
    EXPECT_FALSE(record.notes.empty());
  }
}

/// A right mock, until `broken` says that a request gets no reply.
reports::CheckRecord check_broken(const std::function<bool(std::size_t request, const net::Exchange& reply)>& broken,
                                  const conformance::CheckOptions& options) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  const net::Address address{"in-process", 80, ""};
  std::size_t requests = 0;
  return conformance::check(test::specification(), options,
                            test::environment_for(
                                [&](const net::HttpRequest& request) {
                                  net::Exchange reply = test::through(state, request.bytes(address), clock.now());
                                  if (!broken(++requests, reply)) return reply;
                                  net::Exchange none;
                                  none.transport = net::TransportResult::closed;
                                  return none;
                                },
                                clock));
}

bool is_success(const net::Exchange& reply) { return reply.body.starts_with(R"({"ResultCode":1,)"); }

// Who says nothing contradicts nothing. That is no conformance.
TEST(Degenerate, WhoFallsSilentOrHangsUpIsNotJudged) {
  const struct {
    const char* what;
    std::function<bool(std::size_t, const net::Exchange&)> broken;
  } table[] = {
      {"dead after 60 requests", [](std::size_t request, const net::Exchange&) { return request > 60; }},
      {"dead after 600 requests", [](std::size_t request, const net::Exchange&) { return request > 600; }},
      {"hangs up on every refusal", [](std::size_t request, const net::Exchange& reply) { return request > 10 && !is_success(reply); }},
      {"hangs up on every success", [](std::size_t request, const net::Exchange& reply) { return request > 10 && is_success(reply); }},
  };
  for (const auto& row : table) {
    const auto record = check_broken(row.broken, test::options_for("both"));
    EXPECT_EQ(record.exit_code, 4) << row.what;
    EXPECT_EQ(record.verdict, reports::RunVerdict::not_judged) << row.what;
    EXPECT_NE(test::notes_of(record).find("not judged: "), std::string::npos) << row.what << ": " << test::notes_of(record);
  }
}

// Most clauses are decided by other interfaces, or by one case of several.
TEST(Degenerate, WhoHangsUpOnTheRefusalsOfAFewInterfacesIsNotJudged) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  std::set<std::string> paths;
  for (const char* name : {"RemotePay", "SetPrice", "ChangeMeter"}) paths.insert(test::specification().interface(name)->path);
  std::size_t requests = 0;
  const auto send = [&](const net::HttpRequest& request) {
    net::Exchange reply = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    if (++requests <= 120 || is_success(reply) || paths.count(request.path) == 0) return reply;
    net::Exchange none;
    none.transport = net::TransportResult::closed;
    return none;
  };
  const auto record = conformance::check(test::specification(), test::options_for("platform"), test::environment_for(send, clock));
  EXPECT_EQ(record.exit_code, 4);
  ASSERT_TRUE(record.reach);
  EXPECT_EQ(record.reach->unanswered, (std::vector<std::string>{"RemotePay", "SetPrice", "ChangeMeter"}));
  EXPECT_NE(test::notes_of(record).find("RemotePay, SetPrice, ChangeMeter left more than a quarter"), std::string::npos) << test::notes_of(record);
}

// A request that hangs costs a whole timeout: half of ten are enough, and the other interfaces are judged.
TEST(Degenerate, AnInterfaceThatHangsIsNotAskedForEveryCase) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  const std::string& path = test::specification().interface("SetPrice")->path;
  std::size_t requests = 0, in_vain = 0;
  const auto send = [&](const net::HttpRequest& request) {
    net::Exchange reply = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    if (++requests <= 120 || request.path != path) return reply;
    ++in_vain;
    net::Exchange nothing;
    nothing.transport = net::TransportResult::timed_out;
    return nothing;
  };
  const auto record = conformance::check(test::specification(), test::options_for("platform"), test::environment_for(send, clock));
  EXPECT_LE(in_vain, 10U);
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
  EXPECT_GT(record.count(reports::Verdict::passed), 600U);
}

// No interface hangs by itself, and all of them together cost a timeout for every fourth request: that is told after some dozens.
TEST(Degenerate, WhoLeavesEveryFourthRequestUnansweredEndsTheRun) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  std::size_t requests = 0, in_vain = 0;
  const auto send = [&](const net::HttpRequest& request) {
    net::Exchange reply = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    if (++requests <= 200 || requests % 4 != 0) return reply;
    ++in_vain;
    net::Exchange nothing;
    nothing.transport = net::TransportResult::timed_out;
    return nothing;
  };
  const auto record = conformance::check(test::specification(), test::options_for("platform"), test::environment_for(send, clock));
  EXPECT_EQ(record.exit_code, 3) << test::notes_of(record);
  EXPECT_LE(in_vain, 80U);
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
  EXPECT_NE(test::notes_of(record).find("the target stopped answering: 30 of "), std::string::npos) << test::notes_of(record);
}

// What only a fault hook could decide is not held against a target whose vendor gave none.
TEST(Degenerate, AnHonestTargetIsDecidedInAlmostEveryClause) {
  const auto record = check_broken([](std::size_t, const net::Exchange&) { return false; }, test::options_for("both"));
  EXPECT_EQ(record.exit_code, 0);
  ASSERT_TRUE(record.reach);
  EXPECT_GT(record.reach->clauses, 200U);
  EXPECT_LE(record.reach->clauses - record.reach->judged - record.reach->chosen(), 1U);
}

// Every way of not being there any more; who hangs up is there, and was judged above.
TEST(Degenerate, WhoStopsAnsweringIsGone) {
  const struct {
    const char* what;
    net::TransportResult transport;
    int status;
  } table[] = {{"silent", net::TransportResult::timed_out, 0},
               {"nobody listens", net::TransportResult::refused, 0},
               {"no HTTP", net::TransportResult::no_http, 0},
               {"endless", net::TransportResult::too_large, 0},
               {"a gateway alone", net::TransportResult::replied, 504}};
  for (const auto& row : table)
    for (const std::size_t answered : {20U, 300U}) {  // in the calibration, and among the cases
      test::Clock clock;
      mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
      std::size_t requests = 0;
      const auto record = conformance::check(test::specification(), test::options_for("both"),
                                             test::environment_for(
                                                 [&](const net::HttpRequest& request) {
                                                   if (++requests <= answered) return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                                   net::Exchange nothing;
                                                   nothing.transport = row.transport;
                                                   nothing.status = row.status;
                                                   return nothing;
                                                 },
                                                 clock));
      EXPECT_EQ(record.exit_code, 3) << row.what << " after " << answered;
      EXPECT_NE(test::notes_of(record).find("the target stopped answering after "), std::string::npos) << row.what << ": " << test::notes_of(record);
      EXPECT_LE(requests, answered + 60) << row.what << " after " << answered;
      EXPECT_GT(record.count(reports::Verdict::inconclusive), 1000U) << row.what;
    }
}

// A refusal proves something only beside a request of the same interface that was accepted, whichever cases were chosen.
TEST(Degenerate, AFilterNeedsAnAcceptedRequestToo) {
  conformance::CheckOptions options = test::options_for("both");
  options.selection.only = {"GetUserInfo/-202/*"};
  EXPECT_EQ(check_broken([](std::size_t, const net::Exchange&) { return false; }, options).exit_code, 0);
  const auto record = check_broken([](std::size_t request, const net::Exchange& reply) { return request > 10 && is_success(reply); }, options);
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_NE(test::notes_of(record).find("no valid request to these interfaces was accepted: GetUserInfo"), std::string::npos) << test::notes_of(record);
}

TEST(Degenerate, RightCodesWithoutEffectsFail) {
  // The mock's own judgement, and nothing carried out: every answer is right, and nothing happens.
  core::Spec idle = test::specification();
  for (core::Interface& interface : idle.interfaces)
    std::erase_if(interface.effects, [](const core::Step& step) { return step.kind == core::Step::Kind::update || step.kind == core::Step::Kind::charge; });
  const auto record = test::check_mock(idle, test::settings_for(idle), test::options_for("both"));
  EXPECT_EQ(record.exit_code, 1);
}

}  // namespace null_server_test
}  // namespace meterproof
