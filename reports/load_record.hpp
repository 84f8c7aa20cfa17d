// SPDX-License-Identifier: Apache-2.0
// What a load run leaves behind, as plain data (schema: docs/load.schema.json).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "reports/style.hpp"

namespace meterproof::reports {

/// Milliseconds; NaN where the sample is too small to say.
struct LatencyRecord {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  double p50 = unknown, p90 = unknown, p95 = unknown, p99 = unknown, p999 = unknown, p9999 = unknown, max = unknown, mean = unknown;
};

/// The 95 % confidence interval of a percentile (loadgen/percentile_intervals.hpp).
struct PercentileInterval {
  std::string clock, percentile;  // response_time, p99
  double low = 0, high = 0;       // milliseconds
};

/// One second of a run, by when its replies came.
struct LoadInterval {
  double begin_s = 0;   // since the run's beginning
  double length_s = 1;  // less than a second: the last one
  std::uint64_t requests = 0, replies = 0, good = 0, errors = 0, late_sends = 0;
  /// Milliseconds, from the intended moment; p95 and p99 of a few are their largest. NaN where no answer came.
  double p50 = LatencyRecord::unknown, p95 = LatencyRecord::unknown, p99 = LatencyRecord::unknown, max = LatencyRecord::unknown;
  std::string histogram;  // of a shard, as in LoadRecord::histograms: merging needs it
  std::map<std::string, std::uint64_t> result_codes;
};

/// Whether what the target accepted is stored, and nothing else.
struct ReconciliationRecord {
  std::string name;                                       // CALL.FIELD in QUERY
  std::uint64_t acknowledged = 0, confirmed = 0;          // accepted; of these, shown exactly once
  std::uint64_t lost = 0, duplicated = 0;                 // of the acknowledged
  std::uint64_t not_queried = 0;                          // of the acknowledged: the query got no answer
  std::uint64_t unacknowledged = 0;                       // no reply came: stored or not, either is right
  std::uint64_t unacknowledged_confirmed = 0;             // of these, stored
  std::uint64_t differing = 0;                            // stored once, with another value than was sent
  std::uint64_t phantom = 0;                              // rows that nobody sent
  std::uint64_t refused_stored = 0;                       // refused, and stored all the same
  std::vector<std::string> lost_names, duplicated_names;  // the first hundred of each
  std::vector<std::string> differing_names, phantom_names, refused_stored_names;

  /// What is stored is not what was accepted.
  bool is_wrong() const { return lost > 0 || duplicated > 0 || differing > 0 || phantom > 0 || refused_stored > 0; }
};

struct ThresholdRecord {
  std::string text;  // as it was asked for: p99<50ms
  bool met = false;
  i18n::Message found;
  bool unknown = false;  // neither met nor missed: the sample is too small, or nothing was measured

  bool missed() const { return !met && !unknown; }
};

/// How many requests failed for a cause.
struct ErrorRecord {
  i18n::Message cause;
  std::uint64_t count = 0;
};

/// A metric beside that of the run it is compared with.
struct DifferenceRecord {
  std::string metric;  // p50, p95, p99, and the same _of_blocks (load --against): milliseconds; rate: per second; errors: a share
  double base = 0, current = 0;
  double change = 0, low = 0, high = 0;  // current / base (of errors: current - base), and the interval in which 95 of 100 resamplings lie
  std::string verdict;                   // worse, better, same, or unsure where fewer than five seconds were measured
};

/// What a verdict of a difference means.
i18n::Message difference_message(std::string_view verdict);
/// What a metric of a difference is: its p99 is no percentile of the run, but the mean of the seconds' p99.
i18n::Message difference_metric(std::string_view metric);

/// What the target itself took in a second, as it tells; NaN where it does not.
struct TargetSecond {
  double begin_s = 0;  // since the run's beginning
  double cores = LatencyRecord::unknown, memory_mib = LatencyRecord::unknown;
};

/// How many meters may report within a span of time, by the rate that was found (load --class).
struct LoadClassRecord {
  std::string text;  // as it was asked for: meters@midnight(2h)
  double window_s = 0;
  std::uint64_t meters = 0;
};

/// What a goal of a search came to (load --find-capacity).
struct CapacityGoalRecord {
  std::string text;                        // as it was asked for
  double sustained = 0;                    // requests per second; 0: no rate was
  double failed_at = 0;                    // the lowest rate that was not sustained; 0: none failed
  std::uint64_t confirmed = 0, tried = 0;  // of the steps at the rate that is sustained
  i18n::Message verdict;
};

/// One of several repetitions, or of the steps of a search.
struct LoadRun {
  double intended_rate = 0, rate = 0, p50 = 0, p95 = LatencyRecord::unknown, p99 = 0, p999 = 0, errors = 0;  // errors: a share
  std::vector<PercentileInterval> intervals;                                                                 // of its response times
  i18n::Message verdict;                                                                                     // of a search's step
  // By seconds, the warm-up aside; those without an answer have no p50, p95 and p99. Earlier releases did not know p95.
  std::vector<double> p50_by_interval, p95_by_interval, p99_by_interval, rate_by_interval, errors_by_interval;
  std::vector<LoadInterval> series;  // of a repetition: its seconds. Those of the last are the record's own; a search's steps have none
};

struct LoadRecord {
  std::string tool, started, target, workload, mode;  // mode: "open" or "closed"
  double started_at = 0;                              // seconds since 1970
  std::vector<i18n::Message> stages;
  std::string arrival;
  std::string shard;  // "0/4", "merged", or "" for a whole run
  std::uint64_t seed = 0;
  double duration_s = 0, warm_up_s = 0, measured_s = 0;             // measured: without the warm-up
  std::uint64_t requests = 0, replies = 0, good = 0, measured = 0;  // good: answered as they should be; measured: replies
  double rate = 0;                                                  // good replies per second, measured
  double intended_rate = 0;                                         // 0 in a closed loop
  // Of an open loop, without the warm-up: what the arrivals asked for (Poisson arrivals are not exactly the intended rate), and what was sent in time.
  std::uint64_t scheduled = 0, sent_on_schedule = 0;
  double scheduled_rate = 0;
  std::uint64_t connections = 0, meters = 0, apps = 0;
  std::uint64_t threads = 1;                                             // of the generator
  std::uint64_t connections_opened = 0;                                  // with those that were opened again; 0 in records that did not count
  std::uint64_t first_exchanges = 0;                                     // sent before the run, to see whether the target takes each appId; not in `requests`
  LatencyRecord response_time;                                           // from the intended send time to the reply
  LatencyRecord service_time;                                            // from the real send time to the reply
  LatencyRecord queueing_delay;                                          // from the intended to the real send time
  LatencyRecord generator_lag;                                           // of that, what was neither a wait for a connection nor for a timestamp
  std::vector<PercentileInterval> intervals;                             // of the percentiles of the first three
  std::map<std::string, std::string> histograms;                         // of these four, by name: HdrHistogram V2, microseconds
  std::map<std::string, std::vector<std::pair<double, double>>> curves;  // response_time and service_time: quantiles and their milliseconds, for drawing
  std::map<std::string, std::uint64_t> result_codes;
  std::map<std::string, std::map<std::string, std::uint64_t>> by_interface;  // result codes
  std::vector<ErrorRecord> errors;
  std::uint64_t late_sends = 0;                  // more than a millisecond after the intended moment
  std::uint64_t generator_late_sends = 0;        // of these, late because of the generator
  double cpu_us_per_request = 0, cpu_share = 0;  // the generator's own, user and system
  std::vector<LoadInterval> series;
  std::vector<ReconciliationRecord> reconciliation;
  std::vector<ThresholdRecord> thresholds;
  std::vector<DifferenceRecord> differences;
  std::vector<LoadRun> runs;
  std::vector<i18n::Message> notes;
  std::vector<CapacityGoalRecord> goals;  // of a search
  std::optional<LoadClassRecord> load_class;
  std::string target_source;  // where the target's own figures come from; "" where it was not watched
  std::vector<TargetSecond> target_series;
  double max_generator_lag_ms = 20;  // where generator lag is more than that at p99, or than a twentieth of it at p50, the run is not judged
  bool interrupted = false;
  i18n::Message ended;             // why the run was given up before its time, or not begun; it is not judged then
  int ended_exit_code = 0;         // 3: no HTTP reply came at all; otherwise 4
  double clock_step_s = 0;         // by how much this machine's clock was set during the run, ahead or back
  double target_clock_step_s = 0;  // the same of the target's clock, as its Date headers show it
  i18n::Message verdict;           // why the exit code is what it is
  int exit_code = 0;

  /// Requests that were not answered as they should be.
  std::uint64_t failures() const { return requests > good ? requests - good : 0; }
};

/// Removes the apps' secrets from what a target said.
void redact(LoadRecord& record, const std::vector<auth::App>& apps);

void add_error(std::vector<ErrorRecord>& errors, const i18n::Message& cause, std::uint64_t count = 1);

std::string to_json(const LoadRecord& record);
/// Reads schema load/2, and load/1 too. Nothing where the text is no such record; `why` says what is wrong.
std::optional<LoadRecord> load_record_from(const std::string& json, i18n::Message& why);

}  // namespace meterproof::reports
