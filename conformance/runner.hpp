// Runs the cases of a plan against a target, and says of each what it is worth.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "conformance/plan.hpp"
#include "conformance/target_session.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Cases that the vendor declares out of the question, and why.
struct Exclusion {
  std::string cases, reason;
};

/// Failures that are borne with until the end of a day.
struct Waiver {
  std::string cases, reason;
  core::DateTime expires;
};

struct CheckOptions {
  std::string target;  // its address, for the record and the curl lines
  Scope scope;
  std::string role;
  std::vector<auth::App> apps;
  std::string filter;                        // a pattern of case ids; "" for all
  std::chrono::milliseconds effect_timeout{10'000};  // how long an effect may take
  std::map<std::string, std::string> fixtures;  // keys by table, or by table.state
  std::size_t random_steps = 0;              // steps of random sequences, after the cases
  std::uint64_t seed = 1;
  std::vector<Exclusion> unsupported;
  std::vector<Waiver> waivers;
  double per_second = 0;  // requests, at the most; 0 for no limit
  // Breaks (true) or mends the target in the way of an injected fault; "" or why it could not. Faults without one are not tried.
  std::map<std::string, std::function<std::string(bool breaks)>> fault_hooks;
};

/// What was sent and what came back, for the record of a case.
void fill_exchange(reports::CaseRecord& record, const CheckOptions& options, const core::Spec& spec, const Sent& sent);

reports::CheckRecord check(const core::Spec& spec, const CheckOptions& options, Environment environment);

}  // namespace meterproof::conformance
