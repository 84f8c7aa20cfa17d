// SPDX-License-Identifier: Apache-2.0
// The connection to the target during a run: signs, sends, assigns timestamps, counts requests. Thread-safe after `calibrate`.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conformance/environment.hpp"
#include "conformance/reply.hpp"
#include "conformance/timestamp_pool.hpp"
#include "core/auth/signer.hpp"
#include "core/model/request.hpp"

namespace meterproof::conformance {

/// Thrown where a case cannot be judged, and why.
struct Inconclusive {
  i18n::Message why;
  bool not_meant = false;  // true if the specification does not define this request for such rows
};

struct Sent {
  net::HttpRequest request;
  net::Exchange exchange;
  Reply reply;
  bool well_signed = true;

  bool answered(core::Code code) const { return reply.code == code; }
  /// No reply at all: nothing can be said of what became of the request.
  bool no_reply() const {
    return (exchange.transport != net::TransportResult::replied && exchange.transport != net::TransportResult::no_http) || rejected_by_gateway();
  }
  /// Something before the target answered in its place: too many requests, a gateway without what is behind it.
  bool rejected_by_gateway() const {
    constexpr std::array<int, 4> statuses = {429, 502, 503, 504};
    return !reply.code && std::find(statuses.begin(), statuses.end(), exchange.status) != statuses.end();
  }
};

/// The open question whose answers are collected from every refusal. Several answers are usual, one for each kind of refusal. Calibration reports it
/// under the same id.
inline constexpr const char* refusal_status_question = "refusal-status";

/// What calibration found out about the target.
struct ClockProfile {
  std::chrono::minutes utc_offset{0};
  // The furthest offset that is taken, to the second; nothing where it was not found.
  std::optional<std::chrono::seconds> past_edge, future_edge;
};

class TargetSession {
 public:
  TargetSession(const core::Spec& spec, std::vector<auth::App> apps, Environment environment);

  /// A valid signature and that body. A timestamp that somebody else has used before is replaced by another.
  Sent send(const core::Interface& interface, const std::string& body);
  /// The same, all at once; every one signed for itself.
  std::vector<Sent> send_concurrently(const std::vector<std::pair<const core::Interface*, std::string>>& requests);
  /// The very same request as often as said, all at once.
  std::vector<Sent> send_copies(const Sent& before, std::size_t copies);
  /// Those headers in place of the signature's.
  Sent send_with(const core::Interface& interface, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body);
  /// The very same bytes again.
  Sent send_again(const Sent& before);
  /// A request that is signed and not yet sent.
  net::HttpRequest signed_request(const core::Interface& interface, const TimestampPool::Slot& slot, const std::string& body) const;
  /// Bytes over one fresh connection. Returns one result per request, in their order; a reply that is missing counts as a closed connection.
  std::vector<Sent> send_raw(const net::RawExchange& raw_exchange, const std::vector<net::HttpRequest>& requests);
  Sent exchange(const net::HttpRequest& request);

  enum class Calibration {
    ready,
    refused,     // it answers, but takes none of our signatures: nothing can be judged
    unreachable  // no answer
  };
  using Probe = std::pair<const core::Interface*, std::string>;  // a request, as a body; one that changes nothing, where the scope has such an interface
  /// Determines time zone, tolerance, replay scope and letter case of the token.
  /// `elsewhere` has another path than `probe`, where there is one.
  Calibration calibrate(const Probe& probe, const std::optional<Probe>& elsewhere);
  /// How many well-signed requests the run will make, as far as is known: for telling how long a wait will be.
  void expect_requests(std::size_t count) { expected_ = count; }
  std::map<std::string, i18n::Message> calibration() const;
  /// Notes what the target does about an open question: its id, and an interpretation.
  void observe(const std::string& question, const std::string& interpretation);
  std::map<std::string, std::set<std::string>> observations() const;
  const i18n::Message& note() const { return note_; }
  /// Remembers that a valid request to that interface was accepted.
  void note_accepted(const core::Interface& interface);
  /// Names of the interfaces that accepted a valid request.
  std::set<std::string> accepted() const;
  const ClockProfile& clock_profile() const { return clock_profile_; }
  ReplayScope replay_scope() const;

  core::DateTime now() const;
  void sleep(std::chrono::milliseconds span) const { environment_.sleep(span); }
  /// For deadlines.
  std::chrono::system_clock::time_point clock() const { return environment_.now(); }
  bool cut_off() const { return environment_.cut_off && environment_.cut_off(); }
  void progress(const i18n::Message& line) const;
  bool refused_for(core::SignatureError fault, const Sent& sent) const;
  bool refused_for_time(const Sent& sent) const { return refused_for(core::SignatureError::timestamp_repeated, sent); }
  /// A timestamp of ours and its app; waits for the next second where all are used.
  TimestampPool::Slot next_timestamp(const std::string& path);
  const auth::App& app(std::size_t index) const { return apps_[index]; }
  std::size_t apps() const { return apps_.size(); }
  const auth::Signer& signer() const { return signer_; }
  const core::Spec& spec() const { return *spec_; }
  const Environment& environment() const { return environment_; }
  std::uint64_t requests() const { return requests_; }
  /// How long a reply takes on the average, so far.
  double mean_seconds() const;
  /// Timestamps that each second of the clock brings.
  std::size_t timestamps_per_second() const;
  /// Timestamps that can be used without waiting for the clock.
  std::size_t timestamps_at_hand() const;

  /// Whether the target would refuse the slot's timestamp as too old by now.
  bool is_stale(const TimestampPool::Slot& slot) const;
  /// A key that no row has: of this run, and of no other.
  std::string unused_key();

  /// Queries that did not come to show what they should in time.
  bool gave_up_on(const core::Interface& query) const;
  void give_up_on(const core::Interface& query);

 private:
  Sent received(const net::HttpRequest& request, net::Exchange exchange);
  void tell_of_wait() const;
  /// Waits until that many requests may be sent.
  void keep_pace(std::size_t requests);
  Sent probe_at(const Probe& probe, std::chrono::seconds off);
  Sent find_clock(const Probe& probe, std::chrono::seconds& taken);
  void find_window(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, std::chrono::seconds taken);
  void find_repeats(const Probe& probe, const std::optional<Probe>& elsewhere, const Sent& first, core::DateTime used);
  void detect_token_case(const Probe& probe, const Sent& first);

  const core::Spec* spec_;
  std::vector<auth::App> apps_;
  Environment environment_;
  auth::Signer signer_;
  ClockProfile clock_profile_;
  i18n::Message note_;
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::int64_t> took_us_ = 0;
  std::size_t expected_ = 0;
  std::string run_;  // what sets this run's keys apart
  std::atomic<unsigned> keys_ = 0;

  mutable std::mutex mutex_;  // of all that follows
  TimestampPool timestamps_;
  core::DateTime last_probe_;
  std::map<std::string, i18n::Message> calibration_;
  std::map<std::string, std::set<std::string>> observations_;
  std::set<std::string> accepted_;
  std::set<int> refusal_statuses_;
  std::set<std::string> gave_up_;
  std::size_t well_signed_ = 0;
  bool told_of_wait_ = false;
  std::chrono::system_clock::time_point next_request_;
};

}  // namespace meterproof::conformance
