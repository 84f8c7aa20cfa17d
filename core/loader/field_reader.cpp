// SPDX-License-Identifier: Apache-2.0
// request:, reply:, variants: and generators: of an interface.
#include <algorithm>

#include "core/loader/section_readers.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::loader {

using core::Field;
using core::FieldGenerator;
using core::Interface;
using core::Spec;
using core::Variant;
using i18n::verbatim;

namespace {

template <class Named>
std::vector<std::string> all_names(const std::vector<Named>& items) {
  std::vector<std::string> names;
  names.reserve(items.size());
  for (const Named& item : items) names.push_back(item.name);
  return names;
}

void read_type(const YamlNode& at, Field& field) {
  if (const auto type = at.require("type")) {
    const std::string word = type->text();
    if (word == "text") field.type = core::Type::text;
    else if (word == "int") field.type = core::Type::integer;
    else if (word == "decimal") field.type = core::Type::decimal;
    else type->fail(msg<"spec.unknown-type">(word), core::suggestion(word, {"text", "int", "decimal"}));
  }
  if (const auto format = at.get("format")) {
    const std::string word = format->text();
    if (word == "date") field.format = core::Format::date;
    else if (word == "datetime") field.format = core::Format::datetime;
    else if (word == "decimal") field.format = core::Format::decimal;
    else format->fail(msg<"spec.unknown-format">(word), core::suggestion(word, {"date", "datetime", "decimal"}));
    if (field.type != core::Type::text) format->fail(msg<"spec.format-of-text">(), msg<"spec.drop-format">());
  }
}

void read_limits(const YamlNode& at, Field& field) {
  if (const auto values = at.get("values")) {
    for (const auto& [value, label] : values->members()) {
      const auto wordings = label.items();
      if (wordings.size() != 2) {
        label.fail(msg<"spec.vocabulary-entry">("value: [zh, en]"));
        continue;
      }
      if (field.type != core::Type::text && !core::is_json_number(value.text())) value.fail(msg<"file.not-a-number">(value.text()));
      else if (field.type == core::Type::integer) value.integer();
      field.values.push_back({value.text(), {wordings[0].text(), wordings[1].text()}});
    }
  }
  if (const auto range = at.get("range")) {
    const auto ends = range->items();
    const auto low = ends.empty() ? std::nullopt : ends.front().integer();
    const auto high = ends.empty() ? std::nullopt : ends.back().integer();
    if (ends.size() != 2 || !low || !high || *low > *high) range->fail(msg<"spec.range-form">());
    else field.range = {*low, *high};
  }
  if (const auto scale = at.get("scale")) {
    const auto places = scale->integer();
    if (places && (*places < 0 || *places > 9)) scale->fail(msg<"spec.scale">());
    else if (places) field.scale = static_cast<int>(*places);
  }
}

Field read_field(const YamlNode& name, const YamlNode& at, const Spec& spec, const std::vector<Field>* request) {
  at.allow_keys({"type", "format", "required", "zh", "en", "note", "values", "range", "scale", "example", "default", "vary", "fresh", "refers", "where",
                 "names", "echoes", "obeys", "not_done"});
  Field field;
  field.name = name.text();
  read_type(at, field);
  read_limits(at, field);
  field.title = {at.text("zh"), at.text("en")};
  if (field.title.zh.empty() || field.title.en.empty()) at.fail(msg<"spec.field-wordings">());
  if (const auto note = at.get("note")) field.note = read_text(*note);
  if (const auto required = at.get("required")) {
    const std::string mark = required->text();
    if (mark != "Y" && mark != "N") required->fail(msg<"file.neither">(mark, "Y", "N"));
    field.required = mark == "Y";
  }
  field.example = at.text("example");
  field.vary = at.as_bool("vary");
  field.fresh = at.as_bool("fresh");
  if (const auto refers = at.get("refers")) field.refers = find_table(spec, *refers);
  if (const auto where = at.get("where")) {
    if (!field.refers) where->fail(msg<"spec.where-without-refers">(), msg<"file.add">("refers: TABLE"));
    else if (where->members().size() != 1) where->fail(msg<"file.expected">("{ COLUMN: [values] }"));
    else if (const auto column = find_column(spec.tables[*field.refers], where->members()[0].first)) {
      field.where = core::Condition{*column, {}};
      for (const YamlNode& value : where->members()[0].second.items()) field.where->values.push_back(value.text());
    }
  }
  if (const auto obeys = at.get("obeys")) {
    obeys->allow_keys({"field", "map"});
    if (const auto of = obeys->require("field")) field.obeys = of->text();
    if (const auto map = obeys->get("map"))
      for (const auto& [from, to] : map->members()) field.obeys_map.emplace_back(from.text(), to.text());
  }
  if (const auto names = at.get("names")) field.names = find_table(spec, *names);
  if (const auto echoes = at.get("echoes")) {
    if (request == nullptr) echoes->fail(msg<"spec.echoes">());
    else field.echoes = find_field(*request, *echoes, msg<"spec.the-request">());
  }
  if (const auto not_done = at.get("not_done")) {
    if (request == nullptr) not_done->fail(msg<"spec.not-done">());
    for (const YamlNode& value : not_done->items()) {
      field.not_done.push_back(value.text());
      const bool listed = std::any_of(field.values.begin(), field.values.end(), [&](const core::Choice& one) { return one.value == value.text(); });
      if (!listed) value.fail(msg<"spec.not-listed">(value.text(), field.name));
    }
  }
  const bool has_example = !field.example.empty() || !field.values.empty() || at.get("refers") || at.get("names");
  if (request == nullptr && !has_example) at.fail(msg<"spec.no-valid-value">(field.name), msg<"file.add">("example: …"));
  return field;
}

double number_or_zero(const YamlNode& at) { return at.number().value_or(0); }

void read_pair(const YamlNode& at, double& low, double& high) {
  const auto ends = at.items();
  if (ends.size() != 2) {
    at.fail(msg<"file.expected">("[low, high]"));
    return;
  }
  low = number_or_zero(ends[0]);
  high = number_or_zero(ends[1]);
  if (low > high) at.fail(msg<"spec.low-above-high">());
}

}  // namespace

std::vector<std::string> names_of(const std::vector<Field>& fields) { return all_names(fields); }
std::vector<std::string> names_of(const std::vector<core::Table>& tables) { return all_names(tables); }
std::vector<std::string> names_of(const std::vector<core::Column>& columns) { return all_names(columns); }

std::optional<std::size_t> find_field(const std::vector<Field>& fields, const YamlNode& name, const i18n::Message& whose) {
  const std::string wanted = name.text();
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == wanted) return i;
  name.fail(msg<"spec.no-field">(wanted, whose), core::suggestion(wanted, all_names(fields)));
  return std::nullopt;
}

std::optional<std::size_t> find_variant(const Interface& interface, const YamlNode& name) {
  const std::string wanted = name.text();
  for (std::size_t i = 0; i < interface.variants.size(); ++i)
    if (interface.variants[i].name == wanted) return i;
  name.fail(msg<"spec.no-variant">(wanted, interface.name), core::suggestion(wanted, all_names(interface.variants)));
  return std::nullopt;
}

std::optional<std::size_t> find_interface(const YamlNode& name, const Spec& spec) {
  for (std::size_t i = 0; i < spec.interfaces.size(); ++i)
    if (spec.interfaces[i].name == name.text()) return i;
  name.fail(msg<"file.no-interface">(name.text()), core::suggestion(name.text(), spec.interface_names()));
  return std::nullopt;
}

std::vector<Field> read_fields(const YamlNode& at, const Spec& spec, const std::vector<Field>* request) {
  std::vector<Field> fields;
  for (const auto& [name, value] : at.members()) {
    const auto known = all_names(fields);
    if (std::find(known.begin(), known.end(), name.text()) != known.end()) name.fail(msg<"file.given-twice">(name.text()));
    fields.push_back(read_field(name, value, spec, request));
  }
  return fields;
}

std::vector<Variant> read_variants(const YamlNode& at, const Interface& interface) {
  std::vector<Variant> variants;
  for (const auto& [name, value] : at.members()) {
    value.allow_keys({"all", "only", "without", "set", "existing"});
    Variant variant;
    variant.name = name.text();
    const auto listed = [&](const YamlNode& list) {
      std::vector<std::size_t> out;
      for (const YamlNode& item : list.items())
        if (const auto field = find_field(interface.request, item, verbatim(interface.name))) out.push_back(*field);
      return out;
    };
    std::vector<std::size_t> without;
    if (const auto only = value.get("only")) variant.fields = listed(*only);
    if (const auto list = value.get("without")) without = listed(*list);
    if (!value.get("only"))
      for (std::size_t i = 0; i < interface.request.size(); ++i)
        if (std::find(without.begin(), without.end(), i) == without.end()) variant.fields.push_back(i);
    if (const auto set = value.get("set"))
      for (const auto& [field_name, text] : set->members())
        if (const auto field = find_field(interface.request, field_name, verbatim(interface.name))) variant.set.emplace_back(*field, text.text());
    if (const auto existing = value.get("existing")) variant.existing = listed(*existing);
    variants.push_back(std::move(variant));
  }
  return variants;
}

namespace {

/// The columns of a workload's data; null where a spec is read.
using Columns = const std::vector<std::string>*;

FieldGenerator read_generator(const YamlNode& value, const Interface& interface, Columns columns) {
  using Kind = FieldGenerator::Kind;
  value.allow_keys({"constant", "numbered", "unique", "uniform", "one_of", "counter", "delta_of", "balance", "less", "at", "from", "scale", "now", "today",
                    "column", "produced_by"});
  FieldGenerator generator;
  const auto patterned = [&](const YamlNode& pattern, Kind kind) {
    generator.kind = kind;
    generator.text = pattern.text();
    const std::size_t first = generator.text.find('#');
    if (first == std::string::npos) pattern.fail(msg<"spec.numbered-digits">());
    else if (generator.text.find('#', generator.text.find_first_not_of('#', first)) != std::string::npos) pattern.fail(msg<"spec.digits-apart">());
  };
  const auto reply_field = [&](const YamlNode& name) {
    const auto found = find_field(interface.reply, name, msg<"spec.reply-of">(interface.name));
    return found ? interface.reply[*found].name : std::string();
  };
  if (const auto constant = value.get("constant")) {
    generator.kind = Kind::constant;
    generator.text = constant->text();
  } else if (const auto serial = value.get("numbered")) {
    patterned(*serial, Kind::numbered);
  } else if (const auto unique = value.get("unique")) {
    patterned(*unique, Kind::unique);
    constexpr auto digits = 18;  // seconds since 1970 and a counter
    if (std::count(generator.text.begin(), generator.text.end(), '#') < digits) unique->fail(msg<"spec.unique-digits">(digits, std::string(digits, '#')));
  } else if (const auto between = value.get("uniform")) {
    generator.kind = Kind::uniform;
    read_pair(*between, generator.low, generator.high);
  } else if (const auto pick = value.get("one_of")) {
    generator.kind = Kind::one_of;
    for (const YamlNode& item : pick->items()) generator.choices.push_back(item.text());
    if (generator.choices.empty()) pick->fail(msg<"spec.one-of-empty">());
  } else if (const auto grows = value.get("counter")) {
    generator.kind = Kind::counter;
    read_pair(*grows, generator.low, generator.high);
    if (const auto from = value.get("from")) read_pair(*from, generator.first_low, generator.first_high);
  } else if (const auto growth = value.get("delta_of")) {
    generator.kind = Kind::delta_of;
    generator.of = find_field(interface.request, *growth, verbatim(interface.name)).value_or(0);
  } else if (const auto balance = value.get("balance")) {
    generator.kind = Kind::balance;
    generator.told = reply_field(*balance);
    if (const auto less = value.require("less")) generator.of = find_field(interface.request, *less, verbatim(interface.name)).value_or(0);
    if (const auto price = value.require("at")) generator.at = reply_field(*price);
    if (const auto from = value.get("from")) read_pair(*from, generator.first_low, generator.first_high);
  } else if (value.as_bool("now")) {
    generator.kind = Kind::now;
  } else if (const auto today = value.get("today")) {
    generator.kind = Kind::today;
    generator.days = static_cast<int>(today->integer(-3650, 3650).value_or(0));
  } else if (const auto column = value.get("column")) {
    generator.kind = Kind::column;
    generator.text = column->text();
    if (columns == nullptr) column->fail(msg<"workload.column-without-data">());
    else if (std::find(columns->begin(), columns->end(), generator.text) == columns->end())
      column->fail(msg<"workload.no-column">(generator.text), core::suggestion(generator.text, *columns));
  } else if (const auto made = value.get("produced_by")) {
    generator.kind = Kind::produced_by;
    generator.text = made->text();
    if (columns == nullptr) made->fail(msg<"workload.only-in-mix">());
  } else {
    value.fail(msg<"spec.not-generated">(),
               msg<"usage.one-of">("constant, numbered, unique, uniform, one_of, counter, delta_of, balance, now, today, column, produced_by"));
  }
  if (const auto scale = value.get("scale")) generator.scale = static_cast<int>(scale->integer(0, 9).value_or(0));
  return generator;
}

}  // namespace

std::vector<FieldGenerator> read_generators(const YamlNode& at, const Interface& interface, const std::vector<std::string>* columns) {
  std::vector<FieldGenerator> fields(interface.request.size());
  for (const auto& [name, value] : at.members()) {
    const auto field = find_field(interface.request, name, verbatim(interface.name));
    const FieldGenerator generator = read_generator(value, interface, columns);
    if (field) fields[*field] = generator;
  }
  return fields;
}

void check_generators(const YamlNode& at, const Interface& interface, std::vector<FieldGenerator>& fields) {
  using Kind = FieldGenerator::Kind;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    FieldGenerator& generator = fields[i];
    const bool follows = generator.kind == Kind::delta_of || generator.kind == Kind::balance;
    if (follows && fields[generator.of].kind != Kind::counter) at.fail(msg<"spec.must-be-counter">(interface.request[generator.of].name));
    if (generator.kind == Kind::delta_of) generator.scale = fields[generator.of].scale;
    const bool patterned = generator.kind == Kind::numbered || generator.kind == Kind::unique || generator.kind == Kind::produced_by;
    if (patterned && interface.request[i].type != core::Type::text) at.fail(msg<"spec.pattern-of-number">(interface.request[i].name));
  }
}

}  // namespace meterproof::loader
