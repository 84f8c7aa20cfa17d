// SPDX-License-Identifier: Apache-2.0
// Faults put into a mock on purpose: which interface, what goes wrong, how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "core/model/request.hpp"

namespace meterproof::mockserver {

enum class FaultKind {
  answer,      // the code of an injected fault of the spec (database, unknown); nothing is carried out
  wrong_code,  // carried out, but answered with another code
  status,      // an HTTP status of its own: an error, a redirection; nothing is carried out
  delay,       // carried out, answered late
  reset,       // carried out, then the connection is reset: the reply is lost
  close,       // the same, and the connection is closed in order
  hang,        // carried out and never answered; the connection stays open
  garbage,     // bytes that are no HTTP
  truncated,   // the reply's first half, then the end
  drip         // the reply byte by byte
};

/// A fault that the mock produces on request (admin API, POST /_mock/faults).
struct InjectedFault {
  std::string id;    // given by FaultInjector::add: "f1", "f2", …
  std::string kind;  // as it was named
  FaultKind what = FaultKind::answer;
  std::string interface = "*";                             // or one interface's name
  std::optional<std::string> app_id;                       // or one appId's requests only
  std::vector<std::pair<std::string, std::string>> where;  // or those whose fields have these values
  std::uint64_t after = 0;                                 // matching requests that pass before the first hit
  std::optional<std::uint64_t> times;                      // how many requests; empty: all
  double probability = 1.0;                                // 0 to 1, per request
  std::uint64_t seed = 1;
  std::chrono::milliseconds delay{0};
  int status = 503;      // 300 to 599
  std::string location;  // of a redirection; "" for none
  core::Code code;
  std::uint64_t passed = 0, hits = 0;
  std::mt19937_64 chance;
};

/// The kinds that a mock of that spec knows, by name: "database", "unknown", "delay", …
std::vector<std::string> fault_kinds(const core::Spec& spec);

class FaultInjector {
 public:
  /// Empty, or what is wrong with it.
  i18n::Message add(const core::Spec& spec, InjectedFault fault);
  void clear() { active_.clear(); }
  /// Goes on with another spec: those that it does not know are gone.
  void renew(const core::Spec& spec);
  /// Those that can still be hit.
  const std::vector<InjectedFault>& active();

  /// Removes the fault of that id; false where there is none.
  bool remove(std::string_view id);

  /// Returns the first active fault for this request and counts the hit; null if there is none. Faults that replace a success are skipped if the
  /// request is refused. Valid until the next call of any member.
  const InjectedFault* next_fault_for(const core::Request& request, std::string_view app_id, bool refused);

 private:
  void drop_used_up();

  std::vector<InjectedFault> active_;
  std::uint64_t added_ = 0;
};

}  // namespace meterproof::mockserver
