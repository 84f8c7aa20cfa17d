// SPDX-License-Identifier: Apache-2.0
// The promise of a rule kind: what it makes, it matches; and a valid request it does not match.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <regex>
#include <set>

#include "core/json/request_body_parser.hpp"
#include "core/rules/rule_index.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/rules/valid_request.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::rules {
namespace rule_kinds_test {

/// A store of two customers: "A…" keys belong together, "B…" keys are another's, "gone" is cancelled.
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

/// A request's values, with the reader that they live in.
struct ParsedRequest {
  json::RequestBodyParser reader;
  Request request;

  explicit ParsedRequest(const RequestBuilder& draft) {
    EXPECT_TRUE(reader.parse(draft.body())) << draft.body();
    json::map_to_fields(reader.members(), *draft.interface, request);
  }
};

bool matches(const Rule& rule, const RequestBuilder& draft, const DataLookup& data) {
  const ParsedRequest parsed(draft);
  return applies(rule, parsed.request) && kind_of(rule).matches(rule, parsed.request, data);
}

RequestBuilder with_edits(RequestBuilder control, const Edits& edits) {
  for (const auto& [field, raw] : edits) control.raw[field] = raw;
  return control;
}

/// Holds all variations of a rule against it. How many there are.
std::size_t expect_that_variations_match(const Rule& rule, const RequestBuilder& control, TwoCustomers& store) {
  const RuleKind& kind = kind_of(rule);
  const Interface& interface = *control.interface;
  const std::string about = interface.name + " " + std::string(kind.name());
  static const std::regex form("[a-z0-9]+(-[a-z0-9]+)*");
  std::set<std::string> slugs;
  for (const Variation& variation : kind.variations(rule, interface)) {
    EXPECT_TRUE(std::regex_match(variation.slug, form)) << about << ": " << variation.slug;
    EXPECT_TRUE(slugs.insert(variation.slug).second) << about << ": two of " << variation.slug;
    EXPECT_TRUE(variation.description.zh.starts_with(interface.request[variation.field].name)) << variation.description.zh;
    EXPECT_TRUE(variation.description.en.starts_with(interface.request[variation.field].name)) << variation.description.en;
    const auto edits = kind.make(rule, variation.slug, control, store);
    if (!edits) {
      ADD_FAILURE() << about << " does not make " << variation.slug;
      continue;
    }
    const RequestBuilder broken = with_edits(control, *edits);
    EXPECT_TRUE(matches(rule, broken, store)) << about << " does not match " << variation.slug << " in " << broken.body();
    const LocalizedText why = kind.explain(rule, ParsedRequest(broken).request);
    EXPECT_NE(why.zh, "") << variation.slug;
    EXPECT_NE(why.en, "") << variation.slug;
  }
  return slugs.size();
}

TEST(RuleKinds, MatchWhatTheyMakeAndNoValidRequest) {
  TwoCustomers store;
  std::size_t variations = 0;
  for (const Interface& interface : test::specification().interfaces) {
    for (const Rule* rule : rules_of(interface)) {
      RequestBuilder control = make_valid_request(interface, interface.variants[rule->base_variant.value_or(0)], store, 1, {});
      const bool excused = rule->unless && rule->unless->value.empty();
      if (!excused) EXPECT_FALSE(matches(*rule, control, store)) << interface.name << " " << kind_of(*rule).name() << " matches " << control.body();
      if (excused) control.raw[rule->unless->field].reset();
      variations += expect_that_variations_match(*rule, control, store);
    }
  }
  EXPECT_GT(variations, 300U);
}

/// A spec of three fields, and a rule of one kind about them: a kind need not be used by the specification to work.
struct Toy {
  const char* kind;
  std::function<void(Interface&, Rule&)> set_up;

  Interface interface() const { return made().first; }
  Rule rule() const { return made().second; }

 private:
  std::pair<Interface, Rule> made() const {
    Interface interface;
    interface.name = "Toy";
    interface.request.resize(3);
    const char* const names[] = {"FirstField", "SecondField", "ThirdField"};
    for (std::size_t i = 0; i < 3; ++i) {
      interface.request[i].name = names[i];
      interface.request[i].example = "12345";
    }
    interface.variants = {{"all", {0, 1, 2}, {}, {}}};
    Rule rule;
    rule.kind = *find_rule_kind(kind);
    rule.operands = {{0, false, {}}};
    set_up(interface, rule);
    return {interface, rule};
  }
};

void make_date(Field& field, const char* example) {
  field.format = core::Format::date;
  field.example = example;
}

void make_number(Field& field, core::Type type, const char* example) {
  field.type = type;
  field.example = example;
}

const std::vector<Toy>& toys() {
  using core::Type;
  static const std::vector<Toy> all = {
      {"all_empty",
       [](Interface&, Rule& rule) {
         rule.operands.push_back({1, false, {}});
       }},
      {"apart",
       [](Interface& interface, Rule& rule) {
         interface.request[0].refers = interface.request[1].refers = 0;
         rule.operands.push_back({1, false, {}});
       }},
      {"blank_alone", [](Interface&, Rule&) {}},
      {"empty",
       [](Interface& interface, Rule& rule) {
         make_number(interface.request[1], Type::integer, "7");
         rule.operands.push_back({1, false, {}});
       }},
      {"in_state",
       [](Interface& interface, Rule& rule) {
         interface.request[0].refers = 0;
         rule.state = {0, 1, "gone"};
       }},
      {"malformed",
       [](Interface& interface, Rule& rule) {
         make_date(interface.request[0], "2026-01-15");
         make_number(interface.request[1], Type::decimal, "1.5");
         rule.operands = {{0, false, {}}, {1, false, {}}, {2, false, {}}};
       }},
      {"not_above",
       [](Interface& interface, Rule& rule) {
         make_number(interface.request[0], Type::decimal, "10");
         rule.operands = {{0, true, "0"}};
       }},
      {"out_of_order",
       [](Interface& interface, Rule& rule) {
         make_date(interface.request[0], "2026-01-15");
         make_date(interface.request[1], "2026-01-16");
         rule.operands.push_back({1, false, {}});
       }},
      {"out_of_range",
       [](Interface& interface, Rule&) {
         make_number(interface.request[0], Type::integer, "5");
         interface.request[0].range = {1, 28};
       }},
      {"taken", [](Interface& interface, Rule&) { interface.request[0].names = 0; }},
      {"too_precise",
       [](Interface& interface, Rule&) {
         make_number(interface.request[0], Type::decimal, "1.25");
         interface.request[0].scale = 2;
       }},
      {"unknown", [](Interface& interface, Rule&) { interface.request[0].refers = 0; }},
      {"unlisted",
       [](Interface& interface, Rule& rule) {
         make_number(interface.request[0], Type::integer, "1");
         interface.request[0].values = {{"1", {}}, {"3", {}}};
         rule.operands[0].handles_missing = true;
       }},
  };
  return all;
}

TEST(RuleKinds, EachWorksInAToySpec) {
  TwoCustomers store;
  std::set<std::string> tried;
  for (const Toy& toy : toys()) {
    const Interface interface = toy.interface();
    const Rule rule = toy.rule();
    tried.insert(toy.kind);
    EXPECT_FALSE(kind_of(rule).validate(rule, interface)) << toy.kind;
    const RequestBuilder control = make_valid_request(interface, interface.variants.front(), store, 1, {});
    EXPECT_FALSE(matches(rule, control, store)) << toy.kind << " matches " << control.body();
    EXPECT_GT(expect_that_variations_match(rule, control, store), 0U) << toy.kind;
  }
  for (const std::string& name : rule_kind_names()) EXPECT_EQ(tried.count(name), 1U) << "no toy spec for " << name;
}

const Toy& toy_of(std::string_view kind) {
  return *std::find_if(toys().begin(), toys().end(), [&](const Toy& toy) { return toy.kind == kind; });
}

std::string slugs_of(std::string_view kind) {
  std::string out;
  for (const Variation& one : kind_of(toy_of(kind).rule()).variations(toy_of(kind).rule(), toy_of(kind).interface())) out += one.slug + " ";
  return out;
}

TEST(RuleKinds, NameTheirVariations) {
  EXPECT_EQ(slugs_of("not_above"),
            "first-field-zero first-field-0-00 first-field-minus-0-01 first-field-minus-50 first-field-missing first-field-null first-field-empty ");
  EXPECT_EQ(slugs_of("all_empty"),
            "first-field-second-field-missing first-field-second-field-null first-field-second-field-empty first-field-second-field-blanks ");
  EXPECT_EQ(slugs_of("blank_alone"), "first-field-empty-alone first-field-blanks-alone ");
  EXPECT_EQ(slugs_of("in_state"), "first-field-gone ");
  EXPECT_EQ(slugs_of("malformed"), "first-field-not-a-date first-field-impossible-day first-field-no-leap-day second-field-text third-field-object ");
  EXPECT_EQ(slugs_of("out_of_order"), "first-field-day-after first-field-year-after ");
}

TEST(RuleKinds, MakeNothingWhereNoRowIsAtHand) {
  class NoRows final : public FixtureProvider {
    std::string existing_row(std::size_t) override { return ""; }
    std::string unrelated_row(std::size_t) override { return ""; }
    std::string unused_key(std::size_t) override { return "none"; }
    std::string in_state(std::size_t, const core::State&) override { return ""; }
  } nothing;
  TwoCustomers store;
  for (const auto& [kind, slug] : {std::pair("apart", "second-field-of-another"), std::pair("in_state", "first-field-gone"),
                                   std::pair("taken", "first-field-taken"), std::pair("unknown", "first-field-digit-more")}) {
    const Interface interface = toy_of(kind).interface();
    const Rule rule = toy_of(kind).rule();
    const RequestBuilder control = make_valid_request(interface, interface.variants.front(), store, 1, {});
    EXPECT_FALSE(kind_of(rule).make(rule, slug, control, nothing)) << kind;
    EXPECT_TRUE(kind_of(rule).make(rule, slug, control, store)) << kind;
  }
}

struct LeniencyRow {
  const char *kind, *slug;
  bool own_code, success, unparsable, unknown_row;
};

TEST(RuleKinds, SayWhatElseIsAsGood) {
  const LeniencyRow rows[] = {
      {"empty", "first-field-missing", true, false, false, false},
      {"empty", "first-field-empty", true, false, false, false},
      {"empty", "first-field-null", true, false, true, false},
      {"empty", "first-field-blanks", true, true, true, true},
      {"empty", "second-field-empty", true, false, true, false},
      {"all_empty", "first-field-second-field-blanks", true, true, true, true},
      {"all_empty", "first-field-second-field-empty", true, false, false, false},
      {"blank_alone", "first-field-blanks-alone", true, true, true, true},
      {"blank_alone", "first-field-empty-alone", true, false, false, false},
      {"empty", "first-field-empty", false, true, false, false},     // a name may be ""
      {"empty", "first-field-missing", false, false, false, false},  // but not left out
      {"unknown", "first-field-digit-more", true, false, true, false},
      {"unknown", "first-field-unknown", true, false, false, false},
      {"unknown", "first-field-other-beginning", true, false, true, false},
      {"unlisted", "first-field-9", true, false, false, false},
      {"unlisted", "first-field-9", false, false, false, false},
      {"unlisted", "first-field-minus-1", false, false, false, false},
      {"unlisted", "first-field-empty", true, false, true, false},
      {"malformed", "third-field-object", false, true, false, false},
      {"malformed", "first-field-not-a-date", false, true, false, false},
      {"malformed", "first-field-impossible-day", false, true, false, false},
  };
  for (const LeniencyRow& row : rows) {
    const Rule rule = toy_of(row.kind).rule();
    const Interface interface = toy_of(row.kind).interface();
    const auto all = kind_of(rule).variations(rule, interface);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Variation& one) { return one.slug == row.slug; });
    ASSERT_NE(found, all.end()) << row.kind << " has no " << row.slug;
    const Leniency leniency = kind_of(rule).leniency(rule, interface, *found, row.own_code);
    EXPECT_EQ(leniency.success, row.success) << row.kind << " " << row.slug;
    EXPECT_EQ(leniency.unparsable, row.unparsable) << row.kind << " " << row.slug;
    EXPECT_EQ(leniency.unknown_row, row.unknown_row) << row.kind << " " << row.slug;
    EXPECT_EQ(leniency.unknown_form, std::string_view(row.slug).ends_with("-unknown")) << row.kind << " " << row.slug;
  }
}

/// A rule of that kind, about the toy's first field in a field that is marked as required.
Leniency leniency_where_required(const char* kind, const std::string& slug, bool own_code, const std::function<void(Field&)>& change = {}) {
  const Rule rule = toy_of(kind).rule();
  Interface interface = toy_of(kind).interface();
  interface.request[0].required = true;
  if (change) change(interface.request[0]);
  for (const Variation& one : kind_of(rule).variations(rule, interface))
    if (one.slug == slug) return kind_of(rule).leniency(rule, interface, one, own_code);
  ADD_FAILURE() << kind << " has no " << slug;
  return {};
}

// Who checks the required fields as a whole finds one missing before its own code is thought of. Never is it carried out.
TEST(RuleKinds, AMissingRequiredFieldIsUnparsableAsWell) {
  for (const auto& [kind, slug] : {std::pair("empty", "first-field-missing"), std::pair("empty", "first-field-null"), std::pair("empty", "first-field-empty"),
                                   std::pair("all_empty", "first-field-second-field-missing"), std::pair("not_above", "first-field-missing"),
                                   std::pair("unlisted", "first-field-missing")}) {
    const Leniency leniency = leniency_where_required(kind, slug, true);
    EXPECT_TRUE(leniency.unparsable) << kind << " " << slug;
    EXPECT_FALSE(leniency.success) << kind << " " << slug;
  }
  EXPECT_FALSE(leniency_where_required("not_above", "first-field-zero", true).unparsable) << "a number that is there is parsed";
}

// Of what is no date nothing can be carried out; where no field is required, there may be no use for it (see APrintedListLimitsTheForm for numbers).
TEST(RuleKinds, WhatIsNoDateIsNotTakenWhereFieldsAreRequired) {
  for (const char* slug : {"first-field-not-a-date", "first-field-impossible-day", "first-field-no-leap-day"})
    EXPECT_FALSE(leniency_where_required("malformed", slug, false).success) << slug;
  EXPECT_TRUE(leniency_where_required("malformed", "third-field-object", false).success);
}

TEST(RuleKinds, BlanksAreNoDate) {
  EXPECT_TRUE(leniency_where_required("empty", "first-field-blanks", true).success);
  EXPECT_FALSE(leniency_where_required("empty", "first-field-blanks", true, [](Field& field) { field.format = core::Format::datetime; }).success);
}

TEST(RuleKinds, OnlyAFreeTextMayBeEmpty) {
  EXPECT_TRUE(leniency_where_required("empty", "first-field-empty", false).success);
  EXPECT_FALSE(leniency_where_required("empty", "first-field-empty", false, [](Field& field) { field.refers = 0; }).success);
  EXPECT_FALSE(leniency_where_required("empty", "first-field-empty", false, [](Field& field) { field.names = 0; }).success);
  EXPECT_FALSE(leniency_where_required("empty", "first-field-empty", false, [](Field& field) { field.values = {{"1", {}}}; }).success);
  EXPECT_FALSE(leniency_where_required("empty", "first-field-empty", false, [](Field& field) { field.format = core::Format::date; }).success);
  EXPECT_FALSE(leniency_where_required("empty", "first-field-empty", true).success) << "a code says that it cannot be empty";
}

// What a server receives is its own business, but where the specification prints which values there are.
TEST(RuleKinds, APrintedListLimitsTheForm) {
  for (const char* kind : {"unlisted", "out_of_range", "not_above"}) {
    Interface interface = toy_of(kind).interface();
    EXPECT_TRUE(may_take_any_form(interface, 0)) << kind;
    interface.results.push_back({{-4}, {}, core::Stage::rules, {toy_of(kind).rule()}, {}, false, {}, {}});
    EXPECT_FALSE(may_take_any_form(interface, 0)) << kind;
    EXPECT_TRUE(may_take_any_form(interface, 1)) << kind;
  }
  Interface interface = toy_of("empty").interface();
  interface.results.push_back({{-4}, {}, core::Stage::rules, {toy_of("empty").rule()}, {}, false, {}, {}});
  EXPECT_TRUE(may_take_any_form(interface, 0));
}

TEST(RuleKinds, TwoPlacesOfTheSpecificationMayDisagree) {
  std::set<std::string> disputed;
  for (const Interface& interface : test::specification().interfaces)
    for (const core::OpenQuestion& question : interface.open_questions)
      if (is_disputed_requirement(interface, question)) disputed.insert(interface.name + "/" + question.id);
  EXPECT_EQ(disputed, (std::set<std::string>{"ControlValve/meter-left-out", "GetData/meter-left-out", "GetData/user-left-out", "GetUserInfo/meter-left-out",
                                             "RemotePay/meter-left-out"}));
}

TEST(RuleKinds, AMutationTakesOneVariation) {
  TwoCustomers store;
  Interface interface = toy_of("not_above").interface();
  Rule rule = toy_of("not_above").rule();
  const RequestBuilder control = make_valid_request(interface, interface.variants.front(), store, 1, {});
  const RequestBuilder zero = with_edits(control, *kind_of(rule).make(rule, "first-field-zero", control, store));
  const RequestBuilder below = with_edits(control, *kind_of(rule).make(rule, "first-field-minus-50", control, store));
  const auto mutations = kind_of(rule).mutations(rule, interface);
  ASSERT_EQ(mutations.size(), 3U);
  EXPECT_EQ(mutations[0].id, "FirstField/takes-the-bound");
  mutations[0].edit(interface, rule);
  EXPECT_FALSE(matches(rule, zero, store));
  EXPECT_TRUE(matches(rule, below, store));

  const Interface other = toy_of("empty").interface();
  Rule single = toy_of("empty").rule();
  single.operands.resize(1);
  const auto misses = kind_of(single).mutations(single, other);
  ASSERT_EQ(misses.size(), 4U);
  for (std::size_t i = 0; i < misses.size(); ++i) {
    const auto all = kind_of(single).variations(single, other);
    for (std::size_t j = 0; j < all.size(); ++j) {
      const RequestBuilder valid = make_valid_request(other, other.variants.front(), store, 1, {});
      const ParsedRequest empty(with_edits(valid, *kind_of(single).make(single, all[j].slug, valid, store)));
      EXPECT_EQ(misses[i].overlooks(empty.request), i == j) << misses[i].id << " " << all[j].slug;
    }
  }
}

/// The slugs of not_above's variations for a field of that type, each of which must be JSON and match.
std::string slugs_below(core::Type type, const std::string& bound) {
  TwoCustomers store;
  Interface interface = toy_of("not_above").interface();
  Rule rule = toy_of("not_above").rule();
  interface.request[0].type = type;
  rule.operands = {{0, false, bound}};
  expect_that_variations_match(rule, make_valid_request(interface, interface.variants.front(), store, 1, {}), store);
  std::string out;
  for (const Variation& one : kind_of(rule).variations(rule, interface)) out += one.slug + " ";
  return out;
}

TEST(RuleKinds, ABoundHasNumbersOfItsFieldsForm) {
  EXPECT_EQ(slugs_below(core::Type::decimal, "0"), "first-field-zero first-field-0-00 first-field-minus-0-01 first-field-minus-50 ");
  EXPECT_EQ(slugs_below(core::Type::decimal, "0.5"), "first-field-0-5 first-field-0-500 first-field-0-49 first-field-minus-49-5 ");
  EXPECT_EQ(slugs_below(core::Type::integer, "2"), "first-field-2 first-field-1 first-field-minus-48 ");
}

TEST(RuleKinds, EveryFieldOfARangeHasMutations) {
  Interface interface = toy_of("out_of_range").interface();
  Rule rule = toy_of("out_of_range").rule();
  make_number(interface.request[1], core::Type::integer, "5");
  interface.request[1].range = {1, 9};
  rule.operands.push_back({1, false, {}});
  const auto mutations = kind_of(rule).mutations(rule, interface);
  ASSERT_EQ(mutations.size(), 8U);
  EXPECT_EQ(mutations[4].id, "SecondField/low-end-too-low");
  mutations[4].edit(interface, rule);
  EXPECT_EQ(interface.request[1].range->first, 0);
  EXPECT_EQ(interface.request[0].range->first, 1);
}

TEST(RuleKinds, ExplainInBothLanguages) {
  TwoCustomers store;
  Interface interface = toy_of("empty").interface();
  Rule rule = toy_of("empty").rule();
  interface.request[0].title = {"名称", "name"};
  RequestBuilder request = make_valid_request(interface, interface.variants.front(), store, 1, {});
  request.raw[0].reset();
  LocalizedText why = kind_of(rule).explain(rule, ParsedRequest(request).request);
  EXPECT_EQ(why.zh, "FirstField（缺失），名称不能为空");
  EXPECT_EQ(why.en, "FirstField (missing), a value is required");

  rule = toy_of("malformed").rule();
  interface.request[0].format = core::Format::decimal;
  request.raw[0] = "\"abc\"";
  why = kind_of(rule).explain(rule, ParsedRequest(request).request);
  EXPECT_EQ(why.zh, "FirstField=\"abc\"，应为 数字形式的 String");
  EXPECT_EQ(why.en, "FirstField=\"abc\", expected numeric String");
}

/// The entries whose rules the request breaks, looked at one by one.
std::vector<std::size_t> all_found(const RuleIndex& rule_index, std::size_t count, const Request& request, const DataLookup& data) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < count; ++i)
    if (applies(*rule_index[i].rule, request) && rule_index[i].kind->matches(*rule_index[i].rule, request, data)) out.push_back(i);
  return out;
}

TEST(RuleIndex, FindsWhatTheRulesMatch) {
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
  TwoCustomers store;
  std::mt19937 chance(1);
  const auto any = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(chance); };
  std::size_t found_in_all = 0;
  for (const Interface& interface : test::specification().interfaces) {
    const RuleIndex rule_index(interface);
    std::size_t count =
        interface.open_questions.size() - static_cast<std::size_t>(std::count_if(interface.open_questions.begin(), interface.open_questions.end(),
                                                                                 [](const core::OpenQuestion& one) { return !one.when; }));
    for (const auto* rows : {&interface.body, &interface.results})
      for (const core::ResultRow& row : *rows) count += row.when.size();
    for (int i = 0; i < 2000; ++i) {
      RequestBuilder draft = make_valid_request(interface, interface.variants[any(interface.variants.size())], store, 1, {});
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
      while (const auto at = rule_index.find(request, store, candidates)) found.push_back(*at);
      ASSERT_EQ(found, all_found(rule_index, count, request, store)) << draft.body();
      found_in_all += found.size();
    }
  }
  EXPECT_GT(found_in_all, 10'000U);
}

TEST(RuleKinds, AreFoundByName) {
  for (std::size_t i = 0; i < rule_kinds().size(); ++i) EXPECT_EQ(find_rule_kind(rule_kinds()[i]->name()), i);
  EXPECT_FALSE(find_rule_kind("nonsense"));
}

TEST(RuleKinds, OneOrdersItsOperands) {
  for (const RuleKind* kind : rule_kinds()) EXPECT_EQ(kind->orders_its_operands(), kind->name() == "out_of_order") << kind->name();
}

}  // namespace rule_kinds_test
}  // namespace meterproof::rules
