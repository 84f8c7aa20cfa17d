// SPDX-License-Identifier: Apache-2.0
// meterproof spec lint|list|export
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "conformance/clauses.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/spec_loader.hpp"
#include "core/openapi/openapi.hpp"
#include "core/openapi/request_export.hpp"
#include "core/rules/rule_kind.hpp"
#include "mutation/mutation.hpp"

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

void list_variations(const Interface& interface, const core::Rule& rule) {
  const rules::RuleKind& kind = rules::kind_of(rule);
  std::string line;
  for (const rules::Variation& one : kind.variations(rule, interface)) line += (line.empty() ? "" : ", ") + one.slug;
  std::printf("            %-12s %s\n", std::string(kind.name()).c_str(), line.c_str());
}

Exit run_list(bool mutations, const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const std::string open = terminal.style.text(i18n::msg<"list.open">());
  if (mutations) {
    for (const auto& mutation : mutation::mutations(*spec)) std::printf("%-52s %s\n", mutation.id.c_str(), terminal.style.text(mutation.title).c_str());
    return Exit::ok;
  }
  for (const Interface& interface : spec->interfaces) {
    std::printf("%-5s %-13s %s  %s\n", interface.section.c_str(), interface.name.c_str(), interface.title.zh.c_str(), interface.title.en.c_str());
    const auto served =
        i18n::msg<"list.interface">(spec->method, interface.path, to_string(interface.served_by), interface.request.size(), interface.reply.size());
    std::printf("      %s\n", terminal.style.text(served).c_str());
    for (const core::ResultRow& row : interface.results) {
      std::printf("      %5d  %s  %s\n", row.code.value, row.title.zh.c_str(), row.title.en.c_str());
      for (const core::Rule& rule : row.when) list_variations(interface, rule);
    }
    for (const core::OpenQuestion& question : interface.open_questions) {
      std::printf("      %s  %s/%s", open.c_str(), interface.name.c_str(), question.id.c_str());
      for (const core::Code code : question.accepted_codes) std::printf(" %d", code.value);
      for (const std::string& interpretation : question.interpretations) std::printf(" %s", interpretation.c_str());
      std::printf("\n             %s\n             %s\n", question.ask.zh.c_str(), question.ask.en.c_str());
      if (question.when) list_variations(interface, *question.when);
    }
    std::printf("\n");
  }
  std::printf("%s\n", terminal.style.text(i18n::msg<"list.common-codes">(spec->authentication.section, spec->authentication.title)).c_str());
  for (const core::ResultRow& row : spec->common) {
    std::printf("      %5d  %s  %s", row.code.value, row.title.zh.c_str(), row.title.en.c_str());
    for (const core::SignatureRule& rule : row.signature) std::printf("  %s", std::string(to_string(rule.error)).c_str());
    if (!row.why.en.empty()) std::printf("  (%s)", terminal.style.text(row.why).c_str());
    std::printf("\n");
  }
  for (const core::OpenQuestion& question : spec->open_questions) {
    std::printf("      %s  %s", open.c_str(), question.id.c_str());
    for (const std::string& interpretation : question.interpretations) std::printf(" %s", interpretation.c_str());
    std::printf("\n             %s\n             %s\n", question.ask.zh.c_str(), question.ask.en.c_str());
  }
  return Exit::ok;
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

Exit run_clauses(const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  std::fputs(
      "# The specification, clause by clause\n\n"
      "Every sentence and table row of the specification, with the cases that test it. `stated`: the specification says so. `implied`: it\n"
      "follows from several sentences. `open`: the specification does not say; any sensible answer passes, and a run reports the answer.\n"
      "Made by `meterproof spec clauses`. A test compares it with the spec files, and another demands a case for every clause.\n\n"
      "规范的每一句话和表格的每一行，以及测试它的用例。`stated`：规范写明；`implied`：由几句话得出；`open`：规范没有说明，任何合理的答案都可以，\n"
      "运行结果会报告答案。由 `meterproof spec clauses` 生成；有测试将其与规范文件比较，并有测试要求每个条款都有用例。\n\n",
      stdout);
  std::fputs(conformance::clause_table(*spec).c_str(), stdout);
  return Exit::ok;
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
  run_as(clauses, [](const Options&, const std::string& directory) { return run_clauses(directory); });

  CLI::App* exporting = command->add_subcommand("export", program.text<"help.spec.export">());
  exporting->add_option("format", options->format, program.text<"help.spec.export.format">())->check(CLI::IsMember({"openapi", "postman", "http"}))->required();
  exporting->add_option("--role", options->role, program.text<"help.spec.export.role">())->check(CLI::IsMember({"platform", "billing"}))->capture_default_str();
  exporting->add_option("--out", options->out, program.text<"help.spec.export.out">())->type_name("DIR");
  run_as(exporting, [](const Options& given, const std::string& directory) { return run_export(given.format, given.role, given.out, directory); });
}

}  // namespace meterproof::cli
