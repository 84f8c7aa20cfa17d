// SPDX-License-Identifier: Apache-2.0
// Each of the rows that look alike must have got its own and nothing of another's.
#include <algorithm>
#include <utility>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/similar_rows.hpp"

namespace meterproof::conformance {

using core::Interface;
using i18n::msg;
using reports::Verdict;

namespace {

class NeighbourCase final : public TestCase {
 public:
  NeighbourCase(CaseInfo info, std::string slug) : TestCase(std::move(info)), slug_(std::move(slug)) {}

  const Interface& interface() const { return *info().interface; }
  const std::string& slug() const { return slug_; }
  CaseResult run(CaseContext& context) const override;

 private:
  std::string slug_;
};

CaseResult NeighbourCase::run(CaseContext& context) const {
  if (!context.fixtures().scope().has(interface())) throw Inconclusive{msg<"case.needs-unsupported">(interface().name)};
  auto& all = context.shared<SeenOfSimilarRows>();
  if (!std::exchange(all.done, true)) {
    const FixtureFactory::MakingRows counted(context.fixtures(), FixtureFactory::Purpose::of_a_case);
    try {
      std::vector<const Interface*> wanted;
      for (const NeighbourCase* one : context.cases_of<NeighbourCase>()) wanted.push_back(&one->interface());
      observe_similar_rows(context, wanted, all);
    } catch (const Inconclusive& missing) {
      all.failure = missing.why;
    }
  }
  const SeenOfSimilarRows::Outcome& out = all.outcomes[{&interface(), slug_}];
  CaseResult result;
  result.expected = msg<"case.own-rows-alone">();
  result.sent = out.sent;
  result.steps = all.steps[""];
  result.steps.insert(result.steps.end(), all.steps[slug_].begin(), all.steps[slug_].end());
  if (!out.found.empty()) {
    result.verdict = Verdict::failed;
    constexpr std::size_t enough = 5;
    result.observed = i18n::list({out.found.begin(), out.found.begin() + static_cast<std::ptrdiff_t>(std::min(out.found.size(), enough))});
    result.reason = msg<"case.taken-for-a-neighbour">();
  } else if (out.seen && !out.refused && (out.acted || only_shows(interface()))) {
    result.verdict = Verdict::passed;
    result.observed = msg<"case.as-expected">();
  } else {
    result.observed = msg<"case.not-seen">();
    result.reason = !all.failure.empty() ? all.failure : !out.missing.empty() ? out.missing : msg<"case.no-such-rows">();
  }
  return result;
}

}  // namespace

void add_neighbour_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  if (!has_similar_rows(plan.spec, plan.scope, interface)) return;
  for (const std::string& slug : similar_rows_of(plan.spec, plan.scope, interface)) {
    const auto likeness = std::find_if(likenesses().begin(), likenesses().end(), [&](const Likeness& one) { return one.slug == slug; });
    CaseInfo info = case_info(interface, "neighbour/" + slug, interface.section, CaseGroup::shared_rows, Phase::neighbour);
    info.requirement = {"编号须完全相等：只涉及请求所指的数据", "a key is one row's: a request is about the rows that it names, and no others"};
    info.title = title_of(info.requirement, likeness->name);
    info.expected = {plan.spec.success};
    info.clauses = {clause::neighbours(interface)};
    info.timestamps = 1;
    out.push_back(std::make_unique<NeighbourCase>(std::move(info), slug));
  }
}

}  // namespace meterproof::conformance
