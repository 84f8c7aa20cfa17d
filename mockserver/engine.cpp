#include "mockserver/engine.hpp"

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

Engine::Engine(const spec::Spec& spec, Settings settings, yaml::WorldRows rows)
    : spec_(&spec),
      settings_(std::move(settings)),
      choices_(spec, settings_),
      initial_(std::move(rows)),
      world_(world_of(initial_)),
      authenticator_(spec, settings_),
      deviance_(spec),
      journal_(settings_.journal_length) {
  for (const Interface& interface : spec.interfaces) {
    if (settings_.only && *settings_.only != interface.served_by) continue;
    auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& one) { return one.path == interface.path; });
    if (route == routes_.end()) route = routes_.insert(routes_.end(), Route{interface.path, {}, {}});
    route->interfaces.push_back(&interface);
    route->own.push_back(own_fields(spec, interface));
  }
  readings_ = [this](std::string_view id) { return choices_.of(id); };
  const std::string rows_form = choices_.of("no-rows");
  no_rows_ = rows_form == "null" ? NoRows::null : rows_form == "absent" ? NoRows::absent : NoRows::empty;
  decimals_as_text_ = choices_.of("decimal-form") == "text";
  strict_types_ = choices_.of("numeric-text") == "refuse";
  own_refusals_ = choices_.of("common-codes") == "own";
  const std::string status = choices_.of("refusal-status");
  if (!status.empty()) std::from_chars(status.data(), status.data() + status.size(), refusal_status_);
}

world::World Engine::world_of(const yaml::WorldRows& rows) const {
  world::World world(*spec_);
  for (const auto& table : rows.tables)
    for (const auto& row : table.rows) world.put(table.table, row);
  for (std::size_t i = 0; i < rows.fleet_count; ++i)
    for (const auto& table : rows.fleet)
      for (const auto& row : table.rows) {
        auto numbered = row;
        for (auto& [column, text] : numbered) text = spec::serial(text, i);
        world.put(table.table, numbered);
      }
  return world;
}

void Engine::handle(const wire::HttpParser& request, Time time, http::Response& response) {
  const DateTime now = spec::local_time(time, settings_.utc_offset);
  moment_ = time;
  std::string_view target = request.target();
  target = target.substr(0, target.find('?'));
  if (settings_.control && target.starts_with(Control::prefix)) return Control(*this).handle(request, now, response);

  Entry& entry = journal_.next();
  entry.at = now;
  entry.method = request.method();
  entry.target = cut(request.target(), 256);
  entry.request = cut(request.body(), Journal::longest);
  entry.interface.clear();
  entry.app_id.clear();
  entry.fault.clear();

  const auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& one) { return one.path == target; });
  if (route == routes_.end()) {
    response.status = 404;
    const std::string shown(cut(target, 100));
    answer({spec_->common.back().code, {"没有这个接口", "no such interface"}, {shown, shown + "; see the paper's section 3 for the paths"}}, response, nullptr,
           nullptr);
  } else if (request.method() != spec_->method) {
    response.status = 405;
    response.extra_headers = "Allow: " + spec_->method + "\r\n";
    const std::string method(request.method());
    answer({spec_->common.back().code,
            {"请求方法不支持", "method not allowed"},
            {method + "，应为 " + spec_->method, method + ", " + spec_->method + " is expected"}},
           response, nullptr, nullptr);
  } else {
    judge(request, *route, now, response);
  }
  Entry& done = journal_.next();
  done.status = response.status;
  done.reply = cut(response.body, Journal::longest);
  ++counters_[{done.interface, done.code}];
  journal_.commit();
}

void Engine::handle_broken(const wire::HttpParser& request, http::Response& response) {
  const Text title = response.status == 413   ? Text{"请求体过大", "the body is too large"}
                     : response.status == 431 ? Text{"请求头过大", "the header is too large"}
                                              : Text{"不是 HTTP/1.1 请求", "this is no HTTP/1.1 request"};
  response.body = "{";
  spec::append_quoted(response.body, spec_->envelope.code);
  const ResultRow* row = spec_->unparsable();
  response.body += ":" + std::to_string(row != nullptr ? row->code.value : 0) + ",";
  spec::append_quoted(response.body, spec_->envelope.message);
  response.body += ":";
  spec::append_quoted(response.body, title.zh + "：" + request.error() + "｜" + title.en + ": " + request.error());
  response.body += "}";
}

std::optional<Engine::Verdict> Engine::authenticate(const wire::HttpParser& request, const Interface& interface, DateTime now) {
  const spec::Authentication& authentication = spec_->authentication;
  const auto token = request.header(authentication.headers[authentication.token].name);
  const auto authorization = request.header(authentication.headers[authentication.authorization].name);
  const auto refusal = authenticator_.check(token, authorization, now, journal_.next().app_id, {moment_, interface.path});
  if (!refusal || interface.exempt == refusal->fault) return std::nullopt;
  const ResultRow* row = spec_->answering(refusal->fault);
  return row == nullptr ? std::nullopt : std::optional(Verdict{common_code(interface, row->code), row->title, refusal->why});
}

/// 3.6 lists no common code: a reading answers with its own refusal instead.
Code Engine::common_code(const Interface& interface, Code code) const {
  const bool own = own_refusals_ && interface.common_results == spec::CommonResults::open && interface.refusal;
  return own ? *interface.refusal : code;
}

const Interface& Engine::told_apart(const Route& route) const {
  for (std::size_t i = 0; i < route.interfaces.size() && route.interfaces.size() > 1; ++i)
    for (const std::size_t field : route.own[i])
      for (const wire::Member& member : reader_.members())
        if (member.name == route.interfaces[i]->request[field].name) return *route.interfaces[i];
  const auto plainest = std::min_element(route.own.begin(), route.own.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return *route.interfaces[static_cast<std::size_t>(plainest - route.own.begin())];
}

std::optional<Engine::Verdict> Engine::look(const std::vector<ResultRow>& rows) {
  const auto fault = rules::first_fault(rows, request_, facts());
  if (!fault) return std::nullopt;
  return Verdict{fault->row->code, fault->row->title, rules::words()[fault->rule->word]->explain(*fault->rule, request_)};
}

/// `proceed` is false where a success is answered but nothing may be carried out (a repeated transaction number).
std::optional<Engine::Verdict> Engine::refuse(const Interface& interface, bool& proceed) {
  if (strict_types_) {
    for (std::size_t i = 0; i < request_.values.size(); ++i) {
      const auto kind = request_[i].kind;
      const bool text = interface.request[i].type == spec::Type::text;
      if (text ? kind != spec::Value::Kind::number : kind != spec::Value::Kind::text || request_[i].empty()) continue;
      const std::string found = rules::shown(interface.request[i], request_[i]);
      const ResultRow& row = *spec_->unparsable();
      return Verdict{common_code(interface, row.code), row.title, {found + "，类型不符", found + ", the type is wrong"}};
    }
  }
  if (auto found = look(interface.body)) {
    found->code = common_code(interface, found->code);
    return found;
  }
  if (auto found = look(interface.results)) return found;
  for (const spec::Unclear& question : interface.unclear) {
    if (!rules::arises(question, request_, facts())) continue;
    const rules::Word& word = *rules::words()[question.when->word];
    const Code code = choices_.of(interface, question);
    proceed = !question.unchanged;
    if (code == spec_->success && proceed) continue;
    const ResultRow* row = spec_->row(interface, code);
    return Verdict{code, row != nullptr ? row->title : Text{}, word.explain(*question.when, request_)};
  }
  return std::nullopt;
}

void Engine::judge(const wire::HttpParser& request, const Route& route, DateTime now, http::Response& response) {
  // The body is read first only to know whose refusal it is where two interfaces share a path; nothing is judged by it yet.
  const bool readable = reader_.read(request.body());
  const Interface& own = readable ? told_apart(route) : *route.interfaces.front();
  journal_.next().interface = own.name;
  const bool business_first = deviance_.is(spec::Flaw::business_before_authentication);
  if (!business_first)
    if (const auto refusal = authenticate(request, own, now)) return answer(*refusal, response, nullptr, nullptr);

  const ResultRow* unparsable = spec_->unparsable();
  if (!readable && unparsable != nullptr)
    return answer({own.unparsable_as.value_or(common_code(own, unparsable->code)), unparsable->title, reader_.error()}, response, nullptr, nullptr);
  wire::bind(reader_.members(), own, request_);
  const Interface& interface = deviance_.acting(request_, world_);
  request_.interface = &interface;

  bool proceed = true;
  std::optional<Verdict> verdict = refuse(interface, proceed);
  if (business_first && !verdict)
    if (const auto refusal = authenticate(request, interface, now)) return answer(*refusal, response, nullptr, nullptr);
  const Fault* fault = faults_.strike(interface.name, verdict.has_value());
  if (fault != nullptr) journal_.next().fault = fault->kind;
  if (fault != nullptr && fault->what == FaultKind::status) {
    response.status = fault->status;
    response.content_type = "text/html";
    response.body = "<html><body><h1>" + std::to_string(fault->status) + "</h1></body></html>";
    journal_.next().code = 0;
    return;
  }
  outcome_.clear();
  if (verdict && deviance_.is(spec::Flaw::carries_out_refused)) world_.apply(request_, now, readings_, outcome_);
  if (!verdict && fault != nullptr && fault->what == FaultKind::answer)
    verdict = Verdict{fault->code, spec_->injected(fault->kind)->title, {"注入的故障", "an injected fault"}};
  if (!verdict) {
    world_.apply(request_, now, readings_, outcome_);
    deviance_.succeeded(request_, world_, moment_);
    deviance_.mix_up(interface, outcome_, moment_);
    const ResultRow* success = interface.result(spec_->success);
    verdict = Verdict{spec_->success, success != nullptr ? success->title : Text{}, {}};
    if (!outcome_.failure.empty()) {
      const ResultRow& row = *std::find_if(spec_->common.begin(), spec_->common.end(), [](const ResultRow& one) { return !one.injected.empty(); });
      verdict = Verdict{row.code, row.title, {outcome_.failure, outcome_.failure}};
      outcome_.clear();
    }
  }
  if (fault != nullptr && fault->what == FaultKind::wrong_code) verdict->code = fault->code;
  answer(*verdict, response, &outcome_, &interface);
  if (fault == nullptr) return;
  response.delay = fault->delay;
  switch (fault->what) {
    case FaultKind::reset: response.mishap = http::Mishap::reset; break;
    case FaultKind::garbage: response.mishap = http::Mishap::garbage; break;
    case FaultKind::truncated: response.mishap = http::Mishap::truncated; break;
    case FaultKind::drip: response.mishap = http::Mishap::drip; break;
    case FaultKind::answer:
    case FaultKind::wrong_code:
    case FaultKind::status:
    case FaultKind::delay: break;
  }
}

void Engine::answer(const Verdict& verdict, http::Response& response, const world::Outcome* outcome, const Interface* interface) {
  std::string& out = response.body;
  out += '{';
  spec::append_quoted(out, spec_->envelope.code);
  out += ':';
  char digits[16];
  const bool as_text = deviance_.is(spec::Flaw::codes_as_text);
  if (as_text) out += '"';
  out.append(digits, std::to_chars(digits, digits + sizeof digits, verdict.code.value).ptr);
  if (as_text) out += '"';
  out += ',';
  spec::append_quoted(out, spec_->envelope.message);
  out += ':';
  std::string message = verdict.title.zh;
  if (!verdict.why.zh.empty()) message += "：" + verdict.why.zh;
  message += "｜" + verdict.title.en;
  if (!verdict.why.en.empty()) message += ": " + verdict.why.en;
  spec::append_quoted(out, message);
  if (interface != nullptr && !interface->reply.empty() && verdict.code == spec_->success) append_rows(out, *interface, *outcome);
  out += '}';
  if (deviance_.is(spec::Flaw::no_content_type)) response.content_type = "text/html";
  if (deviance_.is(spec::Flaw::no_utf8)) Deviance::garble(out);
  if (verdict.code != spec_->success && response.status == 200) response.status = refusal_status_;
  Entry& entry = journal_.next();
  entry.code = verdict.code.value;
  entry.why = verdict.why;
}

void Engine::append_rows(std::string& out, const Interface& interface, const world::Outcome& outcome) const {
  if (outcome.rows() == 0 && no_rows_ == NoRows::absent) return;
  out += ',';
  spec::append_quoted(out, spec_->envelope.rows);
  out += ':';
  if (outcome.rows() == 0) {
    out += no_rows_ == NoRows::null ? "null" : "[]";
    return;
  }
  for (std::size_t row = 0; row < outcome.rows(); ++row) {
    out += row == 0 ? "[{" : ",{";
    for (std::size_t i = 0; i < interface.reply.size(); ++i) {
      if (i > 0) out += ',';
      spec::append_quoted(out, interface.reply[i].name);
      out += ':';
      append_cell(out, interface.reply[i], outcome.cells[row * outcome.width + i]);
    }
    out += '}';
  }
  out += ']';
}

void Engine::append_cell(std::string& out, const spec::Field& field, const world::Cell& cell) const {
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
  const auto value = number ? cell.number : spec::Decimal::parse(cell.text);
  if (!value) {
    out += "null";
    return;
  }
  const bool quotes = decimals_as_text_ && field.type == spec::Type::decimal;
  if (quotes) out += '"';
  value->append_to(out);
  if (quotes) out += '"';
}

}  // namespace meterproof::mock
