// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/decimal/binary_noise.hpp"
#include "core/model/request.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "core/time/datetime.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::conformance {

using core::Decimal;
using core::Field;
using i18n::msg;
using json::Json;
using store::CellValue;

std::vector<const Json*> Reply::rows(const core::Envelope& envelope) const { return json ? json::rows_of(*json, envelope) : std::vector<const Json*>(); }

Reply read_reply(const net::Exchange& exchange, const core::Spec& spec) {
  Reply reply;
  if (exchange.transport != net::TransportResult::replied) {
    reply.problem = reports::to_message(exchange.transport, exchange.detail);
    return reply;
  }
  const std::string coding = exchange.coding();
  json::ReplyReading reading = json::read_reply(exchange.body, {exchange.status, exchange.location(), coding, exchange.header("Content-Type")}, spec);
  reply.problem = std::move(reading.problem);
  reply.json = std::move(reading.json);
  reply.names_code = reply.member(spec.envelope.code) != nullptr;
  reply.code = reading.code;
  reply.irregularities = std::move(reading.irregularities);
  return reply;
}

i18n::Message shown(const Json* value) {
  constexpr std::size_t enough = 60;
  if (value == nullptr) return msg<"reply.absent">();
  switch (value->kind) {
    case Json::Kind::null: return i18n::verbatim("null");
    case Json::Kind::text: {
      const std::string text = core::quoted(core::truncate_utf8(value->text, enough));
      return i18n::verbatim(value->text.size() > enough ? text + "…" : text);
    }
    case Json::Kind::boolean:
    case Json::Kind::number: return i18n::verbatim(std::string(core::truncate_utf8(value->text, enough)));
    case Json::Kind::array:
    case Json::Kind::object: return json::kind_of(*value);
  }
  return {};
}

namespace {

i18n::Message form_of(const Field& field) {
  switch (field.type) {
    case core::Type::integer: return i18n::verbatim("Int");
    case core::Type::decimal: return i18n::verbatim("Decimal");
    case core::Type::text: break;
  }
  if (field.format == core::Format::date) return i18n::verbatim("String yyyy-MM-dd");
  if (field.format == core::Format::datetime) return i18n::verbatim("String yyyy-MM-dd HH:mm:ss");
  return i18n::verbatim("String");
}

std::optional<double> as_double(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

/// Type, format and vocabulary.
Finding judge_form(const Field& field, const Json& value) {
  using Grade = Finding::Grade;
  const bool scalar = value.kind == Json::Kind::text || value.kind == Json::Kind::number;
  if (!scalar) return {Grade::wrong, form_of(field), shown(&value)};
  Grade grade = Grade::good;
  if (field.type == core::Type::text) {
    if (value.kind == Json::Kind::number) grade = Grade::unusual;
    if (field.format == core::Format::datetime && !core::DateTime::parse(value.text)) return {Grade::wrong, form_of(field), shown(&value)};
    if (field.format == core::Format::date && !core::DateTime::parse_date(value.text)) return {Grade::wrong, form_of(field), shown(&value)};
  } else {
    if (value.kind == Json::Kind::text) grade = Grade::unusual;
    const std::string_view text = core::trimmed(value.text);
    if (field.type == core::Type::decimal && core::has_binary_noise(text))
      return {Grade::unusual, form_of(field), shown(&value), true, msg<"reply.binary-noise">()};
    const auto number = Decimal::parse(text);
    if (!number || (field.type == core::Type::integer && !number->as_integer())) return {Grade::wrong, form_of(field), shown(&value)};
  }
  if (!field.values.empty()) {
    core::Value as_value{value.kind == Json::Kind::number ? core::Value::Kind::number : core::Value::Kind::text, value.text};
    const bool listed = std::any_of(field.values.begin(), field.values.end(), [&](const core::Choice& choice) { return as_value.is(choice.value); });
    core::LocalizedText vocabulary;
    for (const core::Choice& choice : field.values) {
      vocabulary.zh += (vocabulary.zh.empty() ? "" : "、") + choice.value + " " + choice.label.zh;
      vocabulary.en += (vocabulary.en.empty() ? "" : ", ") + choice.value + " " + choice.label.en;
    }
    if (!listed) return {Grade::wrong, msg<"reply.one-of">(vocabulary), shown(&value)};
  }
  return {grade, form_of(field), shown(&value)};
}

bool same(const Field& field, const Json& value, const CellValue& implied) {
  if (field.type == core::Type::text) return value.text == implied.to_string();
  const std::string_view text = core::trimmed(value.text);
  const auto number = Decimal::parse(text);
  const auto wanted = implied.kind == CellValue::Kind::number ? implied.number : Decimal::parse(implied.text);
  if (number && wanted && *number == *wanted) return true;
  if (!wanted || field.type != core::Type::decimal || !core::has_binary_noise(text)) return false;
  // The noise of a few additions of doubles is far below the smallest unit of money, and far above it lies every wrong amount.
  constexpr double relative_noise = 1e-9;
  const auto shown_value = as_double(text), implied_value = as_double(wanted->to_string());
  return shown_value && implied_value && std::abs(*shown_value - *implied_value) <= relative_noise * std::max(1.0, std::abs(*implied_value));
}

}  // namespace

Finding judge_field(const Field& field, const Json* value, const CellValue* implied) {
  using Grade = Finding::Grade;
  const bool must_be_there = implied != nullptr && !implied->none() && implied->determinacy != store::Determinacy::optional;
  const bool value_is_known = must_be_there && implied->determinacy == store::Determinacy::determined;
  if (value == nullptr || value->kind == Json::Kind::null) {
    // An absent value may stand for zero: a meter without a reading or money yet.
    const bool zero = value_is_known && implied->kind == CellValue::Kind::number && implied->number == core::Decimal();
    if (zero) return {Grade::unusual, i18n::verbatim(implied->to_string()), shown(value), false};
    const i18n::Message expected = value_is_known ? i18n::verbatim(implied->to_string()) : form_of(field);
    return {must_be_there ? Grade::wrong : value == nullptr ? Grade::unusual : Grade::good, expected, shown(value), false};
  }
  // "" is as good as null, where nothing is known of the value.
  if (!must_be_there && value->kind == Json::Kind::text && value->text.empty()) return {Grade::good, form_of(field), shown(value)};
  Finding form = judge_form(field, *value);
  if (form.grade == Grade::wrong || !value_is_known) return form;
  if (!same(field, *value, *implied)) return {Grade::wrong, i18n::verbatim(implied->to_string()), shown(value)};
  return form;
}

const Json* most_alike(const core::Interface& interface, const std::vector<const Json*>& rows, const store::ResultSet& implied, std::size_t row) {
  const Json* best = nullptr;
  int best_score = -1;
  for (const Json* candidate : rows) {
    int score = 0;
    for (std::size_t i = 0; i < interface.reply.size(); ++i) {
      const CellValue cell = implied.cell(row, i);
      const Json* value = candidate->get(interface.reply[i].name);
      if (value != nullptr && !cell.none() && cell.determinacy == store::Determinacy::determined && same(interface.reply[i], *value, cell)) ++score;
    }
    if (score > best_score) {
      best = candidate;
      best_score = score;
    }
  }
  return best;
}

std::vector<i18n::Message> differences(const core::Interface& interface, const std::vector<const Json*>& rows, const store::ResultSet& implied) {
  std::vector<i18n::Message> out;
  if (!implied.has_rows) return out;
  const std::size_t least = implied.rows() - implied.uncertain;
  const bool too_many = rows.size() > implied.rows() + implied.not_preferred && !implied.has_others;
  if (rows.size() < least || too_many) out.push_back(msg<"reply.row-count">(rows.size(), implied.rows()));
  std::vector<const Json*> left = rows;
  for (std::size_t row = 0; row < implied.rows(); ++row) {
    const Json* found = most_alike(interface, left, implied, row);
    if (found == nullptr) break;
    left.erase(std::find(left.begin(), left.end(), found));
    for (std::size_t i = 0; i < interface.reply.size(); ++i) {
      const CellValue cell = implied.cell(row, i);
      const Finding finding = judge_field(interface.reply[i], found->get(interface.reply[i].name), &cell);
      if (finding.grade == Finding::Grade::wrong) out.push_back(msg<"reply.field-differs">(interface.reply[i].name, finding.observed, finding.expected));
    }
  }
  return out;
}

}  // namespace meterproof::conformance
