// What was sent and what of it was accepted, kept for asking afterwards whether it still stands.
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

/// One reconciliation of the scenario. A call is unknown until it is accepted or refused; without a reply it remains so.
class AcknowledgedWrites {
 public:
  AcknowledgedWrites(const core::Reconciliation& about, std::string name);

  const core::Reconciliation& about() const { return *about_; }
  void sent(const DeviceCall& call);
  void accepted(const DeviceCall& call);
  void refused(const DeviceCall& call);

  /// The meters that must be asked for.
  std::vector<std::uint64_t> meters() const;
  /// What the query said of that meter: the values that it shows, one a row; null where there was no answer.
  void compare(std::uint64_t meter, const VirtualDevices& devices, const std::vector<std::string>* shown);
  reports::ReconciliationRecord record() const { return record_; }

 private:
  enum class State : std::uint8_t { unknown, accepted };
  struct LedgerEntry {
    std::uint64_t sequence = 0;
    std::uint64_t unique = 0;
    std::int64_t reading = 0;
    std::int64_t second = 0;
    State state = State::unknown;
  };
  using Entries = std::vector<LedgerEntry>;

  LedgerEntry* find(const DeviceCall& call);
  void compare_each(std::uint64_t meter, const VirtualDevices& devices, const Entries& entries, const std::vector<std::string>& shown);
  void compare_last(std::uint64_t meter, const VirtualDevices& devices, const Entries& entries, const std::vector<std::string>& shown);

  const core::Reconciliation* about_;
  std::unordered_map<std::uint64_t, Entries> entries_;  // by meter; of `last`: from the second of the last accepted on
  reports::ReconciliationRecord record_;
};

}  // namespace meterproof::loadgen
