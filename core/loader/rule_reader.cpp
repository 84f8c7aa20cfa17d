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

/// The rule kind that common rows about the body have, for every field.
std::size_t form_kind() {
  const auto& all = rules::rule_kinds();
  return static_cast<std::size_t>(std::find_if(all.begin(), all.end(), [](const rules::RuleKind* kind) { return kind->is_about_form(); }) - all.begin());
}

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

void read_operands(const YamlNode& at, rules::OperandShape shape, const Spec& spec, const Interface& interface, Rule& rule) {
  using Shape = rules::OperandShape;
  const auto use = [&](const YamlNode& name, const std::string& bound) {
    if (const auto field = find_field(interface.request, name, verbatim(interface.name))) rule.operands.push_back({*field, false, bound});
  };
  switch (shape) {
    case Shape::field:
    case Shape::fields:
    case Shape::pair: {
      const auto names = at.items();
      if (names.empty()) at.fail(msg<"spec.no-operand">());
      else if (shape == Shape::field && names.size() != 1) at.fail(msg<"spec.one-field">());
      else if (shape == Shape::pair && names.size() != 2) at.fail(msg<"spec.two-fields">());
      for (const YamlNode& name : names) use(name, {});
      return;
    }
    case Shape::bounds: {
      const auto bounds = at.members();
      if (bounds.empty() && at.is_map()) at.fail(msg<"spec.no-operand">());
      for (const auto& [name, bound] : bounds) use(name, bound.text());
      return;
    }
    case Shape::states: {
      const auto fields = at.members();
      const auto columns = fields.size() == 1 ? fields[0].second.members() : std::vector<std::pair<YamlNode, YamlNode>>();
      if (columns.size() != 1) return at.fail(msg<"file.expected">("{ FIELD: { COLUMN: value } }"));
      const YamlNode& name = fields[0].first;
      use(name, {});
      if (rule.operands.empty()) return;
      const auto table = interface.request[rule.operands[0].field].refers;
      if (!table) return name.fail(msg<"spec.field-does-not-refer">(name.text()));
      return read_state(columns[0].first, columns[0].second.text(), spec, *table, rule.state);
    }
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
  std::optional<YamlNode> operands;
  if (!at.is_map()) return std::nullopt;
  for (const auto& [key, value] : at.members()) {
    const auto kind = rules::find_rule_kind(key.text());
    if (!kind) continue;
    if (operands) key.fail(msg<"spec.rule-second-kind">(), msg<"spec.write-two-rules">("when: [ { … }, { … } ]"));
    rule.kind = *kind;
    operands = value;
  }
  if (!operands) {
    at.fail(msg<"spec.rule-without-kind">(), msg<"usage.one-of">(core::join(rules::rule_kind_names())));
    return std::nullopt;
  }
  const rules::RuleKind& kind = rules::kind_of(rule);
  read_operands(*operands, kind.operand_shape(), spec, interface, rule);
  if (rule.operands.empty()) return std::nullopt;
  if (const auto misfit = kind.validate(rule, interface)) {
    at.fail(msg<"spec.rule-does-not-fit">(kind.name(), *misfit));
    return std::nullopt;
  }
  rule.unless = read_guard(at.get("unless"), interface);
  rule.only_if = read_guard(at.get("if"), interface);
  if (const auto also_accepted = at.get("or")) rule.also_accepted = read_codes(*also_accepted);
  if (const auto base_variant = at.get("from")) rule.base_variant = find_variant(interface, *base_variant);
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
  if (const auto code = at.require("code")) row.code = read_code(*code).value_or(Code{});
  row.title = {at.text("zh"), at.text("en")};
  if (row.title.zh.empty() || row.title.en.empty()) at.fail(msg<"spec.code-wordings">());
  if (const auto why = at.get("why")) {
    why->allow_keys({"zh", "en"});
    if (why->is_map()) row.why = read_text(*why);
  }
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
  const std::vector<std::string> signature_errors(core::signature_error_names.begin(), core::signature_error_names.end());
  const std::string form(rules::rule_kinds()[form_kind()]->name());
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
        else if (kind != form) rule.fail(msg<"spec.unknown-rule-kind">(kind), core::suggestion(kind, {"unparsable", form}));
        else if (!rule.is_map() || rule.members()[0].second.text() != "any") rule.fail(msg<"file.expected">("{ " + form + ": any }"));
        continue;
      }
      const auto found = std::find(signature_errors.begin(), signature_errors.end(), kind);
      if (found == signature_errors.end()) {
        rule.fail(msg<"spec.unknown-signature-error">(kind), core::suggestion(kind, signature_errors));
        continue;
      }
      core::SignatureRule read{static_cast<core::SignatureError>(found - signature_errors.begin()), {}};
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

namespace {

/// `places: { FIELD: N }` of a question that has the three interpretations.
std::optional<core::DecimalPlaces> read_places(const YamlNode& at, const OpenQuestion& question, const Interface* interface) {
  std::vector<std::string> answers = question.interpretations;
  std::sort(answers.begin(), answers.end());
  const auto members = at.members();
  if (interface == nullptr || members.size() != 1 || answers != std::vector<std::string>{"exact", "refused", "rounded"}) {
    at.fail(msg<"spec.places-form">("{ FIELD: N }", "rounded, exact, refused"));
    return std::nullopt;
  }
  const auto field = find_field(interface->request, members[0].first, verbatim(interface->name));
  const auto most = members[0].second.integer(0, core::Decimal::max_digits);
  if (!field || !most) return std::nullopt;
  if (interface->request[*field].type != core::Type::decimal) {
    at.fail(msg<"spec.places-of-no-decimal">(interface->request[*field].name));
    return std::nullopt;
  }
  return core::DecimalPlaces{*field, static_cast<int>(*most)};
}

}  // namespace

std::vector<OpenQuestion> read_open_questions(const YamlNode& at, const Spec& spec, const Interface* interface) {
  std::vector<OpenQuestion> questions;
  for (const YamlNode& item : at.items()) {
    item.allow_keys({"id", "when", "in", "accept", "must_not_change", "interpretations", "places", "ask"});
    OpenQuestion question;
    if (const auto id = item.require("id")) question.id = id->text();
    for (const OpenQuestion& other : questions)
      if (other.id == question.id) item.fail(msg<"spec.question-twice">(question.id));
    if (const auto ask = item.require("ask")) question.ask = read_text(*ask);
    question.must_not_change = item.as_bool("must_not_change");
    question.in = item.text("in");
    if (const auto interpretations = item.get("interpretations"))
      for (const YamlNode& interpretation : interpretations->items()) question.interpretations.push_back(interpretation.text());
    if (const auto places = item.get("places")) question.places = read_places(*places, question, interface);
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
  const std::size_t of_every_field = form_kind();
  for (const ResultRow& common : spec.common) {
    if (common.stage != Stage::body) continue;
    ResultRow row = common;
    for (std::size_t field = 0; field < interface.request.size(); ++field) {
      Rule rule;
      rule.kind = of_every_field;
      rule.operands = {{field, false, {}}};
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
