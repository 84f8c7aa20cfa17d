// InterfaceRun's third part: one fault at a time, and whether it changed anything.
#include <algorithm>

#include "conformance/forgeries.hpp"
#include "conformance/interface_run.hpp"
#include "spec/rules/word.hpp"

namespace meterproof::conformance {

using reports::Verdict;
using spec::Code;
using spec::Draft;
using spec::Interface;

Sent InterfaceRun::send_counterexample(const Case& one, Subject& subject, const Subject& ghost) {
  Draft draft = lab_.draft(interface_, one.variant, subject, &ghost);
  LabScene scene(lab_, subject);
  for (const auto& made : rules::words()[one.rule->word]->makes(*one.rule, draft, scene)) {
    if (made.label != one.label) continue;
    if (made.edits.empty()) throw Unavailable{"no row in that state is at hand (needs the vendor's help): name one with --known TABLE.STATE=KEY"};
    for (const auto& [field, raw] : made.edits) draft.raw[field] = raw;
    return lab_.session().send(interface_, draft.body());
  }
  throw Unavailable{"no such counterexample can be made here"};
}

Sent InterfaceRun::send_forgery(const Case& one, Subject& subject, const Subject& ghost) {
  Session& session = lab_.session();
  const spec::Authentication& authentication = session.spec().authentication;
  const Draft draft = lab_.draft(interface_, 0, subject, &ghost);
  const auto& all = forgeries();
  const auto forgery = std::find_if(all.begin(), all.end(), [&](const Forgery& made) { return made.label == one.label; });
  const auto send_at = [&](const Timestamps::Slot& slot) {
    const Clockwork& clock = session.clockwork();
    const auto made = forgery->make({session.signer(), session.app(slot.app), slot.timestamp, session.now(), clock.past_edge, clock.future_edge});
    if (!made) throw Unavailable{"this forgery can't be made here: calibration did not find what it rests on, or the appId has no such form"};
    std::vector<std::pair<std::string, std::string>> headers;
    for (std::size_t i = 0; i < authentication.headers.size(); ++i) {
      const spec::Header& header = authentication.headers[i];
      const std::optional<std::string> value = i == authentication.token           ? made->token
                                               : i == authentication.authorization ? made->authorization
                                                                                   : std::optional(header.value);
      if (value) headers.emplace_back(header.name, *value);
    }
    return session.send_with(interface_, headers, forgery->body ? forgery->body(draft.body()) : draft.body());
  };
  Sent sent = send_at(lab_.forgery_timestamp(interface_.path, false));
  const bool answered_for_time = session.refused_for_time(sent) && !has(one.expected, sent.reply.code);
  // Answered for its time where another fault was made: the target uses up what it refuses, or we met another's second.
  if (interface_.refusal && sent.reply.code && forgery->fault == spec::SignatureFault::token_wrong)
    session.observe("common-codes", sent.answered(*interface_.refusal) ? "own" : "common");
  if (answered_for_time) {
    sent = send_at(lab_.forgery_timestamp(interface_.path, true));
    if (!session.refused_for_time(sent)) session.observe("refused-timestamp", "used");
  }
  return sent;
}

/// Several of one request at the same moment: its timestamp is used once.
Sent InterfaceRun::send_at_once(Subject& subject) {
  constexpr std::size_t copies = 8;
  Session& session = lab_.session();
  if (!session.environment().send_together) throw Unavailable{"nothing can be sent at once here"};
  const Code success = session.spec().success;
  for (int tries = 0;; ++tries) {
    const Draft draft = lab_.draft(interface_, 0, subject);
    Sent first;
    first.request = session.signed_request(interface_, session.next_timestamp(interface_.path), draft.body());
    std::vector<Sent> all = session.send_copies(first, copies);
    const auto accepted = std::count_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(success); });
    if (accepted > 0) (void)lab_.follow(draft, subject);
    if (accepted > 1) return *std::find_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(success); });
    if (std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.silent(); })) throw Unavailable{"not every one of the requests got a reply"};
    if (accepted == 1) return *std::find_if(all.begin(), all.end(), [&](const Sent& one) { return !one.answered(success); });
    // None passed: somebody else has used this second before. Or they are refused for another reason, which is not ours to judge.
    constexpr int enough = 5;
    if (tries >= enough || !session.refused_for_time(all.front())) throw Unavailable{"none of the requests succeeded: " + code_of(all.front())};
  }
}

Sent InterfaceRun::send_replay(const Case& one, Subject& subject) {
  Session& session = lab_.session();
  const auto& all = replays();
  const Replay replay = std::find_if(all.begin(), all.end(), [&](const ReplayCase& made) { return made.label == one.label; })->replay;
  if (replay == Replay::at_once) return send_at_once(subject);
  if (replay == Replay::after_others && first_success_) return session.send_again(*first_success_);
  if (!replayed_) {
    Sent first = lab_.play(lab_.draft(interface_, 0, subject), subject);
    if (!first.answered(session.spec().success)) throw Unavailable{"the request that should be repeated did not succeed: " + code_of(first)};
    replayed_ = std::move(first);
  }
  const Sent& first = *replayed_;
  if (replay == Replay::elsewhere) {
    for (const Interface& other : session.spec().interfaces) {
      if (!lab_.scope().has(other) || other.path == interface_.path || !changed_tables(other).empty()) continue;
      return session.send_with(other, first.request.headers, lab_.draft(other, 0, subject).body());
    }
  }
  if (replay == Replay::third_time) (void)session.send_again(first);
  return session.send_again(first);
}

Sent InterfaceRun::send_refusable(const Case& one, Subject& subject, const Subject& ghost) {
  switch (one.kind) {
    case Kind::rule:
    case Kind::open: return send_counterexample(one, subject, ghost);
    case Kind::signature: return send_forgery(one, subject, ghost);
    case Kind::replay: return send_replay(one, subject);
    case Kind::body: {
      const auto& all = broken_bodies();
      const auto body = std::find_if(all.begin(), all.end(), [&](const BrokenBody& made) { return made.label == one.label; });
      return lab_.session().send(interface_, body->make(lab_.draft(interface_, 0, subject, &ghost).body()));
    }
    case Kind::control:
    case Kind::neighbour:
    case Kind::reply:
    case Kind::effect:
    case Kind::story:
    case Kind::together:
    case Kind::several:
    case Kind::transport:
    case Kind::injected: break;
  }
  throw Unavailable{"not a case that is refused"};
}

std::vector<std::string> InterfaceRun::ghosts(const Subject& ghost) {
  std::vector<std::string> out;
  const spec::Spec& spec = lab_.session().spec();
  for (const Interface& query : spec.interfaces) {
    if (!lab_.scope().has(query) || query.reply.empty()) continue;
    for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
      // A query by nothing but the key of the row that must not be there.
      std::vector<std::size_t> keys;
      for (const std::size_t field : query.variants[variant].fields)
        if (query.request[field].refers) keys.push_back(field);
      if (keys.size() != 1) continue;
      const auto key = ghost.find(*query.request[keys.front()].refers);
      if (key == ghost.end()) continue;
      Subject stranger = {*key};
      const Sent sent = lab_.send(lab_.draft(query, variant, stranger));
      if (sent.answered(spec.success) && !sent.reply.rows(spec.envelope).empty())
        out.push_back(query.name + " finds " + key->second + ", which a refused request named");
    }
  }
  return out;
}

std::vector<std::string> InterfaceRun::changes(Subject& subject, const Subject& ghost) {
  std::vector<std::string> found = unexpected(subject, ghost);
  if (found.empty()) return found;
  // A subject that nothing was done to: where it looks odd as well, the oddity is no trace of a refused request.
  Subject untouched, nobody;
  for (const auto& [table, key] : subject) lab_.ensure(untouched, table, true);
  for (const auto& [table, key] : ghost) nobody[table] = lab_.fresh_key();
  if (!unexpected(untouched, nobody).empty()) found.clear();
  return found;
}

std::vector<std::string> InterfaceRun::unexpected(Subject& subject, const Subject& ghost) {
  std::vector<std::string> out;
  const auto changed = changed_tables(interface_);
  if (changed.empty()) return out;
  for (const Interface& query : lab_.session().spec().interfaces) {
    if (!lab_.scope().has(query) || query.reply.empty()) continue;
    if (!changed_tables(query).empty() || interface_.leaves_open(query)) continue;  // looking must not change anything
    const auto shown = shown_tables(lab_.session().spec(), query);
    if (std::none_of(changed.begin(), changed.end(), [&](std::size_t table) { return std::find(shown.begin(), shown.end(), table) != shown.end(); })) continue;
    for (std::string& difference : seen_through(query, subject, false, nullptr)) out.push_back(query.name + ": " + difference);
  }
  for (std::string& found : ghosts(ghost)) out.push_back(std::move(found));
  return out;
}

/// Whether a case answered like that must have left everything as it was.
bool InterfaceRun::must_not_change(const Case& one, const Ruling& ruling) const {
  const bool done = ruling.sent && ruling.sent->answered(lab_.session().spec().success);
  switch (one.kind) {
    case Kind::rule:
    case Kind::body:
    case Kind::signature:
      if (done) return false;
      break;
    case Kind::replay: break;
    case Kind::open:
      if (done && !one.question->unchanged) return false;
      break;
    case Kind::control:
    case Kind::neighbour:
    case Kind::reply:
    case Kind::effect:
    case Kind::story:
    case Kind::together:
    case Kind::several:
    case Kind::transport:
    case Kind::injected: return false;
  }
  return ruling.verdict == Verdict::passed || ruling.verdict == Verdict::warned;
}

void InterfaceRun::prepare(Subject& subject, Subject& ghost) {
  ghost.clear();
  for (const spec::Field& field : interface_.request)
    if (field.names) ghost[*field.names] = lab_.fresh_key();
  for (const std::size_t table : changed_tables(interface_)) lab_.ensure(subject, table, true);
}

void InterfaceRun::run_refusals() {
  run_refusals_of({Kind::rule, Kind::body, Kind::signature});
  try_refused_timestamp();
  run_refusals_of({Kind::replay, Kind::open});  // among these some succeed
}

/// No case: whether the timestamp that all the forgeries had is still free, for the survey.
void InterfaceRun::try_refused_timestamp() {
  Session& session = lab_.session();
  const auto slot = lab_.slot_of_forgeries();
  if (!slot || !control_succeeded_.front() || session.observations().count("refused-timestamp") > 0) return;
  try {
    Subject subject;
    const Draft draft = lab_.draft(interface_, 0, subject);
    const Sent sent = session.exchange(session.signed_request(interface_, *slot, draft.body()));
    if (session.refused_for_time(sent)) session.observe("refused-timestamp", "used");
    if (sent.answered(session.spec().success)) session.observe("refused-timestamp", "kept");
    lab_.forget_slot_of_forgeries();
  } catch (const Unavailable&) {
    return;  // then it is not seen
  }
}

void InterfaceRun::run_refusals_of(const std::vector<Kind>& kinds) {
  // One subject for all of them: a refusal leaves it as it was, and one look at the end shows whether they all did.
  Subject subject, ghost;
  bool prepared = false;
  std::vector<std::size_t> suspects;  // since the subject was prepared
  const auto abandon = [&] {
    subject.clear();
    prepared = false;
    suspects.clear();
  };
  const auto run_one = [&](std::size_t at) -> Ruling {
    const Case& one = cases_[at];
    if (!control_succeeded_[one.variant])
      return {Verdict::inconclusive,
              {},
              "not tried",
              "no verdict without a control: the valid request (" + interface_.variants[one.variant].name + ") did not succeed",
              std::nullopt};
    if (!prepared) prepare(subject, ghost);
    prepared = true;
    try {
      Sent sent = send_refusable(one, subject, ghost);
      Ruling ruling = one.kind == Kind::open ? judge_question(one, std::move(sent)) : judge_code(one, std::move(sent));
      // What was accepted has changed the rows: the next fault needs clean ones, or it would be made beside this one's traces.
      const bool harmless = one.kind == Kind::replay || (one.kind == Kind::open && one.question->unchanged);
      const bool may_have_succeeded = one.kind == Kind::replay || one.kind == Kind::open;
      if ((ruling.sent->answered(lab_.session().spec().success) && !harmless) || (ruling.sent->silent() && may_have_succeeded)) abandon();
      else if (must_not_change(one, ruling)) suspects.push_back(at);
      return ruling;
    } catch (const Unavailable&) {
      abandon();
      throw;
    }
  };
  for (const Kind kind : kinds) for_each(kind, run_one);
  if (prepared) blame_changes(suspects, subject, ghost);
}

void InterfaceRun::blame_changes(const std::vector<std::size_t>& suspects, Subject& subject, const Subject& ghost) {
  const auto set_all = [&](const std::string& why) {
    for (const std::size_t i : suspects) {
      rulings_[i].verdict = Verdict::inconclusive;
      rulings_[i].reason = why;
    }
  };
  try {
    const std::vector<std::string> traces = changes(subject, ghost);
    if (traces.empty()) return;
    // Something changed: the same faults once more, one at a time, to find out which.
    lab_.session().progress(interface_.name + ": a refused request changed something; looking for which");
    bool found = false;
    for (const std::size_t i : suspects) {
      Subject alone, alone_ghost;
      prepare(alone, alone_ghost);
      Sent sent = send_refusable(cases_[i], alone, alone_ghost);
      const auto found_alone = unexpected(alone, alone_ghost);
      if (found_alone.empty()) continue;
      found = true;
      rulings_[i].verdict = Verdict::failed;
      rulings_[i].expected += ", and nothing changed";
      rulings_[i].reason = "refused, and yet something changed: " + found_alone.back();
      rulings_[i].sent = std::move(sent);
    }
    // What was accepted against the paper is found out already, and explains the change.
    const Code success = lab_.session().spec().success;
    const bool accepted = std::any_of(rulings_.begin(), rulings_.end(),
                                      [&](const Ruling& one) { return one.verdict == Verdict::failed && one.sent && one.sent->answered(success); });
    if (!found && !accepted) set_all("something changed among these refusals, and it could not be found out by which: " + traces.back());
  } catch (const Unavailable& missing) {
    set_all("whether it changed anything could not be seen: " + missing.why);
  }
}

InterfaceRun::Ruling InterfaceRun::judge_question(const Case& one, Sent sent) const {
  const std::optional<Code> code = sent.reply.code;
  Case as_open = one;
  as_open.expected.insert(as_open.expected.end(), one.others.begin(), one.others.end());
  as_open.others.clear();
  Ruling ruling = judge_code(as_open, std::move(sent));
  ruling.expected = "any of " + listed(one.question->accept);
  if (ruling.verdict == Verdict::failed && code && *code != lab_.session().spec().success) {
    ruling.verdict = Verdict::warned;
    ruling.reason = "refused with a code that nobody expected, but the paper names none";
  }
  return ruling;
}

}  // namespace meterproof::conformance
