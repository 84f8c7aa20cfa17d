// InterfaceRun's second part: what an interface did, seen through the others.
#include <algorithm>

#include "conformance/interface_run.hpp"

namespace meterproof::conformance {

using reports::Verdict;
using spec::Draft;
using spec::Interface;
using spec::Step;

std::vector<std::string> InterfaceRun::seen_through(const Interface& query, Subject& subject, bool every_variant, Sent* witness, bool* hidden) {
  std::vector<std::string> out;
  const spec::Spec& spec = lab_.session().spec();
  const auto ask = [&](const Draft& draft) {
    // Who did not settle once is not waited for again: a run of many cases would take hours.
    const auto deadline = lab_.session().clock() + (lab_.session().gave_up_on(query) ? std::chrono::milliseconds(0) : options_.settle);
    constexpr std::chrono::milliseconds first_pause(250), longest_pause(1000);
    std::chrono::milliseconds pause = first_pause;
    const bool suits = lab_.expectation(draft).suits;
    // A query that changes something has done so only once it succeeded.
    std::optional<world::Outcome> implied;
    for (;;) {
      Sent sent = lab_.send(draft);
      if (sent.silent()) throw Unavailable{"no reply from " + query.name + ": " + sent.reply.fault};
      std::vector<std::string> found;
      bool sent_rows_hidden = false;
      const bool shows_nothing = !sent.answered(spec.success) || sent.reply.rows(spec.envelope).empty();
      if (!suits && shows_nothing) {
        sent_rows_hidden = true;  // the paper does not mean this query for such a row
      } else if (!sent.answered(spec.success)) {
        found.push_back(query.name + " answers " + code_of(sent));
      } else {
        if (!implied) implied = lab_.implied(draft);
        const auto rows = sent.reply.rows(spec.envelope);
        if (rows.empty()) {
          const wire::Json* list = sent.reply.member(spec.envelope.rows);
          lab_.session().observe("no-rows", list == nullptr ? "absent" : list->kind == wire::Json::Kind::null ? "null" : "empty");
        }
        sent_rows_hidden = shows_nothing_yet(rows, *implied);
        found = differences(query, rows, *implied);
      }
      // The first odd exchange is the one to show.
      if (witness != nullptr && (witness->request.path.empty() || (out.empty() && !found.empty()))) *witness = std::move(sent);
      if (hidden != nullptr && sent_rows_hidden) *hidden = true;
      if (found.empty()) return;
      if (lab_.session().clock() >= deadline) {
        out.insert(out.end(), found.begin(), found.end());
        lab_.session().give_up_on(query);
        return;
      }
      if (pause == first_pause) lab_.session().progress("waiting for " + query.name + " to show what " + interface_.name + " did, as long as --settle allows");
      lab_.session().sleep(pause);
      pause = std::min(pause * 2, longest_pause);
    }
  };
  for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
    if (variant > 0 && !every_variant) break;
    std::optional<Draft> draft;
    try {
      draft = lab_.draft(query, variant, subject);
    } catch (const Unavailable& missing) {
      if (variant == 0 || !missing.not_meant) throw;
      continue;  // a shape of the query that needs a row which this customer can't have
    }
    ask(*draft);
  }
  // A list of a range of days shows nothing of a day outside it.
  for (const Step& step : query.effects) {
    if (step.kind != Step::Kind::find || !step.find.between || !every_variant) continue;
    Draft draft = lab_.draft(query, 0, subject);
    const spec::Field& last = query.request[step.find.to.field];
    const auto day = spec::DateTime::parse_date(spec::dated(last.example, lab_.session().now()));
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
    bool hidden = false;
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
        for (std::string& difference : seen_through(*one.through, subject, !again, &through.witness, &through.hidden))
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
      ruling.reason = "the request was answered with success, but what it says is not what " + one.through->name +
                      " shows (where a meter takes longer, give it time with --settle)";
      ruling.sent = through.witness;
    } else if (!failure.empty() || through.hidden) {
      ruling.observed = "not seen";
      ruling.reason = failure.empty() ? one.through->name + " shows nothing of a row that has no reading yet" : failure;
      ruling.sent = failure.empty() ? std::optional(through.witness) : failed;
    } else {
      ruling.verdict = Verdict::passed;
      ruling.observed = "as expected";
      ruling.sent = through.witness;
    }
    return ruling;
  });
}

}  // namespace meterproof::conformance
