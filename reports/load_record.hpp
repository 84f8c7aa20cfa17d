// What a load run leaves behind: plain data, written as JSON (docs/load.schema.json) and read again.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/style.hpp"

namespace meterproof::reports {

/// Milliseconds; NaN where the sample is too small to say.
struct LatencyRecord {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  double p50 = unknown, p90 = unknown, p99 = unknown, p999 = unknown, p9999 = unknown, max = unknown, mean = unknown;
};

/// One second of a run, by when its replies came.
struct LoadInterval {
  double begin_s = 0;  // since the run's beginning
  std::uint64_t requests = 0, replies = 0, good = 0, errors = 0, late_sends = 0;
  /// Milliseconds, from the intended moment; p99 of a few is their largest. NaN where no answer came.
  double p50 = LatencyRecord::unknown, p99 = LatencyRecord::unknown, max = LatencyRecord::unknown;
  std::string histogram;  // of a shard, as in LoadRecord::histograms: merging needs it
  std::map<std::string, std::uint64_t> result_codes;
};

/// Whether what was accepted is still there.
struct ReconciliationRecord {
  std::string name;  // CALL.FIELD in QUERY
  std::uint64_t acknowledged = 0, standing = 0;
  std::uint64_t lost = 0, doubled = 0, unasked = 0;               // of the acknowledged; unasked: the query got no answer
  std::uint64_t unacknowledged = 0, unacknowledged_standing = 0;  // no reply came: either is right
  std::vector<std::string> lost_names, doubled_names;             // the first hundred of each
};

struct ThresholdRecord {
  std::string text;  // as it was asked for: p99<50ms
  bool met = false;
  std::string found;
};

/// A metric beside that of the run it is compared with.
struct DifferenceRecord {
  std::string metric;  // p50, p99: milliseconds; rate: per second; errors: a share
  double base = 0, current = 0;
  double change = 0, low = 0, high = 0;  // current / base (of errors: current - base), and the interval in which 95 of 100 resamplings lie
  std::string verdict;                   // worse, better, same, or unsure where fewer than five seconds were measured
};

/// One of several repetitions, or of the steps of a search.
struct LoadRun {
  double intended_rate = 0, rate = 0, p50 = 0, p99 = 0, p999 = 0, errors = 0;  // errors: a share
  std::string verdict;                                                         // of a search's step
  // By seconds, the warm-up aside; those without an answer have no p50 and p99.
  std::vector<double> p50_by_interval, p99_by_interval, rate_by_interval, errors_by_interval;
};

struct LoadRecord {
  std::string tool, started, target, workload, mode;  // mode: "open" or "closed"
  double started_at = 0;                              // seconds since 1970
  std::vector<std::string> stages;
  std::string arrival;
  std::string shard;  // "0/4", or "merged"
  std::uint64_t seed = 0;
  double duration_s = 0, warm_up_s = 0, measured_s = 0;             // measured: without the warm-up
  std::uint64_t requests = 0, replies = 0, good = 0, measured = 0;  // good: answered as they should be; measured: replies
  double rate = 0;                                                  // good replies per second, measured
  double intended_rate = 0;                                         // 0 in a closed loop
  std::uint64_t connections = 0, meters = 0, apps = 0;
  LatencyRecord latency;                                                 // from the intended moment of sending to the reply
  LatencyRecord service;                                                 // from the sending to the reply
  LatencyRecord lateness;                                                // from the intended moment to the sending
  LatencyRecord generator_lag;                                           // of that, what was neither a wait for a connection nor for a timestamp
  std::map<std::string, std::string> histograms;                         // of these four, by name: HdrHistogram V2, microseconds
  std::map<std::string, std::vector<std::pair<double, double>>> curves;  // latency and service: quantiles and their milliseconds, for drawing
  std::map<std::string, std::uint64_t> result_codes;
  std::map<std::string, std::map<std::string, std::uint64_t>> by_interface;  // result codes
  std::map<std::string, std::uint64_t> errors;                               // by cause
  std::uint64_t late_sends = 0;                                              // more than a millisecond after the intended moment
  std::uint64_t generator_late_sends = 0;                                    // of these, late by ourselves
  double cpu_us_per_request = 0, cpu_share = 0;                              // our own, user and system
  std::vector<LoadInterval> series;
  std::vector<ReconciliationRecord> reconciliation;
  std::vector<ThresholdRecord> thresholds;
  std::vector<DifferenceRecord> differences;
  std::vector<LoadRun> runs;
  std::vector<std::string> notes;
  double max_generator_lag_ms = 20;  // own lateness beyond that, at p99, or beyond a twentieth of it, at p50: the figures are the generator's own
  bool interrupted = false;
  std::string verdict;  // in a few words, why the exit code is what it is
  int exit_code = 0;

  /// Requests that were not answered as they should be.
  std::uint64_t failures() const { return requests > good ? requests - good : 0; }
};

std::string to_json(const LoadRecord& record);
/// Nothing where the text is no such record; `why` says what is wrong.
std::optional<LoadRecord> load_record_from(const std::string& json, std::string& why);
std::string to_text(const LoadRecord& record, const TextStyle& style = {});
/// A test case a threshold, a reconciliation, and the run as a whole.
std::string to_junit(const LoadRecord& record);

}  // namespace meterproof::reports
