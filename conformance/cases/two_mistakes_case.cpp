// SPDX-License-Identifier: Apache-2.0
// Two requirements broken by one request: which of the two codes answers it is not stated, but one of them does, and nothing is changed.
#include <algorithm>
#include <utility>

#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/negative_case.hpp"
#include "conformance/cases/rule_case.hpp"

namespace meterproof::conformance {

using core::Interface;
using i18n::msg;

namespace {

/// One way to break a rule.
struct Mistake {
  const core::ResultRow* row = nullptr;
  const core::Rule* rule = nullptr;
  rules::Variation variation;
};

class TwoMistakesCase final : public NegativeCase {
 public:
  TwoMistakesCase(CaseInfo info, Mistake first, Mistake second) : NegativeCase(std::move(info), 0), mistakes_{std::move(first), std::move(second)} {}

  Sent send(CaseContext& context, FixtureSet& fixture, const FixtureSet& phantom) const override {
    core::RequestBuilder request = context.fixtures().make_request(context.interface(), variant(), fixture, &phantom);
    const core::RequestBuilder valid = request;
    CaseFixtures rows(context.fixtures(), fixture);
    for (const Mistake& one : mistakes_) {
      const auto edits = rules::kind_of(*one.rule).make(*one.rule, one.variation.slug, valid, rows);
      if (!edits) throw Inconclusive{msg<"case.no-such-rows">()};
      for (const auto& [field, raw] : *edits) request.raw[field] = raw;
    }
    return context.session().send(context.interface(), request.body());
  }

 private:
  std::vector<Mistake> mistakes_;
};

/// The row's first rule that the first valid request breaks without other rows than its own.
std::optional<Mistake> mistake_of(const Interface& interface, const core::ResultRow& row) {
  const auto& sent = interface.variants.front().fields;
  for (const core::Rule& rule : row.when) {
    const rules::RuleKind& kind = rules::kind_of(rule);
    if (kind.operand_shape() == rules::OperandShape::states || kind.answers_unknown_row() || rule.unless || rule.base_variant) continue;
    for (rules::Variation& variation : kind.variations(rule, interface)) {
      const bool is_sent = std::find(sent.begin(), sent.end(), variation.field) != sent.end();
      if (is_sent && !variation.is_of_other_type) return Mistake{&row, &rule, std::move(variation)};
    }
  }
  return std::nullopt;
}

CaseInfo info_of(const PlanContext& plan, const Interface& interface, const Mistake& first, const Mistake& second) {
  const std::string slug = first.variation.slug + "-and-" + second.variation.slug;
  CaseInfo info = case_info(interface, code_prefix(first.row->code) + slug, interface.section + ".3", CaseGroup::business, Phase::negative);
  info.requirement = {first.row->title.zh + "；" + second.row->title.zh, first.row->title.en + "; " + second.row->title.en};
  info.title = title_of(info.requirement, {first.variation.description.zh + "，且" + second.variation.description.zh,
                                           first.variation.description.en + ", and " + second.variation.description.en});
  for (const Mistake* one : {&first, &second}) {
    info.expected.push_back(one->row->code);
    info.clauses.push_back(clause::code(interface, one->row->code));
    const auto accept = [&](const std::vector<core::Code>& codes) { info.also_accepted.insert(info.also_accepted.end(), codes.begin(), codes.end()); };
    accept(one->rule->also_accepted);
    accept(lenient_codes(plan.spec, interface, *one->rule, one->variation, true));
  }
  std::erase(info.also_accepted, plan.spec.success);  // what is tolerated in one of the fields does not excuse the other
  if (plan.spec.unparsable() != nullptr) info.also_accepted.push_back(plan.spec.unparsable()->code);
  info.clauses.push_back(clause::refused(interface));
  info.is_spare = true;
  return info;
}

}  // namespace

void add_two_mistakes_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  std::optional<Mistake> before;
  for (const core::ResultRow& row : interface.results) {
    std::optional<Mistake> mistake = mistake_of(interface, row);
    if (!mistake) continue;
    if (before && before->row->code != row.code && before->variation.field != mistake->variation.field)
      out.push_back(std::make_unique<TwoMistakesCase>(info_of(plan, interface, *before, *mistake), *before, *mistake));
    before = std::move(mistake);
  }
}

}  // namespace meterproof::conformance
