// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "conformance/spec_queries.hpp"
#include "core/decimal/binary_noise.hpp"
#include "core/model/request.hpp"
#include "core/text/encoding_guess.hpp"
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

/// What of a value's form is not as printed.
enum class FormFault { none, type, fraction, format, vocabulary, spelling, noise };

bool is_listed(const Field& field, const Json& value) {
  const core::Value as_value{value.kind == Json::Kind::number ? core::Value::Kind::number : core::Value::Kind::text, value.text};
  return std::any_of(field.values.begin(), field.values.end(), [&](const core::Choice& choice) { return as_value.is(choice.value); });
}

/// Digits, perhaps behind a minus. It may have more of them than a Decimal.
bool is_plain_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && text != "-0" && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

FormFault form_fault(const Field& field, const Json& value) {
  const bool text = field.type == core::Type::text;
  if (value.kind != (text ? Json::Kind::text : Json::Kind::number)) return FormFault::type;
  FormFault unusual = FormFault::none;
  if (text) {
    if (field.format == core::Format::datetime && !core::DateTime::parse(value.text)) return FormFault::format;
    if (field.format == core::Format::date && !core::DateTime::parse_date(value.text)) return FormFault::format;
  } else if (field.type == core::Type::integer && !is_plain_integer(value.text)) {
    const auto number = Decimal::parse(value.text);
    if (!number || !number->as_integer()) return FormFault::fraction;
    unusual = FormFault::spelling;
  } else if (field.type == core::Type::decimal && core::has_binary_noise(value.text)) {
    unusual = FormFault::noise;
  }
  if (!field.values.empty() && !is_listed(field, value)) return FormFault::vocabulary;
  return unusual;
}

i18n::Message vocabulary_of(const Field& field) {
  core::LocalizedText vocabulary;
  for (const core::Choice& choice : field.values) {
    vocabulary.zh += (vocabulary.zh.empty() ? "" : "、") + choice.value + " " + choice.label.zh;
    vocabulary.en += (vocabulary.en.empty() ? "" : ", ") + choice.value + " " + choice.label.en;
  }
  return msg<"reply.one-of">(vocabulary);
}

bool is_empty_text(const Field& field, const Json& value) { return field.type == core::Type::text && value.kind == Json::Kind::text && value.text.empty(); }

/// The numbers in a text: of a date they are the same whatever separates them.
std::vector<std::string_view> numbers_in(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::vector<std::string_view> out;
  for (auto at = text.begin(); at != text.end();) {
    at = std::find_if(at, text.end(), is_digit);
    const auto end = std::find_if_not(at, text.end(), is_digit);
    std::string_view number(at, end);
    while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
    if (!number.empty()) out.push_back(number);
    at = end;
  }
  return out;
}

/// Whether both are the same day or moment, in whatever notation that begins with the year.
bool is_same_time(std::string_view value, std::string_view implied) {
  const auto all = numbers_in(value), wanted = numbers_in(implied);
  return !wanted.empty() && all.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), all.begin());
}

/// Whether it is the implied value, in whatever form.
bool same(const Field& field, const Json& value, const CellValue& implied) {
  if (value.kind == Json::Kind::array || value.kind == Json::Kind::object) return false;
  if (value.text.find(core::unknown_character) != std::string::npos) return true;  // what it is written in has been told
  if (field.type == core::Type::text) {
    const std::string wanted = implied.to_string();
    return value.text == wanted || (field.format != core::Format::none && is_same_time(value.text, wanted));
  }
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

/// What is known of a value.
struct Implied {
  Implied(const Field& field, const CellValue* cell)
      : must_be_there(cell != nullptr && !cell->none() && cell->determinacy != store::Determinacy::optional),
        value_is_known(must_be_there && cell->determinacy == store::Determinacy::determined),
        // An absent value may stand for zero: a meter without a reading or money yet. A 0 that the specification gives a meaning is a word like the others.
        is_zero(value_is_known && field.values.empty() && cell->kind == CellValue::Kind::number && cell->number == core::Decimal()) {}

  bool must_be_there, value_is_known, is_zero;
};

/// Whether the number, which need not be shown, is shown without its fraction. Another one may be the meter's own.
bool lost_its_fraction(const Json& value, const CellValue& cell) {
  const bool may_be_another = !cell.none() && cell.determinacy == store::Determinacy::optional && cell.kind == CellValue::Kind::number;
  const auto number = may_be_another ? Decimal::parse(value.text) : std::nullopt;
  if (!number || !number->as_integer() || cell.number.as_integer() || *number == Decimal()) return false;
  const auto off = Decimal::subtract(*number, cell.number);
  return off && *off < Decimal(1, 0) && *off > Decimal(-1, 0);
}

}  // namespace

bool is_absent(const Json* value) { return value == nullptr || value->kind == Json::Kind::null; }

Finding::Grade form_grade(const Field& field, const Json& value) {
  if (is_empty_text(field, value)) return Finding::Grade::good;
  switch (form_fault(field, value)) {
    case FormFault::none: return Finding::Grade::good;
    case FormFault::spelling:
    case FormFault::noise: return Finding::Grade::unusual;
    case FormFault::type:
    case FormFault::fraction:
    case FormFault::format:
    case FormFault::vocabulary: return Finding::Grade::wrong;
  }
  return Finding::Grade::wrong;
}

Finding judge_form(const Field& field, const Json& value) {
  using Grade = Finding::Grade;
  switch (form_fault(field, value)) {
    case FormFault::none: return {Grade::good, form_of(field), shown(&value)};
    case FormFault::spelling: return {Grade::unusual, form_of(field), shown(&value), true, msg<"reply.code-spelling">(field.name, shown(&value))};
    case FormFault::noise: return {Grade::unusual, form_of(field), shown(&value), true, msg<"reply.binary-noise">()};
    case FormFault::type: return {Grade::wrong, form_of(field), shown(&value), true, msg<"reply.wrong-type">(json::kind_of(value), form_of(field))};
    case FormFault::fraction: return {Grade::wrong, form_of(field), shown(&value), true, msg<"reply.no-whole-number">()};
    case FormFault::format: return {Grade::wrong, form_of(field), shown(&value), true, msg<"reply.other-format">()};
    case FormFault::vocabulary: return {Grade::wrong, vocabulary_of(field), shown(&value), true, msg<"reply.outside-vocabulary">()};
  }
  return {};
}

Finding judge_field(const Field& field, const Json* value, const CellValue* implied) {
  using Grade = Finding::Grade;
  const Implied known(field, implied);
  if (is_absent(value)) {
    if (known.is_zero) return {Grade::unusual, i18n::verbatim(implied->to_string()), shown(value), false};
    const i18n::Message expected = known.value_is_known ? i18n::verbatim(implied->to_string()) : form_of(field);
    return {known.must_be_there ? Grade::wrong : value == nullptr ? Grade::unusual : Grade::good, expected, shown(value), false};
  }
  // "" is as good as null in a text, where nothing is known of the value.
  if (!known.must_be_there && is_empty_text(field, *value)) return {Grade::good, form_of(field), shown(value)};
  Finding form = judge_form(field, *value);
  if (form.grade == Grade::wrong || !known.value_is_known) return form;
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
      const Field& field = interface.reply[i];
      const CellValue cell = implied.cell(row, i);
      const Implied known(field, &cell);
      const Json* value = found->get(field.name);
      const bool is_cut = only_shows(interface) && !is_absent(value) && lost_its_fraction(*value, cell);
      const bool differs = is_absent(value) ? known.must_be_there && !known.is_zero : is_cut || (known.value_is_known && !same(field, *value, cell));
      if (differs)
        out.push_back(msg<"reply.field-differs">(field.name, shown(value), known.value_is_known || is_cut ? i18n::verbatim(cell.to_string()) : form_of(field)));
    }
  }
  return out;
}

}  // namespace meterproof::conformance
