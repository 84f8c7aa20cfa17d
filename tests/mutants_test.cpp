// SPDX-License-Identifier: Apache-2.0
// Every sentence of the specification broken once: the suite must not pass the server that breaks it.
#include <gtest/gtest.h>

#include "mutation/mutation.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/mutant_difference.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof {
namespace mutants_test {

TEST(Mutants, TheFaithfulMockConforms) {
  const auto record = test::check_mock(test::specification(), test::settings_for(test::specification()), test::options_for("both"));
  for (const auto& one : record.cases)
    EXPECT_TRUE(one.verdict == reports::Verdict::passed || test::is_injected(one.id))
        << one.id << ": " << to_string(one.verdict) << ", " << test::english(one.observed) << ", " << test::english(one.reason);
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
}

// A share of them; ci/mutants tries all.
TEST(Mutants, AreCaughtAndTheDifferenceNamesThem) {
  const auto all = mutation::mutations(test::specification());
  ASSERT_GT(all.size(), 500U);
  constexpr std::size_t step = 4;
  const auto base = test::check_mock(test::specification(), test::settings_for(test::specification()), test::options_for("both"));
  std::size_t chosen = 0, tried = 0, told = 0;
  std::string others;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % step != 0 && all[i].category != "server" && all[i].category != mutation::lenient) continue;
    if (test::is_left_out(chosen++)) continue;
    const auto record = test::record_of(all[i]);
    EXPECT_TRUE(test::is_noticed(all[i], test::noticed_in(record))) << "survives: " << all[i].id << " (" << all[i].title.en << ")";
    const test::MutantDifference difference = test::difference_of(all[i], base, record);
    ++tried;
    if (difference.named && difference.unrelated.empty()) ++told;
    else others += all[i].id + (difference.named ? ": " + difference.unrelated.front() : "") + "\n";
  }
  if (!test::is_sanitized) EXPECT_GE(told * 100, tried * 95) << others;  // of a few tens one is too many
}

}  // namespace mutants_test
}  // namespace meterproof
