// SPDX-License-Identifier: Apache-2.0
// A request body that is not a JSON object.
#include <vector>

#include "conformance/cases/case_kinds.hpp"
#include "conformance/cases/negative_case.hpp"
#include "conformance/cases/wrong_requests.hpp"
#include "core/rules/rule_kind.hpp"

namespace meterproof::conformance {
namespace {

class BodyCase final : public NegativeCase {
 public:
  BodyCase(CaseInfo info, const MalformedBody& body) : NegativeCase(std::move(info), 0), body_(body) {}

  Sent send(CaseContext& context, FixtureSet& fixture, const FixtureSet& phantom) const override {
    return context.session().send(context.interface(), body_.make(context.fixtures().make_request(context.interface(), 0, fixture, &phantom).body()));
  }

 private:
  i18n::Message why_untried(const TargetSession& session) const override { return session.why_no_reply_to(body_.name.slug); }

  const MalformedBody& body_;
};

}  // namespace

namespace {

/// Whether it is the interface's turn: of bodies that are alike the first one goes to the first interface.
bool is_its_turn(const PlanContext& plan, const core::Interface& interface, const MalformedBody& body) {
  if (body.turn == 0) return true;
  std::vector<const MalformedBody*> alike;
  for (const MalformedBody& one : malformed_bodies())
    if (one.turn == body.turn) alike.push_back(&one);
  return alike[static_cast<std::size_t>(&interface - plan.spec.interfaces.data()) % alike.size()] == &body;
}

}  // namespace

void add_body_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  const core::ResultRow* row = plan.spec.unparsable();
  if (row == nullptr) return;
  for (const MalformedBody& body : malformed_bodies()) {
    CaseInfo info = refusal_info(interface, *row, "body-" + body.name.slug, interface.section + ".3", CaseGroup::business, Phase::negative);
    info.title = title_of(row->title, body.name.description);
    info.is_spare = !is_its_turn(plan, interface, body);
    if (body.lenient) info.also_accepted.push_back(plan.spec.success);
    // An empty body may be read as one without fields, and answered as such.
    for (const core::ResultRow& own : interface.results)
      for (const core::Rule& rule : own.when) {
        if (!body.may_mean_no_fields || !rules::kind_of(rule).can_handle_missing()) continue;
        info.also_accepted.push_back(own.code);
        info.also_accepted.insert(info.also_accepted.end(), rule.also_accepted.begin(), rule.also_accepted.end());
      }
    info.clauses.push_back(clause::general(plan.spec, "encoding"));
    out.push_back(std::make_unique<BodyCase>(std::move(info), body));
  }
}

}  // namespace meterproof::conformance
