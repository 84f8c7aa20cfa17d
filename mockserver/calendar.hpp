// SPDX-License-Identifier: Apache-2.0
// The business time of a world, and what waits for a moment of it. Business time is the wall clock until somebody moves it.
//
// Nothing happens by itself: whoever moves the time, or sends a request to the world, first lets MeterLife carry out what has fallen due. So business time
// is never ahead of what happened in it, and the same steps give the same rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/store/reference_index.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::mockserver {

/// A request whose effects wait.
struct WaitingRequest {
  std::string interface;                  // its name
  std::optional<store::RowNumber> meter;  // for whose contact it waits
  core::DateTime due;                     // when it is carried out; of one that waits for a contact: when that has not come in time
  std::string body;                       // its fields, a JSON object
};

/// A call of the other side.
struct OutgoingCall {
  std::size_t interface = 0;              // of Spec::interfaces
  std::optional<store::RowNumber> meter;  // whose contact it is
  core::DateTime at;                      // business time
  std::string body;
  std::uint64_t number = 0;  // no two calls of this process have the same
};

/// Not thread-safe; a copy is one of its own.
class Calendar {
 public:
  static constexpr double fastest = 1e7;                          // seconds of business time in a second
  static constexpr std::size_t most_waiting_bytes = 64UL << 20U;  // of the waiting requests of a world

  /// Whether business time is another one than the wall clock.
  bool is_own() const { return own_; }
  /// Business time: of everything that has happened until then. Only where it is its own.
  core::DateTime now() const { return reached_; }
  /// What business time is to be at that moment of the wall clock.
  core::DateTime target(core::DateTime wall) const;
  double rate() const { return rate_; }
  /// When it became its own; and at which moment of the wall clock, in seconds: what tells this run of a plan from others.
  core::DateTime began() const { return began_; }
  std::int64_t run() const { return run_; }
  /// From when on what meters use is known: the beginning, or when the world got other rows.
  core::DateTime lives_since() const { return lives_since_; }
  std::uint64_t contacts() const { return contacts_; }

  /// From here on business time is its own: `business` at the moment `wall`. Nothing happens by that.
  void begin(core::DateTime business, core::DateTime wall);
  /// What it is to be at the moment `wall`, not before `now`.
  void aim(core::DateTime business, core::DateTime wall);
  void set_rate(double rate, core::DateTime wall);
  void return_to_wall_clock();
  /// All until then has happened.
  void reach(core::DateTime time);
  void count_contact() { ++contacts_; }

  bool has_room_for(const WaitingRequest& request) const;
  /// False where there is no room for it.
  bool add(WaitingRequest request);
  std::size_t waiting() const { return waiting_.size(); }
  /// When the next one falls due.
  std::optional<core::DateTime> next_due() const;
  /// Takes the first one that is due by then.
  std::optional<WaitingRequest> take_due(core::DateTime time);
  /// Takes the oldest one that waits for that meter.
  std::optional<WaitingRequest> take_for(store::RowNumber meter);
  /// Takes the oldest one.
  std::optional<WaitingRequest> take_any();
  /// Of other rows nothing waits, is called or is known of before now.
  void forget_rows();
  void call(OutgoingCall call);
  /// Nothing is called any more; business time stands still for whoever held it.
  void forget_calls();

  /// Calls that wait to be made, in their order. Business time stands still until there are none.
  std::deque<OutgoingCall> outgoing;
  /// Business time does not pass this before somebody has done what is due then.
  std::optional<core::DateTime> hold;

  /// How many of the meters of the next second have made contact already.
  std::size_t contacts_of_second = 0;
  /// The meters in the order of their contacts: seconds after the first one, and row. Made anew when there are more meters.
  using Schedule = std::vector<std::pair<std::uint32_t, store::RowNumber>>;
  std::shared_ptr<const Schedule> schedule;
  /// Rows that the table had, and what the behaviour said: the schedule is another one where one of them is.
  struct ScheduledFor {
    std::size_t rows = 0, table = 0;
    std::int64_t within = 0;
    std::uint64_t seed = 0;
    friend bool operator==(const ScheduledFor&, const ScheduledFor&) = default;
  };
  ScheduledFor scheduled_for;

  /// For a file: the state without what waits, as a JSON text; "" where business time is the wall clock. `read` returns false for another text.
  std::string to_text() const;
  bool read(const std::string& text);
  /// Those of the waiting requests that came or went since the last call. Recorded from `record_changes` on.
  std::set<std::uint64_t> take_changes() { return std::exchange(changed_, {}); }
  void put_back(const std::set<std::uint64_t>& changes) { changed_.insert(changes.begin(), changes.end()); }
  void record_changes(bool recording);
  const std::map<std::uint64_t, WaitingRequest>& all_waiting() const { return waiting_; }
  void add_kept(std::uint64_t id, WaitingRequest request);

 private:
  WaitingRequest take(std::uint64_t id);

  bool own_ = false;
  core::DateTime business_, wall_;  // the one was the other then
  double rate_ = 1;
  core::DateTime began_, reached_, lives_since_;
  std::int64_t run_ = 0;
  std::uint64_t contacts_ = 0;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, WaitingRequest> waiting_;
  std::set<std::pair<core::DateTime, std::uint64_t>> by_due_;
  std::set<std::pair<store::RowNumber, std::uint64_t>> by_meter_;
  std::size_t waiting_bytes_ = 0;
  bool recording_ = false;
  std::set<std::uint64_t> changed_;
};

/// A waiting request as a JSON text, and back; nothing for another text.
std::string to_text(const WaitingRequest& request);
std::optional<WaitingRequest> waiting_request_from(const std::string& text);

}  // namespace meterproof::mockserver
