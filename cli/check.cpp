// SPDX-License-Identifier: Apache-2.0
// meterproof check
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <thread>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "conformance/planner.hpp"
#include "conformance/runner.hpp"
#include "conformance/transcript.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/target_loader.hpp"
#include "core/text/utf8.hpp"
#include "net/client/http_client.hpp"
#include "reports/text.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::string url, target_file, init_file, role, apps_file, filter, effect_timeout, timeout;
  RecordFiles files;
  std::vector<std::string> apps, fixtures;
  std::size_t random_steps = 0, workers = 0;
  std::uint64_t seed = 1;
  double per_second = 0;
  bool list = false, transcript = false;
};

/// SIGINT, SIGTERM and SIGHUP end the run, not the program: what was found until then is still told. Those of the next two seconds are the same
/// wish (timeout(1) and CI runners signal a child, and then its group); a later one ends it all.
class Interruption {
 public:
  Interruption() {
    struct sigaction action {};
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction before {};
      ::sigaction(signal, nullptr, &before);
      if (before.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);  // nohup; a background job of sh
    }
  }
  static bool came() { return first_ != 0; }

 private:
  /// In a signal handler only a lock-free atomic may be touched.
  static void note(int number) {
    constexpr std::int64_t same_wish = 2000;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t at = now.tv_sec * 1000 + now.tv_nsec / 1'000'000 + 1;
    std::int64_t none = 0;
    if (first_.compare_exchange_strong(none, at) || at - first_ < same_wish) return;
    std::signal(number, SIG_DFL);
    std::raise(number);
  }

  static inline std::atomic<std::int64_t> first_ = 0;  // when, in ms of the monotonic clock; 0: not yet
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);
};

/// All that a run needs: what the command line says, over what the target's file says, over the defaults.
struct Setup {
  conformance::CheckOptions check;
  net::Address address;
  std::chrono::milliseconds timeout{0};
  std::size_t workers = 8;
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

/// What a hook came to: empty, or why it failed.
i18n::Message run_hook(const loader::Hook& hook, std::chrono::milliseconds timeout) {
  if (!hook.command.empty()) {
    const int status = std::system(hook.command.c_str());
    if (status == 0) return {};
    return msg<"check.hook-ended">(hook.command, WIFEXITED(status) ? WEXITSTATUS(status) : status);
  }
  i18n::Message why;
  const std::size_t path = hook.url.find('/', hook.url.find("://") + 3);
  const auto address = net::parse_address(hook.url.substr(0, path), why);
  if (!address) return why;
  net::HttpClient client(*address, timeout);
  const net::HttpRequest request{hook.method, path == std::string::npos ? "/" : hook.url.substr(path), {{"Content-Type", "application/json"}}, hook.body};
  const net::Exchange exchange = client.exchange(request);
  if (exchange.transport != net::TransportResult::replied) return msg<"check.hook-failed">(hook.url, reports::to_message(exchange.transport));
  return exchange.status < 400 ? i18n::Message() : msg<"check.hook-answered">(hook.url, exchange.status);
}

void take_target_file(const loader::TargetFile& file, Setup& setup) {
  setup.check.fixtures = file.fixtures;
  for (const auto& one : file.unsupported) setup.check.unsupported.push_back({one.cases, one.reason});
  for (const auto& one : file.waivers) setup.check.waivers.push_back({one.cases, one.reason, *core::DateTime::parse_date(one.expires)});
  for (const auto& [fault, hooks] : file.fault_hooks)
    setup.check.fault_hooks[fault] = [hooks = hooks](bool breaks) {
      constexpr std::chrono::seconds patience(30);
      return run_hook(breaks ? hooks.first : hooks.second, patience);
    };
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
std::optional<Setup> read_setup(const Options& options, const core::Spec& spec) {
  loader::TargetFile file;
  if (!options.target_file.empty()) {
    auto loaded = loader::load_target(spec, options.target_file);
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
  take_target_file(file, setup);
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
  if (!known || !effect_timeout || !timeout || timeout->count() == 0) return std::nullopt;
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
      exchange.transport == net::TransportResult::replied ? core::sanitize(exchange.body) : terminal.style.text(reports::to_message(exchange.transport));
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

Exit run_check(const Options& options, const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  if (!options.init_file.empty()) return write_template(options.init_file, *spec, terminal);
  const auto setup = read_setup(options, *spec);
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

  net::HttpClientPool clients(setup->address, setup->timeout);
  conformance::Environment environment;
  environment.address = setup->address;
  environment.workers = setup->workers;
  environment.send = [&](const net::HttpRequest& request) { return clients.exchange(request); };
  environment.send_concurrently = [&](const std::vector<net::HttpRequest>& requests) { return clients.exchange_concurrently(requests); };
  environment.send_raw = [&](const net::RawExchange& raw_exchange) { return clients.send_raw(raw_exchange); };
  environment.now = [] { return std::chrono::system_clock::now(); };
  environment.sleep = [](std::chrono::milliseconds span) { std::this_thread::sleep_for(span); };
  const Interruption interruption;
  environment.cut_off = [] { return Interruption::came(); };
  if (!terminal.quiet) {
    environment.progress = [&](const i18n::Message& line) { std::fprintf(stderr, "  %s\n", terminal.style.text(line).c_str()); };
    environment.found = [&](const reports::CaseRecord& one) { std::fprintf(stderr, "%s\n", finding_line(one, terminal.style).c_str()); };
  }
  if (terminal.verbose) print_exchanges(environment, terminal);
  auto setting = setup->check;
  reports::TranscriptRecord transcript;
  if (options.transcript) conformance::record_to(*spec, setting, environment, transcript);
  reports::CheckRecord record = conformance::check(*spec, setting, std::move(environment));
  if (options.transcript) record.transcript = std::move(transcript);
  return write_reports(std::move(record), options.files, terminal);
}

}  // namespace

void add_check(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("check", program.text<"help.check">());
  command->add_option("url", options->url, program.text<"help.check.url">())->type_name("URL");
  command->add_option("--target", options->target_file, program.text<"help.check.target">())->type_name("FILE");
  command->add_option("--init", options->init_file, program.text<"help.check.init">())->type_name("FILE");
  command->add_option("--app", options->apps, program.text<"help.check.app">())->type_name("ID:SECRET");
  command->add_option("--apps", options->apps_file, program.text<"help.check.apps">())->type_name("FILE");
  command->add_option("--role", options->role, program.text<"help.check.role">())->check(CLI::IsMember({"platform", "billing", "both"}));
  command->add_option("--filter", options->filter, program.text<"help.check.filter">())->type_name("GLOB");
  command->add_flag("--list", options->list, program.text<"help.check.list">());
  command->add_option("--fixture", options->fixtures, program.text<"help.check.fixture">())->type_name("TABLE=KEY");
  command->add_option("--effect-timeout", options->effect_timeout, program.text<"help.check.effect-timeout">())->type_name("TIME");
  command->add_option("--timeout", options->timeout, program.text<"help.check.timeout">())->type_name("TIME");
  command->add_option("--random-steps", options->random_steps, program.text<"help.check.random-steps">())->type_name("N");
  command->add_option("--seed", options->seed, program.text<"help.check.seed">())->capture_default_str();
  command->add_option("--rate", options->per_second, program.text<"help.check.rate">())->check(CLI::PositiveNumber)->type_name("N");
  whole_number(command->add_option("--workers", options->workers, program.text<"help.check.workers">()), 1, 64);
  command->add_flag("--transcript", options->transcript, program.text<"help.check.transcript">());
  add_record_options(program, *command, options->files);
  command->callback([options, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [options, &directory, &terminal] { return run_check(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
