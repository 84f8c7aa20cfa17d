// SPDX-License-Identifier: Apache-2.0
// meterproof load, meterproof merge
#include "loadgen/run.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>

#include "cli/files.hpp"
#include "cli/load_options.hpp"
#include "core/i18n/message.hpp"
#include "loadgen/capacity_search.hpp"
#include "loadgen/comparison.hpp"
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

Exit run_search(const RawLoadOptions& texts, const core::Spec& spec, loadgen::LoadOptions options, const std::vector<loadgen::Threshold>& thresholds,
                const Terminal& terminal) {
  loadgen::SearchOptions how;
  loadgen::TimestampAllocator timestamps(spec.authentication, options.apps, options.timestamps);
  if (options.open()) how.first_rate = options.stages.front().from;
  const std::uint64_t samples = loadgen::needed_samples(thresholds);
  const auto untried = [&](double rate, i18n::Message why) {
    loadgen::LoadResult out;
    out.record.connections = options.connections;
    out.record.intended_rate = rate;
    out.record.exit_code = 4;
    out.record.verdict = std::move(why);
    return out;
  };
  const auto at_rate = [&](double rate) {
    // At a low rate a percentile needs a longer step.
    const std::chrono::duration<double> measuring(static_cast<double>(samples) / rate);
    const auto needed = std::chrono::ceil<std::chrono::seconds>(measuring) + options.warm_up;
    if (needed > longest_step) return untried(rate, msg<"load.step-too-few-samples">(samples));
    options.stages = {{rate, rate, std::max<decltype(options.duration)>(options.duration, needed)}};
    const loadgen::ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
    if (i18n::Message why = check_feasible(schedule, options.apps.size(), options.timestamps); !why.empty()) return untried(rate, std::move(why));
    loadgen::LoadResult step = run_load(spec, options, timestamps);
    options.start_at.reset();
    return step;
  };
  auto result = loadgen::search(how, thresholds, at_rate, [&](const reports::LoadRun& step) {
    clear_line(options);
    if (terminal.quiet) return;
    char p99[32] = "-";
    if (!std::isnan(step.p99)) std::snprintf(p99, sizeof p99, "%.3f ms", step.p99);
    char rate[32], errors[32];
    std::snprintf(rate, sizeof rate, "%10.1f", step.intended_rate);
    std::snprintf(errors, sizeof errors, "%.3f", step.errors * 100);
    std::fprintf(stderr, "%s\n", terminal.style.text(msg<"load.search-step">(rate, p99, errors, step.verdict)).c_str());
  });
  reports::LoadRecord& record = result.last.record;
  record.tool = "meterproof " METERPROOF_VERSION;
  record.runs = result.steps;
  for (const loadgen::Threshold& threshold : thresholds) record.thresholds.push_back(evaluate(threshold, record));
  if (record.exit_code != 3) {  // otherwise its verdict says that nothing could be sent at all
    record.exit_code = result.unreachable ? 3 : result.interrupted ? 4 : result.sustained > 0 ? 0 : 1;
    record.verdict = to_message(result);
  }
  return write_reports(std::move(record), texts.files, terminal);
}

std::optional<double> parse_margin(const std::string& text) {
  char* end = nullptr;
  const double percent = std::strtod(text.c_str(), &end);
  const std::string rest = end;
  if (end != text.c_str() && (rest.empty() || rest == "%") && percent >= 0 && percent < 100) return percent / 100;
  print_error(msg<"usage.margin">(text));
  return std::nullopt;
}

Exit run(const RawLoadOptions& texts, const std::string& spec_directory, const Terminal& terminal) {
  const net::ScopedSignalBlock block;  // SIGINT ends the run early and the report is still written
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  auto options = read_load_options(texts, *spec, spec_directory, terminal);
  const auto thresholds = read_thresholds("--threshold", texts.thresholds);
  const auto margin = parse_margin(texts.margin);
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
  if (!texts.find_capacity.empty()) {
    if (!texts.thresholds.empty() || !texts.stages.empty() || base || !texts.hdr.empty() || texts.repeat > 1 || texts.reconcile) {
      print_error(msg<"usage.find-alone">());
      return Exit::usage;
    }
    const auto wanted = read_thresholds("--find-capacity", {texts.find_capacity});
    return wanted ? run_search(texts, *spec, std::move(*options), *wanted, terminal) : Exit::usage;
  }
  std::ofstream log;
  if (!texts.hdr.empty()) log.open(texts.hdr);
  std::vector<loadgen::LoadResult> results;
  loadgen::TimestampAllocator timestamps(spec->authentication, options->apps, options->timestamps);
  for (std::size_t i = 0; i < texts.repeat; ++i) {
    results.push_back(run_load(*spec, *options, timestamps, texts.hdr.empty() ? nullptr : &log));
    if (results.back().record.exit_code == 3 || results.back().record.interrupted) break;
    options->start_at.reset();
  }
  clear_line(*options);
  loadgen::LoadResult result = results.size() > 1 ? loadgen::combine(std::move(results)) : std::move(results.front());
  if (!texts.hdr.empty() && !log) {
    print_error(msg<"usage.hdr">(texts.hdr));
    return Exit::usage;
  }
  return set_verdict(result.record, *thresholds, base, *margin, texts.files, terminal);
}

Exit run_merge(const std::vector<std::string>& files, const std::vector<std::string>& texts, const RecordFiles& out, const Terminal& terminal) {
  const auto thresholds = read_thresholds("--threshold", texts);
  if (!thresholds || !can_write(out, files)) return Exit::usage;
  std::vector<reports::LoadRecord> shards;
  for (const std::string& file : files) {
    auto record = read_load(file);
    if (!record) return Exit::usage;
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
  command->add_option("--app", texts->apps, program.text<"help.load.app">())->type_name("ID:SECRET");
  command->add_option("--apps", texts->apps_file, program.text<"help.load.apps">())->type_name("FILE");
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
  command->add_option("--max-generator-lag", texts->max_generator_lag, program.text<"help.load.max-generator-lag">())->type_name("TIME")->capture_default_str();
  whole_number(command->add_option("--meters", texts->meters, program.text<"help.load.meters">())->capture_default_str(), 1, 100'000'000);
  command->add_option("--first-meter", texts->first_meter, program.text<"help.load.first-meter">())->capture_default_str();
  command->add_option("--seed", texts->seed, program.text<"help.load.seed">())->capture_default_str();
  command->add_flag("--reconcile", texts->reconcile, program.text<"help.load.reconcile">());
  command->add_option("--threshold", texts->thresholds, program.text<"help.load.threshold">())->type_name("THRESHOLD");
  command->add_option("--find-capacity", texts->find_capacity, program.text<"help.load.find-capacity">())->type_name("THRESHOLDS");
  whole_number(command->add_option("--repeat", texts->repeat, program.text<"help.load.repeat">())->capture_default_str(), 1, 100);
  command->add_option("--compare", texts->compare, program.text<"help.load.compare">())->type_name("FILE");
  command->add_option("--margin", texts->margin, program.text<"help.load.margin">())->type_name("N%")->capture_default_str();
  command->add_option("--shard", texts->shard, program.text<"help.load.shard">())->type_name("I/N");
  command->add_option("--start-at", texts->start_at, program.text<"help.load.start-at">())->type_name("TIME");
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
