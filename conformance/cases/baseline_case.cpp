// SPDX-License-Identifier: Apache-2.0
// A valid request must succeed: each variant of each interface. Every other case rests on one of them.
#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {
namespace {

class BaselineCase final : public TestCase {
 public:
  BaselineCase(CaseInfo info, std::size_t variant) : TestCase(std::move(info)), variant_(variant) {}

  std::vector<std::size_t> baselines() const override { return all_variants(*info().interface); }
  CaseResult run(CaseContext& context) const override { return context.baseline(variant_); }

 private:
  std::size_t variant_;
};

}  // namespace

void add_baseline_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  for (std::size_t i = 0; i < interface.variants.size(); ++i) {
    const core::Variant& variant = interface.variants[i];
    CaseInfo info = success_info(plan.spec, interface, core::slug_of(variant.name), Phase::baseline);
    info.title = title_of(info.requirement, {"有效请求 " + variant.name, "valid request, variant " + variant.name});
    info.clauses = {clause::code(interface, plan.spec.success), clause::path(interface)};
    for (std::size_t header = 0; header < plan.spec.authentication.headers.size(); ++header) info.clauses.push_back(clause::header(plan.spec, header));
    for (const std::size_t field : variant.fields) info.clauses.push_back(clause::request(interface, field));
    out.push_back(std::make_unique<BaselineCase>(std::move(info), i));
  }
}

}  // namespace meterproof::conformance
