// SPDX-License-Identifier: Apache-2.0
// meterproof check
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "attestation/chain.hpp"
#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/hook.hpp"
#include "cli/interruption.hpp"
#include "conformance/planner.hpp"
#include "conformance/runner.hpp"
#include "conformance/transcript.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/target_loader.hpp"
#include "core/text/utf8.hpp"
#include "net/client/http_client.hpp"
#include "net/fd.hpp"
#include "reports/text.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::string url, target_file, init_file, role, apps_file, filter, effect_timeout, timeout, max_time;
  RecordFiles files;
  std::vector<std::string> apps, fixtures, allowed_variables;
  std::size_t random_steps = 0, workers = 0;
  std::uint64_t seed = 1;
  double per_second = 0;
  bool list = false, transcript = false, allow_hooks = false;
};

/// All that a run needs: what the command line says, over what the target's file says, over the defaults.
struct Setup {
  conformance::CheckOptions check;
  net::Address address;
  std::chrono::milliseconds timeout{0};
  std::optional<std::chrono::milliseconds> max_time;
  std::size_t workers = 8;
  std::vector<i18n::Message> uses;  // what the target file uses of this machine
};

/// `user=U1`, `meter.cancelled=M9`. Nothing after the mistake was printed.
std::optional<std::map<std::string, std::string>> read_known(const std::vector<std::string>& pairs, const core::Spec& spec) {
  std::vector<std::string> tables;
  for (const core::Table& table : spec.tables) tables.push_back(table.name);
  std::map<std::string, std::string> known;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    const std::string table = name.substr(0, name.find('.'));
    if (equals == std::string::npos || equals + 1 == pair.size()) {
      print_error(msg<"usage.fixture-form">(pair));
      return std::nullopt;
    }
    if (!spec.table(table)) {
      print_error(msg<"usage.fixture-table">(pair, table, core::suggestion(table, tables)));
      return std::nullopt;
    }
    known[name] = pair.substr(equals + 1);
  }
  return known;
}

Exit list_cases(const core::Spec& spec, const conformance::Scope& scope, const std::string& filter) {
  std::size_t count = 0;
  for (const auto& one : conformance::plan(spec, scope)) {
    const conformance::CaseInfo& info = one->info();
    if (!filter.empty() && !conformance::matches(filter, info.id)) continue;
    std::printf("%-6s %s\n", info.section.c_str(), info.id.c_str());
    ++count;
  }
  if (count > 0) return Exit::ok;
  print_error(msg<"usage.no-case">("--filter '" + filter + "'"));
  return Exit::usage;
}

Exit write_template(const std::string& path, const core::Spec& spec, const Terminal& terminal) {
  if (!write_new_file(path, loader::target_template(spec), Readers::everybody)) return Exit::usage;
  return print(msg<"check.template-written">(path), terminal) ? Exit::ok : Exit::usage;
}

/// `told`: what a second signal is answered while the target is broken.
void take_target_file(const loader::TargetFile& file, std::chrono::milliseconds hook_timeout, const std::string& told, Setup& setup) {
  setup.check.fixtures = file.fixtures;
  for (const auto& one : file.unsupported) setup.check.unsupported.push_back({one.cases, one.reason});
  for (const auto& one : file.waivers) setup.check.waivers.push_back({one.cases, one.reason, *core::DateTime::parse_date(one.expires)});
  for (const std::string& variable : file.variables) setup.uses.push_back(msg<"check.target-reads">(variable));
  const auto shown = [](const loader::Hook& hook) { return hook.command.empty() ? hook.method + " " + hook.url : hook.command; };
  for (const auto& [fault, hooks] : file.fault_hooks) {
    setup.uses.push_back(msg<"check.target-runs">(fault, shown(hooks.first), shown(hooks.second)));
    setup.check.fault_hooks[fault] = fault_hook(hooks.first, hooks.second, hook_timeout, told);
  }
}

/// Patterns that match no case are mistyped: "" or which.
std::string unmatched(const conformance::CheckOptions& check, const core::Spec& spec) {
  const auto cases = conformance::plan(spec, check.scope, check.fixtures);
  const auto matches_any = [&](const std::string& pattern) {
    return std::any_of(cases.begin(), cases.end(), [&](const auto& one) { return conformance::matches(pattern, one->info().id); });
  };
  if (!check.filter.empty() && !matches_any(check.filter)) return "--filter '" + check.filter + "'";
  for (const auto& one : check.unsupported)
    if (!matches_any(one.cases)) return "unsupported: '" + one.cases + "'";
  return {};
}

/// Nothing after the mistake was printed.
std::optional<Setup> read_setup(const Options& options, const core::Spec& spec, const Terminal& terminal) {
  loader::TargetFile file;
  if (!options.target_file.empty()) {
    loader::Permissions permissions;
    permissions.hooks = options.allow_hooks || options.list;  // a list uses nothing
    permissions.variables = {options.allowed_variables.begin(), options.allowed_variables.end()};
    permissions.all_variables = permissions.variables.count("all") > 0 || options.list;
    auto loaded = loader::load_target(spec, options.target_file, permissions);
    if (!loaded) {
      print_problems(loaded.problems());
      return std::nullopt;
    }
    file = std::move(*loaded);
  }
  const auto either = [](const std::string& given, const std::string& of_file, const char* otherwise) {
    return !given.empty() ? given : !of_file.empty() ? of_file : std::string(otherwise);
  };
  Setup setup;
  const auto hook_timeout = core::parse_duration(either("", file.hook_timeout, "60s"));
  if (!hook_timeout || hook_timeout->count() == 0) {
    print_error(msg<"usage.hook-timeout">(file.hook_timeout));
    return std::nullopt;
  }
  take_target_file(file, *hook_timeout, "meterproof: " + terminal.err.text(msg<"check.repairing-first">()) + "\n", setup);
  setup.check.role = either(options.role, file.role, "platform");
  setup.check.scope = {setup.check.role != "billing", setup.check.role != "platform"};
  setup.check.filter = options.filter;
  setup.check.random_steps = options.random_steps;
  setup.check.seed = options.seed;
  setup.check.per_second = options.per_second > 0 ? options.per_second : file.per_second.value_or(0);
  setup.workers = options.workers > 0 ? options.workers : file.workers.value_or(setup.workers);
  if (options.list) return setup;

  const bool apps_of_file = options.apps.empty() && options.apps_file.empty() && !file.apps.empty();
  std::vector<std::string> pairs = options.apps;
  if (apps_of_file)
    for (const auto& [id, secret] : file.apps) pairs.push_back(id + ":" + secret);
  auto target = read_target("check", either(options.url, file.url, ""), pairs, options.apps_file, apps_of_file ? options.target_file + ": apps" : "--app");
  if (!target) return std::nullopt;
  const auto known = read_known(options.fixtures, spec);
  const auto effect_timeout = core::parse_duration(either(options.effect_timeout, file.effect_timeout, "10s"));
  const auto timeout = core::parse_duration(either(options.timeout, file.timeout, "30s"));
  if (!effect_timeout || !timeout || timeout->count() == 0) print_error(msg<"usage.check-times">());
  if (!known || !effect_timeout || !timeout || timeout->count() == 0 || !read_max_time(options.max_time, setup.max_time)) return std::nullopt;
  for (const auto& [name, key] : *known) setup.check.fixtures[name] = key;
  setup.check.effect_timeout = *effect_timeout;
  setup.check.apps = std::move(target->apps);
  setup.check.target = target->address.to_string();
  setup.address = target->address;
  setup.timeout = *timeout;
  return setup;
}

void print_exchange(const std::string& sent, const net::Exchange& exchange, const Terminal& terminal) {
  const std::string received =
      exchange.transport == net::TransportResult::replied ? core::sanitize(exchange.body) : terminal.err.text(reports::to_message(exchange.transport));
  std::fprintf(stderr, "%s\n    %d %s\n", sent.c_str(), exchange.status, received.c_str());
}

std::string to_line(const net::HttpRequest& request) { return request.method + " " + request.path + " " + core::sanitize(request.body); }

/// The request line and the last body, without the headers.
std::string to_line(const net::RawExchange& raw_exchange) {
  std::string bytes;
  for (const net::RawExchange::Segment& segment : raw_exchange.segments) bytes += segment.bytes;
  const std::size_t body = bytes.rfind("\r\n\r\n");
  return core::sanitize(bytes.substr(0, bytes.find('\r'))) + " " + (body == std::string::npos ? "" : core::sanitize(bytes.substr(body + 4)));
}

/// Every request and its reply go to stderr, however they are sent.
void print_exchanges(conformance::Environment& environment, const Terminal& terminal) {
  environment.send = [send = environment.send, &terminal](const net::HttpRequest& request) {
    net::Exchange exchange = send(request);
    print_exchange(to_line(request), exchange, terminal);
    return exchange;
  };
  environment.send_concurrently = [send = environment.send_concurrently, &terminal](const std::vector<net::HttpRequest>& requests) {
    auto exchanges = send(requests);
    for (std::size_t i = 0; i < exchanges.size(); ++i) print_exchange(to_line(requests[i]), exchanges[i], terminal);
    return exchanges;
  };
  environment.send_raw = [send = environment.send_raw, &terminal](const net::RawExchange& raw_exchange) {
    auto exchanges = send(raw_exchange);
    for (const net::Exchange& exchange : exchanges) print_exchange(to_line(raw_exchange), exchange, terminal);
    return exchanges;
  };
}

/// Sleeps that long, or until the run is cut off.
void sleep_unless(const std::function<bool()>& cut_off, std::chrono::milliseconds span) {
  constexpr std::chrono::milliseconds between_looks(100);
  for (const auto deadline = steady_now() + span; !cut_off();) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_now());
    if (left.count() <= 0) return;
    std::this_thread::sleep_for(std::min(left, between_looks));
  }
}

Exit run_check(const Options& options, const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  if (!options.init_file.empty()) return write_template(options.init_file, *spec, terminal);
  const auto setup = read_setup(options, *spec, terminal);
  if (!setup) return Exit::usage;
  if (options.list) return list_cases(*spec, setup->check.scope, options.filter);
  if (const std::string pattern = unmatched(setup->check, *spec); !pattern.empty()) {
    print_error(msg<"usage.no-case">(pattern));
    return Exit::usage;
  }
  if (const std::string app = options.transcript ? conformance::app_whose_secret_is_a_word(*spec, setup->check.apps) : ""; !app.empty()) {
    print_error(msg<"usage.secret-is-a-word">(app));
    return Exit::usage;
  }
  if (!can_write(options.files, {options.target_file, options.apps_file})) return Exit::usage;

  const Interruption interruption;
  const TimeLimit time_limit(setup->max_time);
  const std::size_t files = net::raise_file_limit();
  std::atomic<bool> out_of_files = false;
  const auto cut_off = [&] { return Interruption::came() || time_limit.is_over() || out_of_files; };
  const auto noted = [&](net::Exchange exchange) {
    if (exchange.transport == net::TransportResult::no_file) out_of_files = true;  // nothing could be sent from here on
    return exchange;
  };
  const auto all_noted = [&](std::vector<net::Exchange> exchanges) {
    for (net::Exchange& one : exchanges) one = noted(std::move(one));
    return exchanges;
  };
  net::HttpClientPool clients(setup->address, setup->timeout, cut_off);
  conformance::Environment environment;
  environment.address = setup->address;
  environment.workers = setup->workers;
  environment.send = [&](const net::HttpRequest& request) { return noted(clients.exchange(request)); };
  environment.send_concurrently = [&](const std::vector<net::HttpRequest>& requests) { return all_noted(clients.exchange_concurrently(requests)); };
  environment.send_raw = [&](const net::RawExchange& raw_exchange) { return all_noted(clients.send_raw(raw_exchange)); };
  environment.now = [] { return std::chrono::system_clock::now(); };
  environment.steady = steady_now;
  environment.sleep = [&](std::chrono::milliseconds span) { sleep_unless(cut_off, span); };
  environment.cut_off = cut_off;
  for (const i18n::Message& use : setup->uses)
    if (!terminal.quiet) std::fprintf(stderr, "  %s\n", terminal.err.text(use).c_str());
  if (!terminal.quiet) {
    environment.progress = [&](const i18n::Message& line) { std::fprintf(stderr, "  %s\n", terminal.err.text(line).c_str()); };
    environment.found = [&](const reports::CaseRecord& one) { std::fprintf(stderr, "%s\n", finding_line(one, terminal.err).c_str()); };
  }
  if (terminal.verbose) print_exchanges(environment, terminal);
  auto setting = setup->check;
  reports::TranscriptRecord transcript;
  if (options.transcript) conformance::record_to(*spec, setting, environment, transcript);
  reports::CheckRecord record = conformance::check(*spec, setting, std::move(environment));
  clients.close_idle();  // the reports need descriptors, too
  record.connections_opened = clients.opened();
  if (out_of_files) record.notes.push_back(msg<"check.no-files">(files));
  if (record.interrupted && !Interruption::came() && time_limit.is_over()) record.notes.push_back(msg<"check.max-time">(options.max_time));
  if (options.transcript) {
    record.transcript = std::move(transcript);
    attestation::seal(record);
  }
  return write_reports(std::move(record), options.files, terminal);
}

}  // namespace

void add_check(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("check", program.text<"help.check">());
  command->add_option("url", options->url, program.text<"help.check.url">())->type_name("URL");
  command->add_option("--target", options->target_file, program.text<"help.check.target">())->type_name("FILE");
  command->add_option("--init", options->init_file, program.text<"help.check.init">())->type_name("FILE");
  command->add_option("--apps", options->apps_file, program.text<"help.check.apps">())->type_name("FILE");
  command->add_option("--app", options->apps, program.text<"help.check.app">())->type_name("ID:SECRET");
  command->add_option("--role", options->role, program.text<"help.check.role">())->check(CLI::IsMember({"platform", "billing", "both"}));
  command->add_option("--filter", options->filter, program.text<"help.check.filter">())->type_name("GLOB");
  command->add_flag("--list", options->list, program.text<"help.check.list">());
  command->add_option("--fixture", options->fixtures, program.text<"help.check.fixture">())->type_name("TABLE=KEY");
  command->add_option("--effect-timeout", options->effect_timeout, program.text<"help.check.effect-timeout">())->type_name("TIME");
  command->add_option("--timeout", options->timeout, program.text<"help.check.timeout">())->type_name("TIME");
  command->add_option("--max-time", options->max_time, program.text<"help.check.max-time">())->type_name("TIME");
  command->add_flag("--allow-hooks", options->allow_hooks, program.text<"help.check.allow-hooks">());
  command->add_option("--allow-env", options->allowed_variables, program.text<"help.check.allow-env">())->type_name("NAME|all");
  command->add_option("--random-steps", options->random_steps, program.text<"help.check.random-steps">())->type_name("N");
  command->add_option("--seed", options->seed, program.text<"help.check.seed">())->capture_default_str();
  positive_number(command->add_option("--rate", options->per_second, program.text<"help.check.rate">()));
  whole_number(command->add_option("--workers", options->workers, program.text<"help.check.workers">()), 1, 64);
  command->add_flag("--transcript", options->transcript, program.text<"help.check.transcript">());
  add_record_options(program, *command, options->files);
  command->callback([options, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [options, &directory, &terminal] { return run_check(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
