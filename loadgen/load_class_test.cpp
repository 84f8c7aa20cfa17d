// SPDX-License-Identifier: Apache-2.0
#include "loadgen/load_class.hpp"

#include <gtest/gtest.h>

#include "core/i18n/message.hpp"

namespace meterproof::loadgen {
namespace load_class_test {

using std::chrono::hours;

/// A run that was good; what a case is about is changed in it.
LoadResult good_run(double rate) {
  LoadResult out;
  reports::LoadRecord& record = out.record;
  record.mode = "open";
  record.connections = 1;
  record.requests = record.replies = record.good = record.measured = 1000;
  record.intended_rate = record.rate = rate;
  record.max_generator_lag_ms = 10;
  record.response_time.p99 = 5;
  return out;
}

LoadResult late_run(double rate) {
  LoadResult out = good_run(rate);
  out.record.generator_lag.p99 = out.record.response_time.p99 = 500;  // from when a request was due
  return out;
}

LoadResult failed_run(double rate) {
  LoadResult out = good_run(rate);
  out.record.response_time.p99 = 500;
  return out;
}

struct Runs {
  std::vector<double> rates;
  std::size_t told = 0;  // of runs after which there was another
  std::optional<LoadResult> last;
};

/// What comes of runs that end as given, the last one again and again.
Runs runs_of(const std::vector<LoadResult (*)(double)>& ends) {
  i18n::Message why;
  const auto thresholds = parse_thresholds("p99<50ms", why);
  Runs out;
  out.last = run_of_class(
      100, *thresholds,
      [&](double rate) {
        const auto end = ends[std::min(out.rates.size(), ends.size() - 1)];
        out.rates.push_back(rate);
        return end(rate);
      },
      [&](double rate, const reports::LoadRecord& record) {
        EXPECT_EQ(rate, out.rates.back());
        EXPECT_NE(record.exit_code, 0);
        ++out.told;
      });
  return out;
}

TEST(RunOfClass, IsMadeAgainWhereItCouldNotBeJudgedAndLoweredWhereItFailed) {
  struct Case {
    std::vector<LoadResult (*)(double)> ends;
    std::vector<double> rates;
    int exit_code;
  };
  const std::vector<Case> cases = {
      {{good_run}, {100}, 0},
      {{late_run, good_run}, {100, 100}, 0},
      {{late_run, late_run, good_run}, {100, 100, 100}, 0},
      {{late_run}, {100, 100, 100}, 4},
      {{failed_run, good_run}, {100, 90}, 0},
      {{late_run, failed_run, late_run, late_run, good_run}, {100, 100, 90, 90, 90}, 0},
      {{failed_run}, {100, 90, 81, 72.9}, 1},
  };
  for (const Case& one : cases) {
    const Runs found = runs_of(one.ends);
    ASSERT_EQ(found.rates.size(), one.rates.size());
    for (std::size_t i = 0; i < one.rates.size(); ++i) EXPECT_DOUBLE_EQ(found.rates[i], one.rates[i]);
    EXPECT_EQ(found.told, one.rates.size() - 1);
    ASSERT_TRUE(found.last);
    EXPECT_EQ(found.last->record.exit_code, one.exit_code);
    EXPECT_EQ(found.last->record.thresholds.size(), 1U);
  }
}

TEST(RunOfClass, IsNotMadeAgainWhereTheUserOrTheTargetEndedIt) {
  const auto interrupted = [](double rate) {
    LoadResult out = late_run(rate);
    out.record.interrupted = true;
    return out;
  };
  const auto ended = [](double rate) {
    LoadResult out = late_run(rate);
    out.record.ended = i18n::msg<"load.nothing-measured">();
    out.record.ended_exit_code = 4;
    return out;
  };
  EXPECT_EQ(runs_of({interrupted}).rates.size(), 1U);
  EXPECT_EQ(runs_of({ended}).rates.size(), 1U);
}

TEST(RunOfClass, NothingComesOfARunThatCannotBegin) {
  EXPECT_FALSE(run_of_class(100, {}, [](double) { return std::nullopt; }, {}));
}

TEST(WindowOfClass, IsTheTimeInItsText) {
  EXPECT_EQ(window_of_class("meters@midnight(2h)"), hours(2));
  for (const char* const text : {"", "meters", "meters@", "meters@(2h)", "meters@night", "meters@night(soon)", "meters@night(2h", "meters@night(1ms)"})
    EXPECT_FALSE(window_of_class(text)) << text;
}

}  // namespace load_class_test
}  // namespace meterproof::loadgen
