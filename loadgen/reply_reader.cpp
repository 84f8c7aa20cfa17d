// SPDX-License-Identifier: Apache-2.0
#include "loadgen/reply_reader.hpp"

#include <algorithm>

#include "net/client/http_client.hpp"
#include "reports/refused_signature.hpp"

namespace meterproof::loadgen {

namespace {

/// The ids of a message and of those in it, with its numbers: what tells one kind of mistake from another.
std::string kind_of(const i18n::Message& message) {
  std::string out = message.id;
  for (const i18n::Argument& one : message.arguments) {
    if (one.name == "status") out += " " + one.text;
    for (const i18n::Message& inner : one.messages) out += "/" + kind_of(inner);
  }
  return out;
}

/// As the scanner gives it: null as it is written, nothing of a list or an object.
std::string_view text_of(const json::Json& value) { return value.kind == json::Json::Kind::null ? "null" : std::string_view(value.text); }

net::Exchange head_of(const net::HttpParser& reply) {
  net::Exchange out;
  out.status = reply.status();
  out.headers = reply.headers();
  return out;
}

json::ReplyReading read_message(const net::Exchange& head, std::string_view body, const core::Spec& spec, const std::vector<std::string>& row_names) {
  const std::string coding = head.coding();
  return json::read_reply(body, {head.status, head.location(), coding, head.header("Content-Type")}, spec, row_names);
}

}  // namespace

json::ReplyReading read_reply(const net::HttpParser& reply, const core::Spec& spec, const std::vector<std::string>& row_names) {
  return read_message(head_of(reply), reply.body(), spec, row_names);
}

const json::ScannedResponse& ReplyReader::read(const net::HttpParser& reply) {
  const json::ScannedResponse& scanned = scanner_.scan(reply.body());
  if (!scanned.regular || reply.status() != 200) return read_irregular(reply);
  if (was_irregular_) {
    was_irregular_ = is_new_problem_ = false;
    reading_ = {};
    problem_ = {};
  }
  return scanned;
}

const json::ScannedResponse& ReplyReader::read_irregular(const net::HttpParser& reply) {
  was_irregular_ = true;
  reading_ = read_reply(reply, *spec_, scanner_.wanted());
  problem_ = {};
  is_new_problem_ = false;
  if (!reading_.problem.empty()) {
    const auto [first, is_new] = first_of_kind_.try_emplace(kind_of(reading_.problem), reading_.problem);
    problem_ = first->second;
    is_new_problem_ = is_new;
  }
  as_scanned_ = {};
  as_scanned_.is_json = reading_.json.has_value();
  if (reading_.code) as_scanned_.code = reading_.code->value;
  as_scanned_.values.assign(scanner_.wanted().size(), std::nullopt);
  if (!reading_.json) return as_scanned_;
  const auto rows = json::rows_of(*reading_.json, spec_->envelope);
  for (std::size_t i = 0; i < scanner_.wanted().size() && !rows.empty(); ++i)
    if (const json::Json* value = rows.front()->get(scanner_.wanted()[i])) as_scanned_.values[i] = text_of(*value);
  return as_scanned_;
}

void ReplyReader::redact(const net::HttpParser& reply, const redact::Redactor& redactor) {
  net::Exchange exchange = head_of(reply);
  exchange.body = reply.body();
  exchange = reports::redacted(std::move(exchange), redactor);
  json::ReplyReading redacted = read_message(exchange, exchange.body, *spec_, scanner_.wanted());
  reading_.irregularities = std::move(redacted.irregularities);
  if (!is_new_problem_) return;
  i18n::Message& told = first_of_kind_[kind_of(problem_)];
  if (!redacted.problem.empty()) told = std::move(redacted.problem);
  else i18n::for_each_text(told, [&](std::string& text) { redactor.redact(text); });
  problem_ = told;
}

}  // namespace meterproof::loadgen
