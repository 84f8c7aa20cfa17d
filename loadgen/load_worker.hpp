// Plays a scenario over a swarm: fills requests, judges every reply, and keeps the books.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/acknowledged_writes.hpp"
#include "loadgen/arrival_schedule.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/timestamp_allocator.hpp"
#include "loadgen/virtual_devices.hpp"
#include "net/client/connection_pool.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// Sent later than that after the intended moment, a request counts as late.
inline constexpr std::chrono::milliseconds late{1};

/// What a run's clocks showed, warm-up aside.
struct LatencyHistograms {
  Histogram lateness;       // intended to sent
  Histogram service;        // sent to answered
  Histogram latency;        // intended to answered
  Histogram generator_lag;  // of the lateness, what was neither a wait for a connection nor for a timestamp

  void add(const LatencyHistograms& other);
};

/// The clocks by the names that records give them.
std::vector<std::pair<const char*, Histogram*>> by_name(LatencyHistograms& latencies);

/// A second's percentiles; none where nothing was recorded.
void summarize(reports::LoadInterval& interval, const Histogram& latency);

class LoadWorker final : public net::RequestSource {
 public:
  /// All of them must outlive it. `log` takes each second's histograms where it is not null.
  LoadWorker(const core::Spec& spec, const LoadOptions& options, VirtualDevices& devices, TimestampAllocator& timestamps,
             std::vector<AcknowledgedWrites>& ledgers, HistogramLog* log);

  void begin(net::SteadyTime now);
  /// The last second is closed.
  void finish(net::SteadyTime now);
  void fill_record(reports::LoadRecord& record) const;
  const LatencyHistograms& latencies() const { return latencies_; }
  std::uint64_t count_of(core::SignatureError fault) const;
  /// The share of the time in which nothing could be sent for want of a timestamp.
  double starvation_ratio() const;

  net::SteadyTime next_due(net::SteadyTime now) override;
  void make_request(std::size_t connection, net::SteadyTime now, std::string& bytes) override;
  void on_sent(std::size_t connection, net::SteadyTime now, net::SteadyTime idle_since) override;
  void on_response(std::size_t connection, net::SteadyTime now, const net::HttpParser& reply) override;
  void on_error(std::size_t connection, net::SteadyTime now, net::TransportResult why) override;
  void on_connect_error(net::TransportResult why) override;
  void on_tick(net::SteadyTime now) override;

 private:
  struct InFlight {
    net::SteadyTime intended, sent;
    DeviceCall call;
    bool measured = false;
  };
  struct CodeCount {
    std::uint32_t step;
    int code;
    std::uint64_t count;
  };

  core::DateTime wall(net::SteadyTime now);
  void count_code(std::uint32_t step, int code);
  void record_latency(const InFlight& in_flight, net::SteadyTime now);
  void count_error(const i18n::Message& cause);
  void give_up_overdue(net::SteadyTime now);
  void close_intervals(net::SteadyTime now);
  void close_interval(net::SteadyTime end);
  std::string progress_line(double length) const;

  const core::Spec& spec_;
  const LoadOptions& options_;
  VirtualDevices& devices_;
  TimestampAllocator& timestamps_;
  std::vector<AcknowledgedWrites>& ledgers_;
  HistogramLog* log_;
  std::optional<ArrivalSchedule> schedule_;  // none in a closed loop
  std::vector<InFlight> in_flight_;
  std::vector<json::ResponseScanner> scanners_;               // by play
  std::vector<std::vector<AcknowledgedWrites*>> ledgers_of_;  // by play
  std::vector<std::string> heads_;                            // by play
  std::string body_;
  i18n::Message no_code_;
  LatencyHistograms latencies_;
  Histogram interval_latency_;                                       // of all that was answered
  Histogram logged_latency_, interval_service_, interval_lateness_;  // for the log, warm-up aside
  reports::LoadInterval interval_;
  std::vector<reports::LoadInterval> series_;
  std::vector<CodeCount> codes_;
  std::map<std::string, std::uint64_t> totals_before_;  // of the codes, by the end of the last interval
  std::vector<reports::ErrorRecord> errors_;
  std::uint64_t requests_ = 0, replies_ = 0, measured_ = 0, measured_good_ = 0, late_sends_ = 0, own_late_sends_ = 0, successes_ = 0;
  std::chrono::nanoseconds without_stamp_{0};
  std::optional<net::SteadyTime> stampless_since_;
  net::SteadyTime stamped_since_;  // from when on there was a timestamp
  net::SteadyTime begin_, measured_from_, end_, finished_, last_reply_, interval_begin_, interval_end_, next_plain_line_;
  net::SteadyTime wall_until_;  // the wall clock shows the same second until then
  core::DateTime wall_;
};

}  // namespace meterproof::loadgen
