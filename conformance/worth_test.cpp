// SPDX-License-Identifier: Apache-2.0
#include "conformance/worth.hpp"

#include <gtest/gtest.h>

#include <set>

#include "conformance/clauses.hpp"
#include "conformance/planner.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace worth_test {

class Worth : public testing::Test {
 protected:
  Worth() {
    for (const auto& one : planned_) cases_.push_back(one.get());
  }

  const core::Spec& spec_ = test::specification();
  const CaseList planned_ = plan(spec_, {});
  std::vector<const TestCase*> cases_;
};

TEST_F(Worth, EveryCaseStandsOnceAndValidRequestsComeFirst) {
  const auto ranked = by_worth(spec_, cases_);
  std::set<std::size_t> places;
  std::size_t wave = 0;
  for (const RankedCase& one : ranked) {
    EXPECT_TRUE(places.insert(one.place).second);
    EXPECT_GE(one.wave, wave);
    wave = one.wave;
    EXPECT_EQ(one.wave == 0, cases_[one.place]->info().phase == Phase::baseline) << cases_[one.place]->info().id;
  }
  EXPECT_EQ(places.size(), cases_.size());
  EXPECT_EQ(wave, waves - 1);
}

// A clause's first case comes before any other's twentieth: two waves are enough for a look at every stated clause.
TEST_F(Worth, TheFirstWavesTestEveryStatedClause) {
  std::set<std::string> stated, tested, first;
  for (const Clause& clause : clauses(spec_))
    if (clause.level == Level::stated) stated.insert(clause.id);
  std::size_t count = 0;
  for (const RankedCase& one : by_worth(spec_, cases_))
    for (const std::string& clause : cases_[one.place]->info().clauses) {
      if (stated.count(clause) == 0) continue;
      tested.insert(clause);
      if (one.wave <= 1) first.insert(clause);
    }
  for (const RankedCase& one : by_worth(spec_, cases_))
    if (one.wave <= 1) ++count;
  EXPECT_EQ(first, tested);
  EXPECT_LT(count, cases_.size() / 2);
}

TEST_F(Worth, MoreRequestsReachMore) {
  const Affordable nothing = affordable(spec_, cases_, 0), some = affordable(spec_, cases_, 400), all = affordable(spec_, cases_, 1e6);
  EXPECT_LT(nothing.clauses, some.clauses);
  EXPECT_LE(some.clauses, all.clauses);
  EXPECT_LT(some.cases, all.cases);
  EXPECT_EQ(all.cases, cases_.size());
  EXPECT_EQ(all.clauses, all.all_clauses);
}

}  // namespace worth_test
}  // namespace meterproof::conformance
