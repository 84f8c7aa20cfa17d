// SPDX-License-Identifier: Apache-2.0
#include "loadgen/acknowledged_writes.hpp"

#include <algorithm>

#include "core/decimal/decimal.hpp"

namespace meterproof::loadgen {
namespace {

constexpr std::size_t max_names = 100;  // in the record

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (names.size() < max_names) names.push_back(name);
}

}  // namespace

AcknowledgedWrites::AcknowledgedWrites(const core::Reconciliation& about, std::string name) : about_(&about) { record_.name = std::move(name); }

void AcknowledgedWrites::sent(const DeviceCall& call) {
  writes_[call.device].push_back({call.sequence, call.unique, call.reading, call.second, State::unknown});
}

AcknowledgedWrites::Write* AcknowledgedWrites::find(const DeviceCall& call) {
  auto& writes = writes_[call.device];
  // From the end: replies mostly belong to the newest writes.
  const auto found = std::find_if(writes.rbegin(), writes.rend(), [&](const Write& one) { return one.sequence == call.sequence; });
  return found == writes.rend() ? nullptr : &*found;
}

void AcknowledgedWrites::accepted(const DeviceCall& call) {
  Write* write = find(call);
  if (write == nullptr) return;
  write->state = State::accepted;
  // Only the last write counts, so writes of earlier seconds are dropped. Within a second the specification's times give no order.
  if (about_->kind == core::Reconciliation::Kind::last)
    std::erase_if(writes_[call.device], [&](const Write& one) { return one.state == State::accepted && one.second < call.second; });
}

void AcknowledgedWrites::refused(const DeviceCall& call) {
  if (const Write* write = find(call); write != nullptr) {
    auto& writes = writes_[call.device];
    writes.erase(writes.begin() + (write - writes.data()));
  }
}

std::vector<std::uint64_t> AcknowledgedWrites::devices_to_query() const {
  std::vector<std::uint64_t> out;
  for (const auto& [device, writes] : writes_)
    if (!writes.empty()) out.push_back(device);
  std::sort(out.begin(), out.end());
  return out;
}

void AcknowledgedWrites::compare(std::uint64_t device, const VirtualDevices& devices, const std::vector<std::string>* shown) {
  const Writes& writes = writes_[device];
  const bool last = about_->kind == core::Reconciliation::Kind::last;
  if (shown != nullptr) return last ? compare_last(device, devices, writes, *shown) : compare_each(device, devices, writes, *shown);
  auto accepted = static_cast<std::uint64_t>(std::count_if(writes.begin(), writes.end(), [](const Write& one) { return one.state == State::accepted; }));
  record_.unacknowledged += writes.size() - accepted;
  // Where only the last write counts, a device has one expectation.
  if (last) accepted = std::min<std::uint64_t>(accepted, 1);
  record_.acknowledged += accepted;
  record_.not_queried += accepted;
}

void AcknowledgedWrites::compare_each(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<std::string>& shown) {
  const RequestTemplate& request_template = devices.request_template(about_->step);
  for (const Write& write : writes) {
    DeviceCall call;
    call.device = device;
    call.unique = write.unique;
    const std::string name = request_template.text_of(about_->field, call);
    const auto count = std::count(shown.begin(), shown.end(), name);
    if (write.state == State::unknown) {
      ++record_.unacknowledged;
      if (count > 0) ++record_.unacknowledged_confirmed;
    } else {
      ++record_.acknowledged;
      if (count == 1) ++record_.confirmed;
      if (count == 0) ++record_.lost, add_name(record_.lost_names, name);
    }
    // A duplicate is wrong even if the write was not acknowledged.
    if (count > 1) ++record_.duplicated, add_name(record_.duplicated_names, name);
  }
}

void AcknowledgedWrites::compare_last(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<std::string>& shown) {
  const RequestTemplate& request_template = devices.request_template(about_->step);
  const auto is_shown = [&](const Write& write) {
    const core::Decimal value(write.reading, request_template.scale_of_reading());
    return std::any_of(shown.begin(), shown.end(), [&](const std::string& text) { return core::Decimal::parse(text) == value; });
  };
  const Write* newest = nullptr;  // of the accepted
  for (const Write& write : writes) {
    if (write.state == State::accepted && (newest == nullptr || write.second >= newest->second)) newest = &write;
    if (write.state != State::unknown) continue;
    ++record_.unacknowledged;
    if (is_shown(write)) ++record_.unacknowledged_confirmed;
  }
  if (newest == nullptr) return;
  ++record_.acknowledged;
  // A later write without a reply may have been recorded too, so its value is right as well.
  const bool stands = std::any_of(writes.begin(), writes.end(), [&](const Write& one) { return one.second >= newest->second && is_shown(one); });
  if (stands) {
    ++record_.confirmed;
    return;
  }
  ++record_.lost;
  // DEVICE: VALUE ≠ SHOWN, without a word of any language: the name stands in the record.
  add_name(record_.lost_names, request_template.device_name(device) + ": " + core::Decimal(newest->reading, request_template.scale_of_reading()).to_string() +
                                   " ≠ " + (shown.empty() ? "-" : shown.front()));
}

}  // namespace meterproof::loadgen
