// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/late_replay_case.hpp"

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/own_error.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::CaseRecord;
using reports::Verdict;

namespace {

class LateReplayCase final : public TestCase {
 public:
  using TestCase::TestCase;

  CaseResult run(CaseContext&) const override { return not_tried(msg<"case.end-of-run">()); }
};

void wait_until_old(TargetSession& session, std::chrono::steady_clock::time_point sent_at, std::chrono::milliseconds age) {
  constexpr std::chrono::milliseconds pause(200);
  const auto left = [&] { return std::chrono::ceil<std::chrono::milliseconds>(sent_at + age - session.clock()); };
  if (left() > std::chrono::seconds(1)) session.progress(msg<"progress.waiting-to-repeat">(std::chrono::ceil<std::chrono::seconds>(left()).count()));
  while (left().count() > 0) {
    if (session.cut_off()) throw Inconclusive{msg<"case.cut-off-before">()};
    session.sleep(std::min(left(), pause));
  }
}

/// A run that is over in no time is not held up. Who has waited for longer waits for some seconds more: servers forget timestamps after such times.
std::chrono::milliseconds usual_age(std::chrono::steady_clock::duration run) {
  using std::chrono::seconds;
  if (run >= seconds(10)) return seconds(31);
  return run >= seconds(2) ? seconds(6) : seconds(0);
}

void repeat(TargetSession& session, const CheckOptions& options, const TestCase& one, CaseRecord& record) {
  const auto first = session.replayable(*one.info().interface);
  if (!first) throw Inconclusive{msg<"case.nothing-to-repeat">()};
  wait_until_old(session, first->sent_at, options.replay_age.value_or(usual_age(session.clock() - first->sent_at)));
  if (session.is_stale(first->slot)) throw Inconclusive{msg<"case.too-old-to-repeat">()};
  const unsigned clocks = session.clock_generation();
  Sent sent = session.exchange(first->request, false, one.info().interface);
  std::vector<core::Code> also_accepted = one.info().also_accepted;
  if (session.may_accept_repeats(*one.info().interface)) also_accepted.push_back(session.spec().success);
  CaseResult result = judge_code(one.info().expected, also_accepted, session.spec().success, std::move(sent));
  if (result.verdict == Verdict::failed) session.verify_clock();
  if (session.clock_generation() != clocks || session.is_stale(first->slot)) throw Inconclusive{msg<"case.clock-stepped">()};
  record.verdict = result.verdict;
  record.observed = std::move(result.observed);
  record.reason = std::move(result.reason);
  fill_exchange(record, options, session, *result.sent);
}

}  // namespace

void run_late_replays(TargetSession& session, const CheckOptions& options, const std::vector<const TestCase*>& cases, std::vector<CaseRecord>& records) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (dynamic_cast<const LateReplayCase*>(cases[i]) == nullptr) continue;
    CaseRecord& record = records[i];
    try {
      record.expected = msg<"case.one-of-codes">(session.spec().envelope.code, listed(cases[i]->info().expected));
      const i18n::Message own_error = own_error_of([&] { repeat(session, options, *cases[i], record); });
      if (own_error.empty()) continue;
      record.verdict = Verdict::broken;
      record.reason = own_error;
    } catch (const Inconclusive& missing) {
      record.reason = missing.why;
    }
  }
}

void add_late_replay_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  for (const core::ResultRow& row : plan.spec.common)
    for (const core::SignatureRule& rule : row.signature) {
      if (rule.error != core::SignatureError::timestamp_repeated) continue;
      CaseInfo info =
          refusal_info(interface, row, "same-request-after-the-run", plan.spec.authentication.section, CaseGroup::authentication, Phase::after_the_run);
      info.title = title_of(row.title, {"所有用例之后再次发送开始时的请求", "a request of the beginning again, after all cases"});
      info.also_accepted = rule.also_accepted;
      info.clauses.push_back(clause::general(plan.spec, "timestamp"));
      info.timestamps = 0;
      out.push_back(std::make_unique<LateReplayCase>(std::move(info)));
    }
}

}  // namespace meterproof::conformance
