// results: and unclear: — code tables, and the questions that the paper leaves open.
#include "spec/rules/word.hpp"

#include <algorithm>

#include "spec/yaml/parts.hpp"

namespace meterproof::yaml {

using spec::Code;
using spec::Interface;
using spec::ResultRow;
using spec::Rule;
using spec::Spec;
using spec::Stage;
using spec::Unclear;

namespace {

const std::vector<std::string> narrowing = {"unless", "if", "from", "or"};

std::optional<spec::Guard> read_guard(const std::optional<Cursor>& at, const Interface& interface) {
  if (!at) return std::nullopt;
  const auto members = at->members();
  if (members.size() != 1) {
    at->fail("a guard is { FIELD: value } or { FIELD: given }");
    return std::nullopt;
  }
  const auto field = find_field(interface.request, members[0].first, interface.name);
  const std::string value = members[0].second.text();
  return spec::Guard{field.value_or(0), value == "given" ? std::string() : value};
}

/// COLUMN of the row's own table, or TABLE.COLUMN of a table whose rows refer to it.
void read_state(const Cursor& at, const std::string& value, const Spec& spec, std::size_t table, spec::State& state) {
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
    at.fail("no column " + name + " of a table that refers to " + spec.tables[table].name, "write TABLE.COLUMN");
    return;
  }
  state.table = *other;
  state.column = *column;
}

void read_uses(const Cursor& at, rules::Parameters form, const Spec& spec, const Interface& interface, Rule& rule) {
  const auto use = [&](const Cursor& name, const std::string& bound) {
    if (const auto field = find_field(interface.request, name, interface.name)) rule.uses.push_back({*field, false, bound});
  };
  switch (form) {
    case rules::Parameters::fields:
    case rules::Parameters::pair:
      for (const Cursor& name : at.items()) use(name, {});
      if (form == rules::Parameters::pair && rule.uses.size() != 2) at.fail("two fields are expected here: [FIRST, SECOND]");
      return;
    case rules::Parameters::bounds:
      for (const auto& [name, bound] : at.members()) use(name, bound.text());
      return;
    case rules::Parameters::states:
      for (const auto& [name, state] : at.members()) {
        use(name, {});
        const auto columns = state.members();
        if (rule.uses.empty() || columns.size() != 1) return;
        const auto table = interface.request[rule.uses[0].field].refers;
        if (!table) {
          name.fail(name.text() + " refers to no table (refers:)");
          return;
        }
        read_state(columns[0].first, columns[0].second.text(), spec, *table, rule.state);
      }
      return;
  }
}

}  // namespace

std::optional<Code> read_code(const Cursor& at) {
  const auto value = at.integer(-999999, 999999);
  if (!value) return std::nullopt;
  return Code{static_cast<int>(*value)};
}

std::vector<Code> read_codes(const Cursor& at) {
  std::vector<Code> out;
  for (const Cursor& item : at.items())
    if (const auto code = read_code(item)) out.push_back(*code);
  return out;
}

std::optional<Rule> read_rule(const Cursor& at, const Spec& spec, const Interface& interface) {
  std::vector<std::string> known = rules::word_names();
  known.insert(known.end(), narrowing.begin(), narrowing.end());
  at.allow(known);
  Rule rule;
  rule.place = at.place();
  std::optional<Cursor> parameters;
  if (!at.is_map()) return std::nullopt;
  for (const auto& [key, value] : at.members()) {
    const auto word = rules::find_word(key.text());
    if (!word) continue;
    if (parameters) key.fail("a rule has one word; this is its second", "write two rules: when: [ { … }, { … } ]");
    rule.word = *word;
    parameters = value;
  }
  if (!parameters) {
    at.fail(
        "a rule without a word", "one of: " + [&] {
          std::string list;
          for (const std::string& name : rules::word_names()) list += (list.empty() ? "" : ", ") + name;
          return list;
        }());
    return std::nullopt;
  }
  const rules::Word& word = *rules::words()[rule.word];
  read_uses(*parameters, word.parameters(), spec, interface, rule);
  if (rule.uses.empty()) return std::nullopt;
  if (const std::string misfit = word.misfit(rule, interface); !misfit.empty()) {
    at.fail("the rule \"" + std::string(word.name()) + "\" does not fit: " + misfit);
    return std::nullopt;
  }
  rule.unless = read_guard(at.get("unless"), interface);
  rule.only_if = read_guard(at.get("if"), interface);
  if (const auto others = at.get("or")) rule.others = read_codes(*others);
  if (const auto from = at.get("from")) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < interface.variants.size(); ++i) {
      names.push_back(interface.variants[i].name);
      if (names.back() == from->text()) rule.from = i;
    }
    if (!rule.from) from->fail("\"" + from->text() + "\" is no variant of " + interface.name, spec::suggestion(from->text(), names));
  }
  return rule;
}

namespace {

/// A missing value is answered by the first rule that can: `empty` before the others, whatever their order.
void settle_missing(std::vector<ResultRow>& rows, const Interface& interface) {
  const auto empty = *rules::find_word("empty");
  std::vector<bool> answered(interface.request.size(), false);
  for (const bool plain : {true, false}) {
    for (ResultRow& row : rows) {
      for (Rule& rule : row.when) {
        if ((rule.word == empty) != plain || !rules::words()[rule.word]->may_cover_missing()) continue;
        for (spec::FieldUse& use : rule.uses) {
          const bool needed = interface.request[use.field].required.value_or(plain);
          use.covers_missing = needed && !answered[use.field];
          if (use.covers_missing) answered[use.field] = true;
        }
      }
    }
  }
}

const std::vector<std::string> row_keys = {"code", "zh", "en", "when", "why", "fault", "stage"};

ResultRow read_row(const Cursor& at) {
  at.allow(row_keys);
  ResultRow row;
  row.place = at.place();
  if (const auto code = at.need("code")) row.code = read_code(*code).value_or(Code{});
  row.title = {at.text("zh"), at.text("en")};
  if (row.title.zh.empty() || row.title.en.empty()) at.fail("a code has both wordings: zh (the paper's) and en");
  row.why = at.text("why");
  row.injected = at.text("fault");
  return row;
}

}  // namespace

std::vector<ResultRow> read_results(const Cursor& at, const Spec& spec, const Interface& interface) {
  std::vector<ResultRow> rows;
  for (const Cursor& item : at.items()) {
    ResultRow row = read_row(item);
    if (const auto when = item.get("when"))
      for (const Cursor& rule : when->items())
        if (auto read = read_rule(rule, spec, interface)) row.when.push_back(std::move(*read));
    rows.push_back(std::move(row));
  }
  settle_missing(rows, interface);
  return rows;
}

std::vector<ResultRow> read_common_results(const Cursor& at) {
  std::vector<ResultRow> rows;
  const std::vector<std::string> faults(spec::signature_fault_names.begin(), spec::signature_fault_names.end());
  for (const Cursor& item : at.items()) {
    ResultRow row = read_row(item);
    const std::string stage = item.text("stage");
    if (!row.injected.empty()) row.stage = Stage::injected;
    else if (stage == "authentication") row.stage = Stage::authentication;
    else if (stage == "body") row.stage = Stage::body;
    else item.fail("a common code belongs to a stage", "stage: authentication, stage: body, or fault: NAME");
    const auto when = item.get("when");
    for (const Cursor& rule : when ? when->items() : std::vector<Cursor>()) {
      const std::string word = rule.is_map() && !rule.members().empty() ? rule.members()[0].first.text() : rule.text();
      if (row.stage == Stage::body) {
        if (word == "unparsable") row.unparsable = true;
        else if (word != "malformed") rule.fail("unknown word \"" + word + "\"", spec::suggestion(word, {"unparsable", "malformed"}));
        continue;
      }
      const auto found = std::find(faults.begin(), faults.end(), word);
      if (found == faults.end()) {
        rule.fail("unknown fault of a signature \"" + word + "\"", spec::suggestion(word, faults));
        continue;
      }
      spec::SignatureRule read{static_cast<spec::SignatureFault>(found - faults.begin()), {}};
      if (rule.is_map()) {
        rule.allow({word, "or"});
        if (const auto others = rule.get("or")) read.others = read_codes(*others);
      }
      row.signature.push_back(std::move(read));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Unclear> read_unclear(const Cursor& at, const Spec& spec, const Interface* interface) {
  std::vector<Unclear> questions;
  for (const Cursor& item : at.items()) {
    item.allow({"id", "when", "in", "accept", "unchanged", "readings", "ask"});
    Unclear question;
    question.place = item.place();
    if (const auto id = item.need("id")) question.id = id->text();
    for (const Unclear& other : questions)
      if (other.id == question.id) item.fail("the question \"" + question.id + "\" is asked twice");
    if (const auto ask = item.need("ask")) question.ask = read_text(*ask);
    question.unchanged = item.yes("unchanged");
    question.in = item.text("in");
    if (const auto readings = item.get("readings"))
      for (const Cursor& reading : readings->items()) question.readings.push_back(reading.text());
    if (const auto accept = item.get("accept")) question.accept = read_codes(*accept);
    if (const auto when = item.get("when")) {
      if (interface == nullptr) when->fail("a question about all interfaces has readings, no rule");
      else question.when = read_rule(*when, spec, *interface);
      if (question.accept.empty()) item.fail("a rule without accepted answers", "add `accept: [CODE, …]`; the mock takes the first");
    }
    questions.push_back(std::move(question));
  }
  return questions;
}

std::vector<ResultRow> bind_body_rows(const Spec& spec, const Interface& interface) {
  std::vector<ResultRow> rows;
  const auto malformed = *rules::find_word("malformed");
  for (const ResultRow& common : spec.common) {
    if (common.stage != Stage::body) continue;
    ResultRow row = common;
    for (std::size_t field = 0; field < interface.request.size(); ++field) {
      Rule rule;
      rule.word = malformed;
      rule.uses = {{field, false, {}}};
      rule.place = common.place;
      if (interface.refusal) rule.others.push_back(*interface.refusal);
      // A field with a code of its own may answer a wrong type with it.
      for (const ResultRow& own : interface.results)
        for (const Rule& about : own.when) {
          const bool of_form = rules::words()[about.word]->may_cover_missing();
          const bool mentions = std::any_of(about.uses.begin(), about.uses.end(), [&](const spec::FieldUse& use) { return use.field == field; });
          if (of_form && mentions && own.code != row.code) rule.others.push_back(own.code);
        }
      // An identifier of the wrong type may be looked up as it came, and not be found.
      if (interface.request[field].refers)
        for (const ResultRow& own : interface.results)
          for (const Rule& about : own.when)
            if (!rules::words()[about.word]->may_cover_missing() && about.uses[0].field == field) rule.others.push_back(own.code);
      row.when.push_back(std::move(rule));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace meterproof::yaml
