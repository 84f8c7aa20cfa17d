// SPDX-License-Identifier: Apache-2.0
// meterproof load, meterproof merge
#include "loadgen/run.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>

#include "cli/files.hpp"
#include "cli/interruption.hpp"
#include "cli/load_options.hpp"
#include "cli/target_state.hpp"
#include "core/i18n/message.hpp"
#include "loadgen/capacity_search.hpp"
#include "loadgen/comparison.hpp"
#include "loadgen/live_metrics.hpp"
#include "loadgen/shard_merge.hpp"
#include "net/signal_watcher.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

/// Nothing after the mistake was printed.
std::optional<reports::LoadRecord> read_load(const std::string& path) {
  auto record = read_record(path);
  if (record && std::holds_alternative<reports::LoadRecord>(*record)) return std::get<reports::LoadRecord>(std::move(*record));
  if (record) print_error(msg<"usage.load-expected">(path));
  return std::nullopt;
}

void clear_line(const loadgen::LoadOptions& options) {
  if (options.terminal) std::fprintf(stderr, "\r\x1b[K");
}

/// Judges the record by the thresholds, and by the base where there is one; prints it, and writes it where it is to go.
Exit set_verdict(reports::LoadRecord& record, const std::vector<loadgen::Threshold>& thresholds, const std::optional<reports::LoadRecord>& base, double margin,
                 const RecordFiles& files, const Terminal& terminal) {
  record.tool = "meterproof " METERPROOF_VERSION;
  for (const loadgen::Threshold& threshold : thresholds) record.thresholds.push_back(evaluate(threshold, record));
  // What a merge knows and its sums do not show: a shard that could not be judged, shards that did not run together.
  const int merged_code = record.exit_code;
  i18n::Message merged_verdict = record.verdict;
  loadgen::set_verdict(record);
  if (record.exit_code == 0 && merged_code > 1) {
    record.exit_code = merged_code;
    record.verdict = std::move(merged_verdict);
  }
  if (base) {
    record.differences = loadgen::compare(*base, record, margin);
    const bool worse = std::any_of(record.differences.begin(), record.differences.end(), [](const auto& one) { return one.verdict == "worse"; });
    if (worse && record.exit_code == 0) {
      record.exit_code = 1;
      record.verdict = msg<"load.worse-than-base">();
    }
  }
  return write_reports(std::move(record), files, terminal, base ? &*base : nullptr);
}

constexpr std::chrono::minutes longest_step(10);  // of a search

/// Keeps two loads, or a load and a check, from using the same seconds, now or one after the other.
class Memory {
 public:
  /// `length`: of the whole run. Both must outlive it.
  Memory(const std::string& folder, const core::Spec& spec, const loadgen::LoadOptions& options, std::chrono::seconds length, bool whole_window,
         loadgen::TimestampAllocator& timestamps, const Terminal& terminal)
      : timestamps_(timestamps),
        state_(options.timestamps.unique ? state_folder(folder) : "", options.address.to_string(), ids_of(timestamps), options.timestamps.tolerance) {
    if (!state_.problem().empty() && !terminal.quiet) tell(state_.problem(), terminal);
    if (!state_.is_on()) return;
    const std::int64_t now = core::local_time(std::chrono::system_clock::now(), spec.authentication.utc_offset).seconds;
    const std::int64_t reach = options.timestamps.tolerance.count(), late = std::min<std::int64_t>(reach, 60);
    // Shards know of each other, and share the seconds.
    if (options.timestamps.shard.count == 1) state_.claim_each(now - (whole_window ? reach : 0), now + length.count() + (whole_window ? reach : late) + 1);
    std::uint64_t used = 0;
    for (const core::SecondSet& one : state_.earlier()) used += one.count(now - reach, now + reach + 1);
    if (used > 0 && !terminal.quiet) tell(msg<"progress.used-earlier">(used), terminal);
    timestamps_.remember(state_.earlier(), !state_.others_run());
  }
  ~Memory() {
    if (timestamps_.has_forgotten()) state_.forget_earlier();
    if (state_.is_on()) state_.settle(timestamps_.used());
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

 private:
  static std::vector<std::string> ids_of(const loadgen::TimestampAllocator& timestamps) {
    std::vector<std::string> out;
    for (std::size_t app = 0; app < timestamps.all_apps(); ++app) out.push_back(timestamps.id_of(app));
    return out;
  }

  loadgen::TimestampAllocator& timestamps_;
  TargetState state_;
};

/// How many replies a step must measure; with Poisson arrivals more, so that chance leaves enough.
std::uint64_t samples_of_a_step(const std::vector<loadgen::Threshold>& thresholds, loadgen::ArrivalProcess arrival) {
  const auto needed = static_cast<double>(loadgen::needed_samples(thresholds));
  return static_cast<std::uint64_t>(arrival == loadgen::ArrivalProcess::poisson ? needed + 4 * std::sqrt(needed) : needed);
}

/// Whether the run can judge these thresholds, as far as that is known before it; otherwise the mistake was printed.
bool can_judge(const std::vector<loadgen::Threshold>& thresholds, const loadgen::LoadOptions& options, std::size_t repeat) {
  for (const loadgen::Threshold& threshold : thresholds) {
    if (loadgen::needs_reconciliation(threshold) && !options.reconcile) {
      print_error(msg<"usage.threshold-reconcile">(threshold.text));
      return false;
    }
    if (!options.open()) continue;
    const loadgen::ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
    const double measured = (schedule.count_until(schedule.end()) - schedule.count_until(options.warm_up)) * static_cast<double>(repeat) /
                            static_cast<double>(options.timestamps.shard.count);
    // Of Poisson arrivals there may be more, by chance.
    const double most = options.arrival == loadgen::ArrivalProcess::poisson ? measured + 4 * std::sqrt(measured) : measured + 1;
    if (is_enough(threshold, static_cast<std::uint64_t>(most))) continue;
    const std::uint64_t needed = loadgen::needed_samples({threshold});
    const double rate = measured / std::max(1e-9, std::chrono::duration<double>(schedule.end() - options.warm_up).count());
    print_error(msg<"usage.threshold-sample">(threshold.text, needed, std::llround(measured), std::llround(std::ceil(static_cast<double>(needed) / rate))));
    return false;
  }
  return true;
}

/// A search makes its own steps, as long as their samples must be; it does not reconcile.
bool can_judge_with_a_search(const std::vector<loadgen::Threshold>& thresholds) {
  const auto wrong = std::find_if(thresholds.begin(), thresholds.end(), loadgen::needs_reconciliation);
  if (wrong != thresholds.end()) print_error(msg<"usage.threshold-reconcile">(wrong->text));
  return wrong == thresholds.end();
}

Exit run_search(const RawLoadOptions& texts, const core::Spec& spec, loadgen::LoadOptions options, const std::vector<loadgen::Threshold>& thresholds,
                const TerminationTimer& max_time, const Terminal& terminal) {
  loadgen::SearchOptions how;
  loadgen::TimestampAllocator timestamps(spec.authentication, options.apps, options.timestamps);
  if (options.open()) how.first_rate = options.stages.front().from;
  if (options.timestamps.unique) timestamps.use_whole_window();  // the seconds before now are of use to the later steps
  const Memory memory(texts.state, spec, options, longest_step, true, timestamps, terminal);
  const std::uint64_t samples = samples_of_a_step(thresholds, options.arrival);
  const auto at_rate = [&](double rate) {
    options.stages = {{rate, rate, options.duration}};
    const auto not_tried = [&](i18n::Message why) {
      loadgen::LoadResult out;
      out.record = record_of(options);
      out.record.connections = options.connections;
      out.record.intended_rate = rate;
      out.record.exit_code = 4;
      out.record.verdict = std::move(why);
      return out;
    };
    // At a low rate a percentile needs a longer step.
    const std::chrono::duration<double> measuring(static_cast<double>(samples) / rate);
    const auto needed = std::chrono::ceil<std::chrono::seconds>(measuring) + options.warm_up;
    if (needed > longest_step) return not_tried(msg<"load.step-too-few-samples">(samples));
    options.stages.front().length = std::max<decltype(options.duration)>(options.duration, needed);
    const loadgen::ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
    if (i18n::Message why = check_feasible(schedule, options.apps.size(), options.timestamps); !why.empty()) return not_tried(std::move(why));
    const auto now = core::local_time(std::chrono::system_clock::now(), spec.authentication.utc_offset);
    if (i18n::Message why = timestamps.why_not(schedule, now); !why.empty()) return not_tried(std::move(why));
    auto this_step = options;
    this_step.duration = std::chrono::duration_cast<std::chrono::milliseconds>(schedule.end());
    loadgen::LoadResult step = run_load(spec, this_step, timestamps);
    options.start_at.reset();
    return step;
  };
  auto result = loadgen::search(how, thresholds, at_rate, [&](const reports::LoadRun& step) {
    clear_line(options);
    if (terminal.quiet) return;
    const auto milliseconds = [](double value) {
      char out[32] = "-";
      if (!std::isnan(value)) std::snprintf(out, sizeof out, "%.3f ms", value);
      return std::string(out);
    };
    char rate[32], errors[32];
    std::snprintf(rate, sizeof rate, "%10.1f", step.intended_rate);
    std::snprintf(errors, sizeof errors, "%.3f", step.errors * 100);
    tell(msg<"load.search-step">(rate, milliseconds(step.p50), milliseconds(step.p95), milliseconds(step.p99), errors, step.verdict), terminal, 0);
  });
  reports::LoadRecord& record = result.last.record;
  record.tool = "meterproof " METERPROOF_VERSION;
  record.runs = result.steps;
  for (const loadgen::Threshold& threshold : thresholds) record.thresholds.push_back(evaluate(threshold, record));
  // Otherwise its verdict says that nothing could be sent at all, or that the appIds are refused.
  if (record.exit_code != 3 && (record.ended.empty() || result.sustained > 0)) {
    record.exit_code = exit_code(result);
    record.verdict = to_message(result);
  }
  if (result.interrupted && max_time.is_over()) record.notes.push_back(msg<"check.max-time">(texts.max_time));
  return write_reports(std::move(record), texts.files, terminal);
}

std::optional<double> parse_margin(const std::string& text) {
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && (rest.empty() || rest == "%") && percent >= 0 && percent < 100) return percent / 100;
  print_error(msg<"usage.margin">(text));
  return std::nullopt;
}

/// --metrics; false after the mistake was printed. "" is none. The options point to it from here on.
bool serve_metrics(const std::string& text, std::optional<loadgen::LiveMetrics>& metrics, loadgen::LoadOptions& options, const Terminal& terminal) {
  if (text.empty()) return true;
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;  // any free one
  const char* const digits = text.data() + (colon == std::string::npos ? 0 : colon + 1);
  const auto [end, error] = std::from_chars(digits, text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || host.empty()) {
    print_error(msg<"usage.metrics">(text));
    return false;
  }
  metrics.emplace(host, port, options.address.to_string(), options.workload.name, METERPROOF_VERSION);
  options.metrics = &*metrics;
  const net::Address at{host, metrics->port(), "/metrics"};
  if (!terminal.quiet) tell(msg<"load.metrics">(at.to_string()), terminal);
  return true;
}

Exit run(const RawLoadOptions& texts, const std::string& spec_directory, const Terminal& terminal) {
  net::block_termination_signals();  // SIGINT ends the run early and the report is still written
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  auto options = read_load_options(texts, *spec, spec_directory, terminal);
  const auto thresholds = read_thresholds("--threshold", texts.thresholds);
  const auto margin = parse_margin(texts.margin);
  std::optional<std::chrono::milliseconds> limit;
  if (!read_max_time(texts.max_time, limit)) return Exit::usage;
  if (!options || !thresholds || !margin ||
      !can_write(texts.files, {texts.apps_file, is_workload_file(texts.workload) ? texts.workload : "", texts.compare}, {texts.hdr}))
    return Exit::usage;
  std::optional<reports::LoadRecord> base;
  if (!texts.compare.empty()) {
    base = read_load(texts.compare);
    if (!base) return Exit::usage;
    std::vector<i18n::Message> stages;
    for (const loadgen::LoadStage& stage : options->stages) stages.push_back(to_message(stage));
    if (base->workload != options->workload.name || base->stages != stages) {
      print_error(msg<"usage.compare-other">(texts.compare));
      return Exit::usage;
    }
  }
  if (terminal.quiet) options->progress = nullptr;
  std::optional<loadgen::LiveMetrics> metrics;
  if (!serve_metrics(texts.metrics, metrics, *options, terminal)) return Exit::usage;
  const TerminationTimer max_time(limit);
  if (!texts.find_capacity.empty()) {
    if (!texts.thresholds.empty() || !texts.stages.empty() || base || !texts.hdr.empty() || texts.repeat > 1 || texts.reconcile) {
      print_error(msg<"usage.find-alone">());
      return Exit::usage;
    }
    const auto wanted = read_thresholds("--find-capacity", {texts.find_capacity});
    return wanted && can_judge_with_a_search(*wanted) ? run_search(texts, *spec, std::move(*options), *wanted, max_time, terminal) : Exit::usage;
  }
  if (!can_judge(*thresholds, *options, texts.repeat)) return Exit::usage;
  OutputFile log;
  if (!texts.hdr.empty() && !log.open(texts.hdr)) return Exit::usage;
  std::vector<loadgen::LoadResult> results;
  loadgen::TimestampAllocator timestamps(spec->authentication, options->apps, options->timestamps);
  const auto length = std::chrono::ceil<std::chrono::seconds>(options->duration * static_cast<int>(texts.repeat));
  const loadgen::ArrivalSchedule planned(options->stages, options->arrival, {}, options->seed);
  const bool whole_window = !options->open() || !fits_without_window(planned, options->apps.size(), options->timestamps.shard);
  const Memory memory(texts.state, *spec, *options, length, whole_window, timestamps, terminal);
  for (std::size_t i = 0; i < texts.repeat; ++i) {
    results.push_back(run_load(*spec, *options, timestamps, texts.hdr.empty() ? nullptr : &log.stream()));
    if (const reports::LoadRecord& last = results.back().record; last.exit_code == 3 || last.interrupted || !last.ended.empty()) break;
    options->start_at.reset();
  }
  clear_line(*options);
  loadgen::LoadResult result = results.size() > 1 ? loadgen::combine(std::move(results)) : std::move(results.front());
  if (result.record.interrupted && max_time.is_over()) result.record.notes.push_back(msg<"check.max-time">(texts.max_time));
  const bool logged = texts.hdr.empty() || log.commit();
  if (!logged) print_error(msg<"usage.hdr">(texts.hdr));
  const Exit exit = set_verdict(result.record, *thresholds, base, *margin, texts.files, terminal);
  return logged ? exit : Exit::usage;
}

Exit run_merge(const std::vector<std::string>& files, const std::vector<std::string>& texts, const RecordFiles& out, const Terminal& terminal) {
  const auto thresholds = read_thresholds("--threshold", texts);
  if (!thresholds || !can_write(out, files)) return Exit::usage;
  std::vector<reports::LoadRecord> shards;
  for (const std::string& file : files) {
    auto record = read_load(file);
    if (!record) return Exit::usage;
    if (i18n::Message why = loadgen::why_no_shard(*record); !why.empty()) {
      print_error(msg<"usage.merge-file">(file, std::move(why)));
      return Exit::usage;
    }
    shards.push_back(std::move(*record));
  }
  i18n::Message why;
  auto record = loadgen::merge_shards(shards, why);
  if (!record) {
    print_error(msg<"usage.merge">(why));
    return Exit::usage;
  }
  return set_verdict(*record, *thresholds, std::nullopt, 0, out, terminal);
}

}  // namespace

void add_load(const Program& program) {
  auto texts = std::make_shared<RawLoadOptions>();
  CLI::App* command = program.app.add_subcommand("load", program.text<"help.load">());
  command->add_option("url", texts->url, program.text<"help.load.url">())->type_name("URL");
  command->add_option("--apps", texts->apps_file, program.text<"help.load.apps">())->type_name("FILE");
  command->add_option("--app", texts->apps, program.text<"help.load.app">())->type_name("ID:SECRET");
  command->add_option("--timestamps", texts->timestamps, program.text<"help.load.timestamps">())
      ->check(CLI::IsMember({"unique", "shared"}))
      ->capture_default_str();
  command->add_option("--tolerance", texts->tolerance, program.text<"help.load.tolerance">())->type_name("TIME");
  command->add_option("--workload", texts->workload, program.text<"help.load.workload">())->type_name("NAME|FILE")->capture_default_str();
  command->add_option("--interface", texts->interface, program.text<"help.load.interface">())->type_name("NAME");
  command->add_option("--rate", texts->rate, program.text<"help.load.rate">())->type_name("N|max")->capture_default_str();
  command->add_option("--duration", texts->duration, program.text<"help.load.duration">())->type_name("TIME")->capture_default_str();
  command->add_option("--stages", texts->stages, program.text<"help.load.stages">())->type_name("LIST");
  command->add_option("--arrival", texts->arrival, program.text<"help.load.arrival">())->check(CLI::IsMember({"even", "poisson"}))->capture_default_str();
  command->add_option("--warm-up", texts->warm_up, program.text<"help.load.warm-up">())->type_name("TIME")->capture_default_str();
  whole_number(command->add_option("--connections", texts->connections, program.text<"help.load.connections">())->capture_default_str(), 1, 60'000);
  command->add_option("--timeout", texts->timeout, program.text<"help.load.timeout">())->type_name("TIME")->capture_default_str();
  command->add_option("--max-time", texts->max_time, program.text<"help.load.max-time">())->type_name("TIME");
  command->add_option("--max-generator-lag", texts->max_generator_lag, program.text<"help.load.max-generator-lag">())->type_name("TIME")->capture_default_str();
  whole_number(command->add_option("--meters", texts->meters, program.text<"help.load.meters">())->capture_default_str(), 1, 100'000'000);
  command->add_option("--first-meter", texts->first_meter, program.text<"help.load.first-meter">())->capture_default_str();
  command->add_option("--seed", texts->seed, program.text<"help.load.seed">())->capture_default_str();
  command->add_option("--state", texts->state, program.text<"help.check.state">())->type_name("DIR|off");
  command->add_flag("--reconcile", texts->reconcile, program.text<"help.load.reconcile">());
  command->add_option("--threshold", texts->thresholds, program.text<"help.load.threshold">())->type_name("THRESHOLD");
  command->add_option("--find-capacity", texts->find_capacity, program.text<"help.load.find-capacity">())->type_name("THRESHOLDS");
  whole_number(command->add_option("--repeat", texts->repeat, program.text<"help.load.repeat">())->capture_default_str(), 1, 100);
  command->add_option("--compare", texts->compare, program.text<"help.load.compare">())->type_name("FILE");
  command->add_option("--margin", texts->margin, program.text<"help.load.margin">())->type_name("N%")->capture_default_str();
  command->add_option("--shard", texts->shard, program.text<"help.load.shard">())->type_name("I/N");
  command->add_option("--start-at", texts->start_at, program.text<"help.load.start-at">())->type_name("TIME");
  add_trust_options(program, *command, texts->trust);
  command->add_option("--metrics", texts->metrics, program.text<"help.load.metrics">())->type_name("[HOST:]PORT");
  add_record_options(program, *command, texts->files);
  command->add_option("--hdr", texts->hdr, program.text<"help.load.hdr">())->type_name("FILE");
  command->callback([texts, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [texts, &directory, &terminal] { return run(*texts, directory, terminal); };
  });

  struct MergeTexts {
    std::vector<std::string> files, thresholds;
    RecordFiles out;
  };
  auto merge = std::make_shared<MergeTexts>();
  CLI::App* merging = program.app.add_subcommand("merge", program.text<"help.merge">());
  merging->add_option("files", merge->files, program.text<"help.merge.files">())->type_name("FILE...")->required();
  merging->add_option("--threshold", merge->thresholds, program.text<"help.merge.threshold">())->type_name("THRESHOLD");
  add_record_options(program, *merging, merge->out);
  merging->callback([merge, &program_run = program.run, &terminal = program.terminal] {
    program_run = [merge, &terminal] { return run_merge(merge->files, merge->thresholds, merge->out, terminal); };
  });
}

}  // namespace meterproof::cli
