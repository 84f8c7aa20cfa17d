// The promise of a rule word: what it makes, it sees; and a valid request it does not see.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/json/request_body_parser.hpp"
#include "core/rules/rule_index.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/rules/valid_request.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::rules {
namespace {

/// A world of two customers: "A…" keys belong together, "B…" keys are another's, "gone" is cancelled.
class TwoCustomers final : public DataLookup, public KeyProvider, public FixtureProvider {
 public:
  bool exists(std::size_t, std::string_view key) const override { return key == "A1" || key == "B1" || key == "gone"; }
  bool belong_together(std::size_t, std::string_view a, std::size_t, std::string_view b) const override {
    return a.substr(0, 1) == b.substr(0, 1) || a == "gone" || b == "gone";
  }
  bool in_state(std::size_t, std::string_view key, const core::State&) const override { return key == "gone"; }
  std::string key(const Field& field, bool existing_row) override { return existing_row || field.refers ? "A1" : "new"; }
  std::string existing_row(std::size_t) override { return "A1"; }
  std::string unrelated_row(std::size_t) override { return "B1"; }
  std::string unused_key(std::size_t) override { return "none"; }
  std::string in_state(std::size_t, const core::State&) override { return "gone"; }
};

std::vector<const Rule*> rules_of(const Interface& interface) {
  std::vector<const Rule*> out;
  for (const auto* rows : {&interface.results, &interface.body})
    for (const core::ResultRow& row : *rows)
      for (const Rule& rule : row.when) out.push_back(&rule);
  for (const core::OpenQuestion& question : interface.open_questions)
    if (question.when) out.push_back(&*question.when);
  return out;
}

TEST(Words, SeeWhatTheyMakeAndNothingInAValidRequest) {
  TwoCustomers world;
  std::size_t made_in_all = 0;
  std::vector<bool> used(rule_kinds().size(), false);
  for (const Interface& interface : test::paper().interfaces) {
    for (const Rule* rule : rules_of(interface)) {
      const RuleKind& kind = *rule_kinds()[rule->kind];
      used[rule->kind] = true;
      std::size_t variant = rule->base_variant.value_or(0);
      const RequestBuilder control = make_valid_request(interface, interface.variants[variant], world, 1, {});
      const auto matches = [&](const RequestBuilder& draft) {
        json::RequestBodyParser reader;
        EXPECT_TRUE(reader.parse(draft.body())) << draft.body();
        Request request;
        json::map_to_fields(reader.members(), interface, request);
        return applies(*rule, request) && kind.matches(*rule, request, world);
      };
      if (!rule->unless || rule->unless->value != "")
        EXPECT_FALSE(matches(control)) << interface.name << " " << kind.name() << " sees a fault in " << control.body();
      for (const Counterexample& made : kind.counterexamples(*rule, control, world)) {
        RequestBuilder wrong = control;
        if (rule->unless && rule->unless->value.empty()) wrong.raw[rule->unless->field].reset();
        for (const auto& [field, raw] : made.edits) wrong.raw[field] = raw;
        EXPECT_TRUE(matches(wrong)) << interface.name << " " << kind.name() << " does not see " << made.label << " in " << wrong.body();
        json::RequestBodyParser reader;
        reader.parse(wrong.body());
        Request request;
        json::map_to_fields(reader.members(), interface, request);
        const LocalizedText why = kind.explain(*rule, request);
        EXPECT_NE(why.zh, "") << made.label;
        EXPECT_NE(why.en, "") << made.label;
        ++made_in_all;
      }
    }
  }
  EXPECT_GT(made_in_all, 300U);
  for (std::size_t i = 0; i < used.size(); ++i) EXPECT_TRUE(used[i]) << "no rule of the paper uses " << rule_kinds()[i]->name();
}

/// The entries whose rules see a fault, looked at one by one.
std::vector<std::size_t> all_found(const RuleIndex& rule_index, std::size_t count, const Request& request, const DataLookup& facts) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < count; ++i)
    if (applies(*rule_index[i].rule, request) && rule_kinds()[rule_index[i].rule->kind]->matches(*rule_index[i].rule, request, facts)) out.push_back(i);
  return out;
}

TEST(RuleIndex, FindsWhatTheRulesSee) {
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
    const RuleIndex rule_index(interface);
    std::size_t count =
        interface.open_questions.size() - static_cast<std::size_t>(std::count_if(interface.open_questions.begin(), interface.open_questions.end(),
                                                                                 [](const core::OpenQuestion& one) { return !one.when; }));
    for (const auto* rows : {&interface.body, &interface.results})
      for (const core::ResultRow& row : *rows) count += row.when.size();
    for (int i = 0; i < 2000; ++i) {
      RequestBuilder draft = make_valid_request(interface, interface.variants[any(interface.variants.size())], world, 1, {});
      for (std::size_t edits = any(4); edits > 0; --edits) {
        auto& raw = draft.raw[any(draft.raw.size())];
        if (any(4) == 0) raw.reset();
        else raw = raws[any(std::size(raws))];
      }
      json::RequestBodyParser reader;
      ASSERT_TRUE(reader.parse(draft.body())) << draft.body();
      Request request;
      json::map_to_fields(reader.members(), interface, request);
      std::vector<std::size_t> found;
      CandidateSet candidates = rule_index.candidates(request);
      while (const auto at = rule_index.find(request, world, candidates)) found.push_back(*at);
      ASSERT_EQ(found, all_found(rule_index, count, request, world)) << draft.body();
      found_in_all += found.size();
    }
  }
  EXPECT_GT(found_in_all, 10'000U);
}

TEST(Words, AreFoundByName) {
  for (std::size_t i = 0; i < rule_kinds().size(); ++i) EXPECT_EQ(find_rule_kind(rule_kinds()[i]->name()), i);
  EXPECT_FALSE(find_rule_kind("nonsense"));
}

}  // namespace
}  // namespace meterproof::rules
