// SPDX-License-Identifier: Apache-2.0
#include "conformance/sequence_runner.hpp"

#include <algorithm>

#include "conformance/case.hpp"
#include "conformance/expected_rows.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::SequenceStep;
using core::StepValue;
using i18n::Message;
using i18n::msg;
using Ending = SequenceResult::Ending;

RequestBuilder SequenceRunner::request_of(const SequenceStep& step, std::vector<FixtureSet>& actors) {
  const Interface& interface = fixtures_.session().spec().interfaces[step.interface];
  fixtures_.need_budget(interface, interface.variants[step.variant]);
  // Fields that the step sets need no rows of the actor.
  core::Variant usual = interface.variants[step.variant];
  std::erase_if(usual.fields,
                [&](std::size_t field) { return std::any_of(step.with.begin(), step.with.end(), [&](const auto& set) { return set.first == field; }); });
  RequestBuilder request = fixtures_.make_request(interface, usual, actors[step.actor]);
  for (const auto& [field, value] : step.with) {
    const core::Field& about = interface.request[field];
    switch (value.kind) {
      case StepValue::Kind::absent: request.raw[field].reset(); break;
      case StepValue::Kind::text: request.raw[field] = raw_value(about, core::expand_relative_date(value.text, fixtures_.session().now())); break;
      case StepValue::Kind::unused: request.raw[field] = raw_value(about, value.before + fixtures_.unused_key() + value.after); break;
      case StepValue::Kind::key: {
        const std::size_t table = about.refers ? *about.refers : *about.names;
        const std::string key = fixtures_.get_or_create(actors[value.actor], table, value.own, about.where);
        request.raw[field] = raw_value(about, value.before + key.substr(0, key.size() - std::min(value.cut, key.size())) + value.after);
        break;
      }
    }
  }
  return request;
}

namespace {

bool fail(SequenceResult& out, Message expected, Message observed, Message reason) {
  out.ending = Ending::disagreed;
  out.expected = std::move(expected);
  out.observed = std::move(observed);
  out.reason = std::move(reason);
  return false;
}

}  // namespace

/// A request that the model says is refused, or that raises an open question.
bool SequenceRunner::judge_refusal(const FixtureFactory::Prediction& expected, SequenceResult& out) const {
  const std::string& code_name = fixtures_.session().spec().envelope.code;
  const auto answered = out.sent->reply.code;
  const auto is = [&](core::Code code) { return answered == code; };
  if (expected.row != nullptr) {
    const auto& also_accepted = expected.rule->also_accepted;
    // Some servers take a key of another form for unreadable data.
    const core::ResultRow* unreadable = fixtures_.session().spec().unparsable();
    if (unreadable != nullptr && is(unreadable->code)) return true;
    if (is(expected.row->code) || std::any_of(also_accepted.begin(), also_accepted.end(), is)) return true;
    return fail(out, msg<"case.one-of-codes">(code_name, expected.row->code.value), code_of(*out.sent), msg<"case.specified-answer">(expected.row->title));
  }
  if (is(fixtures_.session().spec().success) || expected.question->must_not_change) return true;
  out.ending = Ending::open;
  out.reason = msg<"case.open-question-refused">(expected.question->ask);
  out.observed = code_of(*out.sent);
  return false;
}

bool SequenceRunner::judge_rows(const RequestBuilder& request, const store::ResultSet& implied, SequenceResult& out) {
  const Interface& interface = *request.interface;
  if (!implied.has_rows) return true;
  const core::Envelope& envelope = fixtures_.session().spec().envelope;
  const bool only_looks = changed_tables(interface).empty();
  const auto deadline = fixtures_.session().clock() + (fixtures_.session().gave_up_on(interface) ? std::chrono::milliseconds(0) : effect_timeout_);
  constexpr std::chrono::milliseconds first_pause(100), longest_pause(1000);
  for (std::chrono::milliseconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    const auto rows = out.sent->reply.rows(envelope);
    if (shows_nothing_yet(rows, implied)) {
      out.ending = Ending::hidden;
      out.reason = msg<"case.shows-nothing-yet">(interface.name);
      return false;
    }
    const auto found = differences(interface, rows, implied);
    if (found.empty()) return true;
    if (!only_looks || fixtures_.session().clock() >= deadline) {
      if (only_looks && effect_timeout_.count() > 0) fixtures_.session().give_up_on(interface);
      return fail(out, msg<"case.what-requests-imply">(), i18n::list(found), msg<"case.reply-not-implied">());
    }
    fixtures_.session().sleep(pause);
    out.sent = fixtures_.send(request);
    fixtures_.session().exchange_log().expect(out.sent->request, expected_rows(interface, implied));
    if (out.sent->no_reply()) {
      out.ending = Ending::no_reply;
      out.reason = msg<"case.no-reply">(out.sent->reply.problem);
      return false;
    }
  }
}

bool SequenceRunner::run_step(const SequenceStep& step, std::vector<FixtureSet>& actors, SequenceResult& out) {
  const core::Spec& spec = fixtures_.session().spec();
  const RequestBuilder request = request_of(step, actors);
  const FixtureFactory::Prediction expected = fixtures_.predict_refusal(request);
  const bool plain = expected.row == nullptr && expected.question == nullptr;
  if (random_ && (!plain || !expected.suits)) return true;
  out.sent = fixtures_.send(request);
  ++out.steps;
  if (out.sent->no_reply()) {
    out.ending = Ending::no_reply;
    out.reason = msg<"case.no-reply">(out.sent->reply.problem);
    return false;
  }
  if (!plain) {
    if (!judge_refusal(expected, out)) return false;
    if (expected.row != nullptr || expected.question->must_not_change) return true;
  } else if (!out.sent->answered(spec.success)) {
    if (!expected.suits) {
      out.ending = Ending::open;
      out.reason = msg<"case.not-meant-for-row">(request.interface->name);
      return false;
    }
    if (about_ && step.interface != *about_ && !fixtures_.session().has_accepted(*request.interface)) {  // its own cases tell
      out.ending = Ending::open;
      out.observed = code_of(*out.sent);
      out.reason = msg<"case.never-accepted">(request.interface->name);
      return false;
    }
    if (step.open) {
      out.ending = Ending::open;
      out.observed = code_of(*out.sent);
      out.reason = msg<"case.step-open-and-refused">();
      return false;
    }
    return fail(out, msg<"case.one-of-codes">(spec.envelope.code, spec.success.value), code_of(*out.sent), msg<"case.valid-request-refused">());
  }
  const store::ResultSet implied = fixtures_.apply_to_model(request, actors[step.actor]);
  fixtures_.session().exchange_log().expect(out.sent->request, expected_rows(*request.interface, implied));
  if (!step.survey.empty() && step.shows) {
    const auto rows = out.sent->reply.rows(spec.envelope);
    const std::string& name = request.interface->reply[*step.shows].name;
    if (!rows.empty()) fixtures_.session().observe(step.survey, name + " " + render(shown(rows.front()->get(name)), i18n::Language::en));
  }
  return judge_rows(request, implied, out);
}

SequenceResult SequenceRunner::run(const core::Sequence& sequence) {
  SequenceResult out;
  if (!random_) about_ = sequence.interface;
  const FixtureFactory::Observing observing(fixtures_);
  std::vector<FixtureSet> actors(std::max<std::size_t>(sequence.actors.size(), 1));
  try {
    for (out.step = 0; out.step < sequence.steps.size(); ++out.step)
      if (!run_step(sequence.steps[out.step], actors, out)) return out;
    for (const FixtureSet& actor : actors) fixtures_.give_back(actor);
  } catch (const Inconclusive& missing) {
    if (!random_) throw;
    out.ending = Ending::open;
    out.reason = missing.why;
  }
  return out;
}

}  // namespace meterproof::conformance
