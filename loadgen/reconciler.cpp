#include "loadgen/reconciler.hpp"

#include "core/i18n/message.hpp"

#include "core/json/json.hpp"
#include "loadgen/request_writer.hpp"

namespace meterproof::loadgen {

using net::SteadyTime;

namespace {

constexpr std::chrono::milliseconds stamp_wait{20};

}  // namespace

std::string name_of(const core::Spec& spec, const core::Workload& workload, const core::Reconciliation& about) {
  const core::Interface& interface = spec.interfaces[workload.mix[about.step].interface];
  return std::string(about.kind == core::Reconciliation::Kind::last ? "last " : "") + interface.name + "." + interface.request[about.field].name + " in " +
         spec.interfaces[about.ask.interface].name;
}

Reconciler::Reconciler(const core::Spec& spec, const LoadOptions& options, const VirtualDevices& devices, TimestampAllocator& timestamps,
                       AcknowledgedWrites& writes)
    : spec_(spec), options_(options), devices_(devices), timestamps_(timestamps), ledger_(writes), rng_(options.seed), asked_(options.connections) {
  scenario_.columns = options.workload.columns;
  scenario_.rows = options.workload.rows;
  scenario_.mix.push_back(writes.about().ask);
  callers_.emplace_back(spec, scenario_, scenario_.mix.front(), devices.size(), rng_);
  head_ = head_of(spec, options.address, callers_.front().interface());
  const auto meters = writes.meters();
  meters_.assign(meters.begin(), meters.end());
  total_ = meters_.size();
  timestamps_.use_whole_window();
}

core::DateTime Reconciler::wall() const { return core::local_time(std::chrono::system_clock::now(), spec_.authentication.utc_offset); }

SteadyTime Reconciler::next_due(SteadyTime now) {
  if (meters_.empty()) return SteadyTime::max();
  return timestamps_.available(wall()) ? now : now + stamp_wait;
}

void Reconciler::make_request(std::size_t connection, SteadyTime, std::string& bytes) {
  const core::DateTime now = wall();
  DeviceCall call;
  call.meter = asked_[connection] = meters_.front();
  meters_.pop_front();
  ++waiting_;
  body_.clear();
  callers_.front().append_body(body_, call, now, callers_, rng_);
  append_request(bytes, head_, timestamps_, now, body_);
}

void Reconciler::on_response(std::size_t connection, SteadyTime, const net::HttpParser& reply) {
  --waiting_;
  const std::uint64_t meter = asked_[connection];
  const auto body = reply.status() == 200 ? json::parse_json(reply.body()) : std::nullopt;
  const json::Json* code = body ? body->get(spec_.envelope.code) : nullptr;
  if (code == nullptr || code->text != std::to_string(spec_.success.value)) return ledger_.compare(meter, devices_, nullptr);
  std::vector<std::string> shown;
  const std::string& wanted = callers_.front().interface().reply[ledger_.about().shown].name;
  if (const json::Json* rows = body->get(spec_.envelope.rows))
    for (const json::Json& row : rows->items)
      if (const json::Json* value = row.get(wanted)) shown.push_back(value->text);
  ledger_.compare(meter, devices_, &shown);
}

void Reconciler::on_error(std::size_t connection, SteadyTime, net::TransportResult) {
  --waiting_;
  ledger_.compare(asked_[connection], devices_, nullptr);
}

void Reconciler::finish() {
  for (const std::uint64_t meter : meters_) ledger_.compare(meter, devices_, nullptr);
  meters_.clear();
}

void Reconciler::on_tick(SteadyTime) {
  if (options_.progress && options_.terminal) options_.progress(i18n::msg<"load.reconciling">(total_ - meters_.size() - waiting_, total_));
}

}  // namespace meterproof::loadgen
