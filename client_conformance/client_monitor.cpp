// SPDX-License-Identifier: Apache-2.0
#include "client_conformance/client_monitor.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::client_conformance {

using core::Field;
using core::Interface;
using core::LocalizedText;
using core::SignatureError;
using core::Value;
using i18n::Message;
using i18n::msg;
using reports::CaseRecord;
using reports::CheckRecord;
using reports::Verdict;

namespace {

std::vector<const Interface*> called_by(const core::Spec& spec, core::Role client) {
  std::vector<const Interface*> out;
  for (const Interface& interface : spec.interfaces)
    if (interface.served_by != client) out.push_back(&interface);
  return out;
}

/// How bad a verdict is: only a worse one replaces what was observed before.
int weight(Verdict verdict) { return verdict == Verdict::failed ? 3 : verdict == Verdict::warned ? 2 : verdict == Verdict::passed ? 1 : 0; }

}  // namespace

ClientMonitor::ClientMonitor(const core::Spec& spec, const mockserver::MockOptions& mock_options, loader::Fixtures rows, ClientOptions options)
    : spec_(spec),
      options_(std::move(options)),
      mock_options_(mock_options),
      state_(spec, mock_options, std::move(rows)),
      authenticator_(spec, mock_options_),
      faults_(spec, called_by(spec, options_.client), options_.faults) {
  for (const Interface* interface : called_by(spec, options_.client)) plan(*interface);
}

ClientMonitor::Seen& ClientMonitor::add(const std::string& id, const Interface& interface, const std::string& section, const LocalizedText& sentence,
                                        const std::string& clause) {
  Seen& one = seen_[interface.name + "/" + id];
  one.record.id = interface.name + "/" + id;
  one.record.interface = interface.name;
  one.record.section = section;
  one.record.title = sentence;
  one.record.requirement = sentence;
  one.record.clauses = {clause};
  one.record.observed = msg<"client.not-seen">();
  one.record.reason = msg<"client.no-such-call">();
  order_.push_back(one.record.id);
  return one;
}

void ClientMonitor::plan(const Interface& interface) {
  const core::Authentication& authentication = spec_.authentication;
  const std::string& general = authentication.section;
  add("called", interface, interface.section, interface.title, interface.section + "/path");
  for (const core::Header& header : authentication.headers) add("header/" + header.name, interface, general, header.title, general + "/header/" + header.name);
  add("timestamp", interface, general, {"时间戳是当前系统时间，不得重复", "the timestamp is the present time, and not used before"}, general + "/timestamp");
  add("body", interface, general, {"请求内容为 UTF-8 编码的 Json", "the body is JSON, in UTF-8"}, general + "/encoding");
  for (const Field& field : interface.request)
    add("request/" + field.name, interface, interface.section + ".1", field.title, interface.section + "/request/" + field.name).parameter = &field;
  add("names", interface, interface.section + ".1", {"参数名称与文档一致", "parameters have the names of the specification"}, interface.section + "/path");
  add("order", interface, interface.section, {"所引用的用户、表、价格应已存在", "users, meters and prices are there before they are referred to"},
      interface.section + "/effect");
  for (const ActiveFault& active_fault : faults_.all())
    if (&active_fault.interface() == &interface)
      add("fault/" + active_fault.kind().name, interface, general, active_fault.kind().sentence, general + "/authentication").fault = &active_fault;
}

void ClientMonitor::observe(const std::string& id, Verdict verdict, const Message& observed, const Message& reason) {
  Seen& one = seen_.at(current_->interface->name + "/" + id);
  if (one.observed && weight(verdict) <= weight(one.record.verdict)) return;
  one.observed = true;
  one.record.verdict = verdict;
  one.record.observed = observed;
  one.record.reason = reason;
  one.record.expected = i18n::localized(one.record.requirement);
  const net::HttpParser& http = *current_->http;
  one.record.request = {std::string(http.method()), options_.url + std::string(http.target()), http.headers(), std::string(http.body())};
}

const Interface* ClientMonitor::resolve_interface(const net::HttpParser& request) {
  const std::string_view target = request.target().substr(0, request.target().find('?'));
  for (const Interface* interface : called_by(spec_, options_.client))
    if (interface->path == target) return interface;
  return nullptr;
}

bool ClientMonitor::judge_signature(const ClientCall& call, core::DateTime now) {
  const core::Authentication& authentication = spec_.authentication;
  const std::string& token_name = authentication.headers[authentication.token].name;
  const std::string& authorization_name = authentication.headers[authentication.authorization].name;
  const std::string_view token = call.http->header(token_name);
  const auto refusal =
      authenticator_.check(authenticator_.presented(token, call.http->header(authorization_name), signature_scratch_), now, signature_scratch_);
  const auto blame = [&](const std::string& id) { observe(id, Verdict::failed, i18n::localized(refusal->why), i18n::localized(refusal->why)); };
  if (!refusal) {
    for (const std::string& id : {"header/" + token_name, "header/" + authorization_name, std::string("timestamp")})
      observe(id, Verdict::passed, msg<"client.correct">(), {});
    return true;
  }
  switch (refusal->error) {
    case SignatureError::header_missing: blame("header/" + (core::trimmed(token).empty() ? token_name : authorization_name)); break;
    case SignatureError::authorization_unreadable:
    case SignatureError::app_unknown: blame("header/" + authorization_name); break;
    case SignatureError::token_wrong: blame("header/" + token_name); break;
    case SignatureError::timestamp_malformed:
    case SignatureError::timestamp_off:
    case SignatureError::timestamp_repeated: blame("timestamp"); break;
  }
  return false;
}

void ClientMonitor::judge_headers(const ClientCall& call) {
  for (const core::Header& header : spec_.authentication.headers) {
    if (header.value.empty()) continue;
    const std::string_view given = call.http->header(header.name);
    const bool right = core::normalized_media_type(given).find(core::normalized_media_type(header.value)) != std::string::npos;
    const Message observed = given.empty() ? msg<"client.missing">() : i18n::verbatim(std::string(given));
    observe("header/" + header.name, right ? Verdict::passed : Verdict::failed, observed,
            right ? Message() : msg<"client.header-expected">(header.name, header.value));
  }
}

void ClientMonitor::judge_body(const ClientCall& call) {
  if (!core::is_valid_utf8(call.http->body())) observe("body", Verdict::failed, msg<"client.not-utf8">(), msg<"client.must-be-utf8">());
  else if (call.request == nullptr) observe("body", Verdict::failed, i18n::localized(reader_.error()), msg<"client.not-an-object">());
  else observe("body", Verdict::passed, msg<"client.correct">(), {});
}

void ClientMonitor::judge_names(const ClientCall& call) {
  Verdict verdict = Verdict::passed;
  std::vector<Message> found;
  for (const json::JsonMember& member : reader_.members()) {
    if (call.interface->field(member.name)) continue;
    const auto alike = std::find_if(call.interface->request.begin(), call.interface->request.end(),
                                    [&](const Field& field) { return core::equals_ignoring_case(field.name, member.name); });
    const bool misspelt = alike != call.interface->request.end();
    if (verdict != Verdict::failed) verdict = misspelt ? Verdict::failed : Verdict::warned;
    found.push_back(misspelt ? msg<"client.in-place-of">(member.name, alike->name) : i18n::verbatim(std::string(member.name)));
  }
  observe("names", verdict, found.empty() ? msg<"client.names-as-specified">() : i18n::list(std::move(found)),
          verdict == Verdict::failed   ? msg<"client.names-misspelt">()
          : verdict == Verdict::warned ? msg<"client.names-unknown">()
                                       : Message());
}

void ClientMonitor::judge_field(const ClientCall& call, std::size_t at) {
  const Field& field = call.interface->request[at];
  const Value& value = (*call.request)[at];
  if (value.empty()) return;  // whether it may be is for the rules to say
  const Message shown = i18n::verbatim(rules::shown(field, value).en);
  const std::string id = "request/" + field.name;
  if (!rules::is_well_formed(field, value)) return observe(id, Verdict::failed, shown, msg<"client.wrong-type">());
  if (!field.values.empty() && !rules::is_listed(field, value)) return observe(id, Verdict::failed, shown, msg<"client.wrong-value">());
  const bool as_text = field.type != core::Type::text && value.kind == Value::Kind::text;
  const bool as_number = field.type == core::Type::text && value.kind == Value::Kind::number;
  if (as_text || as_number) return observe(id, Verdict::warned, shown, msg<"client.type-exchanged">());
  observe(id, Verdict::passed, shown, {});
}

/// What the mock would refuse the request for: a missing value, a bound, a row that is not there.
void ClientMonitor::judge_rules(const ClientCall& call) {
  bool refers_well = true;
  for (const auto* rows : {&call.interface->body, &call.interface->results})
    for (const core::ResultRow& row : *rows)
      for (const core::Rule& rule : row.when) {
        const rules::RuleKind& kind = rules::kind_of(rule);
        if (!applies(rule, *call.request) || !kind.matches(rule, *call.request, state_.store())) continue;
        const LocalizedText why = kind.explain(rule, *call.request);
        const Message said = msg<"client.refused-with">(row.code.value, row.title, why);
        if (kind.answers_unknown_row() || !rule.state.value.empty()) {
          refers_well = false;
          observe("order", Verdict::warned, said, msg<"client.row-missing">());
          continue;
        }
        // A combination is no single parameter's fault; the first of them shows it.
        observe("request/" + call.interface->request[rule.operands.front().field].name, Verdict::failed, said, i18n::localized(row.title));
      }
  if (refers_well) observe("order", Verdict::passed, msg<"client.correct">(), {});
}

void ClientMonitor::handle(const net::HttpParser& request, Time now, net::Response& response) {
  const Interface* interface = resolve_interface(request);
  if (interface == nullptr || request.method() != spec_.method) return state_.handle(request, now, response);
  ++calls_;
  const core::DateTime time = core::local_time(now, mock_options_.utc_offset);
  if (began_.empty()) began_ = core::local_time(now, std::chrono::minutes(0)).to_string() + " UTC";
  core::Request values;
  const bool readable = reader_.parse(request.body());
  if (readable) json::map_to_fields(reader_.members(), *interface, values);
  const core::Authentication& authentication = spec_.authentication;
  const ClientCall call{&request, interface, readable ? &values : nullptr,
                        std::string(request.header(authentication.headers[authentication.authorization].name))};
  current_ = &call;
  judge_headers(call);
  const bool well_signed = judge_signature(call, time);
  judge_body(call);
  if (readable) {
    judge_names(call);
    for (std::size_t i = 0; i < interface->request.size(); ++i) judge_field(call, i);
    judge_rules(call);
  }
  faults_.watch(call);
  bool good = well_signed && readable;
  for (const auto* rows : {&interface->body, &interface->results}) good = good && !rules::first_match(*rows, values, state_.store());
  if (good) observe("called", Verdict::passed, msg<"client.good-call">(), {});
  ActiveFault* active_fault = good ? faults_.choose(call) : nullptr;
  if (active_fault != nullptr && active_fault->before(call, response)) return;
  state_.handle(request, now, response);
  if (active_fault != nullptr) active_fault->after(call, response);
}

CheckRecord ClientMonitor::record() const {
  CheckRecord out;
  out.target = options_.url;
  out.role = std::string(to_string(options_.client)) + " client";
  out.started = began_;
  out.requests = calls_;
  for (const std::string& id : order_) {
    const Seen& seen = seen_.at(id);
    CaseRecord& one = out.cases.emplace_back(seen.record);
    if (seen.fault != nullptr) {
      const ActiveFault::Result result = seen.fault->result();
      one.verdict = result.verdict;
      one.observed = result.observed;
      one.reason = result.reason;
      one.expected = i18n::localized(one.requirement);
    }
    // A parameter that is not required, and was not sent by a client that did call: the specification allows it.
    if (seen.parameter != nullptr && one.verdict == Verdict::inconclusive && seen_.at(one.interface + "/called").observed)
      one.reason = msg<"client.never-sent">();
  }
  reports::redact(out, mock_options_.apps);
  if (calls_ == 0) out.notes = {msg<"client.no-call">()};
  reports::conclude(out, true);
  return out;
}

}  // namespace meterproof::client_conformance
