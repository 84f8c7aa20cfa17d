// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/rules/rule_kind.hpp"
#include "core/text/slug.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::rules {

// Each kind's file defines its own: const RuleKind& NAME().
#define RULE_KIND(name) const RuleKind& name();
#include "core/rules/rule_kinds.inc"
#undef RULE_KIND

const std::vector<const RuleKind*>& rule_kinds() {
  static const std::vector<const RuleKind*> all = {
#define RULE_KIND(name) &name(),
#include "core/rules/rule_kinds.inc"
#undef RULE_KIND
  };
  return all;
}

const RuleKind& kind_of(const Rule& rule) { return *rule_kinds()[rule.kind]; }

std::optional<std::size_t> find_rule_kind(std::string_view name) {
  const auto& all = rule_kinds();
  const auto found = std::find_if(all.begin(), all.end(), [&](const RuleKind* kind) { return kind->name() == name; });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

std::vector<std::string> rule_kind_names() {
  std::vector<std::string> names;
  for (const RuleKind* kind : rule_kinds()) names.emplace_back(kind->name());
  return names;
}

Leniency RuleKind::leniency(const Rule&, const Interface&, const Variation&, bool) const { return {}; }

std::vector<RuleMutation> RuleKind::mutations(const Rule&, const Interface&) const { return {}; }

LocalizedText about(const Field& field, const LocalizedText& said) { return {field.name + " " + said.zh, field.name + " " + said.en}; }

std::optional<LocalizedText> FieldRuleKind::validate(const Rule& rule, const Interface& interface) const {
  for (const RuleOperand& operand : rule.operands)
    if (const auto why = validate_operand(operand, interface.request[operand.field])) return about(interface.request[operand.field], *why);
  return std::nullopt;
}

bool FieldRuleKind::matches(const Rule& rule, const Request& request, const DataLookup&) const {
  return std::any_of(rule.operands.begin(), rule.operands.end(),
                     [&](const RuleOperand& operand) { return violates(operand, request.interface->request[operand.field], request[operand.field]); });
}

std::vector<NeverMatches> FieldRuleKind::never_matches_where(const Rule& rule, const Interface& interface) const {
  std::vector<NeverMatches> out;
  for (const RuleOperand& operand : rule.operands) out.push_back({operand.field, never_matching_classes(operand, interface.request[operand.field])});
  return out;
}

namespace {

std::string slug_of_value(const Field& field, const InvalidValue& value) { return core::slug_of(field.name) + "-" + value.slug; }

}  // namespace

std::vector<Variation> FieldRuleKind::variations(const Rule& rule, const Interface& interface) const {
  std::vector<Variation> out;
  for (const RuleOperand& operand : rule.operands)
    for (const InvalidValue& value : invalid_values(operand, interface.request[operand.field])) {
      out.push_back(variation_of(interface, {operand.field}, value.slug, value.description));
      out.back().is_of_other_type = value.is_of_other_type;
      out.back().is_rare = value.is_rare;
    }
  return out;
}

std::optional<Edits> FieldRuleKind::make(const Rule& rule, std::string_view slug, const RequestBuilder& control, FixtureProvider&) const {
  for (const RuleOperand& operand : rule.operands) {
    const Field& field = control.interface->request[operand.field];
    for (const InvalidValue& value : invalid_values(operand, field))
      if (slug_of_value(field, value) == slug) return Edits{{operand.field, value.raw}};
  }
  return std::nullopt;
}

namespace {

/// A text of which the specification says nothing but that it must be there: "" may be a name.
bool is_free_text(const Field& field) {
  return field.type == core::Type::text && field.format == core::Format::none && field.values.empty() && !field.refers && !field.names;
}

}  // namespace

Leniency FieldRuleKind::leniency(const Rule&, const Interface& interface, const Variation& variation, bool has_code_of_its_own) const {
  const Field& field = interface.request[variation.field];
  for (const InvalidValue& value : empty_values()) {
    if (slug_of_value(field, value) != variation.slug) continue;
    Leniency out = leniency_of_empty(value.slug, field.type != core::Type::text);
    const bool no_date = field.format != core::Format::none && is_empty_text(value.slug);
    out.success = out.success && may_take_any_form(interface, variation.field);
    // Who looks for required fields as a whole finds that one is missing before its own code is thought of.
    out.unparsable = out.unparsable || no_date || (has_code_of_its_own && field.required.value_or(false));
    out.success = out.success || (!has_code_of_its_own && is_empty_text(value.slug) && is_free_text(field));
    return out;
  }
  return {};
}

LocalizedText FieldRuleKind::explain(const Rule& rule, const Request& request) const {
  for (const RuleOperand& operand : rule.operands) {
    const Field& field = request.interface->request[operand.field];
    if (!violates(operand, field, request[operand.field])) continue;
    const LocalizedText found = shown(field, request[operand.field]);
    const LocalizedText wanted = expected(operand, field);
    return {found.zh + "，" + wanted.zh, found.en + ", " + wanted.en};
  }
  return {};
}

LocalizedText shown(const Field& field, const Value& value) {
  constexpr std::size_t enough = 40;
  std::string out = field.name + "=";
  switch (value.kind) {
    case Value::Kind::absent: return {field.name + "（缺失）", field.name + " (missing)"};
    case Value::Kind::null: return {out + "null", out + "null"};
    case Value::Kind::container: return {out + "{…}", out + "{…}"};
    case Value::Kind::text: out += '"'; break;
    case Value::Kind::boolean:
    case Value::Kind::number: break;
  }
  const std::string_view begin = core::truncate_utf8(value.text, enough);
  out += begin;
  if (begin.size() < value.text.size()) out += "…";
  if (value.kind == Value::Kind::text) out += '"';
  return {out, out};
}

bool is_well_formed(const Field& field, const Value& value) {
  if (value.empty()) return true;
  if (value.kind == Value::Kind::boolean || value.kind == Value::Kind::container) return false;
  switch (field.type) {
    case core::Type::integer: return value.integer().has_value();
    case core::Type::decimal: return value.decimal().has_value();
    case core::Type::text: break;
  }
  switch (field.format) {
    case core::Format::none: return true;
    case core::Format::decimal: return value.decimal().has_value();
    case core::Format::date: return value.kind == Value::Kind::text && core::DateTime::parse_date(value.text).has_value();
    case core::Format::datetime: return value.kind == Value::Kind::text && core::DateTime::parse(value.text).has_value();
  }
  return true;
}

bool is_listed(const Field& field, const Value& value) {
  return std::any_of(field.values.begin(), field.values.end(), [&](const core::Choice& choice) { return value.is(choice.value); });
}

const Field& field_of(const Rule& rule, const Request& request, std::size_t operand) { return request.interface->request[rule.operands[operand].field]; }

InvalidValue invalid_number(const Field& field, const std::string& number) {
  return {core::slug_of(number), raw_value(field, number), {"为 " + number, "is " + number}};
}

namespace {

constexpr std::string_view empty_text_slug = "empty", blanks_slug = "blanks", null_slug = "null";

}  // namespace

bool is_blanks(std::string_view value_slug) { return value_slug == blanks_slug; }

bool is_empty_text(std::string_view value_slug) { return value_slug == empty_text_slug; }

std::vector<InvalidValue> empty_values(bool with_blanks) {
  std::vector<InvalidValue> out = {{"missing", std::nullopt, {"缺失", "is missing"}},
                                   {std::string(null_slug), "null", {"为 null", "is null"}},
                                   {std::string(empty_text_slug), "\"\"", {"为空文本", "is an empty text"}}};
  if (with_blanks) out.push_back({std::string(blanks_slug), "\"  \"", {"为空白", "is a text of blanks"}});
  return out;
}

void append_empty_values(std::vector<InvalidValue>& out, const Field& field) {
  for (InvalidValue& value : empty_values(field.type == core::Type::text)) out.push_back(std::move(value));
}

// Blanks are empty to some, and a text as good as any to others: then an unknown key, or a valid name.
// A text where a number belongs, be it an empty one, may as well be called unparsable, or a wrong value of the field.
Leniency leniency_of_empty(std::string_view value_slug, bool numeric) {
  const bool blanks = value_slug == blanks_slug, no_number = numeric && value_slug == empty_text_slug;
  const bool is_null = value_slug == null_slug;  // a type of its own: who looks at the types first cannot parse it
  return {.success = blanks, .unparsable = blanks || no_number || is_null, .unknown_row = blanks, .same_field = no_number};
}

Variation variation_of(const Interface& interface, const std::vector<std::size_t>& fields, const std::string& slug, const LocalizedText& description) {
  Variation out{{}, {}, fields.front()};
  for (const std::size_t field : fields) {
    out.slug += core::slug_of(interface.request[field].name) + "-";
    const std::string& name = interface.request[field].name;
    const bool first = field == fields.front();
    out.description.zh += (first ? "" : "、") + name;
    out.description.en += (first ? "" : ", ") + name;
  }
  out.slug += slug;
  out.description.zh += " " + description.zh;
  out.description.en += " " + description.en;
  return out;
}

std::optional<RuleMatch> first_match(const std::vector<core::ResultRow>& rows, const Request& request, const DataLookup& data) {
  for (const core::ResultRow& row : rows)
    for (const Rule& rule : row.when)
      if (applies(rule, request) && kind_of(rule).matches(rule, request, data)) return RuleMatch{&row, &rule};
  return std::nullopt;
}

bool applies_to(const core::OpenQuestion& question, const Request& request, const DataLookup& data) {
  return question.when && applies(*question.when, request) && kind_of(*question.when).matches(*question.when, request, data);
}

namespace {

bool is_about(const Rule& rule, std::size_t field) {
  return std::any_of(rule.operands.begin(), rule.operands.end(), [&](const RuleOperand& operand) { return operand.field == field; });
}

}  // namespace

namespace {

/// Whether a rule of one field's own refuses requests without it.
bool must_be_given(const Interface& interface, std::size_t field) {
  return std::any_of(interface.results.begin(), interface.results.end(), [&](const core::ResultRow& row) {
    return std::any_of(row.when.begin(), row.when.end(),
                       [&](const Rule& rule) { return kind_of(rule).is_about_missing() && !kind_of(rule).needs_all_operands() && is_about(rule, field); });
  });
}

}  // namespace

bool may_take_any_form(const Interface& interface, std::size_t field) {
  const Field& about = interface.request[field];
  const bool is_moment = about.format == core::Format::date || about.format == core::Format::datetime;
  if (is_moment && (about.required.value_or(false) || must_be_given(interface, field))) return false;
  return std::none_of(interface.results.begin(), interface.results.end(), [&](const core::ResultRow& row) {
    return std::any_of(row.when.begin(), row.when.end(), [&](const Rule& rule) { return kind_of(rule).limits_values() && is_about(rule, field); });
  });
}

bool demands_refusal(const Rule& rule, core::Code success) {
  const auto& also = rule.also_accepted;
  return !kind_of(rule).needs_all_operands() && std::find(also.begin(), also.end(), success) == also.end();
}

bool is_disputed_requirement(const Interface& interface, const core::OpenQuestion& question) {
  if (!question.when || !kind_of(*question.when).is_about_missing()) return false;
  const std::size_t field = question.when->operands.front().field;
  return interface.request[field].required.value_or(false) && std::any_of(interface.results.begin(), interface.results.end(), [&](const core::ResultRow& row) {
           return std::any_of(row.when.begin(), row.when.end(), [&](const Rule& rule) { return kind_of(rule).needs_all_operands() && is_about(rule, field); });
         });
}

}  // namespace meterproof::rules
