// SPDX-License-Identifier: Apache-2.0
#include "conformance/open_question_survey.hpp"

#include <algorithm>

#include "conformance/case_context.hpp"

namespace meterproof::conformance {

using core::RequestBuilder;
using i18n::msg;
using reports::Verdict;

void observe_numbers_as_text(CaseContext& context) {
  const core::Interface& interface = context.interface();
  FixtureSet& fixture = context.baseline_fixture();
  try {
    RequestBuilder request = context.fixtures().make_request(interface, 0, fixture);
    bool any = false;
    for (std::size_t i = 0; i < request.raw.size(); ++i) {
      if (!request.raw[i] || interface.request[i].type == core::Type::text) continue;
      request.raw[i] = "\"" + *request.raw[i] + "\"";
      any = true;
    }
    if (!any) return;
    const Sent sent = context.fixtures().send_and_track(request, fixture);
    if (sent.no_reply()) fixture.clear();
    else context.session().observe("numeric-text", sent.answered(context.success()) ? "accept" : "refuse");
  } catch (const Inconclusive&) {
    return;  // then it is not observed
  }
}

void observe_refused_timestamp(CaseContext& context) {
  TargetSession& session = context.session();
  const auto slot = context.fixtures().wrong_signature_slot();
  if (!slot || session.observations().count("refused-timestamp") > 0) return;
  try {
    FixtureSet fixture;
    const RequestBuilder request = context.fixtures().make_request(context.interface(), 0, fixture);
    const Sent sent = session.exchange(session.signed_request(context.interface(), *slot, request.body()));
    if (session.refused_for_time(sent)) session.observe("refused-timestamp", "used");
    if (sent.answered(context.success())) {
      session.observe("refused-timestamp", "kept");
      (void)context.fixtures().apply_to_model(request, fixture);
    }
    context.fixtures().forget_wrong_signature_slot();
  } catch (const Inconclusive&) {
    return;  // then it is not observed
  }
}

std::vector<reports::QuestionRecord> survey(const core::Spec& spec, const CheckOptions& options, const TargetSession& session,
                                            const std::vector<const TestCase*>& cases, std::vector<reports::CaseRecord>& records) {
  std::vector<reports::QuestionRecord> out;
  const auto seen = session.observations();
  const auto add = [&](const std::string& id, const core::OpenQuestion& question) {
    reports::QuestionRecord& one = out.emplace_back(reports::QuestionRecord{id, question.ask.zh, question.ask.en, question.interpretations, {}, false});
    for (const core::Code code : question.accepted_codes) one.accepted.push_back(std::to_string(code.value));
    if (const auto found = seen.find(id); found != seen.end()) one.observed.assign(found->second.begin(), found->second.end());
    return out.size() - 1;
  };
  for (const core::OpenQuestion& question : spec.open_questions) add(question.id, question);
  for (const core::Interface& interface : spec.interfaces) {
    if (!options.scope.has(interface)) continue;
    for (const core::OpenQuestion& question : interface.open_questions) {
      auto& observed = out[add(interface.name + "/" + question.id, question)].observed;
      for (std::size_t i = 0; i < cases.size(); ++i) {
        if (cases[i]->question() != &question) continue;
        reports::CaseRecord& record = records[i];
        const bool answered = record.verdict == Verdict::passed || record.verdict == Verdict::warned;
        const std::string answer = render(record.observed, i18n::Language::en);
        if (!answered || std::find(observed.begin(), observed.end(), answer) != observed.end()) continue;
        if (!observed.empty() && record.verdict == Verdict::passed) {
          record.verdict = Verdict::warned;
          record.reason = msg<"case.question-answered-otherwise">(observed.front());
        }
        observed.push_back(answer);
      }
    }
  }
  for (auto& question : out) question.inconsistent = question.id != refusal_status_question && !question.accepted.empty() && question.observed.size() > 1;
  return out;
}

}  // namespace meterproof::conformance
