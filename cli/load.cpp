// SPDX-License-Identifier: Apache-2.0
// meterproof load, meterproof merge
#include "loadgen/run.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>

#include "cli/files.hpp"
#include "cli/interruption.hpp"
#include "cli/load_options.hpp"
#include "cli/target_state.hpp"
#include "core/i18n/message.hpp"
#include "loadgen/against.hpp"
#include "loadgen/capacity_search.hpp"
#include "loadgen/comparison.hpp"
#include "loadgen/live_metrics.hpp"
#include "loadgen/load_class.hpp"
#include "loadgen/shard_merge.hpp"
#include "loadgen/target_watch.hpp"
#include "net/process_use.hpp"
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

/// Judges the record by the thresholds and by what differs from a base; prints it, and writes it where it is to go. `base`: its record, for the charts, or
/// null.
Exit set_verdict(reports::LoadRecord& record, const std::vector<loadgen::Threshold>& thresholds, std::vector<reports::DifferenceRecord> differences,
                 const RecordFiles& files, const Terminal& terminal, const reports::LoadRecord* base) {
  record.tool = "meterproof " METERPROOF_VERSION;
  for (const loadgen::Threshold& threshold : thresholds) record.thresholds.push_back(evaluate(threshold, record));
  // What a merge knows and its sums do not show: a shard that could not be judged, shards that did not run together.
  const int merged_code = record.exit_code;
  i18n::Message merged_verdict = record.verdict;
  record.differences = std::move(differences);
  loadgen::set_verdict(record);
  if (record.exit_code == 0 && merged_code > 1) {
    record.exit_code = merged_code;
    record.verdict = std::move(merged_verdict);
  }
  const bool worse = std::any_of(record.differences.begin(), record.differences.end(), [](const auto& one) { return one.verdict == "worse"; });
  if (worse && record.exit_code == 0) {
    record.exit_code = 1;
    record.verdict = msg<"load.worse-than-base">();
  }
  return write_reports(std::move(record), files, terminal, base);
}

constexpr std::chrono::minutes longest_step(10);  // of a search

using loadgen::LoadTimestamps;

/// Keeps two loads, or a load and a check, from using the same seconds, now or one after the other.
class Memory {
 public:
  /// `length`: of the whole run. Options and timestamps must outlive it.
  Memory(const std::string& folder, const core::Spec& spec, const loadgen::LoadOptions& options, std::chrono::seconds length, bool whole_window,
         LoadTimestamps& timestamps, const Terminal& terminal)
      : timestamps_(timestamps),
        state_(options.timestamps.unique ? state_folder(folder) : "", options.address.to_string(), ids_of(timestamps.whole()), options.timestamps.tolerance) {
    if (!state_.problem().empty() && !terminal.quiet) tell(state_.problem(), terminal);
    if (!state_.is_on()) return;
    const std::int64_t now = core::local_time(std::chrono::system_clock::now(), spec.authentication.utc_offset).seconds;
    const std::int64_t reach = options.timestamps.tolerance.count(), late = std::min<std::int64_t>(reach, 60);
    // Shards know of each other, and share the seconds.
    if (options.timestamps.shard.count == 1) state_.claim_each(now - (whole_window ? reach : 0), now + length.count() + (whole_window ? reach : late) + 1);
    std::uint64_t used = 0;
    for (const core::SecondSet& one : state_.earlier()) used += one.count(now - reach, now + reach + 1);
    if (used > 0 && !terminal.quiet) tell(msg<"progress.used-earlier">(used), terminal);
    timestamps_.whole().remember(state_.earlier(), !state_.others_run());
  }
  ~Memory() {
    if (timestamps_.whole().has_forgotten()) state_.forget_earlier();
    if (!state_.is_on()) return;
    std::vector<core::SecondSet> used = timestamps_.whole().used();
    std::map<std::string, std::size_t> places;
    for (std::size_t app = 0; app < used.size(); ++app) places.emplace(timestamps_.whole().id_of(app), app);
    for (const loadgen::TimestampAllocator* part : timestamps_.all()) {  // threads may share an appId
      const std::vector<core::SecondSet> own = part->used();
      for (std::size_t app = 0; app < own.size(); ++app) used[places.at(part->id_of(app))].add(own[app]);
    }
    state_.settle(used);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

 private:
  static std::vector<std::string> ids_of(const loadgen::TimestampAllocator& timestamps) {
    std::vector<std::string> out;
    for (std::size_t app = 0; app < timestamps.all_apps(); ++app) out.push_back(timestamps.id_of(app));
    return out;
  }

  LoadTimestamps& timestamps_;
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

/// Empty, or why the schedule cannot be signed now: what ran before has used seconds.
i18n::Message why_not(const core::Spec& spec, const loadgen::LoadOptions& options, const loadgen::ArrivalSchedule& schedule, const LoadTimestamps& timestamps) {
  if (i18n::Message why = check_feasible(schedule, options.apps.size(), loadgen::on_threads(options.timestamps, timestamps.threads())); !why.empty())
    return why;
  const auto now = core::local_time(std::chrono::system_clock::now(), spec.authentication.utc_offset);
  for (const loadgen::TimestampAllocator* part : timestamps.all())
    if (i18n::Message why = part->why_not(schedule, now); !why.empty()) return why;
  return {};
}

/// Looks for the highest rates that meet the goals, and tells each step. `options` are those of its whole steps; the start that was agreed on is the first's.
loadgen::SearchResult search_rate(const core::Spec& spec, loadgen::LoadOptions& options, LoadTimestamps& timestamps,
                                  const std::vector<loadgen::SearchGoal>& goals, const Terminal& terminal) {
  constexpr int brief_share = 5;  // of a whole step
  constexpr std::chrono::seconds shortest(1);
  const auto whole = options.duration;
  const auto brief = options.warm_up + std::min(whole - std::min(whole, options.warm_up), std::max<decltype(whole)>(whole / brief_share, shortest));
  loadgen::SearchOptions how;
  if (options.open()) how.first_rate = options.stages.front().from;
  how.highest_rate = std::max(how.highest_rate, how.first_rate);
  if (options.timestamps.unique)  // the seconds before now are of use to the later steps
    timestamps.whole().use_whole_window();
  std::uint64_t samples = 0;
  for (const loadgen::SearchGoal& one : goals) samples = std::max(samples, samples_of_a_step(one.thresholds, options.arrival));
  const auto at_rate = [&](double rate, loadgen::StepLength length) {
    options.stages = {{rate, rate, whole}};
    const auto not_tried = [&](i18n::Message why) {
      loadgen::LoadResult out;
      out.record = record_of(options);
      out.record.connections = options.connections;
      out.record.intended_rate = rate;
      out.record.exit_code = 4;
      out.record.verdict = std::move(why);
      return loadgen::Step{std::move(out), length};
    };
    // At a low rate a percentile needs a longer step.
    const std::chrono::duration<double> measuring(static_cast<double>(samples) / rate);
    const auto needed = std::chrono::ceil<std::chrono::seconds>(measuring) + options.warm_up;
    if (needed > longest_step) return not_tried(msg<"load.step-too-few-samples">(samples));
    options.stages.front().length = std::max<decltype(options.duration)>(length == loadgen::StepLength::brief ? brief : whole, needed);
    const bool is_whole = options.stages.front().length >= whole;
    const loadgen::ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
    if (i18n::Message why = why_not(spec, options, schedule, timestamps); !why.empty()) return not_tried(std::move(why));
    auto this_step = options;
    this_step.duration = std::chrono::duration_cast<std::chrono::milliseconds>(schedule.end());
    loadgen::LoadResult step = run_load(spec, this_step, timestamps);
    options.start_at.reset();
    return loadgen::Step{std::move(step), is_whole ? loadgen::StepLength::whole : loadgen::StepLength::brief};
  };
  return loadgen::search(how, goals, at_rate, [&](const reports::LoadRun& step) {
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
}

/// The record of a search, with its steps and what it comes to.
reports::LoadRecord record_of_search(loadgen::SearchResult result, const std::vector<loadgen::SearchGoal>& goals) {
  reports::LoadRecord record = std::move(result.last.record);
  record.tool = "meterproof " METERPROOF_VERSION;
  record.runs = result.steps;
  for (const loadgen::Threshold& threshold : goals.front().thresholds) record.thresholds.push_back(evaluate(threshold, record));
  for (std::size_t i = 0; i < goals.size(); ++i) {
    const loadgen::GoalAnswer& one = result.goals[i];
    record.goals.push_back({goals[i].text, one.sustained, one.failed_at, one.confirmed, one.tried, to_message(result, one)});
  }
  // Otherwise its verdict says that nothing could be sent at all, or that the appIds are refused.
  const bool any = std::any_of(result.goals.begin(), result.goals.end(), [](const loadgen::GoalAnswer& one) { return one.sustained > 0; });
  if (record.exit_code != 3 && (record.ended.empty() || any)) {
    record.exit_code = exit_code(result);
    record.verdict = to_message(result, goals);
  }
  return record;
}

/// The goals of --find-capacity; nothing after the mistake was printed.
std::optional<std::vector<loadgen::SearchGoal>> read_goals(const std::vector<std::string>& texts) {
  std::vector<loadgen::SearchGoal> out;
  for (const std::string& text : texts) {
    auto thresholds = read_thresholds("--find-capacity", {text});
    if (!thresholds || !can_judge_with_a_search(*thresholds)) return std::nullopt;
    std::string name;
    for (const loadgen::Threshold& one : *thresholds) name += (name.empty() ? "" : ",") + one.text;
    out.push_back({std::move(name), std::move(*thresholds)});
  }
  return out;
}

Exit run_search(const RawLoadOptions& texts, const core::Spec& spec, loadgen::LoadOptions options, std::size_t threads,
                const std::vector<loadgen::SearchGoal>& goals, const TerminationTimer& max_time, const Terminal& terminal) {
  LoadTimestamps timestamps(spec.authentication, options, threads);
  const Memory memory(texts.state, spec, options, longest_step, true, timestamps, terminal);
  loadgen::SearchResult result = search_rate(spec, options, timestamps, goals, terminal);
  const bool interrupted = result.interrupted;
  reports::LoadRecord record = record_of_search(std::move(result), goals);
  if (interrupted && max_time.is_over()) record.notes.push_back(msg<"check.max-time">(texts.max_time));
  return write_reports(std::move(record), texts.files, terminal);
}

/// --class: searches the rate, and runs it once more with reconciliation; what that run shows is the record.
Exit run_class(const RawLoadOptions& texts, const core::Spec& spec, loadgen::LoadOptions options, std::size_t threads,
               const std::vector<loadgen::Threshold>& thresholds, const TerminationTimer& max_time, const Terminal& terminal) {
  const auto window = loadgen::window_of_class(texts.load_class);
  if (!window) {
    print_error(msg<"usage.class">(texts.load_class));
    return Exit::usage;
  }
  if (std::none_of(thresholds.begin(), thresholds.end(), [](const auto& one) { return loadgen::is_about_p99(one.text); })) {
    print_error(msg<"usage.class-threshold">());
    return Exit::usage;
  }
  if (options.workload.reconcile.empty()) {
    print_error(msg<"usage.not-reconcilable">(options.workload.name));
    return Exit::usage;
  }
  // What only a reconciliation can judge, the search leaves to the run after it.
  std::vector<loadgen::SearchGoal> of_search(1);
  for (const loadgen::Threshold& one : thresholds)
    if (!loadgen::needs_reconciliation(one)) {
      of_search[0].text += (of_search[0].text.empty() ? "" : ",") + one.text;
      of_search[0].thresholds.push_back(one);
    }
  const auto length = options.duration;
  LoadTimestamps timestamps(spec.authentication, options, threads);
  const Memory memory(texts.state, spec, options, longest_step, true, timestamps, terminal);
  loadgen::SearchResult found = search_rate(spec, options, timestamps, of_search, terminal);
  const double rate = found.goals.front().sustained;
  if (rate == 0 || found.interrupted || found.unreachable) {
    reports::LoadRecord record = record_of_search(std::move(found), of_search);
    if (record.interrupted && max_time.is_over()) record.notes.push_back(msg<"check.max-time">(texts.max_time));
    return write_reports(std::move(record), texts.files, terminal);
  }
  const loadgen::RunAtRate run = [&](double at) -> std::optional<loadgen::LoadResult> {
    // Long enough for its percentiles, as a step of the search is.
    const std::chrono::duration<double> measuring(static_cast<double>(samples_of_a_step(thresholds, options.arrival)) / at);
    options.duration = std::max<decltype(options.duration)>(length, std::chrono::ceil<std::chrono::seconds>(measuring) + options.warm_up);
    options.stages = {{at, at, options.duration}};
    options.reconcile = true;
    const loadgen::ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
    if (const i18n::Message why = why_not(spec, options, schedule, timestamps); !why.empty()) {
      print_error(why);
      return std::nullopt;
    }
    loadgen::LoadResult result = run_load(spec, options, timestamps);
    clear_line(options);
    return result;
  };
  std::optional<loadgen::LoadResult> confirmed = loadgen::run_of_class(rate, thresholds, run, [&](double at, const reports::LoadRecord& tried) {
    if (terminal.quiet) return;
    const std::string tried_rate = reports::number(at, "%.1f");
    tell(tried.exit_code == 1 ? msg<"load.class-lower">(tried_rate, tried.verdict) : msg<"load.class-again">(tried_rate, tried.verdict), terminal, 0);
  });
  if (!confirmed) return Exit::inconclusive;
  reports::LoadRecord& record = confirmed->record;
  record.tool = "meterproof " METERPROOF_VERSION;
  const double seconds = std::chrono::duration<double>(*window).count();
  if (record.exit_code == 0) {
    record.load_class = reports::LoadClassRecord{texts.load_class, seconds, static_cast<std::uint64_t>(std::floor(record.rate * seconds))};
    record.notes.push_back(
        msg<"load.note-class">(record.load_class->meters, texts.load_class, reports::number(record.rate, "%.1f"), reports::number(record.measured_s, "%.0f")));
  }
  if (record.interrupted && max_time.is_over()) record.notes.push_back(msg<"check.max-time">(texts.max_time));
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

/// --against: two targets in turn.
Exit run_comparison(const RawLoadOptions& texts, const core::Spec& spec, const loadgen::LoadOptions& given, std::size_t threads,
                    const std::vector<loadgen::Threshold>& thresholds, double margin, const TerminationTimer& max_time, const Terminal& terminal) {
  const bool has_others = !texts.stages.empty() || !texts.compare.empty() || !texts.hdr.empty() || texts.repeat > 1 || texts.reconcile ||
                          !texts.start_at.empty() || !texts.find_capacity.empty() || !texts.load_class.empty() || !texts.metrics.empty() ||
                          !texts.target_pid.empty() || !texts.target_metrics.empty() || texts.warm_up != RawLoadOptions().warm_up ||
                          given.timestamps.shard.count > 1;
  const i18n::Message why = has_others                                      ? msg<"usage.against-alone">()
                            : given.duration < loadgen::shortest_comparison ? msg<"usage.against-length">()
                                                                            : i18n::Message();
  if (!why.empty()) {
    print_error(why);
    return Exit::usage;
  }
  const auto base = read_target("load", texts.against, texts.trust, texts.apps, texts.apps_file);
  if (!base) return Exit::usage;
  const loadgen::AgainstPlan plan = loadgen::plan_against(given.duration);
  loadgen::LoadOptions of_current = given;
  of_current.progress = nullptr;
  of_current.duration = plan.block;
  of_current.warm_up = plan.block / 8;  // the block before warmed the target, and the one after next comes soon
  for (loadgen::LoadStage& stage : of_current.stages) stage.length = plan.block;
  loadgen::LoadOptions of_base = of_current;
  of_base.address = base->address;
  LoadTimestamps to_current(spec.authentication, of_current, threads), to_base(spec.authentication, of_base, threads);
  const bool is_one = of_base.address.to_string() == of_current.address.to_string();  // it takes each timestamp once, whichever of both it is called
  const auto length = std::chrono::ceil<std::chrono::seconds>(given.duration);
  const Memory memory(texts.state, spec, of_current, length, true, to_current, terminal);
  std::optional<Memory> memory_of_base;
  if (!is_one) memory_of_base.emplace(texts.state, spec, of_base, length, true, to_base, terminal);
  const auto block = [&spec](loadgen::LoadOptions& options, LoadTimestamps& timestamps) {
    return [&](std::uint64_t seed) {
      options.seed = seed;
      return run_load(spec, options, timestamps);
    };
  };
  const auto on_quad = [&](std::size_t number, std::size_t all, const loadgen::BlockQuad& quad) {
    if (terminal.quiet) return;
    const auto shown = [](double value) { return reports::number(value); };
    tell(msg<"load.against-quad">(number, all, shown(quad.base.p50_ms), shown(quad.current.p50_ms), shown(quad.base.p99_ms), shown(quad.current.p99_ms)),
         terminal, 0);
  };
  const auto on_visible = [&](const i18n::Message& visible) {
    if (!terminal.quiet) tell(visible, terminal, 0);
  };
  loadgen::LoadResult result = loadgen::run_against(plan, block(of_base, is_one ? to_current : to_base), block(of_current, to_current),
                                                    base->address.to_string(), margin, given.seed, {on_visible, on_quad});
  reports::LoadRecord& record = result.record;
  if (record.interrupted && max_time.is_over()) record.notes.push_back(msg<"check.max-time">(texts.max_time));
  const auto differences = std::move(record.differences);
  return set_verdict(record, thresholds, differences, texts.files, terminal, nullptr);
}

/// --target-pid, --target-metrics: what the target itself is watched by, or null where neither is given. Nothing after the mistake was printed.
std::optional<std::unique_ptr<loadgen::TargetWatch>> read_watch(const RawLoadOptions& texts) {
  if (!texts.target_pid.empty()) {
    int pid = 0;
    const char* const last = texts.target_pid.data() + texts.target_pid.size();
    const auto [end, error] = std::from_chars(texts.target_pid.data(), last, pid);
    if (error == std::errc() && end == last && pid > 0 && net::use_of_process(pid)) return loadgen::TargetWatch::of_process(pid);
    print_error(msg<"usage.target-pid">(texts.target_pid));
    return std::nullopt;
  }
  if (texts.target_metrics.empty()) return std::unique_ptr<loadgen::TargetWatch>();
  i18n::Message why;
  auto address = net::parse_address(texts.target_metrics, why);
  if (!address) {
    print_error(msg<"usage.option">("--target-metrics", why));
    return std::nullopt;
  }
  if (!take_trust(*address, texts.trust)) return std::nullopt;
  auto watch = loadgen::TargetWatch::of_page(*address);
  if (watch->look()) return watch;
  print_error(msg<"usage.target-metrics">(texts.target_metrics));
  return std::nullopt;
}

Exit run(const RawLoadOptions& given, const std::string& spec_directory, const Terminal& terminal) {
  RawLoadOptions texts = given;
  if (texts.duration.empty()) texts.duration = texts.against.empty() ? "30s" : "10m";
  if (texts.margin.empty()) texts.margin = texts.against.empty() ? "5%" : "1%";
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
  loadgen::LoadOptions asked = *options;
  if (!texts.find_capacity.empty() || !texts.load_class.empty()) asked.stages.clear();  // the first rate of a search is not the last
  const auto threads = read_threads(texts.threads, asked);
  if (!threads) return Exit::usage;
  if (terminal.quiet) options->progress = nullptr;
  std::optional<loadgen::LiveMetrics> metrics;
  if (!serve_metrics(texts.metrics, metrics, *options, terminal)) return Exit::usage;
  const TerminationTimer max_time(limit);
  if (!texts.against.empty())
    return can_judge(*thresholds, *options, 1) ? run_comparison(texts, *spec, *options, *threads, *thresholds, *margin, max_time, terminal) : Exit::usage;
  if (!texts.load_class.empty()) {
    if (!texts.stages.empty() || base || !texts.hdr.empty() || texts.repeat > 1 || texts.reconcile || !texts.find_capacity.empty() ||
        !texts.target_pid.empty() || !texts.target_metrics.empty() || options->timestamps.shard.count > 1) {
      print_error(msg<"usage.class-alone">());
      return Exit::usage;
    }
    return run_class(texts, *spec, std::move(*options), *threads, *thresholds, max_time, terminal);
  }
  if (!texts.find_capacity.empty()) {
    if (!texts.thresholds.empty() || !texts.stages.empty() || base || !texts.hdr.empty() || texts.repeat > 1 || texts.reconcile || !texts.target_pid.empty() ||
        !texts.target_metrics.empty()) {
      print_error(msg<"usage.find-alone">());
      return Exit::usage;
    }
    const auto goals = read_goals(texts.find_capacity);
    return goals ? run_search(texts, *spec, std::move(*options), *threads, *goals, max_time, terminal) : Exit::usage;
  }
  if (!can_judge(*thresholds, *options, texts.repeat)) return Exit::usage;
  const loadgen::ArrivalSchedule planned(options->stages, options->arrival, {}, options->seed);
  if (const i18n::Message why = check_feasible(planned, options->apps.size(), loadgen::on_threads(options->timestamps, *threads)); !why.empty()) {
    print_error(why);
    return Exit::usage;
  }
  const auto watch = read_watch(texts);
  if (!watch) return Exit::usage;
  OutputFile log;
  if (!texts.hdr.empty() && !log.open(texts.hdr)) return Exit::usage;
  std::vector<loadgen::LoadResult> results;
  LoadTimestamps timestamps(spec->authentication, *options, *threads);
  const auto length = std::chrono::ceil<std::chrono::seconds>(options->duration * static_cast<int>(texts.repeat));
  const bool whole_window = !options->open() || !fits_without_window(planned, options->apps.size(), loadgen::on_threads(options->timestamps, *threads));
  const Memory memory(texts.state, *spec, *options, length, whole_window, timestamps, terminal);
  for (std::size_t i = 0; i < texts.repeat; ++i) {
    std::optional<loadgen::TargetSampler> sampler;
    if (*watch) sampler.emplace(**watch);
    results.push_back(run_load(*spec, *options, timestamps, texts.hdr.empty() ? nullptr : &log.stream()));
    if (sampler) sampler->stop(results.back().record);
    if (const reports::LoadRecord& last = results.back().record; last.exit_code == 3 || last.interrupted || !last.ended.empty()) break;
    options->start_at.reset();
  }
  clear_line(*options);
  loadgen::LoadResult result = results.size() > 1 ? loadgen::combine(std::move(results)) : std::move(results.front());
  if (result.record.interrupted && max_time.is_over()) result.record.notes.push_back(msg<"check.max-time">(texts.max_time));
  const bool logged = texts.hdr.empty() || log.commit();
  if (!logged) print_error(msg<"usage.hdr">(texts.hdr));
  auto differences = base ? loadgen::compare(*base, result.record, *margin) : std::vector<reports::DifferenceRecord>();
  const Exit exit = set_verdict(result.record, *thresholds, std::move(differences), texts.files, terminal, base ? &*base : nullptr);
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
  return set_verdict(*record, *thresholds, {}, out, terminal, nullptr);
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
  command->add_option("--duration", texts->duration, program.text<"help.load.duration">())->type_name("TIME");
  command->add_option("--stages", texts->stages, program.text<"help.load.stages">())->type_name("LIST");
  command->add_option("--arrival", texts->arrival, program.text<"help.load.arrival">())->check(CLI::IsMember({"even", "poisson"}))->capture_default_str();
  command->add_option("--warm-up", texts->warm_up, program.text<"help.load.warm-up">())->type_name("TIME")->capture_default_str();
  whole_number(command->add_option("--connections", texts->connections, program.text<"help.load.connections">())->capture_default_str(), 1, 60'000);
  command->add_option("--threads", texts->threads, program.text<"help.load.threads">())->type_name("N|auto")->capture_default_str();
  command->add_option("--timeout", texts->timeout, program.text<"help.load.timeout">())->type_name("TIME")->capture_default_str();
  command->add_option("--max-time", texts->max_time, program.text<"help.load.max-time">())->type_name("TIME");
  command->add_option("--max-generator-lag", texts->max_generator_lag, program.text<"help.load.max-generator-lag">())->type_name("TIME")->capture_default_str();
  whole_number(command->add_option("--meters", texts->meters, program.text<"help.load.meters">())->capture_default_str(), 1, 100'000'000);
  command->add_option("--first-meter", texts->first_meter, program.text<"help.load.first-meter">())->capture_default_str();
  command->add_option("--seed", texts->seed, program.text<"help.load.seed">())->capture_default_str();
  command->add_option("--state", texts->state, program.text<"help.check.state">())->type_name("DIR|off");
  command->add_flag("--reconcile", texts->reconcile, program.text<"help.load.reconcile">());
  command->add_option("--threshold", texts->thresholds, program.text<"help.load.threshold">())->allow_extra_args(false)->type_name("THRESHOLD");
  command->add_option("--find-capacity", texts->find_capacity, program.text<"help.load.find-capacity">())->allow_extra_args(false)->type_name("THRESHOLDS");
  whole_number(command->add_option("--repeat", texts->repeat, program.text<"help.load.repeat">())->capture_default_str(), 1, 100);
  command->add_option("--compare", texts->compare, program.text<"help.load.compare">())->type_name("FILE");
  command->add_option("--margin", texts->margin, program.text<"help.load.margin">())->type_name("N%");
  command->add_option("--against", texts->against, program.text<"help.load.against">())->type_name("URL");
  command->add_option("--shard", texts->shard, program.text<"help.load.shard">())->type_name("I/N");
  command->add_option("--start-at", texts->start_at, program.text<"help.load.start-at">())->type_name("TIME");
  command->add_option("--class", texts->load_class, program.text<"help.load.class">())->type_name("CLASS");
  add_trust_options(program, *command, texts->trust);
  auto* const pid = command->add_option("--target-pid", texts->target_pid, program.text<"help.load.target-pid">())->type_name("PID");
  command->add_option("--target-metrics", texts->target_metrics, program.text<"help.load.target-metrics">())->type_name("URL")->excludes(pid);
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
  merging->add_option("--threshold", merge->thresholds, program.text<"help.merge.threshold">())->allow_extra_args(false)->type_name("THRESHOLD");
  add_record_options(program, *merging, merge->out);
  merging->callback([merge, &program_run = program.run, &terminal = program.terminal] {
    program_run = [merge, &terminal] { return run_merge(merge->files, merge->thresholds, merge->out, terminal); };
  });
}

}  // namespace meterproof::cli
