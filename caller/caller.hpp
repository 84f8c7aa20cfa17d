// SPDX-License-Identifier: Apache-2.0
// Calls the other side for a mock, in business time: the platform's reports of third-party meters, whose answers the meters obey; or what the plan of the
// billing side says, whose effects its own rows keep as well. What is answered is judged while it works.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "caller/call_judge.hpp"
#include "caller/call_plan_queue.hpp"
#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/json/request_body_parser.hpp"
#include "core/model/call_plan.hpp"
#include "mockserver/meter_life.hpp"
#include "mockserver/mock_state.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::caller {

struct CallerOptions {
  net::Address address;         // of the other side
  std::vector<auth::App> apps;  // that sign; one at least
  core::Role own = core::Role::platform;
  core::CallPlan plan;  // without steps where nothing is planned
  std::size_t customers = 1;
  std::chrono::milliseconds timeout{10'000};
  std::optional<double> most_per_second;
  std::function<void(const i18n::Message&)> tell = {};  // what somebody must know while it goes on; called on its thread, each at most once
};

/// A call without an answer is made again twice; a report then waits for the meter's next contact.
class Caller {
 public:
  /// `spec` and `state` must outlive it; MockOptions::calls is set.
  Caller(const core::Spec& spec, mockserver::MockState& state, CallerOptions options);
  ~Caller() { stop(); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  void start();
  /// Returns when the call in progress is done.
  void stop();
  /// "TLSv1.3" once there was a connection with TLS; otherwise "".
  std::string_view tls_version() const { return client_.tls_version(); }
  /// What was judged so far. May be called from any thread.
  reports::CheckRecord record() const;

 private:
  using Wall = std::chrono::system_clock::time_point;

  void run();
  /// The next call; nothing where there is none yet. Does what the plan wants of our own rows.
  std::optional<mockserver::OutgoingCall> next();
  std::optional<mockserver::OutgoingCall> planned(const DueStep& due, store::DataStore& store);
  void change_own(const core::OwnChange& change, const DueStep& due, store::DataStore& store) const;
  /// The text with its placeholders filled in, and @N as the date that many days from then.
  std::string filled(const std::string& pattern, const DueStep& due) const;
  void make(const mockserver::OutgoingCall& call);
  /// Waits until the next call may be made, or nothing is to be called any more.
  void keep_rate();
  /// Whether the world still wants that call: it may have got other contents meanwhile.
  bool is_wanted(const mockserver::OutgoingCall& call) const;
  net::HttpRequest signed_request(const core::Interface& interface, const std::string& body);
  /// A second that this app has not signed yet; waits for the next one where all of the window are used.
  std::optional<std::pair<std::size_t, core::DateTime>> take_timestamp();
  /// What the answer means for our rows. Returns what of its rows contradicts the calls before; nothing where that was not compared.
  std::optional<std::vector<i18n::Message>> settle(const mockserver::OutgoingCall& call, const conformance::Reply& reply, bool accepted);
  void obey(const mockserver::OutgoingCall& call, const conformance::Reply& reply, store::DataStore& store) const;

  const core::Spec& spec_;
  mockserver::MockState& state_;
  CallerOptions options_;
  auth::Signer signer_;
  mockserver::MeterLife life_;
  net::HttpClient client_;
  std::optional<CallPlanQueue> queue_;                // from when business time is its own
  core::DateTime began_, seen_;                       // of the plan; business time as it was seen last
  std::int64_t run_ = 0;                              // tells its keys from those of other runs
  std::uint64_t compares_number_ = 0;                 // of the call whose rows are to be compared
  std::chrono::steady_clock::time_point not_before_;  // of the next call, where there is a rate
  bool told_silence_ = false, told_wait_ = false;
  bool doubtful_ = false;                     // a call without an answer may have been carried out: our rows may not be the other side's
  std::vector<std::set<std::int64_t>> used_;  // seconds, by app
  json::RequestBodyParser parser_;
  mutable std::mutex judge_mutex_;  // guards the judge
  CallJudge judge_;
  std::string started_;
  std::mutex stop_mutex_;
  std::condition_variable stopping_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace meterproof::caller
