// SPDX-License-Identifier: Apache-2.0
// Clocks that somebody sets while a run goes on: it is told, and nobody is accused.
#include <gtest/gtest.h>

#include <ctime>
#include <iomanip>
#include <sstream>

#include "conformance/transcript.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace clock_sync_test {

using reports::Verdict;
using std::chrono::seconds;

enum class Set { ours, target, both };

/// A right target whose clock and ours are set ahead by `step` before the request of that number (0: never).
struct Stepped {
  reports::CheckRecord record;
  std::size_t requests = 0;
  reports::CheckRecord again;  // by its transcript
};

Stepped check_stepped(Set which, seconds step, std::size_t at, bool replayed, const std::string& mutation = {}) {
  mutation::Mutant served{test::specification(), std::make_unique<mutation::MutationHooks>()};
  if (!mutation.empty()) served = test::mutant_of(mutation);
  test::Clock clock;
  mockserver::MockState state(served.spec, test::settings_for(served.spec), test::sample_fixtures(served.spec), 1, *served.hooks);
  seconds of_target{0};
  Stepped out;
  auto environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        if (++out.requests == at) {
          if (which != Set::target) clock.set(step);
          if (which != Set::ours) of_target = step;
        }
        return test::through(state, request.bytes({"in-process", 80, ""}), clock.true_time() + of_target);
      },
      clock);
  auto options = test::options_for("platform");
  reports::TranscriptRecord transcript;
  if (replayed) record_to(test::specification(), options, environment, transcript);
  out.record = check(test::specification(), options, environment);
  if (!replayed) return out;
  out.record.transcript = std::move(transcript);
  out.again = rejudge(test::specification(), out.record);
  return out;
}

TEST(ClockSteps, AccuseNobody) {
  const Stepped calm = check_stepped(Set::ours, seconds(0), 0, false);
  ASSERT_EQ(calm.record.exit_code, 0) << test::notes_of(calm.record);
  for (const Set which : {Set::ours, Set::target, Set::both})
    for (const int step : {5, 30, 600, 3600, -5, -30, -3600}) {
      const bool replayed = step == 3600 || step == -30;
      const Stepped run = check_stepped(which, seconds(step), 400, replayed);
      const std::string what = std::to_string(static_cast<int>(which)) + ", " + std::to_string(step) + " s: ";
      for (const auto& one : run.record.cases)
        EXPECT_NE(one.verdict, Verdict::failed) << what << one.id << ": " << test::english(one.observed) << ", " << test::english(one.reason);
      EXPECT_EQ(run.record.exit_code, 0) << what << test::notes_of(run.record);
      EXPECT_LE(run.requests, calm.requests * 16 / 10) << what;  // what was run since the clocks were last compared is run again
      if (which != Set::target)
        EXPECT_NE(test::notes_of(run.record).find("clock of this machine was set by " + std::to_string(step)), std::string::npos) << what;
      // A step of the target that changes no answer is not seen; one of its whole tolerance and more is.
      if (which == Set::target && std::abs(step) > 900) EXPECT_NE(test::notes_of(run.record).find("target's clock was set"), std::string::npos) << what;
      if (!replayed) continue;
      EXPECT_EQ(run.again.exit_code, run.record.exit_code) << what << "a certificate replays what was seen of the clocks";
      EXPECT_EQ(run.again.notes, run.record.notes) << what;
    }
}

/// A right target, of whose interfaces one query is checked.
class Target {
 public:
  using Send = std::function<net::Exchange(const net::HttpRequest&)>;

  explicit Target(mockserver::MockOptions settings = test::settings_for(test::specification()))
      : state_(test::specification(), std::move(settings), test::sample_fixtures(test::specification())) {
    options.selection.only = {"GetUserInfo/*"};
  }

  /// By a clock that nobody sets, and that is so far ahead of ours.
  net::Exchange answer(const net::HttpRequest& request, std::chrono::seconds ahead = {}) {
    return test::through(state_, request.bytes({"in-process", 80, ""}), clock.true_time() + ahead);
  }
  /// `send`: what becomes of a request; without it, `answer`.
  Environment environment(Send send = {}) {
    if (!send) send = [this](const net::HttpRequest& request) { return answer(request); };
    return test::environment_for(std::move(send), clock);
  }
  reports::CheckRecord check(Send send = {}) { return conformance::check(test::specification(), options, environment(std::move(send))); }

  test::Clock clock;
  CheckOptions options = test::options_for("platform");

 private:
  mockserver::MockState state_;
};

/// Runs after each other against one mock, without a memory of what the runs before have used.
TEST(ClockSteps, RunsThatKnowNothingOfEachOtherAccuseNobody) {
  for (const int apart : {0, 300, 2'000, 7'000}) {  // milliseconds
    Target target;
    for (int run = 1; run <= 8; ++run) {
      const auto record = target.check();
      const std::string what = std::to_string(apart) + " ms, run " + std::to_string(run) + ": ";
      for (const auto& one : record.cases)
        EXPECT_NE(one.verdict, Verdict::failed) << what << one.id << ", " << test::calibration_of(record, "timestamps-accepted");
      EXPECT_NE(record.exit_code, 1) << what << test::notes_of(record);
      EXPECT_EQ(test::notes_of(record).find("clock was set"), std::string::npos) << what << test::notes_of(record);
      target.clock.advance(std::chrono::milliseconds(apart));
    }
  }
}

/// A target whose clock or zone is within an hour of ours.
TEST(ClockSteps, ATimeNearByIsFollowedAndTold) {
  const std::pair<int, const char*> rows[] = {{60, "timestamps are in UTC+09:00"},
                                              {30, "timestamps are in UTC+08:30"},
                                              {-60, "timestamps are in UTC+07:00"},
                                              {20, "s ahead of ours"},
                                              {-20, "s behind ours"},
                                              {0, ""}};
  for (const auto& [minutes, said] : rows) {
    Target target;
    const auto record = target.check([&, ahead = std::chrono::minutes(minutes)](const net::HttpRequest& request) { return target.answer(request, ahead); });
    const std::string notes = test::notes_of(record);
    EXPECT_EQ(record.count(Verdict::failed), 0U) << minutes << ": " << notes;
    EXPECT_NE(notes.find(said), std::string::npos) << minutes << ": " << notes;
    EXPECT_EQ(notes.find("timestamps are in") != std::string::npos || notes.find("refuses the present time") != std::string::npos, minutes != 0) << notes;
    if (std::abs(minutes) == 20) {
      bool is_near = false;
      for (const char* off : {"is 1199 s", "is 1200 s", "is 1201 s"}) is_near = is_near || notes.find(off) != std::string::npos;
      EXPECT_TRUE(is_near) << notes;
    }
    EXPECT_EQ(test::calibration_of(record, "timestamps-accepted").find("at least 0 s"), std::string::npos) << "both ends are looked for";
  }
}

std::string date_of(std::chrono::system_clock::time_point moment) {
  const std::time_t time = std::chrono::system_clock::to_time_t(moment);
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  std::ostringstream out;
  out << std::put_time(&utc, "%a, %d %b %Y %H:%M:%S GMT");
  return out.str();
}

/// A clock that is off by less than the target tolerates refuses nobody, and is told by what is seen of it.
TEST(ClockSteps, AClockThatIsOffWithinTheToleranceIsTold) {
  const struct {
    int minutes;
    bool with_date;
    const char *by_window, *by_date;
  } rows[] = {{5, true, " s ahead: one of the two clocks", " s ahead of the clock of this machine: one of"},
              {-5, true, " s behind: one of the two clocks", " s behind the clock of this machine: one of"},
              {5, false, " s ahead: one of the two clocks", nullptr},
              {0, true, nullptr, nullptr}};
  for (const auto& row : rows) {
    Target target;
    const auto record = target.check([&, ahead = std::chrono::minutes(row.minutes)](const net::HttpRequest& request) {
      net::Exchange reply = target.answer(request, ahead);
      if (row.with_date) reply.headers.emplace_back("Date", date_of(target.clock.true_time() + ahead));
      return reply;
    });
    const std::string notes = test::notes_of(record);
    EXPECT_EQ(record.count(Verdict::failed), 0U) << row.minutes << ": " << notes;
    for (const char* said : {row.by_window, row.by_date})
      if (said != nullptr) EXPECT_NE(notes.find(said), std::string::npos) << row.minutes << ": " << notes;
    EXPECT_EQ(notes.find("one of the two clocks") != std::string::npos, row.minutes != 0) << row.minutes << ": " << notes;
    EXPECT_EQ(notes.find("Date header") != std::string::npos, row.by_date != nullptr) << row.minutes << ": " << notes;
  }
}

/// A run before, which nobody remembers, has used seconds that seem to be free: a few are tried, and the estimate says so.
TEST(ClockSteps, SecondsOfUnknownRunsAreEstimated) {
  Target target;
  target.options.selection.only.clear();
  target.options.selection.except = {"*/count/*", "*/robust/*", "*/value/*"};  // some seconds are left over
  target.options.apps.resize(1);
  const auto told = [&] {
    std::string out;
    Environment environment = target.environment();
    environment.progress = [&](const i18n::Message& line) { out += test::english(line) + "\n"; };
    (void)check(test::specification(), target.options, std::move(environment));
    return out;
  };
  const std::string unknown = "had been used by runs that are not remembered here";
  const std::string first = told();
  EXPECT_EQ(first.find(unknown), std::string::npos) << first;
  const std::string second = told();
  EXPECT_NE(second.find(unknown), std::string::npos) << second;
  EXPECT_LT(second.find(unknown), second.find("it needs about ")) << second;
}

/// A run before has used every second of a target in UTC: that second, and then all the others.
TEST(ClockSteps, ASecondRunFindsATargetInUtc) {
  auto settings = test::settings_for(test::specification());
  settings.utc_offset = std::chrono::minutes(0);
  Target target(settings);
  for (int run = 1; run <= 3; ++run) {
    const auto record = target.check();
    EXPECT_EQ(record.count(Verdict::failed), 0U) << run << ": " << test::notes_of(record);
    EXPECT_EQ(test::calibration_of(record, "time-zone"), "+00:00") << run;
    EXPECT_EQ(test::notes_of(record).find("refuses the present time"), std::string::npos) << run << ": " << test::notes_of(record);
  }
}

// What is wrong stays wrong, whatever the clocks do.
TEST(ClockSteps, ExcuseNobody) {
  const char* const mutation = "RemotePay/-6/as-46";
  const auto failures = [](const reports::CheckRecord& record) {
    std::vector<std::string> out;
    for (const auto& one : record.cases)
      if (one.verdict == Verdict::failed) out.push_back(one.id);
    return out;
  };
  const auto calm = failures(check_stepped(Set::ours, seconds(0), 0, false, mutation).record);
  ASSERT_FALSE(calm.empty());
  EXPECT_EQ(failures(check_stepped(Set::both, seconds(600), 400, false, mutation).record), calm);
}

TEST(ClockSteps, AStandingClockKeepsDeadlinesAndPace) {
  Target target;
  target.options.per_second = 10;
  std::size_t requests = 0;
  const auto record = target.check([&](const net::HttpRequest& request) {
    if (++requests == 50) target.clock.set(seconds(-600));  // by the wall clock, the next request would be due in ten minutes
    return target.answer(request);
  });
  EXPECT_EQ(record.count(Verdict::failed), 0U);
  EXPECT_LT(target.clock.steady().time_since_epoch(), std::chrono::milliseconds(120 * (requests + 20)));
}

}  // namespace clock_sync_test
}  // namespace meterproof::conformance
