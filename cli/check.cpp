// meterproof check
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

#include "cli/command.hpp"
#include "conformance/runner.hpp"
#include "http/client.hpp"

namespace meterproof::cli {
namespace {

struct Options {
  std::string url, role = "platform", apps_file, only, json, junit, settle = "10s", timeout = "30s";
  std::vector<std::string> apps, known;
  std::size_t explore = 0, workers = 8;
  std::uint64_t seed = 1;
  bool list = false;
};

/// `user=U1`, `meter.cancelled=M9`. Nothing after the mistake was printed.
std::optional<std::map<std::string, std::string>> read_known(const std::vector<std::string>& pairs, const spec::Spec& spec) {
  std::vector<std::string> tables;
  for (const spec::Table& table : spec.tables) tables.push_back(table.name);
  std::map<std::string, std::string> known;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    const std::string table = name.substr(0, name.find('.'));
    if (equals == std::string::npos || equals + 1 == pair.size()) {
      complain("--known " + pair + ": write TABLE=KEY, or TABLE.STATE=KEY");
      return std::nullopt;
    }
    if (!spec.table(table)) {
      complain("--known " + pair + ": no table \"" + table + "\"; " + spec::suggestion(table, tables));
      return std::nullopt;
    }
    known[name] = pair.substr(equals + 1);
  }
  return known;
}

Exit list_cases(const spec::Spec& spec, const conformance::Scope& scope, const std::string& only) {
  std::size_t count = 0;
  for (const conformance::Case& one : conformance::plan(spec, scope)) {
    if (!only.empty() && !conformance::matches(only, one.id)) continue;
    std::printf("%-6s %s\n", one.section.c_str(), one.id.c_str());
    ++count;
  }
  if (count > 0) return Exit::good;
  complain("--only '" + only + "' matches no case");
  return Exit::usage;
}

Exit run_check(const Options& options, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  conformance::CheckOptions check;
  check.scope = {options.role != "billing", options.role != "platform"};
  check.role = options.role;
  check.only = options.only;
  if (options.list) return list_cases(*spec, check.scope, options.only);

  auto target = read_target("check", options.url, options.apps, options.apps_file);
  if (!target) return Exit::usage;
  const auto known = read_known(options.known, *spec);
  const auto settle = parse_duration(options.settle);
  const auto timeout = parse_duration(options.timeout);
  if (!settle || !timeout || timeout->count() == 0) complain("--settle and --timeout take a time like 10s or 500ms");
  if (!known || !settle || !timeout || timeout->count() == 0) return Exit::usage;
  check.known = *known;
  check.settle = *settle;
  check.explore = options.explore;
  check.seed = options.seed;
  check.apps = std::move(target->apps);
  check.target = target->address.to_string();
  const auto cases = conformance::plan(*spec, check.scope);
  if (!check.only.empty() && std::none_of(cases.begin(), cases.end(), [&](const auto& one) { return conformance::matches(check.only, one.id); })) {
    complain("--only '" + check.only + "' matches no case; `meterproof check --list` names them");
    return Exit::usage;
  }

  if (!can_write(options.json) || !can_write(options.junit)) return Exit::usage;

  http::ClientPool clients(target->address, *timeout);
  conformance::Environment environment;
  environment.address = target->address;
  environment.workers = options.workers;
  environment.send = [&](const http::HttpRequest& request) { return clients.exchange(request); };
  environment.send_together = [&](const std::vector<http::HttpRequest>& requests) { return clients.exchange_together(requests); };
  environment.converse = [&](const http::Conversation& conversation) { return clients.converse(conversation); };
  environment.now = [] { return std::chrono::system_clock::now(); };
  environment.sleep = [](std::chrono::milliseconds span) { std::this_thread::sleep_for(span); };
  environment.progress = [](const std::string& line) { std::fprintf(stderr, "  %s\n", line.c_str()); };
  reports::CheckRecord record = conformance::check(*spec, check, std::move(environment));
  record.tool = "meterproof " METERPROOF_VERSION;

  const bool colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  std::fputs(to_text(record, colour).c_str(), stdout);
  bool written = options.json.empty() || write_file(options.json, to_json(record));
  written = (options.junit.empty() || write_file(options.junit, to_junit(record))) && written;
  return written ? static_cast<Exit>(record.exit_code) : Exit::usage;
}

}  // namespace

void add_check(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("check", "test whether a server keeps to the paper");
  command->add_option("url", options->url, "the server under test, like http://127.0.0.1:8080")->type_name("URL");
  command->add_option("--app", options->apps, "an appId and its secret; several make the run faster")->type_name("ID:SECRET");
  command->add_option("--apps", options->apps_file, "a file of ID:SECRET lines")->type_name("FILE");
  command->add_option("--role", options->role, "the side that the server plays")->check(CLI::IsMember({"platform", "billing", "both"}))->capture_default_str();
  command->add_option("--only", options->only, "run the cases whose id matches (* and ?)")->type_name("GLOB");
  command->add_flag("--list", options->list, "print the cases' ids and send nothing");
  command->add_option("--known", options->known, "a row that exists: user=CODE, meter=ADDR, meter.cancelled=ADDR; may be repeated")->type_name("TABLE=KEY");
  command->add_option("--settle", options->settle, "how long an effect may take to show")->type_name("TIME")->capture_default_str();
  command->add_option("--timeout", options->timeout, "how long a reply may take")->type_name("TIME")->capture_default_str();
  command->add_option("--explore", options->explore, "after the cases, that many steps of random valid sequences")->type_name("N");
  command->add_option("--seed", options->seed, "of the random sequences: the same seed, the same sequences")->capture_default_str();
  command->add_option("--workers", options->workers, "parts of the run that go on side by side")->check(CLI::Range(1, 64))->capture_default_str();
  command->add_option("--json", options->json, "write the record there (see docs/records.md)")->type_name("FILE");
  command->add_option("--junit", options->junit, "write a JUnit report there")->type_name("FILE");
  command->callback([options, &program_run = program.run, &directory = program.spec_directory] {
    program_run = [options, &directory] { return run_check(*options, directory); };
  });
}

}  // namespace meterproof::cli
