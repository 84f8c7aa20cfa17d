// SPDX-License-Identifier: Apache-2.0
// FixtureFactory's requests whose connection ended before a byte of a reply: what became of them, by the queries that show their effects.
#include <algorithm>

#include "conformance/case.hpp"
#include "conformance/fixtures.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::msg;

Sent FixtureFactory::send(const RequestBuilder& request) {
  Sent sent = session_.send(*request.interface, request.body());
  if (sent.answered(session_.spec().success)) note_taken(*request.interface, sent.request.body);
  if (changed_tables(*request.interface).empty()) return sent;
  if (!sent.is_lost()) {
    if (!sent.reply.code) note_doubt(*request.interface, sent);
    return sent;
  }
  session_.note_doubtful(sent);
  std::string shown_by;
  const Fate fate = find_fate(request, shown_by);
  if (fate == Fate::carried_out) {
    sent.carried_out = true;
    (void)predict(request);
    sent.reply.problem = msg<"case.carried-out-unanswered">(std::move(sent.reply.problem), shown_by);
  }
  if (fate == Fate::unknown) note_doubt(*request.interface, sent);
  if (fate != Fate::not_carried_out) return sent;
  Sent again = session_.send(*request.interface, request.body());
  if (again.answered(session_.spec().success)) return again;
  // Where it is refused, the first one may have come through after all: that accuses nobody.
  note_doubt(*request.interface, sent);
  return sent;
}

void FixtureFactory::note_doubt(const Interface& interface, const Sent& sent) {
  const auto body = json::parse_json(sent.request.body);
  if (!body || body->kind != json::Json::Kind::object || changed_tables(interface).empty()) return;
  for (const core::Field& field : interface.request) {
    const auto table = field.names ? field.names : field.refers;
    const json::Json* key = table ? body->get(field.name) : nullptr;
    if (key != nullptr) doubts_.try_emplace({*table, key->text}, msg<"case.no-reply-from">(interface.name, sent.reply.problem));
  }
}

/// Of a row, or of one that it refers to.
i18n::Message FixtureFactory::doubt_of_row(std::size_t table, const std::string& key) const {
  if (const auto found = doubts_.find({table, key}); found != doubts_.end()) return found->second;
  const store::Table& rows = model_.tables()[table];
  const auto row = rows.find(key);
  const auto& columns = session_.spec().tables[table].columns;
  for (std::size_t column = 0; row && column < columns.size(); ++column) {
    if (!columns[column].refers) continue;
    const auto found = doubts_.find({*columns[column].refers, rows.cell(*row, column).to_string()});
    if (found != doubts_.end()) return found->second;
  }
  return {};
}

void FixtureFactory::note_carried_out(const Interface& interface, const Sent& sent) {
  if (changed_tables(interface).empty() || !read(sent.request.body, interface)) return;
  store::ResultSet unused;
  model_.apply(
      request_, session_.now(), [this](std::string_view id) { return session_.spec().default_interpretation(id); }, unused);
}

i18n::Message FixtureFactory::doubt_about(const std::string& path, const std::string& body) const {
  if (doubts_.empty()) return {};
  const auto request = json::parse_json(body);
  if (!request || request->kind != json::Json::Kind::object) return {};
  const auto& tables = session_.spec().tables;
  for (const Interface& interface : session_.spec().interfaces) {
    if (interface.path != path) continue;
    for (const core::Field& field : interface.request) {
      const auto table = field.names ? field.names : field.refers;
      const json::Json* key = table ? request->get(field.name) : nullptr;
      if (key == nullptr) continue;
      if (i18n::Message why = doubt_of_row(*table, key->text); !why.empty()) return why;
      for (std::size_t of = 0; of < tables.size(); ++of) {  // what belongs to that row is shown with it
        const auto column = tables[of].refers_to(*table);
        if (!column) continue;
        for (const store::RowNumber row : model_.tables()[of].find_by(*column, key->text))
          if (i18n::Message why = doubt_of_row(of, model_.tables()[of].cell(row, tables[of].key).to_string()); !why.empty()) return why;
      }
    }
  }
  return {};
}

/// Queries by nothing but rows of the request, one of each interface that shows what the request changes.
std::vector<RequestBuilder> FixtureFactory::queries_about(const RequestBuilder& request) {
  FixtureSet keys;
  take_names(request, keys);  // of rows of one table, the new one shows most
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const auto table = request.interface->request[i].refers;
    const auto key = table && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
    if (key) keys.emplace(*table, key->text);
  }
  std::vector<RequestBuilder> out;
  for (const Interface& query : session_.spec().interfaces) {
    if (!shows_effect_of(session_.spec(), scope(), *request.interface, query)) continue;
    const auto is_at_hand = [&](std::size_t field) {
      const core::Field& about = query.request[field];
      return !about.names && !about.fresh && (!about.refers || keys.count(*about.refers) > 0);
    };
    const auto usable = std::find_if(query.variants.begin(), query.variants.end(),
                                     [&](const core::Variant& variant) { return std::all_of(variant.fields.begin(), variant.fields.end(), is_at_hand); });
    if (usable != query.variants.end()) out.push_back(make_request(query, *usable, keys));
  }
  return out;
}

/// Whether the answer is what the query must show by that model.
bool FixtureFactory::shows(const RequestBuilder& query, const Sent& answer, store::DataStore& model) {
  const Prediction expected = predict_refusal(query, model);
  if (expected.row != nullptr) return answer.answered(expected.row->code) || has(expected.rule->also_accepted, answer.reply.code);
  if (!answer.answered(session_.spec().success)) return false;
  const store::ResultSet implied = predict(query, model);
  const auto rows = answer.reply.rows(session_.spec().envelope);
  return shows_nothing_yet(rows, implied) || differences(*query.interface, rows, implied).empty();
}

/// By every query that tells the two apart; they must agree. What is not shown yet is waited for, as long as --effect-timeout allows.
FixtureFactory::Fate FixtureFactory::find_fate(const RequestBuilder& request, std::string& shown_by) {
  const auto is_stated = [&](const RequestBuilder& one, const store::DataStore& model) {
    const Prediction expected = predict_refusal(one, model);
    return expected.question == nullptr && expected.suits;
  };
  if (!is_stated(request, model_) || predict_refusal(request).row != nullptr) return Fate::unknown;
  store::DataStore after = model_;
  if (!predict(request, after).failure.why.zh.empty()) return Fate::unknown;
  const auto deadline = session_.clock() + options_.effect_timeout;
  constexpr std::chrono::milliseconds pause(250);
  bool is_absent = false;
  for (const RequestBuilder& query : queries_about(request)) {
    if (!is_stated(query, model_) || !is_stated(query, after)) continue;
    for (;;) {
      const Sent answer = session_.send(*query.interface, query.body());
      if (answer.no_reply()) return Fate::unknown;
      const bool before_is_shown = shows(query, answer, model_), after_is_shown = shows(query, answer, after);
      if (before_is_shown && after_is_shown) break;  // this query does not tell
      if (after_is_shown) {
        shown_by = query.interface->name;
        if (is_absent) return Fate::unknown;
        break;
      }
      if (!before_is_shown || !shown_by.empty()) return Fate::unknown;
      if (session_.clock() >= deadline) {
        is_absent = true;
        break;
      }
      session_.sleep(pause);
    }
  }
  return !shown_by.empty() ? Fate::carried_out : is_absent ? Fate::not_carried_out : Fate::unknown;
}

}  // namespace meterproof::conformance
