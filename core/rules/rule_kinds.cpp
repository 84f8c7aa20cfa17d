#include <algorithm>

#include "core/rules/rule_kind.hpp"

namespace meterproof::rules {

const RuleKind& all_empty();
const RuleKind& apart();
const RuleKind& blank_alone();
const RuleKind& empty();
const RuleKind& in_state();
const RuleKind& malformed();
const RuleKind& not_above();
const RuleKind& out_of_order();
const RuleKind& out_of_range();
const RuleKind& taken();
const RuleKind& too_precise();
const RuleKind& unknown();
const RuleKind& unlisted();

const std::vector<const RuleKind*>& rule_kinds() {
  static const std::vector<const RuleKind*> all = {&all_empty(),    &apart(),        &blank_alone(), &empty(),       &in_state(), &malformed(), &not_above(),
                                                   &out_of_order(), &out_of_range(), &taken(),       &too_precise(), &unknown(),  &unlisted()};
  return all;
}

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

std::string FieldRuleKind::validate(const Rule& rule, const Interface& interface) const {
  for (const RuleOperand& operand : rule.operands)
    if (std::string why = validate_operand(operand, interface.request[operand.field]); !why.empty()) return interface.request[operand.field].name + " " + why;
  return {};
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

std::vector<Counterexample> FieldRuleKind::counterexamples(const Rule& rule, const RequestBuilder& control, FixtureProvider&) const {
  std::vector<Counterexample> out;
  for (const RuleOperand& operand : rule.operands) {
    for (const std::string& raw : invalid_values(operand, control.interface->request[operand.field]))
      out.push_back(edit_field(*control.interface, operand.field, raw));
    if (operand.handles_missing) append_empty_values(out, *control.interface, operand.field);
  }
  return out;
}

LocalizedText FieldRuleKind::explain(const Rule& rule, const Request& request) const {
  for (const RuleOperand& operand : rule.operands) {
    const Field& field = request.interface->request[operand.field];
    if (!violates(operand, field, request[operand.field])) continue;
    const std::string found = shown(field, request[operand.field]);
    const LocalizedText wanted = expected(operand, field);
    return {found + "，" + wanted.zh, found + ", " + wanted.en};
  }
  return {};
}

std::string shown(const Field& field, const Value& value) {
  constexpr std::size_t enough = 40;
  std::string out = field.name + "=";
  switch (value.kind) {
    case Value::Kind::absent: return field.name + " (missing)";
    case Value::Kind::null: return out + "null";
    case Value::Kind::container: return out + "{…}";
    case Value::Kind::text: out += '"'; break;
    case Value::Kind::boolean:
    case Value::Kind::number: break;
  }
  std::size_t cut = std::min(value.text.size(), enough);
  while (cut < value.text.size() && (static_cast<unsigned char>(value.text[cut]) & 0xC0U) == 0x80U) --cut;
  out += value.text.substr(0, cut);
  if (cut < value.text.size()) out += "…";
  if (value.kind == Value::Kind::text) out += '"';
  return out;
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

void append_empty_values(std::vector<Counterexample>& out, const Interface& interface, std::size_t field) {
  out.push_back({interface.request[field].name + "=missing", {{field, std::nullopt}}});
  out.push_back(edit_field(interface, field, "null"));
  out.push_back(edit_field(interface, field, "\"\""));
  if (interface.request[field].type == core::Type::text) out.push_back({interface.request[field].name + "=blanks", {{field, "\"  \""}}});
}

Counterexample edit_field(const Interface& interface, std::size_t field, const std::string& raw) {
  return {interface.request[field].name + "=" + raw, {{field, raw}}};
}

std::optional<RuleMatch> first_match(const std::vector<core::ResultRow>& rows, const Request& request, const DataLookup& facts) {
  const auto& all = rule_kinds();
  for (const core::ResultRow& row : rows)
    for (const Rule& rule : row.when)
      if (applies(rule, request) && all[rule.kind]->matches(rule, request, facts)) return RuleMatch{&row, &rule};
  return std::nullopt;
}

bool applies_to(const core::OpenQuestion& question, const Request& request, const DataLookup& facts) {
  return question.when && applies(*question.when, request) && rule_kinds()[question.when->kind]->matches(*question.when, request, facts);
}

bool is_stored_only(const Interface& interface, std::size_t field) {
  using Kind = core::FieldGenerator::Kind;
  if (interface.request[field].refers || interface.request[field].names || interface.generators.empty()) return false;
  return interface.generators[field].kind != Kind::counter && interface.generators[field].kind != Kind::now;
}

}  // namespace meterproof::rules
