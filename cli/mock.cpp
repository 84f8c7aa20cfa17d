// meterproof mock
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <memory>

#include "cli/command.hpp"
#include "http/listener.hpp"
#include "http/reactor.hpp"
#include "mockserver/engine.hpp"
#include "spec/rules/deviation.hpp"
#include "spec/rules/valid.hpp"
#include "spec/wire/curl.hpp"

namespace meterproof::cli {
namespace {

struct Options {
  std::string host = "127.0.0.1";
  unsigned port = 8080;
  std::string role = "both";
  std::vector<std::string> apps;
  std::string apps_file;
  std::string world;
  std::string fleet;
  std::string utc_offset;
  std::string tolerance;
  std::string replay = "reject";
  std::string journal;
  std::vector<std::string> readings;
  std::optional<std::uint64_t> readings_seed;
  std::string deviate;
  std::size_t threads = 1;
  bool no_control = false;
};

/// Keys of the sample world's first rows: what the printed call asks for.
class FirstRows final : public rules::Keys {
 public:
  FirstRows(const spec::Spec& spec, const yaml::WorldRows& rows) : spec_(&spec), rows_(&rows) {}

  std::string key(const spec::Field& field, bool) override {
    const std::size_t table = field.refers.value_or(field.names.value_or(0));
    for (const auto& of : rows_->tables)
      if (of.table == table && !of.rows.empty())
        for (const auto& [column, text] : of.rows.front())
          if (column == spec_->tables[table].key) return text;
    return "1";
  }

 private:
  const spec::Spec* spec_;
  const yaml::WorldRows* rows_;
};

void print_how_to_call(const spec::Spec& spec, const mock::Settings& settings, const yaml::WorldRows& rows, const std::string& url, bool demo) {
  const auto served = std::find_if(spec.interfaces.begin(), spec.interfaces.end(),
                                   [&](const spec::Interface& one) { return !settings.only || *settings.only == one.served_by; });
  if (served == spec.interfaces.end() || settings.apps.empty()) return;
  FirstRows keys(spec, rows);
  const spec::DateTime now = spec::local_time(std::chrono::system_clock::now(), settings.utc_offset);
  const spec::Draft draft = rules::valid_draft(*served, served->variants.front(), keys, 1, now);
  spec::Authentication authentication = spec.authentication;
  authentication.utc_offset = settings.utc_offset;
  const wire::App& app = settings.apps.front();
  const std::string secret = demo ? app.secret : "$APP_SECRET";
  std::printf("appId: %s%s, %zu interfaces, tolerance %lld s, replays %s\n", app.id.c_str(), demo ? (" (demo), secret: " + app.secret).c_str() : "",
              spec.interfaces.size(), static_cast<long long>(settings.tolerance.count()), settings.refuse_replays ? "rejected" : "allowed");
  std::printf("%s %s, try it:\n\n  %s\n\n", served->section.c_str(), served->title.zh.c_str(),
              signing_curl_line(authentication, app, secret, url + served->path, draft.body()).c_str());
  if (!demo) std::printf("  (with APP_SECRET in the environment)\n\n");
  if (settings.control) std::printf("faults, world, journal: %s/_mock/health /_mock/world /_mock/faults /_mock/journal /_mock/counters\n", url.c_str());
}

std::string take_settings(const Options& options, const spec::Spec& spec, mock::Settings& settings) {
  settings.utc_offset = spec.authentication.utc_offset;
  settings.tolerance = spec.authentication.tolerance;
  if (options.role != "both") settings.only = options.role == "platform" ? spec::Role::platform : spec::Role::billing;
  if (options.readings_seed) take_readings_by_chance(settings, spec, *options.readings_seed);
  for (const std::string& choice : options.readings)
    if (std::string wrong = take_reading(settings, spec, choice); !wrong.empty()) return wrong;
  if (!options.utc_offset.empty()) {
    const auto offset = spec::parse_utc_offset(options.utc_offset);
    if (!offset) return "--utc-offset " + options.utc_offset + ": write it like +08:00";
    settings.utc_offset = *offset;
  }
  if (!options.tolerance.empty()) {
    const auto tolerance = spec::parse_duration(options.tolerance);
    if (!tolerance || *tolerance > std::chrono::hours(24)) return "--tolerance " + options.tolerance + ": write it like 300s or 5m, a day at the most";
    settings.tolerance = std::chrono::duration_cast<std::chrono::seconds>(*tolerance);
  }
  settings.refuse_replays = options.replay == "reject";
  settings.control = !options.no_control;
  return {};
}

Exit run_mock(const Options& options, const std::string& spec_directory) {
  auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  if (!options.deviate.empty()) {
    if (const std::string wrong = rules::deviate(*spec, options.deviate); !wrong.empty()) {
      complain("--deviate " + options.deviate + ": " + wrong);
      return Exit::usage;
    }
  }
  mock::Settings settings;
  if (const std::string wrong = take_settings(options, *spec, settings); !wrong.empty()) {
    complain(wrong);
    return Exit::usage;
  }
  auto apps = read_apps(options.apps, options.apps_file);
  if (!apps) return Exit::usage;
  const bool demo = apps->empty();
  settings.apps = demo ? std::vector<wire::App>{{"demo", "demo-secret"}} : std::move(*apps);

  auto read = read_world(options.world, *spec, spec_directory);
  if (!read) return Exit::usage;
  yaml::WorldRows& rows = *read;
  if (!options.fleet.empty()) {
    const auto [end, error] = std::from_chars(options.fleet.data(), options.fleet.data() + options.fleet.size(), rows.fleet_count);
    if (error != std::errc{} || end != options.fleet.data() + options.fleet.size() || rows.fleet_count > world::World::default_row_limit) {
      complain("--fleet " + options.fleet + ": a number of meters, " + std::to_string(world::World::default_row_limit) + " at the most");
      return Exit::usage;
    }
  }

  const bool deviates = !options.deviate.empty();
  if (deviates && options.threads > 1) {
    complain("--deviate: a mock that deviates has one thread");
    return Exit::usage;
  }
  mock::Engine engine(*spec, settings, rows, options.threads);
  if (!options.journal.empty() && !engine.write_journal_to(options.journal)) {
    complain("--journal " + options.journal + ": cannot be written");
    return Exit::usage;
  }
  http::ListenerOptions listening;
  listening.host = options.host;
  listening.port = static_cast<std::uint16_t>(options.port);
  listening.threads = options.threads;
  http::raise_file_limit();
  const http::HandlerOf handler = [&](std::size_t thread) {
    return [&engine, thread](const wire::HttpParser& request, http::Moment came, http::Response& response) { engine.handle(request, came, response, thread); };
  };
  const http::HandlerOf on_broken = [&](std::size_t) {
    return [&engine](const wire::HttpParser& request, http::Moment, http::Response& response) { engine.handle_broken(request, response); };
  };
  http::Listener listener(listening, handler, on_broken);

  const std::string url =
      "http://" + (options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]") + ":" + std::to_string(listener.port());
  print_how_to_call(*spec, settings, rows, url, demo);
  std::printf("listening on %s\n", url.c_str());
  std::fflush(stdout);
  listener.run(true);
  std::printf("stopped after %llu exchanges\n", static_cast<unsigned long long>(engine.exchanges()));
  return Exit::good;
}

}  // namespace

void add_mock(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("mock", "serve the interface, with state, effects and explained refusals");
  command->add_option("--host", options->host, "address to listen on")->capture_default_str();
  command->add_option("--port", options->port, "port to listen on; 0 picks a free one")->capture_default_str()->check(CLI::Range(0, 65535));
  command->add_option("--role", options->role, "which side to play")->check(CLI::IsMember({"both", "platform", "billing"}))->capture_default_str();
  command->add_option("--app", options->apps, "an appId and its secret; may be repeated (default: demo:demo-secret)")->type_name("ID:SECRET");
  command->add_option("--apps", options->apps_file, "a file of ID:SECRET lines")->type_name("FILE");
  command->add_option("--world", options->world, "the rows to begin with (default: the sample world)")->type_name("FILE");
  command->add_option("--fleet", options->fleet, "meters for the load generator (default: as the world says)")->type_name("N");
  command->add_option("--utc-offset", options->utc_offset, "time zone of the timestamps (default: +08:00)")->type_name("+HH:MM");
  command->add_option("--tolerance", options->tolerance, "how far a timestamp may be off (default: as the specs say, 900s)")->type_name("TIME");
  command->add_option("--replay", options->replay, "what becomes of a timestamp used twice")->check(CLI::IsMember({"reject", "allow"}))->capture_default_str();
  command->add_option("--reading", options->readings, "another answer to an open question (see: spec list)")->type_name("ID=ANSWER");
  command->add_option("--readings", options->readings_seed, "an answer to every open question, by chance: the same seed, the same answers")->type_name("SEED");
  command->add_option("--deviate", options->deviate, "break one sentence of the paper (see: spec list --deviations)")->type_name("ID");
  command->add_option("--journal", options->journal, "write every exchange there, a JSON object a line")->type_name("FILE");
  command->add_option("--threads", options->threads, "connections are dealt out to so many threads")->check(CLI::Range(1, 256))->capture_default_str();
  command->add_flag("--no-control", options->no_control, "no control surface under /_mock/");
  command->callback([options, &program_run = program.run, &directory = program.spec_directory] {
    program_run = [options, &directory] { return run_mock(*options, directory); };
  });
}

}  // namespace meterproof::cli
