// SPDX-License-Identifier: Apache-2.0
#include "loadgen/load_worker.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/i18n/message.hpp"
#include "loadgen/first_exchange.hpp"
#include "loadgen/request_writer.hpp"
#include "reports/refused_signature.hpp"
#include "reports/signature_trials.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::loadgen {

using net::SteadyTime;
using std::chrono::nanoseconds;

namespace {

constexpr std::chrono::seconds interval_length{1};
constexpr std::chrono::milliseconds timestamp_poll{10};  // how often a free timestamp is looked for
constexpr std::chrono::milliseconds end_tolerance{100};  // after the schedule's end: what is sent until then was sent on schedule
constexpr std::uint64_t refusals_that_tell = 20;         // in a row, and nothing else

double seconds(nanoseconds span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

void summarize(reports::LoadInterval& interval, const Histogram& latency) {
  if (latency.count() == 0) return;
  interval.p50 = latency.value_at_ms(0.5);
  interval.p95 = latency.value_at_ms(0.95);
  interval.p99 = latency.value_at_ms(0.99);
  interval.max = latency.max_ms();
}

std::vector<std::pair<const char*, Histogram*>> by_name(LatencyHistograms& latencies) {
  return {{"response_time", &latencies.response_time},
          {"service_time", &latencies.service_time},
          {"queueing_delay", &latencies.queueing_delay},
          {"generator_lag", &latencies.generator_lag}};
}

void LatencyHistograms::add(const LatencyHistograms& other) {
  queueing_delay.add(other.queueing_delay);
  service_time.add(other.service_time);
  response_time.add(other.response_time);
  generator_lag.add(other.generator_lag);
}

LoadWorker::LoadWorker(const core::Spec& spec, const LoadOptions& options, VirtualDevices& devices, TimestampAllocator& timestamps,
                       std::vector<AcknowledgedWrites>& acknowledged_writes, RunProgress* progress)
    : spec_(spec),
      options_(options),
      devices_(devices),
      timestamps_(timestamps),
      progress_(progress),
      in_flight_(options.connections),
      writes_by_step_(devices.steps()),
      apps_(timestamps.all_apps()) {
  if (options.open()) schedule_.emplace(options.stages, options.arrival, options.timestamps.all(), options.seed);
  for (std::size_t step = 0; step < devices.steps(); ++step) {
    heads_.push_back(request_head(spec, options.address, devices.request_template(step).interface()));
    readers_.emplace_back(spec, devices.request_template(step).scanner());
  }
  for (AcknowledgedWrites& writes : acknowledged_writes) writes_by_step_[writes.about().step].push_back(&writes);
}

void LoadWorker::begin(SteadyTime now, const RunClock& clock) {
  clock_ = &clock;
  clock_watch_ = clock.watch();
  begin_ = last_reply_ = interval_begin_ = now;
  interval_end_ = now + interval_length;
  measured_from_ = now + options_.warm_up;
  end_ = now + (schedule_ ? schedule_->end() : nanoseconds(options_.duration));
}

SteadyTime LoadWorker::next_due(SteadyTime now) {
  if (!ended_.empty()) return SteadyTime::max();
  if (!schedule_) {
    if (now >= end_) return SteadyTime::max();
  } else {
    const nanoseconds due = schedule_->due();
    if (due == ArrivalSchedule::Offset::max()) return SteadyTime::max();
    if (begin_ + due > now) return begin_ + due;
  }
  // A due request also needs a timestamp. The wait for one is measured, so that it is not blamed on the target.
  if (timestamps_.available(clock_->at(now))) {
    if (no_timestamp_since_) {
      without_timestamp_ += now - *no_timestamp_since_;
      no_timestamp_since_.reset();
      timestamp_since_ = now;
    }
    return now;
  }
  if (!no_timestamp_since_) no_timestamp_since_ = now;
  return now + timestamp_poll;
}

double LoadWorker::starvation_ratio() const { return finished_ > begin_ ? seconds(without_timestamp_) / seconds(finished_ - begin_) : 0; }

void LoadWorker::make_request(std::size_t connection, SteadyTime now, std::string& bytes) {
  InFlight& in_flight = in_flight_[connection];
  if (schedule_) {
    in_flight.intended = begin_ + schedule_->due();
    if (in_flight.intended >= measured_from_) ++scheduled_;
    schedule_->advance();
  }
  const core::DateTime moment = clock_->at(now);
  body_.clear();
  devices_.append_next(body_, in_flight.call, moment);
  append_request(bytes, heads_[in_flight.call.step], timestamps_, moment, body_);
  in_flight.app = timestamps_.last_app();
  in_flight.second = timestamps_.last_second();
  for (AcknowledgedWrites* writes : writes_by_step_[in_flight.call.step]) writes->sent(in_flight.call);
}

void LoadWorker::on_sent(std::size_t connection, SteadyTime now, SteadyTime idle_since) {
  close_intervals(now);
  InFlight& in_flight = in_flight_[connection];
  in_flight.sent = now;
  if (!schedule_) in_flight.intended = now;
  ++requests_;
  ++interval_.requests;
  in_flight.measured = in_flight.intended >= measured_from_;
  if (schedule_ && in_flight.measured && now <= end_ + end_tolerance) ++on_schedule_;
  const nanoseconds queueing_delay = now - in_flight.intended;
  // The request could have been sent as soon as it was due, a connection was idle and a timestamp was free.
  const nanoseconds generator_lag = now - std::max({in_flight.intended, idle_since, timestamp_since_});
  if (queueing_delay > late_threshold) {
    ++late_sends_, ++interval_.late_sends;
    // Late, although a connection and a timestamp were free: the generator was too slow.
    if (generator_lag > late_threshold) ++generator_late_sends_;
  }
  if (!in_flight.measured || !schedule_) return;  // a closed loop has no due times
  latencies_.queueing_delay.record(queueing_delay);
  latencies_.generator_lag.record(generator_lag);
  if (progress_ != nullptr && progress_->logs()) logged_[2].record(queueing_delay);
}

void LoadWorker::record_latency(const InFlight& in_flight, SteadyTime now) {
  interval_response_time_.record(now - in_flight.intended);
  if (!in_flight.measured) return;
  latencies_.response_time.record(now - in_flight.intended);
  latencies_.service_time.record(now - in_flight.sent);
  if (progress_ == nullptr || !progress_->logs()) return;
  logged_[0].record(now - in_flight.intended);
  logged_[1].record(now - in_flight.sent);
}

void LoadWorker::count_error(const i18n::Message& cause) {
  ++interval_.errors;
  add_error(errors_, cause);
}

void LoadWorker::on_connect_error(net::TransportResult why, std::string_view detail) {
  add_error(errors_, i18n::msg<"load.not-connected">(reports::to_message(why, detail)));
}

void LoadWorker::count_code(std::uint32_t step, int code) {
  // A handful of codes: they are searched in turn.
  for (CodeCount& one : codes_)
    if (one.step == step && one.code == code) {
      ++one.count;
      return;
    }
  constexpr std::size_t max_codes = 1000;  // a target that answers with random codes must not use up the memory
  if (codes_.size() < max_codes) codes_.push_back({step, code, 1});
}

void LoadWorker::count_app(std::size_t app, int code) {
  AppCount& count = apps_[app];
  ++count.replies;
  if (code == spec_.success.value) {
    refused_for_time_ = 0;
    time_accepted_ = true;
    return;
  }
  if (refuses_time(spec_, code) && ++refused_for_time_ >= refusals_that_tell) judge_refused_times();
  if (!refuses_app(spec_, code)) return;
  ++count.refused;
  count.code = code;
  if (count.left_out || count.refused != count.replies || count.refused < refusals_that_tell) return;
  count.left_out = true;
  timestamps_.leave_out(app);
  const i18n::Message note = i18n::msg<"load.app-left-out">(timestamps_.id_of(app), code, count.refused);
  if (options_.progress) options_.progress(note);
  if (timestamps_.apps() == 0) end_early(i18n::msg<"load.apps-refused-later">(refusals_that_tell, code));
}

void LoadWorker::end_early(i18n::Message why) {
  if (ended_.empty()) ended_ = std::move(why);
}

// A request is signed with the time of the run's beginning carried on, so a step of this machine's clock changes none. A target on this machine, whose
// clock is the same, sees them as too old or too new then.
void LoadWorker::watch_clock(SteadyTime now) {
  const auto step = clock_watch_->step(clock_->shown(), now);
  if (step == std::chrono::milliseconds(0)) return;
  clock_step_ += std::chrono::abs(step);
  if (options_.progress) options_.progress(i18n::msg<"load.note-clock-stepped">(std::chrono::round<std::chrono::seconds>(step).count()));
}

void LoadWorker::watch_target_clock(SteadyTime now, SteadyTime sent, const net::HttpParser& reply, bool in_doubt) {
  if (now < next_date_ && !in_doubt && !target_clock_.is_in_doubt()) return;
  next_date_ = now + std::chrono::seconds(1);
  const auto step = target_clock_.saw(core::parse_http_date(reply.header("Date")), clock_->at(now), now - sent);
  if (step.count() == 0 || clock_step_.count() > 0) return;  // a target on this machine goes by the clock that was set
  if (options_.progress) options_.progress(i18n::msg<"load.note-target-clock-stepped">(step.count()));
}

void LoadWorker::judge_refused_times() {
  // After a step of its clock, a target refuses everything: nothing is measured any more, and nobody is to blame.
  if (clock_step_.count() > 0) end_early(i18n::msg<"load.clock-stepped">(std::chrono::round<std::chrono::seconds>(clock_step_).count()));
  else if (target_clock_.step().count() > 0) end_early(i18n::msg<"load.target-clock-stepped">(target_clock_.step().count()));
  else if (options_.timestamps.unique && time_accepted_ && !target_clock_.is_shown()) end_early(i18n::msg<"load.times-refused-later">(refused_for_time_));
}

void LoadWorker::redact(ReplyReader& reader, const net::HttpParser& reply, const InFlight& in_flight) const {
  if (!reader.is_new_problem() && !irregular_replies_.would_grow(reader.irregularities())) return;
  const core::Authentication& authentication = spec_.authentication;
  const auth::Signer signer(authentication);
  const auth::Credentials app = timestamps_.credentials_of(in_flight.app);
  const std::string timestamp = in_flight.second.compact();
  net::HttpRequest request;
  request.headers = reports::headers_with(authentication, {signer.token(app, timestamp), signer.authorization(app, timestamp)});
  reader.redact(reply, reports::redactor_for(authentication, options_.apps, request));
}

void LoadWorker::on_response(std::size_t connection, SteadyTime now, const net::HttpParser& reply) {
  const InFlight& in_flight = in_flight_[connection];
  close_intervals(now);
  ++replies_;
  ++interval_.replies;
  if (in_flight.measured) ++measured_;
  last_reply_ = now;
  record_latency(in_flight, now);
  ReplyReader& reader = readers_[in_flight.call.step];
  const json::ScannedResponse& scanned = reader.read(reply);
  if (reader.is_irregular()) redact(reader, reply, in_flight);
  if (!reader.problem().empty()) return count_error(reader.problem());
  watch_target_clock(now, in_flight.sent, reply, *scanned.code != spec_.success.value && refuses_time(spec_, *scanned.code));
  irregular_replies_.add(reader.irregularities());
  count_code(in_flight.call.step, *scanned.code);
  count_app(in_flight.app, *scanned.code);
  RequestTemplate& request_template = devices_.request_template(in_flight.call.step);
  // A code other than success is the target's decision: counted by code, not as a malformed reply.
  if (*scanned.code != spec_.success.value) {
    ++interval_.errors;
    for (AcknowledgedWrites* writes : writes_by_step_[in_flight.call.step]) writes->refused(in_flight.call);
    return;
  }
  for (AcknowledgedWrites* writes : writes_by_step_[in_flight.call.step]) writes->accepted(in_flight.call);
  request_template.publish_key(in_flight.call);
  const i18n::Message& error = request_template.on_response(in_flight.call, scanned);
  if (!error.empty()) return count_error(error);
  ++successes_;
  ++interval_.good;
  if (in_flight.measured) ++measured_good_;
}

/// Takes the request back: that it has no reply yet says nothing of the target.
void LoadWorker::on_left(std::size_t connection, SteadyTime now) {
  close_intervals(now);
  const InFlight& in_flight = in_flight_[connection];
  ++left_;
  --requests_;
  const auto second = static_cast<std::size_t>((in_flight.sent - begin_) / interval_length);  // when it was counted
  --(second < series_.size() ? series_[second] : interval_).requests;
}

void LoadWorker::on_error(std::size_t connection, SteadyTime now, net::TransportResult why) {
  close_intervals(now);
  // A request without a reply counts with the time that was waited: leaving it out would improve the percentiles of a failing server.
  record_latency(in_flight_[connection], now);
  count_error(reports::to_message(why));
}

/// Counts requests that could not be sent within the reply timeout as failed, so that a run against a dead target ends.
void LoadWorker::give_up_overdue(SteadyTime now) {
  if (!schedule_) return;
  while (ended_.empty() && schedule_->due() != ArrivalSchedule::Offset::max() && begin_ + schedule_->due() + options_.timeout < now) {
    const SteadyTime intended = begin_ + schedule_->due();
    schedule_->advance();
    ++requests_;
    ++interval_.requests;
    if (intended >= measured_from_) {
      ++scheduled_;
      latencies_.response_time.record(now - intended);
    }
    interval_response_time_.record(now - intended);
    count_error(no_timestamp_since_ ? i18n::msg<"load.not-sent-timestamp">() : i18n::msg<"load.not-sent-connection">());
  }
}

void LoadWorker::on_tick(SteadyTime now) {
  watch_clock(now);
  close_intervals(now);
  give_up_overdue(now);
}

void LoadWorker::finish(SteadyTime now) {
  finished_ = now;
  constexpr std::uint64_t refusals_at_the_end = 5;  // of a run too slow for more
  if (refused_for_time_ >= refusals_at_the_end) judge_refused_times();
  // What an interrupted run left undone until then was due all the same.
  if (schedule_)
    for (ArrivalSchedule rest = *schedule_; rest.due() != ArrivalSchedule::Offset::max() && begin_ + rest.due() < now; rest.advance())
      if (begin_ + rest.due() >= measured_from_) ++scheduled_;
  if (no_timestamp_since_) {
    without_timestamp_ += now - *no_timestamp_since_;
    last_reply_ = std::max(last_reply_, std::min(now, end_));  // the wait counts in the rate
  }
  close_intervals(now);
  if (interval_.requests + interval_.replies + interval_.errors > 0) close_interval(now);
}

/// Every second gets an entry in the series, even if nothing happened in it.
void LoadWorker::close_intervals(SteadyTime now) {
  while (now >= interval_end_) close_interval(interval_end_);
}

LoadTotals LoadWorker::totals_so_far(SteadyTime now) const {
  LoadTotals out;
  if (!progress_->publishes()) return out;
  out.counts.sent = requests_;
  out.counts.replies = replies_;
  out.counts.errors = all_errors_;
  out.counts.late_sends = late_sends_;
  out.counts.generator_late_sends = generator_late_sends_;
  for (const CodeCount& one : codes_) out.counts.codes[{devices_.request_template(one.step).interface().name, one.code}] += one.count;
  out.counts.intended_rate = rate_at(options_.stages, now - begin_);
  out.counts.connections = in_flight_.size();
  out.response_time = latencies_.response_time;
  out.service_time = latencies_.service_time;
  return out;
}

void LoadWorker::close_interval(SteadyTime end) {
  interval_.begin_s = seconds(interval_begin_ - begin_);
  summarize(interval_, interval_response_time_);
  if (options_.timestamps.all().count > 1)
    interval_.histogram = interval_response_time_.encoded();  // to merge percentiles of shards, their histograms are needed
  // Codes are counted once, over the whole run; an interval's counts are the difference to the interval before.
  std::map<std::string, std::uint64_t> totals;
  for (const CodeCount& one : codes_) totals[std::to_string(one.code)] += one.count;
  for (const auto& [code, count] : totals)
    if (count > totals_before_[code]) interval_.result_codes[code] = count - totals_before_[code];
  totals_before_ = std::move(totals);
  interval_.length_s = seconds(end - interval_begin_);
  all_errors_ += interval_.errors;
  if (progress_ != nullptr) {
    progress_->add(options_.timestamps.part.index, interval_, interval_response_time_, logged_, totals_so_far(end));
    if (progress_->logs())
      for (Histogram& one : logged_) one.clear();
  }
  series_.push_back(std::move(interval_));
  interval_response_time_.clear();
  interval_ = {};
  interval_begin_ = end;
  interval_end_ = end + interval_length;
}

std::uint64_t LoadWorker::count_of(core::SignatureError error) const {
  const core::ResultRow* row = spec_.answering(error);
  std::uint64_t count = 0;
  for (const CodeCount& one : codes_)
    if (row != nullptr && one.code == row->code.value) count += one.count;
  return count;
}

void LoadWorker::fill_record(reports::LoadRecord& record) const {
  // An open loop lasts as long as its schedule, even if the last request was due earlier.
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
    record.intended_rate = span > 0 ? wanted / span / static_cast<double>(options_.timestamps.all().count) : 0;
    const double asked = seconds((all_sent ? end_ : std::min(finished_, end_)) - measured_from_);
    record.scheduled = scheduled_;
    record.sent_on_schedule = on_schedule_;
    record.scheduled_rate = asked > 0 ? static_cast<double>(scheduled_) / asked : 0;
  }
  if (!ended_.empty()) record.ended = ended_, record.ended_exit_code = 4;
  record.clock_step_s = std::abs(std::chrono::duration<double>(clock_step_).count());
  if (clock_step_.count() == 0) record.target_clock_step_s = static_cast<double>(target_clock_.step().count());
  for (i18n::Message& note : irregular_replies_.notes(spec_.envelope)) record.notes.push_back(std::move(note));
  if (left_ > 0) record.notes.push_back(i18n::msg<"load.note-left">(left_));
  record.late_sends = late_sends_;
  record.generator_late_sends = generator_late_sends_;
  record.errors = errors_;
  for (const CodeCount& one : codes_) {
    record.result_codes[std::to_string(one.code)] += one.count;
    record.by_interface[devices_.request_template(one.step).interface().name][std::to_string(one.code)] += one.count;
  }
  record.series = series_;
}

}  // namespace meterproof::loadgen
