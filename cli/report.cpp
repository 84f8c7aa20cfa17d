// meterproof report
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.hpp"
#include "core/text/utf8.hpp"
#include "reports/html.hpp"
#include "reports/markdown.hpp"

namespace meterproof::cli {
namespace {

struct Options {
  std::vector<std::string> records;
  std::string junit, html, markdown, base;
  bool text = false;
};

template <class Render>
std::string each(const std::vector<Record>& records, Render render) {
  std::string out;
  for (const Record& one : records) out += (out.empty() ? "" : "\n") + std::visit(render, one);
  return out;
}

Exit run(const Options& options, const Terminal& terminal) {
  if (!can_write({"", options.junit, options.html, options.markdown})) return Exit::usage;
  std::vector<Record> records;
  for (const std::string& path : options.records) {
    auto record = read_record(path);
    if (!record) return Exit::usage;
    records.push_back(std::move(*record));
  }
  std::string base;
  if (!options.base.empty()) {
    const auto record = read_record(options.base);
    if (!record) return Exit::usage;
    if (!std::holds_alternative<reports::LoadRecord>(*record)) {
      print_error("--compare " + options.base + ": a load's record is expected");
      return Exit::usage;
    }
    base = to_json(std::get<reports::LoadRecord>(*record));
  }
  if (!options.junit.empty() && records.size() > 1) {
    print_error("--junit takes one record at a time: a CI server reads one report a run");
    return Exit::usage;
  }
  for (Record& one : records)
    if (auto* check = std::get_if<reports::CheckRecord>(&one)) check->transcript.reset();  // for machines, and large
  const auto json = [](const auto& record) { return to_json(record); };
  bool written = true;
  if (!options.html.empty()) {
    std::vector<std::string> texts;
    for (const Record& one : records) texts.push_back(std::visit(json, one));
    written = write_file(options.html, reports::to_html(texts, base));
  }
  if (!options.junit.empty()) written = write_file(options.junit, each(records, [](const auto& record) { return to_junit(record); })) && written;
  if (!options.markdown.empty()) written = write_file(options.markdown, each(records, [](const auto& record) { return to_markdown(record); })) && written;
  if (options.text || (options.junit.empty() && options.html.empty() && options.markdown.empty()))
    written = print(each(records,
                         [&](const auto& record) {
                           return terminal.quiet ? core::sanitize(terminal.style.translate(record.verdict)) + "\n" : to_text(record, terminal.style);
                         })) &&
              written;
  return written ? Exit::ok : Exit::usage;
}

}  // namespace

void add_report(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("report", "show what a check, a client check, a load or a merge recorded (--json)");
  command->add_option("records", options->records, "records, as --json writes them")->type_name("RECORD...")->required();
  command->add_option("--html", options->html, "write an HTML report of all of them there")->type_name("FILE");
  command->add_option("--junit", options->junit, "write a JUnit report there, of one record")->type_name("FILE");
  command->add_option("--markdown", options->markdown, "write a Markdown summary there")->type_name("FILE");
  command->add_flag("--text", options->text, "print them (so it does where nothing is written)");
  command->add_option("--compare", options->base, "a load's record to draw beside the others")->type_name("FILE");
  command->callback(
      [options, &program_run = program.run, &terminal = program.terminal] { program_run = [options, &terminal] { return run(*options, terminal); }; });
}

}  // namespace meterproof::cli
