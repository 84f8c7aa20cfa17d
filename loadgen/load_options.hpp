// SPDX-License-Identifier: Apache-2.0
// The options of a load run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/model/workload.hpp"
#include "loadgen/arrival_schedule.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"
#include "net/address.hpp"

namespace meterproof::loadgen {

class LiveMetrics;

struct LoadOptions {
  net::Address address;
  std::vector<auth::App> apps;
  core::Workload workload;
  std::vector<LoadStage> stages;  // empty: a closed loop, which sends as fast as replies come
  ArrivalProcess arrival = ArrivalProcess::even;
  std::chrono::milliseconds duration{30'000};       // of a closed loop; an open loop lasts as long as its stages
  std::chrono::milliseconds warm_up{0};             // at the beginning; its requests do not count in the latencies
  std::chrono::milliseconds timeout{10'000};        // for a reply
  std::chrono::milliseconds max_generator_lag{20};  // p99 of the generator's own delay above which the run is not judged
  std::size_t connections = 64;
  DeviceRange devices;
  TimestampPolicy timestamps;
  std::uint64_t seed = 1;
  bool reconcile = false;                                         // query afterwards whether acknowledged writes are still there
  std::optional<std::chrono::system_clock::time_point> start_at;  // so that shards begin together
  LiveMetrics* metrics = nullptr;                                 // told once a second; may be null
  bool terminal = false;                                          // progress goes to a terminal: once a second in place of every ten
  std::function<void(const i18n::Message&)> progress;             // may be empty

  /// An open loop sends at its scheduled times, whether or not replies come.
  bool open() const { return !stages.empty(); }
};

}  // namespace meterproof::loadgen
