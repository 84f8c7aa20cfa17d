// SPDX-License-Identifier: Apache-2.0
// A server that remembers used timestamps for some seconds only: a request is repeated when it is older than that.
#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof {
namespace replays_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Forgets final : public mutation::MutationHooks {
 public:
  explicit Forgets(seconds memory) : memory_(memory) {}

 private:
  std::optional<core::DateTime> used_before(const mutation::TimestampUse& use, std::optional<core::DateTime> before) override {
    const auto [first, added] = first_use_.try_emplace({use.account, use.timestamp.compact()}, use.received_at);
    return use.received_at - first->second > memory_ ? std::nullopt : before;
  }

  seconds memory_;
  std::map<std::pair<std::size_t, std::string>, std::chrono::system_clock::time_point> first_use_;
};

std::string verdict_after_the_run(Forgets& server, std::optional<milliseconds> replay_age) {
  auto options = test::options_for("platform");
  options.replay_age = replay_age;
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()), 1, server);
  const auto send = [&](const net::HttpRequest& request) { return test::through(state, request.bytes({"in-process", 80, ""}), clock.now()); };
  const auto record = conformance::check(test::specification(), options, test::environment_for(send, clock));
  for (const auto& one : record.cases)
    if (one.id == "GetUserInfo/-201/same-request-after-the-run") return std::string(to_string(one.verdict));
  return "no such case";
}

TEST(Replays, AMemoryOfSecondsIsFoundByAnOlderRequest) {
  for (const int memory : {2, 5, 30}) {
    Forgets forgetful{seconds(memory)}, faithful{seconds(3600)};
    EXPECT_EQ(verdict_after_the_run(forgetful, seconds(memory + 1)), "failed") << memory;
    EXPECT_EQ(verdict_after_the_run(faithful, seconds(memory + 1)), "passed") << memory;
  }
}

// A run that lasts two seconds or more, but less than ten, as this one does by its own clock with a millisecond for each request, waits until a request is six
// seconds old.
TEST(Replays, ARunThatLastsWaitsForTheUsualAge) {
  for (const int memory : {2, 5}) {
    Forgets forgetful{seconds(memory)};
    EXPECT_EQ(verdict_after_the_run(forgetful, std::nullopt), "failed") << memory;
  }
}

}  // namespace replays_test
}  // namespace meterproof
