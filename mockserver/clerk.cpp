#include "mockserver/clerk.hpp"

#include <algorithm>
#include <charconv>

#include "mockserver/control.hpp"
#include "spec/rules/word.hpp"

namespace meterproof::mock {

using spec::Code;
using spec::DateTime;
using spec::Interface;
using spec::ResultRow;
using spec::Text;

Clerk::Clerk(Engine& engine)
    : engine_(engine), spec_(*engine.spec_), success_{engine.spec_->success, {}, {}, true}, journal_(engine.settings_.journal_length, engine.journal_) {}

void Clerk::handle(const wire::HttpParser& request, Engine::Time time, http::Response& response) {
  const DateTime now = spec::local_time(time, engine_.settings_.utc_offset);
  time_ = time;
  if (engine_.settings_.control && request.target().starts_with(Control::prefix)) return Control(engine_).handle(request, now, response);
  const auto lock = engine_.held(books_);
  Entry& entry = journal_.next();
  entry.clear();
  entry.foresee();
  entry.at = now;
  acting_ = nullptr;
  answer_call(request, now, response);
  entry.status = response.status;
  entry.put(Entry::reply, cut(response.body, Journal::longest));
  count(entry.code);
  journal_.commit();
}

void Clerk::write_down(const wire::HttpParser& request) {
  Entry& entry = journal_.next();
  entry.put(Entry::method, cut(request.method(), Journal::longest_other));
  entry.put(Entry::target, cut(request.target(), Journal::longest_other));
  entry.put(Entry::request, cut(request.body(), Journal::longest));
}

void Clerk::answer_call(const wire::HttpParser& request, DateTime now, http::Response& response) {
  const std::string_view target = request.target().substr(0, request.target().find('?'));
  const auto route = std::find_if(engine_.routes_.begin(), engine_.routes_.end(), [&](const Engine::Route& one) { return one.path == target; });
  const Code fallback = spec_.common.back().code;
  if (route == engine_.routes_.end()) {
    write_down(request);
    response.status = 404;
    const std::string shown(cut(target, 100));
    return answer({fallback, {"没有这个接口", "no such interface"}, {shown, shown + "; see the paper's section 3 for the paths"}}, response);
  }
  if (request.method() != spec_.method) {
    write_down(request);
    response.status = 405;
    response.extra_headers = "Allow: " + spec_.method + "\r\n";
    const std::string method(request.method());
    return answer({fallback, {"请求方法不支持", "method not allowed"}, {method + "，应为 " + spec_.method, method + ", " + spec_.method + " is expected"}},
                  response);
  }
  judge(request, *route, now, response);
}

Claim Clerk::claim_of(const wire::HttpParser& request) {
  const spec::Authentication& authentication = spec_.authentication;
  const Claim claim = engine_.authenticator_.claim(request.header(authentication.headers[authentication.token].name),
                                                   request.header(authentication.headers[authentication.authorization].name), bench_);
  journal_.next().put(Entry::app_id, cut(engine_.authenticator_.app_id(claim), Journal::longest_other));
  return claim;
}

std::optional<Clerk::Verdict> Clerk::authenticate(const Claim& claim, const Interface& interface, DateTime now) {
  auto refusal = engine_.authenticator_.check(claim, now, bench_, {time_, interface.path});
  if (!refusal || interface.exempt == refusal->fault) return std::nullopt;
  const ResultRow* row = spec_.answering(refusal->fault);
  return row == nullptr ? std::nullopt : std::optional(Verdict{common_code(interface, row->code), row->title, std::move(refusal->why)});
}

/// 3.6 lists no common code: a reading answers with its own refusal instead.
Code Clerk::common_code(const Interface& interface, Code code) const {
  const bool own = engine_.own_refusals_ && interface.common_results == spec::CommonResults::open && interface.refusal;
  return own ? *interface.refusal : code;
}

const Desk* Clerk::read(std::string_view body, const Engine::Route& route) {
  if (route.usual->read(body, request_)) {
    const std::vector<std::size_t>& own = route.own[route.fullest];
    const bool sure =
        route.desks.size() == 1 || std::any_of(own.begin(), own.end(), [&](std::size_t field) { return request_[field].kind != spec::Value::Kind::absent; });
    if (sure) return route.desks[route.fullest];
  }
  if (!reader_.read(body)) return nullptr;
  const Desk& desk = told_apart(route);
  wire::bind(reader_.members(), *desk.interface, request_);
  return &desk;
}

const Desk& Clerk::told_apart(const Engine::Route& route) const {
  if (route.desks.size() == 1) return *route.desks.front();
  for (std::size_t i = 0; i < route.desks.size(); ++i)
    for (const std::size_t field : route.own[i])
      for (const wire::Member& member : reader_.members())
        if (member.name == route.desks[i]->interface->request[field].name) return *route.desks[i];
  const auto plainest = std::min_element(route.own.begin(), route.own.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return *route.desks[static_cast<std::size_t>(plainest - route.own.begin())];
}

const rules::Facts& Clerk::facts() { return engine_.deviance_.facts(engine_.world_, time_); }

std::optional<Clerk::Verdict> Clerk::mistype(const Interface& interface) const {
  for (std::size_t i = 0; i < request_.values.size(); ++i) {
    const auto kind = request_[i].kind;
    const bool text = interface.request[i].type == spec::Type::text;
    if (text ? kind != spec::Value::Kind::number : kind != spec::Value::Kind::text || request_[i].empty()) continue;
    const std::string found = rules::shown(interface.request[i], request_[i]);
    const ResultRow& row = *spec_.unparsable();
    return Verdict{common_code(interface, row.code), row.title, {found + "，类型不符", found + ", the type is wrong"}};
  }
  return std::nullopt;
}

/// `proceed` is false where a success is answered but nothing may be carried out (a repeated transaction number).
std::optional<Clerk::Verdict> Clerk::refuse(const Desk& desk, bool& proceed) {
  const Interface& interface = *desk.interface;
  if (engine_.strict_types_)
    if (auto found = mistype(interface)) return found;
  const rules::Facts& known = facts();
  rules::Suspects suspects = desk.sieve.suspects(request_);
  while (const auto at = desk.sieve.find(request_, known, suspects)) {
    const auto& [rule, own_row, question, of_body] = desk.sieve[*at];
    const ResultRow* row = own_row;
    Code code = row != nullptr ? row->code : engine_.choices_.of(interface, *question);
    if (of_body) code = common_code(interface, code);
    if (question != nullptr) {
      proceed = !question->unchanged;
      if (code == spec_.success && proceed) continue;
      row = spec_.row(interface, code);
    }
    return Verdict{code, row != nullptr ? row->title : Text{}, rules::words()[rule->word]->explain(*rule, request_)};
  }
  return std::nullopt;
}

void Clerk::judge(const wire::HttpParser& request, const Engine::Route& route, DateTime now, http::Response& response) {
  // The body is read first only to know whose refusal it is where two interfaces share a path; nothing is judged by it yet.
  const Desk* const read_by = read(request.body(), route);
  const Desk& desk = read_by != nullptr ? *read_by : *route.desks.front();
  const Interface& own = *desk.interface;
  journal_.next().interface = own.name;
  acting_ = &own;
  // Its rows are on their way while it is written down and authenticated. With several threads they are others' too: that must wait for the lock.
  const bool ahead = read_by != nullptr && !engine_.several_threads();
  const auto for_rows = [&](const auto& ask) {
    for (const world::RowKey& key : desk.keys) ask(engine_.world_.tables()[key.table], request_[key.field].text);
  };
  if (ahead) for_rows([](const world::TableStore& table, std::string_view key) { table.foresee(key); });
  write_down(request);
  const Claim claim = claim_of(request);
  if (ahead) for_rows([](const world::TableStore& table, std::string_view key) { table.fetch_ahead(key); });
  const bool business_first = engine_.deviance_.is(spec::Flaw::business_before_authentication);
  if (!business_first)
    if (const auto refusal = authenticate(claim, own, now)) return answer(*refusal, response);

  const ResultRow* unparsable = spec_.unparsable();
  if (read_by == nullptr) wire::bind({}, own, request_);
  if (read_by == nullptr && unparsable != nullptr)
    return answer({own.unparsable_as.value_or(common_code(own, unparsable->code)), unparsable->title, reader_.error()}, response);
  outcome_.clear();
  if (const Verdict* const verdict = carry_out(claim, desk, now, response)) answer(*verdict, response, desk_);
}

const Clerk::Verdict* Clerk::carry_out(const Claim& claim, const Desk& own, DateTime now, http::Response& response) {
  const auto lock = engine_.held(engine_.state_);
  Deviance& deviance = engine_.deviance_;
  const Interface& interface = deviance.acting(request_, engine_.world_);
  request_.interface = &interface;
  desk_ = &interface == own.interface ? &own : &engine_.desk_of(interface);
  bool proceed = true;
  std::optional<Verdict>& verdict = verdict_;
  verdict = refuse(*desk_, proceed);
  if (deviance.is(spec::Flaw::business_before_authentication) && !verdict) {
    verdict = authenticate(claim, interface, now);
    if (verdict) return &*verdict;
  }
  const Fault* fault = engine_.faults_.strike(interface.name, verdict.has_value());
  if (fault != nullptr) {
    journal_.next().put(Entry::fault, cut(fault->kind, Journal::longest_other));
    go_wrong(*fault, response);
    if (fault->what == FaultKind::status) {
      journal_.next().code = 0;
      return nullptr;
    }
  }
  if (verdict && deviance.is(spec::Flaw::carries_out_refused)) engine_.world_.apply(request_, now, engine_.readings_, outcome_);
  if (!verdict && fault != nullptr && fault->what == FaultKind::answer)
    verdict = Verdict{fault->code, spec_.injected(fault->kind)->title, {"注入的故障", "an injected fault"}};
  if (!verdict) {
    engine_.world_.apply(request_, now, engine_.readings_, outcome_);
    deviance.succeeded(request_, engine_.world_, time_);
    deviance.mix_up(interface, outcome_, time_);
    if (outcome_.failure.empty() && fault == nullptr && desk_ == &own) return &success_;
    verdict = success_;
    if (!outcome_.failure.empty()) {
      const ResultRow& row = *std::find_if(spec_.common.begin(), spec_.common.end(), [](const ResultRow& one) { return !one.injected.empty(); });
      verdict = Verdict{row.code, row.title, {outcome_.failure, outcome_.failure}};
      outcome_.clear();
    }
  }
  if (verdict->success && (desk_ != &own || (fault != nullptr && fault->what == FaultKind::wrong_code))) {
    const ResultRow* success = interface.result(spec_.success);
    verdict->success = false;
    if (success != nullptr) verdict->title = success->title;
  }
  if (fault != nullptr && fault->what == FaultKind::wrong_code) verdict->code = fault->code;
  return &*verdict;
}

void Clerk::go_wrong(const Fault& fault, http::Response& response) const {
  if (fault.what != FaultKind::status) response.delay = fault.delay;
  switch (fault.what) {
    case FaultKind::status:
      response.status = fault.status;
      response.content_type = "text/html";
      response.body = "<html><body><h1>" + std::to_string(fault.status) + "</h1></body></html>";
      break;
    case FaultKind::reset: response.mishap = http::Mishap::reset; break;
    case FaultKind::garbage: response.mishap = http::Mishap::garbage; break;
    case FaultKind::truncated: response.mishap = http::Mishap::truncated; break;
    case FaultKind::drip: response.mishap = http::Mishap::drip; break;
    case FaultKind::answer:
    case FaultKind::wrong_code:
    case FaultKind::delay: break;
  }
}

/// The reply's opening: code and message.
void Clerk::append_envelope(std::string& out, const Verdict& verdict, const Desk* desk) const {
  const bool as_text = engine_.deviance_.is(spec::Flaw::codes_as_text);
  if (verdict.success && !as_text) {
    out += desk->success;
    return;
  }
  char digits[16];
  out += '{';
  spec::append_quoted(out, spec_.envelope.code);
  out += as_text ? ":\"" : ":";
  out.append(digits, std::to_chars(digits, digits + sizeof digits, verdict.code.value).ptr);
  out += as_text ? "\"," : ",";
  spec::append_quoted(out, spec_.envelope.message);
  out += ':';
  const ResultRow* success = verdict.success ? desk->interface->result(spec_.success) : nullptr;
  const Text& title = success != nullptr ? success->title : verdict.title;
  std::string message = title.zh;
  if (!verdict.why.zh.empty()) message += "：" + verdict.why.zh;
  message += "｜" + title.en;
  if (!verdict.why.en.empty()) message += ": " + verdict.why.en;
  spec::append_quoted(out, message);
}

void Clerk::answer(const Verdict& verdict, http::Response& response, const Desk* desk) {
  std::string& out = response.body;
  append_envelope(out, verdict, desk);
  if (desk != nullptr && !desk->names.empty() && verdict.code == spec_.success) append_rows(out, *desk);
  out += '}';
  if (engine_.deviance_.is(spec::Flaw::no_content_type)) response.content_type = "text/html";
  if (engine_.deviance_.is(spec::Flaw::no_utf8)) Deviance::garble(out);
  if (verdict.code != spec_.success && response.status == 200) response.status = engine_.refusal_status_;
  Entry& entry = journal_.next();
  entry.code = verdict.code.value;
  if (verdict.why.zh.empty() && verdict.why.en.empty()) return;
  entry.put(Entry::why_zh, cut(verdict.why.zh, Journal::longest));
  entry.put(Entry::why_en, cut(verdict.why.en, Journal::longest));
}

void Clerk::append_rows(std::string& out, const Desk& desk) const {
  using NoRows = Engine::NoRows;
  const std::size_t rows = outcome_.rows();
  if (rows == 0 && engine_.no_rows_ == NoRows::absent) return;
  out += desk.rows;
  if (rows == 0) {
    out += engine_.no_rows_ == NoRows::null ? "null" : "[]";
    return;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    out += row == 0 ? "[{" : ",{";
    for (std::size_t i = 0; i < desk.names.size(); ++i) {
      out += desk.names[i];
      append_cell(out, desk.interface->reply[i], outcome_.cell(row, i));
    }
    out += '}';
  }
  out += ']';
}

void Clerk::append_cell(std::string& out, const spec::Field& field, const world::Cell& cell) const {
  if (cell.none()) {
    out += "null";
    return;
  }
  const bool number = cell.kind == world::Cell::Kind::number;
  if (field.type == spec::Type::text) {
    if (number) spec::append_quoted(out, cell.number.to_string());
    else spec::append_quoted(out, cell.text);
    return;
  }
  std::optional<spec::Decimal> parsed;
  if (!number && !(parsed = spec::Decimal::parse(cell.text))) {
    out += "null";
    return;
  }
  const bool quotes = engine_.decimals_as_text_ && field.type == spec::Type::decimal;
  if (quotes) out += '"';
  (number ? cell.number : *parsed).append_to(out);
  if (quotes) out += '"';
}

void Clerk::count(int code) {
  for (Counter& one : counters_)
    if (one.interface == acting_ && one.code == code) {
      ++one.count;
      return;
    }
  counters_.push_back({acting_, code, 1});
}

void Clerk::append_latest(std::vector<Entry>& out, std::size_t count) const {
  const auto lock = engine_.held(books_);
  journal_.append_latest(out, count);
}

void Clerk::clear_journal() {
  const auto lock = engine_.held(books_);
  journal_.clear();
}

void Clerk::add_counters(std::map<std::pair<std::string, int>, std::uint64_t>& out) const {
  const auto lock = engine_.held(books_);
  for (const Counter& one : counters_) out[{one.interface == nullptr ? "" : one.interface->name, one.code}] += one.count;
}

}  // namespace meterproof::mock
