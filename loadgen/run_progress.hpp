// SPDX-License-Identifier: Apache-2.0
// What a run tells while it goes on, second by second: a line of progress, the metrics, the histogram log. Of a run on several threads, their sums.
#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "loadgen/histogram.hpp"
#include "loadgen/histogram_log.hpp"
#include "loadgen/live_metrics.hpp"
#include "loadgen/load_options.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// The histograms of a second that a log has, without the warm-up, in this order.
inline constexpr std::array<const char*, 3> logged_histograms = {"response_time", "service_time", "queueing_delay"};
using LoggedHistograms = std::array<Histogram, logged_histograms.size()>;

/// For any thread.
class RunProgress {
 public:
  /// `parts`: threads that tell it each of their seconds. `log` may be null, and must outlive it.
  RunProgress(const LoadOptions& options, std::size_t parts, std::ostream* log);

  /// Seconds since 1970. Call before `add`.
  void begin(double started_at);
  bool logs() const { return log_ != nullptr; }
  bool publishes() const { return metrics_ != nullptr; }

  /// The next second of a thread. `response_time`: of it, warm-up included. `totals`: of the thread so far; not looked at without metrics.
  void add(std::size_t part, const reports::LoadInterval& second, const Histogram& response_time, const LoggedHistograms& logged, LoadTotals totals);
  /// The thread tells no more: others do not wait for it.
  void leave(std::size_t part);
  /// What some threads have told and others have not.
  void finish();

 private:
  struct Second {
    reports::LoadInterval interval;
    Histogram response_time;
    std::optional<LoggedHistograms> logged;
    std::size_t parts = 0;
  };

  /// Tells the seconds that no thread will add to any more, in their order.
  void tell_whole();
  void add_to(Second& into, const reports::LoadInterval& second, const Histogram& response_time, const LoggedHistograms& logged) const;
  void tell(const reports::LoadInterval& second, const Histogram& response_time, const LoggedHistograms* logged);

  const std::function<void(const i18n::Message&)>& progress_;
  const bool terminal_;
  LiveMetrics* const metrics_;
  std::ostream* const log_;
  std::mutex mutex_;  // guards what follows
  std::optional<HistogramLog> histogram_log_;
  std::vector<std::size_t> told_;          // seconds, by thread
  std::vector<LoadTotals> totals_;         // by thread
  std::map<std::size_t, Second> seconds_;  // that not all threads have told
  double next_plain_line_s_;
};

}  // namespace meterproof::loadgen
