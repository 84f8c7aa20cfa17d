#include "conformance/interface_run.hpp"

#include <algorithm>
#include <set>

#include "conformance/forgeries.hpp"
#include "spec/rules/word.hpp"
#include "spec/wire/curl.hpp"

namespace meterproof::conformance {

using reports::CaseRecord;
using reports::Verdict;
using spec::Code;
using spec::Draft;
using spec::Interface;
using spec::Step;

namespace {

std::string listed(const std::vector<Code>& codes) {
  std::string out;
  for (const Code code : codes) out += (out.empty() ? "" : ", ") + std::to_string(code.value);
  return out;
}

std::string code_of(const Sent& sent) { return sent.reply.code ? std::to_string(sent.reply.code->value) : sent.reply.fault; }

bool has(const std::vector<Code>& codes, const std::optional<Code>& code) { return code && std::find(codes.begin(), codes.end(), *code) != codes.end(); }

}  // namespace

InterfaceRun::InterfaceRun(Lab& lab, const CheckOptions& options, const Interface& interface, std::vector<Case> cases)
    : lab_(lab),
      options_(options),
      interface_(interface),
      cases_(std::move(cases)),
      rulings_(cases_.size()),
      control_succeeded_(interface.variants.size(), false) {}

void InterfaceRun::rule_on(std::size_t at, Ruling ruling) {
  if (ruling.expected.empty()) ruling.expected = lab_.session().spec().envelope.code + " " + listed(cases_[at].expected);
  rulings_[at] = std::move(ruling);
}

template <class Body>
void InterfaceRun::for_each(Kind kind, Body body) {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (cases_[i].kind != kind) continue;
    try {
      rule_on(i, body(cases_[i]));
    } catch (const Unavailable& missing) {
      rule_on(i, {Verdict::inconclusive, {}, "not tried", missing.why, std::nullopt});
    }
  }
}

std::vector<CaseRecord> InterfaceRun::judge() {
  run_controls();
  run_replies();
  run_effects();
  run_refusals();
  explain_injected();

  const spec::Spec& spec = lab_.session().spec();
  std::vector<CaseRecord> out;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const Case& one = cases_[i];
    Ruling& ruling = rulings_[i];
    CaseRecord record;
    record.id = one.id;
    record.interface = interface_.name;
    record.section = one.section;
    record.sentence = one.sentence.zh;
    record.meaning = one.sentence.en;
    record.verdict = ruling.verdict;
    record.expected = ruling.expected;
    record.observed = ruling.observed;
    record.reason = ruling.reason;
    if (ruling.sent) {
      const Sent& sent = *ruling.sent;
      const std::string url = options_.target + sent.request.path;
      record.request = {sent.request.method, url, sent.request.headers, sent.request.body};
      record.reply = {std::string(to_string(sent.exchange.outcome)), sent.exchange.status, sent.exchange.headers, sent.exchange.body,
                      static_cast<double>(sent.exchange.took.count()) / 1000};
      record.curl = sent.well_signed ? wire::signing_curl_line(spec.authentication, options_.apps.front(), "$APP_SECRET", url, sent.request.body)
                                     : wire::curl_line(sent.request.method, url, sent.request.headers, sent.request.body);
    }
    out.push_back(std::move(record));
  }
  return out;
}

InterfaceRun::Ruling InterfaceRun::judge_code(const Case& one, Sent sent) const {
  Ruling ruling;
  ruling.observed = code_of(sent);
  const Code success = lab_.session().spec().success;
  const bool silent = sent.exchange.outcome != http::Outcome::replied && sent.exchange.outcome != http::Outcome::no_http;
  if (has(one.expected, sent.reply.code)) {
    ruling.verdict = Verdict::passed;
  } else if (has(one.others, sent.reply.code)) {
    ruling.verdict = Verdict::warned;
    ruling.reason = "answered " + ruling.observed + ", which the paper does not rule out";
  } else if (silent) {
    ruling.verdict = Verdict::inconclusive;
    ruling.reason = "no reply: " + sent.reply.fault;
  } else {
    ruling.verdict = Verdict::failed;
    if (!sent.reply.code) ruling.reason = sent.reply.fault;
    else if (*sent.reply.code == success) ruling.reason = "a request at fault was accepted";
    else if (has(one.expected, success)) ruling.reason = "a valid request was refused";
    else ruling.reason = "refused with another code than the paper's";
  }
  ruling.sent = std::move(sent);
  return ruling;
}

void InterfaceRun::run_controls() {
  // Every other case rests on the controls: they are run even where only others were asked for.
  Subject subject;
  const spec::Spec& spec = lab_.session().spec();
  std::vector<Ruling> by_variant(interface_.variants.size());
  for (std::size_t variant = 0; variant < interface_.variants.size(); ++variant) {
    Case control;
    control.expected = {spec.success};
    try {
      // A query has something to show: a row of the table that it lists.
      for (const Step& step : interface_.effects)
        if (variant == 0 && step.kind == Step::Kind::find && !interface_.reply.empty()) lab_.ensure(subject, step.find.table);
      const Draft draft = lab_.draft(interface_, variant, subject);
      Sent sent = lab_.session().send(interface_, draft.body());
      control_succeeded_[variant] = sent.answered(spec.success);
      if (control_succeeded_[variant]) {
        const world::Outcome implied = lab_.implied(draft);
        if (!first_success_) {
          first_success_ = sent;
          first_implied_ = implied;
        }
      }
      by_variant[variant] = judge_code(control, std::move(sent));
    } catch (const Unavailable& missing) {
      by_variant[variant] = {Verdict::inconclusive, {}, "not tried", missing.why, std::nullopt};
    }
  }
  for_each(Kind::control, [&](const Case& one) { return by_variant[one.variant]; });
  for_each(Kind::neighbour, [&](const Case& one) {
    Draft draft = lab_.draft(interface_, one.variant, subject);
    draft.raw[one.field] = raw_value(interface_.request[one.field], one.value);
    return judge_code(one, lab_.play(draft, subject));
  });
}

InterfaceRun::Ruling InterfaceRun::judge_reply(const Case& one) const {
  const spec::Envelope& envelope = lab_.session().spec().envelope;
  Ruling ruling;
  ruling.expected = one.sentence.zh;
  if (!first_success_) {
    ruling.observed = "not tried";
    ruling.reason = "no valid request of " + interface_.name + " succeeded";
    return ruling;
  }
  ruling.sent = *first_success_;
  const Reply& reply = first_success_->reply;
  Finding finding;
  const bool of_envelope = one.field == interface_.reply.size();
  if (of_envelope) {
    const spec::Type type = one.label == envelope.code ? spec::Type::integer : spec::Type::text;
    spec::Field field;
    field.name = one.label;
    field.type = type;
    world::Cell there;
    there.kind = world::Cell::Kind::text;
    there.certainty = world::Certainty::assigned;
    finding = judge_field(field, reply.member(one.label), &there);
  } else {
    const auto rows = reply.rows(envelope);
    if (rows.empty() || first_implied_.rows() == 0) {
      const bool expected_rows = first_implied_.rows() > 0;
      ruling.verdict = expected_rows ? Verdict::failed : Verdict::inconclusive;
      ruling.expected = "a row in " + envelope.rows;
      ruling.observed = envelope.rows + " is " + shown(reply.member(envelope.rows));
      ruling.reason = expected_rows ? "the row that was asked for is not in the reply" : "nothing is known of the row that was asked for";
      return ruling;
    }
    const wire::Json* row = most_alike(interface_, rows, first_implied_, 0);
    finding = judge_field(interface_.reply[one.field], row->get(one.label), &first_implied_.cells[one.field]);
  }
  ruling.expected = one.label + " = " + finding.expected;
  ruling.observed = finding.observed;
  switch (finding.grade) {
    case Finding::Grade::good: ruling.verdict = Verdict::passed; break;
    case Finding::Grade::unusual:
      ruling.verdict = Verdict::warned;
      ruling.reason = finding.observed == "absent" ? "a documented field is left out where it has no value" : "numbers and texts are exchanged";
      break;
    case Finding::Grade::wrong:
      ruling.verdict = Verdict::failed;
      ruling.reason = "a field of the reply is not as the paper has it";
      break;
  }
  return ruling;
}

void InterfaceRun::run_replies() {
  for_each(Kind::reply, [&](const Case& one) { return judge_reply(one); });
}

std::vector<std::string> InterfaceRun::seen_through(const Interface& query, Subject& subject, bool every_variant, Sent* witness) {
  std::vector<std::string> out;
  const spec::Spec& spec = lab_.session().spec();
  const auto ask = [&](const Draft& draft) {
    const auto deadline = std::chrono::steady_clock::now() + options_.settle;
    const world::Outcome implied = lab_.implied(draft);
    for (;;) {
      Sent sent = lab_.session().send(query, draft.body());
      const bool silent = sent.exchange.outcome != http::Outcome::replied && sent.exchange.outcome != http::Outcome::no_http;
      if (silent) throw Unavailable{"no reply from " + query.name + ": " + sent.reply.fault};
      std::vector<std::string> found;
      if (!sent.answered(spec.success)) found.push_back(query.name + " answers " + code_of(sent));
      else found = differences(query, sent.reply.rows(spec.envelope), implied);
      // The first odd exchange is the one to show.
      if (witness != nullptr && (witness->request.path.empty() || (out.empty() && !found.empty()))) *witness = std::move(sent);
      if (found.empty()) return;
      if (std::chrono::steady_clock::now() >= deadline) {
        out.insert(out.end(), found.begin(), found.end());
        return;
      }
      lab_.session().sleep(std::chrono::milliseconds(250));
    }
  };
  for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
    if (variant > 0 && !every_variant) break;
    ask(lab_.draft(query, variant, subject));
  }
  // A list of a range of days shows nothing of a day outside it.
  for (const Step& step : query.effects) {
    if (step.kind != Step::Kind::find || !step.find.between || !every_variant) continue;
    Draft draft = lab_.draft(query, 0, subject);
    const spec::Field& last = query.request[step.find.to.field];
    const auto day = spec::DateTime::parse_date(last.example);
    if (!day || step.find.from.op != spec::Expr::Op::request) continue;
    const std::string after = spec::quoted((*day + std::chrono::hours(24)).date_string());
    draft.raw[step.find.from.field] = after;
    draft.raw[step.find.to.field] = after;
    ask(draft);
  }
  return out;
}

/// A valid request whose effect is looked at: each shape of it, and after the first with other words of its vocabularies.
Draft InterfaceRun::effective_draft(std::size_t variant, Subject& subject) {
  const bool again = variant > 0;
  Draft draft = lab_.draft(interface_, again && variant == interface_.variants.size() ? 0 : variant, subject);
  for (std::size_t i = 0; again && i < draft.raw.size(); ++i) {
    const spec::Field& field = interface_.request[i];
    const bool decides = std::any_of(interface_.variants.begin(), interface_.variants.end(), [&](const spec::Variant& other) {
      return std::any_of(other.set.begin(), other.set.end(), [&](const auto& set) { return set.first == i; });
    });
    if (field.values.empty() || !draft.raw[i] || decides) continue;
    const std::string usual = rules::valid_text(field, 0, {});
    const auto first = std::find_if(field.values.begin(), field.values.end(), [&](const spec::Choice& choice) { return choice.value == usual; });
    const std::size_t turn = static_cast<std::size_t>(first - field.values.begin()) + variant;
    draft.raw[i] = raw_value(field, field.values[turn % field.values.size()].value);
  }
  return draft;
}

void InterfaceRun::run_effects() {
  struct Seen {
    Sent witness;
    std::vector<std::string> found;
  };
  std::map<const Interface*, Seen> seen;
  Subject subject;
  std::string failure;
  std::optional<Sent> failed;
  const bool any = std::any_of(cases_.begin(), cases_.end(), [](const Case& one) { return one.kind == Kind::effect; });
  // At least twice: what works once may fail the second time.
  const std::size_t rounds = std::max<std::size_t>(2, interface_.variants.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    const bool again = round > 0;
    if (!any || !failure.empty()) break;
    try {
      Sent sent = lab_.play(effective_draft(round, subject), subject);
      if (!sent.answered(lab_.session().spec().success)) {
        failure = "no verdict: the valid request that should have had an effect did not succeed: " + code_of(sent);
        failed = std::move(sent);
        break;
      }
      for (const Case& one : cases_) {
        if (one.kind != Kind::effect || !seen[one.through].found.empty()) continue;
        // A report shows its meter, and changes it: once is enough, or it would cover up what the next round does.
        if (again && !changed_tables(*one.through).empty()) continue;
        Seen& through = seen[one.through];
        for (std::string& difference : seen_through(*one.through, subject, !again, &through.witness))
          through.found.push_back(difference + (again ? " (after " + interface_.name + " number " + std::to_string(round + 1) + ")" : ""));
      }
    } catch (const Unavailable& missing) {
      failure = missing.why;
    }
  }
  for_each(Kind::effect, [&](const Case& one) -> Ruling {
    const Seen& through = seen[one.through];
    Ruling ruling;
    ruling.expected = "what " + interface_.name + " did is seen through " + one.through->name;
    if (!through.found.empty()) {
      ruling.verdict = Verdict::failed;
      for (const std::string& difference : through.found) ruling.observed += (ruling.observed.empty() ? "" : "; ") + difference;
      ruling.reason = "the request was answered with success, but what it says is not what " + one.through->name + " shows";
      ruling.sent = through.witness;
    } else if (!failure.empty()) {
      ruling.observed = "not seen";
      ruling.reason = failure;
      ruling.sent = failed;
    } else {
      ruling.verdict = Verdict::passed;
      ruling.observed = "as expected";
      ruling.sent = through.witness;
    }
    return ruling;
  });
}

Sent InterfaceRun::send_counterexample(const Case& one, Subject& subject, const Subject& ghost) {
  Draft draft = lab_.draft(interface_, one.variant, subject, &ghost);
  LabScene scene(lab_, subject);
  for (const auto& made : rules::words()[one.rule->word]->makes(*one.rule, draft, scene)) {
    if (made.label != one.label) continue;
    if (made.edits.empty()) throw Unavailable{"no row in that state is at hand: name one with --known TABLE.STATE=KEY"};
    for (const auto& [field, raw] : made.edits) draft.raw[field] = raw;
    return lab_.session().send(interface_, draft.body());
  }
  throw Unavailable{"no such counterexample can be made here"};
}

Sent InterfaceRun::send_forgery(const Case& one, Subject& subject, const Subject& ghost) {
  const spec::Authentication& authentication = lab_.session().spec().authentication;
  const Draft draft = lab_.draft(interface_, 0, subject, &ghost);
  const auto& all = forgeries();
  const auto forgery = std::find_if(all.begin(), all.end(), [&](const Forgery& made) { return made.label == one.label; });
  if (forgery == all.end()) {  // the replay: a request that succeeds, and the same bytes again
    const Draft once = lab_.draft(interface_, 0, subject);
    const Sent first = lab_.play(once, subject);
    if (!first.answered(lab_.session().spec().success)) throw Unavailable{"the request that should be repeated did not succeed: " + code_of(first)};
    return lab_.session().send_again(first);
  }
  const auto send_at = [&](const Timestamps::Slot& slot) {
    const SignatureHeaders made = forgery->make({lab_.session().signer(), lab_.session().app(slot.app), slot.timestamp});
    std::vector<std::pair<std::string, std::string>> headers;
    for (std::size_t i = 0; i < authentication.headers.size(); ++i) {
      const spec::Header& header = authentication.headers[i];
      const std::optional<std::string> value = i == authentication.token           ? made.token
                                               : i == authentication.authorization ? made.authorization
                                                                                   : std::optional(header.value);
      if (value) headers.emplace_back(header.name, *value);
    }
    return lab_.session().send_with(interface_, headers, draft.body());
  };
  Sent sent = send_at(lab_.session().forgery_timestamp(false));
  const bool answered_for_time = lab_.session().refused_for_time(sent) && !has(one.expected, sent.reply.code);
  // Answered for its time where another fault was made: the target uses up what it refuses, or we met another's second.
  if (answered_for_time || sent.answered(lab_.session().spec().success)) sent = send_at(lab_.session().forgery_timestamp(true));
  return sent;
}

Sent InterfaceRun::send_refusable(const Case& one, Subject& subject, const Subject& ghost) {
  switch (one.kind) {
    case Kind::rule:
    case Kind::open: return send_counterexample(one, subject, ghost);
    case Kind::signature: return send_forgery(one, subject, ghost);
    case Kind::body: {
      const auto& all = broken_bodies();
      const auto body = std::find_if(all.begin(), all.end(), [&](const BrokenBody& made) { return made.label == one.label; });
      return lab_.session().send(interface_, body->make(lab_.draft(interface_, 0, subject, &ghost).body()));
    }
    case Kind::control:
    case Kind::neighbour:
    case Kind::reply:
    case Kind::effect:
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
      const Sent sent = lab_.session().send(query, lab_.draft(query, variant, stranger).body());
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
    if (!changed_tables(query).empty()) continue;  // looking must not change anything
    const auto shown = shown_tables(lab_.session().spec(), query);
    if (std::none_of(changed.begin(), changed.end(), [&](std::size_t table) { return std::find(shown.begin(), shown.end(), table) != shown.end(); })) continue;
    for (std::string& difference : seen_through(query, subject, false, nullptr)) out.push_back(query.name + ": " + difference);
  }
  for (std::string& found : ghosts(ghost)) out.push_back(std::move(found));
  return out;
}

/// Whether a case answered like that must have left everything as it was.
bool InterfaceRun::must_not_change(const Case& one, const Ruling& ruling) const {
  switch (one.kind) {
    case Kind::rule:
    case Kind::body:
    case Kind::signature: break;
    case Kind::open:
      if (ruling.sent && ruling.sent->answered(lab_.session().spec().success) && !one.question->unchanged) return false;
      break;
    case Kind::control:
    case Kind::neighbour:
    case Kind::reply:
    case Kind::effect:
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
  // One subject for all of them: a refusal leaves it as it was, and one look at the end shows whether they all did.
  Subject subject, ghost;
  bool prepared = false;
  const auto run_one = [&](const Case& one) -> Ruling {
    if (!control_succeeded_[one.variant])
      return {Verdict::inconclusive,
              {},
              "not tried",
              "no verdict without a control: the valid request (" + interface_.variants[one.variant].name + ") did not succeed",
              std::nullopt};
    if (!prepared) prepare(subject, ghost);
    prepared = true;
    Sent sent = send_refusable(one, subject, ghost);
    Ruling ruling = one.kind == Kind::open ? judge_question(one, std::move(sent)) : judge_code(one, std::move(sent));
    const bool took_effect = one.kind == Kind::open && ruling.sent->answered(lab_.session().spec().success) && !one.question->unchanged;
    if (took_effect) {
      subject.clear();
      prepared = false;
    }
    return ruling;
  };
  for (const Kind kind : {Kind::rule, Kind::body, Kind::signature, Kind::open}) for_each(kind, run_one);
  if (prepared) blame_changes(subject, ghost);
}

void InterfaceRun::blame_changes(Subject& subject, const Subject& ghost) {
  std::vector<std::size_t> suspects;
  for (std::size_t i = 0; i < cases_.size(); ++i)
    if (must_not_change(cases_[i], rulings_[i])) suspects.push_back(i);
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

void InterfaceRun::explain_injected() {
  for_each(Kind::injected, [&](const Case& one) { return Ruling{Verdict::inconclusive, {}, "not tried", one.value, std::nullopt}; });
}

}  // namespace meterproof::conformance
