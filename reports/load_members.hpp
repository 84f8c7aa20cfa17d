// SPDX-License-Identifier: Apache-2.0
// The members of a load's record, in the order in which they are written.
#pragma once

#include "reports/load_record.hpp"
#include "reports/record_json.hpp"
#include "reports/record_members.hpp"

namespace meterproof::reports {

template <class Archive>
void members(Archive& archive, Of<Archive, LatencyRecord>& one) {
  archive("p50", one.p50, thousandth);
  archive("p90", one.p90, thousandth);
  archive.newer("p95", one.p95, thousandth);
  archive("p99", one.p99, thousandth);
  archive("p999", one.p999, thousandth);
  archive("p9999", one.p9999, thousandth);
  archive("max", one.max, thousandth);
  archive("mean", one.mean, thousandth);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LoadInterval>& one) {
  archive("begin_s", one.begin_s);
  archive.newer("length_s", one.length_s);
  archive("requests", one.requests);
  archive("replies", one.replies);
  archive("good", one.good);
  archive("errors", one.errors);
  archive("late_sends", one.late_sends);
  archive("p50", one.p50);
  archive.newer("p95", one.p95);
  archive("p99", one.p99);
  archive("max", one.max);
  archive("result_codes", one.result_codes);
  archive.optional("histogram", one.histogram);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ReconciliationRecord>& one) {
  archive("name", one.name);
  archive("acknowledged", one.acknowledged);
  archive("confirmed", one.confirmed);
  archive("lost", one.lost);
  archive("duplicated", one.duplicated);
  archive("not_queried", one.not_queried);
  archive("unacknowledged", one.unacknowledged);
  archive("unacknowledged_confirmed", one.unacknowledged_confirmed);
  archive.newer("differing", one.differing);
  archive.newer("phantom", one.phantom);
  archive.newer("refused_stored", one.refused_stored);
  archive("lost_names", one.lost_names);
  archive("duplicated_names", one.duplicated_names);
  archive.newer("differing_names", one.differing_names);
  archive.newer("phantom_names", one.phantom_names);
  archive.newer("refused_stored_names", one.refused_stored_names);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ThresholdRecord>& one) {
  archive("threshold", one.text);
  archive("met", one.met);
  archive.newer("unknown", one.unknown);
  archive("found", one.found);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ErrorRecord>& one) {
  archive("cause", one.cause);
  archive("count", one.count);
}

template <class Archive>
void members(Archive& archive, Of<Archive, DifferenceRecord>& one) {
  archive("metric", one.metric);
  archive("base", one.base);
  archive("current", one.current);
  archive("change", one.change);
  archive("low", one.low);
  archive("high", one.high);
  archive("verdict", one.verdict);
}

template <class Archive>
void members(Archive& archive, Of<Archive, TargetSecond>& one) {
  archive("begin_s", one.begin_s, thousandth);
  archive("cores", one.cores, thousandth);
  archive("memory_mib", one.memory_mib, thousandth);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LoadClassRecord>& one) {
  archive("text", one.text);
  archive("window_s", one.window_s);
  archive("meters", one.meters);
}

template <class Archive>
void members(Archive& archive, Of<Archive, PercentileInterval>& one) {
  archive("clock", one.clock);
  archive("percentile", one.percentile);
  archive("low", one.low, thousandth);
  archive("high", one.high, thousandth);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CapacityGoalRecord>& one) {
  archive("text", one.text);
  archive("sustained", one.sustained, thousandth);
  archive("failed_at", one.failed_at, thousandth);
  archive("confirmed", one.confirmed);
  archive("tried", one.tried);
  archive("verdict", one.verdict);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LoadRun>& one) {
  archive("intended_rate", one.intended_rate);
  archive("rate", one.rate);
  archive("p50", one.p50);
  archive.newer("p95", one.p95);
  archive("p99", one.p99);
  archive("p999", one.p999);
  archive("errors", one.errors, billionth);
  archive.optional("intervals", one.intervals);
  archive("verdict", one.verdict);
  archive("p50_by_interval", one.p50_by_interval);
  archive.optional("p95_by_interval", one.p95_by_interval);
  archive("p99_by_interval", one.p99_by_interval);
  archive("rate_by_interval", one.rate_by_interval);
  archive("errors_by_interval", one.errors_by_interval);
  archive.optional("series", one.series);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LoadRecord>& one) {
  archive.schema(load_schema);
  archive("tool", one.tool);
  archive("started", one.started);
  archive("started_at", one.started_at);
  archive("target", one.target);
  archive("workload", one.workload);
  archive("mode", one.mode);
  archive("stages", one.stages);
  archive("arrival", one.arrival);
  archive("shard", one.shard);
  archive("seed", one.seed);
  archive("exit_code", one.exit_code);
  archive("interrupted", one.interrupted);
  archive.optional("ended", one.ended);
  archive.newer("ended_exit_code", one.ended_exit_code);
  archive.newer("clock_step_s", one.clock_step_s, thousandth);
  archive.newer("target_clock_step_s", one.target_clock_step_s, thousandth);
  archive("verdict", one.verdict);
  archive("requests", one.requests);
  archive("replies", one.replies);
  archive("good", one.good);
  archive("measured", one.measured);
  archive("duration_s", one.duration_s);
  archive("warm_up_s", one.warm_up_s);
  archive("measured_s", one.measured_s);
  archive("rate", one.rate, thousandth);
  archive("intended_rate", one.intended_rate, thousandth);
  archive.newer("scheduled", one.scheduled);
  archive.newer("sent_on_schedule", one.sent_on_schedule);
  archive.newer("scheduled_rate", one.scheduled_rate, thousandth);
  archive("connections", one.connections);
  archive.newer("connections_opened", one.connections_opened);
  archive.newer("first_exchanges", one.first_exchanges);
  archive.newer("threads", one.threads);
  archive("meters", one.meters);
  archive("apps", one.apps);
  archive("response_time_ms", one.response_time);
  archive("service_time_ms", one.service_time);
  archive("queueing_delay_ms", one.queueing_delay);
  archive("generator_lag_ms", one.generator_lag);
  archive.optional("intervals", one.intervals);
  archive("curves", one.curves);
  archive("result_codes", one.result_codes);
  archive("by_interface", one.by_interface);
  archive("errors", one.errors);
  archive("late_sends", one.late_sends);
  archive("generator_late_sends", one.generator_late_sends);
  archive("max_generator_lag_ms", one.max_generator_lag_ms);
  archive("cpu_us_per_request", one.cpu_us_per_request, thousandth);
  archive("cpu_share", one.cpu_share, thousandth);
  archive("reconciliation", one.reconciliation);
  archive("thresholds", one.thresholds);
  archive("differences", one.differences);
  archive("runs", one.runs);
  archive("notes", one.notes);
  archive.optional("goals", one.goals);
  archive.optional("class", one.load_class);
  archive.optional("target_source", one.target_source);
  archive.optional("target_series", one.target_series);
  archive("series", one.series);
  archive("histograms", one.histograms);
}

}  // namespace meterproof::reports
