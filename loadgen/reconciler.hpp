// Asks the target, after the load, what became of what it accepted.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "http/swarm.hpp"
#include "loadgen/fleet.hpp"
#include "loadgen/ledger.hpp"
#include "loadgen/options.hpp"
#include "loadgen/stamps.hpp"

namespace meterproof::load {

/// One ledger's queries, one for each meter, over the same connections.
class Reconciler final : public http::Driver {
 public:
  Reconciler(const spec::Spec& spec, const LoadOptions& options, const Fleet& fleet, Stamps& stamps, Ledger& ledger);

  /// What was not asked when the run was broken off is noted as such.
  void finish();

  http::SteadyTime next_due(http::SteadyTime now) override;
  void fill(std::size_t connection, http::SteadyTime now, std::string& bytes) override;
  void leaves(std::size_t, http::SteadyTime, http::SteadyTime) override {}
  void replied(std::size_t connection, http::SteadyTime now, const wire::HttpParser& reply) override;
  void failed(std::size_t connection, http::SteadyTime now, http::Outcome why) override;
  void not_connected(http::Outcome) override {}
  void tick(http::SteadyTime now) override;

 private:
  spec::DateTime wall() const;

  const spec::Spec& spec_;
  const LoadOptions& options_;
  const Fleet& fleet_;
  Stamps& stamps_;
  Ledger& ledger_;
  spec::Scenario scenario_;  // the query alone
  Chance chance_;
  std::vector<Caller> callers_;  // that one
  std::string head_, body_;
  std::deque<std::uint64_t> meters_;  // still to be asked for
  std::vector<std::uint64_t> asked_;  // by connection
  std::size_t total_ = 0;
  std::size_t waiting_ = 0;
};

/// "RemotePay.TransId in GetPayList"
std::string name_of(const spec::Spec& spec, const spec::Scenario& scenario, const spec::Reconciliation& about);

}  // namespace meterproof::load
