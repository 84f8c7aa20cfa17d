// SPDX-License-Identifier: Apache-2.0
// What docs/judgement.md says of codes is what the cases accept.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "conformance/planner.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace judgement_test {

struct Codes {
  std::set<int> right, warned;

  friend bool operator==(const Codes&, const Codes&) = default;
};

std::set<int> numbers_in(const std::string& cell) {
  std::set<int> out;
  std::stringstream words(cell);
  for (std::string word; std::getline(words, word, ',');)
    if (word.find_first_of("0123456789") != std::string::npos) out.insert(std::stoi(word));
  return out;
}

/// The rows of the document whose first cell is the id of a case.
std::map<std::string, Codes> codes_in(const std::string& document, const std::set<std::string>& ids) {
  std::ifstream file(std::string(METERPROOF_SOURCE) + "/docs/" + document);
  std::map<std::string, Codes> out;
  for (std::string line; std::getline(file, line);) {
    std::stringstream cells(line);
    std::string before, id, right, warned;
    std::getline(cells, before, '|');
    std::getline(cells, id, '|');
    std::getline(cells, right, '|');
    std::getline(cells, warned, '|');
    if (id.size() < 4) continue;
    id = id.substr(2, id.size() - 4);  // " `…` "
    if (ids.count(id) > 0) out[id] = {numbers_in(right), numbers_in(warned)};
  }
  return out;
}

TEST(Judgement, TheCodesInTheDocumentsAreThoseOfTheCases) {
  std::map<std::string, Codes> cases;
  std::set<std::string> ids;
  for (const auto& one : conformance::plan(test::specification(), {})) {
    Codes& codes = cases[one->info().id];
    ids.insert(one->info().id);
    for (const core::Code code : one->info().expected) codes.right.insert(code.value);
    for (const core::Code code : one->info().also_accepted)
      if (codes.right.count(code.value) == 0) codes.warned.insert(code.value);
  }
  const auto english = codes_in("judgement.md", ids);
  EXPECT_GE(english.size(), 20U);
  EXPECT_EQ(english, codes_in("zh/judgement.md", ids));
  for (const auto& [id, codes] : english) {
    EXPECT_EQ(codes.right, cases[id].right) << id;
    EXPECT_EQ(codes.warned, cases[id].warned) << id;
  }
}

// A wrong appId that is another one of the same customer, with the same secret, is not wrong: nobody is failed for taking it.
TEST(Judgement, AppIdsThatAreAlikeAccuseNobody) {
  const core::Spec& spec = test::specification();
  auto settings = test::settings_for(spec);
  settings.apps.clear();
  for (const char* id : {"first1", "first10", "irst1", "xfirst1", "FIRST1", "first1x"}) settings.apps.push_back({id, "one-secret"});
  auto options = test::options_for("both");
  options.apps = settings.apps;
  options.selection.only = {"*/-202/*"};
  const auto record = test::check_mock(spec, settings, options);
  for (const reports::CaseRecord& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << one.id << ": " << test::english(one.reason);
  EXPECT_GT(record.cases.size(), 100U);
}

}  // namespace judgement_test
}  // namespace meterproof
