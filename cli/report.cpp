// SPDX-License-Identifier: Apache-2.0
// meterproof report
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/files.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::vector<std::string> records;
  RecordFiles files;
  std::string base;
  auth::CommandDialect commands = auth::CommandDialect::sh;
};

/// Nothing after the mistake was printed.
std::optional<std::vector<Record>> read_records(const std::vector<std::string>& paths) {
  std::vector<Record> records;
  for (const std::string& path : paths) {
    auto record = read_record(path);
    if (!record) return std::nullopt;
    records.push_back(std::move(*record));
  }
  return records;
}

/// Of a load nothing shows whether its record was changed; a check's has its transcript.
void note_unsealed(std::vector<Record>& records) {
  for (Record& one : records)
    if (auto* load = std::get_if<reports::LoadRecord>(&one)) load->notes.push_back(msg<"report.load-not-sealed">());
}

Exit run(const Options& options, const Terminal& terminal) {
  std::vector<std::string> read = options.records;
  read.push_back(options.base);
  if (!can_write(options.files, read)) return Exit::usage;
  auto records = read_records(options.records);
  if (!records) return Exit::usage;
  std::optional<Record> base;
  if (!options.base.empty()) {
    base = read_record(options.base);
    if (!base) return Exit::usage;
    if (!std::holds_alternative<reports::LoadRecord>(*base)) {
      print_error(msg<"usage.load-expected">("--base " + options.base));
      return Exit::usage;
    }
  }
  bool wanted = false;
  for (const auto& writer : reports::report_writers()) {
    const auto file = options.files.find(std::string(writer->name()));
    if (file == options.files.end() || file->second.empty()) continue;
    wanted = true;
    if (records->size() == 1 || writer->takes_several()) continue;
    print_error(msg<"usage.one-record">("--" + file->first));
    return Exit::usage;
  }
  if (wanted) {
    const reports::ReportOptions report{{.language = terminal.style.language, .commands = options.commands},
                                        base ? &std::get<reports::LoadRecord>(*base) : nullptr};
    RecordFiles shown = options.files, as_read;
    as_read.insert(shown.extract("json"));
    const bool is_written = write_files(*records, as_read, report);
    note_unsealed(*records);
    return write_files(*records, shown, report) && is_written ? Exit::ok : Exit::usage;
  }
  note_unsealed(*records);
  std::string out;
  Terminal shown = terminal;
  shown.style.commands = options.commands;
  for (const Record& one : *records) out += (out.empty() ? "" : "\n") + text_for(one, shown);
  return print(out) ? Exit::ok : Exit::usage;
}

}  // namespace

void add_report(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("report", program.text<"help.report">());
  command->add_option("records", options->records, program.text<"help.report.records">())->type_name("RECORD...")->required();
  add_record_options(program, *command, options->files);
  add_repeat_as(program, *command, options->commands);
  command->add_option("--base", options->base, program.text<"help.report.base">())->type_name("FILE");
  command->callback(
      [options, &program_run = program.run, &terminal = program.terminal] { program_run = [options, &terminal] { return run(*options, terminal); }; });
}

}  // namespace meterproof::cli
