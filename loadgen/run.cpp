// SPDX-License-Identifier: Apache-2.0
#include "loadgen/run.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/i18n/message.hpp"
#include "loadgen/reconciler.hpp"
#include "loadgen/shard_merge.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::loadgen {

using i18n::Message;
using i18n::msg;
using std::chrono::steady_clock;
using std::chrono::system_clock;

namespace {

constexpr double median_to_p99 = 1.0 / 20;  // the limit on the generator lag's median, as a share of the limit on its p99
constexpr double late_share = 0.01;
constexpr double busy_share = 0.9;
constexpr double reached_share = 0.99;  // of the intended rate

/// Processor time of this process so far, user and system.
double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double share_of(std::uint64_t part, std::uint64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0; }

/// Notes which codes other than success the target answered with, and their meaning in the specification.
void note_refusals(reports::LoadRecord& record, const core::Spec& spec, const LoadOptions& options, const LoadWorker& worker) {
  for (const core::WorkloadStep& step : options.workload.mix) {
    const core::Interface& interface = spec.interfaces[step.interface];
    const auto codes = record.by_interface.find(interface.name);
    if (codes == record.by_interface.end()) continue;
    for (const auto& [text, times] : codes->second) {
      const core::Code code{std::stoi(text)};
      if (code == spec.success) continue;
      const core::ResultRow* row = spec.row(interface, code);
      record.notes.push_back(row != nullptr ? msg<"load.note-code">(interface.name, text, times, row->title)
                                            : msg<"load.note-unknown-code">(interface.name, text, times));
    }
  }
  const std::uint64_t repeated = worker.count_of(core::SignatureError::timestamp_repeated);
  if (repeated > 0 && !options.timestamps.unique) record.notes.push_back(msg<"load.note-repeated-shared">(repeated, options.apps.size(), options.apps.size()));
  else if (repeated > 0)  // the specification has one code for a repeated timestamp and one outside the tolerance
    record.notes.push_back(msg<"load.note-repeated-unique">(repeated, options.timestamps.tolerance.count()));
}

void note_limits(reports::LoadRecord& record, const LoadOptions& options, const LoadWorker& worker) {
  const auto many = [&](std::uint64_t requests) { return share_of(requests, record.requests) > late_share; };
  if (many(record.generator_late_sends)) record.notes.push_back(msg<"load.note-generator-late">(record.generator_late_sends));
  if (const std::uint64_t waited = record.late_sends - record.generator_late_sends; many(waited)) record.notes.push_back(msg<"load.note-waited">(waited));
  if (record.cpu_share > busy_share) record.notes.push_back(msg<"load.note-generator-busy">());
  if (const double share = worker.starvation_ratio(); share > late_share) record.notes.push_back(msg<"load.note-no-timestamp">(std::lround(share * 100)));
  if (options.open() && record.measured_s > 0 && record.rate < reached_share * record.intended_rate)
    record.notes.push_back(msg<"load.note-rate-not-reached">());
  const auto has = [&](net::TransportResult result) {
    const Message cause = msg<"load.not-connected">(reports::to_message(result));
    return std::any_of(record.errors.begin(), record.errors.end(), [&](const reports::ErrorRecord& one) { return one.cause == cause; });
  };
  if (has(net::TransportResult::no_port)) record.notes.push_back(msg<"load.note-no-ports">());
  if (has(net::TransportResult::no_file)) record.notes.push_back(msg<"load.note-no-files">());
}

void reconcile(reports::LoadRecord& record, const core::Spec& spec, const LoadOptions& options, const VirtualDevices& devices, TimestampAllocator& timestamps,
               net::ConnectionPool& pool, std::vector<AcknowledgedWrites>& acknowledged_writes) {
  for (AcknowledgedWrites& writes : acknowledged_writes) {
    Reconciler reconciler(spec, options, devices, timestamps, writes);
    if (!pool.interrupted()) pool.run(reconciler);
    reconciler.finish();
    record.reconciliation.push_back(writes.record());
  }
}

}  // namespace

void summarize(reports::LoadRecord& record, LatencyHistograms& latencies) {
  const auto summary = [](const Histogram& histogram) {
    return reports::LatencyRecord{histogram.percentile_ms(0.5),   histogram.percentile_ms(0.9),    histogram.percentile_ms(0.95), histogram.percentile_ms(0.99),
                                  histogram.percentile_ms(0.999), histogram.percentile_ms(0.9999), histogram.percentile_ms(1.0),  histogram.mean_ms()};
  };
  record.response_time = summary(latencies.response_time);
  record.service_time = summary(latencies.service_time);
  record.queueing_delay = summary(latencies.queueing_delay);
  record.generator_lag = summary(latencies.generator_lag);
  record.curves = {{"response_time", latencies.response_time.curve()}, {"service_time", latencies.service_time.curve()}};
  for (const auto& [name, histogram] : by_name(latencies)) record.histograms[name] = histogram->encoded();
}

void set_verdict(reports::LoadRecord& record) {
  const auto end = [&](int exit_code, Message why) {
    record.exit_code = exit_code;
    record.verdict = std::move(why);
  };
  if (record.interrupted && record.requests == 0) return end(4, msg<"load.interrupted-before">());
  if (record.connections == 0) return end(3, msg<"load.unreachable">(record.target));
  std::uint64_t lost = 0, duplicated = 0, not_queried = 0;
  for (const reports::ReconciliationRecord& one : record.reconciliation) lost += one.lost, duplicated += one.duplicated, not_queried += one.not_queried;
  if (lost + duplicated > 0) return end(1, msg<"load.lost-or-duplicated">(lost, duplicated));
  if (not_queried > 0 && !record.interrupted) return end(1, msg<"load.not-queried">(not_queried));
  for (const reports::ThresholdRecord& threshold : record.thresholds)
    if (!threshold.met) return end(1, msg<"load.threshold-not-met">(threshold.text, threshold.found));
  // Without a threshold on errors, any error fails the run.
  const bool has_error_threshold = std::any_of(record.thresholds.begin(), record.thresholds.end(),
                                               [](const reports::ThresholdRecord& threshold) { return threshold.text.starts_with("errors"); });
  if (!has_error_threshold && record.failures() > 0) return end(1, msg<"load.wrong-replies">(record.failures(), record.requests));
  if (record.interrupted) return end(4, msg<"load.interrupted-good">());
  if (record.measured == 0) return end(4, msg<"load.nothing-measured">());
  if (record.mode == "open" &&
      (record.generator_lag.p50 > median_to_p99 * record.max_generator_lag_ms || record.generator_lag.p99 > record.max_generator_lag_ms))
    return end(4, msg<"load.generator-too-slow">());
  end(0, msg<"load.good">());
}

reports::LoadRun to_run_summary(const reports::LoadRecord& record) {
  reports::LoadRun run;
  run.intended_rate = record.intended_rate;
  run.rate = record.rate;
  run.p50 = record.response_time.p50;
  run.p99 = record.response_time.p99;
  run.p999 = record.response_time.p999;
  run.errors = share_of(record.failures(), record.requests);
  // The last interval is incomplete, so it is left out.
  for (std::size_t i = 0; i + 1 < record.series.size(); ++i) {
    const reports::LoadInterval& one = record.series[i];
    if (one.begin_s < record.warm_up_s) continue;
    if (!std::isnan(one.p50)) {  // if a second has no reply, the seconds after it have long latencies
      run.p50_by_interval.push_back(one.p50);
      run.p99_by_interval.push_back(one.p99);
    }
    run.rate_by_interval.push_back(static_cast<double>(one.good) / std::max(1e-9, record.series[i + 1].begin_s - one.begin_s));
    run.errors_by_interval.push_back(share_of(one.errors, one.good + one.errors));
  }
  return run;
}

LoadResult run_load(const core::Spec& spec, const LoadOptions& options, TimestampAllocator& timestamps, std::ostream* log) {
  LoadResult result;
  reports::LoadRecord& record = result.record;
  record.target = options.address.to_string();
  record.workload = options.workload.name;
  record.mode = options.open() ? "open" : "closed";
  record.arrival = options.arrival == ArrivalProcess::poisson ? "poisson" : "even";
  for (const LoadStage& stage : options.stages) record.stages.push_back(to_message(stage));
  if (options.timestamps.shard.count > 1) record.shard = std::to_string(options.timestamps.shard.index) + "/" + std::to_string(options.timestamps.shard.count);
  record.seed = options.seed;
  record.meters = options.devices.count;
  record.max_generator_lag_ms = static_cast<double>(options.max_generator_lag.count());

  // Seconds since 1970: a later run gets a larger number, so unique keys of different runs never collide.
  const auto run_number = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count());
  VirtualDevices devices(spec, options.workload, options.devices, run_number, options.seed, options.timestamps.shard.index, options.timestamps.shard.count);
  record.apps = timestamps.apps();
  if (options.timestamps.unique) {
    const ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
    // The order of timestamps tells the server nothing, but some servers prefer the current second: use others only if needed.
    if (!options.open() || !fits_without_window(schedule, options.apps.size(), options.timestamps.shard)) timestamps.use_whole_window();
  }
  std::vector<AcknowledgedWrites> acknowledged_writes;
  if (options.reconcile)
    for (const core::Reconciliation& about : options.workload.reconcile)
      acknowledged_writes.emplace_back(about, reconciliation_name(spec, options.workload, about));
  const auto started = options.start_at.value_or(system_clock::now());
  record.started_at = std::chrono::duration<double>(started.time_since_epoch()).count();
  record.started = core::local_time(started, std::chrono::minutes(0)).to_string() + " UTC";
  std::optional<HistogramLog> histogram_log;
  if (log != nullptr) histogram_log.emplace(*log, record.started_at);
  LoadWorker worker(spec, options, devices, timestamps, acknowledged_writes, histogram_log ? &*histogram_log : nullptr);

  // Many servers close connections that stay idle, so they are opened shortly before the start.
  constexpr std::chrono::seconds time_to_connect{2};
  net::ConnectionPool pool({options.address, options.connections, options.timeout, std::chrono::milliseconds(5000)});
  auto begin = steady_clock::now();
  if (options.start_at) begin += std::chrono::duration_cast<std::chrono::nanoseconds>(*options.start_at - system_clock::now());
  if (options.start_at && options.progress) options.progress(msg<"load.begins">(record.started));
  pool.wait_until(begin - time_to_connect);
  record.connections = pool.connect(worker);
  record.interrupted = pool.interrupted();
  if (record.connections == 0 || record.interrupted) {
    worker.fill_record(record);
    set_verdict(record);
    return result;
  }
  // Connections are open and idle now; the schedule begins at `begin` exactly.
  pool.wait_until(begin);
  begin = std::max(begin, options.start_at ? begin : steady_clock::now());
  const double cpu_before = cpu_seconds();
  const auto clock_before = steady_clock::now();
  worker.begin(begin);
  pool.run(worker);
  const double cpu = cpu_seconds() - cpu_before;
  worker.finish(steady_clock::now());
  worker.fill_record(record);
  // Only the sending counts: not the start-up, the connecting and the report.
  record.cpu_us_per_request = share_of(1, record.requests) * cpu * 1e6;
  record.cpu_share = cpu / std::max(1e-9, std::chrono::duration<double>(steady_clock::now() - clock_before).count());
  result.latencies = worker.latencies();
  summarize(record, result.latencies);
  if (record.connections < options.connections) record.notes.push_back(msg<"load.note-few-connections">(record.connections, options.connections));
  record.interrupted = pool.interrupted();
  if (record.interrupted) record.notes.push_back(msg<"load.note-interrupted">());
  note_refusals(record, spec, options, worker);
  note_limits(record, options, worker);
  if (options.reconcile) reconcile(record, spec, options, devices, timestamps, pool, acknowledged_writes);
  record.interrupted = pool.interrupted();
  set_verdict(record);
  return result;
}

LoadResult combine(std::vector<LoadResult> results) {
  std::vector<reports::LoadRun> runs;
  runs.reserve(results.size());
  for (const LoadResult& one : results) runs.push_back(to_run_summary(one.record));
  // The last run's record is the base: it keeps target, options and series.
  LoadResult out = std::move(results.back());
  results.pop_back();
  reports::LoadRecord& record = out.record;
  double cpu = record.cpu_us_per_request * static_cast<double>(record.requests);
  double good_in_time = record.rate * record.measured_s;
  for (const LoadResult& one : results) {
    out.latencies.add(one.latencies);
    add_counts(record, one.record);
    good_in_time += one.record.rate * one.record.measured_s;
    record.duration_s += one.record.duration_s;
    record.measured_s += one.record.measured_s;
    // Averages are weighted by their requests.
    cpu += one.record.cpu_us_per_request * static_cast<double>(one.record.requests);
  }
  record.runs = std::move(runs);
  record.rate = record.measured_s > 0 ? good_in_time / record.measured_s : 0;
  record.cpu_us_per_request = record.requests > 0 ? cpu / static_cast<double>(record.requests) : 0;
  summarize(record, out.latencies);
  set_verdict(record);
  return out;
}

}  // namespace meterproof::loadgen
