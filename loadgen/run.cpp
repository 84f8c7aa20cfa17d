// SPDX-License-Identifier: Apache-2.0
#include "loadgen/run.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>

#include "core/i18n/message.hpp"
#include "core/threads/thread_group.hpp"
#include "loadgen/checked_sum.hpp"
#include "loadgen/first_exchange.hpp"
#include "loadgen/percentile_intervals.hpp"
#include "loadgen/reconciler.hpp"
#include "loadgen/refusal_explanation.hpp"
#include "loadgen/run_progress.hpp"
#include "loadgen/shard_merge.hpp"
#include "loadgen/start_line.hpp"
#include "loadgen/thresholds.hpp"
#include "net/fd.hpp"
#include "reports/tls_notes.hpp"
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
constexpr double lag_worth_a_word = 0.25;           // of the limits on the generator lag
constexpr std::size_t most_notes = 20;              // of one kind
constexpr std::size_t spare_files = 64;             // files that the process needs beside its connections
constexpr std::chrono::seconds time_to_connect{2};  // before a start that was agreed on

/// Processor time of this thread so far, user and system.
double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string utc(system_clock::time_point moment) { return core::local_time(moment, std::chrono::minutes(0)).to_string() + " UTC"; }

double share_of(std::uint64_t part, std::uint64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0; }

/// Whether the generator kept its own schedule; `part` of the limits on its lag counts.
bool is_late(const reports::LoadRecord& record, double part) {
  const double limit = part * record.max_generator_lag_ms;
  const reports::LatencyRecord& lag = record.generator_lag;
  // Of a sample too small for p99, the largest.
  return lag.p50 > median_to_p99 * limit || (std::isnan(lag.p99) ? lag.max : lag.p99) > limit;
}

std::string milliseconds(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3f", value);
  return out;
}

/// Names the appIds that the target refused.
void note_apps(reports::LoadRecord& record, const LoadWorker& worker, const TimestampAllocator& timestamps) {
  std::size_t named = 0;
  for (std::size_t app = 0; app < worker.apps().size(); ++app) {
    const LoadWorker::AppCount& count = worker.apps()[app];
    if (count.refused == 0 || ++named > most_notes) continue;
    record.notes.push_back(msg<"load.note-app-refused">(timestamps.id_of(app), count.refused, count.replies, count.code));
  }
  if (named > most_notes) record.notes.push_back(msg<"load.note-more-apps">(named - most_notes));
}

/// Notes which codes other than success the target answered with, and their meaning in the specification.
void note_refusals(reports::LoadRecord& record, const core::Spec& spec, const LoadOptions& options, const LoadWorker& worker) {
  std::size_t named = 0;
  for (const core::WorkloadStep& step : options.workload.mix) {
    const core::Interface& interface = spec.interfaces[step.interface];
    const auto codes = record.by_interface.find(interface.name);
    if (codes == record.by_interface.end()) continue;
    for (const auto& [text, times] : codes->second) {
      const core::Code code{std::stoi(text)};
      if (code == spec.success || ++named > most_notes) continue;
      const core::ResultRow* row = spec.row(interface, code);
      record.notes.push_back(row != nullptr ? msg<"load.note-code">(interface.name, text, times, row->title)
                                            : msg<"load.note-unknown-code">(interface.name, text, times));
    }
  }
  if (named > most_notes) record.notes.push_back(msg<"load.note-more-codes">(named - most_notes));
  const std::uint64_t repeated = worker.count_of(core::SignatureError::timestamp_repeated);
  if (repeated > 0 && !options.timestamps.unique) record.notes.push_back(msg<"load.note-repeated-shared">(repeated, options.apps.size(), options.apps.size()));
  else if (repeated > 0)  // the specification has one code for a repeated timestamp and one outside the tolerance
    record.notes.push_back(msg<"load.note-repeated-unique">(repeated, options.timestamps.tolerance.count()));
}

/// `starvation`: the share of the run in which no timestamp was free.
void note_limits(reports::LoadRecord& record, double starvation) {
  const auto many = [&](std::uint64_t requests) { return share_of(requests, record.requests) > late_share; };
  // A few late ones of a shared machine are in the counts; advice is for a lag that comes near what makes the run worthless.
  if (many(record.generator_late_sends) && is_late(record, lag_worth_a_word))
    record.notes.push_back(msg<"load.note-generator-lag">(record.generator_late_sends, record.requests, milliseconds(record.generator_lag.max)));
  if (const std::uint64_t waited = record.late_sends - record.generator_late_sends; many(waited)) record.notes.push_back(msg<"load.note-waited">(waited));
  if (record.cpu_share > busy_share) record.notes.push_back(msg<"load.note-generator-busy">());
  if (starvation > late_share) record.notes.push_back(msg<"load.note-no-timestamp">(std::lround(starvation * 100)));
  if (record.ended.empty() && !record.interrupted && !is_on_schedule(record))
    record.notes.push_back(msg<"load.note-off-schedule">(record.sent_on_schedule, record.scheduled));
  if (const double step = record.clock_step_s; step > 0) record.notes.push_back(msg<"load.note-clock-stepped">(std::llround(step)));
  if (const double step = record.target_clock_step_s; step > 0) record.notes.push_back(msg<"load.note-target-clock-stepped">(std::llround(step)));
  const auto has = [&](net::TransportResult result) {
    const Message cause = msg<"load.not-connected">(reports::to_message(result));
    return std::any_of(record.errors.begin(), record.errors.end(), [&](const reports::ErrorRecord& one) { return one.cause == cause; });
  };
  if (has(net::TransportResult::no_port)) record.notes.push_back(msg<"load.note-no-ports">());
  if (has(net::TransportResult::no_file)) record.notes.push_back(msg<"load.note-no-files">());
}

void note_tls(reports::LoadRecord& record, std::string_view version, const net::TlsTrust& trust) {
  const auto is_of_tls = [](const reports::ErrorRecord& one) { return i18n::mentions(one.cause, "transport.no-tls"); };
  const bool failed = std::any_of(record.errors.begin(), record.errors.end(), is_of_tls);
  for (Message& note : reports::tls_notes(version, trust, failed)) record.notes.push_back(std::move(note));
}

/// The devices that a step of the workload comes to, when it has made so many calls of the mix; an open loop's, with room for chance.
std::uint64_t devices_used(const LoadOptions& options, std::size_t step) {
  if (!options.open()) return options.devices.count;
  constexpr double chance = 1.5;
  constexpr std::uint64_t at_least = 100;
  double weights = 0;
  for (const core::WorkloadStep& one : options.workload.mix) weights += one.weight;
  const double all = ArrivalSchedule(options.stages, options.arrival, {}, options.seed).count_until(options.duration);
  const double calls = chance * all * options.workload.mix[step].weight / weights / static_cast<double>(options.timestamps.all().count);
  return std::min(options.devices.count, at_least + static_cast<std::uint64_t>(calls));
}

/// What the run needs to look at the target's rows, before the load and after.
struct Reconciliations {
  const core::Spec& spec;
  const LoadOptions& options;
  const VirtualDevices& devices;
  TimestampAllocator& timestamps;
  net::ConnectionPool& pool;
  std::vector<AcknowledgedWrites>& writes;

  /// Remembers the rows that are there before the run: only others can be nobody's. Where there are too many meters, or too few timestamps, not of all.
  void look_before(reports::LoadRecord& record, const RunClock& clock) const {
    constexpr std::uint64_t most_devices = 10'000;
    constexpr std::chrono::seconds longest{15};
    for (AcknowledgedWrites& one : writes) {
      if (one.about().kind == core::Reconciliation::Kind::last) continue;
      const std::uint64_t all = devices_used(options, one.about().step);
      // The load itself, and the queries after it, come first.
      const auto now = std::chrono::steady_clock::now();
      const auto span = std::chrono::ceil<std::chrono::seconds>(options.duration);
      const std::uint64_t left = timestamps.left(clock.at(now), span);
      const auto shards = static_cast<double>(options.timestamps.all().count);
      const ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
      const std::uint64_t load = options.open() ? static_cast<std::uint64_t>(schedule.count_until(span) / shards) : left;
      std::uint64_t number = std::min(all, most_devices);
      if (options.timestamps.unique) number = std::min(number, left > load + all ? left - load - all : 0);
      std::vector<std::uint64_t> to_query(number);
      for (std::uint64_t device = 0; device < number; ++device) to_query[device] = device;
      auto until = now + longest;
      if (options.start_at)
        until = std::min(until, now + std::chrono::duration_cast<std::chrono::nanoseconds>(*options.start_at - time_to_connect - system_clock::now()));
      Reconciler reconciler(spec, options, devices, timestamps, one, clock, Reconciler::When::before, to_query, until);
      if (!pool.interrupted()) pool.run(reconciler);
      reconciler.finish();
      if (reconciler.answered() < all) record.notes.push_back(msg<"load.note-not-looked">(reconciler.answered(), all));
    }
  }

  void compare_after(reports::LoadRecord& record, const RunClock& clock) const {
    for (AcknowledgedWrites& one : writes) {
      Reconciler reconciler(spec, options, devices, timestamps, one, clock, Reconciler::When::after, one.devices_to_query());
      if (!pool.interrupted()) pool.run(reconciler);
      reconciler.finish();
      record.reconciliation.push_back(one.record());
    }
  }
};

/// Asks for nothing: connections stay open for it.
class Nothing final : public net::RequestSource {
 public:
  net::SteadyTime next_due(net::SteadyTime) override { return net::SteadyTime::max(); }
  void make_request(std::size_t, net::SteadyTime, std::string&) override {}
  void on_sent(std::size_t, net::SteadyTime, net::SteadyTime) override {}
  void on_response(std::size_t, net::SteadyTime, const net::HttpParser&) override {}
  void on_error(std::size_t, net::SteadyTime, net::TransportResult) override {}
  void on_connect_error(net::TransportResult, std::string_view) override {}
  void on_tick(net::SteadyTime) override {}
};

/// Whether a signal has come, also while nothing was sent over the pool.
bool looks_interrupted(net::ConnectionPool& pool) {
  pool.wait_until(steady_clock::now() + std::chrono::milliseconds(1));
  return pool.interrupted();
}

/// Leaves out the appIds that the target refuses. Where some are left, those are told at once and noted; otherwise the verdict has the first one's answer.
void leave_out_apps(reports::LoadRecord& record, const FirstExchange& first, const LoadOptions& options, TimestampAllocator& timestamps) {
  for (const FirstExchange::Refused& one : first.refused()) timestamps.leave_out(one.app);
  const bool none_left = timestamps.apps() == 0;
  const Message told = first.refused().empty() ? Message{} : first.refused().front().answer;
  for (const FirstExchange::Refused& one : first.refused()) {
    if (one.answer.empty() || (none_left && one.answer == told)) continue;
    record.notes.push_back(msg<"load.app-refused">(timestamps.id_of(one.app), one.answer));
    if (options.progress && !none_left) options.progress(record.notes.back());
  }
  if (!none_left && first.refused().size() > FirstExchange::most_answers)
    record.notes.push_back(msg<"load.note-more-apps">(first.refused().size() - FirstExchange::most_answers));
}

/// Lets every appId send one call, and leaves out those that the target refuses. Sets `record.ended` where there is no sense in going on, and notes why.
void try_apps(reports::LoadRecord& record, FirstExchange& first, const LoadOptions& options, TimestampAllocator& timestamps, net::ConnectionPool& pool,
              Inquiry& inquiry) {
  record.connections = pool.connect(first);
  record.errors = first.errors();
  if (record.connections == 0 || pool.interrupted()) return;
  pool.run(first);
  record.first_exchanges += first.sent();
  if (pool.interrupted()) return;
  timestamps.tried = true;
  const auto end = [&](int exit_code, Message why) {
    record.ended_exit_code = exit_code;
    record.ended = std::move(why);
  };
  // Whether the call is refused again.
  const auto note_why = [&](std::size_t app, bool of_time) {
    RefusalExplanation why = inquiry.explain_refusal(app, of_time);
    if (of_time && !why.answer.empty()) record.notes.push_back(std::move(why.answer));  // otherwise the verdict has it
    record.notes.insert(record.notes.end(), std::make_move_iterator(why.notes.begin()), std::make_move_iterator(why.notes.end()));
    return why.refused;
  };
  if (Message answer = first.foreign(); !answer.empty()) {
    bool is_http = first.speaks_http();
    if (first.speaks_otherwise())
      if (auto named = inquiry.describe_stranger(first.first_app())) {
        answer = std::move(named->what);
        is_http = named->is_http;
      }
    if (first.may_refuse_signature()) (void)note_why(first.first_app(), false);
    return end(is_http ? 4 : 3, msg<"load.foreign">(record.target, std::move(answer)));
  }
  if (first.refused_for_time() && note_why(first.refused_for_time_app(), true)) return end(4, msg<"load.time-refused">());
  if (const auto code = first.only_code())
    if (auto only = inquiry.answers_only(*code, first.first_app())) {
      record.notes.push_back(std::move(only->received));
      return end(4, msg<"load.not-judged">(std::move(only->why)));
    }
  leave_out_apps(record, first, options, timestamps);
  if (timestamps.apps() > 0) return;
  (void)note_why(first.refused().front().app, false);
  end(4, msg<"load.apps-refused">(first.refused().front().answer));
}

/// As many connections as wanted, or as many as the system allows files for; throws i18n::MessageError where it allows none. `parts`: threads that share them.
std::size_t possible_connections(std::size_t wanted, std::size_t parts, reports::LoadRecord& record) {
  const std::size_t all = net::raise_file_limit(), files = all / parts;
  if (files >= wanted + spare_files || all <= spare_files) return wanted;  // where it allows none, the pool says so
  if (files <= spare_files) return 1;
  record.notes.push_back(msg<"load.note-fewer-connections">(files - spare_files, wanted, files));
  return files - spare_files;
}

}  // namespace

void note_run(LoadResult& result) {
  reports::LoadRecord& record = result.record;
  if (result.connections_wanted > 0) record.notes.push_back(msg<"load.note-few-connections">(record.connections, result.connections_wanted));
  note_limits(record, result.starvation);
}

void summarize(reports::LoadRecord& record, LatencyHistograms& latencies) {
  const auto summary = [](const Histogram& histogram) {
    return reports::LatencyRecord{histogram.percentile_ms(0.5),   histogram.percentile_ms(0.9),    histogram.percentile_ms(0.95), histogram.percentile_ms(0.99),
                                  histogram.percentile_ms(0.999), histogram.percentile_ms(0.9999), histogram.percentile_ms(1.0),  histogram.mean_ms()};
  };
  record.response_time = summary(latencies.response_time);
  record.service_time = summary(latencies.service_time);
  record.queueing_delay = summary(latencies.queueing_delay);
  record.generator_lag = summary(latencies.generator_lag);
  record.intervals = percentile_intervals(record, latencies);
  record.curves = {{"response_time", latencies.response_time.curve()}, {"service_time", latencies.service_time.curve()}};
  for (const auto& [name, histogram] : by_name(latencies)) record.histograms[name] = histogram->encoded();
}

bool generator_was_late(const reports::LoadRecord& record) {
  return record.mode == "open" &&
         (record.generator_lag.p50 > median_to_p99 * record.max_generator_lag_ms || record.generator_lag.p99 > record.max_generator_lag_ms);
}

void set_verdict(reports::LoadRecord& record) {
  const auto end = [&](int exit_code, Message why) {
    record.exit_code = exit_code;
    record.verdict = std::move(why);
  };
  if (record.interrupted && record.requests == 0) return end(4, msg<"load.interrupted-before">());
  if (record.connections == 0) return end(3, msg<"load.unreachable">(record.target));
  if (!record.ended.empty()) return end(record.ended_exit_code, record.ended);
  if (record.clock_step_s > 0 && record.failures() > 0)
    return end(4, msg<"load.clock-stepped-failed">(std::llround(record.clock_step_s), record.failures(), record.requests));
  if (record.target_clock_step_s > 0 && record.failures() > 0)
    return end(4, msg<"load.target-clock-stepped-failed">(std::llround(record.target_clock_step_s), record.failures(), record.requests));
  const auto sum = [&](std::uint64_t reports::ReconciliationRecord::*counter) {
    std::uint64_t out = 0;
    for (const reports::ReconciliationRecord& one : record.reconciliation) (void)add_checked(out, one.*counter);
    return out;
  };
  using Reconciled = reports::ReconciliationRecord;
  if (std::any_of(record.reconciliation.begin(), record.reconciliation.end(), [](const Reconciled& one) { return one.is_wrong(); })) {
    const std::uint64_t lost = sum(&Reconciled::lost), duplicated = sum(&Reconciled::duplicated);
    const std::uint64_t differing = sum(&Reconciled::differing), phantom = sum(&Reconciled::phantom), refused = sum(&Reconciled::refused_stored);
    if (differing == 0 && phantom == 0 && refused == 0) return end(1, msg<"load.lost-or-duplicated">(lost, duplicated));
    return end(1, msg<"load.reconciled-wrong">(lost, duplicated, differing, phantom, refused));
  }
  if (const std::uint64_t not_queried = sum(&Reconciled::not_queried); not_queried > 0 && !record.interrupted)
    return end(1, msg<"load.not-queried">(not_queried));
  for (const reports::ThresholdRecord& threshold : record.thresholds)
    if (threshold.missed()) return end(1, msg<"load.threshold-not-met">(threshold.text, threshold.found));
  // Without a threshold on errors, any error fails the run.
  const bool has_error_threshold = std::any_of(record.thresholds.begin(), record.thresholds.end(),
                                               [](const reports::ThresholdRecord& threshold) { return threshold.text.starts_with("errors"); });
  if (!has_error_threshold && record.failures() > 0) return end(1, msg<"load.wrong-replies">(record.failures(), record.requests));
  if (record.interrupted) return end(4, msg<"load.interrupted-good">());
  if (record.measured == 0) return end(4, msg<"load.nothing-measured">());
  // Two targets that were loaded in turn had the same generator: what it spoils, it spoils alike, and the comparison allows for it.
  const bool in_turn = record.thresholds.empty() && std::any_of(record.differences.begin(), record.differences.end(),
                                                                [](const reports::DifferenceRecord& one) { return one.metric.ends_with("_of_blocks"); });
  if (!in_turn && generator_was_late(record)) return end(4, msg<"load.generator-too-slow">());
  for (const reports::ThresholdRecord& threshold : record.thresholds)
    if (threshold.unknown) return end(4, msg<"load.threshold-unknown">(threshold.text, threshold.found));
  end(0, msg<"load.good">());
}

reports::LoadRun to_run_summary(const reports::LoadRecord& record) {
  reports::LoadRun run;
  run.intended_rate = record.intended_rate;
  run.rate = record.rate;
  run.p50 = record.response_time.p50;
  run.p95 = record.response_time.p95;
  run.p99 = record.response_time.p99;
  run.p999 = record.response_time.p999;
  run.errors = share_of(record.failures(), record.requests);
  std::copy_if(record.intervals.begin(), record.intervals.end(), std::back_inserter(run.intervals),
               [](const reports::PercentileInterval& one) { return one.clock == "response_time"; });
  // The last interval is incomplete, so it is left out.
  for (std::size_t i = 0; i + 1 < record.series.size(); ++i) {
    const reports::LoadInterval& one = record.series[i];
    if (one.begin_s < record.warm_up_s) continue;
    if (!std::isnan(one.p50)) {  // if a second has no reply, the seconds after it have long latencies
      run.p50_by_interval.push_back(one.p50);
      if (!std::isnan(one.p95)) run.p95_by_interval.push_back(one.p95);
      run.p99_by_interval.push_back(one.p99);
    }
    run.rate_by_interval.push_back(static_cast<double>(one.good) / std::max(1e-9, record.series[i + 1].begin_s - one.begin_s));
    run.errors_by_interval.push_back(share_of(one.errors, one.good + one.errors));
  }
  return run;
}

reports::LoadRecord record_of(const LoadOptions& options) {
  reports::LoadRecord record;
  record.target = options.address.to_string();
  record.workload = options.workload.name;
  record.mode = options.open() ? "open" : "closed";
  record.arrival = options.arrival == ArrivalProcess::poisson ? "poisson" : "even";
  for (const LoadStage& stage : options.stages) record.stages.push_back(to_message(stage));
  if (options.timestamps.shard.count > 1) record.shard = std::to_string(options.timestamps.shard.index) + "/" + std::to_string(options.timestamps.shard.count);
  record.seed = options.seed;
  record.meters = options.devices.count;
  record.max_generator_lag_ms = static_cast<double>(options.max_generator_lag.count());
  const auto started = options.start_at.value_or(system_clock::now());
  record.started_at = std::chrono::duration<double>(started.time_since_epoch()).count();
  record.started = utc(started);
  return record;
}

namespace {

/// What the threads of a run share.
struct Together {
  StartLine start_line;
  RunProgress progress;
  std::size_t parts;
  bool only_tries = false;  // which appIds the target takes: once, before the threads divide them
  std::atomic<bool> stop = false;
};

/// Unique values of a run: each of its threads has its own, and so has the trial before them.
Shard keys_of(const LoadOptions& options, const Together& together) {
  const Shard shard = options.timestamps.shard;
  if (together.parts == 1) return shard;
  const std::size_t place = together.only_tries ? together.parts : options.timestamps.part.index;
  return {shard.index + place * shard.count, shard.count * (together.parts + 1)};
}

/// One thread's part of a run.
LoadResult run_part(const core::Spec& spec, const LoadOptions& options, TimestampAllocator& timestamps, Together& together) {
  const std::size_t parts = together.parts;
  StartLine::Place place(together.start_line);
  LoadResult result;
  result.record = record_of(options);
  reports::LoadRecord& record = result.record;
  // Seconds since 1970: a later run gets a larger number, so unique keys of different runs never collide.
  const auto run_number = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count());
  const Shard keys = keys_of(options, together);
  VirtualDevices devices(spec, options.workload, options.devices, run_number, options.seed, keys.index, keys.count);
  if (options.timestamps.unique) {
    const ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
    // The order of timestamps tells the server nothing, but some servers prefer the current second: use others only if needed.
    if (!options.open() || !fits_without_window(schedule, options.apps.size(), options.timestamps)) timestamps.use_whole_window();
  }
  std::vector<AcknowledgedWrites> acknowledged_writes;
  if (options.reconcile)
    for (const core::Reconciliation& about : options.workload.reconcile) {
      std::vector<std::size_t> compared;
      for (const auto& one : about.compare) compared.push_back(one.field);
      const std::size_t first = devices.request_template(about.step).watch(compared);
      acknowledged_writes.emplace_back(about, reconciliation_name(spec, options.workload, about), first);
    }
  const std::size_t connections = possible_connections(options.connections, together.only_tries ? 1 : parts, record);
  net::ConnectionPool pool(
      {options.address, connections, options.timeout, std::chrono::milliseconds(5000), {}, parts > 1 && !together.only_tries ? &together.stop : nullptr});
  Nothing nothing;
  const Reconciliations reconciliations{spec, options, devices, timestamps, pool, acknowledged_writes};
  const auto judged = [&]() -> LoadResult& {
    record.apps = timestamps.apps();
    record.interrupted = pool.interrupted();
    record.connections_opened = pool.opened();
    if (options.address.tls) note_tls(record, pool.tls_version(), options.address.trust);
    reports::redact(record, options.apps);
    set_verdict(record);
    return result;
  };

  // What the target makes of the first requests is known before anything is measured, and before a start that was agreed on.
  const auto prepare = [&] {
    const RunClock clock(spec);
    if (!timestamps.tried) {
      const LoadContext context{spec, options, devices, timestamps, acknowledged_writes, clock};
      FirstExchange first(context);
      record.errors.clear();
      Inquiry inquiry(context, [&] { return looks_interrupted(pool); });
      try_apps(record, first, options, timestamps, pool, inquiry);
      record.first_exchanges += inquiry.sent();
    }
    if (timestamps.tried && record.ended.empty() && !pool.interrupted() && !together.only_tries) reconciliations.look_before(record, clock);
    return timestamps.tried;
  };
  bool prepared = prepare();
  const auto given_up = [&] { return pool.interrupted() || !record.ended.empty(); };
  if (together.only_tries || given_up() || (!prepared && !options.start_at)) return std::move(judged());
  if (options.start_at) {
    (void)pool.connect(nothing);  // who asked before is gone
    if (options.progress) options.progress(msg<"load.begins">(utc(*options.start_at)));
    // The clock of this machine may be set while the run waits, so that it is looked at again and again.
    for (;;) {
      const auto until_start = *options.start_at - time_to_connect - system_clock::now();
      if (until_start <= system_clock::duration::zero() || pool.interrupted()) break;
      constexpr std::chrono::nanoseconds look{std::chrono::seconds(1)};
      pool.wait_until(steady_clock::now() + std::min(look, std::chrono::duration_cast<std::chrono::nanoseconds>(until_start)));
    }
    if (!prepared && !pool.interrupted()) prepared = prepare();
    if (given_up() || !prepared) return std::move(judged());
  }
  const ArrivalSchedule schedule(options.stages, options.arrival, {}, options.seed);
  const RunClock clock(spec);
  const bool fewer = timestamps.apps() < timestamps.all_apps() || timestamps.passes_over(clock.at(steady_clock::now()));
  if (fewer && options.timestamps.unique) timestamps.use_whole_window();
  if (fewer && options.open())
    if (Message why = timestamps.why_not(schedule, clock.at(steady_clock::now())); !why.empty()) {
      record.ended = msg<"load.not-judged">(std::move(why));
      record.ended_exit_code = 4;
      return std::move(judged());
    }

  LoadWorker worker(spec, options, devices, timestamps, acknowledged_writes, &together.progress);
  // Many servers close connections that stay idle, so they are opened (again) shortly before the start.
  record.connections = pool.connect(worker);
  if (record.connections == 0 || pool.interrupted()) {
    worker.fill_record(record);
    return std::move(judged());
  }
  // Connections are open and idle now; the schedule begins at `begin` exactly.
  place.arrive();
  while (together.start_line.call() == StartLine::Call::wait && !pool.interrupted()) pool.wait_until(steady_clock::now() + std::chrono::milliseconds(2));
  if (together.start_line.call() != StartLine::Call::start) return std::move(judged());
  const auto started = together.start_line.started();
  record.started_at = std::chrono::duration<double>(started.time_since_epoch()).count();
  record.started = utc(started);
  together.progress.begin(record.started_at);
  const auto begin = together.start_line.begin();
  pool.wait_until(begin);
  const double cpu_before = cpu_seconds();
  const auto clock_before = steady_clock::now();
  worker.begin(begin, clock);
  pool.run(worker);
  const double cpu = cpu_seconds() - cpu_before;
  worker.finish(steady_clock::now());
  together.progress.leave(options.timestamps.part.index);
  worker.fill_record(record);
  // Only the sending counts: not the start-up, the connecting and the report.
  record.cpu_us_per_request = share_of(1, record.requests) * cpu * 1e6;
  record.cpu_share = cpu / std::max(1e-9, std::chrono::duration<double>(steady_clock::now() - clock_before).count());
  result.latencies = worker.latencies();
  summarize(record, result.latencies);
  if (record.connections < connections) result.connections_wanted = connections;
  record.interrupted = pool.interrupted();
  if (record.interrupted) record.notes.push_back(msg<"load.note-interrupted">());
  note_refusals(record, spec, options, worker);
  note_apps(record, worker, timestamps);
  result.starvation = worker.starvation_ratio();
  result.ran = true;
  if (parts == 1) note_run(result);
  if (options.reconcile) reconciliations.compare_after(record, clock);
  return std::move(judged());
}

/// The options of one thread.
LoadOptions part_of(const LoadOptions& options, Shard part) {
  const auto share = [&](std::uint64_t whole) { return whole / part.count + (part.index < whole % part.count ? 1 : 0); };
  const auto before = [&](std::uint64_t whole) { return whole / part.count * part.index + std::min<std::uint64_t>(part.index, whole % part.count); };
  LoadOptions out = options;
  out.timestamps.part = part;
  out.connections = share(options.connections);
  out.devices = {share(options.devices.count), options.devices.first + before(options.devices.count)};
  return out;
}

/// What threads have to tell at once; the same only once.
std::function<void(const Message&)> told_once(const std::function<void(const Message&)>& tell) {
  if (!tell) return {};
  struct Told {
    std::mutex mutex;
    std::vector<Message> before;
  };
  return [tell, told = std::make_shared<Told>()](const Message& message) {
    const std::scoped_lock lock(told->mutex);
    if (std::find(told->before.begin(), told->before.end(), message) != told->before.end()) return;
    if (told->before.size() < most_notes) told->before.push_back(message);
    tell(message);
  };
}

}  // namespace

std::size_t threads_for(const LoadOptions& options, std::size_t cores) {
  constexpr double rate_of_a_thread = 40'000;  // requests a second, with room; a core of 2026 makes three times as many (docs/performance.md)
  const bool is_local = net::is_loopback(options.address.host);
  const std::size_t free = is_local ? std::max<std::size_t>(1, cores / 2) : cores;
  double rate = 0;
  for (const LoadStage& stage : options.stages) rate = std::max({rate, stage.from, stage.to});
  rate /= static_cast<double>(options.timestamps.shard.count);
  const std::size_t wanted = options.open() ? static_cast<std::size_t>(std::ceil(rate / rate_of_a_thread)) : free;
  const std::size_t apps = options.timestamps.unique ? options.apps.size() / options.timestamps.shard.count : wanted;
  return std::max<std::size_t>(1, std::min({wanted, free, options.connections, apps, static_cast<std::size_t>(options.devices.count)}));
}

namespace {

/// Lets every appId send one call, before the threads divide those that the target takes.
LoadResult try_before(const core::Spec& spec, const LoadOptions& options, LoadTimestamps& timestamps) {
  constexpr std::size_t enough = 16;  // connections
  LoadOptions own = options;
  own.connections = std::min(options.connections, enough);
  own.metrics = nullptr;
  Together together{StartLine(1, options.start_at), RunProgress(own, 1, nullptr), timestamps.threads(), true};
  return run_part(spec, own, timestamps.whole(), together);
}

/// What the threads did, as one run.
LoadResult joined(std::vector<LoadResult> results, const LoadOptions& options, const LoadTimestamps& timestamps) {
  LoadResult out;
  std::vector<reports::LoadRecord> records;
  std::set<std::string> apps;
  for (const TimestampAllocator* part : timestamps.all())
    for (std::size_t app = 0; app < part->all_apps(); ++app) apps.insert(part->id_of(app));
  for (LoadResult& one : results) {
    records.push_back(std::move(one.record));
    out.latencies.add(one.latencies);
    out.starvation = std::max(out.starvation, one.starvation);
    out.ran = out.ran || one.ran;
    out.connections_wanted = std::max(out.connections_wanted, one.connections_wanted > 0 ? options.connections : 0);
  }
  out.record = merge_threads(records, options.timestamps.shard.count > 1);
  out.record.apps = std::min<std::uint64_t>(out.record.apps, apps.size());  // they may share them
  if (out.ran) note_run(out);
  set_verdict(out.record);
  // A thread that met no target, or whose part says nothing of it, speaks for all; one that had nothing to send does not.
  for (const reports::LoadRecord& one : records)
    if (one.exit_code > 1 && ((out.record.exit_code == 0 && one.requests > 0) || one.exit_code == 3)) {
      out.record.exit_code = one.exit_code;
      out.record.verdict = one.verdict;
    }
  return out;
}

}  // namespace

LoadResult run_load(const core::Spec& spec, const LoadOptions& options, LoadTimestamps& timestamps, std::ostream* log) {
  const std::size_t parts = timestamps.threads();
  if (parts == 1) {
    Together together{StartLine(1, options.start_at), RunProgress(options, 1, log), 1};
    return run_part(spec, options, timestamps.whole(), together);
  }
  std::optional<LoadResult> trial;
  if (!timestamps.are_divided() && !timestamps.whole().tried) {
    trial = try_before(spec, options, timestamps);
    const reports::LoadRecord& record = trial->record;
    // Where a start was agreed on, the target may not be there yet.
    if (record.interrupted || !record.ended.empty() || (!timestamps.whole().tried && !options.start_at)) {
      trial->record.threads = parts;
      return std::move(*trial);
    }
  }
  Together together{StartLine(parts, options.start_at), RunProgress(options, parts, log), parts};
  std::vector<LoadResult> results(parts);
  const auto tell = told_once(options.progress);
  const auto run = [&](std::size_t i) {
    try {
      LoadOptions own = part_of(options, {i, parts});
      own.progress = tell;
      results[i] = run_part(spec, own, timestamps.parts()[i], together);
    } catch (...) {
      together.stop = true;
      throw;
    }
  };
  (void)timestamps.parts();  // divided before the threads look
  {
    core::ThreadGroup threads;
    try {
      for (std::size_t i = 0; i < parts; ++i) threads.start([&run, i] { run(i); });
    } catch (...) {  // the others would wait for one that there is not
      together.start_line.call_off();
      throw;
    }
    threads.join();
  }
  together.progress.finish();
  LoadResult out = joined(std::move(results), options, timestamps);
  if (trial) {
    out.record.first_exchanges += trial->record.first_exchanges;
    for (Message& note : trial->record.notes)
      if (std::find(out.record.notes.begin(), out.record.notes.end(), note) == out.record.notes.end()) out.record.notes.push_back(std::move(note));
  }
  return out;
}

LoadResult combine(std::vector<LoadResult> results) {
  std::vector<reports::LoadRun> runs;
  runs.reserve(results.size());
  for (const LoadResult& one : results) {
    runs.push_back(to_run_summary(one.record));
    runs.back().series = one.record.series;
  }
  runs.back().series.clear();  // they are the record's
  // The last run's record is the base: it keeps target, options and series.
  LoadResult out = std::move(results.back());
  results.pop_back();
  reports::LoadRecord& record = out.record;
  double cpu = record.cpu_us_per_request * static_cast<double>(record.requests);
  double good_in_time = record.rate * record.measured_s;
  const auto span_of = [](const reports::LoadRecord& one) { return one.scheduled_rate > 0 ? static_cast<double>(one.scheduled) / one.scheduled_rate : 0; };
  double span = span_of(record);
  for (const LoadResult& one : results) {
    out.latencies.add(one.latencies);
    (void)add_counts(record, one.record);  // of this process: they fit
    span += span_of(one.record);
    good_in_time += one.record.rate * one.record.measured_s;
    record.duration_s += one.record.duration_s;
    record.measured_s += one.record.measured_s;
    record.clock_step_s = std::max(record.clock_step_s, one.record.clock_step_s);
    record.target_clock_step_s = std::max(record.target_clock_step_s, one.record.target_clock_step_s);
    out.starvation = std::max(out.starvation, one.starvation);
    // Averages are weighted by their requests.
    cpu += one.record.cpu_us_per_request * static_cast<double>(one.record.requests);
  }
  record.runs = std::move(runs);
  record.rate = record.measured_s > 0 ? good_in_time / record.measured_s : 0;
  record.scheduled_rate = span > 0 ? static_cast<double>(record.scheduled) / span : 0;
  record.cpu_us_per_request = record.requests > 0 ? cpu / static_cast<double>(record.requests) : 0;
  summarize(record, out.latencies);
  set_verdict(record);
  return out;
}

}  // namespace meterproof::loadgen
