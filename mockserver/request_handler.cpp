// SPDX-License-Identifier: Apache-2.0
#include "mockserver/request_handler.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "core/diagnostics/path_suggestion.hpp"
#include "core/i18n/message.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"
#include "mockserver/admin_api.hpp"
#include "mockserver/hint_header.hpp"
#include "mockserver/signature_diagnosis.hpp"

namespace meterproof::mockserver {

using core::Code;
using core::DateTime;
using core::Interface;
using core::LocalizedText;
using core::ResultRow;

namespace {

constexpr std::chrono::hours longest_hang{1};  // longer than any client waits; a bound for the connections that are kept

/// The header lines, as far as they are kept: whole lines only, since half a line may hold half a secret.
std::string_view kept_head(std::string_view head, std::size_t longest) {
  if (head.size() <= longest) return head;
  const std::size_t end = head.rfind('\n', longest - 1);
  return end == std::string_view::npos ? std::string_view() : head.substr(0, end + 1);
}

/// As much of a text as its entry keeps: a little more than it shows.
std::string_view kept_text(std::string_view text, std::size_t longest) { return core::truncate_utf8(text, longest + RequestLog::beyond); }

void append_to(core::LocalizedText& all, const core::LocalizedText& one) {
  all.zh += (all.zh.empty() ? "" : "；") + one.zh;
  all.en += (all.en.empty() ? "" : "; ") + one.en;
}

}  // namespace

RequestHandler::RequestHandler(MockState& state, std::size_t thread)
    : state_(state),
      thread_(thread),
      hooks_(state.hooks_),
      spec_(*state.spec_),
      success_{state.spec_->success, {}, {}, true},
      life_(*state.spec_, state.options_.meters, interpretations_, state.options_.calls),
      log_(state.options_.log_length, state.log_) {
  for (const core::Header& header : spec_.authentication.headers)
    if (!header.value.empty()) fixed_headers_.push_back(&header);
}

void RequestHandler::handle(const net::HttpParser& request, const net::Arrival& arrival, net::Response& response) {
  const DateTime now = core::local_time(arrival.at, state_.options_.utc_offset);
  time_ = arrival.at;
  if (const std::uint64_t version = state_.readings_version_.load(std::memory_order_acquire); version != readings_version_) {
    readings_ = state_.readings();
    readings_version_ = version;
  }
  if (answer_others(request, now, response)) {
    if (state_.log_.is_watched()) show_visit(request, arrival, response);
    return;
  }
  const std::lock_guard lock(stats_mutex_);
  LogEntry& entry = begin_entry(arrival);
  acting_ = nullptr;
  hints_.clear();
  route(request, now, response);
  if (!hints_.empty()) tell_hints(response);
  entry.status = response.status;
  entry.set(LogEntry::reply, kept_text(response.body, RequestLog::longest));
  count(entry.code);
  end_entry(arrival);
}

LogEntry& RequestHandler::begin_entry(const net::Arrival& arrival) {
  LogEntry& entry = log_.current();
  entry.clear();
  entry.prefetch();
  entry.at = core::local_time(arrival.at, state_.options_.utc_offset);
  if (arrival.peer != nullptr) entry.peer = *arrival.peer;
  return entry;
}

void RequestHandler::end_entry(const net::Arrival& arrival) {
  if (arrival.began.time_since_epoch().count() != 0) {
    const auto took = std::chrono::steady_clock::now() - arrival.began;
    log_.current().took = took;
    latency_.add(took);
  }
  const LogEntry& entry = log_.current();
  log_.append();
  if (records_requests_) turn_.requests.push_back({entry.at, entry.to_json(state_.log_.redactor())});
}

void RequestHandler::log_bad_request(const net::HttpParser& request, const BadRequest& bad, int code, const net::Response& response,
                                     const net::Arrival& arrival) {
  const std::lock_guard lock(stats_mutex_);
  LogEntry& entry = begin_entry(arrival);
  entry.status = response.status;
  entry.code = response.status == 0 ? 0 : code;
  const std::string_view whole_lines = kept_head(request.beginning(), RequestLog::longest_other);
  entry.set(LogEntry::beginning, whole_lines.empty() ? request.beginning().substr(0, RequestLog::longest_other + RequestLog::beyond) : whole_lines);
  entry.set(LogEntry::why_zh, kept_text(bad.title.zh + "：" + bad.why.zh, RequestLog::longest));
  entry.set(LogEntry::why_en, kept_text(bad.title.en + ": " + bad.why.en, RequestLog::longest));
  entry.set(LogEntry::reply, kept_text(response.body, RequestLog::longest));
  ++no_requests_[bad.kind];
  end_entry(arrival);
}

bool RequestHandler::answer_others(const net::HttpParser& request, DateTime now, net::Response& response) {
  if (answer_visitor(request, response)) return true;
  if (!state_.options_.admin_api || !request.target().starts_with(AdminApi::prefix)) return false;
  AdminApi api(state_, *this);
  api.handle(request, now, response);
  for (World* const world : api.touched()) touch(*world);
  if (api.clears_requests() && records_requests_) {
    turn_.requests.clear();
    turn_.clears_requests = true;
  }
  return true;
}

void RequestHandler::show_visit(const net::HttpParser& request, const net::Arrival& arrival, const net::Response& response) const {
  LogEntry entry;
  entry.at = core::local_time(arrival.at, state_.options_.utc_offset);
  if (arrival.peer != nullptr) entry.peer = *arrival.peer;
  if (arrival.began.time_since_epoch().count() != 0) entry.took = std::chrono::steady_clock::now() - arrival.began;
  entry.status = response.status;
  entry.set(LogEntry::method, kept_text(request.method(), RequestLog::longest_other));
  entry.set(LogEntry::target, kept_text(request.target(), RequestLog::longest_other));
  state_.log_.show(entry);
}

bool RequestHandler::answer_visitor(const net::HttpParser& request, net::Response& response) const {
  if (request.method() != "GET" && request.method() != "HEAD") return false;
  std::string_view path = request.target();
  path = path.substr(0, path.find('?'));
  if (state_.options_.admin_api && state_.index_.answer_page(path, request, response)) return true;
  if (path == "/") {
    state_.index_.answer(request, response);
    return true;
  }
  if (path != "/favicon.ico") return false;  // browsers ask for it by themselves
  response.status = 204;
  return true;
}

void RequestHandler::log_request(const net::HttpParser& request) {
  LogEntry& entry = log_.current();
  entry.set(LogEntry::head, kept_head(request.head(), RequestLog::longest_head));
  entry.set(LogEntry::method, kept_text(request.method(), RequestLog::longest_other));
  entry.set(LogEntry::target, kept_text(request.target(), RequestLog::longest_other));
  entry.set(LogEntry::request, kept_text(request.body(), RequestLog::longest));
}

void RequestHandler::route(const net::HttpParser& request, DateTime now, net::Response& response) {
  const std::string_view target = request.target().substr(0, request.target().find('?'));
  const auto route = std::find_if(state_.routes_.begin(), state_.routes_.end(), [&](const MockState::Route& one) { return one.path == target; });
  const Code fallback = spec_.common.back().code;
  if (route == state_.routes_.end()) {
    log_request(request);
    response.status = 404;
    return render_reply({fallback, {"没有这个接口", "no such interface"}, explain_unknown_path(target, now)}, response);
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

LocalizedText RequestHandler::explain_unknown_path(std::string_view path, DateTime now) {
  constexpr std::size_t most = 100;
  const std::string shown = core::sanitize(core::truncate_utf8(path, most)) + (path.size() > most ? "…" : "");
  std::vector<std::string> known;
  for (const MockState::Route& one : state_.routes_) known.push_back(one.path);
  const auto near = state_.body_diagnoses_.take(now) ? core::suggest_path(path, known) : std::nullopt;
  if (!near) return {shown + "；GET / 列出所有路径", shown + "; GET / lists the paths"};
  LocalizedText out{shown + "；是否应为 " + near->path + "？", shown + "; did you mean " + near->path + "?"};
  if (near->mistake.en.empty()) return out;
  return {out.zh + "（" + near->mistake.zh + "）", out.en + " (" + near->mistake.en + ")"};
}

void RequestHandler::record_turns(bool with_requests) {
  records_turns_ = signature_scratch_.records_used = true;
  records_requests_ = with_requests;
}

StoreFile::Turn& RequestHandler::turn() {
  std::move(signature_scratch_.used.begin(), signature_scratch_.used.end(), std::back_inserter(turn_.used));
  signature_scratch_.used.clear();
  return turn_;
}

void RequestHandler::act_as(std::string_view app_id, const Interface& interface, const std::string& body, net::Response& response) {
  std::string bytes = spec_.method + " " + interface.path + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const core::Header* header : fixed_headers_) bytes += header->name + ": " + header->value + "\r\n";
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  net::HttpParser request(net::HttpParser::Kind::request, {});
  request.feed(bytes);
  net::Arrival arrival(time_);
  arrival.began = std::chrono::steady_clock::now();
  acts_as_ = app_id;
  handle(request, arrival, response);
  acts_as_.reset();
}

PresentedCredentials RequestHandler::presented_by(const net::HttpParser& request) {
  const core::Authentication& authentication = spec_.authentication;
  if (acts_as_) {
    log_.current().set(LogEntry::app_id, kept_text(*acts_as_, RequestLog::longest_other));
    return state_.authenticator_->presented_by(*acts_as_);
  }
  PresentedCredentials presented =
      state_.authenticator_->presented(request.header(authentication.headers[authentication.token].name),
                                       request.header(authentication.headers[authentication.authorization].name), signature_scratch_);
  log_.current().set(LogEntry::app_id, kept_text(state_.authenticator_->app_id(presented), RequestLog::longest_other));
  if (presented.token.empty() || presented.authorization.empty()) presented.proxy = proxy_of(request);
  return presented;
}

std::optional<RequestHandler::Decision> RequestHandler::authenticate(const PresentedCredentials& presented, const Interface& interface, DateTime now) {
  if (acts_as_) return std::nullopt;
  auto refusal = state_.authenticator_->check(presented, now, signature_scratch_, {time_, interface.path});
  if (!refusal || hooks_.skips_check(interface, refusal->error)) return std::nullopt;
  if (refusal->error == core::SignatureError::header_missing && !presented.proxy.empty()) {
    const i18n::Message proxy = i18n::msg<"client.proxy-may-remove">(presented.proxy);
    append_to(refusal->why, {render(proxy, i18n::Language::zh), render(proxy, i18n::Language::en)});
  }
  const ResultRow* row = spec_.answering(refusal->error);
  return row == nullptr ? std::nullopt : std::optional(Decision{common_code(interface, row->code), row->title, std::move(refusal->why)});
}

/// 3.6 lists no common code. Under the interpretation common-codes=own it answers with its own refusal code.
Code RequestHandler::common_code(const Interface& interface, Code code) const {
  const bool answers_its_own = readings_->uses_own_refusal_code && interface.common_results == core::CommonResults::open && interface.refusal;
  return answers_its_own ? *interface.refusal : code;
}

const CompiledInterface* RequestHandler::read(std::string_view body, const MockState::Route& route) {
  read_in_order_ = false;
  body_ = body;
  if (route.ordered_parser->parse(body, request_)) {
    const std::vector<std::size_t>& discriminating_fields = route.discriminating_fields[route.widest];
    const bool sure = route.endpoints.size() == 1 || std::any_of(discriminating_fields.begin(), discriminating_fields.end(),
                                                                 [&](std::size_t field) { return request_[field].kind != core::Value::Kind::absent; });
    read_in_order_ = sure;
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

LocalizedText RequestHandler::explain_unreadable(const net::HttpParser& request, DateTime now) {
  if (!state_.body_diagnoses_.take(now)) return reader_.error();
  const LocalizedText found = json::explain(request.body(), request.header("Content-Type"), request.header("Content-Encoding"));
  return found.en.empty() ? reader_.error() : LocalizedText{"请求体：" + found.zh, "the body: " + found.en};
}

bool RequestHandler::may_deviate(const net::HttpParser& request, const MockState::Route& route, const CompiledInterface& endpoint, bool readable) const {
  // HTTP/1.1 requires a Host, and the parser has seen it; a target longer than the path has a query.
  if (!readable || !read_in_order_ || request.has_bare_lf() || request.minor_version() == 0 || request.target().size() != route.path.size()) return true;
  for (const core::Header* header : fixed_headers_)
    if (request.header(header->name) != header->value) return true;
  for (std::size_t i = 0; i < endpoint.exchanged_kinds.size(); ++i)
    if (request_[i].kind == endpoint.exchanged_kinds[i]) return true;
  return false;
}

void RequestHandler::find_deviations(const net::HttpParser& request, bool readable) {
  rules::GivenForm form;
  form.authentication = &spec_.authentication;
  form.header = [&](std::string_view name) { return request.has_header(name) ? std::optional(request.header(name)) : std::nullopt; };
  form.target = request.target();
  form.body = request.body();
  form.has_bare_lf = request.has_bare_lf();
  if (readable) form.request = &request_;
  if (readable && !read_in_order_) form.members = &reader_.members();
  for (rules::Deviation& one : rules::deviations(form)) hints_.push_back(std::move(one.text));
}

std::optional<RequestHandler::Decision> RequestHandler::refuse_as_unparsable(const Interface& interface, LocalizedText why) const {
  const ResultRow* row = spec_.unparsable();
  if (row == nullptr) return std::nullopt;
  return Decision{common_code(interface, row->code), row->title, std::move(why)};
}

std::optional<RequestHandler::Decision> RequestHandler::settle_places(const CompiledInterface& endpoint) {
  const auto [at, most] = *endpoint.places_question->places;
  core::Value& value = request_.values[at];
  auto why = rules::explain_places(endpoint.interface->request[at], value, most);
  const std::string answer = readings_->choice.of(endpoint.places_question->id);
  const bool exact = answer == "exact";
  if (!why || (exact && !value.is_rounded())) return std::nullopt;
  if (exact || answer == "refused") return refuse_as_unparsable(*endpoint.interface, std::move(*why));
  const core::Decimal rounded = value.decimal()->rounded(most);
  rounded_ = rounded.to_string();
  hints_.push_back({why->zh + "，按 " + rounded_ + " 处理", why->en + ", taken as " + rounded_});
  value.text = rounded_;
  if (value.number) value.number = rounded;
  return std::nullopt;
}

void RequestHandler::tell_hints(net::Response& response) {
  LocalizedText all;
  for (const LocalizedText& one : hints_) append_to(all, one);
  LogEntry& entry = log_.current();
  entry.set(LogEntry::hint_zh, kept_text(all.zh, RequestLog::longest));
  entry.set(LogEntry::hint_en, kept_text(all.en, RequestLog::longest));
  response.extra_headers += hint_header_line(all.en);
}

std::optional<RequestHandler::Decision> RequestHandler::find_type_mismatch(const Interface& interface) const {
  for (std::size_t i = 0; i < request_.values.size(); ++i) {
    if (!rules::is_type_exchanged(interface.request[i], request_[i])) continue;
    const LocalizedText found = rules::shown(interface.request[i], request_[i]);
    return refuse_as_unparsable(interface, {found.zh + "，类型不符", found.en + ", the type is wrong"});
  }
  return std::nullopt;
}

std::optional<RequestHandler::Decision> RequestHandler::find_violation(const CompiledInterface& endpoint, const rules::DataLookup& data) {
  const Interface& interface = *endpoint.interface;
  if (readings_->refuses_exchanged_types)
    if (auto found = find_type_mismatch(interface)) return found;
  rules::CandidateSet candidates = endpoint.rule_index.candidates(request_);
  while (const auto at = endpoint.rule_index.find(request_, data, candidates)) {
    const auto& [rule, kind, own_row, question, of_body] = endpoint.rule_index[*at];
    if (hooks_.overlooks(interface, *rule, request_)) continue;
    const ResultRow* row = own_row;
    Code code = row != nullptr ? row->code : readings_->choice.of(interface, *question);
    if (of_body) code = common_code(interface, code);
    if (question != nullptr) {
      // Where nothing may change (a repeated transaction number), a success is answered and not carried out.
      if (code == spec_.success && !question->must_not_change) continue;
      row = spec_.row(interface, code);
    }
    LocalizedText why = kind->explain(*rule, request_);
    if (!read_in_order_) {
      for (const LocalizedText& more : {rules::written_instead(rule->operands, request_, reader_.members()), stands_inside(rule->operands)}) {
        why.zh += more.zh;
        why.en += more.en;
      }
    }
    return Decision{code, row != nullptr ? row->title : LocalizedText{}, std::move(why)};
  }
  return std::nullopt;
}

LocalizedText RequestHandler::stands_inside(const std::vector<core::RuleOperand>& operands) {
  const auto is_container = [](const json::JsonMember& one) { return one.value.kind == core::Value::Kind::container; };
  if (std::none_of(reader_.members().begin(), reader_.members().end(), is_container)) return {};
  if (!state_.body_diagnoses_.take(core::local_time(time_, state_.options_.utc_offset))) return {};
  const auto body = json::parse_json(body_);
  if (!body) return {};
  LocalizedText out;
  for (const core::RuleOperand& operand : operands) {
    const std::string& name = request_.interface->request[operand.field].name;
    const auto around = std::find_if(body->members.begin(), body->members.end(), [&](const auto& one) { return one.value.has(name); });
    if (request_[operand.field].kind != core::Value::Kind::absent || around == body->members.end()) continue;
    constexpr std::size_t most = 60;
    const std::string shown = core::sanitize(core::truncate_utf8(around->name, most)) + (around->name.size() > most ? "…" : "");
    out.zh += "；" + name + " 在 \"" + shown + "\" 之内，应在最外层";
    out.en += "; " + name + " stands inside \"" + shown + "\", it is expected in the outermost object";
  }
  return out;
}

void RequestHandler::handle_call(const net::HttpParser& request, const MockState::Route& route, DateTime now, net::Response& response) {
  // The body is read first only to know whose refusal it is where two interfaces share a path; nothing is judged by it yet.
  const CompiledInterface* const read_by = read(request.body(), route);
  const CompiledInterface& endpoint = read_by != nullptr ? *read_by : *route.endpoints.front();
  const Interface& interface = *endpoint.interface;
  log_.current().interface = interface.name;
  acting_ = &interface;
  // Prefetches the rows while the request is logged and authenticated. Where other threads may change the tables, only of a row that is about to be taken;
  // and only with one world: otherwise nobody knows yet whose rows they are.
  std::optional<core::RowMutex::Guard> lock;
  if (const auto row = read_by != nullptr ? key_of_own_row(endpoint) : std::nullopt)
    lock.emplace(state_.worlds_.first().mutex, thread_, std::hash<std::string_view>()(*row));
  const bool is_alone = !state_.several_threads() && !state_.options_.calls;
  const bool ahead = lock || (read_by != nullptr && is_alone && !state_.worlds_.are_per_app());
  const auto for_rows = [&](const auto& ask) {
    for (const store::RowKey& key : endpoint.keys) ask(state_.worlds_.first().store.tables()[key.table], request_[key.field].text);
  };
  if (ahead) for_rows([](const store::Table& table, std::string_view key) { table.prefetch_index(key); });
  log_request(request);
  if (!acts_as_ && may_deviate(request, route, endpoint, read_by != nullptr)) find_deviations(request, read_by != nullptr);
  const PresentedCredentials presented = presented_by(request);
  if (ahead) for_rows([](const store::Table& table, std::string_view key) { table.prefetch_row(key); });
  if (!hooks_.authenticates_last())
    if (const auto refusal = authenticate(presented, interface, now)) {
      lock.reset();
      return render_reply(*refusal, response);
    }

  const ResultRow* unparsable = spec_.unparsable();
  if (read_by == nullptr) json::map_to_fields({}, interface, request_);
  if (read_by == nullptr && unparsable != nullptr) {
    const Code code = common_code(interface, unparsable->code);
    return render_reply({hooks_.unparsable_code(interface, code), unparsable->title, explain_unreadable(request, now)}, response);
  }
  if (state_.options_.strict && !hints_.empty()) {
    LocalizedText why;
    for (const LocalizedText& one : std::exchange(hints_, {})) append_to(why, one);
    if (const auto refusal = refuse_as_unparsable(interface, std::move(why))) return render_reply(*refusal, response);
  }
  if (endpoint.places_question != nullptr)
    if (const auto refusal = settle_places(endpoint)) return render_reply(*refusal, response);
  result_set_.clear();
  const Decision* const decision = execute(presented, endpoint, now, response, lock);
  lock.reset();
  if (decision != nullptr) render_reply(*decision, response, endpoint_);
}

const InjectedFault* RequestHandler::take_fault(const PresentedCredentials& presented, bool refused) {
  if (!state_.has_faults_.load(std::memory_order_relaxed)) return nullptr;
  const std::lock_guard lock(state_.faults_mutex_);
  const InjectedFault* const found = state_.faults_.next_fault_for(request_, state_.authenticator_->app_id(presented), refused);
  if (found == nullptr) return nullptr;
  fault_ = *found;  // a copy: others may remove it meanwhile
  return &*fault_;
}

std::optional<std::string_view> RequestHandler::key_of_own_row(const CompiledInterface& endpoint) const {
  if (!state_.several_threads() || !endpoint.own_row || state_.file_ != nullptr || state_.worlds_.are_per_app()) return std::nullopt;
  const core::Value& key = request_[endpoint.own_row->field];
  return key.kind == core::Value::Kind::text ? std::optional(key.text) : std::nullopt;
}

const RequestHandler::Decision* RequestHandler::execute(const PresentedCredentials& presented, const CompiledInterface& own, DateTime now,
                                                        net::Response& response, std::optional<core::RowMutex::Guard>& lock) {
  World& world = state_.worlds_.of_account(presented.account);
  touch(world);
  if (!lock) lock.emplace(world.mutex, thread_, std::nullopt);
  lock->take();
  const std::string_view row = own.own_row ? request_[own.own_row->field].text : std::string_view();
  if (!lock->has_all() && (world.calendar.is_own() || !world.store.may_work_beside_others(own.own_row->table, row))) {
    lock->take_all();
    world.store.own_row(own.own_row->table, row);  // so that the next one need not
  }
  const bool moves = world.calendar.is_own();
  const DateTime wall = now;  // by which signatures go
  if (moves) now = life_.catch_up(world.calendar, world.store, now, MeterLife::most_by_request);
  endpoint_ = &own;
  const Interface& acting = hooks_.acting_interface(request_, world.store);
  if (&acting != own.interface) endpoint_ = &state_.endpoint_of(acting);
  const Interface& interface = *endpoint_->interface;
  request_.interface = &interface;
  std::optional<Decision>& decision = decision_;
  decision = find_violation(*endpoint_, hooks_.data(world.store, time_));
  if (!decision && hooks_.authenticates_last()) {
    decision = authenticate(presented, interface, wall);
    const ResultRow* bad_token = spec_.answering(core::SignatureError::token_wrong);
    const bool is_for_token = decision && bad_token != nullptr && decision->code == bad_token->code;
    if (is_for_token && hooks_.carries_out_refused(false)) world.store.apply(request_, now, interpretations_, result_set_);
    if (decision) return &*decision;
  }
  const InjectedFault* const fault = take_fault(presented, decision.has_value());
  if (fault != nullptr) {
    log_.current().set(LogEntry::fault, kept_text(fault->kind, RequestLog::longest_other));
    apply_fault(*fault, response);
    if (fault->what == FaultKind::status) {
      log_.current().code = 0;
      return nullptr;
    }
  }
  if (decision && hooks_.carries_out_refused(true)) world.store.apply(request_, now, interpretations_, result_set_);
  if (!decision && fault != nullptr && fault->what == FaultKind::answer)
    decision = Decision{fault->code, spec_.injected_by(fault->kind)->title, {"注入的故障", "an injected fault"}};
  if (!decision) {
    if (!moves || !life_.delay(world.calendar, world.store, request_, now, result_set_))
      world.store.apply(request_, now, interpretations_, result_set_, lock->has_all() ? nullptr : &prices_);
    hooks_.carried_out(request_, world.store, result_set_, time_);
    if (result_set_.failure.why.en.empty() && fault == nullptr && endpoint_ == &own) return &success_;
    decision = success_;
    if (!result_set_.failure.why.en.empty()) {
      decision = explain_failure(interface);
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

/// A table without room is the database's failure; a sum that needs too many digits is the request's.
RequestHandler::Decision RequestHandler::explain_failure(const Interface& interface) const {
  if (result_set_.failure.of_arithmetic)
    if (auto refusal = refuse_as_unparsable(interface, result_set_.failure.why)) return std::move(*refusal);
  const auto injected = std::find_if(spec_.common.begin(), spec_.common.end(), [](const ResultRow& one) { return !one.injected_by.empty(); });
  const ResultRow& row = injected == spec_.common.end() ? spec_.common.back() : *injected;
  return {row.code, row.title, result_set_.failure.why};
}

void RequestHandler::apply_fault(const InjectedFault& fault, net::Response& response) const {
  if (fault.what != FaultKind::status) response.delay = fault.delay;
  switch (fault.what) {
    case FaultKind::status:
      response.status = fault.status;
      if (!fault.location.empty()) response.extra_headers += "Location: " + fault.location + "\r\n";
      response.content_type = "text/html";
      response.body = "<html><body><h1>" + std::to_string(fault.status) + "</h1></body></html>";
      break;
    case FaultKind::reset: response.fault = net::ResponseFault::reset; break;
    case FaultKind::close: response.fault = net::ResponseFault::close; break;
    case FaultKind::hang:
      response.fault = net::ResponseFault::close;
      response.delay = longest_hang;
      break;
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
  const bool no_call = response.status != 200;  // the code says nothing of it, so the title stands in the log
  append_envelope(out, decision, endpoint);
  if (endpoint != nullptr && !endpoint->names.empty() && decision.code == spec_.success) append_rows(out, *endpoint);
  out += '}';
  hooks_.edit_reply(out, response.content_type);
  if (decision.code != spec_.success && response.status == 200) response.status = readings_->refusal_status;
  LogEntry& entry = log_.current();
  entry.code = decision.code.value;
  if (decision.why.zh.empty() && decision.why.en.empty()) return;
  entry.set(LogEntry::why_zh, kept_text((no_call ? decision.title.zh + "：" : "") + decision.why.zh, RequestLog::longest));
  entry.set(LogEntry::why_en, kept_text((no_call ? decision.title.en + ": " : "") + decision.why.en, RequestLog::longest));
}

void RequestHandler::append_rows(std::string& out, const CompiledInterface& endpoint) const {
  const std::size_t rows = result_set_.rows();
  if (rows == 0 && readings_->empty_list == Readings::EmptyList::absent) return;
  out += endpoint.rows;
  if (rows == 0) {
    out += readings_->empty_list == Readings::EmptyList::null ? "null" : "[]";
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
  (number ? cell.number : *parsed).append_to(out);
}

void RequestHandler::count(int code) {
  for (Counter& one : counters_)
    if (one.interface == acting_ && one.code == code) {
      ++one.count;
      return;
    }
  counters_.push_back({acting_, code, 1});
}

void RequestHandler::take_over(RequestHandler& before) {
  before.add_counters(earlier_);
  latency_ = before.latency_;
  log_.take_over(before.log_, [this](std::string_view interface) { return state_.lasting_name(interface); });
  records_turns_ = before.records_turns_;
  records_requests_ = before.records_requests_;
  signature_scratch_.records_used = before.signature_scratch_.records_used;
  turn_ = std::move(before.turn());
}

void RequestHandler::append_latest(std::vector<LogEntry>& out, std::size_t count) const {
  const std::lock_guard lock(stats_mutex_);
  log_.append_latest(out, count);
}

void RequestHandler::clear_log() {
  const std::lock_guard lock(stats_mutex_);
  log_.clear();
}

void RequestHandler::add_counters(Counters& out) const {
  const std::lock_guard lock(stats_mutex_);
  for (const Counter& one : counters_) out[one.interface == nullptr ? "" : one.interface->name][std::to_string(one.code)] += one.count;
  for (const auto& [kind, count] : no_requests_) out[""][kind] += count;
  for (const auto& [interface, codes] : earlier_)
    for (const auto& [code, count] : codes) out[interface][code] += count;
}

void RequestHandler::add_latency(LatencyHistogram& out) const {
  const std::lock_guard lock(stats_mutex_);
  out += latency_;
}

void RequestHandler::count_other(const std::string& kind) {
  const std::lock_guard lock(stats_mutex_);
  ++no_requests_[kind];
}

void RequestHandler::clear_counters() {
  const std::lock_guard lock(stats_mutex_);
  counters_.clear();
  latency_ = {};
  no_requests_.clear();
  earlier_.clear();
}

}  // namespace meterproof::mockserver
