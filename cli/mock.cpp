// SPDX-License-Identifier: Apache-2.0
// meterproof mock
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "caller/caller.hpp"
#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/mock_reload.hpp"
#include "cli/streams.hpp"
#include "conformance/suite.hpp"
#include "core/auth/curl_line.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/meter_loader.hpp"
#include "core/loader/plan_loader.hpp"
#include "core/rules/valid_request.hpp"
#include "core/text/split.hpp"
#include "core/text/utf8.hpp"
#include "mockserver/admin_api.hpp"
#include "mockserver/mock_state.hpp"
#include "mockserver/store_file.hpp"
#include "mutation/mutation.hpp"
#include "net/fd.hpp"
#include "net/server/http_server.hpp"
#include "net/signal_watcher.hpp"
#include "reports/tls_notes.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::string host = "127.0.0.1";
  unsigned port = 8080;
  std::string role = "both";
  std::vector<std::string> apps;
  std::string apps_file;
  std::string fixtures;
  std::string generate_meters, meters;
  std::string utc_offset;
  std::string tolerance;
  std::string replay_protection = "on";
  std::string worlds = "shared";
  std::string request_log, store, store_requests_age, control_token;
  unsigned store_requests = 0;  // MiB
  std::string certificate, key, faults;
  std::string call, plan;
  net::TlsTrust call_trust;
  double call_rate = 0;
  std::vector<std::string> call_as;
  unsigned customers = 1;
  RecordFiles files;  // of the record of its calls
  std::vector<std::string> interpretations, admin_hosts;
  std::optional<std::uint64_t> interpretations_seed;
  std::string mutant;
  std::size_t threads = 1;
  bool strict = false, no_admin = false;
};

/// Keys of the fixtures' first rows: what the printed call asks for.
class SampleKeys final : public rules::KeyProvider {
 public:
  SampleKeys(const core::Spec& spec, const loader::Fixtures& rows) : spec_(&spec), rows_(&rows) {}

  std::string key(const core::Field& field, bool) override {
    const std::size_t table = field.refers.value_or(field.names.value_or(0));
    for (const auto& of : rows_->tables)
      if (of.table == table && !of.rows.empty())
        for (const auto& [column, text] : of.rows.front())
          if (column == spec_->tables[table].key) return text;
    return "1";
  }

 private:
  const core::Spec* spec_;
  const loader::Fixtures* rows_;
};

void print_how_to_call(const core::Spec& spec, const mockserver::MockOptions& mock_options, const loader::Fixtures& rows, const std::string& url, bool demo,
                       const Terminal& terminal) {
  const auto is_served = [&](const core::Interface& one) { return !mock_options.only || *mock_options.only == one.served_by; };
  const auto served = std::find_if(spec.interfaces.begin(), spec.interfaces.end(), is_served);
  if (served == spec.interfaces.end() || mock_options.apps.empty()) return;
  SampleKeys keys(spec, rows);
  const core::DateTime now = core::local_time(std::chrono::system_clock::now(), mock_options.utc_offset);
  const core::RequestBuilder draft = rules::make_valid_request(*served, served->variants.front(), keys, 1, now);
  const auth::App& app = mock_options.apps.front();
  const auth::SecretText secret = demo ? auth::SecretText{false, app.secret} : auth::secret_variable(0);
  const auth::SigningStyle style{mock_options.utc_offset, mockserver::InterpretationChoice(spec, mock_options).of("token-case") == "upper"};
  print(demo ? msg<"cli.mock-demo-app">(app.id, app.secret) : msg<"cli.mock-app">(app.id), terminal);
  const auto count = std::count_if(spec.interfaces.begin(), spec.interfaces.end(), is_served);
  print(msg<"cli.mock-settings">(count, mock_options.tolerance.count(),
                                 mock_options.refuse_replays ? msg<"cli.replays-rejected">() : msg<"cli.replays-allowed">()),
        terminal);
  print(msg<"cli.try-it">(served->section, served->title), terminal);
  print("\n  " + signing_curl_line(spec.authentication, app.id, secret, url + served->path, draft.body(), style) + "\n\n");
  if (!demo) print(msg<"cli.try-secret">(), terminal);
  if (mock_options.admin_api) print(mock_options.admin_closed ? msg<"cli.admin-closed">(mock_options.admin_hosts.back()) : msg<"cli.admin">(url), terminal);
}

i18n::Message take_settings(const Options& options, const core::Spec& spec, mockserver::MockOptions& mock_options) {
  mock_options.utc_offset = spec.authentication.utc_offset;
  mock_options.tolerance = spec.authentication.tolerance;
  if (options.role != "both") mock_options.only = options.role == "platform" ? core::Role::platform : core::Role::billing;
  if (options.interpretations_seed) apply_random_interpretations(mock_options, spec, *options.interpretations_seed);
  for (const std::string& choice : options.interpretations)
    if (i18n::Message wrong = apply_interpretation(mock_options, spec, choice); !wrong.empty()) return wrong;
  if (!options.utc_offset.empty()) {
    const auto offset = core::parse_utc_offset(options.utc_offset);
    if (!offset) return msg<"usage.utc-offset">(options.utc_offset);
    mock_options.utc_offset = *offset;
  }
  if (!options.tolerance.empty()) {
    const auto tolerance = core::parse_duration(options.tolerance);
    if (!tolerance || *tolerance > std::chrono::hours(24)) return msg<"usage.tolerance">(options.tolerance);
    mock_options.tolerance = std::chrono::duration_cast<std::chrono::seconds>(*tolerance);
  }
  mock_options.refuse_replays = options.replay_protection == "on";
  mock_options.worlds_per_app = options.worlds == "per-app";
  mock_options.strict = options.strict;
  mock_options.admin_api = !options.no_admin;
  mock_options.admin_hosts = options.admin_hosts;
  mock_options.admin_hosts.push_back(options.host);
  return {};
}

/// One line for an exchange, on stderr.
void print_exchange(const mockserver::LogEntry& entry, const mockserver::LogRedactor& redactor, const Terminal& terminal) {
  using Entry = mockserver::LogEntry;
  const bool zh = terminal.err.language == i18n::Language::zh;
  const std::string request = entry[Entry::method].empty() ? "-" : entry.shown(Entry::method, redactor) + " " + entry.shown(Entry::target, redactor);
  std::array<char, 32> took{};
  std::snprintf(took.data(), took.size(), "%.2f", std::chrono::duration<double, std::milli>(entry.took).count());  // NOLINT(*-vararg)
  const i18n::Message answer = entry.status == 0 ? msg<"cli.exchange-no-answer">()
                               : entry.code == 0 ? msg<"cli.exchange-status">(entry.status)
                                                 : msg<"cli.exchange-answer">(entry.status, entry.code);
  i18n::Message line = msg<"cli.exchange">(entry.at.to_string(), entry.peer.to_string(), request, answer, took.data());
  if (const std::string why = entry.shown(zh ? Entry::why_zh : Entry::why_en, redactor); !why.empty()) line = msg<"cli.exchange-why">(std::move(line), why);
  if (const std::string hint = entry.shown(zh ? Entry::hint_zh : Entry::hint_en, redactor); !hint.empty())
    line = msg<"cli.exchange-hint">(std::move(line), hint);
  std::string text = core::sanitize(redactor.shown(terminal.err.text(line)));
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::fprintf(stderr, "%s\n", text.c_str());
}

/// How old the exchanges of a store may become, 0 for any age. Nothing after a mistake was printed.
std::optional<std::chrono::seconds> read_requests_age(const Options& options) {
  if (options.store.empty() && (options.store_requests > 0 || !options.store_requests_age.empty())) {
    print_error(msg<"usage.store-requests">());
    return std::nullopt;
  }
  if (options.store_requests_age.empty()) return std::chrono::seconds(0);
  const auto age = core::parse_duration(options.store_requests_age);
  if (age && *age >= std::chrono::seconds(1)) return std::chrono::duration_cast<std::chrono::seconds>(*age);
  print_error(msg<"usage.store-requests-age">(options.store_requests_age));
  return std::nullopt;
}

/// The file that was given, or that stands beside the specs; "" where there is none.
std::string meters_file(const std::string& given, const std::string& spec_directory) {
  const std::string daily = find_spec_directory(spec_directory) + "/meters/daily.yaml";
  std::error_code error;  // what cannot be looked up is not there
  return given.empty() && std::filesystem::exists(daily, error) ? daily : given;
}

/// False after its mistakes were printed. "" is none.
bool read_meters(const std::string& path, const core::Spec& spec, std::optional<core::MeterBehaviour>& meters) {
  if (path.empty()) return true;
  auto loaded = loader::load_meters(spec, path);
  if (!loaded) print_problems(loaded.problems());
  else meters = std::move(*loaded);
  return meters.has_value();
}

/// What --call and its companions say; an empty one without --call. Nothing after a mistake was printed.
std::optional<std::optional<caller::CallerOptions>> read_call(const Options& options, const core::Spec& spec, const std::string& spec_directory) {
  const auto wrong = [](const i18n::Message& why) {
    print_error(why);
    return std::nullopt;
  };
  if (options.call.empty()) {
    for (const auto& [name, given] : {std::pair("--as", !options.call_as.empty()), std::pair("--plan", !options.plan.empty()),
                                      std::pair("--customers", options.customers != 1), std::pair("--call-rate", options.call_rate > 0),
                                      std::pair("--ca", !options.call_trust.ca_file.empty()), std::pair("--insecure", options.call_trust.accepts_any)})
      if (given) return wrong(msg<"usage.call-alone">(name));
    return std::optional<caller::CallerOptions>();
  }
  if (options.role == "both") return wrong(msg<"usage.call-role">());
  if (options.worlds != "shared") return wrong(msg<"usage.call-worlds">());
  caller::CallerOptions out;
  out.own = options.role == "platform" ? core::Role::platform : core::Role::billing;
  out.customers = options.customers;
  i18n::Message why;
  auto address = net::parse_address(options.call, why);
  if (!address) return wrong(why);
  if (!take_trust(*address, options.call_trust)) return std::nullopt;
  if (options.call_rate > 0) out.most_per_second = options.call_rate;
  out.address = *address;
  std::vector<std::string> pairs = options.call_as;
  if (const char* const given = std::getenv("METERPROOF_CALL_AS"); pairs.empty() && given != nullptr)
    for (const std::string_view pair : core::split_commas(given)) pairs.emplace_back(pair);
  if (pairs.empty()) return wrong(msg<"usage.call-as">());
  auto apps = read_apps(pairs, "", "--as");
  if (!apps) return std::nullopt;
  out.apps = std::move(*apps);
  const std::string year = find_spec_directory(spec_directory) + "/plans/customer_year.yaml";
  const auto useless = [&](const char* option, const core::LocalizedText& reason) { return wrong(msg<"usage.option">(option, i18n::localized(reason))); };
  if (out.own == core::Role::platform && (!options.plan.empty() || options.customers != 1))
    return useless(options.plan.empty() ? "--customers" : "--plan", {"平台一方没有计划", "the platform's side has no plan"});
  if (out.own == core::Role::billing && !options.meters.empty())
    return useless("--meters", {"营收一方的表具由对方上报", "meters of the billing side are reported by the other one"});
  std::error_code error;  // what cannot be looked up is not there
  if (out.own == core::Role::platform || (options.plan.empty() && !std::filesystem::exists(year, error))) return std::optional(std::move(out));
  auto plan = loader::load_plan(spec, options.plan.empty() ? year : options.plan);
  if (!plan) {
    print_problems(plan.problems());
    return std::nullopt;
  }
  out.plan = std::move(*plan);
  return std::optional(std::move(out));
}

/// False where the file cannot be written.
bool open_log(mockserver::LogFile& file, const std::string& path) {
  file.on_loss([path](int error) { print_error(msg<"cli.log-losing">(path, std::strerror(error))); });
  return file.open(path);
}

/// Whether somebody can close the terminal that this program belongs to.
bool has_terminal() {
  const net::Fd terminal(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC));
  return static_cast<bool>(terminal);
}

MockSources sources_of(const Options& options, const std::string& spec_directory, const mockserver::MockOptions& mock_options, const std::string& meters) {
  MockSources out;
  out.spec_directory = find_spec_directory(spec_directory);
  out.apps_file = options.apps_file;
  out.given_apps = mock_options.apps;
  out.meters_file = meters;
  out.faults_file = options.faults;
  out.certificate = options.certificate;
  out.key = options.key;
  if (!options.utc_offset.empty()) out.utc_offset = mock_options.utc_offset;
  if (!options.tolerance.empty()) out.tolerance = mock_options.tolerance;
  // Those of a file come behind the others.
  if (!options.apps_file.empty()) out.given_apps.resize(options.apps.size());
  if (!options.mutant.empty()) out.fixed_by = "--mutant";
  if (!options.call.empty()) out.fixed_by = "--call";
  return out;
}

void tell_reload(const mockserver::MockState::ReadAnew& read, const Terminal& terminal) {
  if (read.wrong.empty()) {
    print(msg<"cli.reloaded">(read.interfaces, read.apps, read.faults), terminal);
    return;
  }
  std::fputs((terminal.err.text(read.wrong) + "\n").c_str(), stderr);  // lines of a file, as at the start
  print_error(msg<"cli.not-reloaded">());
}

Exit run_mock(const Options& options, const std::string& spec_directory, const Terminal& terminal) {
  auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  auto hooks = std::make_unique<mutation::MutationHooks>();
  if (!options.mutant.empty()) {
    auto mutant = mutation::mutate(*spec, options.mutant);
    if (!mutant) {
      const core::Diagnostic& problem = mutant.problems().front();
      print_error(msg<"usage.option">("--mutant " + options.mutant, i18n::list({problem.message, problem.remedy})));
      return Exit::usage;
    }
    *spec = std::move(mutant->spec);
    hooks = std::move(mutant->hooks);
  }
  mockserver::MockOptions mock_options;
  if (const i18n::Message wrong = take_settings(options, *spec, mock_options); !wrong.empty()) {
    print_error(wrong);
    return Exit::usage;
  }
  if (options.certificate.empty() != options.key.empty()) {
    print_error(msg<"usage.tls-pair">());
    return Exit::usage;
  }
  auto token = read_control_token(options.control_token);
  auto apps = read_apps(options.apps, options.apps_file);
  if (!apps || !token) return Exit::usage;
  mock_options.control_token = std::move(*token);
  mock_options.admin_closed = mock_options.control_token.empty() && !net::is_loopback(options.host);
  const bool demo = apps->empty();
  mock_options.apps = demo ? std::vector<auth::App>{{"demo", "demo-secret"}} : std::move(*apps);

  auto read = read_fixtures(options.fixtures, *spec, spec_directory);
  if (!read) return Exit::usage;
  loader::Fixtures& rows = *read;
  if (!options.generate_meters.empty()) {
    const auto [end, error] =
        std::from_chars(options.generate_meters.data(), options.generate_meters.data() + options.generate_meters.size(), rows.generated_count);
    if (error != std::errc{} || end != options.generate_meters.data() + options.generate_meters.size() ||
        rows.generated_count > store::DataStore::default_row_limit) {
      print_error(msg<"usage.generate-meters">(options.generate_meters, store::DataStore::default_row_limit));
      return Exit::usage;
    }
  }

  auto call = read_call(options, *spec, spec_directory);
  if (!call || (*call && !can_write(options.files, {options.apps_file, options.fixtures}))) return Exit::usage;
  mock_options.calls = call->has_value();
  mock_options.has_tls = !options.certificate.empty();
  // Meters of the billing side report by the platform, which is the other side then.
  const bool others_report = *call && (*call)->own == core::Role::billing;
  const std::string meters = others_report ? "" : meters_file(options.meters, spec_directory);
  if (!read_meters(meters, *spec, mock_options.meters)) return Exit::usage;
  std::vector<mockserver::InjectedFault> faults;
  if (const i18n::Message wrong = read_faults_file(options.faults, *spec, mock_options.apps, faults); !wrong.empty()) {
    print_error(wrong);
    return Exit::usage;
  }

  if (!options.mutant.empty() && !options.store.empty()) {
    print_error(msg<"usage.store-mutant">());
    return Exit::usage;
  }
  if (!options.mutant.empty() && options.threads > 1) {
    print_error(msg<"usage.mutant-threads">());
    return Exit::usage;
  }
  const auto requests_age = read_requests_age(options);
  if (!requests_age) return Exit::usage;
  std::unique_ptr<mockserver::StoreFile> store_file;  // outlives the state
  if (!options.store.empty()) store_file = std::make_unique<mockserver::StoreFile>(options.store, *spec);
  mockserver::MockState state(*spec, mock_options, rows, options.threads, *hooks);
  state.inject(std::move(faults));
  if (store_file != nullptr) {
    store_file->keep_requests({std::uint64_t{options.store_requests} << 20U, *requests_age});
    state.keep_in(*store_file, std::chrono::system_clock::now());
    state.on_store_failure([&](const std::string& why) { print_error(msg<"store.failing">(options.store, why)); },
                           [&] { print_error(msg<"store.recovered">(options.store)); });
  }
  mockserver::LogFile& log_file = state.log().file();
  if (!options.request_log.empty() && !open_log(log_file, options.request_log)) {
    print_error(msg<"usage.request-log">(options.request_log));
    return Exit::usage;
  }
  if (terminal.verbose) state.log().watch([&](const mockserver::LogEntry& entry) { print_exchange(entry, state.log().redactor(), terminal); });
  net::ServerOptions listening;
  listening.host = options.host;
  listening.port = static_cast<std::uint16_t>(options.port);
  listening.threads = options.threads;
  if (!options.certificate.empty()) listening.tls = net::TlsContext::for_server(options.certificate, options.key);
  if (mock_options.admin_api && !mock_options.admin_closed) {
    listening.limits.large_request = mockserver::AdminApi::data_request;
    listening.limits.large_secret = mock_options.control_token;
    listening.limits.large_body_bytes = mockserver::AdminApi::most_data_bytes;
  }
  net::raise_file_limit();
  const net::HandlerFactory handler = [&](std::size_t thread) {
    return
        [&state, thread](const net::HttpParser& request, const net::Arrival& came, net::Response& response) { state.handle(request, came, response, thread); };
  };
  const net::HandlerFactory on_bad_request = [&](std::size_t thread) {
    return [&state, thread](const net::HttpParser& request, const net::Arrival& came, net::Response& response) {
      state.handle_bad_request(request, response, came, thread);
    };
  };
  net::HttpServer server(listening, handler, on_bad_request);
  state.count_connections([&] { return server.connections(); });
  // Of a terminal that is closed SIGHUP tells nothing but that; of a service, that its log was renamed and its files have changed.
  const bool is_service = !screen_of(STDERR_FILENO).terminal && (log_file.is_open() || !has_terminal());
  net::block_termination_signals(is_service);
  if (store_file != nullptr) server.before_replies([&](std::size_t thread) { return state.end_turn(thread, std::chrono::system_clock::now()); });
  server.on_accept_failure([](int error) { print_error(msg<"cli.no-more-connections">(std::strerror(error))); });
  server.on_tls_failure([&, told = std::make_shared<std::atomic<bool>>(false)](const net::PeerAddress& peer, const std::string& why) {
    state.count_failed_handshake();
    if (terminal.verbose || !told->exchange(true)) print_error(msg<"cli.no-tls">(peer.to_string(), why));
  });
  MockReloader reloader(*spec, state, server, sources_of(options, spec_directory, mock_options, meters));
  state.on_reload([&] { return reloader.read(); });
  if (is_service)
    server.on_hangup([&] {
      if (log_file.is_open() && !log_file.reopen()) print_error(msg<"cli.log-not-reopened">(options.request_log, std::strerror(errno)));
      tell_reload(reloader.read(), terminal);
    });

  const std::string url = net::Address{options.host, server.port(), "", listening.tls != nullptr}.to_string();
  if (store_file != nullptr) {
    print(msg<"cli.store">(options.store, store_file->found().worlds, store_file->found().snapshots), terminal);
    if (store_file->found().worlds > 0 && (!options.fixtures.empty() || !options.generate_meters.empty()))
      print(msg<"cli.store-fixtures">(options.store), terminal);
  }
  print_how_to_call(*spec, mock_options, rows, url, demo, terminal);
  if (mock_options.has_tls) print(msg<"cli.over-tls">(), terminal);
  std::optional<caller::Caller> caller;
  if (*call) {
    print(msg<"cli.calls">((*call)->address.to_string(), (*call)->apps.front().id), terminal);
    (*call)->tell = [](const i18n::Message& message) { print_error(message); };
    caller.emplace(*spec, state, std::move(**call)).start();
  }
  const auto begin = std::chrono::steady_clock::now();
  std::printf("listening on %s\n", url.c_str());  // the same in every language: scripts read it
  std::fflush(stdout);
  server.run(true);
  if (caller) caller->stop();
  state.reach_present(std::chrono::system_clock::now());
  for (std::size_t i = 0; i < options.threads; ++i) state.end_turn(i, std::chrono::system_clock::now());  // what came since the last reply
  print(msg<"cli.stopped">(state.exchanges()), terminal);
  if (log_file.lost() > 0) print_error(msg<"cli.log-lost">(log_file.lost(), options.request_log));
  if (!caller) return Exit::ok;
  reports::CheckRecord record = caller->record();
  for (i18n::Message& note : reports::tls_notes(caller->tls_version(), options.call_trust, false))
    record.notes.push_back(std::move(note));  // the judge knows of failures
  record.suite = conformance::suite_of(*spec);
  record.duration_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return write_reports(std::move(record), options.files, terminal);
}

}  // namespace

void add_mock(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("mock", program.text<"help.mock">());
  command->add_option("--host", options->host, program.text<"help.mock.host">())->capture_default_str();
  whole_number(command->add_option("--port", options->port, program.text<"help.mock.port">())->capture_default_str(), 0, 65535);
  command->add_option("--role", options->role, program.text<"help.mock.role">())->check(CLI::IsMember({"both", "platform", "billing"}))->capture_default_str();
  command->add_option("--apps", options->apps_file, program.text<"help.mock.apps">())->type_name("FILE");
  command->add_option("--app", options->apps, program.text<"help.mock.app">())->type_name("ID:SECRET");
  command->add_option("--fixtures", options->fixtures, program.text<"help.mock.fixtures">())->type_name("FILE");
  command->add_option("--generate-meters", options->generate_meters, program.text<"help.mock.generate-meters">())->type_name("N");
  command->add_option("--meters", options->meters, program.text<"help.mock.meters">())->type_name("FILE");
  command->add_option("--utc-offset", options->utc_offset, program.text<"help.mock.utc-offset">())->type_name("+HH:MM");
  command->add_option("--tolerance", options->tolerance, program.text<"help.mock.tolerance">())->type_name("TIME");
  command->add_option("--replay-protection", options->replay_protection, program.text<"help.mock.replay-protection">())
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command->add_option("--worlds", options->worlds, program.text<"help.mock.worlds">())->check(CLI::IsMember({"shared", "per-app"}))->capture_default_str();
  command->add_option("--interpretation", options->interpretations, program.text<"help.mock.interpretation">())->type_name("ID=ANSWER");
  command->add_option("--random-interpretations", options->interpretations_seed, program.text<"help.mock.random-interpretations">())->type_name("SEED");
  command->add_option("--mutant", options->mutant, program.text<"help.mock.mutant">())->type_name("ID");
  command->add_option("--store", options->store, program.text<"help.mock.store">())->type_name("FILE");
  whole_number(command->add_option("--store-requests", options->store_requests, program.text<"help.mock.store-requests">()), 1, 1'000'000);
  command->add_option("--store-requests-age", options->store_requests_age, program.text<"help.mock.store-requests-age">())->type_name("TIME");
  command->add_option("--call", options->call, program.text<"help.mock.call">())->type_name("URL");
  command->add_option("--as", options->call_as, program.text<"help.mock.as">())->type_name("ID:SECRET");
  command->add_option("--plan", options->plan, program.text<"help.mock.plan">())->type_name("FILE");
  whole_number(command->add_option("--customers", options->customers, program.text<"help.mock.customers">())->capture_default_str(), 1, 10'000);
  positive_number(command->add_option("--call-rate", options->call_rate, program.text<"help.mock.call-rate">()));
  add_trust_options(program, *command, options->call_trust);
  command->add_option("--tls-cert", options->certificate, program.text<"help.mock.tls-cert">())->type_name("FILE");
  command->add_option("--tls-key", options->key, program.text<"help.mock.tls-key">())->type_name("FILE");
  command->add_option("--faults", options->faults, program.text<"help.mock.faults">())->type_name("FILE");
  command->add_option("--request-log", options->request_log, program.text<"help.mock.request-log">())->type_name("FILE");
  whole_number(command->add_option("--threads", options->threads, program.text<"help.mock.threads">())->capture_default_str(), 1, 256);
  command->add_flag("--strict", options->strict, program.text<"help.mock.strict">());
  command->add_flag("--no-admin", options->no_admin, program.text<"help.mock.no-admin">());
  command->add_option("--control-token", options->control_token, program.text<"help.mock.control-token">())->type_name("FILE");
  command->add_option("--admin-host", options->admin_hosts, program.text<"help.mock.admin-host">())->type_name("NAME");
  add_record_options(program, *command, options->files);
  command->callback([options, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [options, &directory, &terminal] { return run_mock(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
