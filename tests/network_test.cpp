// SPDX-License-Identifier: Apache-2.0
// A network that loses, delays and cuts: a case may become inconclusive, it may not change its verdict otherwise. And nothing but
// the seed decides what a run does.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace network_test {

using reports::Verdict;
using Verdicts = std::map<std::string, Verdict>;

/// A mock behind a network that loses one exchange in so many (0: none), before the request or after it was carried out.
reports::CheckRecord check_over(const core::Spec& served, unsigned one_in, unsigned seed, std::size_t random_steps) {
  test::Clock clock;
  mockserver::MockState state(served, test::settings_for(served), test::sample_fixtures(served));
  std::mt19937 chance(seed);
  auto options = test::options_for("both");
  options.random_steps = random_steps;
  const auto send = [&](const net::HttpRequest& request) {
    const bool lost = one_in > 0 && chance() % one_in == 0;
    const bool carried_out = !lost || chance() % 2 == 0;
    net::Exchange exchange;
    if (carried_out) exchange = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
    clock.advance(std::chrono::milliseconds(1));
    if (!lost) return exchange;
    constexpr net::TransportResult ways[] = {net::TransportResult::timed_out, net::TransportResult::reset, net::TransportResult::closed};
    net::Exchange nothing;
    nothing.transport = ways[chance() % 3];
    return nothing;
  };
  return conformance::check(test::specification(), options, test::environment_for(send, clock));
}

Verdicts verdicts_of(const reports::CheckRecord& record) {
  Verdicts out;
  for (const auto& one : record.cases) out[one.id] = one.verdict;
  return out;
}

TEST(Network, ThreeRunsGiveTheSameVerdicts) {
  const Verdicts first = verdicts_of(check_over(test::specification(), 0, 1, 500));
  for (int run = 2; run <= 3; ++run) EXPECT_EQ(verdicts_of(check_over(test::specification(), 0, 1, 500)), first);
}

TEST(Network, LossesMakeNobodyGuilty) {
  const Verdicts calm = verdicts_of(check_over(test::specification(), 0, 1, 500));
  std::size_t judged = 0, cut_short = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const auto record = check_over(test::specification(), seed % 2 == 0 ? 15 : 60, seed, 500);
    if (record.exit_code == 3) {  // the very first request was lost
      ++cut_short;
      continue;
    }
    EXPECT_TRUE(record.exit_code == 0 || record.exit_code == 4) << "seed " << seed;
    for (const auto& one : record.cases) {
      const bool undecided = one.verdict == Verdict::inconclusive || one.verdict == Verdict::broken;
      if (!undecided) ++judged;
      EXPECT_TRUE(undecided || one.verdict == Verdict::warned || one.verdict == calm.at(one.id))
          << "seed " << seed << ": " << one.id << ": " << to_string(one.verdict) << ", " << test::english(one.observed) << ", " << test::english(one.reason);
      EXPECT_NE(one.verdict, Verdict::failed) << "seed " << seed << ": " << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
    }
  }
  EXPECT_GT(judged, 6'000U);
  EXPECT_LT(cut_short, 4U);
}

TEST(Network, LossesMakeNobodyInnocent) {
  // A server that tops up another meter than the one named: whoever sees it says so, lost replies or not.
  core::Spec broken = test::specification();
  const auto pay = std::find_if(broken.interfaces.begin(), broken.interfaces.end(), [](const auto& one) { return one.name == "RemotePay"; });
  std::erase_if(pay->effects, [](const core::Step& step) { return step.kind == core::Step::Kind::insert; });
  const Verdicts calm = verdicts_of(check_over(broken, 0, 1, 0));
  for (unsigned seed = 1; seed <= 6; ++seed)
    for (const auto& one : check_over(broken, 40, seed, 0).cases)
      if (calm.at(one.id) == Verdict::failed) EXPECT_NE(one.verdict, Verdict::passed) << "seed " << seed << ": " << one.id;
}

}  // namespace network_test
}  // namespace meterproof
