// SPDX-License-Identifier: Apache-2.0
// Everything that a run takes from outside: transport, clock, progress output. Tests supply their own.
#pragma once

#include <chrono>
#include <functional>
#include <random>
#include <vector>

#include "conformance/timestamp_pool.hpp"
#include "core/i18n/message.hpp"
#include "net/client/connection_trial.hpp"
#include "net/client/http_client.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Everything that its functions refer to must outlive the run. If `workers` is above 1 they are called from several threads. A request without a reply
/// is an exchange that says why.
struct Environment {
  std::function<net::Exchange(const net::HttpRequest&)> send;
  /// Each over a connection of its own; all are sent before the first reply is read. One exchange per request, in their order. May be empty: then no
  /// concurrent case is run. `record_to` needs it.
  std::function<std::vector<net::Exchange>(const std::vector<net::HttpRequest>&)> send_concurrently;
  /// Bytes over one new connection; exchanges in the order of the replies. May be empty: then no case about connections is run. `record_to` needs it.
  std::function<std::vector<net::Exchange>(const net::RawExchange&)> send_raw;
  /// Requests by which the connection profile is found out. May be empty: then none is measured, and the target is taken to bear anything.
  std::function<net::TrialResult(const net::ConnectionTrial&)> try_connections;
  /// From here on that many connections at a time, at the most; each for one reply. May be empty.
  std::function<void(std::size_t)> limit_connections;
  std::function<std::chrono::system_clock::time_point()> now;     // for timestamps; somebody may set it while the run goes on
  std::function<std::chrono::steady_clock::time_point()> steady;  // for deadlines and pacing; may be empty: then `now` is taken for it
  std::function<void(std::chrono::milliseconds)> sleep;           // shorter where the run is cut off meanwhile
  std::function<void(const i18n::Message&)> progress;             // a line for people; may be empty
  EarlierSeconds earlier;                                         // what a memory of this target says; empty without one
  ClaimSeconds claim;                                             // from that memory, called from one thread at a time; empty without one
  std::function<void()> forget_earlier;                           // the target has; may be empty
  net::Address address;                                           // for requests that are written out by hand
  std::chrono::microseconds pause{0};                             // at the least, from one request to the next
  std::size_t workers = 1;                                        // parts of the run that are executed in parallel
  std::uint64_t run = std::random_device()();                     // makes the keys of this run differ from those of other runs
  std::function<void(const reports::CaseRecord&)> found;          // a failed case, as it comes, from several threads; may be empty
  std::function<bool()> cut_off;                                  // whether the run is to end at once; may be empty
};

}  // namespace meterproof::conformance
