// SPDX-License-Identifier: Apache-2.0
#include "loadgen/first_exchange.hpp"

#include <algorithm>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "core/text/utf8.hpp"
#include "loadgen/reply_reader.hpp"
#include "loadgen/request_writer.hpp"
#include "reports/foreign_reply.hpp"
#include "reports/refused_signature.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::loadgen {

using i18n::Message;
using i18n::msg;
using net::SteadyTime;

namespace {

constexpr std::size_t most_tries = 3;                    // of an appId: one reply of a busy gateway says nothing
constexpr std::size_t foreign_after = 3;                 // such replies, and no other
constexpr std::chrono::milliseconds between_tries{100};  // times the number of the try
constexpr std::chrono::seconds longest{10};              // for all appIds; those that had no turn take part untried
constexpr std::size_t shown_bytes = 160;                 // of a text of the target

/// Of a request that is complete.
std::vector<std::pair<std::string, std::string>> headers_of(const std::string& request) {
  net::HttpParser parser(net::HttpParser::Kind::request, {});
  parser.feed(request);
  return parser.headers();
}

bool answers(const core::Spec& spec, core::SignatureError error, int code) {
  const core::ResultRow* row = spec.answering(error);
  return row != nullptr && row->code.value == code;
}

}  // namespace

bool refuses_app(const core::Spec& spec, int code) {
  return answers(spec, core::SignatureError::app_unknown, code) || answers(spec, core::SignatureError::token_wrong, code);
}

bool refuses_time(const core::Spec& spec, int code) {
  return answers(spec, core::SignatureError::timestamp_off, code) || answers(spec, core::SignatureError::timestamp_repeated, code);
}

Message describe_stranger(const core::Spec& spec, const std::vector<auth::App>& apps, const net::HttpRequest& request, const net::Exchange& exchange) {
  const net::Exchange shown = reports::redacted(exchange, reports::redactor_for(spec.authentication, apps, request));
  auto foreign = reports::describe_foreign(shown, spec.envelope.code);
  std::string line = reports::reply_line(shown);
  if (!foreign) return i18n::verbatim(line);
  return msg<"load.foreign-reply">(std::move(foreign->what), std::move(line));
}

std::string FirstExchange::shown(const net::HttpRequest& request, std::string_view text) const {
  std::string redacted(text);
  reports::redactor_for(context_.spec.authentication, context_.options.apps, request).redact(redacted);
  std::string out(core::truncate_utf8(redacted, shown_bytes));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\r' || c == '\n' || c == '\t'; }, ' ');
  return out.size() < redacted.size() ? out + "…" : out;
}

Message FirstExchange::describe(const net::HttpRequest& request, const net::HttpParser& reply) {
  net::Exchange exchange;
  exchange.transport = net::TransportResult::replied;
  exchange.status = reply.status();
  exchange.headers = reply.headers();
  exchange.body = reply.body();
  const auto foreign = reports::describe_foreign(exchange, context_.spec.envelope.code);
  may_refuse_signature_ = foreign && foreign->may_refuse_signature;
  return describe_stranger(context_.spec, context_.options.apps, request, exchange);
}

std::optional<core::Code> FirstExchange::only_code() const {
  if (codes_.size() != 1) return std::nullopt;
  const core::Code code{*codes_.begin()};
  return code == context_.spec.success || refuses_app(context_.spec, code.value) || refuses_time(context_.spec, code.value) ? std::nullopt
                                                                                                                            : std::optional(code);
}

FirstExchange::FirstExchange(const LoadContext& context)
    : context_(context), try_of_(context.options.connections), until_(std::chrono::steady_clock::now() + longest) {
  const TimestampAllocator& timestamps = context.timestamps;
  for (std::size_t app = 0; app < timestamps.all_apps(); ++app)
    if (timestamps.is_used(app)) to_try_.push_back({app, 0, {}, {}, {}, false});
  if (!to_try_.empty()) first_app_ = to_try_.front().app;
  if (!to_try_.empty() && timestamps.used_earlier(to_try_.front().app, context.now())) to_try_.push_front({to_try_.front().app, 0, {}, {}, {}, true});
}

SteadyTime FirstExchange::next_due(SteadyTime now) {
  const bool nobody_there = unreadable_ >= foreign_after && readable_ == 0;
  if (now >= until_ || nobody_there) to_try_.clear();
  // One whose seconds are used up, by a run before, takes part untried.
  while (!to_try_.empty() && !to_try_.front().with_used_second && !context_.timestamps.available_to(to_try_.front().app, context_.clock.at(now)))
    to_try_.pop_front();
  if (to_try_.empty()) return SteadyTime::max();
  return std::max(now, to_try_.front().not_before);
}

void FirstExchange::make_request(std::size_t connection, SteadyTime now, std::string& bytes) {
  Try& one = try_of_[connection] = std::move(to_try_.front());
  to_try_.pop_front();
  ++one.tries;
  const core::DateTime moment = context_.clock.at(now);
  body_.clear();
  context_.devices.append_next(body_, one.call, moment);
  const core::Interface& interface = context_.devices.request_template(one.call.step).interface();
  const std::string head = request_head(context_.spec, context_.options.address, interface);
  const auto used = one.with_used_second ? context_.timestamps.used_earlier(one.app, moment) : std::nullopt;
  if (used) append_request_at(bytes, head, context_.timestamps, one.app, *used, body_);
  else append_request_of(bytes, head, context_.timestamps, one.app, moment, body_);
  one.request.headers = headers_of(bytes);
  context_.note_sent(one.call);
}

void FirstExchange::on_response(std::size_t connection, SteadyTime now, const net::HttpParser& reply) {
  speaks_http_ = true;
  const Try& one = try_of_[connection];
  RequestTemplate& request_template = context_.devices.request_template(one.call.step);
  ReplyReader reader(context_.spec, request_template.scanner());
  const json::ScannedResponse& scanned = reader.read(reply);
  const bool is_reply = reader.problem().empty();
  if (is_reply && refuses_app(context_.spec, *scanned.code)) {
    const auto body = json::parse_json(reply.body());
    const json::Json* said = body ? body->get(context_.spec.envelope.message) : nullptr;
    Message answer;
    if (refused_.size() < most_answers) answer = msg<"load.answer">(reply.status(), *scanned.code, said == nullptr ? "" : shown(one.request, said->text));
    refused_.push_back({one.app, std::move(answer)});
  } else if (!is_reply) {
    if (readable_ == 0) foreign_ = describe(one.request, reply);
    return unreadable(one, now, true);
  }
  ++readable_;
  codes_.insert(*scanned.code);
  if (refuses_time(context_.spec, *scanned.code)) {
    ++(one.with_used_second ? used_refused_ : times_refused_);
    time_refused_app_ = one.app;
  }
  if (one.with_used_second && !refuses_time(context_.spec, *scanned.code) && !refuses_app(context_.spec, *scanned.code)) context_.timestamps.forget_earlier();
  const bool accepted = *scanned.code == context_.spec.success.value;
  context_.note_answer(one.call, accepted);
  if (!accepted) return;
  request_template.publish_key(one.call);
  (void)request_template.on_response(one.call, scanned);  // what is wrong with a row is found by the run
}

void FirstExchange::unreadable(Try one, SteadyTime now, bool again) {
  ++unreadable_;
  if (!again || one.tries >= most_tries) return;
  one.not_before = now + between_tries * one.tries;
  one.with_used_second = false;
  to_try_.push_back(std::move(one));
}

void FirstExchange::on_error(std::size_t connection, SteadyTime now, net::TransportResult why) {
  if (!speaks_http_) foreign_ = msg<"load.foreign-transport">(reports::to_message(why));
  if (why == net::TransportResult::no_http) speaks_otherwise_ = true;
  // Who has waited for the whole timeout does not wait again.
  unreadable(try_of_[connection], now, why != net::TransportResult::timed_out);
}

void FirstExchange::on_connect_error(net::TransportResult why, std::string_view detail) {
  reports::add_error(errors_, msg<"load.not-connected">(reports::to_message(why, detail)));
  if (!speaks_http_) foreign_ = msg<"load.foreign-transport">(reports::to_message(why, detail));
}

}  // namespace meterproof::loadgen
