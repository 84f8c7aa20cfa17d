// SPDX-License-Identifier: Apache-2.0
// A sequence of requests, every reply of which follows from the requests before it (spec/sequences).
#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/sequence_runner.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::Verdict;

namespace {

class SequenceCase final : public TestCase {
 public:
  SequenceCase(CaseInfo info, const core::Spec& spec, const core::Sequence& sequence) : TestCase(std::move(info)), sequence_(sequence) {
    for (const core::SequenceStep& step : sequence.steps) needed_.push_back(&spec.interfaces[step.interface]);
  }

  bool rests_on_several() const override { return true; }
  std::vector<const core::Interface*> needs() const override { return needed_; }

  CaseResult run(CaseContext& context) const override {
    SequenceResult done = SequenceRunner(context.fixtures(), context.options().effect_timeout, false).run(sequence_);
    CaseResult result{Verdict::inconclusive, msg<"case.each-reply-follows">(), std::move(done.observed), std::move(done.reason), std::move(done.sent), {}};
    if (!done.expected.empty()) result.expected = std::move(done.expected);
    switch (done.ending) {
      case SequenceResult::Ending::agreed:
        result.verdict = Verdict::passed;
        result.observed = msg<"case.as-expected-in-steps">(done.steps);
        break;
      case SequenceResult::Ending::disagreed:
        result.verdict = Verdict::failed;
        result.observed = msg<"case.in-step">(done.step + 1, std::move(result.observed));
        break;
      case SequenceResult::Ending::open:
      case SequenceResult::Ending::no_reply:
      case SequenceResult::Ending::hidden:
        if (result.observed.empty()) result.observed = msg<"case.not-seen">();
        break;
    }
    return result;
  }

 private:
  const core::Sequence& sequence_;
  std::vector<const core::Interface*> needed_;
};

}  // namespace

void add_sequence_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  for (const core::Sequence& sequence : plan.spec.sequences) {
    if (&plan.spec.interfaces[sequence.interface] != &interface || !in_scope(plan.spec, sequence, plan.scope)) continue;
    CaseInfo info = case_info(interface, "sequence/" + sequence.id, interface.section, CaseGroup::sequences, Phase::sequence);
    info.requirement = info.title = sequence.sentence;
    info.expected = {plan.spec.success};
    info.clauses = {clause::sequence(interface, sequence), clause::effect(interface)};
    info.timestamps = sequence.steps.size() + 2;
    info.is_spare = sequence.is_spare;
    out.push_back(std::make_unique<SequenceCase>(std::move(info), plan.spec, sequence));
  }
}

}  // namespace meterproof::conformance
