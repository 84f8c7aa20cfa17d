// SPDX-License-Identifier: Apache-2.0
// meterproof check-client
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "attestation/chain.hpp"
#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/interruption.hpp"
#include "cli/issuer.hpp"
#include "client_conformance/client_transcript.hpp"
#include "conformance/suite.hpp"
#include "conformance/transcript.hpp"
#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/target_loader.hpp"
#include "core/redact/redactor.hpp"
#include "core/text/split.hpp"
#include "core/text/text.hpp"
#include "net/signal_watcher.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::string host = "127.0.0.1", role = "billing", target_file, apps_file, fixtures, tolerance, lasting, idle = "60s", max_time;
  RecordFiles files;
  std::vector<std::string> apps, inject, required;
  int port = 8080;
  bool transcript = false;
};

constexpr const char* no_fault = "none";  // --inject

std::vector<std::string> fault_names() {
  std::vector<std::string> out;
  for (const auto& kind : client_conformance::client_fault_kinds()) out.push_back(kind.name);
  out.emplace_back(no_fault);
  return out;
}

/// When to stop: its time is over, or nothing has come for long enough.
class Timer {
 public:
  using Clock = std::chrono::steady_clock;

  Timer(std::chrono::milliseconds lasting, std::chrono::milliseconds idle) : lasting_(lasting), idle_(idle) {}

  void called() { last_call_ = Clock::now(); }
  bool is_over() const {
    if (lasting_.count() > 0) return Clock::now() - begin_ >= lasting_;
    return Clock::now() - last_call_ >= idle_;
  }

 private:
  std::chrono::milliseconds lasting_, idle_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_call_ = begin_;
};

/// The interfaces that --require names, separated by commas; nothing after the mistake was printed.
std::optional<std::vector<std::string>> read_required(const std::vector<std::string>& given, const core::Spec& spec, core::Role client) {
  std::vector<std::string> known, out;
  for (const core::Interface& one : spec.interfaces)
    if (one.served_by != client) known.push_back(one.name);
  for (const std::string& list : given)
    for (const std::string_view name : core::split_commas(list)) {
      const std::string wanted(core::trimmed(name));
      if (std::find(known.begin(), known.end(), wanted) == known.end()) {
        print_error(msg<"usage.require">(wanted, core::suggestion(wanted, known)));
        return std::nullopt;
      }
      out.push_back(wanted);
    }
  return out;
}

/// What the vendor's file says of the client: appIds and `subject`. An empty one where no file is named; nothing after the mistake was printed.
std::optional<loader::TargetFile> read_client(const std::string& path, const core::Spec& spec) {
  if (path.empty()) return loader::TargetFile();
  auto loaded = loader::load_target(spec, path, {});
  if (loaded) return std::move(*loaded);
  print_problems(loaded.problems());
  return std::nullopt;
}

std::vector<auth::App> apps_of(const loader::TargetFile& file) {
  std::vector<auth::App> out;
  for (const auto& [id, secret] : file.apps) out.push_back({id, secret});
  return out;
}

/// Nothing after the mistake was printed.
bool can_be_recorded(const core::Spec& spec, const std::vector<auth::App>& apps, const loader::Fixtures& rows) {
  const std::string app = conformance::app_whose_secret_is_a_word(spec, apps);
  const std::size_t count = client_conformance::rows_of(rows);
  const bool has_too_many = count > client_conformance::most_recorded_rows;
  if (!app.empty()) print_error(msg<"usage.secret-is-a-word">(app));
  else if (has_too_many) print_error(msg<"usage.transcript-rows">(count, client_conformance::most_recorded_rows));
  return app.empty() && !has_too_many;
}

/// A monitor, alone or behind a recorder.
class Serving {
 public:
  Serving(const core::Spec& spec, const mockserver::MockOptions& mock_options, loader::Fixtures rows, const client_conformance::ClientOptions& options,
          bool records) {
    if (records) recorder_.emplace(spec, mock_options, rows, options);
    else alone_.emplace(spec, mock_options, std::move(rows), options);
  }

  void handle(const net::HttpParser& request, const net::Arrival& came, net::Response& response) {
    if (recorder_) recorder_->handle(request, came.at, response, came.began);
    else alone_->handle(request, came.at, response, came.began);
  }
  void handle_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& came) {
    if (recorder_) recorder_->handle_bad_request(request, response, came);
    else alone_->handle_bad_request(request, response, came);
  }
  const client_conformance::ClientMonitor& monitor() const { return recorder_ ? recorder_->monitor() : *alone_; }
  reports::CheckRecord record() const { return recorder_ ? recorder_->record() : alone_->record(); }
  bool is_full() const { return recorder_ && recorder_->is_full(); }

 private:
  std::optional<client_conformance::ClientMonitor> alone_;
  std::optional<client_conformance::ClientRecorder> recorder_;
};

Exit run_check_client(const Options& options, const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const std::string spec_digest = spec_digest_of(find_spec_directory(spec_directory));
  const auto target = read_client(options.target_file, *spec);
  if (!target) return Exit::usage;
  const bool has_apps = !options.apps.empty() || !options.apps_file.empty() || target->apps.empty();
  auto apps = has_apps ? read_apps(options.apps, options.apps_file) : std::optional(apps_of(*target));
  if (apps && apps->empty()) print_error(msg<"usage.client-app">());
  if (!apps || apps->empty()) return Exit::usage;
  const auto lasting = core::parse_duration(options.lasting.empty() ? "0" : options.lasting);
  const auto idle = core::parse_duration(options.idle);
  const auto tolerance =
      options.tolerance.empty() ? std::optional<std::chrono::milliseconds>(spec->authentication.tolerance) : core::parse_duration(options.tolerance);
  std::optional<std::chrono::milliseconds> limit;
  if (!read_max_time(options.max_time, limit)) return Exit::usage;
  if (!lasting || !idle || !tolerance) print_error(msg<"usage.client-times">());
  if (!lasting || !idle || !tolerance || !can_write(options.files, {options.target_file, options.apps_file, options.fixtures})) return Exit::usage;
  auto rows = read_fixtures(options.fixtures, *spec, spec_directory);
  if (!rows) return Exit::usage;

  net::block_termination_signals();  // SIGINT ends the run, and the report is still written
  mockserver::MockOptions mock_options;
  mock_options.apps = std::move(*apps);
  mock_options.utc_offset = spec->authentication.utc_offset;
  mock_options.tolerance = std::chrono::duration_cast<std::chrono::seconds>(*tolerance);
  mock_options.admin_api = false;
  client_conformance::ClientOptions client;
  client.client = options.role == "platform" ? core::Role::platform : core::Role::billing;
  client.faults = options.inject;
  client.only_watches = std::find(options.inject.begin(), options.inject.end(), no_fault) != options.inject.end();
  if (client.only_watches && options.inject.size() > 1) {
    print_error(msg<"usage.inject-none">());
    return Exit::usage;
  }
  auto required = read_required(options.required, *spec, client.client);
  if (!required) return Exit::usage;
  client.required = std::move(*required);
  if (options.transcript && !can_be_recorded(*spec, mock_options.apps, *rows)) return Exit::usage;

  net::ServerOptions listening;
  listening.host = options.host;
  listening.port = static_cast<std::uint16_t>(options.port);
  listening.drain = std::chrono::milliseconds(500);
  std::optional<Serving> serving;
  std::uint64_t lines = 0;
  const redact::Redactor redactor(mock_options.apps);
  Timer timer(*lasting, *idle);
  net::HttpServer server(
      listening,
      [&](const net::HttpParser& request, const net::Arrival& came, net::Response& response) {
        timer.called();
        serving->handle(request, came, response);
        constexpr std::uint64_t most_lines = 1000;
        if (++lines > most_lines) return;
        i18n::Message line = serving->monitor().last_call();  // a client may write a secret into its path
        i18n::for_each_text(line, [&](std::string& text) { redactor.redact(text); });
        tell(line, terminal, 1);
      },
      [&](const net::HttpParser& request, const net::Arrival& came, net::Response& response) {
        timer.called();
        serving->handle_bad_request(request, response, came);
      });
  client.url = net::Address{options.host, server.port(), ""}.to_string();
  serving.emplace(*spec, mock_options, std::move(*rows), client, options.transcript);
  const i18n::Message advice = lasting->count() > 0 ? msg<"cli.point-client">(options.role) : msg<"cli.point-client-idle">(options.role);
  // The second line is the same in every language: scripts read it.
  tell(advice, terminal, 0);
  std::fprintf(stderr, "listening on %s\n", client.url.c_str());
  const TimeLimit max_time(limit);
  server.on_tick([&] {
    if (timer.is_over() || max_time.is_over() || serving->is_full()) server.stop();
  });
  server.on_accept_failure([](int error) { print_error(msg<"cli.no-more-connections">(std::strerror(error))); });
  const auto begin = Timer::Clock::now();
  server.run(true);
  reports::CheckRecord record = serving->record();
  record.suite = conformance::suite_of(*spec);
  record.spec_digest = spec_digest;
  record.duration_s = std::chrono::duration<double>(Timer::Clock::now() - begin).count();
  const reports::SubjectRecord subject{target->subject.vendor, target->subject.product, target->subject.version, target->subject.contact};
  if (!subject.empty()) record.subject = subject;
  const auto cut_off = [&](i18n::Message why) {  // a client that has not come to its end says nothing of what it had not called yet
    record.notes.push_back(std::move(why));
    record.interrupted = true;
    if (record.exit_code != 0) return;
    record.exit_code = static_cast<int>(Exit::inconclusive);
    record.verdict = reports::RunVerdict::not_judged;
  };
  if (max_time.is_over()) cut_off(msg<"check.max-time">(options.max_time));
  if (serving->is_full()) cut_off(msg<"client.transcript-full">());
  if (record.transcript) {
    conformance::redact_tokens(*spec, record);
    attestation::seal(record);
  }
  return write_reports(std::move(record), options.files, terminal);
}

}  // namespace

void add_check_client(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("check-client", program.text<"help.check-client">());
  command->add_option("--role", options->role, program.text<"help.check-client.role">())->check(CLI::IsMember({"billing", "platform"}))->capture_default_str();
  command->add_option("--host", options->host, program.text<"help.check-client.host">())->capture_default_str();
  whole_number(command->add_option("--port", options->port, program.text<"help.check-client.port">())->capture_default_str(), 0, 65535);
  command->add_option("--target", options->target_file, program.text<"help.check-client.target">())->type_name("FILE");
  command->add_option("--apps", options->apps_file, program.text<"help.check-client.apps">())->type_name("FILE");
  command->add_option("--app", options->apps, program.text<"help.check-client.app">())->type_name("ID:SECRET");
  command->add_option("--fixtures", options->fixtures, program.text<"help.check-client.fixtures">())->type_name("FILE");
  command->add_option("--tolerance", options->tolerance, program.text<"help.check-client.tolerance">())->type_name("TIME");
  command->add_option("--for", options->lasting, program.text<"help.check-client.for">())->type_name("TIME");
  command->add_option("--idle", options->idle, program.text<"help.check-client.idle">())->type_name("TIME")->capture_default_str();
  command->add_option("--max-time", options->max_time, program.text<"help.check-client.max-time">())->type_name("TIME");
  command->add_option("--inject", options->inject, program.text<"help.check-client.inject">())->check(CLI::IsMember(fault_names()))->type_name("NAME");
  command->add_option("--require", options->required, program.text<"help.check-client.require">())->type_name("INTERFACE");
  command->add_flag("--transcript", options->transcript, program.text<"help.check-client.transcript">());
  add_record_options(program, *command, options->files);
  command->callback([options, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [options, &directory, &terminal] { return run_check_client(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
