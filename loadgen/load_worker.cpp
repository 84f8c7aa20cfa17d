#include "loadgen/load_worker.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/i18n/message.hpp"
#include "loadgen/request_writer.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::loadgen {

using net::SteadyTime;
using std::chrono::nanoseconds;

namespace {

constexpr std::chrono::seconds interval_length{1};
constexpr std::chrono::seconds plain_line_period{10};
constexpr std::chrono::milliseconds stamp_wait{10};  // between two looks for a free timestamp

/// For a line of progress: "-" where the sample is too small to say.
std::string shown(double milliseconds) {
  if (std::isnan(milliseconds)) return "-";
  char out[32];
  std::snprintf(out, sizeof out, "%.3f", milliseconds);
  return out;
}

double seconds(nanoseconds span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

void summarize(reports::LoadInterval& interval, const Histogram& latency) {
  if (latency.count() == 0) return;
  interval.p50 = latency.value_at_ms(0.5);
  interval.p99 = latency.value_at_ms(0.99);
  interval.max = latency.max_ms();
}

std::vector<std::pair<const char*, Histogram*>> by_name(LatencyHistograms& latencies) {
  return {{"response_time", &latencies.latency},
          {"service_time", &latencies.service},
          {"queueing_delay", &latencies.lateness},
          {"generator_lag", &latencies.generator_lag}};
}

void LatencyHistograms::add(const LatencyHistograms& other) {
  lateness.add(other.lateness);
  service.add(other.service);
  latency.add(other.latency);
  generator_lag.add(other.generator_lag);
}

LoadWorker::LoadWorker(const core::Spec& spec, const LoadOptions& options, VirtualDevices& devices, TimestampAllocator& timestamps,
                       std::vector<AcknowledgedWrites>& ledgers, HistogramLog* log)
    : spec_(spec),
      options_(options),
      devices_(devices),
      timestamps_(timestamps),
      ledgers_(ledgers),
      log_(log),
      in_flight_(options.connections),
      ledgers_of_(devices.steps()),
      no_code_(i18n::msg<"load.no-code">(spec.envelope.code)) {
  if (options.open()) schedule_.emplace(options.stages, options.arrival, options.timestamps.shard, options.seed);
  for (std::size_t step = 0; step < devices.steps(); ++step) {
    heads_.push_back(head_of(spec, options.address, devices.request_template(step).interface()));
    scanners_.push_back(devices.request_template(step).scanner());
  }
  for (AcknowledgedWrites& writes : ledgers_) ledgers_of_[writes.about().step].push_back(&writes);
}

void LoadWorker::begin(SteadyTime now) {
  begin_ = last_reply_ = interval_begin_ = now;
  interval_end_ = now + interval_length;
  measured_from_ = now + options_.warm_up;
  end_ = now + (schedule_ ? schedule_->end() : nanoseconds(options_.duration));
  next_plain_line_ = now + plain_line_period;
  wall_until_ = {};
}

SteadyTime LoadWorker::next_due(SteadyTime now) {
  if (!schedule_) {
    if (now >= end_) return SteadyTime::max();
  } else {
    const nanoseconds due = schedule_->due();
    if (due == ArrivalSchedule::Offset::max()) return SteadyTime::max();
    if (begin_ + due > now) return begin_ + due;
  }
  if (timestamps_.available(wall(now))) {
    if (stampless_since_) {
      without_stamp_ += now - *stampless_since_;
      stampless_since_.reset();
      stamped_since_ = now;
    }
    return now;
  }
  if (!stampless_since_) stampless_since_ = now;
  return now + stamp_wait;
}

double LoadWorker::starvation_ratio() const { return finished_ > begin_ ? seconds(without_stamp_) / seconds(finished_ - begin_) : 0; }

/// The target's wall clock, looked at once a second.
core::DateTime LoadWorker::wall(SteadyTime now) {
  if (now < wall_until_) return wall_;
  const auto time = std::chrono::system_clock::now();
  wall_ = core::local_time(time, spec_.authentication.utc_offset);
  constexpr std::chrono::milliseconds look_again{20};  // the clock may be set
  const auto next_second = std::chrono::ceil<std::chrono::seconds>(time + nanoseconds(1)) - time;
  wall_until_ = now + std::min<nanoseconds>(next_second, look_again);
  return wall_;
}

void LoadWorker::make_request(std::size_t connection, SteadyTime now, std::string& bytes) {
  InFlight& in_flight = in_flight_[connection];
  if (schedule_) {
    in_flight.intended = begin_ + schedule_->due();
    schedule_->advance();
  }
  const core::DateTime moment = wall(now);
  body_.clear();
  devices_.append_next(body_, in_flight.call, moment);
  append_request(bytes, heads_[in_flight.call.step], timestamps_, moment, body_);
  for (AcknowledgedWrites* writes : ledgers_of_[in_flight.call.step]) writes->sent(in_flight.call);
}

void LoadWorker::on_sent(std::size_t connection, SteadyTime now, SteadyTime idle_since) {
  close_intervals(now);
  InFlight& in_flight = in_flight_[connection];
  in_flight.sent = now;
  if (!schedule_) in_flight.intended = now;
  ++requests_;
  ++interval_.requests;
  in_flight.measured = in_flight.intended >= measured_from_;
  const nanoseconds lateness = now - in_flight.intended;
  const nanoseconds generator_lag = now - std::max({in_flight.intended, idle_since, stamped_since_});
  if (lateness > late) {
    ++late_sends_, ++interval_.late_sends;
    if (generator_lag > late) ++own_late_sends_;
  }
  if (!in_flight.measured || !schedule_) return;  // in a closed loop nothing is late
  latencies_.lateness.record(lateness);
  latencies_.generator_lag.record(generator_lag);
  if (log_ != nullptr) interval_lateness_.record(lateness);
}

void LoadWorker::record_latency(const InFlight& in_flight, SteadyTime now) {
  interval_latency_.record(now - in_flight.intended);
  if (!in_flight.measured) return;
  latencies_.latency.record(now - in_flight.intended);
  latencies_.service.record(now - in_flight.sent);
  if (log_ == nullptr) return;
  logged_latency_.record(now - in_flight.intended);
  interval_service_.record(now - in_flight.sent);
}

void LoadWorker::count_error(const i18n::Message& cause) {
  ++interval_.errors;
  add_error(errors_, cause);
}

void LoadWorker::on_connect_error(net::TransportResult why) { add_error(errors_, i18n::msg<"load.not-connected">(reports::to_message(why))); }

void LoadWorker::count_code(std::uint32_t step, int code) {
  for (CodeCount& one : codes_)
    if (one.step == step && one.code == code) {
      ++one.count;
      return;
    }
  constexpr std::size_t most_codes = 1000;  // a target that answers nonsense
  if (codes_.size() < most_codes) codes_.push_back({step, code, 1});
}

void LoadWorker::on_response(std::size_t connection, SteadyTime now, const net::HttpParser& reply) {
  const InFlight& in_flight = in_flight_[connection];
  close_intervals(now);
  ++replies_;
  ++interval_.replies;
  if (in_flight.measured) ++measured_;
  last_reply_ = now;
  record_latency(in_flight, now);
  if (reply.status() != 200) return count_error(i18n::verbatim("HTTP " + std::to_string(reply.status())));
  const json::ScannedResponse& scanned = scanners_[in_flight.call.step].scan(reply.body());
  if (!scanned.is_json) return count_error(i18n::msg<"load.malformed-reply">());
  if (!scanned.code) return count_error(no_code_);
  count_code(in_flight.call.step, *scanned.code);
  RequestTemplate& request_template = devices_.request_template(in_flight.call.step);
  if (*scanned.code != spec_.success.value) {
    ++interval_.errors;
    for (AcknowledgedWrites* writes : ledgers_of_[in_flight.call.step]) writes->refused(in_flight.call);
    return;
  }
  for (AcknowledgedWrites* writes : ledgers_of_[in_flight.call.step]) writes->accepted(in_flight.call);
  request_template.publish_key(in_flight.call);
  const std::string_view trouble = request_template.on_response(in_flight.call, scanned);
  if (!trouble.empty()) return count_error(i18n::untranslated(std::string(trouble)));
  ++successes_;
  ++interval_.good;
  if (in_flight.measured) ++measured_good_;
}

void LoadWorker::on_error(std::size_t connection, SteadyTime now, net::TransportResult why) {
  close_intervals(now);
  // A request without a reply has waited as long as it was waited for.
  record_latency(in_flight_[connection], now);
  count_error(reports::to_message(why));
}

/// What could not be sent for as long as a reply may take has failed; a target that is gone must not hold up the run.
void LoadWorker::give_up_overdue(SteadyTime now) {
  if (!schedule_) return;
  while (schedule_->due() != ArrivalSchedule::Offset::max() && begin_ + schedule_->due() + options_.timeout < now) {
    const SteadyTime intended = begin_ + schedule_->due();
    schedule_->advance();
    ++requests_;
    ++interval_.requests;
    if (intended >= measured_from_) latencies_.latency.record(now - intended);
    interval_latency_.record(now - intended);
    count_error(stampless_since_ ? i18n::msg<"load.not-sent-timestamp">() : i18n::msg<"load.not-sent-connection">());
  }
}

void LoadWorker::on_tick(SteadyTime now) {
  close_intervals(now);
  give_up_overdue(now);
}

void LoadWorker::finish(SteadyTime now) {
  finished_ = now;
  if (stampless_since_) {
    without_stamp_ += now - *stampless_since_;
    last_reply_ = std::max(last_reply_, std::min(now, end_));  // it waited; that is part of its rate
  }
  close_intervals(now);
  if (interval_.requests + interval_.replies + interval_.errors > 0) close_interval(now);
}

/// Each second has its entry, those too in which nothing came.
void LoadWorker::close_intervals(SteadyTime now) {
  while (now >= interval_end_) close_interval(interval_end_);
}

void LoadWorker::close_interval(SteadyTime end) {
  interval_.begin_s = seconds(interval_begin_ - begin_);
  summarize(interval_, interval_latency_);
  if (options_.timestamps.shard.count > 1) interval_.histogram = interval_latency_.encoded();  // its percentiles are those of all shards
  std::map<std::string, std::uint64_t> totals;
  for (const CodeCount& one : codes_) totals[std::to_string(one.code)] += one.count;
  for (const auto& [code, count] : totals)
    if (count > totals_before_[code]) interval_.result_codes[code] = count - totals_before_[code];
  totals_before_ = std::move(totals);
  const double length = seconds(end - interval_begin_);
  if (options_.progress && (options_.terminal || end >= next_plain_line_)) {
    options_.progress(i18n::verbatim(progress_line(length)));
    next_plain_line_ += plain_line_period;
  }
  series_.push_back(std::move(interval_));
  if (log_ != nullptr) {
    log_->add("latency", series_.back().begin_s, length, logged_latency_);
    log_->add("service", series_.back().begin_s, length, interval_service_);
    log_->add("lateness", series_.back().begin_s, length, interval_lateness_);
    logged_latency_.clear();
    interval_service_.clear();
    interval_lateness_.clear();
  }
  interval_latency_.clear();
  interval_ = {};
  interval_begin_ = end;
  interval_end_ = end + interval_length;
}

std::string LoadWorker::progress_line(double length) const {
  char line[80];
  std::snprintf(line, sizeof line, "%7.1f s %9.0f/s", interval_.begin_s + length, static_cast<double>(interval_.good) / std::max(1e-9, length));
  std::string out = line;
  out += "  p50 " + shown(interval_latency_.percentile_ms(0.5)) + "  p99 " + shown(interval_latency_.percentile_ms(0.99)) + "  max " + shown(interval_.max) +
         " ms  late " + std::to_string(interval_.late_sends) + "  errors " + std::to_string(interval_.errors) + "  codes";
  for (const auto& [code, count] : interval_.result_codes) out += " " + code + ":" + std::to_string(count);
  return out;
}

std::uint64_t LoadWorker::count_of(core::SignatureError fault) const {
  const core::ResultRow* row = spec_.answering(fault);
  std::uint64_t count = 0;
  for (const CodeCount& one : codes_)
    if (row != nullptr && one.code == row->code.value) count += one.count;
  return count;
}

void LoadWorker::fill_record(reports::LoadRecord& record) const {
  // An open loop lasts as long as its schedule: the last request closes no interval.
  const bool all_sent = schedule_ && schedule_->due() == ArrivalSchedule::Offset::max();
  const SteadyTime last = all_sent ? std::max(last_reply_, end_) : schedule_ ? last_reply_ : std::max(last_reply_, std::min(finished_, end_));
  record.duration_s = seconds(last - begin_);
  record.warm_up_s = std::min(record.duration_s, seconds(options_.warm_up));
  record.measured_s = std::max(0.0, seconds(last - measured_from_));
  record.requests = requests_;
  record.replies = replies_;
  record.measured = measured_;
  record.good = successes_;
  record.rate = record.measured_s > 0 ? static_cast<double>(measured_good_) / record.measured_s : 0;
  if (schedule_) {
    const auto wanted = schedule_->count_until(end_ - begin_) - schedule_->count_until(options_.warm_up);
    const double span = seconds(end_ - measured_from_);
    record.intended_rate = span > 0 ? wanted / span / static_cast<double>(options_.timestamps.shard.count) : 0;
  }
  record.late_sends = late_sends_;
  record.generator_late_sends = own_late_sends_;
  record.errors = errors_;
  for (const CodeCount& one : codes_) {
    record.result_codes[std::to_string(one.code)] += one.count;
    record.by_interface[devices_.request_template(one.step).interface().name][std::to_string(one.code)] += one.count;
  }
  record.series = series_;
}

}  // namespace meterproof::loadgen
