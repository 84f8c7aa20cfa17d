// SPDX-License-Identifier: Apache-2.0
#include "loadgen/reconciler.hpp"

#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "loadgen/request_writer.hpp"

namespace meterproof::loadgen {

using net::SteadyTime;

namespace {

constexpr std::chrono::milliseconds timestamp_poll{20};

}  // namespace

std::string reconciliation_name(const core::Spec& spec, const core::Workload& workload, const core::Reconciliation& about) {
  const core::Interface& interface = spec.interfaces[workload.mix[about.step].interface];
  return std::string(about.kind == core::Reconciliation::Kind::last ? "last " : "") + interface.name + "." + interface.request[about.field].name + " in " +
         spec.interfaces[about.ask.interface].name;
}

Reconciler::Reconciler(const core::Spec& spec, const LoadOptions& options, const VirtualDevices& devices, TimestampAllocator& timestamps,
                       AcknowledgedWrites& writes)
    : spec_(spec), options_(options), devices_(devices), timestamps_(timestamps), writes_(writes), rng_(options.seed), device_of_(options.connections) {
  workload_.columns = options.workload.columns;
  workload_.rows = options.workload.rows;
  workload_.mix.push_back(writes.about().ask);
  templates_.emplace_back(spec, workload_, workload_.mix.front(), devices.devices(), rng_);
  head_ = request_head(spec, options.address, templates_.front().interface());
  const auto to_query = writes.devices_to_query();
  to_query_.assign(to_query.begin(), to_query.end());
  total_ = to_query_.size();
  timestamps_.use_whole_window();  // the queries are not paced
}

core::DateTime Reconciler::wall_clock() const { return core::local_time(std::chrono::system_clock::now(), spec_.authentication.utc_offset); }

SteadyTime Reconciler::next_due(SteadyTime now) {
  if (to_query_.empty()) return SteadyTime::max();
  return timestamps_.available(wall_clock()) ? now : now + timestamp_poll;
}

void Reconciler::make_request(std::size_t connection, SteadyTime, std::string& bytes) {
  const core::DateTime now = wall_clock();
  DeviceCall call;
  call.device = device_of_[connection] = to_query_.front();
  to_query_.pop_front();
  ++in_flight_;
  body_.clear();
  templates_.front().append_body(body_, call, now, templates_, rng_);
  append_request(bytes, head_, timestamps_, now, body_);
}

void Reconciler::on_response(std::size_t connection, SteadyTime, const net::HttpParser& reply) {
  --in_flight_;
  const std::uint64_t device = device_of_[connection];
  // Only an answer with success tells anything; any other counts as not queried.
  const auto body = reply.status() == 200 ? json::parse_json(reply.body()) : std::nullopt;
  const json::Json* code = body ? body->get(spec_.envelope.code) : nullptr;
  if (code == nullptr || code->text != std::to_string(spec_.success.value)) return writes_.compare(device, devices_, nullptr);
  std::vector<std::string> shown;
  // All rows of the reply: the write may be in any of them, or in several.
  const std::string& wanted = templates_.front().interface().reply[writes_.about().shown].name;
  if (const json::Json* rows = body->get(spec_.envelope.rows))
    for (const json::Json& row : rows->items)
      if (const json::Json* value = row.get(wanted)) shown.push_back(value->text);
  writes_.compare(device, devices_, &shown);
}

void Reconciler::on_error(std::size_t connection, SteadyTime, net::TransportResult) {
  --in_flight_;
  writes_.compare(device_of_[connection], devices_, nullptr);
}

void Reconciler::finish() {
  for (const std::uint64_t device : to_query_) writes_.compare(device, devices_, nullptr);
  to_query_.clear();
}

void Reconciler::on_connect_error(net::TransportResult) {
  if (!unreachable_since_) unreachable_since_ = std::chrono::steady_clock::now();
}

void Reconciler::on_tick(SteadyTime now) {
  // Waiting for a timestamp is not a failure; a target without a connection for a whole timeout is.
  if (in_flight_ == 0 && unreachable_since_ && now - *unreachable_since_ > options_.timeout && timestamps_.available(wall_clock())) finish();
  if (options_.progress && options_.terminal) options_.progress(i18n::msg<"load.reconciling">(total_ - to_query_.size() - in_flight_, total_));
}

}  // namespace meterproof::loadgen
