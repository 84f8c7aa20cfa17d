// SPDX-License-Identifier: Apache-2.0
// Executes a workload over a ConnectionPool: makes the requests, checks every reply, and records latencies, codes and errors.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time/clock_watch.hpp"
#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/arrival_schedule.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/reply_reader.hpp"
#include "loadgen/run_clock.hpp"
#include "loadgen/run_progress.hpp"
#include "loadgen/target_clock.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"
#include "net/client/connection_pool.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// A request that is sent later than that after its due time counts as late.
inline constexpr std::chrono::milliseconds late_threshold{1};

/// The latencies of a run without its warm-up. Due time: when the schedule wanted the request to be sent.
struct LatencyHistograms {
  Histogram queueing_delay;  // from due to sent
  Histogram service_time;    // from sent to answered
  Histogram response_time;   // from due to answered: what a user waits (no coordinated omission)
  Histogram generator_lag;   // the part of queueing_delay that was no wait for a connection or a timestamp: the generator's own fault

  void add(const LatencyHistograms& other);
};

/// The histograms by their names in records.
std::vector<std::pair<const char*, Histogram*>> by_name(LatencyHistograms& latencies);

/// Sets the interval's percentiles; leaves them unset if nothing was recorded.
void summarize(reports::LoadInterval& interval, const Histogram& latency);

/// For one thread.
class LoadWorker final : public net::RequestSource {
 public:
  /// All arguments must outlive it. `progress`: told every second; may be null.
  LoadWorker(const core::Spec& spec, const LoadOptions& options, VirtualDevices& devices, TimestampAllocator& timestamps,
             std::vector<AcknowledgedWrites>& acknowledged_writes, RunProgress* progress);

  /// Starts the schedule. Call before ConnectionPool::run. `clock`: what the requests are signed with; must outlive it.
  void begin(net::SteadyTime now, const RunClock& clock);
  /// Ends the last interval. Call after ConnectionPool::run.
  void finish(net::SteadyTime now);
  void fill_record(reports::LoadRecord& record) const;
  const LatencyHistograms& latencies() const { return latencies_; }
  std::uint64_t count_of(core::SignatureError fault) const;
  /// By appId, in the allocator's order.
  struct AppCount {
    std::uint64_t replies = 0, refused = 0;  // refused: the appId or its secret
    int code = 0;                            // of a refusal
    bool left_out = false;                   // its first replies were all refusals
  };
  const std::vector<AppCount>& apps() const { return apps_; }
  /// By how much this machine's clock was set during the run, ahead and back; zero where it was not.
  std::chrono::milliseconds clock_step() const { return clock_step_; }
  /// The share of the run, 0 to 1, in which nothing could be sent because no timestamp was free.
  double starvation_ratio() const;

  net::SteadyTime next_due(net::SteadyTime now) override;
  void make_request(std::size_t connection, net::SteadyTime now, std::string& bytes) override;
  void on_sent(std::size_t connection, net::SteadyTime now, net::SteadyTime idle_since) override;
  void on_response(std::size_t connection, net::SteadyTime now, const net::HttpParser& reply) override;
  void on_error(std::size_t connection, net::SteadyTime now, net::TransportResult why) override;
  void on_left(std::size_t connection, net::SteadyTime now) override;
  void on_connect_error(net::TransportResult why, std::string_view detail) override;
  void on_tick(net::SteadyTime now) override;

 private:
  struct InFlight {
    net::SteadyTime intended, sent;
    DeviceCall call;
    std::size_t app = 0;
    core::DateTime second;  // it is signed with
    bool measured = false;
  };
  struct CodeCount {
    std::uint32_t step;
    int code;
    std::uint64_t count;
  };

  void count_code(std::uint32_t step, int code);
  void count_app(std::size_t app, int code);
  /// Sends no more, for that reason.
  void end_early(i18n::Message why);
  void watch_clock(net::SteadyTime now);
  /// Looks at the reply's Date header, once a second, and where the time is in doubt.
  void watch_target_clock(net::SteadyTime now, net::SteadyTime sent, const net::HttpParser& reply, bool in_doubt);
  /// The target refuses every timestamp since some time: ends the run if a clock, and not the target, is the likely cause.
  void judge_refused_times();
  void record_latency(const InFlight& in_flight, net::SteadyTime now);
  void count_error(const i18n::Message& cause);
  /// Takes secrets and the request's signature out of what is told of an irregular reply.
  void redact(ReplyReader& reader, const net::HttpParser& reply, const InFlight& in_flight) const;
  void give_up_overdue(net::SteadyTime now);
  void close_intervals(net::SteadyTime now);
  void close_interval(net::SteadyTime end);
  LoadTotals totals_so_far(net::SteadyTime now) const;

  const core::Spec& spec_;
  const LoadOptions& options_;
  VirtualDevices& devices_;
  TimestampAllocator& timestamps_;
  RunProgress* progress_;
  std::optional<ArrivalSchedule> schedule_;  // empty in a closed loop
  std::vector<InFlight> in_flight_;
  std::vector<ReplyReader> readers_;                              // by step
  std::vector<std::vector<AcknowledgedWrites*>> writes_by_step_;  // by step
  std::vector<std::string> heads_;                                // by step
  std::string body_;
  json::IrregularReplies irregular_replies_;
  LatencyHistograms latencies_;
  Histogram interval_response_time_;  // of the current interval, warm-up included
  LoggedHistograms logged_;           // of the current interval, without the warm-up
  reports::LoadInterval interval_;
  std::vector<reports::LoadInterval> series_;
  std::vector<CodeCount> codes_;
  std::map<std::string, std::uint64_t> totals_before_;  // of the codes, at the end of the last interval
  std::vector<reports::ErrorRecord> errors_;
  std::vector<AppCount> apps_;
  const RunClock* clock_ = nullptr;
  std::optional<core::ClockWatch> clock_watch_;
  std::chrono::milliseconds clock_step_{0};
  TargetClock target_clock_;
  net::SteadyTime next_date_;           // when the next Date header is looked at
  std::uint64_t refused_for_time_ = 0;  // in a row
  bool time_accepted_ = false;          // the target has accepted a timestamp of the schedule
  i18n::Message ended_;
  std::uint64_t left_ = 0, all_errors_ = 0;
  std::uint64_t scheduled_ = 0, on_schedule_ = 0;  // of those that are measured
  std::uint64_t requests_ = 0, replies_ = 0, measured_ = 0, measured_good_ = 0, late_sends_ = 0, generator_late_sends_ = 0, successes_ = 0;
  std::chrono::nanoseconds without_timestamp_{0};
  std::optional<net::SteadyTime> no_timestamp_since_;
  net::SteadyTime timestamp_since_;  // since when a timestamp has been free
  net::SteadyTime begin_, measured_from_, end_, finished_, last_reply_, interval_begin_, interval_end_;
};

}  // namespace meterproof::loadgen
