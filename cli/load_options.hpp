// SPDX-License-Identifier: Apache-2.0
// The options of `meterproof load`, from texts to what the load generator takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/thresholds.hpp"

namespace meterproof::cli {

struct RawLoadOptions {
  std::string url, apps_file, workload = "reports", interface;
  std::vector<std::string> apps;
  std::string rate = "max", duration, stages, arrival = "even", warm_up = "auto", timeout = "10s", max_generator_lag = "20ms";
  std::string timestamps = "unique", tolerance, shard, start_at;
  std::size_t connections = 64;
  std::string threads = "auto";
  std::uint64_t meters = 1000, first_meter = 0, seed = 1;
  bool reconcile = false;
  std::vector<std::string> thresholds, find_capacity;
  std::string load_class, target_pid, target_metrics, compare, against, margin, hdr, max_time, state;
  net::TlsTrust trust;
  std::string metrics;
  RecordFiles files;
  std::size_t repeat = 1;
};

/// Nothing after the mistakes were printed.
std::optional<loadgen::LoadOptions> read_load_options(const RawLoadOptions& texts, const core::Spec& spec, const std::string& spec_directory,
                                                      const Terminal& terminal);
/// Whether --workload names a file, not a workload of the specs.
bool is_workload_file(const std::string& workload);
/// A number of requests a second, 0 for `max`. Nothing where it is neither.
std::optional<double> parse_rate(const std::string& text);
/// Nothing after the mistake was printed. `option` is whose texts they are.
std::optional<std::vector<loadgen::Threshold>> read_thresholds(const std::string& option, const std::vector<std::string>& texts);
/// --threads; nothing after the mistake was printed.
std::optional<std::size_t> read_threads(const std::string& text, const loadgen::LoadOptions& options);
/// The warm-up of a run that long.
std::chrono::milliseconds warm_up_of(const RawLoadOptions& texts, std::chrono::milliseconds duration);

}  // namespace meterproof::cli
