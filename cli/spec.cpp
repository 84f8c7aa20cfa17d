// SPDX-License-Identifier: Apache-2.0
// meterproof spec lint|list|export
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "conformance/clauses.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/spec_loader.hpp"
#include "core/openapi/openapi.hpp"
#include "core/openapi/request_export.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/text/text.hpp"
#include "mutation/mutation.hpp"
#include "reports/screen.hpp"
#include "reports/style.hpp"

namespace meterproof::cli {
namespace {

using core::Interface;

Exit run_lint(const std::string& directory, const std::string& spec_directory, const Terminal& terminal) {
  const std::string where = find_spec_directory(directory.empty() ? spec_directory : directory);
  if (where.empty()) {
    print_error(i18n::msg<"usage.lint-folder">());
    return Exit::usage;
  }
  const auto loaded = loader::load_spec(where);
  std::vector<core::Diagnostic> problems;
  if (!loaded) problems = loaded.problems();
  const std::string sample = where + "/fixtures/sample.yaml";
  std::error_code error;
  if (loaded && std::filesystem::exists(sample, error))
    if (const auto fixtures = loader::load_fixtures(*loaded, sample); !fixtures) problems = fixtures.problems();
  if (problems.empty()) return print(i18n::msg<"lint.no-problem">(where, loaded->interfaces.size()), terminal) ? Exit::ok : Exit::usage;
  print_problems(problems);
  const std::size_t count = problems.size();
  std::fprintf(stderr, "%s\n", terminal.style.text(count == 1 ? i18n::msg<"lint.one-problem">() : i18n::msg<"lint.problems">(count)).c_str());
  return Exit::failed;
}

/// Prints text for a person: on a terminal no line is wider than that, and what is broken goes on a little to the right of where its line begins.
Exit print_fitted(const std::string& text, const Terminal& terminal) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
    out += reports::wrapped(line, terminal.style.width, blanks + 2) + "\n";
  }
  return print(out) ? Exit::ok : Exit::usage;
}

std::string variations(const Interface& interface, const core::Rule& rule) {
  const rules::RuleKind& kind = rules::kind_of(rule);
  std::vector<std::string> slugs;
  for (const rules::Variation& one : kind.variations(rule, interface)) slugs.push_back(one.slug);
  return std::string(12, ' ') + reports::padded(std::string(kind.name()), 12) + " " + core::join(slugs) + "\n";
}

/// A code of five columns, and its title in both languages.
std::string code_row(const core::ResultRow& row) {
  const std::string code = std::to_string(row.code.value);
  return std::string(6 + (code.size() < 5 ? 5 - code.size() : 0), ' ') + code + "  " + row.title.zh + "  " + row.title.en;
}

std::string question_rows(const core::OpenQuestion& question, const std::string& id, const std::string& open) {
  std::string out = "      " + open + "  " + id;
  for (const core::Code code : question.accepted_codes) out += " " + std::to_string(code.value);
  for (const std::string& interpretation : question.interpretations) out += " " + interpretation;
  return out + "\n             " + question.ask.zh + "\n             " + question.ask.en + "\n";
}

std::string listed(const Interface& interface, const std::string& method, const reports::TextStyle& style) {
  const std::string open = style.text(i18n::msg<"list.open">());
  std::string out =
      reports::padded(interface.section, 5) + " " + reports::padded(interface.name, 13) + " " + interface.title.zh + "  " + interface.title.en + "\n";
  out += "      " +
         style.text(i18n::msg<"list.interface">(method, interface.path, to_string(interface.served_by), interface.request.size(), interface.reply.size())) +
         "\n";
  for (const core::ResultRow& row : interface.results) {
    out += code_row(row) + "\n";
    for (const core::Rule& rule : row.when) out += variations(interface, rule);
  }
  for (const core::OpenQuestion& question : interface.open_questions) {
    out += question_rows(question, interface.name + "/" + question.id, open);
    if (question.when) out += variations(interface, *question.when);
  }
  return out;
}

Exit run_list(bool mutations, const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const reports::TextStyle& style = terminal.style;
  std::string out;
  if (mutations) {
    for (const auto& mutation : mutation::mutations(*spec)) out += reports::padded(mutation.id, 52) + " " + style.text(mutation.title) + "\n";
    return print_fitted(out, terminal);
  }
  for (const Interface& interface : spec->interfaces) out += listed(interface, spec->method, style) + "\n";
  out += style.text(i18n::msg<"list.common-codes">(spec->authentication.section, spec->authentication.title)) + "\n";
  for (const core::ResultRow& row : spec->common) {
    out += code_row(row);
    for (const core::SignatureRule& rule : row.signature) out += "  " + std::string(to_string(rule.error));
    out += (row.why.en.empty() ? "" : "  (" + style.text(row.why) + ")") + "\n";
  }
  for (const core::OpenQuestion& question : spec->open_questions) out += question_rows(question, question.id, style.text(i18n::msg<"list.open">()));
  return print_fitted(out, terminal);
}

/// The first row of each table of the sample data, which the mock begins with.
openapi::KnownKeys known_keys(const core::Spec& spec, const loader::Fixtures& rows) {
  openapi::KnownKeys out;
  for (const auto& table : rows.tables)
    for (const auto& [column, value] : table.rows.empty() ? loader::Fixtures::Row() : table.rows.front())
      if (column == spec.tables[table.table].key) out[table.table] = value;
  return out;
}

Exit run_export(const std::string& format, const std::string& role, const std::string& directory, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const auto rows = read_fixtures("", *spec, spec_directory);
  if (!rows) return Exit::usage;
  const auto document = [&, known = known_keys(*spec, *rows)](core::Role one) {
    if (format == "postman") return openapi::postman_collection(*spec, one, known);
    if (format == "http") return openapi::http_file(*spec, one, known);
    return openapi::document(*spec, one);
  };
  if (!directory.empty()) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    for (const core::Role one : {core::Role::platform, core::Role::billing}) {
      const std::string path = directory + "/" + format + "-" + std::string(to_string(one)) + (format == "http" ? ".http" : ".json");
      if (!write_file(path, document(one))) return Exit::usage;
      std::printf("%s\n", path.c_str());
    }
    return Exit::ok;
  }
  std::fputs(document(role == "billing" ? core::Role::billing : core::Role::platform).c_str(), stdout);
  return Exit::ok;
}

Exit run_clauses(const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const std::string heading =
      "# The specification, clause by clause\n\n"
      "Every sentence and table row of the specification, with the cases that test it. `stated`: the specification says so. `implied`: it\n"
      "follows from several sentences. `open`: the specification does not say; any sensible answer passes, and a run reports the answer.\n"
      "Made by `meterproof spec clauses`. A test compares it with the spec files, and another demands a case for every clause.\n\n"
      "规范的每一句话和表格的每一行，以及测试它的用例。`stated`：规范写明；`implied`：由几句话得出；`open`：规范没有说明，任何合理的答案都可以，\n"
      "运行结果会报告答案。由 `meterproof spec clauses` 生成；有测试将其与规范文件比较，并有测试要求每个条款都有用例。\n\n";
  return print_fitted(heading + conformance::clause_table(*spec), terminal);
}

struct Options {
  std::string directory, format = "openapi", role = "platform", out;
  bool mutations = false;
};

}  // namespace

void add_spec(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("spec", program.text<"help.spec">());
  command->require_subcommand(1);
  const auto run_as = [&](CLI::App* sub, auto body) {
    sub->callback([body, options, &program_run = program.run, &directory = program.spec_directory] {
      program_run = [body, options, &directory] { return body(*options, directory); };
    });
  };
  CLI::App* lint = command->add_subcommand("lint", program.text<"help.spec.lint">());
  lint->add_option("directory", options->directory, program.text<"help.spec.lint.directory">())->type_name("DIR");
  run_as(lint, [&terminal = program.terminal](const Options& given, const std::string& directory) { return run_lint(given.directory, directory, terminal); });

  CLI::App* list = command->add_subcommand("list", program.text<"help.spec.list">());
  list->add_flag("--mutants", options->mutations, program.text<"help.spec.list.mutants">());
  run_as(list, [&terminal = program.terminal](const Options& given, const std::string& directory) { return run_list(given.mutations, directory, terminal); });

  CLI::App* clauses = command->add_subcommand("clauses", program.text<"help.spec.clauses">());
  run_as(clauses, [&terminal = program.terminal](const Options&, const std::string& directory) { return run_clauses(directory, terminal); });

  CLI::App* exporting = command->add_subcommand("export", program.text<"help.spec.export">());
  exporting->add_option("format", options->format, program.text<"help.spec.export.format">())->check(CLI::IsMember({"openapi", "postman", "http"}))->required();
  exporting->add_option("--role", options->role, program.text<"help.spec.export.role">())->check(CLI::IsMember({"platform", "billing"}))->capture_default_str();
  exporting->add_option("--out", options->out, program.text<"help.spec.export.out">())->type_name("DIR");
  run_as(exporting, [](const Options& given, const std::string& directory) { return run_export(given.format, given.role, given.out, directory); });
}

}  // namespace meterproof::cli
