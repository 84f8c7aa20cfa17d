// What was sent and what of it was accepted, kept for asking afterwards whether it still stands.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "loadgen/fleet.hpp"
#include "reports/load_record.hpp"
#include "spec/model/scenario.hpp"
#include "spec/wire/json.hpp"

namespace meterproof::load {

/// One reconciliation of the scenario. A call is unknown until it is accepted or refused; without a reply it remains so.
class Ledger {
 public:
  Ledger(const spec::Reconciliation& about, std::string name);

  const spec::Reconciliation& about() const { return *about_; }
  void sent(const Call& call);
  void accepted(const Call& call);
  void refused(const Call& call);

  /// The meters that must be asked for.
  std::vector<std::uint64_t> meters() const;
  /// What the query said of that meter: the values that it shows, one a row; null where there was no answer.
  void compare(std::uint64_t meter, const Fleet& fleet, const std::vector<std::string>* shown);
  reports::ReconciliationRecord record() const { return record_; }

 private:
  enum class State : std::uint8_t { unknown, accepted };
  struct Entry {
    std::uint64_t sequence = 0;
    std::uint64_t unique = 0;
    std::int64_t reading = 0;
    std::int64_t second = 0;
    State state = State::unknown;
  };
  using Entries = std::vector<Entry>;

  Entry* find(const Call& call);
  void compare_each(std::uint64_t meter, const Fleet& fleet, const Entries& entries, const std::vector<std::string>& shown);
  void compare_last(std::uint64_t meter, const Fleet& fleet, const Entries& entries, const std::vector<std::string>& shown);

  const spec::Reconciliation* about_;
  std::unordered_map<std::uint64_t, Entries> entries_;  // by meter; of `last`: from the second of the last accepted on
  reports::ReconciliationRecord record_;
};

}  // namespace meterproof::load
