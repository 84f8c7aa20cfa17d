// SPDX-License-Identifier: Apache-2.0
#include "conformance/side_effects.hpp"

#include <algorithm>

#include "conformance/case_context.hpp"
#include "conformance/cases/negative_case.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/expected_rows.hpp"
#include "conformance/spec_queries.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::Step;
using i18n::Message;
using i18n::msg;
using reports::Verdict;

void SideEffects::ask(const Interface& query, const RequestBuilder& request, QueryDiff& out) {
  TargetSession& session = context_.session();
  FixtureFactory& fixtures = context_.fixtures();
  const core::Envelope& envelope = context_.spec().envelope;
  // A query that was waited for in vain is not waited for again: a run of many cases would take hours.
  const auto deadline = session.clock() + (session.gave_up_on(query) ? std::chrono::milliseconds(0) : context_.options().effect_timeout);
  constexpr std::chrono::milliseconds first_pause(250), longest_pause(1000);
  const bool suits = fixtures.predict_refusal(request).suits;
  // A query that changes something has done so only once it succeeded.
  std::optional<store::ResultSet> prediction;
  for (std::chrono::milliseconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    Sent sent = fixtures.send(request);
    if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query.name, sent.reply.problem)};
    std::vector<Message> found;
    bool hidden = false;
    const bool succeeded = sent.answered(context_.success());
    const auto rows = sent.reply.rows(envelope);
    if (!suits && (!succeeded || rows.empty())) {
      hidden = true;  // the specification does not mean this query for such a row
    } else if (!succeeded) {
      found.push_back(msg<"case.query-answers">(query.name, code_of(sent)));
    } else {
      if (!prediction) prediction = fixtures.predict(request);
      session.exchange_log().expect(sent.request, expected_rows(query, *prediction));
      if (rows.empty()) {
        const json::Json* list = sent.reply.member(envelope.rows);
        session.observe("no-rows", list == nullptr ? "absent" : list->kind == json::Json::Kind::null ? "null" : "empty");
      }
      hidden = shows_nothing_yet(rows, *prediction);
      found = differences(query, rows, *prediction);
    }
    if (out.witness.request.path.empty() || (out.differences.empty() && !found.empty())) out.witness = std::move(sent);
    if (hidden) out.hidden = true;
    if (found.empty()) return;
    if (session.clock() >= deadline) {
      out.differences.insert(out.differences.end(), found.begin(), found.end());
      session.give_up_on(query);
      return;
    }
    if (pause == first_pause) session.progress(msg<"progress.waiting-for-effect">(query.name, context_.interface().name));
    session.sleep(pause);
  }
}

QueryDiff SideEffects::query_and_diff(const Interface& query, FixtureSet& fixture, bool every_variant) {
  QueryDiff out;
  FixtureFactory& fixtures = context_.fixtures();
  for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
    if (variant > 0 && !every_variant) break;
    std::optional<RequestBuilder> request;
    try {
      request = fixtures.make_request(query, variant, fixture);
    } catch (const Inconclusive& missing) {
      if (variant == 0 || !missing.not_meant) throw;
      continue;  // a form of the query that needs a row which this customer cannot have
    }
    ask(query, *request, out);
  }
  // A list of a range of days shows nothing of a day outside it.
  for (const Step& step : query.effects) {
    if (step.kind != Step::Kind::find || !step.find.between || !every_variant) continue;
    RequestBuilder request = fixtures.make_request(query, 0, fixture);
    const core::Field& last = query.request[step.find.to.field];
    const auto day = core::DateTime::parse_date(core::expand_relative_date(last.example, context_.session().now()));
    if (!day || step.find.from.op != core::Expr::Op::request) continue;
    const std::string after = core::quoted((*day + std::chrono::hours(24)).date_string());
    request.raw[step.find.from.field] = after;
    request.raw[step.find.to.field] = after;
    ask(query, request, out);
  }
  return out;
}

std::vector<Message> SideEffects::phantom_rows(const FixtureSet& phantom) {
  std::vector<Message> out;
  FixtureFactory& fixtures = context_.fixtures();
  for (const Interface& query : context_.spec().interfaces) {
    if (!fixtures.scope().has(query) || query.reply.empty()) continue;
    for (std::size_t variant = 0; variant < query.variants.size(); ++variant) {
      // A query by nothing but the key of the row that must not exist.
      std::vector<std::size_t> keys;
      for (const std::size_t field : query.variants[variant].fields)
        if (query.request[field].refers) keys.push_back(field);
      if (keys.size() != 1) continue;
      const auto key = phantom.find(*query.request[keys.front()].refers);
      if (key == phantom.end()) continue;
      FixtureSet only = {*key};
      const Sent sent = fixtures.send(fixtures.make_request(query, variant, only));
      if (sent.answered(context_.success()) && !sent.reply.rows(context_.spec().envelope).empty())
        out.push_back(msg<"case.finds-row-of-refused-request">(query.name, key->second));
    }
  }
  return out;
}

std::vector<Message> SideEffects::unexpected(FixtureSet& fixture, const FixtureSet& phantom) {
  std::vector<Message> out;
  const auto changed = changed_tables(context_.interface());
  if (changed.empty()) return out;
  for (const Interface& query : context_.spec().interfaces) {
    if (!context_.fixtures().scope().has(query) || query.reply.empty()) continue;
    // A query that changes something would cover up what it shows.
    if (!changed_tables(query).empty() || context_.interface().effect_is_unspecified(query)) continue;
    if (!share_a_table(changed, shown_tables(context_.spec(), query))) continue;
    for (Message& difference : query_and_diff(query, fixture, false).differences) out.push_back(msg<"case.through-query">(query.name, std::move(difference)));
  }
  for (Message& found : phantom_rows(phantom)) out.push_back(std::move(found));
  return out;
}

std::vector<Message> SideEffects::detect(FixtureSet& fixture, const FixtureSet& phantom) {
  std::vector<Message> found = unexpected(fixture, phantom);
  if (found.empty()) return found;
  // Rows that nothing was done to: where they look the same, the difference does not come from the requests at hand.
  FixtureSet untouched, unused;
  const auto changed = changed_tables(context_.interface());
  for (const auto& [table, key] : fixture) {
    const bool is_changed = std::find(changed.begin(), changed.end(), table) != changed.end();
    const bool is_same = context_.fixtures().get_or_create(untouched, table, true) == key;
    if (is_changed && is_same) throw Inconclusive{msg<"case.named-row-changed">(key, std::move(found.front()))};
  }
  for (const auto& [table, key] : phantom) unused[table] = context_.fixtures().unused_key();
  if (!unexpected(untouched, unused).empty()) found.clear();
  else context_.fixtures().give_back(untouched);
  return found;
}

void SideEffects::prepare(FixtureSet& fixture, FixtureSet& phantom) {
  phantom.clear();
  for (const core::Field& field : context_.interface().request)
    if (field.names) phantom[*field.names] = context_.fixtures().unused_key();
  for (const std::size_t table : changed_tables(context_.interface())) context_.fixtures().get_or_create(fixture, table, true);
}

std::pair<FixtureSet&, const FixtureSet&> SideEffects::shared_rows() {
  if (!prepared_) prepare(fixture_, phantom_);
  prepared_ = true;
  return {fixture_, phantom_};
}

void SideEffects::abandon_rows() {
  fixture_.clear();
  prepared_ = false;
  cases_.clear();
}

void SideEffects::verify() {
  if (!prepared_) return;
  try {
    const std::vector<Message> differences = detect(fixture_, phantom_);
    if (!differences.empty()) repeat_one_by_one(differences.back());
    else context_.fixtures().give_back(fixture_);
  } catch (const Inconclusive& missing) {
    make_inconclusive(msg<"case.side-effects-not-visible">(missing.why));
  }
  abandon_rows();
}

/// Something changed: the same requests once more, one at a time and each with rows of its own, to find out which did it. A reply that is lost on the
/// way makes that one case inconclusive.
void SideEffects::repeat_one_by_one(const Message& difference) {
  context_.session().progress(msg<"progress.looking-for-side-effect">(context_.interface().name));
  bool found = false;
  for (const NegativeCase* one : cases_) {
    CaseResult& result = context_.result_of(*one);
    try {
      const ExchangeLog::Recording recording(context_.session().exchange_log());
      FixtureSet alone, phantom;
      prepare(alone, phantom);
      Sent sent = one->send(context_, alone, phantom);
      const auto differences = unexpected(alone, phantom);
      if (differences.empty()) continue;
      found = true;
      result.verdict = Verdict::failed;
      result.expected = msg<"case.and-nothing-changed">(result.expected);
      result.reason = msg<"case.refused-but-changed">(differences.back());
      result.sent = std::move(sent);
      keep_for_record(*result.sent, context_.session().redactor());
      result.steps = recording.steps();
    } catch (const Inconclusive& missing) {
      result.verdict = Verdict::inconclusive;
      result.reason = msg<"case.side-effects-not-visible">(missing.why);
    }
  }
  // A request that was accepted against the specification has failed already, and explains the change.
  const bool accepted = std::any_of(context_.results().begin(), context_.results().end(), [&](const CaseResult& one) {
    return one.verdict == Verdict::failed && one.sent && one.sent->answered(context_.success());
  });
  if (!found && !accepted) make_inconclusive(msg<"case.side-effect-of-unknown-origin">(difference));
}

void SideEffects::make_inconclusive(const Message& why) {
  for (const NegativeCase* one : cases_) {
    CaseResult& result = context_.result_of(*one);
    result.verdict = Verdict::inconclusive;
    result.reason = why;
  }
}

}  // namespace meterproof::conformance
