// SPDX-License-Identifier: Apache-2.0
#include "reports/refused_signature.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/i18n/message.hpp"
#include "core/json/reply_reading.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/foreign_reply.hpp"

namespace meterproof::reports {

using core::DateTime;
using i18n::Message;
using i18n::msg;

namespace {

/// The text as a person may see it: no secret, no token, one line.
std::string shown(const redact::Redactor& redactor, std::string text) {
  constexpr std::size_t most = 200;
  redactor.redact(text);
  text = core::sanitize(core::truncate_utf8(text, most)) + (text.size() > most ? "…" : "");
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

bool says_missing(std::string_view text) {
  constexpr std::array<std::string_view, 12> words = {"missing", "empty", "absent", "required", "not present", "null",
                                                      "缺少",    "缺失",  "为空",   "没有",     "未提供",      "不能为空"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// Which of the two signature headers the text says to be missing; "" for neither.
std::string missing_header(const core::Authentication& authentication, std::string_view text) {
  const std::string lower = core::to_lower(text);
  if (!says_missing(lower)) return {};
  for (const std::size_t header : {authentication.authorization, authentication.token})
    if (lower.find(core::to_lower(authentication.headers[header].name)) != std::string::npos) return authentication.headers[header].name;
  return {};
}

Message compare_clocks(std::string_view date, std::chrono::seconds ahead) {
  constexpr std::chrono::seconds same(2);  // the reply was on its way, and both round down
  if (std::chrono::abs(ahead) <= same) return msg<"check.clock-agrees">(same.count());
  const std::string text = core::sanitize(date);
  return ahead.count() > 0 ? msg<"check.clock-ahead">(text, ahead.count()) : msg<"check.clock-behind">(text, -ahead.count());
}

}  // namespace

std::vector<Message> SignatureRefusal::messages() const {
  std::vector<Message> out;
  for (const Message* one : {&answer, &clock, &lost_header})
    if (!one->empty()) out.push_back(*one);
  return out;
}

SignatureRefusal describe_refusal(const core::Spec& spec, const std::vector<auth::App>& apps, const net::HttpRequest& request, const net::Exchange& exchange,
                                  DateTime utc_now) {
  SignatureRefusal out;
  const redact::Redactor redactor = redactor_for(spec.authentication, apps, request);
  const std::string coding = exchange.coding();
  const json::ReplyReading reading = json::read_reply(exchange.body, {exchange.status, exchange.location(), coding, exchange.header("Content-Type")}, spec);
  std::string said = exchange.body;
  if (reading.code) {
    const json::Json* message = reading.json->get(spec.envelope.message);
    said = message != nullptr ? message->text : "";
    out.answer = msg<"check.refused-answer">(exchange.status, spec.envelope.code, reading.code->value, said.empty() ? "-" : shown(redactor, said));
  } else {
    out.answer = msg<"check.refused-answer-bare">(shown(redactor, reply_line(redacted(exchange, redactor))));
  }
  if (const auto date = core::parse_http_date(exchange.header("Date"))) {
    out.ahead = *date - utc_now;
    out.clock = compare_clocks(exchange.header("Date"), *out.ahead);
  }
  constexpr std::size_t enough = 2000;
  if (const std::string header = missing_header(spec.authentication, std::string_view(said).substr(0, enough)); !header.empty())
    out.lost_header = msg<"check.header-lost">(header);
  return out;
}

redact::Redactor redactor_for(const core::Authentication& authentication, const std::vector<auth::App>& apps, const net::HttpRequest& request) {
  redact::Redactor out(apps);
  for (const auto& [name, value] : request.headers) {
    if (core::equals_ignoring_case(name, authentication.headers[authentication.token].name)) out.add_token(value);
    if (core::equals_ignoring_case(name, authentication.headers[authentication.authorization].name)) out.add_word(value);
  }
  return out;
}

net::Exchange redacted(net::Exchange exchange, const redact::Redactor& redactor) {
  for (auto& header : exchange.headers) redactor.redact(header.second);
  redactor.redact(exchange.body);
  return exchange;
}

std::string redacted_reply_line(const core::Spec& spec, const std::vector<auth::App>& apps, const net::HttpRequest& request, const net::Exchange& exchange) {
  return reply_line(redacted(exchange, redactor_for(spec.authentication, apps, request)));
}

}  // namespace meterproof::reports
