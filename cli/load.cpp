// meterproof load, meterproof merge
#include "loadgen/run.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>

#include "cli/load_options.hpp"
#include "loadgen/compare.hpp"
#include "loadgen/merge.hpp"
#include "loadgen/search.hpp"
#include "http/reactor.hpp"

namespace meterproof::cli {
namespace {

/// Nothing after the mistake was printed.
std::optional<reports::LoadRecord> read_load(const std::string& path) {
  auto record = read_record(path);
  if (record && std::holds_alternative<reports::LoadRecord>(*record)) return std::get<reports::LoadRecord>(std::move(*record));
  if (record) complain(path + ": it is a check's record, and a load's is expected");
  return std::nullopt;
}

void clear_line(const load::LoadOptions& options) {
  if (options.terminal) std::fprintf(stderr, "\r\x1b[K");
}

/// Judges the record by the gates, and by the base where there is one; prints it, and writes it where it is to go.
Exit conclude(reports::LoadRecord& record, const std::vector<load::Gate>& gates, const std::optional<reports::LoadRecord>& base, double margin,
              const RecordFiles& files, const Terminal& terminal) {
  record.tool = "meterproof " METERPROOF_VERSION;
  for (const load::Gate& gate : gates) record.gates.push_back(judged(gate, record));
  load::conclude(record);
  if (base) {
    record.differences = load::compared(*base, record, margin);
    const bool worse = std::any_of(record.differences.begin(), record.differences.end(), [](const auto& one) { return one.verdict == "worse"; });
    if (worse && record.exit_code == 0) {
      record.exit_code = 1;
      record.verdict = "failed: worse than the run it is compared with";
    }
  }
  return deliver(record, files, terminal, base ? to_json(*base) : "");
}

Exit run_search(const LoadTexts& texts, const spec::Spec& spec, load::LoadOptions options, const std::vector<load::Gate>& gates, const Terminal& terminal) {
  load::SearchOptions how;
  load::Stamps stamps(spec.authentication, options.apps, options.stamps);
  if (options.open()) how.first_rate = options.stages.front().from;
  const auto at_rate = [&](double rate) {
    options.stages = {{rate, rate, options.duration}};
    const load::Schedule schedule(options.stages, options.arrival, {}, options.seed);
    if (const std::string why = why_impossible(schedule, options.apps.size(), options.stamps); !why.empty()) {
      load::LoadResult impossible;
      impossible.record.connections = options.connections;
      impossible.record.intended_rate = rate;
      impossible.record.exit_code = 4;
      impossible.record.notes.push_back(why);
      return impossible;
    }
    load::LoadResult step = run_load(spec, options, stamps);
    options.start_at.reset();
    return step;
  };
  auto result = load::search(how, gates, at_rate, [&](const reports::LoadRun& step) {
    clear_line(options);
    char p99[32] = "-";
    if (!std::isnan(step.p99)) std::snprintf(p99, sizeof p99, "%.3f ms", step.p99);
    std::fprintf(stderr, "%10.1f/s  p99 %s  errors %.3f %%  %s\n", step.intended_rate, p99, step.errors * 100,
                 reports::harmless(terminal.style.read(step.verdict)).c_str());
  });
  reports::LoadRecord& record = result.last.record;
  record.tool = "meterproof " METERPROOF_VERSION;
  record.runs = result.steps;
  for (const load::Gate& gate : gates) record.gates.push_back(judged(gate, record));
  if (record.exit_code != 3) record.exit_code = result.sustained > 0 && !result.interrupted ? 0 : 1;
  if (record.exit_code != 3) record.verdict = to_text(result);
  return deliver(record, texts.files, terminal);
}

std::optional<double> parse_margin(const std::string& text) {
  char* end = nullptr;
  const double percent = std::strtod(text.c_str(), &end);
  const std::string rest = end;
  if (end != text.c_str() && (rest.empty() || rest == "%") && percent >= 0 && percent < 100) return percent / 100;
  complain("--margin " + text + ": a share in percent, like 5%");
  return std::nullopt;
}

Exit run(const LoadTexts& texts, const std::string& spec_directory, const Terminal& terminal) {
  const http::SignalsHeld held;  // Ctrl-C ends the sending, whenever it comes, and still reports
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  auto options = read_load_options(texts, *spec, spec_directory);
  const auto gates = read_gates("--require", texts.require);
  const auto margin = parse_margin(texts.margin);
  if (!options || !gates || !margin || !can_write(texts.files) || !can_write(texts.hdr)) return Exit::usage;
  std::optional<reports::LoadRecord> base;
  if (!texts.compare.empty()) {
    base = read_load(texts.compare);
    if (!base) return Exit::usage;
    std::vector<std::string> stages;
    for (const load::Stage& stage : options->stages) stages.push_back(to_string(stage));
    if (base->scenario != options->scenario.name || base->stages != stages) {
      complain("--compare " + texts.compare + ": that run played another scenario or other stages");
      return Exit::usage;
    }
  }
  if (terminal.quiet) options->progress = nullptr;
  if (!texts.find.empty()) {
    if (!texts.require.empty() || base || !texts.hdr.empty() || texts.repeat > 1 || texts.reconcile) {
      complain("--find takes its own conditions: no --require, --compare, --hdr, --repeat or --reconcile beside it");
      return Exit::usage;
    }
    const auto wanted = read_gates("--find", {texts.find});
    return wanted ? run_search(texts, *spec, std::move(*options), *wanted, terminal) : Exit::usage;
  }
  std::ofstream log;
  if (!texts.hdr.empty()) log.open(texts.hdr);
  std::vector<load::LoadResult> results;
  load::Stamps stamps(spec->authentication, options->apps, options->stamps);
  for (std::size_t i = 0; i < texts.repeat; ++i) {
    results.push_back(run_load(*spec, *options, stamps, texts.hdr.empty() ? nullptr : &log));
    if (results.back().record.exit_code == 3 || results.back().record.interrupted) break;
    options->start_at.reset();
  }
  clear_line(*options);
  load::LoadResult result = results.size() > 1 ? load::combined(std::move(results)) : std::move(results.front());
  if (!texts.hdr.empty() && !log) {
    complain("--hdr " + texts.hdr + ": it could not be written to its end");
    return Exit::usage;
  }
  return conclude(result.record, *gates, base, *margin, texts.files, terminal);
}

Exit run_merge(const std::vector<std::string>& files, const std::vector<std::string>& require, const RecordFiles& out, const Terminal& terminal) {
  const auto gates = read_gates("--require", require);
  if (!gates || !can_write(out)) return Exit::usage;
  std::vector<reports::LoadRecord> shards;
  for (const std::string& file : files) {
    auto record = read_load(file);
    if (!record) return Exit::usage;
    shards.push_back(std::move(*record));
  }
  std::string why;
  auto record = load::merged(shards, why);
  if (!record) {
    complain("merge: " + why);
    return Exit::usage;
  }
  return conclude(*record, *gates, std::nullopt, 0, out, terminal);
}

}  // namespace

void add_load(const Program& program) {
  auto texts = std::make_shared<LoadTexts>();
  CLI::App* command = program.app.add_subcommand("load", "play a fleet of meters and measure, every reply verified");
  command->add_option("url", texts->url, "the server under load, like http://127.0.0.1:8080")->type_name("URL");
  command->add_option("--app", texts->apps, "an appId and its secret; may be repeated")->type_name("ID:SECRET");
  command->add_option("--apps", texts->apps_file, "a file of ID:SECRET lines")->type_name("FILE");
  command->add_option("--timestamps", texts->timestamps, "unique: each second of an appId once, as the paper wants; shared: the current one for all")
      ->check(CLI::IsMember({"unique", "shared"}))
      ->capture_default_str();
  command->add_option("--tolerance", texts->tolerance, "how far a timestamp may be off (default: as the specs say)")->type_name("TIME");
  command->add_option("--scenario", texts->scenario, "what is played: a name (reports, billing_day) or a file")->type_name("NAME|FILE")->capture_default_str();
  command->add_option("--interface", texts->interface, "play that interface alone, as its spec says")->type_name("NAME");
  command->add_option("--rate", texts->rate, "requests a second (open loop), or max (closed loop)")->type_name("N|max")->capture_default_str();
  command->add_option("--duration", texts->duration, "how long to send")->type_name("TIME")->capture_default_str();
  command->add_option("--stages", texts->stages, "in place of both: 500:30s,500-5000:2m,1000-5000/5:50s,herd 10000:60s")->type_name("LIST");
  command->add_option("--arrival", texts->arrival, "how requests follow each other")->check(CLI::IsMember({"even", "poisson"}))->capture_default_str();
  command->add_option("--warm-up", texts->warm_up, "not measured (auto: a tenth, 5 s at the most)")->type_name("TIME")->capture_default_str();
  command->add_option("--connections", texts->connections, "connections to keep open")->check(CLI::Range(1, 60000))->capture_default_str();
  command->add_option("--timeout", texts->timeout, "how long a reply may take")->type_name("TIME")->capture_default_str();
  command->add_option("--late-limit", texts->late_limit, "how late the generator itself may be (p99) before the run counts for nothing")
      ->type_name("TIME")
      ->capture_default_str();
  command->add_option("--meters", texts->meters, "simulated meters; the target must know them")->check(CLI::Range(1, 100'000'000))->capture_default_str();
  command->add_option("--first-meter", texts->first_meter, "the number of the first of them")->capture_default_str();
  command->add_option("--seed", texts->seed, "seed of readings and arrivals")->capture_default_str();
  command->add_flag("--reconcile", texts->reconcile, "ask afterwards whether everything accepted stands, once");
  command->add_option("--require", texts->require, "exit 1 unless: p99<50ms, rate>=5000, errors<0.1%, lost=0; may be repeated")->type_name("GATE");
  command->add_option("--find", texts->find, "search the highest rate at which these hold, --duration a step")->type_name("GATES");
  command->add_option("--repeat", texts->repeat, "run it that often, for --compare")->check(CLI::Range(1, 100))->capture_default_str();
  command->add_option("--compare", texts->compare, "exit 1 where it is really worse than that record")->type_name("FILE");
  command->add_option("--margin", texts->margin, "what is no matter to --compare")->type_name("N%")->capture_default_str();
  command->add_option("--shard", texts->shard, "play that part of the whole: I/N, or auto for the launcher's variables")->type_name("I/N");
  command->add_option("--start-at", texts->start_at, "begin then: seconds since 1970, or every:30s")->type_name("TIME");
  add_record_options(*command, texts->files);
  command->add_option("--hdr", texts->hdr, "write an HdrHistogram log there")->type_name("FILE");
  command->callback([texts, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [texts, &directory, &terminal] { return run(*texts, directory, terminal); };
  });

  struct MergeTexts {
    std::vector<std::string> files, require;
    RecordFiles out;
  };
  auto merge = std::make_shared<MergeTexts>();
  CLI::App* merging = program.app.add_subcommand("merge", "make one record of the shards of a load");
  merging->add_option("files", merge->files, "the shards' records")->type_name("FILE...")->required();
  merging->add_option("--require", merge->require, "as in load")->type_name("GATE");
  add_record_options(*merging, merge->out);
  merging->callback([merge, &program_run = program.run, &terminal = program.terminal] {
    program_run = [merge, &terminal] { return run_merge(merge->files, merge->require, merge->out, terminal); };
  });
}

}  // namespace meterproof::cli
