// SPDX-License-Identifier: Apache-2.0
// What a check is told: the target, the cases, and what the vendor has declared.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "conformance/scope.hpp"
#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/time/datetime.hpp"

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

struct CheckOptions {
  std::string target;  // its address, for the record and the curl lines
  Scope scope;
  std::string role;
  std::vector<auth::App> apps;
  std::string filter;                                // a pattern of case ids; "" for all
  std::chrono::milliseconds effect_timeout{10'000};  // how long an effect may take to show
  std::map<std::string, std::string> fixtures;       // keys of rows that exist, by table or table.state
  std::size_t random_steps = 0;                      // steps of random sequences, after the cases
  std::uint64_t seed = 1;                            // of the random sequences
  std::vector<Exclusion> unsupported;
  std::vector<Waiver> waivers;
  double per_second = 0;  // requests, at the most; 0 for no limit
  // By injected fault: breaks (true) or mends the target; empty, or why it could not. Faults without a hook are not tried.
  std::map<std::string, std::function<i18n::Message(bool breaks)>> fault_hooks;
};

}  // namespace meterproof::conformance
