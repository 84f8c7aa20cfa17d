// SPDX-License-Identifier: Apache-2.0
// meterproof diff
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <variant>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/issuer.hpp"
#include "core/i18n/message.hpp"
#include "history/difference_report.hpp"
#include "loadgen/comparison.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::string before, after;
  RecordFiles files;
};

bool write_formats(const history::DifferenceReport& report, const RecordFiles& files, const reports::TextStyle& style) {
  bool written = true;
  for (const auto& [format, path] : files) {
    if (path.empty()) continue;
    const std::string text = format == "json"       ? to_json(report)
                             : format == "junit"    ? to_junit(report, style)
                             : format == "html"     ? to_html(report, style)
                             : format == "markdown" ? to_markdown(report, style)
                                                    : to_text(report, style);
    written = write_file(path, text) && written;
  }
  return written;
}

Exit compare_checks(const Options& options, const reports::CheckRecord& before, const reports::CheckRecord& after, const core::Spec& spec,
                    const std::string& spec_digest, const Terminal& terminal) {
  const history::DifferenceReport report{
      {options.before, &before}, {options.after, &after}, history::difference(spec, spec_digest, before, after), "meterproof " METERPROOF_VERSION};
  reports::TextStyle style = terminal.style;
  style.colour = style.brief = false;
  style.width = 0;
  const bool written = write_formats(report, options.files, style);
  const std::string shown = terminal.quiet ? terminal.style.text(summary(report.difference)) + "\n" : to_text(report, terminal.style);
  return print(shown) && written ? static_cast<Exit>(report.difference.exit_code()) : Exit::usage;
}

/// As load --compare, from the records alone.
Exit compare_loads(const Options& options, const reports::LoadRecord& before, reports::LoadRecord after, const Terminal& terminal) {
  constexpr double margin = 0.05;
  if (before.workload != after.workload || before.stages != after.stages) {
    print_error(msg<"usage.compare-other">(options.before));
    return Exit::inconclusive;
  }
  for (const reports::LoadRecord* one : {&before, static_cast<const reports::LoadRecord*>(&after)})
    if (one->exit_code > 1) {  // whatever it measured says nothing
      print_error(msg<"diff.not-comparable">(msg<"diff.not-judged">(one == &before ? "A" : "B", one->verdict)));
      return Exit::inconclusive;
    }
  after.differences = loadgen::compare(before, after, margin);
  const bool worse = std::any_of(after.differences.begin(), after.differences.end(), [](const auto& one) { return one.verdict == "worse"; });
  if (worse) after.verdict = msg<"load.worse-than-base">();
  after.exit_code = worse ? 1 : 0;
  return write_reports(std::move(after), options.files, terminal, &before);
}

Exit run(const Options& options, const std::string& spec_directory, const Terminal& terminal) {
  if (!can_write(options.files, {options.before, options.after})) return Exit::usage;
  auto before = read_record(options.before), after = read_record(options.after);
  if (!before || !after) return Exit::usage;
  const auto* const check_before = std::get_if<reports::CheckRecord>(&*before);
  const auto* const check_after = std::get_if<reports::CheckRecord>(&*after);
  if ((check_before == nullptr) != (check_after == nullptr)) {
    print_error(msg<"diff.other-kind">());
    return Exit::inconclusive;
  }
  if (check_before == nullptr)
    return compare_loads(options, std::get<reports::LoadRecord>(*before), std::get<reports::LoadRecord>(std::move(*after)), terminal);
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  return compare_checks(options, *check_before, *check_after, *spec, spec_digest_of(find_spec_directory(spec_directory)), terminal);
}

}  // namespace

void add_diff(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("diff", program.text<"help.diff">());
  command->add_option("before", options->before, program.text<"help.diff.before">())->type_name("RECORD")->required();
  command->add_option("after", options->after, program.text<"help.diff.after">())->type_name("RECORD")->required();
  add_record_options(program, *command, options->files, {"json", "junit", "html", "markdown", "text"});
  command->callback([options, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [options, &directory, &terminal] { return run(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
