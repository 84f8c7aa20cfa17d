// SPDX-License-Identifier: Apache-2.0
/// The admin API of the mock, under /_mock/: health, worlds and their data, their time, faults, requests, counters, metrics. JSON in, JSON out,
/// but for the metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mockserver/admin_answers.hpp"
#include "mockserver/meter_life.hpp"
#include "mockserver/mock_state.hpp"

namespace meterproof::mockserver {

/// Answers the requests whose path begins with `prefix`; one function per route.
class AdminApi {
 public:
  static constexpr std::string_view prefix = "/_mock/";
  /// Whole worlds are put there, in larger bodies than other requests may have.
  static constexpr std::string_view data_request = "PUT /_mock/data";
  static constexpr std::uint64_t most_data_bytes = 64UL << 20U;

  /// A request to the admin API: the body, the id at the end of its path ("" for none), what its query says, the mock's time, and the address by which the
  /// mock is called.
  struct Call {
    std::string_view body, id;
    AdminQuery query;
    core::DateTime now;
    std::string_view host;
  };
  using Answer = AdminAnswer;

  /// `handler`: of the thread that calls.
  AdminApi(MockState& state, RequestHandler& handler)
      : state_(&state), handler_(&handler), life_(*state.spec_, state.options_.meters, state.interpretations_, state.options_.calls) {}

  /// Fills in status and body. 404 for an unknown path, 405 for a method the path does not take, 400 for a body or a query that cannot be used, 415
  /// for a body that is not declared as JSON, 403 for what a web page of somebody else had a browser send: its Origin is foreign, or its Host is
  /// neither an address nor localhost nor one of MockOptions::admin_hosts; 401 for one without the control token, where there is one (RFC 6750), and for
  /// everything where one is needed and missing. Each says why in "error" and "error_zh". The headers Mock-Wall-Time and Mock-Business-Time tell both times;
  /// the second of the world that is asked for, or the only one.
  void handle(const net::HttpParser& request, core::DateTime now, net::Response& response);
  /// The worlds whose rows were read or replaced.
  const std::vector<World*>& touched() const { return touched_; }
  /// Whether the request log is to be cleared wherever it is kept.
  bool clears_requests() const { return clears_requests_; }

 private:
  struct Route;

  Answer answer(const net::HttpParser& request, core::DateTime now);
  Answer get_health(const Call& call);
  Answer get_worlds(const Call& call);
  Answer save_world(const Call& call);
  Answer restore_world(const Call& call);
  Answer fork_world(const Call& call);
  Answer compare_worlds(const Call& call);
  Answer remove_snapshot(const Call& call);
  Answer get_data(const Call& call);
  Answer put_data(const Call& call);
  Answer reset_data(const Call& call);
  Answer get_faults(const Call& call);
  Answer add_fault(const Call& call);
  Answer clear_faults(const Call& call);
  Answer reload(const Call& call);
  Answer get_requests(const Call& call);
  Answer get_events(const Call& call);
  Answer get_rows(const Call& call);
  Answer change_rows(const Call& call);
  Answer get_interfaces(const Call& call);
  Answer get_interpretations(const Call& call);
  Answer answer_questions(const Call& call);
  Answer make_exchange(const Call& call);
  Answer call_other_side(const Call& call);
  Answer get_clock(const Call& call);
  Answer move_clock(const Call& call);
  Answer clear_requests(const Call& call);
  Answer get_counters(const Call& call);
  Answer clear_counters(const Call& call);
  Answer get_metrics(const Call& call);

  /// The world that is called so; where nothing is called, the only one there is. Null, with the refusal, where that does not say which.
  World* world_named(const std::optional<std::string>& name, std::optional<Answer>& refusal);
  /// Puts the rows and the time of a world or a snapshot into a world.
  Answer put_copy(const std::string& from, const std::optional<std::string>& to, core::DateTime now);
  /// A copy of what a world or a snapshot has, otherwise as above.
  std::optional<WorldContent> content_named(const std::optional<std::string>& name, std::optional<Answer>& refusal);

  /// Lets happen in the world what has fallen due.
  void catch_up(World& world);
  /// Header lines with the wall clock and the business time of the world that was asked for.
  std::string both_times(core::DateTime now) const;

  MockState* state_;
  RequestHandler* handler_;
  MeterLife life_;
  core::DateTime now_;  // of the call at hand
  std::vector<World*> touched_;
  bool clears_requests_ = false;
};

}  // namespace meterproof::mockserver
