// SPDX-License-Identifier: Apache-2.0
#include "loadgen/reply_reader.hpp"

#include <algorithm>

#include "net/client/http_client.hpp"

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

}  // namespace

json::ReplyReading read_reply(const net::HttpParser& reply, const core::Spec& spec, const std::vector<std::string>& row_names) {
  net::Exchange exchange;
  exchange.status = reply.status();
  exchange.headers = reply.headers();
  const std::string coding = exchange.coding();
  return json::read_reply(reply.body(), {reply.status(), exchange.location(), coding, exchange.header("Content-Type")}, spec, row_names);
}

const json::ScannedResponse& ReplyReader::read(const net::HttpParser& reply) {
  const json::ScannedResponse& scanned = scanner_.scan(reply.body());
  if (!scanned.regular || reply.status() != 200) return read_irregular(reply);
  if (was_irregular_) {
    was_irregular_ = false;
    reading_ = {};
    problem_ = {};
  }
  return scanned;
}

const json::ScannedResponse& ReplyReader::read_irregular(const net::HttpParser& reply) {
  was_irregular_ = true;
  reading_ = read_reply(reply, *spec_, scanner_.wanted());
  problem_ = {};
  if (!reading_.problem.empty()) problem_ = first_of_kind_.try_emplace(kind_of(reading_.problem), reading_.problem).first->second;
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

}  // namespace meterproof::loadgen
