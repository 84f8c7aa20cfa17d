// SPDX-License-Identifier: Apache-2.0
// meterproof manual, meterproof completion: what the options say of themselves, for man(1) and for the shell.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command_line.hpp"
#include "cli/completion.hpp"
#include "core/i18n/message.hpp"

namespace meterproof::cli {

using i18n::Language;
using i18n::msg;

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_name().empty()) out.push_back(command);
  return out;
}

/// Text for roff (groff_char(7)): no line begins a request, no hyphen or backslash is lost.
std::string roff(const std::string& text) {
  std::string out;
  bool fresh = true;
  for (const char c : text) {
    if (fresh && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
    fresh = c == '\n';
  }
  return out;
}

void append_options(std::string& out, const CLI::App& app, Language language) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string value = option->get_type_size() == 0 ? "" : " " + option->get_type_name();
    out += ".TP\n.B " + roff(option->get_name(false, true)) + roff(value) + "\n" + roff(option->get_description());
    if (!option->get_default_str().empty()) out += roff(render(msg<"manual.default">(option->get_default_str()), language));
    out += "\n";
  }
}

struct Example {
  const char* line;
  i18n::Message what;
};

/// A line of each job, as a user would write it. tests/manual.py runs them in this order: what one reads an earlier one has written.
std::string examples(Language language) {
  const Example all[] = {
      {"meterproof mock --port 8080 --apps apps.txt", msg<"manual.example-mock">()},
      {"meterproof check http://gas.example.cn:8080 --apps apps.txt --html report.html --junit report.xml", msg<"manual.example-check">()},
      {"meterproof check http://127.0.0.1:8080 --apps apps.txt --filter \"*/-4/*\"", msg<"manual.example-filter">()},
      {"meterproof check --init target.yaml", msg<"manual.example-init">()},
      {"meterproof check --target target.yaml --lang zh --html report.html", msg<"manual.example-target">()},
      {"meterproof world save http://127.0.0.1:8080 before", msg<"manual.example-world">()},
      {"meterproof check-client --port 8080 --apps apps.txt --idle 1m", msg<"manual.example-check-client">()},
      {"meterproof load http://127.0.0.1:8080 --apps apps.txt --rate 200 --duration 1m --threshold \"p99<50ms\"", msg<"manual.example-load">()},
      {"meterproof check http://gas.example.cn:8080 --apps apps.txt --transcript --json check.json", msg<"manual.example-transcript">()},
      {"meterproof report check.json --html report.html --markdown report.md", msg<"manual.example-report">()},
      {"meterproof diff before.json check.json --markdown diff.md", msg<"manual.example-diff">()},
      {"meterproof history . --html history.html", msg<"manual.example-history">()},
      {"meterproof merge shard-1.json shard-2.json --json load.json", msg<"manual.example-merge">()},
      {"meterproof keygen --out issuer", msg<"manual.example-keygen">()},
      {"meterproof certify check.json --key issuer --out certificate.json --html certificate.html", msg<"manual.example-certify">()},
      {"meterproof verify certificate.json --pub issuer.pub", msg<"manual.example-verify">()},
      {"meterproof register register.json --key issuer --add certificate.json", msg<"manual.example-register">()},
      {"meterproof sign --apps apps.txt", msg<"manual.example-sign">()},
      {"meterproof spec list", msg<"manual.example-spec">()},
      {"meterproof spec export openapi --role platform", msg<"manual.example-export">()},
  };
  std::string out;
  for (const Example& one : all) out += ".TP\n.B " + roff(one.line) + "\n" + roff(render(one.what, language)) + "\n";
  return out;
}

std::string manual(const CLI::App& app, Language language) {
  const auto text = [&](const i18n::Message& message) { return roff(render(message, language)); };
  const auto heading = [&](const i18n::Message& title) { return ".SH " + text(title) + "\n"; };
  std::string out = ".TH METERPROOF 1 \"\" \"meterproof " METERPROOF_VERSION "\" \"" + text(msg<"manual.heading">()) + "\"\n" +
                    heading(msg<"manual.heading-name">()) + "meterproof \\- " + text(msg<"manual.name">()) + "\n" + heading(msg<"manual.heading-synopsis">()) +
                    ".B meterproof\n.I " + text(msg<"manual.command">()) + "\n[\\fI" + text(msg<"manual.option">()) + "\\fR...]\n" +
                    heading(msg<"manual.heading-description">()) + ".nf\n" + roff(app.get_description()) + "\n.fi\n" + heading(msg<"manual.heading-options">());
  append_options(out, app, language);
  for (const CLI::App* command : commands_of(app)) {
    out += ".SH " + command->get_name() + "\n" + roff(command->get_description()) + "\n";
    append_options(out, *command, language);
    for (const CLI::App* inner : commands_of(*command)) {
      out += ".SS " + command->get_name() + " " + inner->get_name() + "\n" + roff(inner->get_description()) + "\n";
      append_options(out, *inner, language);
    }
  }
  return out + heading(msg<"manual.heading-exit">()) + text(msg<"manual.exit">()) + "\n" + heading(msg<"manual.heading-environment">()) +
         ".TP\n.B METERPROOF_APPS\n" + text(msg<"manual.apps">()) + "\n.TP\n.B METERPROOF_CALL_AS\n" + text(msg<"manual.call-as">()) +
         "\n.TP\n.B METERPROOF_CONTROL_TOKEN\n" + text(msg<"manual.control-token">()) + "\n.TP\n.B METERPROOF_SPEC\n" + text(msg<"manual.spec">()) +
         "\n.TP\n.B METERPROOF_STATE\n" + text(msg<"manual.state">()) + "\n.TP\n.B NO_COLOR\n" + text(msg<"manual.no-color">()) + "\n" +
         heading(msg<"manual.heading-files">()) + ".TP\n.I " + roff(METERPROOF_DATADIR "/spec") + "\n" + text(msg<"manual.specs">()) + "\n" +
         heading(msg<"manual.heading-examples">()) + examples(language) + heading(msg<"manual.heading-see-also">()) + ".BR curl (1),\n.BR openssl (1)\n.br\n" +
         text(msg<"manual.documents">()) + "\n";
}

}  // namespace

void add_manual(const Program& program) {
  CLI::App* manual_command = program.app.add_subcommand("manual", program.text<"help.manual">());
  manual_command->callback([&run = program.run, &terminal = program.terminal] {
    run = [&terminal] {
      const Language language = terminal.style.language;
      std::fputs(manual(CommandLine(language).app(), language).c_str(), stdout);
      return Exit::ok;
    };
  });
  auto shell = std::make_shared<std::string>("bash");
  CLI::App* completion_command = program.app.add_subcommand("completion", program.text<"help.completion">());
  completion_command->add_option("shell", *shell, program.text<"help.completion.shell">())
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->capture_default_str();
  completion_command->callback([shell, &run = program.run] {
    run = [shell] {
      std::fputs(completion_script(*shell).c_str(), stdout);
      return Exit::ok;
    };
  });
}

}  // namespace meterproof::cli
