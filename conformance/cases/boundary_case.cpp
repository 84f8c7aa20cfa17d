// SPDX-License-Identifier: Apache-2.0
// A value at the edge of a vocabulary or range must be accepted.
#include <algorithm>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {
namespace {

class BoundaryCase final : public TestCase {
 public:
  BoundaryCase(CaseInfo info, std::size_t field, std::string value) : TestCase(std::move(info)), field_(field), value_(std::move(value)) {}

  std::vector<std::size_t> baselines() const override { return {0}; }

  CaseResult run(CaseContext& context) const override {
    FixtureSet& fixture = context.baseline_fixture();
    core::RequestBuilder request = context.fixtures().make_request(context.interface(), 0, fixture);
    request.raw[field_] = raw_value(context.interface().request[field_], value_);
    Sent sent = context.fixtures().send_and_track(request, fixture);
    if (sent.no_reply()) fixture.clear();
    return judge_code(info().expected, {}, context.success(), std::move(sent));
  }

 private:
  std::size_t field_;
  std::string value_;
};

/// A value that changes which other fields are required has a variant of its own.
bool has_variant(const core::Interface& interface, std::size_t field, const std::string& value) {
  return std::any_of(interface.variants.begin(), interface.variants.end(), [&](const core::Variant& variant) {
    return std::any_of(variant.set.begin(), variant.set.end(), [&](const auto& set) { return set.first == field && set.second == value; });
  });
}

std::vector<std::string> boundary_values(const core::Interface& interface, std::size_t at) {
  const core::Field& field = interface.request[at];
  if (field.range) return {std::to_string(field.range->first), std::to_string(field.range->second)};
  std::vector<std::string> out;
  for (const core::Choice& choice : field.values)
    if (!has_variant(interface, at, choice.value)) out.push_back(choice.value);
  return out;
}

}  // namespace

void add_boundary_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  for (const std::size_t field : interface.variants.front().fields)
    for (const std::string& value : boundary_values(interface, field)) {
      const std::string& name = interface.request[field].name;
      CaseInfo info = success_info(plan.spec, interface, core::slug_of(name) + "-" + core::slug_of(value), Phase::boundary);
      info.title = title_of(info.requirement, {name + " 为 " + value, name + " is " + value});
      info.clauses = {clause::request(interface, field), clause::code(interface, plan.spec.success)};
      out.push_back(std::make_unique<BoundaryCase>(std::move(info), field, value));
    }
}

}  // namespace meterproof::conformance
