// How a load run is to go.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/address.hpp"
#include "loadgen/fleet.hpp"
#include "loadgen/schedule.hpp"
#include "loadgen/stamps.hpp"
#include "spec/model/scenario.hpp"

namespace meterproof::load {

struct LoadOptions {
  http::Address address;
  std::vector<wire::App> apps;
  spec::Scenario scenario;
  std::vector<Stage> stages;  // empty in a closed loop
  Arrival arrival = Arrival::even;
  std::chrono::milliseconds duration{30'000};  // of a closed loop
  std::chrono::milliseconds warm_up{0};
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds late_limit{20};  // see LoadRecord::late_limit_ms
  std::size_t connections = 64;
  FleetSize fleet;
  StampRules stamps;
  std::uint64_t seed = 1;
  bool reconcile = false;
  std::optional<std::chrono::system_clock::time_point> start_at;
  bool terminal = false;  // progress is a line that changes, not lines
  std::function<void(const std::string&)> progress;

  bool open() const { return !stages.empty(); }
};

}  // namespace meterproof::load
