// SPDX-License-Identifier: Apache-2.0
#include "conformance/row_look.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "conformance/case.hpp"
#include "conformance/cases/shown_values.hpp"
#include "conformance/change_trial.hpp"
#include "conformance/expected_rows.hpp"
#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using core::Interface;
using core::RequestBuilder;
using core::Spec;
using core::Step;
using i18n::msg;
using json::Json;

namespace {

bool any_of_them(const std::vector<TableCell>& a, const std::vector<TableCell>& b) {
  return std::any_of(a.begin(), a.end(), [&](const TableCell& one) { return std::find(b.begin(), b.end(), one) != b.end(); });
}

/// What the row's field must be, and nothing of the others.
store::ResultSet with_field_alone(const Interface& query, std::size_t field, const store::CellValue& cell) {
  store::ResultSet out;
  out.has_rows = true;
  out.width = query.reply.size();
  for (std::size_t i = 0; i < out.width; ++i) out.append(i == field ? cell : store::CellValue());
  return out;
}

bool has_named_insert(const Interface& interface, std::size_t table) {
  return std::any_of(interface.effects.begin(), interface.effects.end(),
                     [&](const Step& step) { return step.kind == Step::Kind::insert && step.insert.table == table; });
}

}  // namespace

std::string scalar_of(const json::Json& row, const std::string& name) {
  const json::Json* value = row.get(name);
  return value != nullptr && (value->kind == json::Json::Kind::text || value->kind == json::Json::Kind::number) ? value->text : std::string();
}

std::vector<i18n::Message> texts_of(const std::vector<FieldDifference>& all) {
  std::vector<i18n::Message> out;
  out.reserve(all.size());
  for (const FieldDifference& one : all) out.push_back(one.what);
  return out;
}

std::optional<std::size_t> moment_field(const Spec& spec, const Interface& query) {
  const core::Rows* rows = rows_of(query);
  const auto moment = rows != nullptr && rows->certain_if ? cell_of(spec, query, *rows->certain_if) : std::nullopt;
  for (std::size_t i = 0; moment && i < rows->fields.size(); ++i)
    if (cell_of(spec, query, rows->fields[i]) == moment) return i;
  return std::nullopt;
}

std::optional<std::size_t> key_field(const Spec& spec, const Interface& query) {
  const core::Rows* rows = rows_of(query);
  std::vector<std::size_t> tables;
  for (const Step& step : query.effects)
    if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
  for (std::size_t i = 0; rows != nullptr && i < rows->fields.size(); ++i) {
    const std::size_t table = tables[rows->row];
    if (cell_of(spec, query, rows->fields[i]) == TableCell{table, spec.tables[table].key}) return i;
  }
  return std::nullopt;
}

std::vector<FieldDifference> field_differences(const Spec& spec, const Interface& query, const std::vector<const Json*>& rows,
                                               const store::ResultSet& implied) {
  std::vector<FieldDifference> out;
  if (differences(query, rows, implied).empty()) return out;
  store::ResultSet count;  // as many rows, of which nothing is known
  count.has_rows = implied.has_rows;
  count.width = implied.width;
  count.uncertain = implied.uncertain;
  count.not_preferred = implied.not_preferred;
  count.has_others = implied.has_others;
  for (std::size_t i = 0; i < implied.rows() * implied.width; ++i) count.append(store::CellValue());
  for (i18n::Message& one : differences(query, rows, count)) out.push_back({std::nullopt, std::move(one)});
  const auto key = key_field(spec, query);
  std::vector<const Json*> left = rows;
  for (std::size_t row = 0; row < implied.rows(); ++row) {
    const Json* found = most_alike(query, left, implied, row);
    if (found == nullptr) break;
    left.erase(std::find(left.begin(), left.end(), found));
    for (std::size_t i = 0; i < query.reply.size(); ++i)
      for (i18n::Message& one : differences(query, {found}, with_field_alone(query, i, implied.cell(row, i))))
        out.push_back({i, std::move(one), key ? scalar_of(*found, query.reply[*key].name) : std::string()});
  }
  return out;
}

const Json* row_with(const Sent& sent, const core::Envelope& envelope, const std::string& field, const std::string& text) {
  for (const Json* row : sent.reply.rows(envelope)) {
    const Json* value = row->get(field);
    if (value != nullptr && value->text == text) return row;
  }
  return nullptr;
}

i18n::Message why_sum_waits(FixtureFactory& fixtures, const RequestBuilder& request, std::size_t field) {
  const Spec& spec = fixtures.session().spec();
  const core::Rows* rows = rows_of(*request.interface);
  if (rows == nullptr) return {};
  const std::vector<TableCell> read = cells_of(spec, *request.interface, rows->fields[field]);
  FixtureSet keys;
  for (std::size_t i = 0; i < request.raw.size(); ++i) {
    const auto table = request.interface->request[i].refers;
    const auto key = table && request.raw[i] ? json::parse_json(*request.raw[i]) : std::nullopt;
    if (key) keys[*table] = key->text;
  }
  for (const Interface& list : spec.interfaces) {
    const core::Rows* listed = may_show(fixtures.scope(), list, list) ? rows_of(list) : nullptr;
    for (std::size_t i = 0; listed != nullptr && i < listed->fields.size(); ++i) {
      const auto outcome = list.reply[i].not_done.empty() ? std::nullopt : cell_of(spec, list, listed->fields[i]);
      const bool adds = outcome && std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& one) {
                          return has_named_insert(one, outcome->table) && any_of_them(updated_cells(one, false), read);
                        });
      if (!adds) continue;
      const auto is_at_hand = [&](std::size_t at) { return !list.request[at].refers || keys.contains(*list.request[at].refers); };
      const auto form = std::find_if(list.variants.begin(), list.variants.end(),
                                     [&](const core::Variant& one) { return std::all_of(one.fields.begin(), one.fields.end(), is_at_hand); });
      if (form == list.variants.end()) continue;
      const Sent sent = fixtures.send(fixtures.make_request(list, *form, keys));
      const auto shown = sent.reply.rows(spec.envelope);
      const auto& not_done = list.reply[i].not_done;
      const bool waits = sent.answered(spec.success) && std::any_of(shown.begin(), shown.end(), [&](const Json* row) {
                           return std::find(not_done.begin(), not_done.end(), scalar_of(*row, list.reply[i].name)) != not_done.end();
                         });
      return waits ? msg<"case.payment-waits">(list.name) : i18n::Message();
    }
  }
  return {};
}

RowLook RowLooker::look(const RequestBuilder& request) { return look(request, std::nullopt, std::nullopt, true); }

RowLook RowLooker::look(const RequestBuilder& request, Sent first, const store::ResultSet& implied, bool again) {
  return look(request, std::optional(std::move(first)), implied, again);
}

RowLook RowLooker::look(const RequestBuilder& request, std::optional<Sent> first, std::optional<store::ResultSet> implied, bool again) {
  TargetSession& session = fixtures_.session();
  const Interface& query = *request.interface;
  const core::Code success = session.spec().success;
  const bool suits = fixtures_.predict_refusal(request).suits;
  Patience patience(session, timeout_, query, about_);
  RowLook out;
  do {
    out = {};
    out.sent = first ? *std::exchange(first, std::nullopt) : fixtures_.send(request);
    if (out.sent.no_reply()) return out;
    const bool succeeded = out.sent.answered(success);
    if (fixtures_.is_disputed(request, out.sent)) {
      out.disputed = true;
      return out;
    }
    if (!suits && (!succeeded || out.sent.reply.rows(session.spec().envelope).empty())) {
      out.hidden = true;  // the specification does not mean this query for such a row
      return out;
    }
    if (!succeeded) {
      out.found.push_back({std::nullopt, msg<"case.query-answers">(query.name, code_of(out.sent))});
    } else {
      // A query that changes something has done so only once it succeeded.
      if (!implied) implied = fixtures_.predict(request);
      session.exchange_log().expect(out.sent.request, expected_rows(query, *implied));
      compare(request, *implied, out);
    }
    patience.wait_for(out.hidden ? Patience::For::first_row : Patience::For::what_is_due);
  } while ((out.hidden || !out.found.empty()) && again && patience.again());
  if (implied && !out.hidden) note_shown_at_once(query, *implied, out);
  if (!out.found.empty()) leave_out_what_waits(request, out);
  return out;
}

void RowLooker::compare(const RequestBuilder& request, const store::ResultSet& implied, RowLook& out) {
  const Spec& spec = fixtures_.session().spec();
  const auto rows = out.sent.reply.rows(spec.envelope);
  if (rows.empty() && implied.has_rows) {
    const Json* list = out.sent.reply.member(spec.envelope.rows);
    fixtures_.session().observe("no-rows", list == nullptr ? "absent" : list->kind == Json::Kind::null ? "null" : "empty");
  }
  out.hidden = shows_nothing_yet(rows, implied);
  out.found = field_differences(spec, *request.interface, rows, implied);
  add_what_is_less(*request.interface, rows, out);
}

void RowLooker::add_what_is_less(const Interface& query, const std::vector<const Json*>& rows, RowLook& out) const {
  if (rows.size() != 1) return;
  const auto key = key_field(fixtures_.session().spec(), query);
  for (const auto& [field, least] : least_) {
    const std::string& name = query.reply[field].name;
    const bool is_known_wrong = std::any_of(out.found.begin(), out.found.end(), [at = field](const FieldDifference& one) { return one.field == at; });
    const auto shown = core::Decimal::parse(scalar_of(*rows.front(), name));
    if (is_known_wrong || !shown || !(*shown < least)) continue;
    out.found.push_back({field, msg<"reply.less-than">(name, i18n::verbatim(shown->to_string()), i18n::verbatim(least.to_string())),
                         key ? scalar_of(*rows.front(), query.reply[*key].name) : std::string()});
  }
}

/// What waits by the specification's own words is no difference: a sum to which a payment adds that is not carried out, and what is shown with a reading that
/// was taken before.
void RowLooker::leave_out_what_waits(const RequestBuilder& request, RowLook& out) {
  i18n::Message why;
  const auto waits = [&](const FieldDifference& one) {
    if (!one.field) return false;
    if (i18n::Message waiting = why_sum_waits(fixtures_, request, *one.field); !waiting.empty()) {
      why = std::move(waiting);
      return true;
    }
    const Interface& query = *request.interface;
    if (changed_since_reading(query, *one.field, one.key, out).empty()) return false;
    // A field that shows one kind of change at once does not wait for readings.
    const std::vector<TableCell> read = cells_of(fixtures_.session().spec(), query, rows_of(query)->fields[*one.field]);
    if (std::any_of(read.begin(), read.end(), [&](const TableCell& cell) { return shows_change_at_once(fixtures_, timeout_, query, cell); })) return false;
    why = msg<"case.shows-earlier-reading">(query.name);
    return true;
  };
  std::erase_if(out.found, waits);
  if (!out.found.empty()) return;
  out.hidden = true;
  out.why_hidden = std::move(why);
}

std::vector<TableCell> RowLooker::changed_since_reading(const Interface& query, std::size_t field, const std::string& key, const RowLook& look) const {
  const Spec& spec = fixtures_.session().spec();
  const core::Rows* rows = rows_of(query);
  const auto moment = moment_field(spec, query), shows_key = key_field(spec, query);
  if (!moment || !shows_key || key.empty()) return {};
  const Json* row = row_with(look.sent, spec.envelope, query.reply[*shows_key].name, key);
  const auto taken = row == nullptr ? std::nullopt : core::DateTime::parse(scalar_of(*row, query.reply[*moment].name));
  if (!taken) return {};
  std::vector<TableCell> out = cells_of(spec, query, rows->fields[field]);
  // A sum follows from what was paid: whether it may wait, its payments say.
  const bool is_sum =
      std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& other) { return any_of_them(updated_cells(other, true), out); });
  if (is_sum) return {};
  // A change that came with a reading of its own is shown with that reading.
  const auto moment_cell = cell_of(spec, query, rows->fields[*moment]), key_cell = cell_of(spec, query, rows->fields[*shows_key]);
  const auto changed_at = [&](const TableCell& cell) { return fixtures_.changed_at(cell, key_cell->table, key); };
  const auto read_at = moment_cell ? changed_at(*moment_cell) : std::nullopt;
  std::erase_if(out, [&](const TableCell& cell) {
    const auto changed = changed_at(cell);
    return !changed || *taken > *changed || (read_at && *read_at >= *changed);  // in one second: nobody knows which was first
  });
  return out;
}

/// Where a row shows another value than before with the same reading, what changed it does not wait for readings.
void RowLooker::note_shown_at_once(const Interface& query, const store::ResultSet& implied, const RowLook& look) {
  const Spec& spec = fixtures_.session().spec();
  const auto moment = moment_field(spec, query), shows_key = key_field(spec, query);
  if (!moment || !shows_key) return;
  for (std::size_t row = 0; row < implied.rows(); ++row) {
    const std::string key = implied.cell(row, *shows_key).to_string();
    const Json* shown = row_with(look.sent, spec.envelope, query.reply[*shows_key].name, key);
    for (std::size_t i = 0; shown != nullptr && i < query.reply.size(); ++i) {
      const std::string value = scalar_of(*shown, query.reply[i].name);
      const auto before = fixtures_.note_shown(query, key, i, scalar_of(*shown, query.reply[*moment].name), value);
      const store::CellValue cell = implied.cell(row, i);
      const bool is_known = !cell.none() && cell.determinacy == store::Determinacy::determined;
      const bool is_wrong = std::any_of(look.found.begin(), look.found.end(), [&](const FieldDifference& one) { return one.field == i && one.key == key; });
      if (!before || *before == value || !is_known || is_wrong) continue;
      for (const TableCell& changed : changed_since_reading(query, i, key, look)) fixtures_.session().note_shown_at_once(changed);
    }
  }
}

OwnChanges::OwnChanges(const Spec& spec, const Interface& query) : query_(query), moment_(moment_field(spec, query)), of_reading_(query.reply.size(), false) {
  const core::Rows* rows = rows_of(query);
  if (!moment_ || rows == nullptr) return;
  const auto moment = cell_of(spec, query, rows->fields[*moment_]);
  std::vector<TableCell> reading;
  for (const Interface& one : spec.interfaces) {
    const std::vector<TableCell> cells = updated_cells(one, false);
    if (std::find(cells.begin(), cells.end(), *moment) == cells.end()) continue;
    reading.insert(reading.end(), cells.begin(), cells.end());
    std::vector<std::size_t> tables;
    for (const Step& step : one.effects) {
      if (step.kind == Step::Kind::find) tables.push_back(step.find.table);
      if (step.kind != Step::Kind::charge) continue;
      for (const std::size_t column : {step.charge.reading_column, step.charge.volume, step.charge.cycle, step.charge.balance})
        reading.push_back({tables[step.charge.row], column});
    }
  }
  for (std::size_t i = 0; i < rows->fields.size(); ++i) of_reading_[i] = any_of_them(cells_of(spec, query, rows->fields[i]), reading);
}

std::vector<FieldDifference> OwnChanges::changes(const Json& before, const Json& after) const {
  std::vector<FieldDifference> out;
  const bool newer = moment_ && scalar_of(before, query_.reply[*moment_].name) != scalar_of(after, query_.reply[*moment_].name);
  for (std::size_t i = 0; i < query_.reply.size(); ++i) {
    const core::Field& field = query_.reply[i];
    if (newer && of_reading_[i]) continue;
    const Json *was = before.get(field.name), *is = after.get(field.name);
    // Absent and null are the same: nothing was given.
    const bool had = was != nullptr && was->kind != Json::Kind::null, has = is != nullptr && is->kind != Json::Kind::null;
    if (!had && !has) continue;
    const auto number = [&](const Json* value) {
      return value != nullptr && value->kind == Json::Kind::number ? core::Decimal::parse(value->text) : std::nullopt;
    };
    const auto old_number = number(was), new_number = number(is);
    const bool same = had && has && was->kind == is->kind && (old_number && new_number ? *old_number == *new_number : was->text == is->text);
    if (same) continue;
    const bool settled = had && std::find(field.not_done.begin(), field.not_done.end(), was->text) != field.not_done.end();
    if (settled) continue;
    out.push_back({i, msg<"case.field-was">(field.name, shown(is), shown(was)), {}});
  }
  return out;
}

}  // namespace meterproof::conformance
