// SPDX-License-Identifier: Apache-2.0
#include "loadgen/against.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/i18n/message.hpp"

namespace meterproof::loadgen {
namespace against_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A target that answers so fast, more or less.
class Target {
 public:
  explicit Target(double ms) : ms_(ms) {}

  LoadResult operator()(std::uint64_t seed) {
    seeds.push_back(seed);
    LoadResult out;
    out.record.mode = "open";
    out.record.connections = 1;
    std::normal_distribution<double> spread(1, 0.03);
    const double level = ms_ * spread(rng_);
    for (int i = 0; i < 200; ++i) out.latencies.response_time.record(std::chrono::nanoseconds(static_cast<std::int64_t>(1e6 * level * (1 + 0.001 * i))));
    out.record.requests = out.record.replies = out.record.good = out.record.measured = 200;
    out.record.measured_s = 1;
    out.record.rate = 200;
    out.latencies.generator_lag.record(std::chrono::microseconds(10), 196);
    if (spoil) spoil(out.latencies);
    summarize(out.record, out.latencies);
    if (change) change(out.record);
    return out;
  }

  std::vector<std::uint64_t> seeds;
  std::function<void(reports::LoadRecord&)> change;
  std::function<void(LatencyHistograms&)> spoil;

 private:
  double ms_;
  std::mt19937_64 rng_{1};
};

constexpr AgainstPlan plan{milliseconds(1000), 5, 30};

LoadResult compared(Target& base, Target& current, std::size_t* told = nullptr, std::vector<std::size_t>* visible_after = nullptr) {
  std::size_t quads = 0;
  return run_against(
      plan, [&](std::uint64_t seed) { return base(seed); }, [&](std::uint64_t seed) { return current(seed); }, "http://base", 0.01, 1,
      {[&](const i18n::Message& visible) {
         EXPECT_EQ(visible.id, "load.note-visible");
         if (visible_after != nullptr) visible_after->push_back(quads);
       },
       [&](std::size_t, std::size_t, const BlockQuad&) {
         ++quads;
         if (told != nullptr) ++*told;
       }});
}

bool has_note(const reports::LoadRecord& record, const std::string& id) {
  return std::any_of(record.notes.begin(), record.notes.end(), [&](const i18n::Message& one) { return one.id == id; });
}

TEST(Against, DividesTheTime) {
  const struct {
    seconds length;
    milliseconds block;
    std::size_t of_base, quads;
  } table[] = {{seconds(60), milliseconds(1000), 3, 12},
               {seconds(120), milliseconds(1000), 6, 24},
               {seconds(600), milliseconds(2000), 15, 60},
               {seconds(3600), milliseconds(5000), 36, 144}};
  for (const auto& row : table) {
    const AgainstPlan found = plan_against(row.length);
    EXPECT_EQ(found.block, row.block);
    EXPECT_EQ(found.quads_of_base, row.of_base);
    EXPECT_EQ(found.quads, row.quads);
    EXPECT_GE(found.quads, fewest_quads);
  }
}

TEST(Against, TakesTurnsWithTheSameSeeds) {
  Target base(1), current(1);
  std::size_t told = 0;
  std::vector<std::size_t> visible_after;
  const LoadResult result = compared(base, current, &told, &visible_after);
  EXPECT_EQ(told, plan.quads);
  EXPECT_EQ(visible_after, std::vector<std::size_t>{0}) << "told once, before the comparison";
  EXPECT_EQ(base.seeds.size(), 4 * plan.quads_of_base + 2 * plan.quads);
  EXPECT_EQ(current.seeds.size(), 2 * plan.quads);
  // Base, current, current, base: both send the calls of one seed, and then both those of the next.
  const std::vector<std::uint64_t> of_base(base.seeds.end() - static_cast<std::ptrdiff_t>(2 * plan.quads), base.seeds.end());
  EXPECT_EQ(of_base, current.seeds);
  EXPECT_EQ(result.record.requests, 200 * 2 * plan.quads) << "the record is the current target's alone";
  EXPECT_TRUE(has_note(result.record, "load.note-against"));
  EXPECT_TRUE(has_note(result.record, "load.note-visible"));
  for (const auto& one : result.record.differences) EXPECT_EQ(one.verdict, "same") << one.metric;
}

TEST(Against, FindsWhatIsSlowerAndWhatIsFaster) {
  for (const auto& [ms, verdict] : {std::pair(1.1, "worse"), std::pair(0.9, "better")}) {
    Target base(1), current(ms);
    const LoadResult result = compared(base, current);
    ASSERT_FALSE(result.record.differences.empty());
    EXPECT_EQ(result.record.differences.front().metric, "p50_of_blocks");
    EXPECT_EQ(result.record.differences.front().verdict, verdict);
    EXPECT_NEAR(result.record.differences.front().change, ms, 0.03);
  }
}

TEST(Against, EndsWhereATargetDoes) {
  Target base(1), current(1);
  current.change = [&](reports::LoadRecord& record) {
    if (current.seeds.size() < 5) return;
    record.connections = 0;
    record.exit_code = 3;
  };
  const LoadResult result = compared(base, current);
  EXPECT_EQ(current.seeds.size(), 5U);
  EXPECT_EQ(result.record.exit_code, 3);
  EXPECT_TRUE(result.record.differences.empty());

  Target good(1), stopped(1);
  stopped.change = [&](reports::LoadRecord& record) { record.interrupted = stopped.seeds.size() > 8; };
  const LoadResult interrupted = compared(good, stopped);
  EXPECT_EQ(interrupted.record.exit_code, 4);
  EXPECT_TRUE(interrupted.record.interrupted);
}

TEST(Against, AGeneratorThatIsLateNowAndThenSpoilsNoComparison) {
  Target base(1), current(1);
  const auto spoil = [](LatencyHistograms& latencies) { latencies.generator_lag.record(milliseconds(100), 4); };  // of 200: too few to show in a block
  base.spoil = current.spoil = spoil;
  const LoadResult result = compared(base, current);
  EXPECT_TRUE(generator_was_late(result.record));
  EXPECT_EQ(result.record.exit_code, 0) << result.record.verdict.id;
  for (const auto& one : result.record.differences) EXPECT_EQ(one.verdict, "same") << one.metric;
}

TEST(Against, LeavesOutWhatWasNotJudged) {
  Target base(1), current(1);
  const auto late = [](reports::LoadRecord& record) {
    record.exit_code = 4;
    record.verdict = i18n::msg<"load.generator-too-slow">();
  };
  current.change = [&](reports::LoadRecord& record) {
    if (current.seeds.size() % 20 == 1) late(record);
  };
  const LoadResult few = compared(base, current);
  EXPECT_TRUE(has_note(few.record, "load.note-discarded"));
  EXPECT_FALSE(few.record.differences.empty());
  EXPECT_NE(few.record.verdict.id, "load.not-judged");

  Target other(1), often(1);
  often.change = [&](reports::LoadRecord& record) {
    if (often.seeds.size() % 4 == 1) late(record);
  };
  const LoadResult many = compared(other, often);
  EXPECT_EQ(many.record.exit_code, 4);
  EXPECT_EQ(many.record.verdict.id, "load.not-judged");
}

}  // namespace against_test
}  // namespace meterproof::loadgen
