// SPDX-License-Identifier: Apache-2.0
// results: and open_questions: — code tables, and the questions that the specification leaves open.
#include "core/rules/rule_kind.hpp"

#include <algorithm>

#include "core/loader/section_readers.hpp"

namespace meterproof::loader {

using core::Code;
using core::Interface;
using core::OpenQuestion;
using core::ResultRow;
using core::Rule;
using core::Spec;
using core::Stage;
using i18n::verbatim;

namespace {

const std::vector<std::string> narrowing = {"unless", "if", "from", "or"};
constexpr const char* form_kind = "malformed";  // the rule kind that common rows about the body have, for every field

std::optional<core::Guard> read_guard(const std::optional<YamlNode>& at, const Interface& interface) {
  if (!at) return std::nullopt;
  const auto members = at->members();
  if (members.size() != 1) {
    at->fail(msg<"spec.guard-form">("{ FIELD: value }", "{ FIELD: given }"));
    return std::nullopt;
  }
  const auto field = find_field(interface.request, members[0].first, verbatim(interface.name));
  const std::string value = members[0].second.text();
  return core::Guard{field.value_or(0), value == "given" ? std::string() : value};
}

/// COLUMN of the row's own table, or TABLE.COLUMN of a table whose rows refer to it.
void read_state(const YamlNode& at, const std::string& value, const Spec& spec, std::size_t table, core::State& state) {
  state = {table, 0, value};
  const std::string name = at.text();
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) {
    state.column = find_column(spec.tables[table], at).value_or(0);
    return;
  }
  const auto other = spec.table(name.substr(0, dot));
  const auto column = other ? spec.tables[*other].column(name.substr(dot + 1)) : std::nullopt;
  if (!column || !spec.tables[*other].refers_to(table)) {
    at.fail(msg<"spec.no-referring-column">(name, spec.tables[table].name), msg<"file.write">("TABLE.COLUMN"));
    return;
  }
  state.table = *other;
  state.column = *column;
}

void read_uses(const YamlNode& at, rules::OperandShape form, const Spec& spec, const Interface& interface, Rule& rule) {
  const auto use = [&](const YamlNode& name, const std::string& bound) {
    if (const auto field = find_field(interface.request, name, verbatim(interface.name))) rule.operands.push_back({*field, false, bound});
  };
  switch (form) {
    case rules::OperandShape::fields:
    case rules::OperandShape::pair:
      for (const YamlNode& name : at.items()) use(name, {});
      if (form == rules::OperandShape::pair && rule.operands.size() != 2) at.fail(msg<"spec.two-fields">());
      return;
    case rules::OperandShape::bounds:
      for (const auto& [name, bound] : at.members()) use(name, bound.text());
      return;
    case rules::OperandShape::states:
      for (const auto& [name, state] : at.members()) {
        use(name, {});
        const auto columns = state.members();
        if (rule.operands.empty() || columns.size() != 1) return;
        const auto table = interface.request[rule.operands[0].field].refers;
        if (!table) {
          name.fail(msg<"spec.field-does-not-refer">(name.text()));
          return;
        }
        read_state(columns[0].first, columns[0].second.text(), spec, *table, rule.state);
      }
      return;
  }
}

}  // namespace

std::optional<Code> read_code(const YamlNode& at) {
  const auto value = at.integer(-999999, 999999);
  if (!value) return std::nullopt;
  return Code{static_cast<int>(*value)};
}

std::vector<Code> read_codes(const YamlNode& at) {
  std::vector<Code> out;
  for (const YamlNode& item : at.items())
    if (const auto code = read_code(item)) out.push_back(*code);
  return out;
}

std::optional<Rule> read_rule(const YamlNode& at, const Spec& spec, const Interface& interface) {
  std::vector<std::string> known = rules::rule_kind_names();
  known.insert(known.end(), narrowing.begin(), narrowing.end());
  at.allow_keys(known);
  Rule rule;
  rule.place = at.place();
  std::optional<YamlNode> parameters;
  if (!at.is_map()) return std::nullopt;
  for (const auto& [key, value] : at.members()) {
    const auto kind = rules::find_rule_kind(key.text());
    if (!kind) continue;
    if (parameters) key.fail(msg<"spec.rule-second-kind">(), msg<"spec.write-two-rules">("when: [ { … }, { … } ]"));
    rule.kind = *kind;
    parameters = value;
  }
  if (!parameters) {
    at.fail(msg<"spec.rule-without-kind">(), msg<"usage.one-of">(core::join(rules::rule_kind_names())));
    return std::nullopt;
  }
  const rules::RuleKind& kind = rules::kind_of(rule);
  read_uses(*parameters, kind.parameters(), spec, interface, rule);
  if (rule.operands.empty()) return std::nullopt;
  if (const auto misfit = kind.validate(rule, interface)) {
    at.fail(msg<"spec.rule-does-not-fit">(kind.name(), *misfit));
    return std::nullopt;
  }
  rule.unless = read_guard(at.get("unless"), interface);
  rule.only_if = read_guard(at.get("if"), interface);
  if (const auto also_accepted = at.get("or")) rule.also_accepted = read_codes(*also_accepted);
  if (const auto base_variant = at.get("from")) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < interface.variants.size(); ++i) {
      names.push_back(interface.variants[i].name);
      if (names.back() == base_variant->text()) rule.base_variant = i;
    }
    if (!rule.base_variant) base_variant->fail(msg<"spec.no-variant">(base_variant->text(), interface.name), core::suggestion(base_variant->text(), names));
  }
  return rule;
}

namespace {

/// A missing value is answered by the first rule that can: those that are about nothing else before the others, whatever their order.
void assign_missing_value_rule(std::vector<ResultRow>& rows, const Interface& interface) {
  std::vector<bool> answered(interface.request.size(), false);
  for (const bool plain : {true, false}) {
    for (ResultRow& row : rows) {
      for (Rule& rule : row.when) {
        if (rules::kind_of(rule).is_about_missing() != plain || !rules::kind_of(rule).can_handle_missing()) continue;
        for (core::RuleOperand& use : rule.operands) {
          const bool needed = interface.request[use.field].required.value_or(plain);
          use.handles_missing = needed && !answered[use.field];
          if (use.handles_missing) answered[use.field] = true;
        }
      }
    }
  }
}

const std::vector<std::string> row_keys = {"code", "zh", "en", "when", "why", "injected_by", "stage"};

ResultRow read_row(const YamlNode& at) {
  at.allow_keys(row_keys);
  ResultRow row;
  row.place = at.place();
  if (const auto code = at.require("code")) row.code = read_code(*code).value_or(Code{});
  row.title = {at.text("zh"), at.text("en")};
  if (row.title.zh.empty() || row.title.en.empty()) at.fail(msg<"spec.code-wordings">());
  row.why = at.text("why");
  row.injected_by = at.text("injected_by");
  return row;
}

}  // namespace

std::vector<ResultRow> read_results(const YamlNode& at, const Spec& spec, const Interface& interface) {
  std::vector<ResultRow> rows;
  for (const YamlNode& item : at.items()) {
    ResultRow row = read_row(item);
    if (const auto when = item.get("when"))
      for (const YamlNode& rule : when->items())
        if (auto read = read_rule(rule, spec, interface)) row.when.push_back(std::move(*read));
    rows.push_back(std::move(row));
  }
  assign_missing_value_rule(rows, interface);
  return rows;
}

std::vector<ResultRow> read_common_results(const YamlNode& at) {
  std::vector<ResultRow> rows;
  const std::vector<std::string> faults(core::signature_error_names.begin(), core::signature_error_names.end());
  for (const YamlNode& item : at.items()) {
    ResultRow row = read_row(item);
    const std::string stage = item.text("stage");
    if (!row.injected_by.empty()) row.stage = Stage::injected_by;
    else if (stage == "authentication") row.stage = Stage::authentication;
    else if (stage == "body") row.stage = Stage::body;
    else item.fail(msg<"spec.code-without-stage">(), msg<"spec.write-stage">());
    const auto when = item.get("when");
    for (const YamlNode& rule : when ? when->items() : std::vector<YamlNode>()) {
      const std::string kind = rule.is_map() && !rule.members().empty() ? rule.members()[0].first.text() : rule.text();
      if (row.stage == Stage::body) {
        if (kind == "unparsable") row.unparsable = true;
        else if (kind != form_kind) rule.fail(msg<"spec.unknown-rule-kind">(kind), core::suggestion(kind, {"unparsable", form_kind}));
        continue;
      }
      const auto found = std::find(faults.begin(), faults.end(), kind);
      if (found == faults.end()) {
        rule.fail(msg<"spec.unknown-signature-error">(kind), core::suggestion(kind, faults));
        continue;
      }
      core::SignatureRule read{static_cast<core::SignatureError>(found - faults.begin()), {}};
      if (rule.is_map()) {
        rule.allow_keys({kind, "or"});
        if (const auto also_accepted = rule.get("or")) read.also_accepted = read_codes(*also_accepted);
      }
      row.signature.push_back(std::move(read));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<OpenQuestion> read_open_questions(const YamlNode& at, const Spec& spec, const Interface* interface) {
  std::vector<OpenQuestion> questions;
  for (const YamlNode& item : at.items()) {
    item.allow_keys({"id", "when", "in", "accept", "must_not_change", "interpretations", "ask"});
    OpenQuestion question;
    question.place = item.place();
    if (const auto id = item.require("id")) question.id = id->text();
    for (const OpenQuestion& other : questions)
      if (other.id == question.id) item.fail(msg<"spec.question-twice">(question.id));
    if (const auto ask = item.require("ask")) question.ask = read_text(*ask);
    question.must_not_change = item.as_bool("must_not_change");
    question.in = item.text("in");
    if (const auto interpretations = item.get("interpretations"))
      for (const YamlNode& reading : interpretations->items()) question.interpretations.push_back(reading.text());
    if (const auto accepted_codes = item.get("accept")) question.accepted_codes = read_codes(*accepted_codes);
    if (const auto when = item.get("when")) {
      if (interface == nullptr) when->fail(msg<"spec.question-of-all">());
      else question.when = read_rule(*when, spec, *interface);
      if (question.accepted_codes.empty()) item.fail(msg<"spec.rule-without-answers">(), msg<"spec.add-accept">());
    }
    questions.push_back(std::move(question));
  }
  return questions;
}

std::vector<ResultRow> bind_body_rows(const Spec& spec, const Interface& interface) {
  std::vector<ResultRow> rows;
  const std::size_t malformed = *rules::find_rule_kind(form_kind);
  for (const ResultRow& common : spec.common) {
    if (common.stage != Stage::body) continue;
    ResultRow row = common;
    for (std::size_t field = 0; field < interface.request.size(); ++field) {
      Rule rule;
      rule.kind = malformed;
      rule.operands = {{field, false, {}}};
      rule.place = common.place;
      if (interface.refusal) rule.also_accepted.push_back(*interface.refusal);
      // A field with a code of its own may answer a wrong type with it.
      for (const ResultRow& own : interface.results)
        for (const Rule& about : own.when) {
          const bool of_form = rules::kind_of(about).can_handle_missing();
          const bool mentions = std::any_of(about.operands.begin(), about.operands.end(), [&](const core::RuleOperand& use) { return use.field == field; });
          if (of_form && mentions && own.code != row.code) rule.also_accepted.push_back(own.code);
        }
      // An identifier of the wrong type may be looked up as it came, and not be found.
      if (interface.request[field].refers)
        for (const ResultRow& own : interface.results)
          for (const Rule& about : own.when)
            if (!rules::kind_of(about).can_handle_missing() && about.operands[0].field == field) rule.also_accepted.push_back(own.code);
      row.when.push_back(std::move(rule));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace meterproof::loader
