// SPDX-License-Identifier: Apache-2.0
// What happens in a world while its business time moves: meters make contact, orders and top-ups reach them or expire, prices come into force.
#pragma once

#include <cstddef>
#include <optional>

#include "core/json/request_body_parser.hpp"
#include "core/model/interface.hpp"
#include "core/model/meter_behaviour.hpp"
#include "core/store/data_store.hpp"
#include "mockserver/calendar.hpp"

namespace meterproof::mockserver {

/// For one thread. The arguments must outlive it.
class MeterLife {
 public:
  /// `behaviour`: nothing where meters are silent; requests that would wait for their contact are then carried out at once.
  /// `calls`: the other side is called, so that some contacts are reported to it (MeterBehaviour::reported).
  MeterLife(const core::Spec& spec, const std::optional<core::MeterBehaviour>& behaviour, const store::Interpretations& interpretations, bool calls)
      : spec_(&spec), behaviour_(&behaviour), interpretations_(&interpretations), calls_(calls) {}

  /// Lets happen what falls due until business time is what it is to be at the moment `wall`, in the order of time, and of rows within a second. Ends after
  /// about `most` contacts; business time is then behind. Returns business time.
  core::DateTime catch_up(Calendar& calendar, store::DataStore& store, core::DateTime wall, std::size_t most);

  /// True if the request waits instead of being carried out: what happens meanwhile is done then, as `result_set` shows.
  bool delay(Calendar& calendar, store::DataStore& store, const core::Request& request, core::DateTime now, store::ResultSet& result_set);
  /// Carries out all that waits: the wall clock knows no sleep.
  void end_waiting(Calendar& calendar, store::DataStore& store, core::DateTime now);

  /// Longest work of one request to the world, and of one to the admin API: contacts.
  static constexpr std::size_t most_by_request = 2'000, most_by_admin = 100'000;

 private:
  struct NextContacts {
    core::DateTime at;
    std::size_t first = 0, end = 0;  // of the schedule
    std::int64_t period = 0;
  };
  std::optional<NextContacts> next_contacts(Calendar& calendar, const store::DataStore& store) const;
  void contact(Calendar& calendar, store::DataStore& store, store::RowNumber row, core::DateTime at, std::int64_t period);
  bool is_reachable(const store::Table& meters, store::RowNumber row, std::uint64_t chance) const;
  void fill(const store::Table& meters, store::RowNumber row, core::DateTime at, core::DateTime began, std::uint64_t chance);
  void report(Calendar& calendar, store::DataStore& store, store::RowNumber row, core::DateTime at) const;
  enum class Outcome { arrived, expired };
  void finish(store::DataStore& store, const WaitingRequest& waiting, core::DateTime now, Outcome outcome);

  const core::Spec* spec_;
  const std::optional<core::MeterBehaviour>* behaviour_;
  const store::Interpretations* interpretations_;
  bool calls_;
  json::RequestBodyParser parser_;
  core::Request request_;           // a contact's, or one that waited
  std::vector<std::string> texts_;  // by field
  store::ResultSet result_set_;
};

}  // namespace meterproof::mockserver
