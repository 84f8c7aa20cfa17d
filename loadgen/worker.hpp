// One load run: signs and sends the fleet's reports, judges every reply, and keeps the books.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "http/swarm.hpp"
#include "loadgen/fleet.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/pacer.hpp"
#include "reports/record.hpp"
#include "spec/wire/signature.hpp"

namespace meterproof::load {

struct LoadOptions {
  http::Address address;
  std::vector<wire::App> apps;
  double rate = 0;  // per second; 0 for as fast as it goes
  std::chrono::milliseconds duration{30'000};
  std::chrono::milliseconds timeout{10'000};
  std::size_t connections = 64;
  std::size_t meters = 1000;
  std::uint64_t first_meter = 0;
  std::uint64_t seed = 1;
};

/// The interface that says how it is played; null where none does, or none of that name.
const spec::Interface* playable(const spec::Spec& spec, const std::string& name);

/// `progress` gets a line about four times a second.
reports::LoadRecord run_load(const spec::Spec& spec, const spec::Interface& interface, const LoadOptions& options,
                             const std::function<void(const std::string&)>& progress);

}  // namespace meterproof::load
