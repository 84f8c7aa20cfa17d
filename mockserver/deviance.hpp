// How a mock that was told to deviate goes wrong where its spec can't say it: on occasion, at the same moment, as a whole.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/store/data_store.hpp"

namespace meterproof::mockserver {

class MutationHooks final : private rules::DataLookup {
 public:
  using Time = std::chrono::system_clock::time_point;
  /// Requests that come within this span of each other are at the same moment.
  static constexpr std::chrono::microseconds moment{900};

  explicit MutationHooks(const core::Spec& spec) : server_mutation_(spec.server_mutation) {}

  bool is(core::ServerMutation server_mutation) const { return server_mutation_ == server_mutation; }
  /// The interface that acts in place of the request's own, or that one.
  const core::Interface& acting_interface(const core::Request& request, const store::DataStore& world);
  void succeeded(const core::Request& request, const store::DataStore& world, Time now);
  /// What the rules are told of the world.
  const rules::DataLookup& facts(const store::DataStore& world, Time now);
  /// The rows that the reply shows, where they are not its own.
  void swap_rows(const core::Interface& interface, store::ResultSet& outcome, Time now);
  /// The reply in another encoding.
  static void encode_latin1(std::string& body);

 private:
  bool exists(std::size_t table, std::string_view key) const override;
  bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const override;
  bool in_state(std::size_t table, std::string_view key, const core::State& state) const override;

  core::ServerMutation server_mutation_;
  std::set<std::pair<std::string, std::string>> served_;            // interface and key
  std::map<std::string, unsigned> calls_;                           // by interface
  std::map<std::pair<std::size_t, std::string>, Time> named_;       // rows of late, by table and key
  std::map<std::string, std::pair<Time, store::ResultSet>> shown_;  // the rows before, by interface
  const store::DataStore* world_ = nullptr;
  Time now_;
};

}  // namespace meterproof::mockserver
