// SPDX-License-Identifier: Apache-2.0
#include "loadgen/reconciler.hpp"

#include "core/i18n/message.hpp"
#include "loadgen/reply_reader.hpp"
#include "loadgen/request_writer.hpp"

namespace meterproof::loadgen {

using net::SteadyTime;

namespace {

constexpr std::chrono::milliseconds timestamp_poll{20};
constexpr std::size_t most_tries = 3;                    // of a query
constexpr std::chrono::milliseconds between_tries{100};  // times the number of the try
constexpr std::size_t silent_target = 5;                 // queries without a reply: nobody is there

}  // namespace

std::string reconciliation_name(const core::Spec& spec, const core::Workload& workload, const core::Reconciliation& about) {
  const core::Interface& interface = spec.interfaces[workload.mix[about.step].interface];
  return std::string(about.kind == core::Reconciliation::Kind::last ? "last " : "") + interface.name + "." + interface.request[about.field].name + " in " +
         spec.interfaces[about.ask.interface].name;
}

Reconciler::Reconciler(const core::Spec& spec, const LoadOptions& options, const VirtualDevices& devices, TimestampAllocator& timestamps,
                       AcknowledgedWrites& writes, const RunClock& clock, When when, const std::vector<std::uint64_t>& to_query, SteadyTime until)
    : spec_(spec),
      options_(options),
      devices_(devices),
      timestamps_(timestamps),
      writes_(writes),
      clock_(clock),
      when_(when),
      until_(until),
      rng_(options.seed),
      query_of_(options.connections),
      total_(to_query.size()) {
  workload_.columns = options.workload.columns;
  workload_.rows = options.workload.rows;
  workload_.mix.push_back(writes.about().ask);
  templates_.emplace_back(spec, workload_, workload_.mix.front(), devices.devices(), rng_);
  head_ = request_head(spec, options.address, templates_.front().interface());
  for (const std::uint64_t device : to_query) to_query_.push_back({device, 0, {}, {}});
  timestamps_.use_whole_window();  // the queries are not paced
}

SteadyTime Reconciler::next_due(SteadyTime now) {
  if (now >= until_) finish();
  if (to_query_.empty()) return SteadyTime::max();
  if (to_query_.front().not_before > now) return to_query_.front().not_before;
  return timestamps_.available(clock_.at(now)) ? now : now + timestamp_poll;
}

void Reconciler::make_request(std::size_t connection, SteadyTime now, std::string& bytes) {
  Query& query = query_of_[connection] = to_query_.front();
  to_query_.pop_front();
  ++query.tries;
  query.sent = now;
  ++in_flight_;
  DeviceCall call;
  call.device = query.device;
  body_.clear();
  const core::DateTime moment = clock_.at(now);
  templates_.front().append_body(body_, call, moment, templates_, rng_);
  append_request(bytes, head_, timestamps_, moment, body_);
}

void Reconciler::on_response(std::size_t connection, SteadyTime now, const net::HttpParser& reply) {
  --in_flight_;
  silent_ = 0;
  last_reply_ = now;
  // Only an answer with success tells anything.
  const json::ReplyReading reading = read_reply(reply, spec_);
  if (reading.code != spec_.success) return ask_again(query_of_[connection], now);
  // All rows of the reply: the write may be in any of them, or in several.
  const std::vector<core::Field>& fields = templates_.front().interface().reply;
  std::vector<ShownRow> shown;
  const auto value_of = [&](const json::Json& row, std::size_t field) {
    const json::Json* value = row.get(fields[field].name);
    return value == nullptr ? std::string() : value->text;
  };
  for (const json::Json* row : json::rows_of(*reading.json, spec_.envelope)) {
    ShownRow& one = shown.emplace_back();
    one.name = value_of(*row, writes_.about().shown);
    for (const auto& compared : writes_.about().compare) one.values.push_back(value_of(*row, compared.shown));
  }
  take(query_of_[connection].device, &shown);
}

void Reconciler::take(std::uint64_t device, const std::vector<ShownRow>* rows) {
  if (rows != nullptr) ++answered_;
  if (when_ == When::after) return writes_.compare(device, devices_, rows);
  if (rows != nullptr) writes_.stored_before(device, *rows);
}

void Reconciler::ask_again(Query query, SteadyTime now) {
  if (query.tries >= most_tries || finished_) return take(query.device, nullptr);
  query.not_before = now + between_tries * query.tries;
  to_query_.push_back(query);
}

void Reconciler::on_error(std::size_t connection, SteadyTime now, net::TransportResult why) {
  --in_flight_;
  const Query& query = query_of_[connection];
  ask_again(query, now);
  // Replies that others got in the meantime say that the target is there: connections that wait beside each other time out beside each other.
  if (why == net::TransportResult::timed_out && query.sent > last_reply_ && ++silent_ >= silent_target) finish();
}

void Reconciler::finish() {
  finished_ = true;
  for (const Query& query : to_query_) take(query.device, nullptr);
  to_query_.clear();
}

void Reconciler::on_connect_error(net::TransportResult, std::string_view) {
  if (!unreachable_since_) unreachable_since_ = std::chrono::steady_clock::now();
}

void Reconciler::on_tick(SteadyTime now) {
  // Waiting for a timestamp is not a failure; a target without a connection for a whole timeout is.
  if (in_flight_ == 0 && unreachable_since_ && now - *unreachable_since_ > options_.timeout && timestamps_.available(clock_.at(now))) finish();
  if (!options_.progress || !options_.terminal) return;
  const std::size_t done = total_ - to_query_.size() - in_flight_;
  options_.progress(when_ == When::before ? i18n::msg<"load.looking-before">(done, total_) : i18n::msg<"load.reconciling">(done, total_));
}

}  // namespace meterproof::loadgen
