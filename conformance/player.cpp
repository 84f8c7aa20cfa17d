#include "conformance/player.hpp"

#include <algorithm>

namespace meterproof::conformance {

using spec::Draft;
using spec::Interface;
using spec::StoryStep;
using spec::StoryValue;
using Ending = Performance::Ending;

namespace {

std::string in_both(const spec::Text& text) { return text.zh + " (" + text.en + ")"; }

}  // namespace

Draft Player::draft_of(const StoryStep& step, std::vector<Subject>& actors) {
  const Interface& interface = lab_.session().spec().interfaces[step.interface];
  // Fields that the step sets need no rows of the actor's own.
  spec::Variant usual = interface.variants[step.variant];
  std::erase_if(usual.fields,
                [&](std::size_t field) { return std::any_of(step.with.begin(), step.with.end(), [&](const auto& set) { return set.first == field; }); });
  Draft draft = lab_.draft(interface, usual, actors[step.actor]);
  for (const auto& [field, value] : step.with) {
    const spec::Field& about = interface.request[field];
    switch (value.kind) {
      case StoryValue::Kind::absent: draft.raw[field].reset(); break;
      case StoryValue::Kind::text: draft.raw[field] = raw_value(about, spec::dated(value.text, lab_.session().now())); break;
      case StoryValue::Kind::fresh: draft.raw[field] = raw_value(about, value.before + lab_.fresh_key() + value.after); break;
      case StoryValue::Kind::key: {
        const std::size_t table = about.refers ? *about.refers : *about.names;
        const std::string key = lab_.ensure(actors[value.actor], table, value.own, about.where);
        draft.raw[field] = raw_value(about, value.before + key.substr(0, key.size() - std::min(value.cut, key.size())) + value.after);
        break;
      }
    }
  }
  return draft;
}

namespace {

std::string answer_of(const Sent& sent) { return sent.reply.code ? std::to_string(sent.reply.code->value) : sent.reply.fault; }

bool fail(Performance& out, std::string expected, std::string observed, std::string reason) {
  out.ending = Ending::disagreed;
  out.expected = std::move(expected);
  out.observed = std::move(observed);
  out.reason = std::move(reason);
  return false;
}

}  // namespace

/// A request that the model says is refused, or that raises an open question.
bool Player::judge_refusal(const Lab::Expectation& expected, Performance& out) const {
  const std::string& code_name = lab_.session().spec().envelope.code;
  const auto answered = out.sent->reply.code;
  const auto is = [&](spec::Code code) { return answered == code; };
  if (expected.row != nullptr) {
    const auto& others = expected.rule->others;
    // A key that looks like none is no key at all to some.
    const spec::ResultRow* unreadable = lab_.session().spec().unparsable();
    if (unreadable != nullptr && is(unreadable->code)) return true;
    if (is(expected.row->code) || std::any_of(others.begin(), others.end(), is)) return true;
    return fail(out, code_name + " " + std::to_string(expected.row->code.value), answer_of(*out.sent),
                "the paper answers it with: " + in_both(expected.row->title));
  }
  if (is(lab_.session().spec().success) || expected.question->unchanged) return true;
  out.ending = Ending::open;
  out.reason = "the paper leaves it open, and the target refused: " + in_both(expected.question->ask);
  out.observed = answer_of(*out.sent);
  return false;
}

bool Player::judge_rows(const Draft& draft, const world::Outcome& implied, Performance& out) {
  const Interface& interface = *draft.interface;
  if (!implied.has_rows) return true;
  const spec::Envelope& envelope = lab_.session().spec().envelope;
  const bool only_looks = changed_tables(interface).empty();
  const auto deadline = lab_.session().clock() + (lab_.session().gave_up_on(interface) ? std::chrono::milliseconds(0) : settle_);
  constexpr std::chrono::milliseconds first_pause(100), longest_pause(1000);
  for (std::chrono::milliseconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    const auto rows = out.sent->reply.rows(envelope);
    if (shows_nothing_yet(rows, implied)) {
      out.ending = Ending::hidden;
      out.reason = interface.name + " shows nothing of a row that has no reading yet";
      return false;
    }
    const auto found = differences(interface, rows, implied);
    if (found.empty()) return true;
    if (!only_looks || lab_.session().clock() >= deadline) {
      if (only_looks && settle_.count() > 0) lab_.session().give_up_on(interface);
      std::string observed;
      for (const std::string& one : found) observed += (observed.empty() ? "" : "; ") + one;
      return fail(out, "what the requests before it imply", observed, "the reply is not what the requests before it imply");
    }
    lab_.session().sleep(pause);
    out.sent = lab_.send(draft);
    if (out.sent->silent()) {
      out.ending = Ending::silent;
      out.reason = "no reply: " + out.sent->reply.fault;
      return false;
    }
  }
}

bool Player::play(const StoryStep& step, std::vector<Subject>& actors, Performance& out) {
  const spec::Spec& spec = lab_.session().spec();
  const Draft draft = draft_of(step, actors);
  const Lab::Expectation expected = lab_.expectation(draft);
  const bool plain = expected.row == nullptr && expected.question == nullptr;
  if (improvised_ && (!plain || !expected.suits)) return true;
  ++out.steps;
  out.sent = lab_.send(draft);
  if (out.sent->silent()) {
    out.ending = Ending::silent;
    out.reason = "no reply: " + out.sent->reply.fault;
    return false;
  }
  if (!plain) {
    if (!judge_refusal(expected, out)) return false;
    if (expected.row != nullptr || expected.question->unchanged) return true;
  } else if (!out.sent->answered(spec.success)) {
    if (!expected.suits) {
      out.ending = Ending::open;
      out.reason = "the paper does not mean " + draft.interface->name + " for this row, and the target refused";
      return false;
    }
    if (step.open) {
      out.ending = Ending::open;
      out.observed = answer_of(*out.sent);
      out.reason = "the paper leaves it open, and the target refused";
      return false;
    }
    return fail(out, spec.envelope.code + " " + std::to_string(spec.success.value), answer_of(*out.sent), "a valid request was refused");
  }
  const world::Outcome implied = lab_.follow(draft, actors[step.actor]);
  if (!step.survey.empty() && step.shows) {
    const auto rows = out.sent->reply.rows(spec.envelope);
    const std::string& name = draft.interface->reply[*step.shows].name;
    if (!rows.empty()) lab_.session().observe(step.survey, name + " " + shown(rows.front()->get(name)));
  }
  return judge_rows(draft, implied, out);
}

Performance Player::perform(const spec::Story& story) {
  Performance out;
  std::vector<Subject> actors(std::max<std::size_t>(story.actors.size(), 1));
  for (out.step = 0; out.step < story.steps.size(); ++out.step)
    if (!play(story.steps[out.step], actors, out)) return out;
  return out;
}

}  // namespace meterproof::conformance
