// SPDX-License-Identifier: Apache-2.0
#include "conformance/case_context.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "conformance/open_question_survey.hpp"
#include "conformance/own_error.hpp"
#include "conformance/row_look.hpp"
#include "conformance/spec_queries.hpp"

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
  begin();
  run_some(cases_);
  return end();
}

void CaseContext::begin() {
  const std::uint64_t before = TargetSession::requests_of_this_thread();
  send_baselines();
  requests_ += TargetSession::requests_of_this_thread() - before;
}

void CaseContext::run_some(const std::vector<const TestCase*>& cases) {
  const std::uint64_t before = TargetSession::requests_of_this_thread();
  std::set<Phase> phases;
  for (const TestCase* one : cases) phases.insert(one->info().phase);
  const auto run_those = [&](Phase phase, const std::function<bool(const CaseInfo&)>& fits) {
    for (const TestCase* one : cases)
      if (one->info().phase == phase && fits(one->info())) result_of(*one) = session().is_over_budget() ? not_run(*one) : run_case(*one);
  };
  // What some servers carry out comes first: after it nobody can tell what a refused request did to the same rows.
  const auto may_be_taken = [&](const CaseInfo& one) { return has(one.also_accepted, success()); };
  for (const Phase phase : phases) {
    if (phase == Phase::negative) run_those(phase, may_be_taken);
    run_those(phase, [&](const CaseInfo& one) { return phase != Phase::negative || !may_be_taken(one); });
    side_effects_.verify(phase == Phase::open_question ? SideEffects::Afterwards::unseen_names : SideEffects::Afterwards::valid_request);
    if (session().is_over_budget()) continue;
    if (phase == Phase::baseline && succeeded_.front()) observe_numbers_as_text(*this);
    if (phase == Phase::negative && succeeded_.front()) observe_refused_timestamp(*this);
  }
  requests_ += TargetSession::requests_of_this_thread() - before;
}

CaseResult CaseContext::not_run(const TestCase& one) const {
  CaseResult out = not_tried(msg<"case.not-run">());
  out.expected = msg<"case.one-of-codes">(spec().envelope.code, listed(one.info().expected));
  return out;
}

std::uint64_t CaseContext::shared_requests() const {
  std::uint64_t own = 0;
  for (const CaseResult& one : results_) own += one.requests;
  return requests_ - std::min(requests_, own);
}

std::vector<CaseResult> CaseContext::end() {
  const bool all_good = std::all_of(results_.begin(), results_.end(), [](const CaseResult& one) {
    return one.verdict == reports::Verdict::passed || one.verdict == reports::Verdict::warned || one.verdict == reports::Verdict::inconclusive;
  });
  if (all_good) fixtures_.give_back(baseline_fixture_);
  return std::move(results_);
}

namespace {

/// Whether the case failed by what the target thinks of the time: with another clock on either side it might not.
bool rests_on_time(const CaseResult& result, const TestCase& one, const TargetSession& session) {
  if (result.verdict != reports::Verdict::failed || !result.sent) return false;
  const core::ResultRow* refusal = session.spec().answering(core::SignatureError::timestamp_repeated);
  const bool wanted = refusal != nullptr && has(one.info().expected, refusal->code);
  return session.refused_for_time(*result.sent) || (wanted && result.sent->answered(session.spec().success));
}

}  // namespace

CaseResult CaseContext::run_case(const TestCase& one) {
  const std::uint64_t before = TargetSession::requests_of_this_thread();
  CaseResult result = judge_case(one);
  result.requests += TargetSession::requests_of_this_thread() - before;  // a valid request that others share was counted before
  return result;
}

CaseResult CaseContext::judge_case(const TestCase& one) {
  for (int tries = 1;; ++tries) {
    const unsigned clocks = session().clock_generation();
    CaseResult result = try_case(one);
    i18n::Message why = msg<"case.clock-stepped">();
    bool looked = true;
    try {
      if (rests_on_time(result, one, session())) session().verify_clock();
      if (result.verdict == reports::Verdict::failed && result.sent && session().was_revoked(*result.sent)) {
        looked = false;
        why = msg<"case.app-revoked">();
      } else if (i18n::Message doubt = doubt_of(result); !doubt.empty()) {
        looked = false;
        why = std::move(doubt);
      }
    } catch (const Inconclusive& missing) {  // cut off before that was known
      looked = false;
      why = missing.why;
    }
    if (looked && session().clock_generation() == clocks) return result;
    if (looked && tries == 1) continue;
    CaseResult undecided = not_tried(std::move(why));
    undecided.expected = std::move(result.expected);
    return undecided;
  }
}

/// Why a failure may come of another request: one about the same rows had no reply, so that nobody knows what became of it.
i18n::Message CaseContext::doubt_of(const CaseResult& result) const {
  if (result.verdict != reports::Verdict::failed || !result.sent || !result.sent->reply.code) return {};
  return fixtures_.doubt_about(result.sent->request.path, result.sent->request.body);
}

CaseResult CaseContext::try_case(const TestCase& one) {
  CaseResult result;
  try {
    for (const core::Interface* needed : one.needs())
      if (!fixtures_.scope().has(*needed)) throw Inconclusive{msg<"case.needs-unsupported">(needed->name)};
    std::optional<ExchangeLog::Recording> recording;
    if (one.rests_on_several()) recording.emplace(session().exchange_log());
    const i18n::Message own_error = own_error_of([&] { result = one.run(*this); });
    if (recording && result.steps.empty()) result.steps = recording->steps();
    if (!own_error.empty()) {
      result = not_tried(own_error);
      result.verdict = reports::Verdict::broken;
    }
  } catch (const Inconclusive& missing) {
    result = not_tried(missing.why);
  }
  if (result.expected.empty()) result.expected = msg<"case.one-of-codes">(spec().envelope.code, listed(one.info().expected));
  if (result.sent) keep_for_record(*result.sent, session().redactor());
  return result;
}

void CaseContext::send_baselines() {
  std::set<std::size_t> needed;
  for (const TestCase* one : cases_)
    for (const std::size_t variant : one->baselines()) needed.insert(variant);
  if (!options_.selection.is_all()) needed.insert(0);  // a verdict needs a valid request that was accepted, whichever cases were chosen
  for (const std::size_t variant : needed) {
    const std::uint64_t before = TargetSession::requests_of_this_thread();
    try {
      send_baseline(variant);
    } catch (const Inconclusive& missing) {
      baselines_[variant] = not_tried(missing.why);
    }
    baselines_[variant].requests = TargetSession::requests_of_this_thread() - before;
  }
}

namespace {

/// A row that was made just now may be listed a while later: the query's reply that shows it, or the last one. `even_refused`: the row may be unknown until
/// then.
Sent wait_for_row(FixtureFactory& fixtures, std::chrono::milliseconds timeout, const core::RequestBuilder& request, Sent sent, bool even_refused) {
  const core::Spec& spec = fixtures.session().spec();
  const store::ResultSet implied = fixtures.predict(request);
  const bool is_due = implied.rows() > implied.uncertain && !sent.no_reply() && fixtures.predict_refusal(request).suits;
  const bool is_shown = sent.answered(spec.success) ? !sent.reply.rows(spec.envelope).empty() : !even_refused || fixtures.is_disputed(request, sent);
  if (!is_due || is_shown) return sent;
  return RowLooker(fixtures, timeout, *request.interface).look(request, std::move(sent), implied, true).sent;
}

}  // namespace

void CaseContext::send_baseline(std::size_t variant) {
  const FixtureFactory::Observing observing(fixtures_);
  const FixtureFactory::MakingRows counted(fixtures_, FixtureFactory::Purpose::control);
  // A query needs a row to show. Where none can be had, a request that does not name it is valid all the same.
  for (const Step& step : interface_.effects) {
    if (variant != 0 || step.kind != Step::Kind::find || interface_.reply.empty()) continue;
    try {
      fixtures_.get_or_create(baseline_fixture_, step.find.table);
    } catch (const Inconclusive&) {
      continue;
    }
  }
  core::RequestBuilder request = fixtures_.make_request(interface_, variant, baseline_fixture_);
  Sent sent = fixtures_.send_in_time(request);
  // Much depends on it. Where the reply is lost another one is sent, about other rows unless it is known what became of these.
  if (sent.is_lost() && (sent.carried_out || !has_named_row())) {
    if (sent.carried_out) fixtures_.take_names(request, baseline_fixture_);
    else baseline_fixture_.clear();
    request = fixtures_.make_request(interface_, variant, baseline_fixture_);
    sent = fixtures_.send(request);
  }
  if (only_shows(interface_)) sent = wait_for_row(fixtures_, options_.effect_timeout, request, std::move(sent), variant == 0);
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
  const bool disputed = fixtures_.is_disputed(request, sent);
  baselines_[variant] = judge_code({success()}, {}, success(), std::move(sent));
  if (disputed) {
    baselines_[variant].verdict = reports::Verdict::inconclusive;
    baselines_[variant].reason = msg<"case.open-question-refused">(fixtures_.predict_refusal(request).disputed->ask);
  }
  keep_for_record(*baselines_[variant].sent, session().redactor());
}

/// Whether a row of the valid requests is the vendor's.
bool CaseContext::has_named_row() const {
  return std::any_of(baseline_fixture_.begin(), baseline_fixture_.end(), [&](const auto& row) { return fixtures_.is_named(row.first, row.second); });
}

void CaseContext::need_baseline() const {
  if (!succeeded_.front()) throw Inconclusive{msg<"case.no-baseline">(baseline_id(spec(), interface_, 0))};
}

}  // namespace meterproof::conformance
