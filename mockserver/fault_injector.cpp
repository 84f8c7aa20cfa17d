// SPDX-License-Identifier: Apache-2.0
#include "mockserver/fault_injector.hpp"

#include <algorithm>
#include <utility>

namespace meterproof::mockserver {
namespace {

const std::vector<std::pair<std::string, FaultKind>> of_transport = {
    {"wrong_code", FaultKind::wrong_code}, {"status", FaultKind::status},       {"delay", FaultKind::delay}, {"reset", FaultKind::reset},
    {"garbage", FaultKind::garbage},       {"truncated", FaultKind::truncated}, {"drip", FaultKind::drip}};

}  // namespace

std::vector<std::string> fault_kinds(const core::Spec& spec) {
  std::vector<std::string> kinds = spec.injectable_faults();
  for (const auto& [name, kind] : of_transport) kinds.push_back(name);
  return kinds;
}

std::string FaultInjector::add(const core::Spec& spec, InjectedFault fault) {
  const auto known = std::find_if(of_transport.begin(), of_transport.end(), [&](const auto& one) { return one.first == fault.kind; });
  if (const core::ResultRow* row = spec.injected_by(fault.kind)) {
    fault.what = FaultKind::answer;
    fault.code = row->code;
  } else if (known != of_transport.end()) {
    fault.what = known->second;
  } else {
    return "unknown kind \"" + fault.kind + "\"; " + render(core::suggestion(fault.kind, fault_kinds(spec)), i18n::Language::en);
  }
  if (fault.interface != "*" && spec.interface(fault.interface) == nullptr)
    return "unknown interface \"" + fault.interface + "\"; " + render(core::suggestion(fault.interface, spec.interface_names()), i18n::Language::en);
  if (!(fault.probability >= 0 && fault.probability <= 1)) return "probability must be within 0 and 1";
  if (fault.status < 400 || fault.status > 599) return "status must be within 400 and 599";
  if (fault.delay < std::chrono::milliseconds(0) || fault.delay > std::chrono::hours(1)) return "delay_ms must be within 0 and 3600000";
  constexpr std::size_t most = 1000;
  if (active_.size() >= most) return "there are " + std::to_string(most) + " faults already; delete them first";
  fault.chance.seed(fault.seed);
  active_.push_back(std::move(fault));
  return {};
}

const InjectedFault* FaultInjector::next_fault_for(std::string_view interface, bool refused) {
  for (InjectedFault& fault : active_) {
    if (fault.interface != "*" && fault.interface != interface) continue;
    if (refused && fault.what == FaultKind::answer) continue;
    if (fault.times && fault.hits >= *fault.times) continue;
    if (fault.probability < 1 && std::uniform_real_distribution<>(0, 1)(fault.chance) >= fault.probability) continue;
    ++fault.hits;
    return &fault;
  }
  return nullptr;
}

}  // namespace meterproof::mockserver
