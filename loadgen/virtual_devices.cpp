// SPDX-License-Identifier: Apache-2.0
#include "loadgen/virtual_devices.hpp"

namespace meterproof::loadgen {
namespace {

constexpr std::uint64_t two_to_32 = 1ULL << 32U;

}  // namespace

VirtualDevices::VirtualDevices(const core::Spec& spec, const core::Workload& workload, DeviceRange devices, std::uint64_t run, std::uint64_t seed,
                               std::size_t index, std::size_t count)
    : devices_(devices), rng_(seed * count + index), next_device_(workload.mix.size(), 0), unique_step_(count) {
  constexpr std::uint64_t max_calls_per_run = 100'000'000;  // numbers of different runs do not overlap below that
  unique_ = run * max_calls_per_run + index;
  mix_.reserve(workload.mix.size());
  double total = 0;
  for (const core::WorkloadStep& step : workload.mix) {
    mix_.emplace_back(spec, workload, step, devices, rng_);
    total += step.weight;
  }
  double sum = 0;
  for (const core::WorkloadStep& step : workload.mix) {
    sum += step.weight;
    shares_.push_back(static_cast<std::uint64_t>(sum / total * static_cast<double>(two_to_32)));
  }
}

std::size_t VirtualDevices::pick_step() {
  if (mix_.size() == 1) return 0;
  const std::uint64_t number = rng_.next() % two_to_32;
  std::size_t step = 0;
  while (step + 1 < shares_.size() && number >= shares_[step]) ++step;
  // A step cannot run before the keys that it consumes exist; the next step that can runs in its place.
  for (std::size_t i = 0; i < mix_.size(); ++i)
    if (const std::size_t other = (step + i) % mix_.size(); mix_[other].ready(mix_)) return other;
  return step;
}

void VirtualDevices::append_next(std::string& out, DeviceCall& call, core::DateTime now) {
  const std::size_t step = pick_step();
  call.step = static_cast<std::uint32_t>(step);
  call.device = next_device_[step];
  next_device_[step] = next_device_[step] + 1 == devices_.count ? 0 : next_device_[step] + 1;
  call.unique = unique_;
  call.second = now.seconds;
  call.sequence = ++sequence_;
  if (mix_[step].has_unique()) unique_ += unique_step_;
  mix_[step].append_body(out, call, now, mix_, rng_);
}

}  // namespace meterproof::loadgen
