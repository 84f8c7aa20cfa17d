// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "loadgen/capacity_search.hpp"

namespace meterproof::loadgen {
namespace capacity_search_test {

std::vector<SearchGoal> goals_of(const std::vector<std::string>& texts) {
  std::vector<SearchGoal> out;
  for (const std::string& text : texts) {
    i18n::Message why;
    out.push_back({text, *parse_thresholds(text, why)});
  }
  return out;
}

constexpr const char* wanted = "p99<50ms,errors<0.1%";

/// Steps that are all whole ones.
AtRate whole_steps(std::function<LoadResult(double rate)> at_rate) {
  return [at_rate = std::move(at_rate)](double rate, StepLength) { return Step{at_rate(rate), StepLength::whole}; };
}

/// A search with one goal, all of whose steps are whole.
struct Found : SearchResult {
  Found(const std::string& goal, std::function<LoadResult(double rate)> at_rate)
      : SearchResult(loadgen::search({}, goals_of({goal}), whole_steps(std::move(at_rate)), {})) {}
  const GoalAnswer* operator->() const { return &goals.front(); }
};

TEST(Search, FindsTheLimitAndConfirmsIt) {
  for (const double limit : {37.0, 930.0, 41'000.0}) {
    const auto at_rate = [&](double rate) {
      LoadResult result;
      result.record.connections = 1;
      result.record.requests = result.record.replies = result.record.good = 1000;
      result.record.intended_rate = rate;
      result.record.rate = rate <= limit ? rate : limit * 0.9;
      result.record.response_time.p99 = rate <= limit ? 5 : 500;
      return result;
    };
    const Found found("p99<50ms", at_rate);
    EXPECT_LE(found->sustained, limit);
    EXPECT_GE(found->sustained, limit / 1.06) << limit;
    EXPECT_GT(found->failed_at, limit);
    EXPECT_EQ(found->confirmed, 3U);
    EXPECT_NE(i18n::render(to_message(found, goals_of({wanted})), i18n::Language::en).find("3 of 3"), std::string::npos);
  }
}

TEST(Search, ARateThatPassesOnlyOnceIsNotReported) {
  std::map<double, int> tries;
  const auto at_rate = [&](double rate) {
    LoadResult result;
    result.record.connections = 1;
    result.record.intended_rate = result.record.rate = rate;
    const bool lucky = rate <= 500 || ++tries[rate] == 1;
    result.record.response_time.p99 = lucky && rate < 1000 ? 5 : 500;
    return result;
  };
  const Found found("p99<50ms", at_rate);
  EXPECT_LE(found->sustained, 500);
  EXPECT_GT(found->sustained, 400);
}

TEST(Search, WhatEndsItEarlyIsSaid) {
  const auto until = [](double rate, int exit_code, bool interrupted) {
    return [=](double asked) {
      LoadResult result;
      result.record.connections = 1;
      result.record.requests = result.record.good = 1000;
      result.record.intended_rate = result.record.rate = asked;
      result.record.response_time.p99 = 5;
      if (asked < rate) return result;
      result.record.exit_code = exit_code;
      result.record.interrupted = interrupted;
      return result;
    };
  };
  const Found gone("p99<50ms", until(800, 3, false));
  EXPECT_TRUE(gone.unreachable);
  EXPECT_EQ(to_message(gone, goals_of({wanted})).id, "load.search-unreachable");
  const Found cut("p99<50ms", until(800, 0, true));
  EXPECT_EQ(to_message(cut, goals_of({wanted})).id, "load.search-interrupted-at");
}

TEST(Search, ARateThatCannotBeSignedIsNotBlamedOnTheTarget) {
  const auto at_rate = [](double rate) {
    LoadResult result;
    result.record.connections = 1;
    result.record.intended_rate = rate;
    if (rate > 1000) {
      result.record.exit_code = 4;
      result.record.verdict = i18n::verbatim("too few appIds");
      return result;
    }
    result.record.requests = result.record.good = 1000;
    result.record.rate = rate;
    result.record.response_time.p99 = 5;
    return result;
  };
  const Found found("p99<50ms", at_rate);
  const auto failed = std::find_if(found.steps.begin(), found.steps.end(), [](const auto& step) { return step.intended_rate > 1000; });
  ASSERT_NE(failed, found.steps.end());
  EXPECT_EQ(i18n::render(failed->verdict, i18n::Language::en), "too few appIds");
}

LoadResult good_step(double rate) {
  LoadResult result;
  result.record.mode = "open";
  result.record.connections = 1;
  result.record.requests = result.record.replies = result.record.good = 1000;
  result.record.intended_rate = result.record.rate = rate;
  result.record.response_time.p99 = 5;
  return result;
}

TEST(Search, ASampleThatIsTooSmallHalvesNothing) {
  std::vector<double> tried;
  const Found found(wanted, [&](double rate) {
    tried.push_back(rate);
    LoadResult result = good_step(rate);
    result.record.response_time.p99 = reports::LatencyRecord::unknown;
    return result;
  });
  EXPECT_EQ(tried, (std::vector<double>{100, 100, 100})) << "it may have been chance, and the rate stays";
  EXPECT_EQ(exit_code(found), 4);
  EXPECT_EQ(to_message(found, goals_of({wanted})).id, "load.not-judged");
}

TEST(Search, AGeneratorThatWasLateSaysNothingOfTheTarget) {
  const auto run_with = [](double late_from, int late_times) {
    std::map<double, int> tries;
    return Found(wanted, [&](double rate) {
      LoadResult result = good_step(rate);
      const bool late = rate >= late_from && ++tries[rate] <= late_times;
      result.record.max_generator_lag_ms = 20;
      result.record.generator_lag.p50 = 0.1;
      result.record.generator_lag.p99 = late ? 80 : 1;
      result.record.response_time.p99 = rate > 3000 || late ? 500 : 5;
      return result;
    });
  };
  const auto once = run_with(400, 1);
  EXPECT_GT(once->sustained, 2800) << "tried again, and judged then";
  EXPECT_GT(once->failed_at, 3000);
  EXPECT_EQ(exit_code(once), 0);
  const auto always = run_with(800, 100);
  EXPECT_EQ(always->sustained, 400);
  EXPECT_EQ(always->failed_at, 0) << "nothing failed";
  EXPECT_EQ(always->unjudged_at, 800);
  EXPECT_EQ(always->confirmed, 3U);
  EXPECT_EQ(exit_code(always), 0);
  EXPECT_NE(i18n::render(to_message(always, goals_of({wanted})), i18n::Language::en).find("at 800.0/s nothing could be judged: the generator was too late"),
            std::string::npos)
      << i18n::render(to_message(always, goals_of({wanted})), i18n::Language::en);
  const auto from_the_start = run_with(1, 100);
  EXPECT_EQ(exit_code(from_the_start), 4);
  EXPECT_EQ(from_the_start.steps.size(), 3U) << "no lower rate was tried";
}

TEST(Search, WrongRepliesAreTheTargetsHoweverLateTheGenerator) {
  const Found found(wanted, [](double rate) {
    LoadResult result = good_step(rate);
    result.record.max_generator_lag_ms = 20;
    result.record.generator_lag.p99 = 80;
    result.record.good = 900;
    return result;
  });
  EXPECT_EQ(found->sustained, 0);
  EXPECT_EQ(exit_code(found), 1);
}

TEST(Search, TimestampsThatEarlierStepsUsedUpEndItAndBlameNobody) {
  double sent = 0;
  const Found found(wanted, [&](double rate) {
    if (sent + rate > 1000) {
      LoadResult not_tried;
      not_tried.record.connections = 1;
      not_tried.record.intended_rate = rate;
      not_tried.record.exit_code = 4;
      not_tried.record.verdict = i18n::verbatim("used up");
      return not_tried;
    }
    sent += rate;
    return good_step(rate);
  });
  EXPECT_EQ(found->sustained, 400);
  EXPECT_EQ(found->failed_at, 0);
  EXPECT_EQ(found->confirmed, 1U) << "there was nothing left to confirm it with";
  EXPECT_EQ(exit_code(found), 0);
  EXPECT_NE(i18n::render(to_message(found, goals_of({wanted})), i18n::Language::en).find("used up"), std::string::npos);
}

TEST(Search, PoissonArrivalsFailNoRateByChance) {
  const Found found(wanted, [](double rate) {
    LoadResult result = good_step(rate);
    const auto drawn = static_cast<std::uint64_t>(rate * 0.9);  // fewer than the rate says, all sent and answered
    result.record.scheduled = result.record.sent_on_schedule = drawn;
    result.record.scheduled_rate = result.record.rate = static_cast<double>(drawn);
    result.record.measured_s = 1;
    if (rate > 1000) result.record.sent_on_schedule = drawn / 2;
    return result;
  });
  EXPECT_GT(found->sustained, 950);
  EXPECT_LE(found->sustained, 1000);
}

TEST(Search, WhatIsRefusedAtOnceIsNotHalved) {
  std::size_t runs = 0;
  const Found found(wanted, [&](double rate) {
    ++runs;
    LoadResult result;
    result.record.connections = 1;
    result.record.intended_rate = rate;
    result.record.ended = i18n::verbatim("wrong secret");
    result.record.ended_exit_code = 4;
    set_verdict(result.record);
    return result;
  });
  EXPECT_EQ(runs, 1U);
  EXPECT_EQ(exit_code(found), 4);
}

/// A target with a p99 of 5 ms up to 900/s, of 30 ms up to 2,300/s, and none that is good beyond.
LoadResult two_levels(double rate) {
  LoadResult result = good_step(rate);
  result.record.response_time.p99 = rate <= 900 ? 5 : rate <= 2300 ? 30 : 500;
  return result;
}

TEST(Search, BriefStepsFindWhereToLookAndWholeOnesGiveTheAnswer) {
  std::vector<std::pair<double, StepLength>> asked;
  const auto found = loadgen::search({}, goals_of({"p99<50ms"}),
                                     [&](double rate, StepLength length) {
                                       asked.emplace_back(rate, length);
                                       return Step{two_levels(rate), length};
                                     },
                                     {});
  EXPECT_GT(found.goals[0].sustained, 2300 / 1.06);
  EXPECT_LE(found.goals[0].sustained, 2300);
  EXPECT_GT(found.goals[0].failed_at, 2300);
  EXPECT_EQ(found.goals[0].confirmed, 3U);
  EXPECT_EQ(std::count_if(asked.begin(), asked.end(), [](const auto& one) { return one.second == StepLength::whole; }), 4)
      << "the answer three times, and the rate above it";
  EXPECT_EQ(found.last.record.intended_rate, found.goals[0].sustained);
  EXPECT_NE(i18n::render(found.steps.front().verdict, i18n::Language::en).find("brief"), std::string::npos);
}

// What a brief step says is not believed: one that was lucky is corrected by the whole ones, and one that had bad luck too.
TEST(Search, ABriefStepThatWasWrongIsCorrected) {
  for (const double brief_limit : {500.0, 900.0, 4000.0}) {
    const auto found = loadgen::search({}, goals_of({"p99<20ms"}),
                                       [&](double rate, StepLength length) {
                                         LoadResult result = two_levels(rate);
                                         if (length == StepLength::brief) result.record.response_time.p99 = rate <= brief_limit ? 5 : 500;
                                         return Step{std::move(result), length};
                                       },
                                       {});
    EXPECT_GT(found.goals[0].sustained, 900 / 1.06) << brief_limit;
    EXPECT_LE(found.goals[0].sustained, 900) << brief_limit;
    EXPECT_GT(found.goals[0].failed_at, 900) << brief_limit;
    EXPECT_LE(found.goals[0].failed_at, found.goals[0].sustained * 1.05 + 1e-9) << brief_limit;
  }
}

TEST(Search, GoalsShareTheirSteps) {
  const auto searched = [](const std::vector<std::string>& texts) {
    return loadgen::search({}, goals_of(texts), [](double rate, StepLength length) { return Step{two_levels(rate), length}; }, {});
  };
  const auto strict = searched({"p99<20ms"}), loose = searched({"p99<50ms"}), both = searched({"p99<20ms", "p99<50ms"});
  ASSERT_EQ(both.goals.size(), 2U);
  EXPECT_EQ(both.goals[0].sustained, strict.goals[0].sustained);
  EXPECT_EQ(both.goals[1].sustained, loose.goals[0].sustained);
  EXPECT_LT(both.steps.size(), strict.steps.size() + loose.steps.size());
  const auto is_whole = [](const reports::LoadRun& one) { return !i18n::render(one.verdict, i18n::Language::en).ends_with("(brief step)"); };
  EXPECT_EQ(std::count_if(both.steps.begin(), both.steps.end(), is_whole), 8) << "of each its answer three times, and the rate above it";
  EXPECT_EQ(both.last.record.intended_rate, both.goals[0].sustained) << "the record is of the first goal's answer";
  const std::string told = i18n::render(to_message(both, goals_of({"p99<20ms", "p99<50ms"})), i18n::Language::en);
  EXPECT_NE(told.find("p99<20ms: sustained 900.0/s"), std::string::npos) << told;
  EXPECT_NE(told.find("p99<50ms: sustained 2300.0/s"), std::string::npos) << told;
  EXPECT_EQ(exit_code(both), 0);
  EXPECT_EQ(exit_code(searched({"p99<50ms", "p99<1ms"})), 1) << "one of them has no rate";
}

// A goal that cannot be met at the first rate is looked for below it, while another one is looked for above.
TEST(Search, GoalsMayLieOnBothSidesOfTheFirstRate) {
  SearchOptions options;
  options.first_rate = 1500;
  const auto found = loadgen::search(options, goals_of({"p99<50ms", "p99<20ms"}),
                                     [](double rate, StepLength length) {
                                       return Step{two_levels(rate), length};
                                     },
                                     {});
  EXPECT_NEAR(found.goals[0].sustained, 2300, 2300 * 0.06);
  EXPECT_NEAR(found.goals[1].sustained, 900, 900 * 0.06);
}

}  // namespace capacity_search_test
}  // namespace meterproof::loadgen
