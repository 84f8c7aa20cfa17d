// SPDX-License-Identifier: Apache-2.0
#include "loadgen/refusal_explanation.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/json/reply_reading.hpp"
#include "loadgen/first_exchange.hpp"
#include "net/client/http_client.hpp"
#include "reports/refused_signature.hpp"
#include "reports/signature_trials.hpp"

namespace meterproof::loadgen {

using reports::TrialOutcome;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr seconds longest{10};  // for all calls

/// One call of the workload, sent with one signature after the other.
class RepeatedCall {
 public:
  RepeatedCall(const core::Spec& spec, const LoadOptions& options, VirtualDevices& devices, const RunClock& clock)
      : spec_(spec), client_(options.address, options.timeout, [until = steady_clock::now() + longest] { return steady_clock::now() > until; }) {
    devices.append_next(request_.body, call_, clock.at(steady_clock::now()));
    request_.method = spec.method;
    request_.path = devices.request_template(call_.step).interface().path;
  }

  const DeviceCall& call() const { return call_; }
  std::uint64_t sent() const { return sent_; }
  // Of the last one.
  const net::HttpRequest& request() const { return request_; }
  const net::Exchange& exchange() const { return exchange_; }
  bool is_success() const { return code_ == spec_.success; }

  TrialOutcome send(const auth::SignatureValues& values) {
    ++sent_;
    request_.headers = reports::headers_with(spec_.authentication, values);
    exchange_ = client_.exchange(request_);
    code_.reset();
    if (exchange_.transport != net::TransportResult::replied) return TrialOutcome::silent;
    const std::string coding = exchange_.coding();
    code_ = json::read_reply(exchange_.body, {exchange_.status, exchange_.location(), coding, exchange_.header("Content-Type")}, spec_).code;
    if (!code_ || refuses_app(spec_, code_->value)) return TrialOutcome::refused;
    return refuses_time(spec_, code_->value) ? TrialOutcome::refused_for_time : TrialOutcome::accepted;
  }

 private:
  const core::Spec& spec_;
  net::HttpClient client_;
  net::HttpRequest request_;
  net::Exchange exchange_;
  DeviceCall call_;
  std::optional<core::Code> code_;
  std::uint64_t sent_ = 0;
};

}  // namespace

RefusalExplanation explain_refusal(const core::Spec& spec, const LoadOptions& options, VirtualDevices& devices, TimestampAllocator& timestamps,
                                   std::vector<AcknowledgedWrites>& acknowledged_writes, const RunClock& clock, std::size_t app, bool of_time) {
  RefusalExplanation out;
  RepeatedCall call(spec, options, devices, clock);
  const auth::Signer signer(spec.authentication);
  const auth::Credentials credentials = timestamps.credentials_of(app);
  const auto now = [&] { return clock.at(steady_clock::now()); };
  for (AcknowledgedWrites& writes : acknowledged_writes)
    if (writes.about().step == call.call().step) writes.sent(call.call());

  // As the specification says, at seconds around now: some of them may have been used.
  TrialOutcome outcome = TrialOutcome::silent;
  for (const int off : {3, -3, 7}) {
    const core::DateTime second = now() + seconds(off);
    const std::string timestamp = second.compact();
    timestamps.exclude(app, second);
    outcome = call.send({signer.token(credentials, timestamp), signer.authorization(credentials, timestamp)});
    if (outcome != TrialOutcome::refused_for_time) break;
  }
  out.refused = outcome == TrialOutcome::refused || outcome == TrialOutcome::refused_for_time;
  const bool stored = call.is_success();
  for (AcknowledgedWrites& writes : acknowledged_writes)
    if (writes.about().step == call.call().step) stored ? writes.accepted(call.call()) : writes.refused(call.call());
  if (out.refused) {
    const auto utc_now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(0));
    const auto refusal = reports::describe_refusal(spec, options.apps, call.request(), call.exchange(), utc_now);
    out.notes = refusal.messages();
    if (refusal.lost_header.empty()) {  // otherwise no other signature would get there
      const reports::SignatureTrials how{spec.authentication,
                                         signer,
                                         credentials,
                                         spec.authentication.utc_offset,
                                         false,
                                         now,
                                         [&](const auth::SignatureValues& values) { return call.send(values); }};
      for (i18n::Message& one : of_time ? explain_refused_time(how, refusal.ahead) : explain_refused_signature(how)) out.notes.push_back(std::move(one));
    }
  }
  out.sent = call.sent();
  return out;
}

}  // namespace meterproof::loadgen
