// SPDX-License-Identifier: Apache-2.0
// Targets that bear less than the checker could send: what the calibration finds of them, and what the cases make of it.
#include "conformance/connection_profile.hpp"

#include <gtest/gtest.h>

#include "conformance/transcript.hpp"
#include "core/json/json.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace connection_profile_test {

using net::Keeping;

net::Exchange timed_out() {
  net::Exchange out;
  out.transport = net::TransportResult::timed_out;
  return out;
}

/// A mock behind something with these habits.
struct Habits {
  Keeping keeping = Keeping::keeps;
  std::size_t at_a_time = 100;  // connections
  std::size_t queue = 100;      // requests that are answered in turn, where connections are closed
  bool waits = false;           // for the rest of a body that is no whole JSON
};

class Target {
 public:
  explicit Target(Habits habits) : habits_(habits) {
    environment = test::environment_for([this](const net::HttpRequest& request) { return answer(request); }, clock_);
    environment.try_connections = [this](const net::ConnectionTrial& trial) { return tried(trial); };
    environment.limit_connections = [this](std::size_t most) { limit = most; };
  }

  /// Checks it; with a transcript if there is one.
  reports::CheckRecord check(reports::TranscriptRecord* transcript = nullptr) {
    CheckOptions options = test::options_for("platform");
    if (transcript != nullptr) record_to(test::specification(), options, environment, *transcript);
    return conformance::check(test::specification(), options, environment);
  }

  Environment environment;
  std::size_t limit = 0, trials = 0, waited = 0;

 private:
  net::Exchange answer(const net::HttpRequest& request) {
    if (!habits_.waits || json::parse_json(request.body)) return test::through(state_, request.bytes({"in-process", 80, ""}), clock_.now());
    ++waited;
    return timed_out();
  }
  net::TrialResult tried(const net::ConnectionTrial& trial) {
    ++trials;
    EXPECT_GE(trial.patience, std::chrono::seconds(2));
    net::TrialResult out;
    if (trial.beside_idle) out.keeping = habits_.keeping;
    const std::size_t others = trial.beside_idle ? 1 : 0;
    const std::size_t room = trial.beside_idle ? habits_.at_a_time - others : habits_.keeping == Keeping::keeps ? habits_.at_a_time : habits_.queue;
    for (std::size_t i = 0; i < trial.requests.size(); ++i) out.exchanges.push_back(i < others || i - others < room ? answer(trial.requests[i]) : timed_out());
    return out;
  }

  Habits habits_;
  test::Clock clock_;
  mockserver::MockState state_{test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification())};
};

bool is_at_once(const std::string& id) { return id.ends_with("/same-request-at-once") || id.find("/concurrent/") != std::string::npos; }

TEST(ConnectionProfile, IsFoundOutAndTheRunKeepsToIt) {
  const struct {
    const char* what;
    Habits habits;
    std::string kept, at_a_time;
    std::size_t limit, at_once;
  } table[] = {
      {"bears anything", {}, "kept open", "at least 16", 0, 16},
      {"sixteen connections", {Keeping::keeps, 16}, "kept open", "at least 16", 0, 16},
      {"fifteen threads", {Keeping::keeps, 15}, "kept open", "8", 8, 8},
      {"five threads", {Keeping::keeps, 5}, "kept open", "4", 4, 4},
      {"two threads", {Keeping::keeps, 2}, "kept open", "2", 2, 2},
      {"one thread", {Keeping::keeps, 1}, "kept open", "1", 1, 1},
      {"one thread, closes", {Keeping::says_close, 1, 6}, "closed after each reply, as it says", "1", 1, 4},
      {"one thread, closes silently", {Keeping::closes_silently, 1, 100}, "closed after each reply, without saying so", "1", 1, 16},
      {"threads, close silently", {Keeping::closes_silently}, "closed after each reply, without saying so", "at least 16", 0, 16},
  };
  for (const auto& row : table) {
    Target target(row.habits);
    std::size_t most = 0;
    target.environment.send_concurrently = [&, send = target.environment.send_concurrently](const std::vector<net::HttpRequest>& requests) {
      most = std::max(most, requests.size());
      return send(requests);
    };
    const auto record = target.check();
    EXPECT_EQ(test::calibration_of(record, "connections-kept"), row.kept) << row.what;
    EXPECT_EQ(test::calibration_of(record, "connections-at-a-time"), row.at_a_time) << row.what;
    EXPECT_EQ(test::calibration_of(record, "waits-for-bodies"), "answered") << row.what;
    EXPECT_EQ(target.limit, row.limit) << row.what;
    EXPECT_EQ(most, row.at_once > 1 ? row.at_once : 0) << row.what;
    std::size_t at_once = 0;
    for (const reports::CaseRecord& one : record.cases) {
      EXPECT_NE(one.verdict, reports::Verdict::failed) << row.what << ": " << one.id;
      if (!is_at_once(one.id)) continue;
      ++at_once;
      EXPECT_EQ(one.verdict, row.at_once > 1 ? reports::Verdict::passed : reports::Verdict::inconclusive) << row.what << ": " << one.id;
      if (row.at_once == 1) EXPECT_EQ(one.reason.id, "case.one-connection-at-a-time") << one.id;
    }
    EXPECT_EQ(at_once, 27U) << row.what;
  }
}

TEST(ConnectionProfile, IsNotMeasuredWhereThereAreNoConnections) {
  Target target({});
  const auto measured = target.check();
  Target unmeasured({});
  unmeasured.environment.try_connections = nullptr;
  const auto record = unmeasured.check();
  EXPECT_EQ(unmeasured.trials, 0U);
  for (const char* id : {"connections-kept", "connections-at-a-time", "waits-for-bodies"}) EXPECT_EQ(test::calibration_of(record, id), "") << id;
  EXPECT_EQ(measured.requests - record.requests, 19U);  // beside an idle connection two, sixteen at once, and one of a truncated body
  EXPECT_EQ(target.trials, 3U);
}

// A body whose rest does not come costs one wait, not one in each case.
TEST(ConnectionProfile, WhereBodiesAreWaitedForNoCaseWaits) {
  Target target({Keeping::keeps, 100, 100, true});
  const auto record = target.check();
  EXPECT_EQ(test::calibration_of(record, "waits-for-bodies"),
            "not answered, the rest is waited for: empty, extra-brace, gbk, not-json, trailing-comma, truncated");
  EXPECT_EQ(target.waited, 6U);
  std::size_t untried = 0;
  for (const reports::CaseRecord& one : record.cases) {
    EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id;
    const bool is_hostile = one.id.find("/robust/") != std::string::npos;
    untried += !is_hostile && one.reason.id == "case.waits-for-the-rest" ? 1U : 0U;
    if (one.id.ends_with("/body-array")) EXPECT_EQ(one.verdict, reports::Verdict::passed) << one.id;
  }
  EXPECT_EQ(untried, 9U * 9U);  // per interface: six bodies, one with a wrong secret, one that a refusal is followed by, and a GET
}

TEST(ConnectionProfile, IsReplayedFromTheTranscript) {
  for (const Habits habits : {Habits{}, Habits{Keeping::keeps, 1}, Habits{Keeping::closes_silently, 1, 6}, Habits{Keeping::keeps, 100, 100, true}}) {
    Target target(habits);
    reports::TranscriptRecord transcript;
    auto record = target.check(&transcript);
    record.transcript = std::move(transcript);
    const auto again = rejudge(test::specification(), record);
    EXPECT_EQ(again.calibration, record.calibration);
    EXPECT_EQ(again.requests, record.requests);
    ASSERT_EQ(again.cases.size(), record.cases.size());
    for (std::size_t i = 0; i < record.cases.size(); ++i) {
      EXPECT_EQ(again.cases[i].verdict, record.cases[i].verdict) << record.cases[i].id;
      EXPECT_EQ(again.cases[i].reason, record.cases[i].reason) << record.cases[i].id;
    }
    const auto first = std::find_if(record.transcript->events.begin(), record.transcript->events.end(),
                                    [](const reports::EventRecord& one) { return one.kind == "connections"; });
    ASSERT_NE(first, record.transcript->events.end());
    first->text = "opens";
    EXPECT_THROW((void)rejudge(test::specification(), record), ReplayMismatch);
  }
}

}  // namespace connection_profile_test
}  // namespace meterproof::conformance
