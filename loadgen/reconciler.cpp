#include "loadgen/reconciler.hpp"

#include "loadgen/request.hpp"
#include "spec/wire/json.hpp"

namespace meterproof::load {

using http::SteadyTime;

namespace {

constexpr std::chrono::milliseconds stamp_wait{20};

}  // namespace

std::string name_of(const spec::Spec& spec, const spec::Scenario& scenario, const spec::Reconciliation& about) {
  const spec::Interface& interface = spec.interfaces[scenario.mix[about.play].interface];
  return std::string(about.kind == spec::Reconciliation::Kind::last ? "last " : "") + interface.name + "." + interface.request[about.field].name + " in " +
         spec.interfaces[about.ask.interface].name;
}

Reconciler::Reconciler(const spec::Spec& spec, const LoadOptions& options, const Fleet& fleet, Stamps& stamps, Ledger& ledger)
    : spec_(spec), options_(options), fleet_(fleet), stamps_(stamps), ledger_(ledger), chance_(options.seed), asked_(options.connections) {
  scenario_.columns = options.scenario.columns;
  scenario_.rows = options.scenario.rows;
  scenario_.mix.push_back(ledger.about().ask);
  callers_.emplace_back(spec, scenario_, scenario_.mix.front(), fleet.size(), chance_);
  head_ = head_of(spec, options.address, callers_.front().interface());
  const auto meters = ledger.meters();
  meters_.assign(meters.begin(), meters.end());
  total_ = meters_.size();
  stamps_.use_whole_window();
}

spec::DateTime Reconciler::wall() const { return spec::local_time(std::chrono::system_clock::now(), spec_.authentication.utc_offset); }

SteadyTime Reconciler::next_due(SteadyTime now) {
  if (meters_.empty()) return SteadyTime::max();
  return stamps_.available(wall()) ? now : now + stamp_wait;
}

void Reconciler::fill(std::size_t connection, SteadyTime, std::string& bytes) {
  const spec::DateTime now = wall();
  Call call;
  call.meter = asked_[connection] = meters_.front();
  meters_.pop_front();
  ++waiting_;
  body_.clear();
  callers_.front().append_body(body_, call, now, callers_, chance_);
  append_request(bytes, head_, stamps_, now, body_);
}

void Reconciler::replied(std::size_t connection, SteadyTime, const wire::HttpParser& reply) {
  --waiting_;
  const std::uint64_t meter = asked_[connection];
  const auto body = reply.status() == 200 ? wire::parse_json(reply.body()) : std::nullopt;
  const wire::Json* code = body ? body->get(spec_.envelope.code) : nullptr;
  if (code == nullptr || code->text != std::to_string(spec_.success.value)) return ledger_.compare(meter, fleet_, nullptr);
  std::vector<std::string> shown;
  const std::string& wanted = callers_.front().interface().reply[ledger_.about().shown].name;
  if (const wire::Json* rows = body->get(spec_.envelope.rows))
    for (const wire::Json& row : rows->items)
      if (const wire::Json* value = row.get(wanted)) shown.push_back(value->text);
  ledger_.compare(meter, fleet_, &shown);
}

void Reconciler::failed(std::size_t connection, SteadyTime, http::Outcome) {
  --waiting_;
  ledger_.compare(asked_[connection], fleet_, nullptr);
}

void Reconciler::finish() {
  for (const std::uint64_t meter : meters_) ledger_.compare(meter, fleet_, nullptr);
  meters_.clear();
}

void Reconciler::tick(SteadyTime) {
  if (options_.progress && options_.terminal)
    options_.progress("asking what stands: " + std::to_string(total_ - meters_.size() - waiting_) + " of " + std::to_string(total_) + " meters");
}

}  // namespace meterproof::load
