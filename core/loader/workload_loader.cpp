// SPDX-License-Identifier: Apache-2.0
#include "core/loader/workload_loader.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/loader/section_readers.hpp"
#include "core/text/input_text.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text.hpp"

namespace meterproof::loader {

using core::FieldGenerator;
using core::Interface;
using core::Reconciliation;
using core::Spec;
using core::Workload;
using core::WorkloadStep;

namespace {

/// RFC 4180: commas, quotes around what holds one, a doubled quote for a quote.
class CsvReader {
 public:
  explicit CsvReader(const std::string& text) : text_(core::with_unix_lines(text)) {}

  bool next(std::vector<std::string>& row) {
    row.clear();
    if (at_ >= text_.size()) return false;
    line_ += 1 + std::exchange(breaks_, 0);
    for (;;) {
      row.push_back(field());
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < text_.size()) ++at_;  // the line's end
      return true;
    }
  }
  /// Of the row that was read last.
  std::size_t line() const { return line_; }
  /// A quote was opened and never closed.
  bool unfinished() const { return unfinished_; }
  /// Something stands between a closing quote and the next comma.
  bool glued() const { return glued_; }

 private:
  std::string field() {
    std::string out;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_;; ++at_) {
        if (at_ == text_.size()) {
          unfinished_ = true;
          return out;
        }
        if (text_[at_] == '\n') ++breaks_;
        if (text_[at_] == '"' && (at_ + 1 == text_.size() || text_[at_ + 1] != '"')) break;
        if (text_[at_] == '"') ++at_;
        out += text_[at_];
      }
      ++at_;
      glued_ = glued_ || (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n');
    }
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') out += text_[at_++];
    return out;
  }

  std::string text_;
  std::size_t at_ = 0, line_ = 0, breaks_ = 0;  // breaks: lines within the row's quotes
  bool unfinished_ = false, glued_ = false;
};

/// `lines`: where in the file each row stands.
void read_data(const YamlNode& at, const std::string& workload_path, Workload& workload, std::vector<std::size_t>& lines) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(workload_path).parent_path(), path = folder / at.text();
  // The file may be somebody else's: it names nothing but what came with it, whatever links lead there, and nothing of other files is told.
  std::error_code error;
  const fs::path within = fs::weakly_canonical(fs::absolute(folder.empty() ? "." : folder), error), real = fs::weakly_canonical(fs::absolute(path), error);
  const bool inside = !error && std::mismatch(within.begin(), within.end(), real.begin(), real.end()).first == within.end();
  if (!inside) return at.fail(msg<"workload.data-outside">(at.text()), msg<"workload.relative-path">());
  i18n::Message why;
  const auto content = fs::is_regular_file(real, error) ? content_of(real.string(), why) : std::nullopt;
  if (!content) return at.fail(msg<"workload.data-unreadable">(path.string()), why.empty() ? msg<"workload.relative-path">() : why);
  if (core::is_utf16(*content)) return at.fail(msg<"input.utf16">(), msg<"input.save-as-utf8">());
  CsvReader reader(*content);
  if (!reader.next(workload.columns)) return at.fail(msg<"workload.data-empty">(), msg<"workload.first-line">());
  if (reader.unfinished()) return at.fail(msg<"workload.open-quote">(reader.line(), at.text()));
  for (const char* separator : {";", "\t"})
    if (workload.columns.size() == 1 && workload.columns.front().find(separator) != std::string::npos)
      return at.fail(msg<"workload.other-separator">(*separator == ';' ? ";" : "TAB"));
  if (workload.columns.size() == 1 && workload.columns.front().starts_with('#')) return at.fail(msg<"workload.comment-line">(at.text()));
  for (const std::string& column : workload.columns)
    if (core::trimmed(column) != column || core::odd_character(column) > 0) return at.fail(msg<"workload.odd-value">(reader.line(), at.text(), column));
  for (std::size_t i = 0; i < workload.columns.size(); ++i)
    if (std::find(workload.columns.begin(), workload.columns.begin() + static_cast<std::ptrdiff_t>(i), workload.columns[i]) !=
        workload.columns.begin() + static_cast<std::ptrdiff_t>(i))
      return at.fail(msg<"workload.column-twice">(workload.columns[i], at.text()));
  std::vector<std::string> row;
  while (reader.next(row)) {
    if (reader.unfinished()) return at.fail(msg<"workload.open-quote">(reader.line(), at.text()));
    if (row.size() == 1 && row.front().empty()) continue;
    if (row.size() != workload.columns.size()) return at.fail(msg<"workload.field-count">(reader.line(), at.text(), row.size(), workload.columns.size()));
    if (reader.glued()) return at.fail(msg<"workload.behind-quote">(reader.line(), at.text()));
    for (std::size_t i = 0; i < row.size(); ++i)
      if (core::trimmed(row[i]) != row[i] || core::odd_character(row[i]) > 0)
        return at.fail(msg<"workload.odd-value">(reader.line(), at.text(), workload.columns[i]));
    workload.rows.push_back(row);
    lines.push_back(reader.line());
  }
  if (workload.rows.empty()) at.fail(msg<"workload.no-row">());
}

class WorkloadReader {
 public:
  /// `lines`: where in its file each of the workload's rows stands.
  WorkloadReader(const Spec& spec, Workload& workload, const std::vector<std::size_t>& lines) : spec_(spec), workload_(workload), lines_(lines) {}

  WorkloadStep read_step(const YamlNode& at) {
    WorkloadStep step;
    const auto call = at.require("call");
    const auto interface = call ? find_interface(*call, spec_) : std::nullopt;
    if (!interface) return step;
    step.interface = *interface;
    const Interface& about = spec_.interfaces[*interface];
    step.fields = about.generators;
    if (step.fields.empty()) step.fields.resize(about.request.size());
    if (const auto weight = at.get("weight")) {
      step.weight = weight->number().value_or(0);
      if (!(step.weight > 0)) weight->fail(msg<"workload.weight">());
    }
    if (const auto with = at.get("with")) {
      take(*with, about, step.fields);
      check_generators(*with, about, step.fields);
    }
    const bool silent = std::all_of(step.fields.begin(), step.fields.end(), [](const FieldGenerator& one) { return one.kind == FieldGenerator::Kind::absent; });
    if (silent) at.fail(msg<"workload.fields-not-generated">(about.name), msg<"file.add">("with: { FIELD: { constant: … } }"));
    return step;
  }

  /// What `produced_by: INTERFACE.FIELD` means, once the whole mix is known.
  void bind_made(const YamlNode& at) {
    for (WorkloadStep& step : workload_.mix)
      for (FieldGenerator& field : step.fields) {
        if (field.kind != FieldGenerator::Kind::produced_by) continue;
        const std::size_t dot = field.text.find('.');
        const auto maker = std::find_if(workload_.mix.begin(), workload_.mix.end(),
                                        [&](const WorkloadStep& one) { return spec_.interfaces[one.interface].name == field.text.substr(0, dot); });
        const auto made =
            maker == workload_.mix.end() || dot == std::string::npos ? std::nullopt : spec_.interfaces[maker->interface].field(field.text.substr(dot + 1));
        if (!made || maker->fields[*made].kind != FieldGenerator::Kind::unique) {
          at.fail(msg<"workload.not-unique">(field.text), msg<"workload.write-unique">());
          continue;
        }
        field.step = static_cast<std::size_t>(maker - workload_.mix.begin());
        field.of = *made;
      }
    const auto waits = [](const WorkloadStep& step) {
      return std::any_of(step.fields.begin(), step.fields.end(), [](const FieldGenerator& field) { return field.kind == FieldGenerator::Kind::produced_by; });
    };
    if (std::all_of(workload_.mix.begin(), workload_.mix.end(), waits)) at.fail(msg<"workload.no-first-call">());
  }

  void read_reconciliation(const YamlNode& at) {
    at.allow_keys({"of", "each", "last", "ask", "with", "shown", "compare"});
    Reconciliation out;
    const auto of = at.require("of");
    const auto ask = at.require("ask");
    const auto interface = of ? find_interface(*of, spec_) : std::nullopt;
    const auto query = ask ? find_interface(*ask, spec_) : std::nullopt;
    if (!interface || !query) return;
    const auto step = std::find_if(workload_.mix.begin(), workload_.mix.end(), [&](const WorkloadStep& one) { return one.interface == *interface; });
    if (step == workload_.mix.end()) return of->fail(msg<"workload.not-in-mix">(of->text()));
    out.step = static_cast<std::size_t>(step - workload_.mix.begin());
    out.kind = at.get("last") ? Reconciliation::Kind::last : Reconciliation::Kind::each;
    const Interface& about = spec_.interfaces[*interface];
    const Interface& asked = spec_.interfaces[*query];
    const auto field = out.kind == Reconciliation::Kind::last ? at.get("last") : at.require("each");
    if (!field) return;
    out.field = find_field(about.request, *field, i18n::verbatim(about.name)).value_or(0);
    using Kind = FieldGenerator::Kind;
    const Kind wanted = out.kind == Reconciliation::Kind::last ? Kind::counter : Kind::unique;
    if (step->fields[out.field].kind != wanted) field->fail(msg<"workload.must-be-generated">(wanted == Kind::counter ? "counter" : "unique"));
    out.ask.interface = *query;
    out.ask.fields.resize(asked.request.size());
    if (const auto with = at.require("with")) {
      with->is_map() ? take(*with, asked, out.ask.fields) : with->fail(msg<"file.mapping-expected">());
      check_generators(*with, asked, out.ask.fields);
      const bool produced = std::any_of(out.ask.fields.begin(), out.ask.fields.end(), [](const FieldGenerator& one) { return one.kind == Kind::produced_by; });
      if (produced) with->fail(msg<"workload.only-in-mix">());
    }
    if (const auto shown = at.require("shown")) out.shown = find_field(asked.reply, *shown, msg<"spec.reply-of">(asked.name)).value_or(0);
    if (const auto compare = at.get("compare")) read_compared(*compare, *step, about, asked, out);
    workload_.reconcile.push_back(std::move(out));
  }

 private:
  /// FIELD: SHOWN, of the call's request and of the query's reply.
  void read_compared(const YamlNode& at, const WorkloadStep& step, const Interface& about, const Interface& asked, Reconciliation& out) const {
    if (!at.is_map()) return at.fail(msg<"file.mapping-expected">());
    // The last value is compared as it is; which rows the others stand in, nobody knows.
    if (out.kind == Reconciliation::Kind::last) return at.fail(msg<"workload.compare-each">());
    for (const auto& [name, shown] : at.members()) {
      const auto field = find_field(about.request, name, i18n::verbatim(about.name));
      const auto cell = find_field(asked.reply, shown, msg<"spec.reply-of">(asked.name));
      if (!field || !cell) continue;
      if (step.fields[*field].kind == FieldGenerator::Kind::absent) name.fail(msg<"workload.compare-sent">(name.text(), about.name));
      out.compare.push_back({*field, *cell});
    }
  }

  void take(const YamlNode& with, const Interface& about, std::vector<FieldGenerator>& into) const {
    const auto from = read_generators(with, about, &workload_.columns);
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (from[i].kind == FieldGenerator::Kind::absent) continue;
      check(with, about.request[i], from[i]);
      into[i] = from[i];
    }
  }

  /// What a field that is a number says must be one, wherever it comes from.
  void check(const YamlNode& at, const core::Field& field, const FieldGenerator& step) const {
    if (field.type == core::Type::text) return;
    const auto number = [&](const std::string& text) {
      if (!core::is_json_number(text)) at.fail(msg<"workload.not-a-number">(field.name, text));
    };
    if (step.kind == FieldGenerator::Kind::constant) number(step.text);
    for (const std::string& choice : step.choices) number(choice);
    if (step.kind != FieldGenerator::Kind::column) return;
    const auto column = static_cast<std::size_t>(std::find(workload_.columns.begin(), workload_.columns.end(), step.text) - workload_.columns.begin());
    for (std::size_t row = 0; column < workload_.columns.size() && row < workload_.rows.size(); ++row)
      if (const std::string& text = workload_.rows[row][column]; !core::is_json_number(text))
        return at.fail(msg<"workload.not-a-number-in-data">(field.name, text, lines_[row], step.text));
  }

  const Spec& spec_;
  Workload& workload_;
  const std::vector<std::size_t>& lines_;
};

}  // namespace

core::Result<Workload> load_workload(const Spec& spec, const std::string& path) {
  std::vector<core::Diagnostic> problems;
  Workload workload;
  const auto root = open(path, path, problems);
  if (!root) return problems;
  root->allow_keys({"workload", "zh", "en", "mix", "data", "reconcile", "stages"});
  workload.name = root->text("workload", std::filesystem::path(path).stem().string());
  workload.title = read_text(*root);
  std::vector<std::size_t> lines;
  if (const auto data = root->get("data")) read_data(*data, path, workload, lines);
  if (!problems.empty()) return problems;  // without its data nothing can be said of columns
  WorkloadReader reader(spec, workload, lines);
  if (const auto mix = root->require("mix"))
    for (const YamlNode& item : mix->items()) {
      item.allow_keys({"call", "weight", "with"});
      workload.mix.push_back(reader.read_step(item));
    }
  reader.bind_made(*root);
  if (problems.empty())
    if (const auto list = root->get("reconcile"))
      for (const YamlNode& item : list->items()) reader.read_reconciliation(item);
  if (const auto stages = root->get("stages"))
    for (const YamlNode& item : stages->items()) workload.stages.push_back(item.text());
  if (!problems.empty()) return problems;
  return workload;
}

Workload single_interface_workload(const Spec& spec, std::size_t interface) {
  Workload workload;
  workload.name = spec.interfaces[interface].name;
  workload.title = spec.interfaces[interface].title;
  workload.mix.push_back({interface, 1, spec.interfaces[interface].generators});
  return workload;
}

}  // namespace meterproof::loader
