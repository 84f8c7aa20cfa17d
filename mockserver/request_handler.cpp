// SPDX-License-Identifier: Apache-2.0
#include "mockserver/request_handler.hpp"

#include <algorithm>
#include <charconv>

#include "core/rules/rule_kind.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"
#include "mockserver/admin_api.hpp"

namespace meterproof::mockserver {

using core::Code;
using core::DateTime;
using core::Interface;
using core::LocalizedText;
using core::ResultRow;

RequestHandler::RequestHandler(MockState& state)
    : state_(state), hooks_(state.hooks_), spec_(*state.spec_), success_{state.spec_->success, {}, {}, true}, log_(state.options_.log_length, state.log_) {}

void RequestHandler::handle(const net::HttpParser& request, MockState::Time time, net::Response& response) {
  const DateTime now = core::local_time(time, state_.options_.utc_offset);
  time_ = time;
  if (state_.options_.admin_api && request.target().starts_with(AdminApi::prefix)) return AdminApi(state_).handle(request, now, response);
  const std::lock_guard lock(stats_mutex_);
  LogEntry& entry = log_.current();
  entry.clear();
  entry.prefetch();
  entry.at = now;
  acting_ = nullptr;
  route(request, now, response);
  entry.status = response.status;
  entry.set(LogEntry::reply, core::truncate_utf8(response.body, RequestLog::longest));
  count(entry.code);
  log_.append();
}

void RequestHandler::log_request(const net::HttpParser& request) {
  LogEntry& entry = log_.current();
  entry.set(LogEntry::method, core::truncate_utf8(request.method(), RequestLog::longest_other));
  entry.set(LogEntry::target, core::truncate_utf8(request.target(), RequestLog::longest_other));
  entry.set(LogEntry::request, core::truncate_utf8(request.body(), RequestLog::longest));
}

void RequestHandler::route(const net::HttpParser& request, DateTime now, net::Response& response) {
  const std::string_view target = request.target().substr(0, request.target().find('?'));
  const auto route = std::find_if(state_.routes_.begin(), state_.routes_.end(), [&](const MockState::Route& one) { return one.path == target; });
  const Code fallback = spec_.common.back().code;
  if (route == state_.routes_.end()) {
    log_request(request);
    response.status = 404;
    const std::string shown(core::truncate_utf8(target, 100));
    return render_reply(
        {fallback, {"没有这个接口", "no such interface"}, {shown + "；路径见规范第 3 章", shown + "; see section 3 of the specification for the paths"}},
        response);
  }
  if (request.method() != spec_.method) {
    log_request(request);
    response.status = 405;
    response.extra_headers = "Allow: " + spec_.method + "\r\n";
    const std::string method(request.method());
    return render_reply(
        {fallback, {"请求方法不支持", "method not allowed"}, {method + "，应为 " + spec_.method, method + ", " + spec_.method + " is expected"}}, response);
  }
  handle_call(request, *route, now, response);
}

PresentedCredentials RequestHandler::presented_by(const net::HttpParser& request) {
  const core::Authentication& authentication = spec_.authentication;
  const PresentedCredentials presented =
      state_.authenticator_.presented(request.header(authentication.headers[authentication.token].name),
                                      request.header(authentication.headers[authentication.authorization].name), signature_scratch_);
  log_.current().set(LogEntry::app_id, core::truncate_utf8(state_.authenticator_.app_id(presented), RequestLog::longest_other));
  return presented;
}

std::optional<RequestHandler::Decision> RequestHandler::authenticate(const PresentedCredentials& presented, const Interface& interface, DateTime now) {
  auto refusal = state_.authenticator_.check(presented, now, signature_scratch_, {time_, interface.path});
  if (!refusal || hooks_.skips_check(interface, refusal->error)) return std::nullopt;
  const ResultRow* row = spec_.answering(refusal->error);
  return row == nullptr ? std::nullopt : std::optional(Decision{common_code(interface, row->code), row->title, std::move(refusal->why)});
}

/// 3.6 lists no common code. Under the interpretation common-codes=own it answers with its own refusal code.
Code RequestHandler::common_code(const Interface& interface, Code code) const {
  const bool answers_its_own = state_.uses_own_refusal_code_ && interface.common_results == core::CommonResults::open && interface.refusal;
  return answers_its_own ? *interface.refusal : code;
}

const CompiledInterface* RequestHandler::read(std::string_view body, const MockState::Route& route) {
  if (route.ordered_parser->parse(body, request_)) {
    const std::vector<std::size_t>& discriminating_fields = route.discriminating_fields[route.widest];
    const bool sure = route.endpoints.size() == 1 || std::any_of(discriminating_fields.begin(), discriminating_fields.end(),
                                                                 [&](std::size_t field) { return request_[field].kind != core::Value::Kind::absent; });
    if (sure) return route.endpoints[route.widest];
  }
  if (!reader_.parse(body)) return nullptr;
  const CompiledInterface& endpoint = resolve_interface(route);
  json::map_to_fields(reader_.members(), *endpoint.interface, request_);
  return &endpoint;
}

const CompiledInterface& RequestHandler::resolve_interface(const MockState::Route& route) const {
  if (route.endpoints.size() == 1) return *route.endpoints.front();
  for (std::size_t i = 0; i < route.endpoints.size(); ++i)
    for (const std::size_t field : route.discriminating_fields[i])
      for (const json::JsonMember& member : reader_.members())
        if (member.name == route.endpoints[i]->interface->request[field].name) return *route.endpoints[i];
  const auto plainest = std::min_element(route.discriminating_fields.begin(), route.discriminating_fields.end(),
                                         [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return *route.endpoints[static_cast<std::size_t>(plainest - route.discriminating_fields.begin())];
}

std::optional<RequestHandler::Decision> RequestHandler::find_type_mismatch(const Interface& interface) const {
  for (std::size_t i = 0; i < request_.values.size(); ++i) {
    const auto kind = request_[i].kind;
    const bool text = interface.request[i].type == core::Type::text;
    if (text ? kind != core::Value::Kind::number : kind != core::Value::Kind::text || request_[i].empty()) continue;
    const LocalizedText found = rules::shown(interface.request[i], request_[i]);
    const ResultRow* row = spec_.unparsable();
    if (row == nullptr) return std::nullopt;
    return Decision{common_code(interface, row->code), row->title, {found.zh + "，类型不符", found.en + ", the type is wrong"}};
  }
  return std::nullopt;
}

std::optional<RequestHandler::Decision> RequestHandler::find_violation(const CompiledInterface& endpoint, const rules::DataLookup& data) {
  const Interface& interface = *endpoint.interface;
  if (state_.strict_types_)
    if (auto found = find_type_mismatch(interface)) return found;
  rules::CandidateSet candidates = endpoint.rule_index.candidates(request_);
  while (const auto at = endpoint.rule_index.find(request_, data, candidates)) {
    const auto& [rule, kind, own_row, question, of_body] = endpoint.rule_index[*at];
    if (hooks_.overlooks(interface, *rule, request_)) continue;
    const ResultRow* row = own_row;
    Code code = row != nullptr ? row->code : state_.interpretation_.of(interface, *question);
    if (of_body) code = common_code(interface, code);
    if (question != nullptr) {
      // Where nothing may change (a repeated transaction number), a success is answered and not carried out.
      if (code == spec_.success && !question->must_not_change) continue;
      row = spec_.row(interface, code);
    }
    return Decision{code, row != nullptr ? row->title : LocalizedText{}, kind->explain(*rule, request_)};
  }
  return std::nullopt;
}

void RequestHandler::handle_call(const net::HttpParser& request, const MockState::Route& route, DateTime now, net::Response& response) {
  // The body is read first only to know whose refusal it is where two interfaces share a path; nothing is judged by it yet.
  const CompiledInterface* const read_by = read(request.body(), route);
  const CompiledInterface& endpoint = read_by != nullptr ? *read_by : *route.endpoints.front();
  const Interface& interface = *endpoint.interface;
  log_.current().interface = interface.name;
  acting_ = &interface;
  // Prefetches the rows while the request is logged and authenticated. Only with one thread: otherwise others may change the tables, and this
  // holds no lock.
  const bool ahead = read_by != nullptr && !state_.several_threads();
  const auto for_rows = [&](const auto& ask) {
    for (const store::RowKey& key : endpoint.keys) ask(state_.store_.tables()[key.table], request_[key.field].text);
  };
  if (ahead) for_rows([](const store::Table& table, std::string_view key) { table.prefetch_index(key); });
  log_request(request);
  const PresentedCredentials presented = presented_by(request);
  if (ahead) for_rows([](const store::Table& table, std::string_view key) { table.prefetch_row(key); });
  if (!hooks_.authenticates_last())
    if (const auto refusal = authenticate(presented, interface, now)) return render_reply(*refusal, response);

  const ResultRow* unparsable = spec_.unparsable();
  if (read_by == nullptr) json::map_to_fields({}, interface, request_);
  if (read_by == nullptr && unparsable != nullptr) {
    const Code code = common_code(interface, unparsable->code);
    return render_reply({hooks_.unparsable_code(interface, code), unparsable->title, reader_.error()}, response);
  }
  result_set_.clear();
  if (const Decision* const decision = execute(presented, endpoint, now, response)) render_reply(*decision, response, endpoint_);
}

const RequestHandler::Decision* RequestHandler::execute(const PresentedCredentials& presented, const CompiledInterface& own, DateTime now,
                                                        net::Response& response) {
  const std::lock_guard lock(state_.state_mutex_);
  endpoint_ = &own;
  const Interface& acting = hooks_.acting_interface(request_, state_.store_);
  if (&acting != own.interface) endpoint_ = &state_.endpoint_of(acting);
  const Interface& interface = *endpoint_->interface;
  request_.interface = &interface;
  std::optional<Decision>& decision = decision_;
  decision = find_violation(*endpoint_, hooks_.data(state_.store_, time_));
  if (!decision && hooks_.authenticates_last()) {
    decision = authenticate(presented, interface, now);
    if (decision) return &*decision;
  }
  const InjectedFault* fault = state_.faults_.next_fault_for(request_, state_.authenticator_.app_id(presented), decision.has_value());
  if (fault != nullptr) {
    log_.current().set(LogEntry::fault, core::truncate_utf8(fault->kind, RequestLog::longest_other));
    apply_fault(*fault, response);
    if (fault->what == FaultKind::status) {
      log_.current().code = 0;
      return nullptr;
    }
  }
  if (decision && hooks_.carries_out_refused()) state_.store_.apply(request_, now, state_.interpretations_, result_set_);
  if (!decision && fault != nullptr && fault->what == FaultKind::answer)
    decision = Decision{fault->code, spec_.injected_by(fault->kind)->title, {"注入的故障", "an injected fault"}};
  if (!decision) {
    state_.store_.apply(request_, now, state_.interpretations_, result_set_);
    hooks_.carried_out(request_, state_.store_, result_set_, time_);
    if (result_set_.failure.en.empty() && fault == nullptr && endpoint_ == &own) return &success_;
    decision = success_;
    if (!result_set_.failure.en.empty()) {
      const auto injected = std::find_if(spec_.common.begin(), spec_.common.end(), [](const ResultRow& one) { return !one.injected_by.empty(); });
      const ResultRow& row = injected == spec_.common.end() ? spec_.common.back() : *injected;
      decision = Decision{row.code, row.title, result_set_.failure};
      result_set_.clear();
    }
  }
  if (decision->success && (endpoint_ != &own || (fault != nullptr && fault->what == FaultKind::wrong_code))) {
    const ResultRow* success = interface.result(spec_.success);
    decision->success = false;
    if (success != nullptr) decision->title = success->title;
  }
  if (fault != nullptr && fault->what == FaultKind::wrong_code) decision->code = fault->code;
  return &*decision;
}

void RequestHandler::apply_fault(const InjectedFault& fault, net::Response& response) const {
  if (fault.what != FaultKind::status) response.delay = fault.delay;
  switch (fault.what) {
    case FaultKind::status:
      response.status = fault.status;
      response.content_type = "text/html";
      response.body = "<html><body><h1>" + std::to_string(fault.status) + "</h1></body></html>";
      break;
    case FaultKind::reset: response.fault = net::ResponseFault::reset; break;
    case FaultKind::garbage: response.fault = net::ResponseFault::garbage; break;
    case FaultKind::truncated: response.fault = net::ResponseFault::truncated; break;
    case FaultKind::drip: response.fault = net::ResponseFault::drip; break;
    case FaultKind::answer:
    case FaultKind::wrong_code:
    case FaultKind::delay: break;
  }
}

/// The reply's opening: code and message.
void RequestHandler::append_envelope(std::string& out, const Decision& decision, const CompiledInterface* endpoint) const {
  if (decision.success) {
    out += endpoint->success;
    return;
  }
  char digits[16];
  out += '{';
  core::append_quoted(out, spec_.envelope.code);
  out += ':';
  out.append(digits, std::to_chars(digits, digits + sizeof digits, decision.code.value).ptr);
  out += ',';
  core::append_quoted(out, spec_.envelope.message);
  out += ':';
  const LocalizedText& title = decision.title;
  std::string message = title.zh;
  if (!decision.why.zh.empty()) message += "：" + decision.why.zh;
  message += "｜" + title.en;
  if (!decision.why.en.empty()) message += ": " + decision.why.en;
  core::append_quoted(out, message);
}

void RequestHandler::render_reply(const Decision& decision, net::Response& response, const CompiledInterface* endpoint) {
  std::string& out = response.body;
  append_envelope(out, decision, endpoint);
  if (endpoint != nullptr && !endpoint->names.empty() && decision.code == spec_.success) append_rows(out, *endpoint);
  out += '}';
  hooks_.edit_reply(out, response.content_type);
  if (decision.code != spec_.success && response.status == 200) response.status = state_.refusal_status_;
  LogEntry& entry = log_.current();
  entry.code = decision.code.value;
  if (decision.why.zh.empty() && decision.why.en.empty()) return;
  entry.set(LogEntry::why_zh, core::truncate_utf8(decision.why.zh, RequestLog::longest));
  entry.set(LogEntry::why_en, core::truncate_utf8(decision.why.en, RequestLog::longest));
}

void RequestHandler::append_rows(std::string& out, const CompiledInterface& endpoint) const {
  using EmptyListStyle = MockState::EmptyListStyle;
  const std::size_t rows = result_set_.rows();
  if (rows == 0 && state_.empty_list_style_ == EmptyListStyle::absent) return;
  out += endpoint.rows;
  if (rows == 0) {
    out += state_.empty_list_style_ == EmptyListStyle::null ? "null" : "[]";
    return;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    out += row == 0 ? "[{" : ",{";
    for (std::size_t i = 0; i < endpoint.names.size(); ++i) {
      out += endpoint.names[i];
      append_cell(out, endpoint.interface->reply[i], result_set_.cell(row, i));
    }
    out += '}';
  }
  out += ']';
}

void RequestHandler::append_cell(std::string& out, const core::Field& field, const store::CellValue& cell) const {
  if (cell.none()) {
    out += "null";
    return;
  }
  const bool number = cell.kind == store::CellValue::Kind::number;
  if (field.type == core::Type::text) {
    if (number) core::append_quoted(out, cell.number.to_string());
    else core::append_quoted(out, cell.text);
    return;
  }
  std::optional<core::Decimal> parsed;
  if (!number && !(parsed = core::Decimal::parse(cell.text))) {
    out += "null";
    return;
  }
  const bool quotes = state_.decimals_as_text_ && field.type == core::Type::decimal;
  if (quotes) out += '"';
  (number ? cell.number : *parsed).append_to(out);
  if (quotes) out += '"';
}

void RequestHandler::count(int code) {
  for (Counter& one : counters_)
    if (one.interface == acting_ && one.code == code) {
      ++one.count;
      return;
    }
  counters_.push_back({acting_, code, 1});
}

void RequestHandler::append_latest(std::vector<LogEntry>& out, std::size_t count) const {
  const std::lock_guard lock(stats_mutex_);
  log_.append_latest(out, count);
}

void RequestHandler::clear_log() {
  const std::lock_guard lock(stats_mutex_);
  log_.clear();
}

void RequestHandler::add_counters(std::map<std::pair<std::string, int>, std::uint64_t>& out) const {
  const std::lock_guard lock(stats_mutex_);
  for (const Counter& one : counters_) out[{one.interface == nullptr ? "" : one.interface->name, one.code}] += one.count;
}

}  // namespace meterproof::mockserver
