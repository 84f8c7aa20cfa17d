// SPDX-License-Identifier: Apache-2.0
// What a check is told: the target, the cases, and what the vendor has declared.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/scope.hpp"
#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/time/datetime.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Cases that the vendor declares not applicable, and why.
struct Exclusion {
  std::string cases;  // a pattern of ids
  std::string reason;
};

/// Failures that both parties accept until the end of a day.
struct Waiver {
  std::string cases;  // a pattern of ids
  std::string reason;
  core::DateTime expires;
};

/// Plain data. It must outlive the run; the run changes nothing in it.
struct CheckOptions {
  std::string target;                                // its address, for the record and the curl lines
  Scope scope;                                       // the interfaces whose cases are run
  std::string role;                                  // the scope in words, for the record: "platform", "billing" or "both"
  std::vector<auth::App> apps;                       // one at least; requests take turns with them
  reports::SelectionRecord selection;                // which of the cases are run
  std::chrono::milliseconds effect_timeout{10'000};  // how long an effect may take to show
  std::map<std::string, std::string> fixtures;       // keys of rows that exist, by table or table.state
  std::vector<reports::DescribedRowRecord> rows;     // as the vendor knows them: what queries must show
  std::size_t max_rows = 0;                          // new rows of a table, at the most; 0 for no limit
  std::size_t random_steps = 0;                      // steps of random sequences, after the cases
  std::uint64_t seed = 1;                            // of the random sequences
  std::vector<Exclusion> unsupported;                // the first that matches a case counts
  std::vector<Waiver> waivers;
  double per_second = 0;  // requests, at the most; 0 for no limit
  // How old a request at least is when it is repeated at the end of the run; nothing: as old as the run, or some seconds where that has lasted a while.
  std::optional<std::chrono::milliseconds> replay_age;
  // By injected fault: breaks (true) or repairs the target. Returns nothing, or why it could not. Called from one thread, while no other request is
  // sent, and for every break there is a repair. Faults without a hook are not tried.
  std::map<std::string, std::function<i18n::Message(bool breaks)>> fault_hooks;
  std::optional<std::chrono::milliseconds> budget;  // how long the run may take: the cases that are worth most come first, and what is left is not run
  std::optional<double> min_reach;                  // stated clauses that must be judged, in percent of all
};

/// The time from one request to the next at that rate (above 0): an hour at the most.
inline std::chrono::microseconds pause_for(double per_second) {
  constexpr std::chrono::microseconds longest = std::chrono::hours(1);
  return std::chrono::microseconds(static_cast<std::int64_t>(std::min(1e6 / per_second, static_cast<double>(longest.count()))));
}

}  // namespace meterproof::conformance
