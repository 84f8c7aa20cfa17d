#include <algorithm>

#include "spec/rules/word.hpp"

namespace meterproof::rules {

const Word& all_empty();
const Word& apart();
const Word& blank_alone();
const Word& empty();
const Word& in_state();
const Word& malformed();
const Word& not_above();
const Word& out_of_order();
const Word& out_of_range();
const Word& taken();
const Word& too_precise();
const Word& unknown();
const Word& unlisted();

const std::vector<const Word*>& words() {
  static const std::vector<const Word*> all = {&all_empty(),    &apart(),        &blank_alone(), &empty(),       &in_state(), &malformed(), &not_above(),
                                               &out_of_order(), &out_of_range(), &taken(),       &too_precise(), &unknown(),  &unlisted()};
  return all;
}

std::optional<std::size_t> find_word(std::string_view name) {
  const auto& all = words();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Word* word) { return word->name() == name; });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

std::vector<std::string> word_names() {
  std::vector<std::string> names;
  for (const Word* word : words()) names.emplace_back(word->name());
  return names;
}

std::string PerFieldWord::misfit(const Rule& rule, const Interface& interface) const {
  for (const FieldUse& use : rule.uses)
    if (std::string why = misfit_of(use, interface.request[use.field]); !why.empty()) return interface.request[use.field].name + " " + why;
  return {};
}

bool PerFieldWord::sees(const Rule& rule, const Request& request, const Facts&) const {
  return std::any_of(rule.uses.begin(), rule.uses.end(),
                     [&](const FieldUse& use) { return at_fault(use, request.interface->request[use.field], request[use.field]); });
}

std::vector<Safe> PerFieldWord::safe_where(const Rule& rule, const Interface& interface) const {
  std::vector<Safe> out;
  for (const FieldUse& use : rule.uses) out.push_back({use.field, safe_sorts(use, interface.request[use.field])});
  return out;
}

std::vector<Counterexample> PerFieldWord::makes(const Rule& rule, const Draft& control, Scene&) const {
  std::vector<Counterexample> out;
  for (const FieldUse& use : rule.uses) {
    for (const std::string& raw : wrong_values(use, control.interface->request[use.field])) out.push_back(edited(*control.interface, use.field, raw));
    if (use.covers_missing) append_empties(out, *control.interface, use.field);
  }
  return out;
}

Text PerFieldWord::explain(const Rule& rule, const Request& request) const {
  for (const FieldUse& use : rule.uses) {
    const Field& field = request.interface->request[use.field];
    if (!at_fault(use, field, request[use.field])) continue;
    const std::string found = shown(field, request[use.field]);
    const Text wanted = expected(use, field);
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

bool well_formed(const Field& field, const Value& value) {
  if (value.empty()) return true;
  if (value.kind == Value::Kind::boolean || value.kind == Value::Kind::container) return false;
  switch (field.type) {
    case spec::Type::integer: return value.integer().has_value();
    case spec::Type::decimal: return value.decimal().has_value();
    case spec::Type::text: break;
  }
  switch (field.format) {
    case spec::Format::none: return true;
    case spec::Format::decimal: return value.decimal().has_value();
    case spec::Format::date: return value.kind == Value::Kind::text && spec::DateTime::parse_date(value.text).has_value();
    case spec::Format::datetime: return value.kind == Value::Kind::text && spec::DateTime::parse(value.text).has_value();
  }
  return true;
}

bool listed(const Field& field, const Value& value) {
  return std::any_of(field.values.begin(), field.values.end(), [&](const spec::Choice& choice) { return value.is(choice.value); });
}

const Field& field_of(const Rule& rule, const Request& request, std::size_t use) { return request.interface->request[rule.uses[use].field]; }

void append_empties(std::vector<Counterexample>& out, const Interface& interface, std::size_t field) {
  out.push_back({interface.request[field].name + "=missing", {{field, std::nullopt}}});
  out.push_back(edited(interface, field, "null"));
  out.push_back(edited(interface, field, "\"\""));
  if (interface.request[field].type == spec::Type::text) out.push_back({interface.request[field].name + "=blanks", {{field, "\"  \""}}});
}

Counterexample edited(const Interface& interface, std::size_t field, const std::string& raw) {
  return {interface.request[field].name + "=" + raw, {{field, raw}}};
}

std::optional<Fault> first_fault(const std::vector<spec::ResultRow>& rows, const Request& request, const Facts& facts) {
  const auto& all = words();
  for (const spec::ResultRow& row : rows)
    for (const Rule& rule : row.when)
      if (applies(rule, request) && all[rule.word]->sees(rule, request, facts)) return Fault{&row, &rule};
  return std::nullopt;
}

bool arises(const spec::Unclear& question, const Request& request, const Facts& facts) {
  return question.when && applies(*question.when, request) && words()[question.when->word]->sees(*question.when, request, facts);
}

bool is_incidental(const Interface& interface, std::size_t field) {
  using Kind = spec::Simulation::Kind;
  if (interface.request[field].refers || interface.request[field].names || interface.simulate.empty()) return false;
  return interface.simulate[field].kind != Kind::grows && interface.simulate[field].kind != Kind::now;
}

}  // namespace meterproof::rules
