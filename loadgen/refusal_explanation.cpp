// SPDX-License-Identifier: Apache-2.0
#include "loadgen/refusal_explanation.hpp"

#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/json/reply_reading.hpp"
#include "loadgen/first_exchange.hpp"
#include "net/client/http_client.hpp"
#include "reports/foreign_reply.hpp"
#include "reports/refused_signature.hpp"
#include "reports/signature_trials.hpp"

namespace meterproof::loadgen {

using reports::TrialOutcome;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr seconds longest{10};  // for all calls

}  // namespace

/// One call of the workload, sent with one signature after the other. Its write, if it is one, counts as sent.
class Inquiry::RepeatedCall {
 public:
  RepeatedCall(Inquiry& inquiry, steady_clock::time_point until)
      : inquiry_(inquiry),
        context_(inquiry.context_),
        until_(until),
        signer_(context_.spec.authentication),
        client_(context_.options.address, context_.options.timeout, [this] { return is_over(); }) {
    context_.devices.append_next(request_.body, call_, context_.now());
    request_.method = context_.spec.method;
    request_.path = context_.devices.request_template(call_.step).interface().path;
    context_.note_sent(call_);
  }

  // Of the last one.
  const net::HttpRequest& request() const { return request_; }
  const net::Exchange& exchange() const { return exchange_; }
  std::optional<core::Code> code() const { return code_; }

  TrialOutcome send(const auth::SignatureValues& values) {
    const core::Spec& spec = context_.spec;
    code_.reset();
    if (is_over()) return TrialOutcome::silent;
    ++inquiry_.sent_;
    request_.headers = reports::headers_with(spec.authentication, values);
    exchange_ = client_.exchange(request_);
    if (exchange_.transport != net::TransportResult::replied) return TrialOutcome::silent;
    const std::string coding = exchange_.coding();
    code_ = json::read_reply(exchange_.body, {exchange_.status, exchange_.location(), coding, exchange_.header("Content-Type")}, spec).code;
    if (!code_ || refuses_app(spec, code_->value)) return TrialOutcome::refused;
    return refuses_time(spec, code_->value) ? TrialOutcome::refused_for_time : TrialOutcome::accepted;
  }

  /// As the specification says, for a second that may have been used: so far from now. No other request of the run uses it.
  TrialOutcome send(std::size_t app, const auth::Credentials& signed_by, int seconds_off) {
    const core::DateTime second = context_.now() + seconds(seconds_off);
    const std::string timestamp = second.compact();
    context_.timestamps.exclude(app, second);
    return send({signer_.token(signed_by, timestamp), signer_.authorization(signed_by, timestamp)});
  }

  /// What became of the call's write, by the last reply; it stays unknown without one.
  void note_write() const {
    if (code_) context_.note_answer(call_, code_ == context_.spec.success);
  }

 private:
  bool is_over() const { return steady_clock::now() > until_ || inquiry_.interrupted_(); }

  Inquiry& inquiry_;
  const LoadContext& context_;
  steady_clock::time_point until_;
  auth::Signer signer_;
  net::HttpClient client_;
  net::HttpRequest request_;
  net::Exchange exchange_;
  DeviceCall call_;
  std::optional<core::Code> code_;
};

RefusalExplanation Inquiry::explain_refusal(std::size_t app, bool of_time) {
  RefusalExplanation out;
  RepeatedCall call(*this, steady_clock::now() + longest);
  const auth::Credentials credentials = context_.timestamps.credentials_of(app);
  TrialOutcome outcome = TrialOutcome::silent;
  for (const int off : {3, -3, 7}) {
    outcome = call.send(app, credentials, off);
    if (outcome != TrialOutcome::refused_for_time) break;
  }
  out.refused = outcome == TrialOutcome::refused || outcome == TrialOutcome::refused_for_time;
  call.note_write();
  if (!out.refused) return out;
  const core::Spec& spec = context_.spec;
  const auto utc_now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(0));
  auto refusal = reports::describe_refusal(spec, context_.options.apps, call.request(), call.exchange(), utc_now);
  out.answer = std::exchange(refusal.answer, {});
  out.notes = refusal.messages();
  if (!refusal.lost_header.empty()) return out;  // no other signature would get there
  const auth::Signer signer(spec.authentication);
  const reports::SignatureTrials how{spec.authentication,
                                     signer,
                                     credentials,
                                     spec.authentication.utc_offset,
                                     false,
                                     [&] { return context_.now(); },
                                     [&](const auth::SignatureValues& values) { return call.send(values); }};
  auto explained = of_time ? explain_refused_time(how, refusal.ahead) : explain_refused_signature(how);
  if (interrupted_()) return out;  // not everything was tried
  out.notes.insert(out.notes.end(), std::make_move_iterator(explained.begin()), std::make_move_iterator(explained.end()));
  return out;
}

std::optional<reports::ForeignReply> Inquiry::describe_stranger(std::size_t app) {
  RepeatedCall call(*this, steady_clock::now() + longest);
  (void)call.send(app, context_.timestamps.credentials_of(app), 3);
  auto found = reports::describe_foreign(call.exchange(), context_.spec.envelope.code);
  if (found) found->what = loadgen::describe_stranger(context_.spec, context_.options.apps, call.request(), call.exchange());
  return found;
}

std::optional<Inquiry::OnlyAnswer> Inquiry::answers_only(core::Code code, std::size_t app) {
  const auto until = steady_clock::now() + longest;
  const auth::Credentials right = context_.timestamps.credentials_of(app);
  const auth::App wrong{std::string(right.id), std::string(right.secret) + "x"};
  const struct {
    auth::Credentials signed_by;
    int seconds_off;
  } trials[] = {{wrong, 3}, {right, -3}, {right, 5}, {right, -5}};
  std::optional<OnlyAnswer> out;
  for (const auto& [signed_by, off] : trials) {
    RepeatedCall call(*this, until);
    (void)call.send(app, signed_by, off);
    call.note_write();
    if (call.code() != code) return std::nullopt;
    i18n::Message absent = reports::describe_absence(call.exchange());
    out = {absent.empty() ? i18n::msg<"foreign.constant">(code.value) : std::move(absent),
           i18n::msg<"check.first-received">(reports::redacted_reply_line(context_.spec, context_.options.apps, call.request(), call.exchange()))};
  }
  return out;
}

}  // namespace meterproof::loadgen
