// meterproof load
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <memory>

#include "cli/command.hpp"
#include "loadgen/worker.hpp"

namespace meterproof::cli {
namespace {

struct Options {
  std::string url, apps_file, rate = "max", duration = "30s", timeout = "10s", interface, json;
  std::vector<std::string> apps;
  std::size_t connections = 64, meters = 1000;
  std::uint64_t first_meter = 0, seed = 1;
};

/// A number of requests a second, 0 for `max`. Nothing where it is neither.
std::optional<double> parse_rate(const std::string& text) {
  if (text == "max") return 0;
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc{} || end != text.data() + text.size() || !(rate > 0) || rate > 1e7) return std::nullopt;
  return rate;
}

Exit run(const Options& options, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  auto target = read_target("load", options.url, options.apps, options.apps_file);
  if (!target) return Exit::usage;
  const spec::Interface* interface = load::playable(*spec, options.interface);
  if (interface == nullptr) {
    complain(options.interface.empty() ? "no interface of these specs says how it is played (simulate:)"
                                       : "--interface " + options.interface + " says not how it is played (simulate:)");
    return Exit::usage;
  }
  const auto rate = parse_rate(options.rate);
  const auto duration = parse_duration(options.duration);
  const auto timeout = parse_duration(options.timeout);
  if (!rate) complain("--rate " + options.rate + ": requests a second, like 500, or max");
  if (!duration || duration->count() == 0) complain("--duration " + options.duration + ": a time, like 30s or 5m");
  if (!timeout || timeout->count() == 0) complain("--timeout " + options.timeout + ": a time, like 10s");
  if (!rate || !duration || !timeout || duration->count() == 0 || timeout->count() == 0) return Exit::usage;

  if (!can_write(options.json)) return Exit::usage;

  load::LoadOptions load;
  load.address = target->address;
  load.apps = std::move(target->apps);
  load.rate = *rate;
  load.duration = *duration;
  load.timeout = *timeout;
  load.connections = options.connections;
  load.meters = options.meters;
  load.first_meter = options.first_meter;
  load.seed = options.seed;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::function<void(const std::string&)> progress;
  if (terminal) progress = [](const std::string& line) { std::fprintf(stderr, "\r\x1b[K%s", line.c_str()); };
  reports::LoadRecord record = load::run_load(*spec, *interface, load, progress);
  record.tool = "meterproof " METERPROOF_VERSION;
  if (terminal) std::fprintf(stderr, "\r\x1b[K");
  std::fputs(to_text(record).c_str(), stdout);
  if (!options.json.empty() && !write_file(options.json, to_json(record))) return Exit::usage;
  return static_cast<Exit>(record.exit_code);
}

}  // namespace

void add_load(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("load", "play a fleet's reports and measure, every reply verified");
  command->add_option("url", options->url, "the server under load, like http://127.0.0.1:8080")->type_name("URL");
  command->add_option("--app", options->apps, "an appId and its secret; may be repeated")->type_name("ID:SECRET");
  command->add_option("--apps", options->apps_file, "a file of ID:SECRET lines")->type_name("FILE");
  command->add_option("--rate", options->rate, "requests a second (open loop), or max (closed loop)")->type_name("N|max")->capture_default_str();
  command->add_option("--duration", options->duration, "how long to send")->type_name("TIME")->capture_default_str();
  command->add_option("--connections", options->connections, "connections to keep open")->check(CLI::Range(1, 60000))->capture_default_str();
  command->add_option("--meters", options->meters, "simulated meters; the target must know them")->check(CLI::Range(1, 100000000))->capture_default_str();
  command->add_option("--first-meter", options->first_meter, "the number of the first of them")->capture_default_str();
  command->add_option("--interface", options->interface, "which interface to play (default: the first that can be)")->type_name("NAME");
  command->add_option("--timeout", options->timeout, "how long a reply may take")->type_name("TIME")->capture_default_str();
  command->add_option("--seed", options->seed, "seed of the readings")->capture_default_str();
  command->add_option("--json", options->json, "write the record there (see docs/records.md)")->type_name("FILE");
  command->callback(
      [options, &program_run = program.run, &directory = program.spec_directory] { program_run = [options, &directory] { return run(*options, directory); }; });
}

}  // namespace meterproof::cli
