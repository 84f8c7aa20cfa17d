// SPDX-License-Identifier: Apache-2.0
#include "cli/load_options.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/workload_loader.hpp"
#include "core/text/utf8.hpp"
#include "loadgen/run.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;
using i18n::msg;
using std::chrono::milliseconds;
using std::chrono::system_clock;

namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(out) : std::nullopt;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// What launchers tell their jobs: an index and how many there are.
std::optional<loadgen::Shard> shard_of_the_launcher() {
  const struct {
    const char *index, *count;
    std::size_t first;
  } launchers[] = {{"METERPROOF_SHARD", "METERPROOF_SHARDS", 0},
                   {"JOB_COMPLETION_INDEX", "METERPROOF_SHARDS", 0},  // an indexed job of Kubernetes
                   {"SLURM_PROCID", "SLURM_NTASKS", 0},
                   {"PARALLEL_SEQ", "METERPROOF_SHARDS", 1}};  // GNU parallel
  for (const auto& launcher : launchers) {
    const auto index = parse_number<std::size_t>(environment(launcher.index));
    const auto count = parse_number<std::size_t>(environment(launcher.count));
    if (index && count && *index >= launcher.first) return loadgen::Shard{*index - launcher.first, *count};
  }
  return std::nullopt;
}

std::optional<loadgen::Shard> parse_shard(const std::string& text) {
  if (text.empty()) return loadgen::Shard{};
  std::optional<loadgen::Shard> shard;
  const std::size_t slash = text.find('/');
  if (text == "auto") {
    shard = shard_of_the_launcher();
  } else if (slash != std::string::npos) {
    const auto index = parse_number<std::size_t>(std::string_view(text).substr(0, slash));
    const auto count = parse_number<std::size_t>(std::string_view(text).substr(slash + 1));
    if (index && count) shard = loadgen::Shard{*index, *count};
  }
  if (shard && shard->index < shard->count) return shard;
  print_error(text == "auto" ? msg<"usage.shard-auto">() : msg<"usage.shard-form">(text));
  return std::nullopt;
}

/// Seconds since 1970, or every:30s: the next time that the clock shows a multiple of it, a few seconds from now at the least.
std::optional<system_clock::time_point> parse_start(const std::string& text) {
  constexpr std::string_view every = "every:";
  constexpr std::chrono::seconds notice{3};
  constexpr double latest = 1e11;  // seconds since 1970, as records are read: some three thousand years
  if (text.starts_with(every)) {
    const auto period = core::parse_duration(std::string_view(text).substr(every.size()));
    if (period && period->count() > 0) {
      const auto since = std::chrono::duration_cast<milliseconds>((system_clock::now() + notice).time_since_epoch());
      return system_clock::time_point((since / *period + 1) * *period);
    }
  } else if (const auto seconds = parse_number<double>(text); seconds && *seconds > 0 && *seconds < latest) {
    const auto at = system_clock::time_point(milliseconds(static_cast<long long>(*seconds * 1000)));
    if (at > system_clock::now()) return at;
    print_error(msg<"usage.start-past">(text));
    return std::nullopt;
  }
  print_error(msg<"usage.start-form">(text));
  return std::nullopt;
}

std::optional<core::Workload> read_workload(const RawLoadOptions& texts, const core::Spec& spec, const std::string& spec_directory) {
  if (!texts.interface.empty()) {
    for (std::size_t i = 0; i < spec.interfaces.size(); ++i)
      if (spec.interfaces[i].name == texts.interface && !spec.interfaces[i].generators.empty()) return loader::single_interface_workload(spec, i);
    print_error(msg<"usage.interface-not-generated">(texts.interface));
    return std::nullopt;
  }
  const fs::path folder = fs::path(find_spec_directory(spec_directory)) / "workloads";
  const std::string path = is_workload_file(texts.workload) ? texts.workload : (folder / (texts.workload + ".yaml")).string();
  std::error_code error;  // what cannot be looked up is reported as absent
  const bool is_there = fs::exists(path, error);
  if (!is_there && texts.workload == RawLoadOptions().workload) {  // specs without workloads
    for (std::size_t i = 0; i < spec.interfaces.size(); ++i)
      if (!spec.interfaces[i].generators.empty()) return loader::single_interface_workload(spec, i);
    print_error(msg<"usage.no-generators">());
    return std::nullopt;
  }
  if (!is_there) {
    std::vector<std::string> known;
    for (const auto& entry : fs::directory_iterator(folder, error)) known.push_back(entry.path().stem().string());
    print_error(msg<"usage.no-workload">(texts.workload, core::suggestion(texts.workload, known)));
    return std::nullopt;
  }
  auto loaded = loader::load_workload(spec, path);
  if (loaded) return std::move(*loaded);
  print_problems(loaded.problems());
  return std::nullopt;
}

/// The part of the meters that is this shard's.
std::optional<loadgen::DeviceRange> devices_of(const RawLoadOptions& texts, loadgen::Shard shard) {
  const std::uint64_t each = texts.meters / shard.count;
  const std::uint64_t rest = texts.meters % shard.count;
  loadgen::DeviceRange devices;
  devices.count = each + (shard.index < rest ? 1 : 0);
  devices.first = texts.first_meter + each * shard.index + std::min<std::uint64_t>(shard.index, rest);
  if (devices.count > 0) return devices;
  print_error(msg<"usage.meters">(texts.meters));
  return std::nullopt;
}

std::optional<std::vector<loadgen::LoadStage>> read_stages(const RawLoadOptions& texts, const core::Workload& workload, milliseconds duration) {
  const auto rate = parse_rate(texts.rate);
  if (!rate) {
    print_error(msg<"usage.rate">(texts.rate));
    return std::nullopt;
  }
  std::string text = texts.stages;
  if (text.empty() && *rate == 0 && texts.find_capacity.empty() && texts.load_class.empty() && texts.against.empty())  // these make their own
    for (const std::string& stage : workload.stages) text += (text.empty() ? "" : ",") + stage;
  if (!text.empty()) {
    i18n::Message why;
    auto stages = loadgen::parse_stages(text, why);
    if (!stages) print_error(msg<"usage.stages">(why));
    return stages;
  }
  if (*rate == 0) return std::vector<loadgen::LoadStage>{};
  return std::vector<loadgen::LoadStage>{{*rate, *rate, duration}};
}

}  // namespace

bool is_workload_file(const std::string& workload) {
  return workload.find('/') != std::string::npos || workload.ends_with(".yaml") || workload.ends_with(".yml");
}

std::optional<double> parse_rate(const std::string& text) {
  if (text == "max") return 0;
  const auto rate = parse_number<double>(text);
  return rate && *rate > 0 && *rate <= 1e7 ? rate : std::nullopt;
}

std::optional<std::size_t> read_threads(const std::string& text, const loadgen::LoadOptions& options) {
  constexpr std::size_t most = 256;
  if (text == "auto") return loadgen::threads_for(options, std::max(1U, std::thread::hardware_concurrency()));
  const auto threads = parse_number<std::size_t>(text);
  const std::size_t possible = std::min({most, options.connections, static_cast<std::size_t>(options.devices.count)});
  if (threads && *threads >= 1 && *threads <= possible) return threads;
  print_error(msg<"usage.threads">(text, possible));
  return std::nullopt;
}

milliseconds warm_up_of(const RawLoadOptions& texts, milliseconds duration) {
  constexpr milliseconds longest{5000};
  if (texts.warm_up == "auto") return std::min(longest, duration / 10);
  return core::parse_duration(texts.warm_up).value_or(milliseconds(0));
}

std::optional<std::vector<loadgen::Threshold>> read_thresholds(const std::string& option, const std::vector<std::string>& texts) {
  std::vector<loadgen::Threshold> out;
  for (const std::string& text : texts) {
    i18n::Message why;
    const auto thresholds = loadgen::parse_thresholds(text, why);
    if (!thresholds) {
      print_error(msg<"usage.option">(option, why));
      return std::nullopt;
    }
    out.insert(out.end(), thresholds->begin(), thresholds->end());
  }
  return out;
}

std::optional<loadgen::LoadOptions> read_load_options(const RawLoadOptions& texts, const core::Spec& spec, const std::string& spec_directory,
                                                      const Terminal& terminal) {
  auto target = read_target("load", texts.url, texts.trust, texts.apps, texts.apps_file);
  if (!target) return std::nullopt;
  bool good = true;
  const auto time = [&](const char* option, const std::string& text, bool zero = false) {
    const auto span = core::parse_duration(text);
    if (span && (zero || span->count() > 0)) return *span;
    print_error(msg<"usage.time">(option, text));
    good = false;
    return milliseconds(1);
  };
  loadgen::LoadOptions out;
  out.duration = time("--duration", texts.duration);
  out.timeout = time("--timeout", texts.timeout);
  out.max_generator_lag = time("--max-generator-lag", texts.max_generator_lag);
  if (texts.warm_up != "auto") time("--warm-up", texts.warm_up, true);
  out.timestamps.tolerance = spec.authentication.tolerance;
  if (!texts.tolerance.empty()) out.timestamps.tolerance = std::chrono::duration_cast<std::chrono::seconds>(time("--tolerance", texts.tolerance));
  const auto shard = parse_shard(texts.shard);
  if (!shard || !good) return std::nullopt;
  auto workload = read_workload(texts, spec, spec_directory);
  const auto devices = devices_of(texts, *shard);
  if (!workload || !devices) return std::nullopt;
  auto stages = read_stages(texts, *workload, out.duration);
  if (!stages) return std::nullopt;
  if (!texts.start_at.empty()) {
    out.start_at = parse_start(texts.start_at);
    if (!out.start_at) return std::nullopt;
  }
  out.address = target->address;
  out.apps = std::move(target->apps);
  out.workload = std::move(*workload);
  out.stages = std::move(*stages);
  out.arrival = texts.arrival == "poisson" ? loadgen::ArrivalProcess::poisson : loadgen::ArrivalProcess::even;
  out.connections = texts.connections;
  out.devices = *devices;
  out.timestamps.unique = texts.timestamps == "unique";
  out.timestamps.shard = *shard;
  out.seed = texts.seed;
  out.reconcile = texts.reconcile;
  if (out.reconcile && out.workload.reconcile.empty()) {
    print_error(msg<"usage.not-reconcilable">(out.workload.name));
    return std::nullopt;
  }
  if (out.open()) {
    const loadgen::ArrivalSchedule schedule(out.stages, out.arrival, {}, out.seed);
    out.duration = std::chrono::duration_cast<milliseconds>(schedule.end());
    // Repeated runs use the same appIds one after the other.
    std::vector<loadgen::LoadStage> all;
    for (std::size_t i = 0; i < texts.repeat; ++i) all.insert(all.end(), out.stages.begin(), out.stages.end());
    if (const i18n::Message why = check_feasible({all, out.arrival, {}, out.seed}, out.apps.size(), out.timestamps); !why.empty()) {
      print_error(why);
      return std::nullopt;
    }
  }
  out.warm_up = warm_up_of(texts, out.duration);
  if (out.warm_up >= out.duration) {
    print_error(msg<"usage.warm-up">(texts.warm_up));
    return std::nullopt;
  }
  out.terminal = terminal.moves_cursor;
  const char* const form = out.terminal ? "\r\x1b[K%s" : "%s\n";
  out.progress = [form, style = terminal.err](const i18n::Message& line) {
    const std::string text = style.text(line);  // one that takes two lines could not be replaced
    std::fprintf(stderr, form, (style.width == 0 ? text : core::truncate_to_width(text, style.width - 1)).c_str());
  };
  return out;
}

}  // namespace meterproof::cli
