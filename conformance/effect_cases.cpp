// InterfaceSuite's second part: what an interface did, seen through the others.
#include <algorithm>

#include "conformance/interface_suite.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::Step;
using reports::Verdict;

std::vector<std::string> InterfaceSuite::seen_through(const Interface& query, FixtureSet& fixture, bool every_variant, Sent* witness, bool* hidden) {
  std::vector<std::string> out;
  const core::Spec& spec = fixtures_.session().spec();
  const auto ask = [&](const RequestBuilder& make_request) {
    // Who did not settle once is not waited for again: a run of many cases would take hours.
    const auto deadline = fixtures_.session().clock() + (fixtures_.session().gave_up_on(query) ? std::chrono::milliseconds(0) : options_.effect_timeout);
    constexpr std::chrono::milliseconds first_pause(250), longest_pause(1000);
    std::chrono::milliseconds pause = first_pause;
    const bool suits = fixtures_.predict_refusal(make_request).suits;
    // A query that changes something has done so only once it succeeded.
    std::optional<store::ResultSet> predict;
    for (;;) {
      Sent sent = fixtures_.send(make_request);
      if (sent.no_reply()) throw Inconclusive{"no reply from " + query.name + ": " + sent.reply.fault};
      std::vector<std::string> found;
      bool sent_rows_hidden = false;
      const bool shows_nothing = !sent.answered(spec.success) || sent.reply.rows(spec.envelope).empty();
      if (!suits && shows_nothing) {
        sent_rows_hidden = true;  // the paper does not mean this query for such a row
      } else if (!sent.answered(spec.success)) {
        found.push_back(query.name + " answers " + code_of(sent));
      } else {
        if (!predict) predict = fixtures_.predict(make_request);
        const auto rows = sent.reply.rows(spec.envelope);
        if (rows.empty()) {
          const json::Json* list = sent.reply.member(spec.envelope.rows);
          fixtures_.session().observe("no-rows", list == nullptr ? "absent" : list->kind == json::Json::Kind::null ? "null" : "empty");
        }
        sent_rows_hidden = shows_nothing_yet(rows, *predict);
        found = differences(query, rows, *predict);
      }
      // The first odd exchange is the one to show.
      if (witness != nullptr && (witness->request.path.empty() || (out.empty() && !found.empty()))) *witness = std::move(sent);
      if (hidden != nullptr && sent_rows_hidden) *hidden = true;
      if (found.empty()) return;
      if (fixtures_.session().clock() >= deadline) {
        out.insert(out.end(), found.begin(), found.end());
        fixtures_.session().give_up_on(query);
        return;
      }
      if (pause == first_pause)
        fixtures_.session().progress("waiting for " + query.name + " to show what " + interface_.name + " did, as long as --effect-timeout allows");
      fixtures_.session().sleep(pause);
      pause = std::min(pause * 2, longest_pause);
    }
  };
  for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
    if (variant > 0 && !every_variant) break;
    std::optional<RequestBuilder> make_request;
    try {
      make_request = fixtures_.make_request(query, variant, fixture);
    } catch (const Inconclusive& missing) {
      if (variant == 0 || !missing.not_meant) throw;
      continue;  // a shape of the query that needs a row which this customer can't have
    }
    ask(*make_request);
  }
  // A list of a range of days shows nothing of a day outside it.
  for (const Step& step : query.effects) {
    if (step.kind != Step::Kind::find || !step.find.between || !every_variant) continue;
    RequestBuilder make_request = fixtures_.make_request(query, 0, fixture);
    const core::Field& last = query.request[step.find.to.field];
    const auto day = core::DateTime::parse_date(core::expand_relative_date(last.example, fixtures_.session().now()));
    if (!day || step.find.from.op != core::Expr::Op::request) continue;
    const std::string after = core::quoted((*day + std::chrono::hours(24)).date_string());
    make_request.raw[step.find.from.field] = after;
    make_request.raw[step.find.to.field] = after;
    ask(make_request);
  }
  return out;
}

/// A valid request whose effect is looked at: each shape of it, and after the first with other words of its vocabularies.
RequestBuilder InterfaceSuite::effective_draft(std::size_t variant, FixtureSet& fixture) {
  const bool again = variant > 0;
  RequestBuilder make_request = fixtures_.make_request(interface_, again && variant == interface_.variants.size() ? 0 : variant, fixture);
  for (std::size_t i = 0; again && i < make_request.raw.size(); ++i) {
    const core::Field& field = interface_.request[i];
    const bool decides = std::any_of(interface_.variants.begin(), interface_.variants.end(), [&](const core::Variant& other) {
      return std::any_of(other.set.begin(), other.set.end(), [&](const auto& set) { return set.first == i; });
    });
    if (field.values.empty() || !make_request.raw[i] || decides) continue;
    const std::string usual = rules::make_valid_value(field, 0, {});
    const auto first = std::find_if(field.values.begin(), field.values.end(), [&](const core::Choice& choice) { return choice.value == usual; });
    const std::size_t turn = static_cast<std::size_t>(first - field.values.begin()) + variant;
    make_request.raw[i] = raw_value(field, field.values[turn % field.values.size()].value);
  }
  return make_request;
}

void InterfaceSuite::run_effects() {
  struct Seen {
    Sent witness;
    std::vector<std::string> found;
    bool hidden = false;
  };
  std::map<const Interface*, Seen> seen;
  FixtureSet fixture;
  std::string failure;
  std::optional<Sent> failed;
  const bool any = std::any_of(cases_.begin(), cases_.end(), [](const Case& one) { return one.kind == Kind::effect; });
  // At least twice: what works once may fail the second time.
  const std::size_t rounds = std::max<std::size_t>(2, interface_.variants.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    const bool again = round > 0;
    if (!any || !failure.empty()) break;
    try {
      Sent sent = fixtures_.send_and_track(effective_draft(round, fixture), fixture);
      if (!sent.answered(fixtures_.session().spec().success)) {
        failure = "no verdict: the valid request that should have had an effect did not succeed: " + code_of(sent);
        failed = std::move(sent);
        break;
      }
      for (const Case& one : cases_) {
        if (one.kind != Kind::effect || !seen[one.through].found.empty()) continue;
        // A report shows its meter, and changes it: once is enough, or it would cover up what the next round does.
        if (again && !changed_tables(*one.through).empty()) continue;
        Seen& through = seen[one.through];
        for (std::string& difference : seen_through(*one.through, fixture, !again, &through.witness, &through.hidden))
          through.found.push_back(difference + (again ? " (after " + interface_.name + " number " + std::to_string(round + 1) + ")" : ""));
      }
    } catch (const Inconclusive& missing) {
      failure = missing.why;
    }
  }
  for_each(Kind::effect, [&](const Case& one) -> CaseResult {
    const Seen& through = seen[one.through];
    CaseResult ruling;
    ruling.expected = "what " + interface_.name + " did is seen through " + one.through->name;
    if (!through.found.empty()) {
      ruling.verdict = Verdict::failed;
      for (const std::string& difference : through.found) ruling.observed += (ruling.observed.empty() ? "" : "; ") + difference;
      ruling.reason = "the request was answered with success, but what it says is not what " + one.through->name +
                      " shows (where a meter takes longer, give it time with --effect-timeout)";
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
