// InterfaceSuite's third part: one fault at a time, and whether it changed anything.
#include <algorithm>

#include "conformance/interface_suite.hpp"
#include "conformance/request_mutations.hpp"
#include "core/rules/rule_kind.hpp"

namespace meterproof::conformance {

using core::Code;
using core::Interface;
using core::RequestBuilder;
using reports::Verdict;

Sent InterfaceSuite::send_counterexample(const Case& one, FixtureSet& fixture, const FixtureSet& phantom) {
  RequestBuilder make_request = fixtures_.make_request(interface_, one.variant, fixture, &phantom);
  CaseFixtures scene(fixtures_, fixture);
  const auto edits = rules::kind_of(*one.rule).make(*one.rule, one.label, make_request, scene);
  if (!edits && !one.rule->state.value.empty())
    throw Inconclusive{"no row in that state is at hand (needs the vendor's help): name one with --fixture TABLE.STATE=KEY"};
  if (!edits) throw Inconclusive{"no such counterexample can be made here"};
  for (const auto& [field, raw] : *edits) make_request.raw[field] = raw;
  return fixtures_.session().send(interface_, make_request.body());
}

Sent InterfaceSuite::send_forgery(const Case& one, FixtureSet& fixture, const FixtureSet& phantom) {
  TargetSession& session = fixtures_.session();
  const core::Authentication& authentication = session.spec().authentication;
  const RequestBuilder make_request = fixtures_.make_request(interface_, 0, fixture, &phantom);
  const auto& all = signature_mutations();
  const auto mutation = std::find_if(all.begin(), all.end(), [&](const SignatureMutation& made) { return made.label == one.label; });
  const auto send_at = [&](const TimestampPool::Slot& slot) {
    const ClockProfile& clock = session.clockwork();
    const auto made = mutation->make({session.signer(), session.app(slot.app), slot.timestamp, session.now(), clock.past_edge, clock.future_edge});
    if (!made) throw Inconclusive{"this forgery can't be made here: calibration did not find what it rests on, or the appId has no such form"};
    std::vector<std::pair<std::string, std::string>> headers;
    for (std::size_t i = 0; i < authentication.headers.size(); ++i) {
      const core::Header& header = authentication.headers[i];
      const std::optional<std::string> value = i == authentication.token           ? made->token
                                               : i == authentication.authorization ? made->authorization
                                                                                   : std::optional(header.value);
      if (value) headers.emplace_back(header.name, *value);
    }
    return session.send_with(interface_, headers, mutation->body ? mutation->body(make_request.body()) : make_request.body());
  };
  Sent sent = send_at(fixtures_.forgery_timestamp(interface_.path, false));
  const bool answered_for_time = session.refused_for_time(sent) && !has(one.expected, sent.reply.code);
  // Answered for its time where another fault was made: the target uses up what it refuses, or we met another's second.
  if (interface_.refusal && sent.reply.code && mutation->fault == core::SignatureError::token_wrong)
    session.observe("common-codes", sent.answered(*interface_.refusal) ? "own" : "common");
  if (answered_for_time) {
    sent = send_at(fixtures_.forgery_timestamp(interface_.path, true));
    if (!session.refused_for_time(sent)) session.observe("refused-timestamp", "used");
  }
  return sent;
}

/// Several of one request at the same moment: its timestamp is used once.
Sent InterfaceSuite::send_at_once(FixtureSet& fixture) {
  constexpr std::size_t copies = 8;
  TargetSession& session = fixtures_.session();
  if (!session.environment().send_concurrently) throw Inconclusive{"nothing can be sent at once here"};
  const Code success = session.spec().success;
  for (int tries = 0;; ++tries) {
    const RequestBuilder make_request = fixtures_.make_request(interface_, 0, fixture);
    Sent first;
    first.request = session.signed_request(interface_, session.next_timestamp(interface_.path), make_request.body());
    std::vector<Sent> all = session.send_copies(first, copies);
    const auto accepted = std::count_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(success); });
    if (accepted > 0) (void)fixtures_.apply_to_model(make_request, fixture);
    if (accepted > 1) return *std::find_if(all.begin(), all.end(), [&](const Sent& one) { return one.answered(success); });
    if (std::any_of(all.begin(), all.end(), [](const Sent& one) { return one.no_reply(); })) throw Inconclusive{"not every one of the requests got a reply"};
    if (accepted == 1) return *std::find_if(all.begin(), all.end(), [&](const Sent& one) { return !one.answered(success); });
    // None passed: somebody else has used this second before. Or they are refused for another reason, which is not ours to judge.
    constexpr int enough = 5;
    if (tries >= enough || !session.refused_for_time(all.front())) throw Inconclusive{"none of the requests succeeded: " + code_of(all.front())};
  }
}

Sent InterfaceSuite::send_replay(const Case& one, FixtureSet& fixture) {
  TargetSession& session = fixtures_.session();
  const auto& all = replay_attempts();
  const ReplayAttempt replay = std::find_if(all.begin(), all.end(), [&](const ReplayAttemptInfo& made) { return made.label == one.label; })->replay;
  if (replay == ReplayAttempt::at_once) return send_at_once(fixture);
  if (replay == ReplayAttempt::after_others && first_success_) return session.send_again(*first_success_);
  if (!replayed_) {
    Sent first = fixtures_.send_and_track(fixtures_.make_request(interface_, 0, fixture), fixture);
    if (!first.answered(session.spec().success)) throw Inconclusive{"the request that should be repeated did not succeed: " + code_of(first)};
    replayed_ = std::move(first);
  }
  const Sent& first = *replayed_;
  if (replay == ReplayAttempt::elsewhere) {
    for (const Interface& other : session.spec().interfaces) {
      if (!fixtures_.scope().has(other) || other.path == interface_.path || !changed_tables(other).empty()) continue;
      return session.send_with(other, first.request.headers, fixtures_.make_request(other, 0, fixture).body());
    }
  }
  if (replay == ReplayAttempt::third_time) (void)session.send_again(first);
  return session.send_again(first);
}

Sent InterfaceSuite::send_refusable(const Case& one, FixtureSet& fixture, const FixtureSet& phantom) {
  switch (one.kind) {
    case Kind::rule:
    case Kind::open: return send_counterexample(one, fixture, phantom);
    case Kind::signature: return send_forgery(one, fixture, phantom);
    case Kind::replay: return send_replay(one, fixture);
    case Kind::body: {
      const auto& all = malformed_bodies();
      const auto body = std::find_if(all.begin(), all.end(), [&](const MalformedBody& made) { return made.label == one.label; });
      return fixtures_.session().send(interface_, body->make(fixtures_.make_request(interface_, 0, fixture, &phantom).body()));
    }
    case Kind::control:
    case Kind::neighbour:
    case Kind::reply:
    case Kind::effect:
    case Kind::story:
    case Kind::together:
    case Kind::several:
    case Kind::transport:
    case Kind::injected_by: break;
  }
  throw Inconclusive{"not a case that is refused"};
}

std::vector<std::string> InterfaceSuite::phantom_rows(const FixtureSet& phantom) {
  std::vector<std::string> out;
  const core::Spec& spec = fixtures_.session().spec();
  for (const Interface& query : spec.interfaces) {
    if (!fixtures_.scope().has(query) || query.reply.empty()) continue;
    for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
      // A query by nothing but the key of the row that must not be there.
      std::vector<std::size_t> keys;
      for (const std::size_t field : query.variants[variant].fields)
        if (query.request[field].refers) keys.push_back(field);
      if (keys.size() != 1) continue;
      const auto key = phantom.find(*query.request[keys.front()].refers);
      if (key == phantom.end()) continue;
      FixtureSet stranger = {*key};
      const Sent sent = fixtures_.send(fixtures_.make_request(query, variant, stranger));
      if (sent.answered(spec.success) && !sent.reply.rows(spec.envelope).empty())
        out.push_back(query.name + " finds " + key->second + ", which a refused request named");
    }
  }
  return out;
}

std::vector<std::string> InterfaceSuite::changes(FixtureSet& fixture, const FixtureSet& phantom) {
  std::vector<std::string> found = unexpected(fixture, phantom);
  if (found.empty()) return found;
  // A subject that nothing was done to: where it looks odd as well, the oddity is no trace of a refused request.
  FixtureSet untouched, nobody;
  for (const auto& [table, key] : fixture) fixtures_.get_or_create(untouched, table, true);
  for (const auto& [table, key] : phantom) nobody[table] = fixtures_.unused_key();
  if (!unexpected(untouched, nobody).empty()) found.clear();
  return found;
}

std::vector<std::string> InterfaceSuite::unexpected(FixtureSet& fixture, const FixtureSet& phantom) {
  std::vector<std::string> out;
  const auto changed = changed_tables(interface_);
  if (changed.empty()) return out;
  for (const Interface& query : fixtures_.session().spec().interfaces) {
    if (!fixtures_.scope().has(query) || query.reply.empty()) continue;
    if (!changed_tables(query).empty() || interface_.effect_is_unspecified(query)) continue;  // looking must not change anything
    const auto shown = shown_tables(fixtures_.session().spec(), query);
    if (std::none_of(changed.begin(), changed.end(), [&](std::size_t table) { return std::find(shown.begin(), shown.end(), table) != shown.end(); })) continue;
    for (std::string& difference : seen_through(query, fixture, false, nullptr)) out.push_back(query.name + ": " + difference);
  }
  for (std::string& found : phantom_rows(phantom)) out.push_back(std::move(found));
  return out;
}

/// Whether a case answered like that must have left everything as it was.
bool InterfaceSuite::must_not_change(const Case& one, const CaseResult& ruling) const {
  const bool done = ruling.sent && ruling.sent->answered(fixtures_.session().spec().success);
  switch (one.kind) {
    case Kind::rule:
    case Kind::body:
    case Kind::signature:
      if (done) return false;
      break;
    case Kind::replay: break;
    case Kind::open:
      if (done && !one.question->must_not_change) return false;
      break;
    case Kind::control:
    case Kind::neighbour:
    case Kind::reply:
    case Kind::effect:
    case Kind::story:
    case Kind::together:
    case Kind::several:
    case Kind::transport:
    case Kind::injected_by: return false;
  }
  return ruling.verdict == Verdict::passed || ruling.verdict == Verdict::warned;
}

void InterfaceSuite::prepare(FixtureSet& fixture, FixtureSet& phantom) {
  phantom.clear();
  for (const core::Field& field : interface_.request)
    if (field.names) phantom[*field.names] = fixtures_.unused_key();
  for (const std::size_t table : changed_tables(interface_)) fixtures_.get_or_create(fixture, table, true);
}

void InterfaceSuite::run_refusals() {
  run_refusals_of({Kind::rule, Kind::body, Kind::signature});
  try_refused_timestamp();
  run_refusals_of({Kind::replay, Kind::open});  // among these some succeed
}

/// No case: whether the timestamp that all the forgeries had is still free, for the survey.
void InterfaceSuite::try_refused_timestamp() {
  TargetSession& session = fixtures_.session();
  const auto slot = fixtures_.slot_of_forgeries();
  if (!slot || !control_succeeded_.front() || session.observations().count("refused-timestamp") > 0) return;
  try {
    FixtureSet fixture;
    const RequestBuilder make_request = fixtures_.make_request(interface_, 0, fixture);
    const Sent sent = session.exchange(session.signed_request(interface_, *slot, make_request.body()));
    if (session.refused_for_time(sent)) session.observe("refused-timestamp", "used");
    if (sent.answered(session.spec().success)) session.observe("refused-timestamp", "kept");
    fixtures_.forget_slot_of_forgeries();
  } catch (const Inconclusive&) {
    return;  // then it is not seen
  }
}

void InterfaceSuite::run_refusals_of(const std::vector<Kind>& kinds) {
  // One subject for all of them: a refusal leaves it as it was, and one look at the end shows whether they all did.
  FixtureSet fixture, phantom;
  bool prepared = false;
  std::vector<std::size_t> suspects;  // since the subject was prepared
  const auto abandon = [&] {
    fixture.clear();
    prepared = false;
    suspects.clear();
  };
  const auto run_one = [&](std::size_t at) -> CaseResult {
    const Case& one = cases_[at];
    if (!control_succeeded_[one.variant])
      return {Verdict::inconclusive,
              {},
              "not tried",
              "no verdict without a control: the valid request (" + interface_.variants[one.variant].name + ") did not succeed",
              std::nullopt};
    if (!prepared) prepare(fixture, phantom);
    prepared = true;
    try {
      Sent sent = send_refusable(one, fixture, phantom);
      CaseResult ruling = one.kind == Kind::open ? judge_question(one, std::move(sent)) : judge_code(one, std::move(sent));
      // What was accepted has changed the rows: the next fault needs clean ones, or it would be made beside this one's traces.
      const bool sanitize = one.kind == Kind::replay || (one.kind == Kind::open && one.question->must_not_change);
      const bool may_have_succeeded = one.kind == Kind::replay || one.kind == Kind::open;
      if ((ruling.sent->answered(fixtures_.session().spec().success) && !sanitize) || (ruling.sent->no_reply() && may_have_succeeded)) abandon();
      else if (must_not_change(one, ruling)) suspects.push_back(at);
      return ruling;
    } catch (const Inconclusive&) {
      abandon();
      throw;
    }
  };
  for (const Kind kind : kinds) for_each(kind, run_one);
  if (prepared) blame_changes(suspects, fixture, phantom);
}

void InterfaceSuite::blame_changes(const std::vector<std::size_t>& suspects, FixtureSet& fixture, const FixtureSet& phantom) {
  const auto set_all = [&](const std::string& why) {
    for (const std::size_t i : suspects) {
      rulings_[i].verdict = Verdict::inconclusive;
      rulings_[i].reason = why;
    }
  };
  try {
    const std::vector<std::string> traces = changes(fixture, phantom);
    if (traces.empty()) return;
    // Something changed: the same faults once more, one at a time, to find out which.
    fixtures_.session().progress(interface_.name + ": a refused request changed something; looking for which");
    bool found = false;
    for (const std::size_t i : suspects) {
      FixtureSet alone, alone_ghost;
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
    const Code success = fixtures_.session().spec().success;
    const bool accepted = std::any_of(rulings_.begin(), rulings_.end(),
                                      [&](const CaseResult& one) { return one.verdict == Verdict::failed && one.sent && one.sent->answered(success); });
    if (!found && !accepted) set_all("something changed among these refusals, and it could not be found out by which: " + traces.back());
  } catch (const Inconclusive& missing) {
    set_all("whether it changed anything could not be seen: " + missing.why);
  }
}

InterfaceSuite::CaseResult InterfaceSuite::judge_question(const Case& one, Sent sent) const {
  const std::optional<Code> code = sent.reply.code;
  Case as_open = one;
  as_open.expected.insert(as_open.expected.end(), one.also_accepted.begin(), one.also_accepted.end());
  as_open.also_accepted.clear();
  CaseResult ruling = judge_code(as_open, std::move(sent));
  ruling.expected = "any of " + listed(one.question->accepted_codes);
  if (ruling.verdict == Verdict::failed && code && *code != fixtures_.session().spec().success) {
    ruling.verdict = Verdict::warned;
    ruling.reason = "refused with a code that nobody expected, but the paper names none";
  }
  return ruling;
}

}  // namespace meterproof::conformance
