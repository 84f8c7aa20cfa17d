// SPDX-License-Identifier: Apache-2.0
// meterproof check
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "attestation/chain.hpp"
#include "cli/answer_wait.hpp"
#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/hook.hpp"
#include "cli/interruption.hpp"
#include "cli/issuer.hpp"
#include "cli/left_behind.hpp"
#include "cli/memory_reserve.hpp"
#include "cli/target_state.hpp"
#include "conformance/planner.hpp"
#include "conformance/reply_redactor.hpp"
#include "conformance/runner.hpp"
#include "conformance/selection.hpp"
#include "conformance/transcript.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/target_loader.hpp"
#include "core/redact/redactor.hpp"
#include "core/rules/row_states.hpp"
#include "core/text/shell.hpp"
#include "core/text/utf8.hpp"
#include "history/difference_report.hpp"
#include "history/record_reading.hpp"
#include "net/client/http_client.hpp"
#include "net/fd.hpp"
#include "reports/findings.hpp"
#include "reports/headline.hpp"
#include "reports/text.hpp"
#include "reports/tls_notes.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::string url, target_file, init_file, role, apps_file, failed_in, baseline, left_behind, effect_timeout, timeout, max_time, state, budget, min_reach,
      replay_age;
  RecordFiles files;
  std::vector<std::string> apps, only, except, fixtures, allowed_variables;
  std::size_t random_steps = 0, workers = 0, max_rows = 0;
  std::uint64_t seed = 1;
  double per_second = 0;
  net::TlsTrust trust;
  bool list = false, transcript = false, allow_hooks = false;
  auth::CommandDialect commands = auth::CommandDialect::sh;  // of the text
};

/// All that a run needs: what the command line says, over what the target's file says, over the defaults.
struct Setup {
  conformance::CheckOptions check;
  net::Address address;
  std::chrono::milliseconds timeout{0};
  std::optional<std::chrono::milliseconds> max_time;
  std::size_t workers = 8;
  std::vector<i18n::Message> uses;  // what the target file uses of this machine
  reports::SubjectRecord subject;
  std::vector<loader::Hook> hooks;
  std::shared_ptr<std::function<bool()>> cut_off = std::make_shared<std::function<bool()>>(&Interruption::came);  // asked while a hook breaks the target
};

/// `user=U1`, `meter.cancelled=M9`. Nothing after the mistake was printed.
std::optional<std::map<std::string, std::string>> read_known(const std::vector<std::string>& pairs, const core::Spec& spec) {
  std::map<std::string, std::string> known;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    if (equals == std::string::npos || equals + 1 == pair.size()) {
      print_error(msg<"usage.fixture-form">(pair));
      return std::nullopt;
    }
    i18n::Message why, remedy;
    if (!rules::read_row_name(spec, name, why, remedy)) {
      print_error(msg<"usage.fixture-row">(pair, remedy.empty() ? why : i18n::list({why, remedy})));
      return std::nullopt;
    }
    known[name] = pair.substr(equals + 1);
  }
  return known;
}

/// The cases that a run with these options would try.
Exit list_cases(const core::Spec& spec, const conformance::CheckOptions& check) {
  for (const auto& one : conformance::plan(spec, check.scope, check.fixtures, check.rows)) {
    const conformance::CaseInfo& info = one->info();
    const bool is_excluded = std::any_of(check.unsupported.begin(), check.unsupported.end(),
                                         [&](const conformance::Exclusion& excluded) { return conformance::matches(excluded.cases, info.id); });
    if (!is_excluded && conformance::selects(check.selection, info.id)) std::printf("%-6s %s\n", info.section.c_str(), info.id.c_str());
  }
  return Exit::ok;
}

Exit write_template(const std::string& path, const core::Spec& spec, const Terminal& terminal) {
  if (!write_new_file(path, loader::target_template(spec), Readers::everybody)) return Exit::usage;
  const std::string argument = path.starts_with('-') ? "./" + path : path;  // no option of the next command
  return print(msg<"check.template-written">(path, core::shell_command({"meterproof", "check", "--target", argument})), terminal) ? Exit::ok : Exit::usage;
}

/// `told`: what a second signal is answered while the target is broken.
void take_target_file(const loader::TargetFile& file, std::chrono::milliseconds hook_timeout, const std::string& told, const net::TlsTrust& trust,
                      Setup& setup) {
  setup.check.fixtures = file.fixtures;
  for (const auto& row : file.rows) setup.check.rows.push_back({row.interface, row.values});
  setup.subject = {file.subject.vendor, file.subject.product, file.subject.version, file.subject.contact};
  for (const auto& one : file.unsupported) setup.check.unsupported.push_back({one.cases, one.reason});
  for (const auto& one : file.waivers) setup.check.waivers.push_back({one.cases, one.reason, *core::DateTime::parse_date(one.expires)});
  for (const std::string& variable : file.variables) setup.uses.push_back(msg<"check.target-reads">(variable));
  const auto shown = [](const loader::Hook& hook) { return hook.command.empty() ? hook.method + " " + hook.url : hook.command; };
  for (const auto& [fault, hooks] : file.fault_hooks) {
    setup.uses.push_back(msg<"check.target-runs">(fault, shown(hooks.first), shown(hooks.second)));
    setup.check.fault_hooks[fault] = fault_hook(
        hooks.first, hooks.second, hook_timeout, told, [cut_off = setup.cut_off] { return (*cut_off)(); }, trust);
    setup.hooks.insert(setup.hooks.end(), {hooks.first, hooks.second});
  }
}

/// Whether every pattern matches a case, and one is left to be run. The first mistakes are printed.
bool are_matched(const conformance::CheckOptions& check, const core::Spec& spec) {
  std::vector<std::string> ids;
  for (const auto& one : conformance::plan(spec, check.scope, check.fixtures, check.rows)) ids.push_back(one->info().id);
  std::size_t unmatched = 0;
  constexpr std::size_t most_told = 20;
  const auto look_at = [&](const std::string& where, const std::string& pattern) {
    if (std::any_of(ids.begin(), ids.end(), [&](const std::string& id) { return conformance::matches(pattern, id); })) return;
    if (++unmatched <= most_told) print_error(msg<"usage.no-case">(where + core::shell_quoted(pattern), conformance::suggestion_for(pattern, ids)));
  };
  for (const std::string& pattern : check.selection.only) look_at("--filter ", pattern);
  for (const std::string& pattern : check.selection.except) look_at("--exclude ", pattern);
  for (const auto& one : check.unsupported) look_at("unsupported: ", one.cases);
  for (const auto& one : check.waivers) look_at("waivers: ", one.cases);
  const bool any = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) { return conformance::selects(check.selection, id); });
  if (unmatched > most_told) print_error(msg<"file.more-problems">(unmatched - most_told));
  if (unmatched == 0 && !any) print_error(msg<"usage.nothing-selected">(reports::options_of(check.selection)));
  return unmatched == 0 && any;
}

/// The ids of the cases that failed in that record, as far as they are cases of this version. Nothing after the mistake was printed.
std::optional<std::vector<std::string>> read_failed(const std::string& path, const core::Spec& spec, const conformance::Scope& scope,
                                                    const std::map<std::string, std::string>& fixtures) {
  const auto record = read_record(path);
  if (!record) return std::nullopt;
  const auto* check = std::get_if<reports::CheckRecord>(&*record);
  std::set<std::string> ids;
  for (const auto& one : conformance::plan(spec, scope, fixtures)) ids.insert(one->info().id);
  std::vector<std::string> out;
  for (const reports::CaseRecord& one : check == nullptr ? std::vector<reports::CaseRecord>() : check->cases) {
    const bool failed = one.verdict == reports::Verdict::failed || one.verdict == reports::Verdict::broken;
    if (failed && ids.count(one.id) > 0) out.push_back(one.id);
  }
  if (!out.empty()) return out;
  print_error(check == nullptr ? msg<"usage.not-a-check">(path) : msg<"usage.nothing-failed">(path));
  return std::nullopt;
}

/// What a record tells of the user's mistakes: rows that were named wrongly, waivers that are to be removed, hooks that failed.
std::vector<i18n::Message> mistakes_in(const reports::CheckRecord& record) {
  constexpr std::array<std::string_view, 6> ids = {"check.named-row-unknown", "check.named-row-single", "check.named-row-alone",
                                                   "check.named-rows-apart",  "check.waiver-expired",   "check.waiver-not-needed"};
  std::vector<i18n::Message> out;
  std::copy_if(record.notes.begin(), record.notes.end(), std::back_inserter(out),
               [&](const i18n::Message& note) { return std::find(ids.begin(), ids.end(), note.id) != ids.end(); });
  for (const reports::CaseRecord& one : record.cases)
    if (one.verdict == reports::Verdict::broken && is_failed_hook(one.reason) && std::find(out.begin(), out.end(), one.reason) == out.end())
      out.push_back(one.reason);
  return out;
}

/// --budget; false after the mistake was printed. "" is none. A bare number was one of rows once.
bool read_budget(const std::string& text, conformance::CheckOptions& check) {
  if (text.empty()) return true;
  const bool has_unit = text.find_first_not_of("0123456789") != std::string::npos;
  const auto time = has_unit ? core::parse_duration(text) : std::nullopt;
  if (time && time->count() > 0) check.budget = *time;
  else print_error(has_unit ? msg<"usage.budget">(text) : msg<"usage.budget-of-rows">(text));
  return check.budget.has_value();
}

/// --replay-age; false after the mistake was printed. "" is none.
bool read_replay_age(const std::string& text, conformance::CheckOptions& check) {
  if (text.empty()) return true;
  const auto age = core::parse_duration(text);
  if (age) check.replay_age = *age;
  else print_error(msg<"usage.replay-age">(text));
  return age.has_value();
}

/// --min-reach: `95%`, `95`; false after the mistake was printed. "" is none.
bool read_min_reach(const std::string& text, conformance::CheckOptions& check) {
  if (text.empty()) return true;
  constexpr double all = 100;
  double percent = 0;
  const std::string_view digits = std::string_view(text).substr(0, text.size() - (text.ends_with('%') ? 1 : 0));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
  const bool is_good = error == std::errc() && end == digits.data() + digits.size() && percent > 0 && percent <= all;
  if (is_good) check.min_reach = percent;
  else print_error(msg<"usage.min-reach">(text));
  return is_good;
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
  take_target_file(file, *hook_timeout, "meterproof: " + terminal.err.text(msg<"check.repairing-first">()) + "\n", options.trust, setup);
  setup.check.role = either(options.role, file.role, "platform");
  setup.check.scope = {setup.check.role != "billing", setup.check.role != "platform"};
  setup.check.selection.only = conformance::with_names(spec, setup.check.scope, options.only);
  setup.check.selection.except = conformance::with_names(spec, setup.check.scope, options.except);
  setup.check.max_rows = options.max_rows;
  if (!read_budget(options.budget, setup.check) || !read_min_reach(options.min_reach, setup.check) || !read_replay_age(options.replay_age, setup.check))
    return std::nullopt;
  setup.check.random_steps = options.random_steps;
  setup.check.seed = options.seed;
  setup.check.per_second = options.per_second > 0 ? options.per_second : file.per_second.value_or(0);
  setup.workers = options.workers > 0 ? options.workers : file.workers.value_or(setup.workers);
  const auto known = read_known(options.fixtures, spec);
  if (!known) return std::nullopt;
  for (const auto& [name, key] : *known) setup.check.fixtures[name] = key;
  if (!options.failed_in.empty()) {
    auto failed = read_failed(options.failed_in, spec, setup.check.scope, setup.check.fixtures);
    if (!failed) return std::nullopt;
    setup.check.selection.failed = std::move(*failed);
    setup.check.selection.failed_in = std::filesystem::path(options.failed_in).filename().string();
  }
  if (options.list) return setup;

  const bool apps_of_file = options.apps.empty() && options.apps_file.empty() && !file.apps.empty();
  std::vector<std::string> pairs = options.apps;
  if (apps_of_file)
    for (const auto& [id, secret] : file.apps) pairs.push_back(id + ":" + secret);
  auto target =
      read_target("check", either(options.url, file.url, ""), options.trust, pairs, options.apps_file, apps_of_file ? options.target_file + ": apps" : "--app");
  if (!target) return std::nullopt;
  const auto effect_timeout = core::parse_duration(either(options.effect_timeout, file.effect_timeout, "10s"));
  const auto timeout = core::parse_duration(either(options.timeout, file.timeout, "30s"));
  if (!effect_timeout || !timeout || timeout->count() == 0) print_error(msg<"usage.check-times">());
  if (!effect_timeout || !timeout || timeout->count() == 0 || !read_max_time(options.max_time, setup.max_time)) return std::nullopt;
  setup.check.effect_timeout = *effect_timeout;
  setup.check.apps = std::move(target->apps);
  setup.check.target = target->address.to_string();
  if (apps_of_file)
    for (const std::string& variable : file.secrets) setup.uses.push_back(msg<"check.target-reads-secret">(variable, setup.check.target));
  setup.address = target->address;
  setup.timeout = *timeout;
  return setup;
}

/// Prints findings on stderr as they come; on a terminal not every one of a kind, since more of them than rows would only push the first ones out of sight.
class FindingTeller {
 public:
  explicit FindingTeller(const Terminal& terminal) : terminal_(terminal) {}

  void tell(const reports::CaseRecord& one) {
    const std::scoped_lock lock(mutex_);
    auto& [first, so_far] = counts_[reports::kind_of(one)];
    if (++so_far == 1) first = one.id;
    if (terminal_.err.width == 0 || so_far <= reports::most_told_alike) std::fprintf(stderr, "%s\n", finding_line(one, terminal_.err).c_str());
  }
  /// How many of each kind were not told.
  void end() const {
    if (terminal_.err.width == 0) return;
    for (const auto& [kind, alike] : counts_)
      if (alike.second > reports::most_told_alike) cli::tell(msg<"report.more-alike">(alike.second - reports::most_told_alike, alike.first), terminal_);
  }

 private:
  const Terminal& terminal_;
  std::mutex mutex_;                                                            // findings come from several threads
  std::map<reports::FindingKind, std::pair<std::string, std::size_t>> counts_;  // the first one's id, and how many
};

/// Prints what is sent and received on stderr, without the secrets that a target repeats.
class ExchangePrinter {
 public:
  ExchangePrinter(const std::vector<auth::App>& apps, const Terminal& terminal) : redactor_(apps), terminal_(terminal) {}

  void print(const net::HttpRequest& request, const net::Exchange& exchange) const {
    print(request.method + " " + request.path + " " + request.body, exchange);
  }
  /// The request line and the last body, without the headers.
  void print(const net::RawExchange& raw_exchange, const net::Exchange& exchange) const {
    std::string bytes;
    for (const net::RawExchange::Segment& segment : raw_exchange.segments) bytes += segment.bytes;
    const std::size_t body = bytes.rfind("\r\n\r\n");
    print(bytes.substr(0, bytes.find('\r')) + " " + (body == std::string::npos ? "" : bytes.substr(body + 4)), exchange);
  }

 private:
  void print(std::string sent, const net::Exchange& exchange) const {
    const bool replied = exchange.transport == net::TransportResult::replied;
    std::string received = replied ? exchange.body : terminal_.err.text(reports::to_message(exchange.transport));
    for (std::string* text : {&sent, &received}) {
      redactor_.redact(*text);
      *text = core::sanitize(*text);
    }
    std::fprintf(stderr, "%s\n    %d %s\n", sent.c_str(), exchange.status, received.c_str());
  }

  redact::Redactor redactor_;
  const Terminal& terminal_;
};

/// Every request and its reply are printed, however they are sent. The printer must outlive the environment.
void print_exchanges(conformance::Environment& environment, const ExchangePrinter& printer) {
  environment.send = [send = environment.send, &printer](const net::HttpRequest& request) {
    net::Exchange exchange = send(request);
    printer.print(request, exchange);
    return exchange;
  };
  environment.send_concurrently = [send = environment.send_concurrently, &printer](const std::vector<net::HttpRequest>& requests) {
    auto exchanges = send(requests);
    for (std::size_t i = 0; i < exchanges.size(); ++i) printer.print(requests[i], exchanges[i]);
    return exchanges;
  };
  environment.try_connections = [send = environment.try_connections, &printer](const net::ConnectionTrial& trial) {
    net::TrialResult result = send(trial);
    for (std::size_t i = 0; i < result.exchanges.size(); ++i) printer.print(trial.requests[i], result.exchanges[i]);
    return result;
  };
  environment.send_raw = [send = environment.send_raw, &printer](const net::RawExchange& raw_exchange) {
    auto exchanges = send(raw_exchange);
    for (const net::Exchange& exchange : exchanges) printer.print(raw_exchange, exchange);
    return exchanges;
  };
}

/// The cases that the run will try, without those that it tries where there are timestamps left over.
std::vector<std::string> cases_of(const conformance::CheckOptions& check, const core::Spec& spec) {
  std::vector<std::string> out;
  for (const auto& one : conformance::plan(spec, check.scope, check.fixtures, check.rows)) {
    const std::string& id = one->info().id;
    if (conformance::selects(check.selection, id) && !one->info().is_spare) out.push_back(id);
  }
  return out;
}

/// --baseline: what the run is held against. Nothing after the mistake was printed.
std::optional<reports::CheckRecord> read_baseline(const std::string& path, const conformance::CheckOptions& check, const core::Spec& spec) {
  auto record = read_record(path);
  if (!record) return std::nullopt;
  auto* const baseline = std::get_if<reports::CheckRecord>(&*record);
  if (baseline == nullptr) {
    print_error(msg<"usage.not-a-check">(path));
    return std::nullopt;
  }
  if (i18n::Message why = history::why_no_baseline(*baseline, check.role, cases_of(check, spec)); !why.empty()) {
    print_error(msg<"usage.baseline">(path, std::move(why)));
    return std::nullopt;
  }
  return std::move(*baseline);
}

/// What comes of a run that is held against a baseline: known failures do not count.
reports::BaselineVerdict gate_of(const history::RecordDifference& difference, const reports::CheckRecord& record) {
  reports::BaselineVerdict out;
  for (const reports::CaseRecord& one : record.cases)
    if (history::is_bad(one.verdict)) out.known.insert(one.id);
  for (const auto* const changes : {&difference.failed, &difference.others})
    for (const history::CaseChange& one : *changes) out.known.erase(one.id);
  out.told = msg<"check.baseline">(out.known.size(), difference.failed.size(), history::summary(difference));
  out.exit_code = difference.exit_code();
  return out;
}

/// What the program ends with then.
Exit gate(const reports::BaselineVerdict& baseline, const history::RecordDifference& difference, const Terminal& terminal) {
  print(baseline.told, terminal);
  for (const history::CaseChange& one : difference.failed) print("  " + one.id + "\n");
  for (const history::AnswerChange& one : difference.answers)
    print("  " + one.id + "  " + terminal.style.text(msg<"diff.change">(core::join(one.before), core::join(one.after))) + "\n");
  if (!difference.clauses_lost.empty()) print("  " + core::join(difference.clauses_lost) + "\n");
  return static_cast<Exit>(baseline.exit_code);
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
  const std::string spec_digest = spec_digest_of(find_spec_directory(spec_directory));
  if (!options.init_file.empty()) return write_template(options.init_file, *spec, terminal);
  const auto setup = read_setup(options, *spec, terminal);
  if (!setup) return Exit::usage;
  if (!are_matched(setup->check, *spec)) return Exit::usage;
  if (options.list) return list_cases(*spec, setup->check);
  for (const loader::Hook& hook : setup->hooks)
    if (const i18n::Message why = why_not_runnable(hook, options.trust); !why.empty()) {
      print_error(why);
      return Exit::usage;
    }
  if (const std::string app = options.transcript ? conformance::app_whose_secret_is_a_word(*spec, setup->check.apps) : ""; !app.empty()) {
    print_error(msg<"usage.secret-is-a-word">(app));
    return Exit::usage;
  }
  if (!can_write(options.files, {options.target_file, options.apps_file, options.failed_in, options.baseline}, {options.left_behind})) return Exit::usage;
  std::optional<reports::CheckRecord> baseline;
  if (!options.baseline.empty() && !(baseline = read_baseline(options.baseline, setup->check, *spec))) return Exit::usage;

  const Interruption interruption;
  const TimeLimit time_limit(setup->max_time);
  const std::size_t files = net::raise_file_limit();
  std::atomic<bool> out_of_files = false;
  const MemoryReserve reserve;
  const auto cut_off = [&] { return Interruption::came() || time_limit.is_over() || out_of_files || MemoryReserve::is_used(); };
  *setup->cut_off = cut_off;
  std::atomic<bool> tls_failed = false;
  const auto noted = [&](net::Exchange exchange) {
    if (exchange.transport == net::TransportResult::no_tls) tls_failed = true;
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
  // Of each part of the run a connection, and one more for a while; the rest of the process, and the reports.
  constexpr std::size_t files_of_a_worker = 2, other_files = 14;
  const std::size_t workers = std::clamp<std::size_t>((std::max(files, other_files) - other_files) / files_of_a_worker, 1, setup->workers);
  environment.workers = workers;
  if (workers < setup->workers && !terminal.quiet) tell(msg<"check.fewer-workers">(workers, setup->workers, files), terminal);
  std::optional<AnswerWait> first_answer;
  environment.send = [&](const net::HttpRequest& request) {
    net::Exchange exchange = clients.exchange(request);
    if (first_answer) first_answer->came();
    return noted(std::move(exchange));
  };
  environment.send_concurrently = [&](const std::vector<net::HttpRequest>& requests) { return all_noted(clients.exchange_concurrently(requests)); };
  environment.send_raw = [&](const net::RawExchange& raw_exchange) { return all_noted(clients.send_raw(raw_exchange)); };
  environment.try_connections = [&](const net::ConnectionTrial& trial) {
    net::TrialResult result = clients.try_connections(trial);
    result.exchanges = all_noted(std::move(result.exchanges));
    return result;
  };
  environment.limit_connections = [&](std::size_t most) { clients.limit_connections(most); };
  environment.now = [] { return std::chrono::system_clock::now(); };
  environment.steady = steady_now;
  environment.sleep = [&](std::chrono::milliseconds span) { sleep_unless(cut_off, span); };
  environment.cut_off = cut_off;
  for (const i18n::Message& use : setup->uses)
    if (!terminal.quiet) tell(use, terminal);
  FindingTeller findings(terminal);
  if (!terminal.quiet) {
    environment.progress = [&](const i18n::Message& line) { tell(line, terminal); };
    environment.found = [&](const reports::CaseRecord& one) { findings.tell(one); };
  }
  conformance::hide_tokens(*spec, setup->check.apps, environment);
  const ExchangePrinter printer(setup->check.apps, terminal);
  if (terminal.verbose) print_exchanges(environment, printer);
  std::vector<std::string> app_ids;
  for (const auth::App& app : setup->check.apps) app_ids.push_back(app.id);
  constexpr std::chrono::hours furthest(1);  // from now, that calibration tries a timestamp
  TargetState state(state_folder(options.state), setup->check.target, app_ids, furthest);
  if (!state.problem().empty() && !terminal.quiet) tell(state.problem(), terminal);
  if (state.is_on()) {
    environment.earlier = {state.earlier(), state.others_run()};
    environment.claim = [&](std::size_t app, std::int64_t from, std::int64_t to, std::size_t most) { return state.claim(app, from, to, most); };
    environment.forget_earlier = [&] { state.forget_earlier(); };
  }
  auto setting = setup->check;
  reports::TranscriptRecord transcript;
  if (options.transcript) conformance::record_to(*spec, setting, environment, transcript);
  constexpr std::chrono::seconds patience(3);
  const auto longest_reply = std::chrono::ceil<std::chrono::seconds>(setup->timeout).count();
  if (!terminal.quiet)
    first_answer.emplace(patience, [&] { tell(msg<"progress.waiting-for-first-answer">(setup->address.to_string(), longest_reply), terminal); });
  reports::CheckRecord record = conformance::check(*spec, setting, std::move(environment));
  clients.close_idle();  // the reports need descriptors, too
  findings.end();
  record.connections_opened = clients.opened();
  record.spec_digest = spec_digest;
  for (i18n::Message& note : reports::tls_notes(clients.tls_version(), setup->address.trust, tls_failed)) record.notes.push_back(std::move(note));
  if (setup->address.tls && !setup->address.trust.ca_file.empty()) record.notes.push_back(msg<"note.own-ca">());
  if (out_of_files) record.notes.push_back(msg<"check.no-files">(files));
  if (MemoryReserve::is_used()) record.notes.push_back(msg<"check.no-memory">());
  if (record.interrupted && !Interruption::came() && time_limit.is_over()) record.notes.push_back(msg<"check.max-time">(options.max_time));
  if (!setup->subject.empty()) record.subject = setup->subject;
  if (options.transcript) {
    record.transcript = std::move(transcript);
    attestation::seal(record);
  }
  Terminal shown = terminal;
  shown.style.commands = options.commands;
  shown.style.told = terminal.shows_both && !terminal.quiet;
  const std::vector<i18n::Message> mistakes = mistakes_in(record);
  const bool left_behind_written = options.left_behind.empty() || write_file(options.left_behind, to_csv(record.left_behind));
  std::optional<history::RecordDifference> difference;
  if (baseline) {
    difference = history::difference(*spec, record.spec_digest, *baseline, record);
    if (record.exit_code <= 1) shown.style.baseline = gate_of(*difference, record);
  }
  Exit exit = write_reports(std::move(record), options.files, shown);
  if (shown.style.baseline && (exit == Exit::ok || exit == Exit::failed)) exit = gate(*shown.style.baseline, *difference, terminal);
  for (const i18n::Message& mistake : mistakes) print_error(mistake);
  const bool is_users = !mistakes.empty() && (exit == Exit::ok || exit == Exit::inconclusive);
  return is_users || !left_behind_written ? Exit::usage : exit;
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
  const auto one_by_one = [](CLI::Option* option) { return option->allow_extra_args(false)->delimiter(','); };
  one_by_one(command->add_option("--filter", options->only, program.text<"help.check.filter">()))->type_name("INTERFACE|GLOB");
  one_by_one(command->add_option("--exclude", options->except, program.text<"help.check.exclude">()))->type_name("INTERFACE|GLOB");
  command->add_option("--failed-in", options->failed_in, program.text<"help.check.failed-in">())->type_name("RECORD");
  command->add_option("--baseline", options->baseline, program.text<"help.check.baseline">())->type_name("RECORD");
  command->add_flag("--list", options->list, program.text<"help.check.list">());
  command->add_option("--fixture", options->fixtures, program.text<"help.check.fixture">())->allow_extra_args(false)->type_name("TABLE=KEY");
  whole_number(command->add_option("--max-rows", options->max_rows, program.text<"help.check.max-rows">()), 1, 1'000'000);
  command->add_option("--budget", options->budget, program.text<"help.check.budget">())->type_name("TIME");
  command->add_option("--min-reach", options->min_reach, program.text<"help.check.min-reach">())->type_name("PERCENT");
  command->add_option("--left-behind", options->left_behind, program.text<"help.check.left-behind">())->type_name("FILE");
  command->add_option("--effect-timeout", options->effect_timeout, program.text<"help.check.effect-timeout">())->type_name("TIME");
  command->add_option("--timeout", options->timeout, program.text<"help.check.timeout">())->type_name("TIME");
  add_trust_options(program, *command, options->trust);
  command->add_option("--replay-age", options->replay_age, program.text<"help.check.replay-age">())->type_name("TIME");
  command->add_option("--max-time", options->max_time, program.text<"help.check.max-time">())->type_name("TIME");
  command->add_flag("--allow-hooks", options->allow_hooks, program.text<"help.check.allow-hooks">());
  command->add_option("--allow-env", options->allowed_variables, program.text<"help.check.allow-env">())->type_name("NAME|all");
  command->add_option("--state", options->state, program.text<"help.check.state">())->type_name("DIR|off");
  command->add_option("--random-steps", options->random_steps, program.text<"help.check.random-steps">())->type_name("N");
  command->add_option("--seed", options->seed, program.text<"help.check.seed">())->capture_default_str();
  positive_number(command->add_option("--rate", options->per_second, program.text<"help.check.rate">()));
  whole_number(command->add_option("--workers", options->workers, program.text<"help.check.workers">()), 1, 64);
  command->add_flag("--transcript", options->transcript, program.text<"help.check.transcript">());
  add_repeat_as(program, *command, options->commands);
  add_record_options(program, *command, options->files);
  command->callback([options, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [options, &directory, &terminal] { return run_check(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
