// SPDX-License-Identifier: Apache-2.0
// Remembers which writes were sent and which were acknowledged, to check after the load that the acknowledged ones are still there.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/json/json.hpp"
#include "core/model/workload.hpp"
#include "loadgen/virtual_devices.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// One reconciliation of the workload. A write is unknown until it is accepted or refused; without a reply it stays unknown. For one thread.
class AcknowledgedWrites {
 public:
  /// `about` must outlive it. `name`: for the record.
  AcknowledgedWrites(const core::Reconciliation& about, std::string name);

  const core::Reconciliation& about() const { return *about_; }
  void sent(const DeviceCall& call);
  void accepted(const DeviceCall& call);
  void refused(const DeviceCall& call);

  /// The devices with writes that were not refused, in increasing order.
  std::vector<std::uint64_t> devices_to_query() const;
  /// Compares with what the query returned for that device. `shown`: the value of every row; null if the query was not answered with success.
  void compare(std::uint64_t device, const VirtualDevices& devices, const std::vector<std::string>* shown);
  reports::ReconciliationRecord record() const { return record_; }

 private:
  enum class State : std::uint8_t { unknown, accepted };
  struct Write {
    std::uint64_t sequence = 0;
    std::uint64_t unique = 0;
    std::int64_t reading = 0;
    std::int64_t second = 0;
    State state = State::unknown;
  };
  using Writes = std::vector<Write>;

  Write* find(const DeviceCall& call);
  void compare_each(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<std::string>& shown);
  void compare_last(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<std::string>& shown);

  const core::Reconciliation* about_;
  std::unordered_map<std::uint64_t, Writes> writes_;  // by device; if only the last write counts: from the second of the last accepted one on
  reports::ReconciliationRecord record_;
};

}  // namespace meterproof::loadgen
