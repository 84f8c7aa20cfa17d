// SPDX-License-Identifier: Apache-2.0
#include "conformance/sequence_runner.hpp"

#include <algorithm>

#include "conformance/case.hpp"
#include "conformance/expected_rows.hpp"
#include "conformance/row_look.hpp"
#include "conformance/spec_queries.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::SequenceStep;
using core::StepValue;
using i18n::Message;
using i18n::msg;
using Ending = SequenceResult::Ending;

RequestBuilder SequenceRunner::request_of(const SequenceStep& step, std::size_t round, std::vector<FixtureSet>& actors) {
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
      case StepValue::Kind::numbered: {
        const std::string text = core::format_number_pattern(value.text, round + 1);
        request.raw[field] = raw_value(about, core::expand_relative_date(text, fixtures_.session().now()));
        break;
      }
      case StepValue::Kind::unused: request.raw[field] = raw_value(about, value.before + fixtures_.unused_key() + value.after); break;
      case StepValue::Kind::key: {
        const std::size_t own = about.refers ? *about.refers : *about.names;
        const std::string key = value.table ? fixtures_.get_or_create(actors[value.actor], *value.table)
                                            : fixtures_.get_or_create(actors[value.actor], own, value.own, about.where);
        request.raw[field] = raw_value(about, value.before + key.substr(0, key.size() - std::min(value.cut, key.size())) + value.after);
        break;
      }
    }
  }
  fixtures_.keep_in_time(request);
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

/// Whether the step says what a counter shows, rather than leaving it to go on from where it is.
bool sets_counter(const SequenceStep& step, const Interface& interface) {
  return std::any_of(step.with.begin(), step.with.end(), [&](const auto& one) {
    return one.first < interface.generators.size() && interface.generators[one.first].kind == core::FieldGenerator::Kind::counter;
  });
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
    if (expected.disputed != nullptr && !is(fixtures_.session().spec().success) && has(expected.disputed->accepted_codes, answered)) return true;
    return fail(out, msg<"case.one-of-codes">(code_name, expected.row->code.value), code_of(*out.sent), msg<"case.specified-answer">(expected.row->title));
  }
  if (is(fixtures_.session().spec().success) || expected.question->must_not_change) return true;
  out.ending = Ending::open;
  out.reason = msg<"case.open-question-refused">(expected.question->ask);
  out.observed = code_of(*out.sent);
  return false;
}

void SequenceRunner::note_hidden(const Interface& interface, Message why) {
  if (hidden_.empty()) hidden_ = why.empty() ? msg<"case.shows-nothing-yet">(interface.name) : std::move(why);
}

bool SequenceRunner::judge_rows(const SequenceStep& step, const RequestBuilder& request, const store::ResultSet& implied, SequenceResult& out) {
  const Interface& interface = *request.interface;
  if (!implied.has_rows) return true;
  RowLooker looker(fixtures_, effect_timeout_, interface);
  if (hidden_.empty()) looker.expect_at_least(step.at_least);  // what a step before has not shown yet need not have come to anything by now
  RowLook look = looker.look(request, std::move(*out.sent), implied, changed_tables(interface).empty());
  out.sent = std::move(look.sent);
  if (out.sent->no_reply()) {
    out.ending = Ending::no_reply;
    out.reason = msg<"case.no-reply">(out.sent->reply.problem);
    return false;
  }
  if (look.hidden || look.disputed) note_hidden(interface, std::move(look.why_hidden));
  std::erase_if(look.found,
                [&](const FieldDifference& one) { return one.field && std::find(step.ignored.begin(), step.ignored.end(), *one.field) != step.ignored.end(); });
  if (look.found.empty()) return true;
  return fail(out, msg<"case.what-requests-imply">(), i18n::list(texts_of(look.found)), msg<"case.reply-not-implied">());
}

/// Rows by the text of their key: each that was shown before is shown again as it was, in values that the model does not know, too.
bool SequenceRunner::judge_kept_rows(const SequenceStep& step, SequenceResult& out) {
  const core::Spec& spec = fixtures_.session().spec();
  const Interface& interface = spec.interfaces[step.interface];
  const auto key = key_field(spec, interface);
  if (!step.same.empty() && key) {
    const auto kept = kept_.find(step.same);
    const OwnChanges own(spec, interface);
    const std::string& name = interface.reply[*key].name;
    for (const json::Json* before : kept == kept_.end() ? std::vector<const json::Json*>() : kept->second.reply.rows(spec.envelope)) {
      const json::Json* value = before->get(name);
      const json::Json* now = value == nullptr ? nullptr : row_with(*out.sent, spec.envelope, name, value->text);
      if (now == nullptr) continue;  // whether it must be there, the model says
      std::vector<FieldDifference> found = own.changes(*before, *now);
      std::erase_if(found, [&](const FieldDifference& one) {
        return one.field && std::find(step.ignored.begin(), step.ignored.end(), *one.field) != step.ignored.end();
      });
      if (!found.empty()) return fail(out, msg<"case.rows-as-before">(step.same), i18n::list(texts_of(found)), msg<"case.rows-changed">());
    }
  }
  if (!step.keep.empty()) kept_[step.keep] = *out.sent;
  return true;
}

/// The key of a row that the vendor has named, and that the request may change; "" where there is none.
std::string SequenceRunner::named_key(const RequestBuilder& request) const {
  const auto changed = changed_tables(*request.interface);
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const auto table = request.interface->request[i].refers;
    const auto key = table && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
    if (key && std::find(changed.begin(), changed.end(), *table) != changed.end() && fixtures_.is_named(*table, key->text)) return key->text;
  }
  return {};
}

/// What the reply answers to an open question.
void SequenceRunner::observe(const SequenceStep& step, const SequenceResult& out) {
  if (step.survey.empty()) return;
  const core::Spec& spec = fixtures_.session().spec();
  const auto tell = [&](const std::string& what) { fixtures_.session().observe(step.survey, what); };
  if (!out.sent->answered(spec.success)) return tell(render(code_of(*out.sent), i18n::Language::en));
  const auto rows = out.sent->reply.rows(spec.envelope);
  if (!step.shows) return tell(std::to_string(spec.success.value));
  const std::string& name = spec.interfaces[step.interface].reply[*step.shows].name;
  if (!rows.empty()) tell(name + " " + render(shown(rows.front()->get(name)), i18n::Language::en));
}

bool SequenceRunner::run_step(const SequenceStep& step, std::size_t round, std::vector<FixtureSet>& actors, SequenceResult& out) {
  const core::Spec& spec = fixtures_.session().spec();
  const RequestBuilder request = request_of(step, round, actors);
  const FixtureFactory::Prediction expected = fixtures_.predict_refusal(request);
  const bool plain = expected.row == nullptr && expected.question == nullptr;
  if (random_ && (!plain || !expected.suits)) return true;
  if (step.unstated) {
    if (const std::string key = named_key(request); !key.empty()) {  // what becomes of the vendor's row would not be known any more
      out.ending = Ending::open;
      out.reason = msg<"case.would-spoil-named-row">(request.interface->name, key);
      return false;
    }
  }
  out.sent = fixtures_.send(request);
  ++out.steps;
  if (out.sent->no_reply()) {
    out.ending = Ending::no_reply;
    out.reason = msg<"case.no-reply">(out.sent->reply.problem);
    return false;
  }
  if (step.unstated) {  // whatever it answers and does
    observe(step, out);
    if (out.sent->answered(spec.success)) fixtures_.take_names(request, actors[step.actor]);
    fixtures_.forget(request);
    return true;
  }
  if (!plain) {
    if (!judge_refusal(expected, out)) return false;
    if (expected.row != nullptr || expected.question->must_not_change) return true;
  } else if (!out.sent->answered(spec.success)) {
    if (expected.disputed != nullptr && has(expected.disputed->accepted_codes, out.sent->reply.code)) {
      if (random_) return true;  // nothing was done
      out.ending = Ending::open;
      out.observed = code_of(*out.sent);
      out.reason = msg<"case.open-question-refused">(expected.disputed->ask);
      return false;
    }
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
    if (step.open || (!named_key(request).empty() && sets_counter(step, *request.interface))) {  // of a row that had other readings before
      out.ending = Ending::open;
      out.observed = code_of(*out.sent);
      out.reason = msg<"case.step-open-and-refused">();
      return false;
    }
    return fail(out, msg<"case.one-of-codes">(spec.envelope.code, spec.success.value), code_of(*out.sent), msg<"case.valid-request-refused">());
  }
  const store::ResultSet implied = fixtures_.apply_to_model(request, actors[step.actor]);
  fixtures_.session().exchange_log().expect(out.sent->request, expected_rows(*request.interface, implied));
  if (step.shows) observe(step, out);
  return judge_rows(step, request, implied, out) && judge_kept_rows(step, out);
}

SequenceResult SequenceRunner::run(const core::Sequence& sequence) {
  SequenceResult out;
  if (!random_) about_ = sequence.interface;
  kept_.clear();
  hidden_ = {};
  const FixtureFactory::Observing observing(fixtures_);
  std::vector<FixtureSet> actors(std::max<std::size_t>(sequence.actors.size(), 1));
  try {
    for (out.step = 0; out.step < sequence.steps.size(); ++out.step)
      for (std::size_t round = 0; round < sequence.steps[out.step].times; ++round)
        if (!run_step(sequence.steps[out.step], round, actors, out)) return out;
    for (const FixtureSet& actor : actors) fixtures_.give_back(actor);
    if (!hidden_.empty()) {
      out.ending = Ending::hidden;
      out.reason = hidden_;
    }
  } catch (const Inconclusive& missing) {
    if (!random_) throw;
    out.ending = Ending::open;
    out.reason = missing.why;
  }
  return out;
}

}  // namespace meterproof::conformance
