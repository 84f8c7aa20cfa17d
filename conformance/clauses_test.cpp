// SPDX-License-Identifier: Apache-2.0
#include "conformance/clauses.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "conformance/planner.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace clauses_test {

TEST(Clauses, EachHasACase) {
  std::set<std::string> cited;
  for (const auto& one : plan(test::specification(), {})) {
    const CaseInfo& info = one->info();
    EXPECT_FALSE(info.clauses.empty()) << info.id << " cites nothing";
    cited.insert(info.clauses.begin(), info.clauses.end());
  }
  std::set<std::string> known;
  std::size_t stated = 0, implied = 0, open = 0;
  for (const Clause& clause : clauses(test::specification())) {
    EXPECT_TRUE(known.insert(clause.id).second) << clause.id << " is listed twice";
    EXPECT_NE(clause.sentence.zh, "") << clause.id;
    EXPECT_NE(clause.sentence.en, "") << clause.id;
    EXPECT_TRUE(clause.surveyed || cited.count(clause.id) == 1) << "no case tests " << clause.id << ": " << clause.sentence.en;
    switch (clause.level) {
      case Level::stated: ++stated; break;
      case Level::implied: ++implied; break;
      case Level::open: ++open; break;
    }
  }
  for (const std::string& id : cited) EXPECT_EQ(known.count(id), 1U) << "a case cites " << id << ", which is no clause";
  EXPECT_GT(stated, 200U);
  EXPECT_GT(implied, 40U);
  EXPECT_GT(open, 25U);
}

TEST(Clauses, TheTableInTheDocsIsThisOne) {
  std::stringstream file;
  file << std::ifstream(std::string(METERPROOF_SOURCE) + "/docs/clauses.md").rdbuf();
  EXPECT_NE(file.str().find(clause_table(test::specification())), std::string::npos) << "make it anew: meterproof spec clauses > docs/clauses.md";
}

}  // namespace clauses_test
}  // namespace meterproof::conformance
