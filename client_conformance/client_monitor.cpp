// SPDX-License-Identifier: Apache-2.0
#include "client_conformance/client_monitor.hpp"

#include <algorithm>

#include "core/decimal/binary_noise.hpp"
#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "mockserver/signature_diagnosis.hpp"
#include "net/client/transport_result.hpp"

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
using reports::SentRecord;
using reports::Verdict;
using rules::Deviation;

namespace {

std::vector<const Interface*> called_by(const core::Spec& spec, core::Role client) {
  std::vector<const Interface*> out;
  for (const Interface& interface : spec.interfaces)
    if (interface.served_by != client) out.push_back(&interface);
  return out;
}

constexpr std::string_view whole_client = "client";  // stands for the interface in the ids of cases about every call
constexpr std::size_t most_stray = 20;

/// All of a message's headers but those that a proxy or a connection of its own may change.
std::string headers_of(const net::HttpParser& request) {
  std::string out;
  for (const auto& [name, value] : request.headers())
    if (!core::equals_ignoring_case(name, "Host") && !core::equals_ignoring_case(name, "Connection")) out += name + ":" + value + "\n";
  return out;
}

SentRecord sent_of(const net::HttpParser& http) { return {std::string(http.method()), std::string(http.target()), http.headers(), std::string(http.body())}; }

reports::ReplyRecord reply_of(const net::Response& response) {
  reports::ReplyRecord out;
  out.transport = to_string(response.fault == net::ResponseFault::none ? net::TransportResult::replied : net::TransportResult::reset);
  if (response.fault != net::ResponseFault::none) return out;
  out.status = response.status;
  out.headers = {{"Content-Type", std::string(response.content_type)}};
  out.body = response.body;
  return out;
}

/// What is demanded of the form of every call, and is understood all the same where it is not so.
struct FormKind {
  Deviation::Kind kind;
  std::string id;
  LocalizedText sentence;
  Message reason;
};

const std::vector<FormKind>& form_kinds() {
  static const std::vector<FormKind> kinds = {
      {Deviation::Kind::line_end, "form/line-end", {"请求头的每一行以 CR LF 结尾", "the lines of the head end in CR LF"}, msg<"client.line-end">()},
      {Deviation::Kind::host, "form/host", {"请求带有 Host", "the request has a Host"}, msg<"client.host">()},
      {Deviation::Kind::query, "form/query", {"路径后没有查询参数", "the path has no query"}, msg<"client.query">()}};
  return kinds;
}

const Deviation* first_of(const std::vector<Deviation>& deviations, Deviation::Kind kind) {
  const auto found = std::find_if(deviations.begin(), deviations.end(), [&](const Deviation& one) { return one.kind == kind; });
  return found == deviations.end() ? nullptr : &*found;
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
      faults_(spec, options_.only_watches ? std::vector<const Interface*>() : called_by(spec, options_.client), options_.faults) {
  plan_client();
  for (const Interface* interface : called_by(spec, options_.client)) plan(*interface);
}

ClientMonitor::Seen& ClientMonitor::add(const std::string& group, const std::string& id, const std::string& section, const LocalizedText& sentence,
                                        const std::string& clause) {
  Seen& one = seen_[group + "/" + id];
  one.record.id = group + "/" + id;
  one.record.interface = group == whole_client ? "" : group;
  one.record.section = section;
  one.record.title = sentence;
  one.record.requirement = sentence;
  one.record.clauses = {clause};
  one.record.observed = msg<"client.not-seen">();
  one.record.reason = msg<"client.no-such-call">();
  order_.push_back(one.record.id);
  return one;
}

void ClientMonitor::plan_client() {
  const core::Authentication& authentication = spec_.authentication;
  const std::string group(whole_client), &general = authentication.section;
  for (const core::Header& header : authentication.headers) add(group, "header/" + header.name, general, header.title, general + "/header/" + header.name);
  add(group, "timestamp", general, {"时间戳是当前系统时间，不得重复", "the timestamp is the present time, and not used before"}, general + "/timestamp");
  for (const FormKind& kind : form_kinds()) add(group, kind.id, general, kind.sentence, general + "/authentication");
  add(group, "method", general, {"请求方法：" + spec_.method, "calls use the method " + spec_.method}, general + "/authentication");
  add(group, "path", general, {"请求地址与文档一致", "calls go to the paths of the specification"}, general + "/authentication");
  add(group, "http", general, {"请求是完整的 HTTP", "what is sent is HTTP"}, general + "/authentication");
  add(group, "body", general, {"请求内容为 UTF-8 编码的 Json", "the body is JSON, in UTF-8"}, general + "/encoding");
  const auto& faults = faults_.all();
  if (std::any_of(faults.begin(), faults.end(), [](const ActiveFault& one) { return one.kind().fault == ClientFault::reply_lost; }))
    add(group, "library-repeats", general,
        {"应答丢失后由程序重新签名再发，而不是由 HTTP 库原样重发", "after a lost reply the program signs anew; the HTTP library repeats nothing"},
        general + "/timestamp");
}

void ClientMonitor::plan(const Interface& interface) {
  const std::string& general = spec_.authentication.section;
  const auto plan_one = [&](const std::string& id, const std::string& section, const LocalizedText& sentence, const std::string& clause) -> Seen& {
    return add(interface.name, id, section, sentence, clause);
  };
  plan_one("called", interface.section, interface.title, interface.section + "/path");
  for (const Field& field : interface.request)
    plan_one("request/" + field.name, interface.section + ".1", field.title, interface.section + "/request/" + field.name).parameter = &field;
  plan_one("names", interface.section + ".1", {"参数名称与文档一致", "parameters have the names of the specification"}, interface.section + "/path");
  plan_one("order", interface.section, {"所引用的用户、表、价格应已存在", "users, meters and prices are there before they are referred to"},
           interface.section + "/effect");
  plan_one("open", interface.section, {"调用不依赖文档未明确之处", "calls do not rest on what the specification leaves open"}, interface.section + "/effect");
  if (std::any_of(interface.request.begin(), interface.request.end(), [](const Field& field) { return field.names.has_value(); }))
    plan_one("number", interface.section + ".1", {"编号唯一，不能重复使用", "a number is unique, and used once"}, interface.section + "/effect");
  for (const ActiveFault& active_fault : faults_.all())
    if (&active_fault.interface() == &interface)
      plan_one("fault/" + active_fault.kind().name, general, active_fault.kind().sentence, general + "/authentication").fault = &active_fault;
}

void ClientMonitor::observe(const std::string& id, Verdict verdict, const Message& observed, const Message& reason) {
  const auto general = seen_.find(std::string(whole_client) + "/" + id);
  Seen& one = general == seen_.end() ? seen_.at(current_->interface->name + "/" + id) : general->second;
  if (one.observed && weight(verdict) < weight(one.record.verdict)) return;
  const bool worse = !one.observed || weight(verdict) > weight(one.record.verdict);
  if (worse) one.interfaces.clear();
  const Interface* const called = current_->interface;
  if (called != nullptr && std::find(one.interfaces.begin(), one.interfaces.end(), called->name) == one.interfaces.end())
    one.interfaces.push_back(called->name);
  if (!worse) return;
  one.observed = true;
  one.record.verdict = verdict;
  one.record.observed = observed;
  one.record.reason = reason;
  one.record.expected = i18n::localized(one.record.requirement);
  one.record.request = current_sent_ != nullptr ? *current_sent_ : sent_of(*current_->http);
  one.record.request.url = options_.url + one.record.request.url;
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
  const auto check_at = [&](core::DateTime time) {
    return authenticator_.check(authenticator_.presented(token, call.http->header(authorization_name), signature_scratch_), time, signature_scratch_);
  };
  auto refusal = check_at(now);
  if (refusal && refusal->error == SignatureError::timestamp_off && stepped_.count() != 0) {
    const auto step = std::chrono::round<std::chrono::seconds>(stepped_);
    const auto otherwise = check_at(now + (follows_step_ ? -step : step));
    if (!otherwise || otherwise->error != SignatureError::timestamp_off) {
      follows_step_ = !follows_step_;
      refusal = otherwise;
    }
  }
  const auto blame = [&](const std::string& id) {
    Message reason = i18n::localized(refusal->why);
    const std::string proxy = refusal->error == SignatureError::header_missing ? mockserver::proxy_of(*call.http) : "";
    if (!proxy.empty()) reason = i18n::list({std::move(reason), msg<"client.proxy-may-remove">(proxy)});
    observe(id, Verdict::failed, i18n::localized(refusal->why), reason);
  };
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
    const bool right = rules::has_value_as_specified(header, given);
    const Message observed = given.empty() ? msg<"client.missing">() : i18n::verbatim(std::string(given));
    Message reason;
    const std::string_view agent = call.http->header("User-Agent");
    if (!right) reason = msg<"client.header-expected">(header.name, header.value);
    if (!right && !agent.empty()) reason = i18n::list({std::move(reason), msg<"client.library-default">(std::string(agent))});
    observe("header/" + header.name, right ? Verdict::passed : Verdict::failed, observed, reason);
  }
}

std::vector<Deviation> ClientMonitor::find_deviations(const ClientCall& call) const {
  const net::HttpParser& http = *call.http;
  rules::GivenForm form;
  form.authentication = &spec_.authentication;
  form.header = [&](std::string_view name) { return http.has_header(name) ? std::optional(http.header(name)) : std::nullopt; };
  form.target = http.target();
  form.body = http.body();
  form.has_bare_lf = http.has_bare_lf();
  form.request = call.request;
  if (call.request != nullptr) form.members = &reader_.members();
  return rules::deviations(form);
}

void ClientMonitor::judge_form(const std::vector<Deviation>& deviations) {
  for (const FormKind& kind : form_kinds()) {
    const Deviation* const found = first_of(deviations, kind.kind);
    if (found != nullptr) observe(kind.id, Verdict::warned, i18n::localized(found->text), kind.reason);
    else observe(kind.id, Verdict::passed, msg<"client.correct">(), {});
  }
}

void ClientMonitor::judge_body(const ClientCall& call, const std::vector<Deviation>& deviations) {
  if (!core::is_valid_utf8(call.http->body())) return observe("body", Verdict::failed, msg<"client.not-utf8">(), msg<"client.must-be-utf8">());
  if (call.request == nullptr) return observe("body", Verdict::failed, i18n::localized(reader_.error()), msg<"client.not-an-object">());
  const Deviation* const mark = first_of(deviations, Deviation::Kind::byte_order_mark);
  if (mark != nullptr) return observe("body", Verdict::warned, i18n::localized(mark->text), msg<"client.byte-order-mark">());
  observe("body", Verdict::passed, msg<"client.correct">(), {});
}

void ClientMonitor::judge_names(const ClientCall& call, const std::vector<Deviation>& deviations) {
  std::vector<Message> found;
  bool misspelt = false, unknown = false, repeated = false;
  for (const Deviation& one : deviations) {
    switch (one.kind) {
      case Deviation::Kind::misspelt_member: {
        // Only another case of letters is surely this field: a slip may as well be a parameter of the vendor's own.
        const std::string& right = call.interface->request[*one.meant].name;
        (core::equals_ignoring_case(one.name, right) ? misspelt : unknown) = true;
        found.push_back(msg<"client.in-place-of">(one.name, right));
        break;
      }
      case Deviation::Kind::unknown_member:
        unknown = true;
        found.push_back(i18n::localized(one.text));
        break;
      case Deviation::Kind::repeated_member:
        repeated = true;
        found.push_back(i18n::localized(one.text));
        break;
      default: break;
    }
  }
  if (found.empty()) return observe("names", Verdict::passed, msg<"client.names-as-specified">(), {});
  std::vector<Message> reasons;
  if (misspelt) reasons.push_back(msg<"client.names-misspelt">());
  if (unknown) reasons.push_back(msg<"client.names-unknown">());
  if (repeated) reasons.push_back(msg<"client.repeated-member">());
  observe("names", misspelt ? Verdict::failed : Verdict::warned, i18n::list(std::move(found)), i18n::list(std::move(reasons)));
}

void ClientMonitor::judge_field(const ClientCall& call, std::size_t at) {
  const Field& field = call.interface->request[at];
  const Value& value = (*call.request)[at];
  if (value.empty()) return;  // whether it may be is for the rules to say
  const Message shown = i18n::verbatim(rules::shown(field, value).en);
  const std::string id = "request/" + field.name;
  if (!rules::is_well_formed(field, value)) return observe(id, Verdict::failed, shown, msg<"client.wrong-type">());
  if (!field.values.empty() && !rules::is_listed(field, value)) return observe(id, Verdict::failed, shown, msg<"client.wrong-value">());
  if (field.type == core::Type::decimal && core::has_binary_noise(core::trimmed(value.text)))
    return observe(id, Verdict::warned, shown, msg<"client.binary-noise">(core::without_binary_noise(*value.decimal())));
  if (rules::is_type_exchanged(field, value)) return observe(id, Verdict::warned, shown, msg<"client.type-exchanged">());
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

namespace {

/// All that a call says.
std::string contents_of(const core::Request& request) {
  std::string out;
  for (const Value& value : request.values) out += std::string(value.text) + "\n";
  return out;
}

}  // namespace

/// Whether it is a call once more that was carried out and got no reply.
bool ClientMonitor::repeats_lost(const ClientCall& call) const {
  return call.request != nullptr && unanswered_.contains({call.interface->name, contents_of(*call.request)});
}

/// A situation that the specification leaves open: what another server makes of it is not known.
void ClientMonitor::judge_open_questions(const ClientCall& call) {
  for (const core::OpenQuestion& question : call.interface->open_questions)
    // A field that is left out is the rules' to judge, and the same call again, after a lost reply, is no second one.
    if (question.when && !rules::kind_of(*question.when).can_handle_missing() && !repeats_lost(call) &&
        rules::applies_to(question, *call.request, state_.store()))
      return observe("open", Verdict::warned, i18n::localized(question.ask), msg<"client.rests-on-open">());
  for (std::size_t i = 0; i < call.interface->request.size(); ++i) {
    const Field& field = call.interface->request[i];
    if (!field.where || (*call.request)[i].empty()) continue;
    const store::Table& table = state_.store().tables()[*field.refers];
    const auto row = table.find((*call.request)[i].text);
    const std::string value = row ? table.cell(*row, field.where->column).to_string() : std::string();
    if (value.empty() || std::find(field.where->values.begin(), field.where->values.end(), value) != field.where->values.end()) continue;
    return observe("open", Verdict::warned, i18n::verbatim(field.name + " " + std::string((*call.request)[i].text)),
                   msg<"client.not-meant-for">(call.interface->name, table.table().columns[field.where->column].name, value));
  }
  observe("open", Verdict::passed, msg<"client.correct">(), {});
}

/// The same number with other contents. The same call again is no second one.
void ClientMonitor::judge_number(const ClientCall& call) {
  for (std::size_t i = 0; i < call.interface->request.size(); ++i) {
    const auto table = call.interface->request[i].names;
    if (!table || (*call.request)[i].empty()) continue;
    const bool is_last = std::none_of(call.interface->request.begin() + static_cast<std::ptrdiff_t>(i) + 1, call.interface->request.end(),
                                      [](const Field& field) { return field.names.has_value(); });
    if (!is_last) continue;  // a user may have several meters, and comes with each
    const std::string said = contents_of(*call.request), number((*call.request)[i].text);
    const auto used = used_.find({call.interface->name, number});
    const bool changes =
        std::any_of(call.interface->variants.begin(), call.interface->variants.end(), [](const core::Variant& one) { return !one.existing.empty(); });
    if (used == used_.end() || used->second == said || changes) return observe("number", Verdict::passed, i18n::verbatim(number), {});
    return observe("number", Verdict::failed, i18n::verbatim(number), msg<"client.number-used-before">());
  }
}

bool ClientMonitor::was_accepted(const std::string& interface) const {
  const auto found = calls_of_.find(interface);
  return found != calls_of_.end() && found->second.accepted > 0;
}

/// What the call was answered. A refusal that nobody has injected is told: the client may not know why its work is not done.
void ClientMonitor::note_answer(const ClientCall& call, const net::Response& response, const ActiveFault* fault) {
  Calls& calls = calls_of_[call.interface->name];
  ++calls.all;
  const auto reply = json::parse_json(response.body);
  const json::Json* code = reply ? reply->get(spec_.envelope.code) : nullptr;
  const json::Json* message = reply ? reply->get(spec_.envelope.message) : nullptr;
  const std::string shown = code == nullptr ? std::to_string(response.status) : code->text;
  const bool accepted = code != nullptr && code->text == std::to_string(spec_.success.value);
  // A call that was carried out and got no answer is sent again by a good client, and may be refused for having been carried out.
  const bool is_lost_again = !accepted && repeats_lost(call);
  if (fault != nullptr || is_lost_again) ++calls.faults;
  else if (accepted) ++calls.accepted;
  else ++calls.refused;
  last_call_ = fault != nullptr ? msg<"client.line-fault">(call.interface->name, shown, fault->kind().name) : msg<"client.line">(call.interface->name, shown);
  if ((fault != nullptr || is_lost_again) && !accepted) return;
  if (!accepted) {
    const std::string said = message == nullptr ? std::string() : std::string(core::truncate_utf8(message->text, 300));
    return observe("called", Verdict::warned, i18n::verbatim(shown), msg<"client.call-refused">(said));
  }
  if (call.request == nullptr) return;
  faults_.note_accepted(call);
  if (fault != nullptr && fault->kind().fault == ClientFault::reply_lost) unanswered_.emplace(call.interface->name, contents_of(*call.request));
  for (std::size_t i = 0; i < call.interface->request.size(); ++i) {
    if (!call.interface->request[i].names || (*call.request)[i].empty()) continue;
    constexpr std::size_t most = 100'000;
    if (used_.size() < most) used_.try_emplace({call.interface->name, std::string((*call.request)[i].text)}, contents_of(*call.request));
  }
}

void ClientMonitor::judge_stray(const net::HttpParser& request, const Interface* interface) {
  const ClientCall call{&request, interface, nullptr, {}};
  current_ = &call;
  if (interface != nullptr) observe("method", Verdict::failed, i18n::verbatim(std::string(request.method())), msg<"client.wrong-method">(spec_.method));
  else observe("path", Verdict::warned, i18n::verbatim(std::string(request.target().substr(0, 200))), msg<"client.wrong-path">());
  last_call_ = msg<"client.line">(std::string(request.method()) + " " + std::string(request.target().substr(0, 200)), std::string("?"));
  current_ = nullptr;
}

bool ClientMonitor::is_library_repeat(const net::HttpParser& request, Time now) {
  constexpr auto at_once = std::chrono::seconds(2);  // a program that signs anew needs another second, and so another timestamp
  return lost_ && now - lost_->at < at_once && request.target() == lost_->target && request.body() == lost_->body && headers_of(request) == lost_->headers;
}

void ClientMonitor::note_stray(const net::HttpParser& request) {
  const std::string_view target = request.target().substr(0, request.target().find('?'));
  const std::string call = std::string(request.method()) + " " + std::string(target.substr(0, 200));
  if (stray_.size() < most_stray || stray_.count(call) > 0) ++stray_[call];
}

void ClientMonitor::presume(const std::optional<mockserver::Refusal>& refusal) {
  authenticator_.presume(refusal);
  state_.presume(refusal);
}

void ClientMonitor::note_bad_request(const mockserver::BadRequest& bad, const SentRecord& sent) {
  const std::string what = bad.title.en + ": " + bad.why.en;
  if (no_requests_.size() >= most_stray && !no_requests_.contains(what)) return;
  NoRequest& one = no_requests_[what];
  if (++one.count == 1) one.title = bad.title, one.why = bad.why;
  const ClientCall call{};
  current_ = &call;
  current_sent_ = &sent;
  observe("http", Verdict::warned, i18n::localized(one.title), i18n::localized(one.why));
  current_ = nullptr;
  current_sent_ = nullptr;
}

void ClientMonitor::handle_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& arrival) {
  note_bad_request(mockserver::explain_bad_request(request, response.status, arrival.ended), sent_of(request));
  answer_bad_request(request, response, arrival);
}

void ClientMonitor::watch_clock(Time wall, std::chrono::steady_clock::time_point steady) {
  if (steady == std::chrono::steady_clock::time_point()) return;
  if (!clock_watch_) clock_watch_.emplace(wall, steady);
  const auto step = clock_watch_->step(wall, steady);
  if (step.count() == 0) return;
  stepped_ += step;
  clock_notes_.push_back(msg<"client.clock-stepped">(std::chrono::round<std::chrono::seconds>(step).count()));
}

void ClientMonitor::handle(const net::HttpParser& request, Time now, net::Response& response, std::chrono::steady_clock::time_point steady) {
  const Time wall = now;
  watch_clock(wall, steady);
  now = by_clock_of_calls(wall);
  const Interface* interface = resolve_interface(request);
  if (interface == nullptr || request.method() != spec_.method) {
    note_stray(request);
    judge_stray(request, interface);
    return state_.handle(request, now, response);
  }
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
  if (is_library_repeat(request, now)) {  // what the program does is yet to come
    const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(now - lost_->at).count();
    observe("library-repeats", Verdict::warned, msg<"client.repeated-after">(after), msg<"client.library-repeats">());
    last_call_ = msg<"client.line">(interface->name, std::string("="));
    return state_.handle(request, now, response);
  }
  if (lost_ && lost_->target == request.target()) {
    observe("library-repeats", Verdict::passed, msg<"client.correct">(), {});
    lost_.reset();
  }
  judge_headers(call);
  const bool well_signed = judge_signature(call, time);
  now = by_clock_of_calls(wall);
  const std::vector<Deviation> deviations = find_deviations(call);
  judge_form(deviations);
  judge_body(call, deviations);
  if (readable) {
    judge_names(call, deviations);
    for (std::size_t i = 0; i < interface->request.size(); ++i) judge_field(call, i);
    judge_rules(call);
    if (well_signed) judge_open_questions(call);
    if (well_signed) judge_number(call);
  }
  const bool answers_a_fault = faults_.watch(call);
  bool good = well_signed && readable;
  for (const auto* rows : {&interface->body, &interface->results}) good = good && !rules::first_match(*rows, values, state_.store());
  if (good) observe("called", Verdict::passed, msg<"client.good-call">(), {});
  for (const char* id : {"method", "path", "http"}) observe(id, Verdict::passed, msg<"client.correct">(), {});
  ActiveFault* active_fault = good && !answers_a_fault ? faults_.choose(call) : nullptr;
  if (active_fault == nullptr || !active_fault->before(call, response)) {
    state_.handle(request, now, response);
    if (active_fault != nullptr) active_fault->after(call, response);
  }
  note_answer(call, response, active_fault != nullptr && active_fault->injected() ? active_fault : nullptr);
  SentRecord sent = sent_of(request);
  sent.url = options_.url + sent.url;
  faults_.note_exchange(sent, reply_of(response));
  if (response.fault == net::ResponseFault::reset) lost_ = Lost{std::string(request.target()), headers_of(request), std::string(request.body()), now};
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
      one.steps = seen.fault->steps();
      if (!one.steps.empty()) one.request = one.steps.front().request, one.reply = one.steps.front().reply;
      for (reports::StepRecord& step : one.steps) step.request.headers.clear();
    }
    if (one.interface.empty() && !seen.interfaces.empty() && (one.verdict == Verdict::failed || one.verdict == Verdict::warned))
      one.observed = msg<"client.on-interfaces">(std::move(one.observed), core::join(seen.interfaces));
    // A parameter that is not required, and was not sent by a client that did call: the specification allows it.
    if (seen.parameter != nullptr && one.verdict == Verdict::inconclusive && seen_.at(one.interface + "/called").observed)
      one.reason = msg<"client.never-sent">();
  }
  if (calls_ == 0) {  // one reason for all
    out.notes = {msg<"client.no-call">()};
    for (CaseRecord& one : out.cases) one.reason = msg<"client.no-call">();
  }
  if (options_.only_watches) out.notes.push_back(msg<"client.no-faults">());
  else if (!options_.faults.empty()) out.notes.push_back(msg<"client.chosen-faults">(core::join(options_.faults)));
  if (mock_options_.tolerance != spec_.authentication.tolerance) out.notes.push_back(msg<"client.other-tolerance">(mock_options_.tolerance.count()));
  out.notes.insert(out.notes.end(), clock_notes_.begin(), clock_notes_.end());
  std::vector<std::string> paths, missed;
  for (const Interface* interface : called_by(spec_, options_.client)) {
    paths.push_back(spec_.method + " " + interface->path);
    if (!seen_.at(interface->name + "/called").observed) missed.push_back(interface->name);
  }
  if (calls_ > 0 && !missed.empty()) out.notes.push_back(msg<"client.not-called">(core::join(missed)));
  for (const auto& [call, count] : stray_) out.notes.push_back(msg<"client.stray-call">(call, count, core::suggestion(call, paths)));
  for (const auto& [what, one] : no_requests_) out.notes.push_back(msg<"client.no-requests">(one.title, one.why, one.count));
  std::size_t accepted = 0, tricked = 0;
  for (const Interface* interface : called_by(spec_, options_.client)) {
    const auto found = calls_of_.find(interface->name);
    const Calls calls = found == calls_of_.end() ? Calls() : found->second;
    accepted += calls.accepted;
    tricked += calls.faults;
    out.calls_by.push_back({interface->name, calls.all, calls.accepted, calls.refused, calls.faults});
  }
  const bool all_refused = calls_ > 0 && accepted + tricked == 0;
  if (all_refused) out.notes.insert(out.notes.begin(), msg<"client.all-refused">(calls_));
  reports::redact(out, mock_options_.apps);
  reports::conclude(out, true);
  std::vector<std::string> absent;
  std::copy_if(options_.required.begin(), options_.required.end(), std::back_inserter(absent), [&](const std::string& one) { return !was_accepted(one); });
  if (!absent.empty()) out.notes.insert(out.notes.begin(), msg<"client.required-not-called">(core::join(absent)));
  if ((calls_ == 0 || all_refused || !absent.empty()) && out.exit_code == 0) {  // nothing of it was ever done
    constexpr int not_judged = 4;
    out.exit_code = not_judged;
    out.verdict = reports::RunVerdict::not_judged;
  }
  return out;
}

}  // namespace meterproof::client_conformance
