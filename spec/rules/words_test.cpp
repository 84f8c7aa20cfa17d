// The promise of a rule word: what it makes, it sees; and a valid request it does not see.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "spec/rules/sieve.hpp"
#include "spec/rules/valid.hpp"
#include "spec/rules/word.hpp"
#include "spec/wire/json_request.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::rules {
namespace {

/// A world of two customers: "A…" keys belong together, "B…" keys are another's, "gone" is cancelled.
class TwoCustomers final : public Facts, public Keys, public Scene {
 public:
  bool exists(std::size_t, std::string_view key) const override { return key == "A1" || key == "B1" || key == "gone"; }
  bool belong_together(std::size_t, std::string_view a, std::size_t, std::string_view b) const override {
    return a.substr(0, 1) == b.substr(0, 1) || a == "gone" || b == "gone";
  }
  bool in_state(std::size_t, std::string_view key, const spec::State&) const override { return key == "gone"; }
  std::string key(const Field& field, bool existing) override { return existing || field.refers ? "A1" : "new"; }
  std::string existing(std::size_t) override { return "A1"; }
  std::string another(std::size_t) override { return "B1"; }
  std::string unknown(std::size_t) override { return "none"; }
  std::string in_state(std::size_t, const spec::State&) override { return "gone"; }
};

std::vector<const Rule*> rules_of(const Interface& interface) {
  std::vector<const Rule*> out;
  for (const auto* rows : {&interface.results, &interface.body})
    for (const spec::ResultRow& row : *rows)
      for (const Rule& rule : row.when) out.push_back(&rule);
  for (const spec::Unclear& question : interface.unclear)
    if (question.when) out.push_back(&*question.when);
  return out;
}

TEST(Words, SeeWhatTheyMakeAndNothingInAValidRequest) {
  TwoCustomers world;
  std::size_t made_in_all = 0;
  std::vector<bool> used(words().size(), false);
  for (const Interface& interface : test::paper().interfaces) {
    for (const Rule* rule : rules_of(interface)) {
      const Word& word = *words()[rule->word];
      used[rule->word] = true;
      std::size_t variant = rule->from.value_or(0);
      const Draft control = valid_draft(interface, interface.variants[variant], world, 1, {});
      const auto sees = [&](const Draft& draft) {
        wire::JsonReader reader;
        EXPECT_TRUE(reader.read(draft.body())) << draft.body();
        Request request;
        wire::bind(reader.members(), interface, request);
        return applies(*rule, request) && word.sees(*rule, request, world);
      };
      if (!rule->unless || rule->unless->value != "")
        EXPECT_FALSE(sees(control)) << interface.name << " " << word.name() << " sees a fault in " << control.body();
      for (const Counterexample& made : word.makes(*rule, control, world)) {
        Draft wrong = control;
        if (rule->unless && rule->unless->value.empty()) wrong.raw[rule->unless->field].reset();
        for (const auto& [field, raw] : made.edits) wrong.raw[field] = raw;
        EXPECT_TRUE(sees(wrong)) << interface.name << " " << word.name() << " does not see " << made.label << " in " << wrong.body();
        wire::JsonReader reader;
        reader.read(wrong.body());
        Request request;
        wire::bind(reader.members(), interface, request);
        const Text why = word.explain(*rule, request);
        EXPECT_NE(why.zh, "") << made.label;
        EXPECT_NE(why.en, "") << made.label;
        ++made_in_all;
      }
    }
  }
  EXPECT_GT(made_in_all, 300U);
  for (std::size_t i = 0; i < used.size(); ++i) EXPECT_TRUE(used[i]) << "no rule of the paper uses " << words()[i]->name();
}

/// The entries whose rules see a fault, looked at one by one.
std::vector<std::size_t> all_found(const Sieve& sieve, std::size_t count, const Request& request, const Facts& facts) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < count; ++i)
    if (applies(*sieve[i].rule, request) && words()[sieve[i].rule->word]->sees(*sieve[i].rule, request, facts)) out.push_back(i);
  return out;
}

TEST(Sieve, FindsWhatTheRulesSee) {
  const char* const raws[] = {"null",
                              "\"\"",
                              "\"  \"",
                              "0",
                              "-3",
                              "7.50",
                              "1.0",
                              "1e2",
                              "12345678901234567890",
                              "true",
                              "{}",
                              "\"A1\"",
                              "\"B1\"",
                              "\"x\"",
                              "\"gone\"",
                              "\"1\"",
                              "\"12.5\"",
                              "\"2026-02-30\"",
                              "\"2026-01-15 10:30:00\"",
                              "\"2026-01-15\""};
  TwoCustomers world;
  std::mt19937 chance(1);
  const auto any = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(chance); };
  std::size_t found_in_all = 0;
  for (const Interface& interface : test::paper().interfaces) {
    const Sieve sieve(interface);
    std::size_t count = interface.unclear.size() - static_cast<std::size_t>(std::count_if(interface.unclear.begin(), interface.unclear.end(),
                                                                                          [](const spec::Unclear& one) { return !one.when; }));
    for (const auto* rows : {&interface.body, &interface.results})
      for (const spec::ResultRow& row : *rows) count += row.when.size();
    for (int i = 0; i < 2000; ++i) {
      Draft draft = valid_draft(interface, interface.variants[any(interface.variants.size())], world, 1, {});
      for (std::size_t edits = any(4); edits > 0; --edits) {
        auto& raw = draft.raw[any(draft.raw.size())];
        if (any(4) == 0) raw.reset();
        else raw = raws[any(std::size(raws))];
      }
      wire::JsonReader reader;
      ASSERT_TRUE(reader.read(draft.body())) << draft.body();
      Request request;
      wire::bind(reader.members(), interface, request);
      std::vector<std::size_t> found;
      Suspects suspects = sieve.suspects(request);
      while (const auto at = sieve.find(request, world, suspects)) found.push_back(*at);
      ASSERT_EQ(found, all_found(sieve, count, request, world)) << draft.body();
      found_in_all += found.size();
    }
  }
  EXPECT_GT(found_in_all, 10'000U);
}

TEST(Words, AreFoundByName) {
  for (std::size_t i = 0; i < words().size(); ++i) EXPECT_EQ(find_word(words()[i]->name()), i);
  EXPECT_FALSE(find_word("nonsense"));
}

}  // namespace
}  // namespace meterproof::rules
