// Every sentence of the paper broken once: the suite must not pass the server that breaks it.
#include <gtest/gtest.h>

#include "spec/rules/deviation.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace {

TEST(Mutants, TheFaithfulMockConforms) {
  const auto record = test::check_mock(test::paper(), test::settings_for(test::paper()), test::options_for("both"));
  for (const auto& one : record.cases)
    EXPECT_TRUE(one.verdict == reports::Verdict::passed || test::is_injected(one.id))
        << one.id << ": " << to_string(one.verdict) << ", " << one.observed << ", " << one.reason;
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_EQ(record.count(reports::Verdict::failed), 0U);
}

TEST(Mutants, EveryDeviationIsCaught) {
  const auto all = rules::deviations(test::paper());
  ASSERT_GT(all.size(), 200U);
  std::size_t killed = 0;
  // -2 is as good an answer to a blank transaction number as -3 is: who never says -3 breaks no sentence of the paper.
  const std::string allowed_by_the_paper = "GetPayList/-3/1-TransId/ignored";
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t step = 20;  // the sanitizers look for other mistakes, and are slow
#else
  constexpr std::size_t step = 1;
#endif
  std::size_t tried = 0;
  for (std::size_t i = 0; i < all.size(); i += step) {
    const auto& deviation = all[i];
    if (deviation.id == allowed_by_the_paper) continue;
    ++tried;
    spec::Spec broken = test::paper();
    ASSERT_EQ(rules::deviate(broken, deviation.id), "");
    const auto record = test::check_mock(broken, test::settings_for(broken), test::options_for("both"));
    if (record.exit_code == 1) ++killed;
    EXPECT_EQ(record.exit_code, 1) << "survives: " << deviation.id << " (" << deviation.sentence << ")";
  }
  std::printf("mutants: %zu of %zu killed\n", killed, tried);
}

}  // namespace
}  // namespace meterproof
