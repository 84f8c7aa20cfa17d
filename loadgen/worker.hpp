// Plays a scenario over a swarm: fills requests, judges every reply, and keeps the books.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/swarm.hpp"
#include "loadgen/fleet.hpp"
#include "loadgen/histogram.hpp"
#include "loadgen/ledger.hpp"
#include "loadgen/options.hpp"
#include "loadgen/schedule.hpp"
#include "loadgen/stamps.hpp"
#include "reports/load_record.hpp"

namespace meterproof::load {

/// Sent later than that after the intended moment, a request counts as late.
inline constexpr std::chrono::milliseconds late{1};

/// What a run's clocks showed, warm-up aside.
struct Clocks {
  Histogram lateness;  // intended to sent
  Histogram service;   // sent to answered
  Histogram latency;   // intended to answered
  Histogram own;       // of the lateness, what was neither a wait for a connection nor for a timestamp

  void add(const Clocks& other);
};

/// The clocks by the names that records give them.
std::vector<std::pair<const char*, Histogram*>> by_name(Clocks& clocks);

/// A second's percentiles; none where nothing was recorded.
void fill_latencies(reports::LoadInterval& interval, const Histogram& latency);

class Worker final : public http::Driver {
 public:
  /// All of them must outlive it. `log` takes each second's histograms where it is not null.
  Worker(const spec::Spec& spec, const LoadOptions& options, Fleet& fleet, Stamps& stamps, std::vector<Ledger>& ledgers, HistogramLog* log);

  void begin(http::SteadyTime now);
  /// The last second is closed.
  void finish(http::SteadyTime now);
  void fill_record(reports::LoadRecord& record) const;
  const Clocks& clocks() const { return clocks_; }
  std::uint64_t count_of(spec::SignatureFault fault) const;
  /// The share of the time in which nothing could be sent for want of a timestamp.
  double share_without_stamp() const;

  http::SteadyTime next_due(http::SteadyTime now) override;
  void fill(std::size_t connection, http::SteadyTime now, std::string& bytes) override;
  void leaves(std::size_t connection, http::SteadyTime now, http::SteadyTime idle_since) override;
  void replied(std::size_t connection, http::SteadyTime now, const wire::HttpParser& reply) override;
  void failed(std::size_t connection, http::SteadyTime now, http::Outcome why) override;
  void not_connected(http::Outcome why) override { ++errors_["not connected: " + std::string(to_string(why))]; }
  void tick(http::SteadyTime now) override;

 private:
  struct Flight {
    http::SteadyTime intended, sent;
    Call call;
    bool measured = false;
  };
  struct CodeCount {
    std::uint32_t play;
    int code;
    std::uint64_t count;
  };

  spec::DateTime wall(http::SteadyTime now);
  void count_code(std::uint32_t play, int code);
  void book(const Flight& flight, http::SteadyTime now);
  void err(std::string_view cause);
  void give_up_overdue(http::SteadyTime now);
  void close_intervals(http::SteadyTime now);
  void close_interval(http::SteadyTime end);
  std::string progress_line(double length) const;

  const spec::Spec& spec_;
  const LoadOptions& options_;
  Fleet& fleet_;
  Stamps& stamps_;
  std::vector<Ledger>& ledgers_;
  HistogramLog* log_;
  std::optional<Schedule> schedule_;  // none in a closed loop
  std::vector<Flight> flights_;
  std::vector<wire::ReplyScanner> scanners_;      // by play
  std::vector<std::vector<Ledger*>> ledgers_of_;  // by play
  std::vector<std::string> heads_;                // by play
  std::string body_, no_code_;
  Clocks clocks_;
  Histogram interval_latency_;                                       // of all that was answered
  Histogram logged_latency_, interval_service_, interval_lateness_;  // for the log, warm-up aside
  reports::LoadInterval interval_;
  std::vector<reports::LoadInterval> series_;
  std::vector<CodeCount> codes_;
  std::map<std::string, std::uint64_t> totals_before_;  // of the codes, by the end of the last interval
  std::map<std::string, std::uint64_t, std::less<>> errors_;
  std::uint64_t requests_ = 0, replies_ = 0, measured_ = 0, measured_good_ = 0, late_sends_ = 0, own_late_sends_ = 0, successes_ = 0;
  std::chrono::nanoseconds without_stamp_{0};
  std::optional<http::SteadyTime> stampless_since_;
  http::SteadyTime stamped_since_;  // from when on there was a timestamp
  http::SteadyTime begin_, measured_from_, end_, finished_, last_reply_, interval_begin_, interval_end_, next_plain_line_;
  http::SteadyTime wall_until_;  // the wall clock shows the same second until then
  spec::DateTime wall_;
};

}  // namespace meterproof::load
