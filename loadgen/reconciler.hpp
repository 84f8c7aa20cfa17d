// SPDX-License-Identifier: Apache-2.0
// Queries the target before and after the load: are the writes that it acknowledged there, exactly once and as they were sent, and nothing else?
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/run_clock.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"
#include "net/client/connection_pool.hpp"

namespace meterproof::loadgen {

/// Sends the queries of one reconciliation, one per device, over a ConnectionPool. A query that is lost or refused is asked up to three times in all.
/// Once five have timed out since the target answered last, the others are not asked. For one thread.
class Reconciler final : public net::RequestSource {
 public:
  enum class When {
    before,  // what the devices have is remembered
    after    // and compared
  };
  /// All arguments must outlive it. `to_query`: the devices. `until`: later no query begins.
  Reconciler(const core::Spec& spec, const LoadOptions& options, const VirtualDevices& devices, TimestampAllocator& timestamps, AcknowledgedWrites& writes,
             const RunClock& clock, When when, const std::vector<std::uint64_t>& to_query, net::SteadyTime until = net::SteadyTime::max());

  /// Records the devices that were not queried, because the run was interrupted or the target is gone, as such.
  void finish();
  /// How many devices have answered.
  std::size_t answered() const { return answered_; }

  net::SteadyTime next_due(net::SteadyTime now) override;
  void make_request(std::size_t connection, net::SteadyTime now, std::string& bytes) override;
  void on_sent(std::size_t, net::SteadyTime, net::SteadyTime) override { unreachable_since_.reset(); }
  void on_response(std::size_t connection, net::SteadyTime now, const net::HttpParser& reply) override;
  void on_error(std::size_t connection, net::SteadyTime now, net::TransportResult why) override;
  void on_connect_error(net::TransportResult, std::string_view) override;
  void on_tick(net::SteadyTime now) override;
  bool may_be_left() const override { return when_ == When::before; }

 private:
  struct Query {
    std::uint64_t device = 0;
    std::size_t tries = 0;
    net::SteadyTime sent, not_before;
  };

  void ask_again(Query query, net::SteadyTime now);
  void take(std::uint64_t device, const std::vector<ShownRow>* rows);

  const core::Spec& spec_;
  const LoadOptions& options_;
  const VirtualDevices& devices_;
  TimestampAllocator& timestamps_;
  AcknowledgedWrites& writes_;
  const RunClock& clock_;
  When when_;
  net::SteadyTime until_;
  core::Workload workload_;  // a mix of the query only
  Rng rng_;
  std::vector<RequestTemplate> templates_;  // of the query: one element
  std::string head_, body_;
  std::deque<Query> to_query_;   // those that wait
  std::vector<Query> query_of_;  // by connection
  std::size_t total_ = 0;
  std::size_t in_flight_ = 0, answered_ = 0;
  std::size_t silent_ = 0;  // queries that were sent after the last reply and timed out
  net::SteadyTime last_reply_ = net::SteadyTime::min();
  bool finished_ = false;                             // no query is asked (again)
  std::optional<net::SteadyTime> unreachable_since_;  // set while no connection can be opened
};

/// Its name in records: "RemotePay.TransId in GetPayList".
std::string reconciliation_name(const core::Spec& spec, const core::Workload& workload, const core::Reconciliation& about);

}  // namespace meterproof::loadgen
