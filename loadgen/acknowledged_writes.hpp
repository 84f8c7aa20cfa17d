// SPDX-License-Identifier: Apache-2.0
// Remembers which writes were sent and what became of them, to check after the load that the acknowledged ones are there as they were sent, and that
// nothing else is.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/json/json.hpp"
#include "core/model/workload.hpp"
#include "loadgen/virtual_devices.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// A row of a query's reply: what identifies it (Reconciliation::shown), and the values to compare (Reconciliation::compare).
struct ShownRow {
  std::string name;
  std::vector<std::string> values;
};

/// One reconciliation of the workload. A write is unknown until it is accepted or refused; without a reply it stays unknown. For one thread.
class AcknowledgedWrites {
 public:
  /// `about` must outlive it. `name`: for the record. `first_watched`: of the values in DeviceCall::watched, its own begin there.
  AcknowledgedWrites(const core::Reconciliation& about, std::string name, std::size_t first_watched = 0);

  const core::Reconciliation& about() const { return *about_; }
  /// What is stored of that device before the load. Only rows beyond these can be found to be nobody's.
  void stored_before(std::uint64_t device, const std::vector<ShownRow>& rows);
  void sent(const DeviceCall& call);
  void accepted(const DeviceCall& call);
  void refused(const DeviceCall& call);

  /// The devices with writes, in increasing order.
  std::vector<std::uint64_t> devices_to_query() const;
  /// Compares with what the query returned for that device; null if the query was not answered with success.
  void compare(std::uint64_t device, const VirtualDevices& devices, const std::vector<ShownRow>* shown);
  reports::ReconciliationRecord record() const { return record_; }

 private:
  enum class State : std::uint8_t { unknown, accepted, refused };
  struct Write {
    std::uint64_t sequence = 0;
    std::uint64_t unique = 0;
    std::int64_t reading = 0;
    std::int64_t second = 0;
    std::string watched;  // as in DeviceCall
    State state = State::unknown;
  };
  using Writes = std::vector<Write>;

  bool only_last_counts() const { return about_->kind == core::Reconciliation::Kind::last; }
  Write* find(const DeviceCall& call);
  void compare_each(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<ShownRow>& shown);
  void compare_last(std::uint64_t device, const VirtualDevices& devices, const Writes& writes, const std::vector<ShownRow>& shown);
  /// Where the row's values are not those that were sent: FIELD SENT ≠ SHOWN. Otherwise "".
  std::string difference(const Write& write, const ShownRow& row, const core::Interface& interface) const;

  const core::Reconciliation* about_;
  std::size_t first_watched_;
  std::unordered_map<std::uint64_t, Writes> writes_;  // by device; if only the last write counts: from the second of the last accepted one on
  struct Before {
    std::unordered_set<std::string> names;
    std::size_t unnamed = 0;  // rows without what identifies them
  };
  std::unordered_map<std::uint64_t, Before> before_;  // by device; absent where nobody asked
  reports::ReconciliationRecord record_;
};

}  // namespace meterproof::loadgen
