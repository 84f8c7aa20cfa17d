// Asks the target, after the load, what became of what it accepted.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"
#include "net/client/connection_pool.hpp"

namespace meterproof::loadgen {

/// One ledger's queries, one for each meter, over the same connections.
class Reconciler final : public net::RequestSource {
 public:
  Reconciler(const core::Spec& spec, const LoadOptions& options, const VirtualDevices& devices, TimestampAllocator& timestamps, AcknowledgedWrites& writes);

  /// What was not asked when the run was broken off is noted as such.
  void finish();

  net::SteadyTime next_due(net::SteadyTime now) override;
  void make_request(std::size_t connection, net::SteadyTime now, std::string& bytes) override;
  void on_sent(std::size_t, net::SteadyTime, net::SteadyTime) override {}
  void on_response(std::size_t connection, net::SteadyTime now, const net::HttpParser& reply) override;
  void on_error(std::size_t connection, net::SteadyTime now, net::TransportResult why) override;
  void on_connect_error(net::TransportResult) override {}
  void on_tick(net::SteadyTime now) override;

 private:
  core::DateTime wall() const;

  const core::Spec& spec_;
  const LoadOptions& options_;
  const VirtualDevices& devices_;
  TimestampAllocator& timestamps_;
  AcknowledgedWrites& ledger_;
  core::Workload scenario_;  // the query alone
  Rng rng_;
  std::vector<RequestTemplate> callers_;  // that one
  std::string head_, body_;
  std::deque<std::uint64_t> meters_;  // still to be asked for
  std::vector<std::uint64_t> asked_;  // by connection
  std::size_t total_ = 0;
  std::size_t waiting_ = 0;
};

/// "RemotePay.TransId in GetPayList"
std::string name_of(const core::Spec& spec, const core::Workload& workload, const core::Reconciliation& about);

}  // namespace meterproof::loadgen
