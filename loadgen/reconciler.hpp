// SPDX-License-Identifier: Apache-2.0
// Queries the target after the load: are the writes that it acknowledged still there, exactly once?
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"
#include "net/client/connection_pool.hpp"

namespace meterproof::loadgen {

/// Sends the queries of one reconciliation, one per device, over a ConnectionPool. For one thread.
class Reconciler final : public net::RequestSource {
 public:
  Reconciler(const core::Spec& spec, const LoadOptions& options, const VirtualDevices& devices, TimestampAllocator& timestamps, AcknowledgedWrites& writes);

  /// Records the devices that were not queried, because the run was interrupted or the target is gone, as such.
  void finish();

  net::SteadyTime next_due(net::SteadyTime now) override;
  void make_request(std::size_t connection, net::SteadyTime now, std::string& bytes) override;
  void on_sent(std::size_t, net::SteadyTime, net::SteadyTime) override { unreachable_since_.reset(); }
  void on_response(std::size_t connection, net::SteadyTime now, const net::HttpParser& reply) override;
  void on_error(std::size_t connection, net::SteadyTime now, net::TransportResult why) override;
  void on_connect_error(net::TransportResult) override;
  void on_tick(net::SteadyTime now) override;

 private:
  core::DateTime wall_clock() const;

  const core::Spec& spec_;
  const LoadOptions& options_;
  const VirtualDevices& devices_;
  TimestampAllocator& timestamps_;
  AcknowledgedWrites& writes_;
  core::Workload workload_;  // a mix of the query only
  Rng rng_;
  std::vector<RequestTemplate> templates_;  // of the query: one element
  std::string head_, body_;
  std::deque<std::uint64_t> to_query_;    // devices without a query so far
  std::vector<std::uint64_t> device_of_;  // by connection
  std::size_t total_ = 0;
  std::size_t in_flight_ = 0;
  std::optional<net::SteadyTime> unreachable_since_;  // set while no connection can be opened
};

/// Its name in records: "RemotePay.TransId in GetPayList".
std::string reconciliation_name(const core::Spec& spec, const core::Workload& workload, const core::Reconciliation& about);

}  // namespace meterproof::loadgen
