// How a load run is to go.
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

struct LoadOptions {
  net::Address address;
  std::vector<auth::App> apps;
  core::Workload workload;
  std::vector<LoadStage> stages;  // empty in a closed loop
  ArrivalProcess arrival = ArrivalProcess::even;
  std::chrono::milliseconds duration{30'000};  // of a closed loop
  std::chrono::milliseconds warm_up{0};
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds max_generator_lag{20};  // see LoadRecord::max_generator_lag_ms
  std::size_t connections = 64;
  DeviceRange devices;
  TimestampPolicy timestamps;
  std::uint64_t seed = 1;
  bool reconcile = false;
  std::optional<std::chrono::system_clock::time_point> start_at;
  bool terminal = false;  // progress is a line that changes, not lines
  std::function<void(const i18n::Message&)> progress;

  bool open() const { return !stages.empty(); }
};

}  // namespace meterproof::loadgen
