// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/row_series.hpp"

#include <algorithm>
#include <chrono>

#include "conformance/exchange_record.hpp"
#include "conformance/patience.hpp"
#include "conformance/row_look.hpp"
#include "core/json/json.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using i18n::msg;

Sent ask_until(CaseContext& context, const RequestBuilder& query, const std::function<bool(const Sent&)>& is_as_wanted, bool is_due) {
  TargetSession& session = context.session();
  const auto ask = [&] {
    Sent sent = context.fixtures().send(query);
    if (sent.no_reply()) throw Inconclusive{msg<"case.no-reply-from">(query.interface->name, sent.reply.problem)};
    return sent;
  };
  if (is_due) {
    Patience patience(session, context.options().effect_timeout, *query.interface, context.interface());
    for (;;) {
      Sent sent = ask();
      if (is_as_wanted(sent)) return sent;
      const bool no_row_yet = sent.answered(context.success()) && sent.reply.rows(context.spec().envelope).empty();
      patience.wait_for(no_row_yet ? Patience::For::first_row : Patience::For::what_is_due);
      if (!patience.again()) return sent;
    }
  }
  const auto deadline = session.clock() + context.options().effect_timeout;
  constexpr std::chrono::milliseconds first_pause(250), longest_pause(1000);
  for (std::chrono::milliseconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    Sent sent = ask();
    if (is_as_wanted(sent) || session.clock() >= deadline) return sent;
    session.sleep(pause);
  }
}

std::string shown_word(const core::Spec& spec, const ShownOrders& orders, const Sent& sent) {
  const auto rows = sent.reply.rows(spec.envelope);
  const bool is_one = rows.size() == 1 && sent.answered(spec.success);
  return is_one ? scalar_of(*rows.front(), orders.query->reply[orders.shown].name) : std::string();
}

std::string look_at_word(CaseContext& context, const ShownOrders& orders, const RequestBuilder& query, const std::function<bool(const std::string&)>& is_wanted,
                         bool is_due, CaseResult& out) {
  const auto is_refused = [&](const Sent& sent) { return !sent.answered(context.success()); };
  const auto has_row = [&](const Sent& sent) { return !sent.reply.rows(context.spec().envelope).empty(); };
  const auto is_as_wanted = [&](const Sent& sent) { return is_refused(sent) || (has_row(sent) && is_wanted(shown_word(context.spec(), orders, sent))); };
  Sent sent = ask_until(context, query, is_as_wanted, is_due);
  if (is_refused(sent) || !has_row(sent)) throw Inconclusive{msg<"case.shows-nothing-yet">(orders.query->name)};
  std::string word = shown_word(context.spec(), orders, sent);
  out.sent = std::move(sent);
  return word;
}

std::map<std::string, const json::Json*> rows_by(const Sent& sent, const core::Envelope& envelope, const std::string& field) {
  std::map<std::string, const json::Json*> out;
  for (const json::Json* row : sent.reply.rows(envelope))
    if (const json::Json* value = row->get(field)) out.emplace(value->text, row);
  return out;
}

std::map<std::string, std::size_t> rows_by(const store::ResultSet& implied, std::size_t field) {
  std::map<std::string, std::size_t> out;
  for (std::size_t row = 0; row < implied.rows(); ++row) out.emplace(implied.cell(row, field).to_string(), row);
  return out;
}

store::ResultSet only_field(const Interface& query, std::size_t field, const store::CellValue& cell) {
  store::ResultSet out;
  out.has_rows = true;
  out.width = query.reply.size();
  for (std::size_t i = 0; i < out.width; ++i) out.append(i == field ? cell : store::CellValue());
  return out;
}

i18n::Message field_difference(const Interface& query, const json::Json& row, std::size_t field, const store::CellValue& cell) {
  std::vector<i18n::Message> found = differences(query, {&row}, only_field(query, field, cell));
  return found.empty() ? i18n::Message() : std::move(found.front());
}

std::string text_in(const RequestBuilder& request, std::size_t field) {
  const auto json = request.raw[field] ? json::parse_json(*request.raw[field]) : std::nullopt;
  return json ? json->text : std::string();
}

RequestBuilder list_request(CaseContext& context, const ListedRows& listed, FixtureSet& fixture, const std::string& first_day, const std::string& last_day) {
  const Interface& query = *listed.query;
  RequestBuilder out = context.fixtures().make_request(query, listed.by_owner, fixture);
  if (listed.first_day && !first_day.empty()) out.raw[*listed.first_day] = raw_value(query.request[*listed.first_day], first_day);
  if (listed.last_day && !last_day.empty()) out.raw[*listed.last_day] = raw_value(query.request[*listed.last_day], last_day);
  return out;
}

std::optional<RequestBuilder> name_request(CaseContext& context, const ListedRows& listed, const std::string& name) {
  if (!listed.by_name) return std::nullopt;
  FixtureSet only = {{listed.table, name}};
  return context.fixtures().make_request(*listed.query, *listed.by_name, only);
}

SumLook look_at_sum(CaseContext& context, const ShownValue& shown, FixtureSet& fixture) {
  const Interface& query = *shown.query;
  const core::Envelope& envelope = context.spec().envelope;
  const RequestBuilder request = context.fixtures().make_request(query, 0, fixture);
  const store::ResultSet implied = context.fixtures().predict(request);
  SumLook out;
  const bool is_known = context.fixtures().predict_refusal(request).suits && implied.rows() == 1 && !implied.cell(0, shown.field).none() &&
                        implied.cell(0, shown.field).determinacy == store::Determinacy::determined;
  if (!is_known) return out;
  const store::CellValue cell = implied.cell(0, shown.field);
  out.expected = cell.to_string();
  const auto difference = [&](const Sent& sent) {
    const auto rows = sent.reply.rows(envelope);
    const json::Json* row = most_alike(query, rows, implied, 0);
    return row == nullptr ? msg<"case.row-not-shown">(query.name) : field_difference(query, *row, shown.field, cell);
  };
  const auto is_refused = [&](const Sent& sent) { return !sent.answered(context.success()); };
  out.sent = ask_until(context, request, [&](const Sent& sent) { return is_refused(sent) || difference(sent).empty(); });
  if (is_refused(out.sent) || shows_nothing_yet(out.sent.reply.rows(envelope), implied)) return out;
  out.observed = difference(out.sent);
  if (!out.observed.empty() && !why_sum_waits(context.fixtures(), request, shown.field).empty()) return out;  // it is not known yet
  out.is_right = out.observed.empty();
  keep_for_record(out.sent, context.session().redactor());
  return out;
}

}  // namespace meterproof::conformance
