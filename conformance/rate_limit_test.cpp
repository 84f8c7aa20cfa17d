// SPDX-License-Identifier: Apache-2.0
// A target with a limit on requests is asked more slowly and judged as if it had none; one that answers nothing else any more ends the run.
#include "conformance/rate_limit.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "conformance/case.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof::conformance {
namespace rate_limit_test {

net::Exchange reply(int status, const std::string& body, const std::string& retry_after = "") {
  net::Exchange out;
  out.transport = net::TransportResult::replied;
  out.status = status;
  out.body = body;
  out.headers = {{"Content-Type", "application/json"}};
  if (!retry_after.empty()) out.headers.emplace_back("Retry-After", retry_after);
  return out;
}

TEST(RateLimit, IsToldFromOtherRefusals) {
  const core::Spec& spec = test::specification();
  const struct {
    net::Exchange exchange;
    bool limits;
  } table[] = {
      {reply(429, ""), true},
      {reply(429, R"({"ResultCode":-999,"Message":"x"})"), true},
      {reply(503, "", "2"), true},
      {reply(503, ""), false},
      {reply(200, R"({"ResultCode":-999,"Message":"请求过于频繁"})"), true},
      {reply(200, R"({"ResultCode":-999,"Message":"Rate limit exceeded"})"), true},
      {reply(200, R"({"ResultCode":1,"Message":"Too many requests"})"), false},
      {reply(200, R"({"ResultCode":-999,"Message":"系统错误"})"), false},
      {reply(200, R"({"ResultCode":-1,"Message":""})"), false},
  };
  for (const auto& row : table) {
    Sent sent;
    sent.exchange = row.exchange;
    sent.reply = read_reply(row.exchange, spec);
    EXPECT_EQ(RateLimit::is_meant_by(sent, spec), row.limits) << row.exchange.status << " " << row.exchange.body;
  }
}

/// A mock that takes some requests a second.
struct Limited {
  std::size_t most;  // in a second
  net::Exchange refusal;
  std::size_t from = 0;  // so many requests are not counted
  bool forever = false;  // once it limits

  reports::CheckRecord check() {
    const core::Spec& spec = test::specification();
    mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
    test::Clock clock;
    std::deque<std::chrono::system_clock::time_point> taken;
    std::size_t seen = 0;
    bool limits = false;
    const auto record = conformance::check(spec, test::options_for("platform"),
                                           test::environment_for(
                                               [&](const net::HttpRequest& request) {
                                                 const auto now = clock.now();
                                                 while (!taken.empty() && now - taken.front() >= std::chrono::seconds(1)) taken.pop_front();
                                                 if (++seen > from && ((limits && forever) || taken.size() >= most)) {
                                                   limits = true;
                                                   ++refused;
                                                   return refusal;
                                                 }
                                                 if (seen > from) taken.push_back(now);
                                                 return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                               },
                                               clock));
    took = clock.now() - test::Clock().now();
    return record;
  }
  std::size_t refused = 0;
  std::chrono::system_clock::duration took{};
};

TEST(RateLimit, IsKeptToAndNobodyIsFailedForIt) {
  for (const net::Exchange& refusal :
       {reply(429, "slow down", "1"), reply(429, ""), reply(200, R"({"ResultCode":-999,"Message":"请求过于频繁，请稍后再试"})")}) {
    Limited target{20, refusal, 300};
    const auto record = target.check();
    EXPECT_GT(target.refused, 0U);
    EXPECT_LT(target.refused, 100U);
    EXPECT_EQ(record.exit_code, 0) << test::notes_of(record);
    for (const reports::CaseRecord& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.reason);
    EXPECT_NE(test::notes_of(record).find("the target wanted fewer requests"), std::string::npos) << test::notes_of(record);
  }
}

// Whoever limits without saying so is told from who has failed by a query that it answered before.
TEST(RateLimit, IsFoundOutWhereTheMessageDoesNotSaySo) {
  Limited target{20, reply(200, R"({"ResultCode":-999,"Message":"系统错误"})"), 300};
  const auto record = target.check();
  EXPECT_EQ(record.exit_code, 0) << test::notes_of(record);
  for (const reports::CaseRecord& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.reason);
  EXPECT_NE(test::notes_of(record).find("the target wanted fewer requests"), std::string::npos) << test::notes_of(record);
}

// A limit does not wait until the run knows its target: wherever in the first seconds it is met, and however it is said, nobody is failed for it.
TEST(RateLimit, MayBeMetFromTheFirstRequestOn) {
  for (const net::Exchange& refusal : {reply(429, ""), reply(200, R"({"ResultCode":-999,"Message":"系统错误"})")})
    for (const std::size_t most : {std::size_t{20}, std::size_t{40}})
      for (std::size_t from = 0; from <= 120; from += test::is_sanitized ? 60 : 7) {
        Limited target{most, refusal, from};
        const auto record = target.check();
        const std::string where = std::to_string(refusal.status) + ", " + std::to_string(most) + " a second from request " + std::to_string(from);
        EXPECT_EQ(record.exit_code, 0) << where << "\n" << test::notes_of(record);
        for (const reports::CaseRecord& one : record.cases)
          EXPECT_NE(one.verdict, reports::Verdict::failed) << where << ", " << one.id << ": " << test::english(one.reason);
      }
}

// Several workers meet the limit in the same second, which is over before the first of them has looked, and before the others know that they were refused.
TEST(RateLimit, IsFoundOutWhereSeveralWorkersMeetItAtOnce) {
  constexpr std::size_t known = 200, interfaces = 3;  // known: so many requests are answered first
  const core::Spec& spec = test::specification();
  mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
  test::Clock clock;
  std::mutex mutex;
  std::condition_variable changed;
  bool waits = false;  // the first one, for what the others were told
  std::size_t seen = 0, noted_since = 0, asked_again = 0;
  std::set<std::string> succeeded, refused, queries, refused_bodies;
  for (const core::Interface& one : spec.interfaces)
    if (!one.reply.empty()) queries.insert(one.path);
  const auto send = [&](const net::HttpRequest& request) {
    std::unique_lock lock(mutex);
    if (++seen > known && refused.size() < interfaces && succeeded.contains(request.path) && !queries.contains(request.path) &&
        refused.insert(request.path).second) {
      changed.notify_all();
      const bool first = refused.size() == 1;
      changed.wait_for(lock, std::chrono::minutes(1), [&] { return first ? refused.size() == interfaces : waits; });
      refused_bodies.insert(request.path + request.body);
      return reply(200, R"({"ResultCode":-999,"Message":"系统错误"})");
    }
    if (refused_bodies.contains(request.path + request.body)) ++asked_again;
    net::Exchange out = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    if (read_reply(out, spec).code == spec.success) succeeded.insert(request.path);
    return out;
  };
  Environment environment = test::environment_for(send, clock);
  environment.workers = 8;
  environment.send = send;
  environment.now = [&clock] { return clock.now(); };
  environment.sleep = [&](std::chrono::milliseconds span) {
    if (span < std::chrono::milliseconds(500)) return;  // what keeps requests apart
    std::unique_lock lock(mutex);
    if (!std::exchange(waits, true)) noted_since = 0;
    changed.notify_all();
    changed.wait_for(lock, std::chrono::minutes(1), [&] { return noted_since + 1 >= interfaces; });  // the others have read what they were told
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // and note it
  };
  environment.steady = [&] {  // all of it is one moment, however long the machine takes
    const std::scoped_lock lock(mutex);
    ++noted_since;
    changed.notify_all();
    return std::chrono::steady_clock::time_point();
  };
  CheckOptions options = test::options_for("platform");
  options.selection.only = {"*/1/*", "*/-200/*"};
  const auto record = conformance::check(spec, options, environment);
  EXPECT_EQ(refused.size(), interfaces);
  EXPECT_GE(asked_again, interfaces) << "what was refused is sent again";
  for (const reports::CaseRecord& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.reason);
}

// What is refused in those words for reasons of its own, by several interfaces within a second, is no limit: it is refused again.
TEST(RateLimit, IsNotSeenInRefusalsThatComeAgain) {
  const core::Spec& spec = test::specification();
  mockserver::MockState state(spec, test::settings_for(spec), test::sample_fixtures(spec));
  test::Clock clock;
  std::mutex mutex;
  const auto send = [&](const net::HttpRequest& request) {
    const std::scoped_lock lock(mutex);
    net::Exchange out = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    const Reply answer = read_reply(out, spec);
    const bool is_common = std::any_of(spec.common.begin(), spec.common.end(), [&](const core::ResultRow& row) { return answer.code == row.code; });
    return !answer.code || answer.code == spec.success || is_common ? out : reply(200, R"({"ResultCode":-203,"Message":"系统错误"})");
  };
  Environment environment = test::environment_for(send, clock);
  environment.workers = 8;
  environment.send = send;
  environment.now = [&clock] { return clock.now(); };
  environment.sleep = [](std::chrono::milliseconds span) { std::this_thread::sleep_for(span / 10); };
  environment.steady = [begin = std::chrono::steady_clock::now()] {
    return std::chrono::steady_clock::time_point(10 * (std::chrono::steady_clock::now() - begin));
  };
  CheckOptions options = test::options_for("platform");
  options.selection.only = {"*/-1/*", "*/-3/*", "*/-4/*", "*/-5/*", "*/-6/*", "*/1/*"};
  const auto record = conformance::check(spec, options, environment);
  EXPECT_EQ(test::notes_of(record).find("the target wanted fewer requests"), std::string::npos) << test::notes_of(record);
}

TEST(RateLimit, RequestsOnTheirWayTogetherCountOnce) {
  RateLimit limit;
  Sent sent;
  sent.exchange = reply(429, "");
  sent.reply = read_reply(sent.exchange, test::specification());
  sent.pace = limit.pace();
  for (int i = 0; i < 8; ++i) limit.wait_after(sent, 1);
  EXPECT_EQ(limit.pause(), std::chrono::milliseconds(20));
  sent.pace = limit.pace();
  for (int i = 0; i < 8; ++i) limit.wait_after(sent, 1);
  EXPECT_EQ(limit.pause(), std::chrono::milliseconds(40));
}

// What is refused now and then however slowly it is asked, and answered a moment later, is no limit.
TEST(RateLimit, AnErrorNowAndThenIsNone) {
  RateLimit limit;
  Sent sent;
  sent.exchange = reply(200, R"({"ResultCode":-999,"Message":"系统错误"})");
  sent.reply = read_reply(sent.exchange, test::specification());
  limit.learn(sent, test::specification());
  while (!limit.is_slowest()) {
    ASSERT_TRUE(limit.is_reached(sent, test::specification()));
    sent.pace = limit.pace();
    ASSERT_TRUE(limit.wait_after(sent, 1));
  }
  for (const bool answered : {false, true, false, true}) EXPECT_FALSE(limit.note_asked_at_once(answered));
  EXPECT_TRUE(limit.is_worth_waiting());
  EXPECT_TRUE(limit.note_asked_at_once(true));
  EXPECT_FALSE(limit.is_worth_waiting());
  EXPECT_FALSE(limit.is_reached(sent, test::specification()));
  EXPECT_EQ(limit.pause().count(), 0);
  EXPECT_TRUE(limit.note().empty());
}

TEST(RateLimit, ATargetThatLimitsForEverEndsTheRun) {
  Limited target{1, reply(429, ""), 400, true};
  const auto record = target.check();
  EXPECT_NE(record.exit_code, 0);
  for (const reports::CaseRecord& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id;
  EXPECT_LT(target.took, std::chrono::minutes(5));
}

}  // namespace rate_limit_test
}  // namespace meterproof::conformance
