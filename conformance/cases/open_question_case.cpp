// SPDX-License-Identifier: Apache-2.0
// A situation that the specification leaves open: any sensible answer passes, and the report says which one was given.
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/rule_case.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::Verdict;

namespace {

class OpenQuestionCase final : public RuleCase {
 public:
  OpenQuestionCase(CaseInfo info, const core::OpenQuestion& question, std::string slug)
      : RuleCase(std::move(info), *question.when, std::move(slug), question.when->base_variant.value_or(0), 0, {}), question_(question) {}

  const core::OpenQuestion* question() const override { return &question_; }

 private:
  CaseResult judge(CaseContext& context, Sent sent) const override {
    CaseResult result = judge_code(question_.accepted_codes, {}, context.success(), std::move(sent));
    result.expected = msg<"case.any-of-codes">(listed(question_.accepted_codes));
    const auto& code = result.sent->reply.code;
    if (code && context.spec().row(context.interface(), *code) == nullptr) {
      result.verdict = Verdict::failed;
      result.reason = msg<"case.code-not-in-table">();
    } else if (result.verdict == Verdict::failed && code && *code != context.success()) {
      result.verdict = Verdict::warned;
      result.reason = msg<"case.unexpected-refusal-of-open-question">();
    }
    return result;
  }
  bool may_succeed() const override { return true; }
  bool must_never_change() const override { return question_.must_not_change; }

  const core::OpenQuestion& question_;
};

}  // namespace

namespace {

/// Whether the way to ask is worth a request. A field that the specification demands in one place and not in another is left out, and empty: that shows
/// which of the two the target follows.
bool is_worth_asking(const core::Interface& interface, const core::OpenQuestion& question, const rules::Variation& variation) {
  if (variation.is_rare) return false;
  if (!rules::is_disputed_requirement(interface, question)) return true;
  return variation.slug.ends_with("-missing") || variation.slug.ends_with("-empty");
}

}  // namespace

void add_open_question_cases(const PlanContext&, const core::Interface& interface, CaseList& out) {
  for (const core::OpenQuestion& question : interface.open_questions) {
    if (!question.when) continue;
    std::size_t values = 0;  // of fields that are alike
    for (const rules::Variation& variation : rules::kind_of(*question.when).variations(*question.when, interface)) {
      if (!is_worth_asking(interface, question, variation)) continue;
      CaseInfo info = case_info(interface, "open/" + question.id + "/" + variation.slug, interface.section, CaseGroup::business, Phase::open_question);
      info.requirement = question.ask;
      info.title = title_of(question.ask, variation.description);
      info.expected = question.accepted_codes;
      info.clauses = {clause::open_question(interface, question)};
      constexpr std::size_t enough = 2;
      info.is_spare = question.places && ++values > enough;
      out.push_back(std::make_unique<OpenQuestionCase>(std::move(info), question, variation.slug));
    }
  }
}

}  // namespace meterproof::conformance
