// SPDX-License-Identifier: Apache-2.0
#include "conformance/case_context.hpp"

#include <set>

#include "conformance/open_question_survey.hpp"

namespace meterproof::conformance {

using core::Step;
using i18n::msg;

CaseContext::CaseContext(FixtureFactory& fixtures, const CheckOptions& options, const core::Interface& interface, std::vector<const TestCase*> cases)
    : fixtures_(fixtures),
      options_(options),
      interface_(interface),
      cases_(std::move(cases)),
      results_(cases_.size()),
      side_effects_(*this),
      baselines_(interface.variants.size()),
      succeeded_(interface.variants.size(), false) {
  for (std::size_t i = 0; i < cases_.size(); ++i) places_[cases_[i]] = i;
}

std::vector<CaseResult> CaseContext::run() {
  send_baselines();
  std::set<Phase> phases;
  for (const TestCase* one : cases_) phases.insert(one->info().phase);
  for (const Phase phase : phases) {
    for (const TestCase* one : cases_)
      if (one->info().phase == phase) result_of(*one) = run_case(*one);
    side_effects_.verify();
    if (phase == Phase::baseline && succeeded_.front()) observe_numbers_as_text(*this);
    if (phase == Phase::negative && succeeded_.front()) observe_refused_timestamp(*this);
  }
  return std::move(results_);
}

CaseResult CaseContext::run_case(const TestCase& one) {
  CaseResult result;
  try {
    result = one.run(*this);
  } catch (const Inconclusive& missing) {
    result = not_tried(missing.why);
  }
  if (result.expected.empty()) result.expected = msg<"case.one-of-codes">(spec().envelope.code, listed(one.info().expected));
  if (result.sent) {  // it is kept for the record alone
    result.sent->reply.json.reset();
    shorten_body(result.sent->exchange.body);
  }
  return result;
}

void CaseContext::send_baselines() {
  std::set<std::size_t> needed;
  for (const TestCase* one : cases_)
    for (const std::size_t variant : one->baselines()) needed.insert(variant);
  if (!options_.filter.empty()) needed.insert(0);  // a verdict needs a valid request that was accepted, whichever cases were chosen
  for (const std::size_t variant : needed) {
    try {
      send_baseline(variant);
    } catch (const Inconclusive& missing) {
      baselines_[variant] = not_tried(missing.why);
    }
  }
}

void CaseContext::send_baseline(std::size_t variant) {
  // A query needs a row to show.
  for (const Step& step : interface_.effects)
    if (variant == 0 && step.kind == Step::Kind::find && !interface_.reply.empty()) fixtures_.get_or_create(baseline_fixture_, step.find.table);
  const core::RequestBuilder request = fixtures_.make_request(interface_, variant, baseline_fixture_);
  Sent sent = fixtures_.send(request);
  succeeded_[variant] = sent.answered(success());
  if (succeeded_[variant]) {
    store::ResultSet prediction = fixtures_.apply_to_model(request, baseline_fixture_);
    if (!first_success_) {
      first_success_ = sent;
      first_prediction_ = std::move(prediction);
    }
  }
  // Without a reply nobody knows what became of these rows.
  if (sent.no_reply()) baseline_fixture_.clear();
  baselines_[variant] = judge_code({success()}, {}, success(), std::move(sent));
}

void CaseContext::need_baseline() const {
  if (!succeeded_.front()) throw Inconclusive{msg<"case.no-baseline">()};
}

}  // namespace meterproof::conformance
