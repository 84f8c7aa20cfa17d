// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/negative_case.hpp"

#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::Verdict;

CaseResult NegativeCase::run(CaseContext& context) const {
  if (!context.baseline_succeeded(variant_)) {
    const core::Interface& interface = context.interface();
    return not_tried(msg<"case.no-baseline-of-variant">(baseline_id(context.spec(), interface, variant_), interface.variants[variant_].name));
  }
  if (i18n::Message why = why_untried(context.session()); !why.empty()) return not_tried(std::move(why));
  if (has(info().expected, context.success()) || has(info().also_accepted, context.success()))
    context.fixtures().need_budget(context.interface(), context.interface().variants[variant_]);
  // The cases share their rows: a refusal leaves them as they were, and one look at the end shows whether all of them did.
  SideEffects& side_effects = context.side_effects();
  std::uint64_t sent_before = TargetSession::requests_of_this_thread();
  try {
    const bool may_be_taken = has(info().expected, context.success()) || has(info().also_accepted, context.success());
    const auto [fixture, phantom] = side_effects.shared_rows(info().phase == Phase::may_succeed, !may_be_taken || info().phase == Phase::open_question);
    sent_before = TargetSession::requests_of_this_thread();
    CaseResult result = judge(context, send(context, fixture, phantom));
    const bool succeeded = result.sent->answered(context.success());
    const bool in_doubt = result.sent->no_reply() && may_succeed();
    // What was accepted has changed the rows: the next case needs others. A query has changed nothing.
    const bool only_looks = changed_tables(context.interface()).empty();
    if ((succeeded && !must_never_change() && !only_looks) || in_doubt) {
      if (succeeded) context.fixtures().note_carried_out(context.interface(), *result.sent);
      else context.fixtures().note_doubt(context.interface(), *result.sent);
      if (succeeded) context.session().reply_forms().expect_values_of(result.sent->request.body);
      // What a request did that the specification leaves open is not known to the model.
      if (succeeded && info().phase == Phase::negative) side_effects.verify_so_far();
      if (info().phase == Phase::open_question) side_effects.verify_unseen_names();
      context.fixtures().forget_named(fixture);
      side_effects.abandon_rows();
    } else if (result.verdict == Verdict::passed || result.verdict == Verdict::warned) side_effects.add(*this, *result.sent);
    return result;
  } catch (const Inconclusive&) {
    // What was sent meanwhile may have changed the rows.
    if (TargetSession::requests_of_this_thread() != sent_before) side_effects.abandon_rows();
    throw;
  }
}

CaseResult NegativeCase::judge(CaseContext& context, Sent sent) const {
  return judge_code(info().expected, info().also_accepted, context.success(), std::move(sent));
}

}  // namespace meterproof::conformance
