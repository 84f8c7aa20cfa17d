// SPDX-License-Identifier: Apache-2.0
// What a successful request did, seen through a query. The request is sent at least twice: what works once may fail the second time.
#include <algorithm>
#include <map>

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/exchange_record.hpp"
#include "core/rules/valid_request.hpp"
#include "core/text/slug.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

namespace {

/// What the effect cases of an interface share: the requests, and what each query showed of them.
struct EffectObservations {
  bool done = false;
  std::map<const Interface*, QueryDiff> by_query;
  std::vector<Exchanged> steps;
  Message failure;  // why the effect could not be observed
  std::optional<Sent> failed;
};

class EffectCase final : public TestCase {
 public:
  EffectCase(CaseInfo info, const Interface& query) : TestCase(std::move(info)), query_(query) {}

  std::vector<std::size_t> baselines() const override { return {0}; }
  std::vector<const Interface*> needs() const override { return {&query_}; }
  CaseResult run(CaseContext& context) const override;
  const Interface& query() const { return query_; }

 private:
  const Interface& query_;
};

/// The valid request of a round (and each query in another of its forms): each variant in turn, and after the first with other values of its vocabularies.
RequestBuilder request_of_round(CaseContext& context, std::size_t round, FixtureSet& fixture) {
  const Interface& interface = context.interface();
  RequestBuilder request = context.fixtures().make_request(interface, round < interface.variants.size() ? round : 0, fixture);
  for (std::size_t i = 0; round > 0 && i < request.raw.size(); ++i) {
    const core::Field& field = interface.request[i];
    if (request.raw[i] && field.format == core::Format::decimal) request.raw[i] = raw_value(field, "12.5");  // a fraction, that it is not lost
    if (field.values.empty() || !request.raw[i] || is_set_by_variant(interface, i)) continue;
    const std::string usual = rules::make_valid_value(field, 0, {});
    const auto first = std::find_if(field.values.begin(), field.values.end(), [&](const core::Choice& choice) { return choice.value == usual; });
    const std::size_t place = static_cast<std::size_t>(first - field.values.begin()) + round;
    request.raw[i] = raw_value(field, field.values[place % field.values.size()].value);
  }
  return request;
}

void observe(CaseContext& context, EffectObservations& out) {
  const FixtureFactory::Observing observing(context.fixtures());
  FixtureSet fixture;
  auto cases = context.cases_of<EffectCase>();
  std::erase_if(cases, [&](const EffectCase* one) { return !context.fixtures().scope().has(one->query()); });
  const std::size_t rounds = std::max<std::size_t>(2, context.interface().variants.size());
  for (std::size_t round = 0; round < rounds && out.failure.empty(); ++round) {
    const RequestBuilder request = request_of_round(context, round, fixture);
    Sent sent = context.fixtures().send_and_track(request, fixture);
    if (round > 0 && context.fixtures().is_disputed(request, sent)) continue;
    if (!sent.answered(context.success())) {
      out.failure = msg<"case.effect-request-refused">(code_of(sent));
      out.failed = std::move(sent);
      return;
    }
    for (const EffectCase* one : cases) {
      QueryDiff& seen = out.by_query[&one->query()];
      // A query that changes its row is asked once: it would cover up what the next round does.
      if (!seen.differences.empty() || (round > 0 && !changed_tables(one->query()).empty())) continue;
      const std::size_t forms = one->query().variants.size();
      QueryDiff now = context.side_effects().query_and_diff(one->query(), fixture, (forms - round % forms) % forms, round == 0);
      for (Message& difference : now.differences)
        seen.differences.push_back(round == 0 ? std::move(difference)
                                              : msg<"case.after-call-number">(std::move(difference), context.interface().name, round + 1));
      keep_for_record(now.witness, context.session().redactor());
      if (now.hidden) seen.hidden = true;
      if (seen.why_hidden.empty()) seen.why_hidden = std::move(now.why_hidden);
      if (seen.witness.request.path.empty() || !now.differences.empty()) seen.witness = std::move(now.witness);
    }
  }
  const bool as_expected = std::all_of(out.by_query.begin(), out.by_query.end(), [](const auto& one) { return one.second.differences.empty(); });
  if (as_expected) context.fixtures().give_back(fixture);
}

CaseResult EffectCase::run(CaseContext& context) const {
  auto& all = context.shared<EffectObservations>();
  if (!all.done) {
    all.done = true;
    const ExchangeLog::Recording recording(context.session().exchange_log());
    try {
      observe(context, all);
    } catch (const Inconclusive& missing) {
      all.failure = missing.why;
    }
    all.steps = recording.steps();
  }
  const QueryDiff& seen = all.by_query[&query_];
  CaseResult result;
  result.expected = msg<"case.effect-seen-through">(context.interface().name, query_.name);
  result.steps = all.steps;
  if (!seen.differences.empty()) {
    result.verdict = Verdict::failed;
    result.observed = i18n::list(seen.differences);
    result.reason = msg<"case.effect-not-shown">(query_.name);
    result.sent = seen.witness;
  } else if (!all.failure.empty() || seen.hidden) {
    result.observed = msg<"case.not-seen">();
    result.reason = !all.failure.empty() ? all.failure : !seen.why_hidden.empty() ? seen.why_hidden : msg<"case.shows-nothing-yet">(query_.name);
    result.sent = all.failure.empty() ? std::optional(seen.witness) : all.failed;
  } else {
    result.verdict = Verdict::passed;
    result.observed = msg<"case.as-expected">();
    result.sent = seen.witness;
  }
  return result;
}

}  // namespace

void add_effect_cases(const PlanContext& plan, const Interface& interface, CaseList& out) {
  const auto changed = changed_tables(interface);
  for (const Interface& query : plan.spec.interfaces) {
    if (!plan.scope.has(query) || query.reply.empty() || interface.effect_is_unspecified(query)) continue;
    if (!share_a_table(changed, shown_tables(plan.spec, query))) continue;
    CaseInfo info = case_info(interface, "effect/" + core::slug_of(query.name), interface.section, CaseGroup::business, Phase::effect);
    info.requirement = interface.purpose.zh.empty() ? interface.title : interface.purpose;
    info.title = title_of(info.requirement, {"由 " + query.name + " 可见", "seen through " + query.name});
    info.clauses = {clause::effect(interface)};
    out.push_back(std::make_unique<EffectCase>(std::move(info), query));
  }
}

}  // namespace meterproof::conformance
