// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply_forms.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "conformance/exchange_record.hpp"
#include "core/i18n/message.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using core::Interface;
using i18n::msg;
using Kind = FormFault::Kind;

bool is_json_type(std::string_view content_type) {
  const std::string_view type = core::trimmed(content_type.substr(0, content_type.find(';')));
  const std::string plain = core::normalized_media_type(type);
  return plain == "application/json" || plain == "text/json" || plain.ends_with("+json");
}

const Interface* interface_of(const core::Spec& spec, const net::HttpRequest& request) {
  std::vector<const Interface*> all;
  for (const Interface& one : spec.interfaces)
    if (one.path == request.path) all.push_back(&one);
  if (all.size() < 2) return all.empty() ? nullptr : all.front();
  const auto body = json::parse_json(request.body);
  if (!body || body->kind != json::Json::Kind::object) return nullptr;
  const Interface* without_own = nullptr;
  for (const Interface* one : all) {
    const std::vector<std::size_t> own = own_fields(spec, *one);
    if (own.empty()) without_own = one;
    if (std::any_of(own.begin(), own.end(), [&](std::size_t field) { return body->has(one->request[field].name); })) return one;
  }
  return without_own;
}

ReplyForms::ReplyForms(const core::Spec& spec, const redact::Redactor& redactor) : spec_(spec), redactor_(redactor), seen_(spec.interfaces.size()) {}

ReplyForms::Part::Part(ReplyForms& forms, std::size_t number, const Interface& interface) : forms_(forms), number_(number), interface_(interface) {
  const std::scoped_lock lock(forms_.mutex_);
  forms_.parts_[std::this_thread::get_id()] = this;
}

ReplyForms::Part::~Part() {
  const std::scoped_lock lock(forms_.mutex_);
  forms_.parts_.erase(std::this_thread::get_id());
}

void ReplyForms::look_at_envelope(const AskedReply& one, Found& found) const {
  using json::Irregularity;
  const core::Envelope& envelope = spec_.envelope;
  for (const Irregularity& irregularity : one.reply.irregularities) {
    if (!json::is_fault(irregularity.kind)) continue;
    Kind kind = Kind::encoding;
    switch (irregularity.kind) {
      case Irregularity::Kind::code_as_text: kind = Kind::code; break;
      case Irregularity::Kind::no_message:
      case Irregularity::Kind::message_no_text: kind = Kind::message; break;
      case Irregularity::Kind::other_case:
        if (irregularity.about == envelope.code) kind = Kind::code;
        if (irregularity.about == envelope.message) kind = Kind::message;
        break;
      default: break;
    }
    found[{kind, 0}].push_back(to_message(irregularity, envelope));
  }
  const std::string_view type = one.exchange.header("Content-Type");
  if (!type.empty() && !is_json_type(type)) found[{Kind::encoding, 0}].push_back(msg<"case.media-type-not-json">());
}

void ReplyForms::look_at_rows(const Interface& interface, const Reply& reply, Found& found) const {
  for (const json::Json* row : reply.rows(spec_.envelope))
    for (std::size_t i = 0; i < interface.reply.size(); ++i) {
      const core::Field& field = interface.reply[i];
      const json::Json* value = row->get(field.name);
      if (value == nullptr) continue;
      const FormFault fault{Kind::field, static_cast<int>(i)};
      if (found.count(fault) > 0) continue;  // a reply counts once
      if (!row->has(field.name)) {
        found[fault].push_back(msg<"reply.other-case">(field.name));
      } else if (value->kind != json::Json::Kind::null && form_grade(field, *value) == Finding::Grade::wrong && !shows_what_it_took(field, *value)) {
        const Finding finding = judge_form(field, *value);
        found[fault].push_back(msg<"reply.field-differs">(field.name, finding.observed, finding.expected));
      }
    }
}

void ReplyForms::look_at_code(const Interface& interface, const AskedReply& one, Found& found) const {
  constexpr std::array<int, 2> limits = {429, 503};  // too many requests: what says so need not know the interface
  const bool is_limit = std::find(limits.begin(), limits.end(), one.exchange.status) != limits.end();
  if (is_limit || spec_.row(interface, *one.reply.code) != nullptr) return;
  // Where two interfaces share a path, a body that has nothing of its own may be taken for the other's.
  if (interface_of(spec_, one.request) != &interface) return;
  const int code = one.reply.code->value;
  found[{Kind::unlisted_code, code}].push_back(msg<"reply.code-not-listed">(spec_.envelope.code, code));
}

void ReplyForms::expect_values_of(const std::string& body) {
  const auto request = json::parse_json(body);
  if (!request || request->kind != json::Json::Kind::object) return;
  const std::scoped_lock lock(mutex_);
  constexpr std::size_t most = 10'000;
  for (const auto& [name, value] : request->members)
    if (value.kind == json::Json::Kind::text && taken_.size() < most) taken_.insert(value.text);
}

/// A number is what the server makes of a text, and a vocabulary is printed: only a date that it took as a text may be in another format.
bool ReplyForms::shows_what_it_took(const core::Field& field, const json::Json& value) const {
  if (field.type != core::Type::text || field.format == core::Format::none || value.kind != json::Json::Kind::text) return false;
  const std::scoped_lock lock(mutex_);
  return taken_.contains(value.text);
}

std::optional<std::size_t> ReplyForms::index_of(const Interface& interface) const {
  for (std::size_t i = 0; i < spec_.interfaces.size(); ++i)
    if (&spec_.interfaces[i] == &interface) return i;
  return std::nullopt;
}

FormWitness::Order ReplyForms::place_of(const Interface& interface) {
  const auto mine = parts_.find(std::this_thread::get_id());
  if (mine == parts_.end()) return {2, 0, noted_elsewhere_++};
  Part& part = *mine->second;
  return {&part.interface_ == &interface ? 0U : 1U, part.number_, part.noted_++};
}

namespace {

/// Whether the reply says that it is JSON, and is none, though the request was a plain one: a query that shows nothing for that is not undecided.
bool is_broken_json(const AskedReply& one) {
  if (one.reply.json || one.reply.problem.empty() || one.exchange.status != 200 || !is_json_type(one.exchange.header("Content-Type"))) return false;
  using Kind = json::ParseError::Kind;
  json::ParseError mistake;
  const auto request = json::parse_json(one.request.body);
  if (!one.well_signed || !request || request->kind != json::Json::Kind::object) return false;
  if (!one.exchange.header("Content-Encoding").empty() || json::parse_json(one.exchange.body, &mistake)) return false;
  if (mistake.kind == Kind::lone_surrogate) return false;  // JSON by its grammar (RFC 8259, section 8.2), and a request of ours has had one
  return mistake.kind != Kind::too_deep && mistake.kind != Kind::too_many_members && mistake.kind != Kind::too_many_values;
}

}  // namespace

void ReplyForms::note(const AskedReply& one) {
  const bool is_broken = is_broken_json(one);
  if (!is_broken && (!one.reply.json || !one.reply.code)) return;
  const Interface* interface = one.asked != nullptr ? one.asked : interface_of(spec_, one.request);
  const auto index = interface == nullptr ? std::nullopt : index_of(*interface);
  if (!index) return;
  Found found;
  if (is_broken) {
    found[{Kind::encoding, 0}].push_back(one.reply.problem);
  } else {
    look_at_envelope(one, found);
    if (*one.reply.code == spec_.success) look_at_rows(*interface, one.reply, found);
    else look_at_code(*interface, one, found);
  }
  const std::scoped_lock lock(mutex_);
  Seen& seen = seen_[*index];
  ++seen.replies;
  if (found.empty()) return;
  const FormWitness::Order order = place_of(*interface);
  for (auto& [fault, what] : found) {
    constexpr std::size_t most_faults = 200;  // codes come from the target; all else is of the specification
    if (seen.faults.size() >= most_faults && seen.faults.count(fault) == 0) continue;
    FormWitness& witness = seen.faults[fault];
    if (++witness.count > 1 && !(order < witness.order)) continue;
    constexpr std::size_t kept = 4096;  // bytes of a reply
    witness.order = order;
    witness.what = i18n::list(std::move(what));
    witness.request = one.request;
    witness.exchange = one.exchange;
    shorten_body(witness.exchange.body, redactor_, kept);
    witness.well_signed = one.well_signed;
  }
}

ReplyForms::Seen ReplyForms::seen(const Interface& interface) const {
  const auto index = index_of(interface);
  const std::scoped_lock lock(mutex_);
  return index ? seen_[*index] : Seen();
}

}  // namespace meterproof::conformance
