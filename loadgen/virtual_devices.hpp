// SPDX-License-Identifier: Apache-2.0
// Simulated devices that send the requests of a workload: what each sends next follows from what it sent last and from the replies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/workload.hpp"
#include "core/time/datetime.hpp"
#include "loadgen/request_template.hpp"
#include "loadgen/rng.hpp"

namespace meterproof::loadgen {

/// All devices of a run. Within a step they send in turn. For one thread.
class VirtualDevices {
 public:
  /// `spec` and `workload` must outlive it. `run`: a number that no other run has; unique numbers begin with it. In a sharded run this is shard
  /// `index` of `count`.
  VirtualDevices(const core::Spec& spec, const core::Workload& workload, DeviceRange devices, std::uint64_t run, std::uint64_t seed, std::size_t index = 0,
                 std::size_t count = 1);

  /// Chooses a step by weight and its next device, and appends the body. Fills `call`.
  void append_next(std::string& out, DeviceCall& call, core::DateTime now);
  RequestTemplate& request_template(std::size_t step) { return mix_[step]; }
  const RequestTemplate& request_template(std::size_t step) const { return mix_[step]; }
  std::size_t steps() const { return mix_.size(); }
  DeviceRange devices() const { return devices_; }

 private:
  std::size_t pick_step();

  DeviceRange devices_;
  Rng rng_;
  std::vector<RequestTemplate> mix_;
  std::vector<std::uint64_t> shares_;       // of 2^32, cumulative, by step
  std::vector<std::uint64_t> next_device_;  // by step
  std::uint64_t unique_, unique_step_, sequence_ = 0;
};

}  // namespace meterproof::loadgen
