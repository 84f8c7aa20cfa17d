// meterproof spec lint|list|export
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.hpp"
#include "conformance/clauses.hpp"
#include "spec/openapi/openapi.hpp"
#include "spec/rules/deviation.hpp"
#include "spec/rules/valid.hpp"
#include "spec/rules/word.hpp"
#include "spec/yaml/loader.hpp"

namespace meterproof::cli {
namespace {

using spec::Interface;

Exit run_lint(const std::string& directory, const std::string& spec_directory) {
  const std::string where = find_spec_directory(directory.empty() ? spec_directory : directory);
  if (where.empty()) {
    complain("no folder to check; name one: meterproof spec lint DIR");
    return Exit::usage;
  }
  const auto loaded = yaml::load_spec(where);
  if (!loaded) {
    std::fputs(format(loaded.problems()).c_str(), stderr);
    std::fprintf(stderr, "%zu problem%s\n", loaded.problems().size(), loaded.problems().size() == 1 ? "" : "s");
    return Exit::bad;
  }
  std::printf("%s: %zu interfaces, no problem\n", where.c_str(), loaded->interfaces.size());
  const std::string sample = where + "/worlds/sample.yaml";
  if (!std::filesystem::exists(sample)) return Exit::good;
  const auto world = yaml::load_world(*loaded, sample);
  if (!world) std::fputs(format(world.problems()).c_str(), stderr);
  return world ? Exit::good : Exit::bad;
}

/// Names in place of keys: a listing needs no server.
class Names final : public rules::Keys, public rules::Scene {
 public:
  explicit Names(const spec::Spec& spec) : spec_(&spec) {}
  std::string key(const spec::Field& field, bool) override { return "<" + spec_->tables[field.refers.value_or(field.names.value_or(0))].name + ">"; }
  std::string existing(std::size_t table) override { return "<" + spec_->tables[table].name + ">"; }
  std::string another(std::size_t table) override { return "<another " + spec_->tables[table].name + ">"; }
  std::string unknown(std::size_t table) override { return "<no " + spec_->tables[table].name + ">"; }
  std::string in_state(std::size_t table, const spec::State& state) override { return "<" + state.value + " " + spec_->tables[table].name + ">"; }

 private:
  const spec::Spec* spec_;
};

void list_counterexamples(const spec::Spec& spec, const Interface& interface, const spec::Rule& rule) {
  Names names(spec);
  const spec::Draft control = rules::valid_draft(interface, interface.variants[rule.from.value_or(0)], names, 1, {});
  const rules::Word& word = *rules::words()[rule.word];
  std::string line;
  for (const auto& made : word.makes(rule, control, names)) line += (line.empty() ? "" : ", ") + made.label;
  std::printf("            %-12s %s\n", std::string(word.name()).c_str(), line.c_str());
}

Exit run_list(bool deviations, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  if (deviations) {
    for (const auto& deviation : rules::deviations(*spec)) std::printf("%-52s %s\n", deviation.id.c_str(), deviation.sentence.c_str());
    return Exit::good;
  }
  for (const Interface& interface : spec->interfaces) {
    std::printf("%-5s %-13s %s  %s\n", interface.section.c_str(), interface.name.c_str(), interface.title.zh.c_str(), interface.title.en.c_str());
    std::printf("      %s %s, served by %s, %zu request fields, %zu reply fields\n", spec->method.c_str(), interface.path.c_str(),
                std::string(to_string(interface.served_by)).c_str(), interface.request.size(), interface.reply.size());
    for (const spec::ResultRow& row : interface.results) {
      std::printf("      %5d  %s  %s\n", row.code.value, row.title.zh.c_str(), row.title.en.c_str());
      for (const spec::Rule& rule : row.when) list_counterexamples(*spec, interface, rule);
    }
    for (const spec::Unclear& question : interface.unclear) {
      std::printf("      open:  %s/%s", interface.name.c_str(), question.id.c_str());
      for (const spec::Code code : question.accept) std::printf(" %d", code.value);
      for (const std::string& reading : question.readings) std::printf(" %s", reading.c_str());
      std::printf("\n             %s\n             %s\n", question.ask.zh.c_str(), question.ask.en.c_str());
      if (question.when) list_counterexamples(*spec, interface, *question.when);
    }
    std::printf("\n");
  }
  std::printf("common codes (%s %s)\n", spec->authentication.section.c_str(), spec->authentication.title.zh.c_str());
  for (const spec::ResultRow& row : spec->common) {
    std::printf("      %5d  %s  %s", row.code.value, row.title.zh.c_str(), row.title.en.c_str());
    for (const spec::SignatureRule& rule : row.signature) std::printf("  %s", std::string(to_string(rule.fault)).c_str());
    if (!row.why.empty()) std::printf("  (%s)", row.why.c_str());
    std::printf("\n");
  }
  for (const spec::Unclear& question : spec->unclear) {
    std::printf("      open:  %s", question.id.c_str());
    for (const std::string& reading : question.readings) std::printf(" %s", reading.c_str());
    std::printf("\n             %s\n             %s\n", question.ask.zh.c_str(), question.ask.en.c_str());
  }
  return Exit::good;
}

Exit run_export(const std::string& format, const std::string& role, const std::string& directory, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  if (!directory.empty()) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    for (const spec::Role one : {spec::Role::platform, spec::Role::billing}) {
      const std::string path = directory + "/" + format + "-" + std::string(to_string(one)) + ".json";
      if (!write_file(path, openapi::document(*spec, one))) return Exit::usage;
      std::printf("%s\n", path.c_str());
    }
    return Exit::good;
  }
  std::fputs(openapi::document(*spec, role == "billing" ? spec::Role::billing : spec::Role::platform).c_str(), stdout);
  return Exit::good;
}

Exit run_clauses(const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  std::fputs(
      "# The paper, clause by clause\n\n"
      "Every sentence and table row of the paper with the cases that test it. `stated`: the paper says so. `implied`: its sentences come\n"
      "to it, taken together. `open`: it does not say; any sensible answer will do, and the survey of a run shows the one that was met.\n"
      "Made by `meterproof spec clauses`; a test holds it against the specs, and another that every clause has a case.\n\n",
      stdout);
  std::fputs(conformance::clause_table(*spec).c_str(), stdout);
  return Exit::good;
}

struct Options {
  std::string directory, format = "openapi", role = "platform", out;
  bool deviations = false;
};

}  // namespace

void add_spec(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("spec", "the interface as data: check it, list it, export it");
  command->require_subcommand(1);
  const auto run_as = [&](CLI::App* sub, auto body) {
    sub->callback([body, options, &program_run = program.run, &directory = program.spec_directory] {
      program_run = [body, options, &directory] { return body(*options, directory); };
    });
  };
  CLI::App* lint = command->add_subcommand("lint", "check spec files: every problem with its place");
  lint->add_option("directory", options->directory, "folder of the spec files (default: those in use)")->type_name("DIR");
  run_as(lint, [](const Options& given, const std::string& directory) { return run_lint(given.directory, directory); });

  CLI::App* list = command->add_subcommand("list", "interfaces, codes, rules, counterexamples, open questions");
  list->add_flag("--deviations", options->deviations, "the ways in which a mock can be told to break the paper");
  run_as(list, [](const Options& given, const std::string& directory) { return run_list(given.deviations, directory); });

  CLI::App* clauses = command->add_subcommand("clauses", "the paper clause by clause, with the cases that test each (Markdown)");
  run_as(clauses, [](const Options&, const std::string& directory) { return run_clauses(directory); });

  CLI::App* exporting = command->add_subcommand("export", "other tools' formats");
  exporting->add_option("format", options->format, "openapi (OpenAPI 3.1, JSON)")->check(CLI::IsMember({"openapi"}))->required();
  exporting->add_option("--role", options->role, "whose interfaces, on standard output")->check(CLI::IsMember({"platform", "billing"}))->capture_default_str();
  exporting->add_option("--out", options->out, "write both documents into that folder instead")->type_name("DIR");
  run_as(exporting, [](const Options& given, const std::string& directory) { return run_export(given.format, given.role, given.out, directory); });
}

}  // namespace meterproof::cli
