// SPDX-License-Identifier: Apache-2.0
#include "mockserver/admin_api.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/auth/token_equality.hpp"
#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "mockserver/admin_json.hpp"
#include "mockserver/request_handler.hpp"
#include "reports/prometheus_page.hpp"

namespace meterproof::mockserver {

using i18n::Message;
using i18n::msg;
using nlohmann::json;

namespace {

/// Whether a Host header names this machine in a way that no foreign page can make its own: an address, localhost, or a name that was given.
bool is_own_host(std::string_view host, const std::vector<std::string>& names) {
  if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
    host = host.substr(0, colon);
  const bool six = host.starts_with('[') && host.ends_with(']');
  const std::string number(six ? host.substr(1, host.size() - 2) : host);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (::inet_pton(six ? AF_INET6 : AF_INET, number.c_str(), address.data()) == 1) return true;
  const auto is = [&](std::string_view name) { return core::equals_ignoring_case(host, name); };
  return is("localhost") || host.ends_with(".localhost") || std::any_of(names.begin(), names.end(), is);
}

/// Nothing, or the refusal of a request that a web page of somebody else had a browser send (cross-site request forgery, DNS rebinding).
std::optional<AdminApi::Answer> refuse_foreign(const net::HttpParser& request, const MockOptions& options) {
  const std::string_view host = request.header("Host"), site = request.header("Sec-Fetch-Site");
  if (!is_own_host(host, options.admin_hosts)) return refused(403, msg<"admin.foreign-host">(host));
  const std::string own = (options.has_tls ? "https://" : "http://") + std::string(host);
  for (const auto& [name, origin] : request.headers())
    if (core::equals_ignoring_case(name, "Origin") && origin != own) return refused(403, msg<"admin.foreign-origin">(origin));
  if (site == "cross-site" || site == "same-site") return refused(403, msg<"admin.foreign-site">(site));
  const std::string_view type = request.header("Content-Type");
  if (!request.body().empty() && !core::equals_ignoring_case(core::trimmed(type.substr(0, type.find(';'))), "application/json"))
    return refused(415, msg<"admin.json-type">());
  return std::nullopt;
}

/// Nothing, or the refusal of a request without the token.
std::optional<AdminApi::Answer> refuse_without_token(const net::HttpParser& request, const MockOptions& options) {
  AdminApi::Answer refusal;
  constexpr std::string_view scheme = "bearer ";
  const std::string_view presented = request.header("Authorization");
  const bool bears = core::equals_ignoring_case(presented.substr(0, scheme.size()), scheme);
  const std::string_view token = bears ? core::trimmed(presented.substr(scheme.size())) : std::string_view();
  if (options.admin_closed) refusal = refused(401, msg<"admin.closed">());
  else if (options.control_token.empty() || auth::equals_in_constant_time(token, options.control_token)) return std::nullopt;
  else refusal = refused(401, bears ? msg<"admin.token-wrong">() : msg<"admin.token-missing">());
  refusal.headers = "WWW-Authenticate: Bearer\r\n";  // RFC 9110, section 15.5.2
  return refusal;
}

json rows_to_json(const store::DataStore& store, std::size_t limit) {
  json out = json::object();
  for (const store::Table& table : store.tables()) {
    json rows = json::array();
    for (store::RowNumber row = 0; row < std::min(table.size(), limit); ++row) {
      json one = json::object();
      for (std::size_t column = 0; column < table.table().columns.size(); ++column) {
        const store::CellValue cell = table.cell(row, column);
        if (!cell.none()) one[table.table().columns[column].name] = cell.to_string();
      }
      rows.push_back(std::move(one));
    }
    out[table.table().name] = std::move(rows);
  }
  return out;
}

}  // namespace

Message rows_from(const json& body, const core::Spec& spec, loader::Fixtures& rows) {
  if (!body.is_object()) return msg<"admin.tables">(R"({"TABLE": [{"COLUMN": "value"}]})");
  std::vector<std::string> tables;
  for (const core::Table& table : spec.tables) tables.push_back(table.name);
  for (const auto& [name, list] : body.items()) {
    const auto table = spec.table(name);
    if (!table) return msg<"admin.no-table">(name, core::suggestion(name, tables));
    if (!list.is_array()) return msg<"admin.rows">(name);
    loader::Fixtures::TableRows of{*table, {}};
    std::vector<std::string> columns;
    for (const core::Column& column : spec.tables[*table].columns) columns.push_back(column.name);
    for (const json& item : list) {
      if (!item.is_object()) return msg<"admin.row">(name);
      loader::Fixtures::Row row;
      bool has_key = false;
      for (const auto& [key, value] : item.items()) {
        const auto column = spec.tables[*table].column(key);
        if (!column) return msg<"admin.no-column">(key, name, core::suggestion(key, columns));
        if (value.is_null()) continue;
        if (value.is_structured()) return msg<"admin.cell">(key);
        row.emplace_back(*column, value.is_string() ? value.get<std::string>() : value.dump());
        const Message wanted = core::type_mismatch(spec.tables[*table].columns[*column].type, row.back().second);
        if (!wanted.empty()) return msg<"admin.cell-type">(key, name, wanted);
        has_key = has_key || *column == spec.tables[*table].key;
      }
      if (!has_key) return msg<"admin.no-key">(name, columns[spec.tables[*table].key]);
      of.rows.push_back(std::move(row));
    }
    rows.tables.push_back(std::move(of));
  }
  return {};
}

namespace {

json shown(const InjectedFault& fault) {
  json out = {{"id", fault.id},     {"kind", fault.kind}, {"interface", fault.interface}, {"probability", fault.probability},
              {"seed", fault.seed}, {"hits", fault.hits}};
  if (fault.app_id) out["app_id"] = *fault.app_id;
  for (const auto& [field, value] : fault.where) out["where"][field] = value;
  if (fault.after > 0) out["after"] = fault.after;
  if (fault.times) out["times"] = *fault.times;
  if (fault.delay.count() > 0) out["delay_ms"] = fault.delay.count();
  if (fault.what == FaultKind::status) out["status"] = fault.status;
  if (!fault.location.empty()) out["location"] = fault.location;
  if (fault.what == FaultKind::wrong_code) out["code"] = fault.code.value;
  return out;
}

}  // namespace

/// A route: method, path below /_mock, the function that answers it, the parameters that its query takes, and whether the path may be followed by an id.
struct AdminApi::Route {
  std::string_view method, path;
  AdminApi::Answer (AdminApi::*answer)(const Call&);
  AdminParameters parameters = {};
  bool takes_id = false;
};

AdminApi::Answer AdminApi::get_health(const Call& call) {
  json out = {{"status", "ok"}, {"time", call.now.to_string()}, {"exchanges", state_->exchanges()}, {"reloads", state_->readings_done_.load()}};
  if (const LogFile& file = state_->log_.file(); file.is_open()) out["log_lost"] = file.lost();
  return ok(out);
}

AdminApi::Answer AdminApi::get_data(const Call& call) {
  std::optional<Answer> refusal;
  const auto content = content_named(call.query.world, refusal);
  return content ? ok(rows_to_json(content->store, call.query.limit.value_or(10'000))) : *refusal;
}

AdminApi::Answer AdminApi::put_data(const Call& call) {
  std::optional<Answer> refusal;
  World* const world = world_named(call.query.world, refusal);
  if (world == nullptr) return *refusal;
  json body;
  if (auto mistake = parse(call.body, body)) return *mistake;
  loader::Fixtures rows;
  Message wrong = rows_from(body, *state_->spec_, rows);
  if (wrong.empty()) wrong = loader::validate(*state_->spec_, rows);
  if (!wrong.empty()) return refused(400, wrong);
  replace_rows(*world, state_->store_from(rows));
  return ok({{"status", "replaced"}});
}

AdminApi::Answer AdminApi::reset_data(const Call& call) {
  std::optional<Answer> refusal;
  World* const world = world_named(call.query.world, refusal);
  if (world == nullptr) return *refusal;
  replace_rows(*world, state_->store_from(state_->initial_));
  return ok({{"status", "reset"}});
}

AdminApi::Answer AdminApi::get_faults(const Call&) {
  const std::lock_guard lock(state_->faults_mutex_);
  json list = json::array();
  for (const InjectedFault& fault : state_->faults_.active()) list.push_back(shown(fault));
  return ok({{"faults", list}, {"kinds", fault_kinds(*state_->spec_)}});
}

AdminApi::Answer AdminApi::add_fault(const Call& call) {
  json body;
  if (auto refusal = parse(call.body, body)) return *refusal;
  InjectedFault fault;
  Message wrong = fault_from(body, state_->options_.apps, fault);
  const std::lock_guard lock(state_->faults_mutex_);
  if (wrong.empty()) wrong = state_->faults_.add(*state_->spec_, fault);
  if (!wrong.empty()) return refused(400, wrong);
  state_->has_faults_ = true;
  return ok({{"status", "added"}, {"fault", shown(state_->faults_.active().back())}});
}

AdminApi::Answer AdminApi::clear_faults(const Call& call) {
  const std::lock_guard lock(state_->faults_mutex_);
  if (!call.id.empty()) {
    if (!state_->faults_.remove(call.id)) return refused(404, msg<"admin.no-fault">(call.id));
    return ok({{"status", "removed"}});
  }
  state_->faults_.clear();
  state_->has_faults_ = false;
  return ok({{"status", "cleared"}});
}

AdminApi::Answer AdminApi::reload(const Call&) {
  if (!state_->read_anew_) return refused(409, msg<"admin.no-reload">());
  const MockState::ReadAnew read = state_->read_anew_();
  if (!read.wrong.empty()) return refused(400, read.wrong);
  return ok({{"status", "reloaded"}, {"interfaces", read.interfaces}, {"apps", read.apps}, {"faults", read.faults}, {"reloads", read.number}});
}

AdminApi::Answer AdminApi::get_requests(const Call& call) {
  json list = json::array();
  constexpr std::size_t most = 10'000;
  const std::size_t wanted = std::min(call.query.limit.value_or(100), most);
  const bool stored = state_->file_ != nullptr && state_->file_->keeps_requests();
  if (stored) {
    for (const std::string& entry : state_->file_->latest_requests(wanted)) list.push_back(json::parse(entry, nullptr, false));
    return ok({{"total", state_->exchanges()}, {"entries", list}});
  }
  for (const LogEntry& entry : state_->latest(wanted)) list.push_back(json::parse(entry.to_json(state_->log_.redactor()), nullptr, false));
  return ok({{"total", state_->exchanges()}, {"entries", list}});
}

AdminApi::Answer AdminApi::clear_requests(const Call&) {
  clears_requests_ = true;
  state_->log_.restart();
  for (const auto& handler : state_->handlers_) handler->clear_log();
  return ok({{"status", "cleared"}});
}

AdminApi::Answer AdminApi::get_counters(const Call&) {
  json out = json::object();
  RequestHandler::Counters counters;
  for (const auto& handler : state_->handlers_) handler->add_counters(counters);
  for (const auto& [interface, counts] : counters) out[interface.empty() ? "-" : interface] = counts;
  return ok(out);
}

AdminApi::Answer AdminApi::get_metrics(const Call&) {
  Metrics metrics;
  for (const auto& handler : state_->handlers_) {
    handler->add_counters(metrics.calls);
    handler->add_latency(metrics.latency);
  }
  if (state_->connections_) metrics.connections = state_->connections_();
  metrics.worlds = state_->worlds_.size();
  metrics.snapshots = state_->worlds_.snapshot_names().size();
  metrics.has_store = state_->file_ != nullptr;
  metrics.stored_turns = state_->kept_turns_;
  metrics.failed_turns = state_->lost_turns_;
  metrics.storing = std::chrono::nanoseconds(state_->keeping_took_);
  return {200, to_prometheus(metrics, METERPROOF_VERSION), reports::prometheus_content_type, {}};
}

AdminApi::Answer AdminApi::clear_counters(const Call&) {
  for (const auto& handler : state_->handlers_) handler->clear_counters();
  return ok({{"status", "cleared"}});
}

AdminApi::Answer AdminApi::answer(const net::HttpParser& request, core::DateTime now) {
  constexpr AdminParameters limit{true, false}, world{false, true}, world_and_limit{true, true};
  static constexpr std::array<Route, 29> routes = {{
      {"GET", "/health", &AdminApi::get_health},
      {"GET", "/worlds", &AdminApi::get_worlds},
      {"POST", "/worlds/save", &AdminApi::save_world},
      {"POST", "/worlds/restore", &AdminApi::restore_world},
      {"POST", "/worlds/fork", &AdminApi::fork_world},
      {"POST", "/worlds/diff", &AdminApi::compare_worlds, limit},
      {"DELETE", "/worlds/snapshots", &AdminApi::remove_snapshot, {}, true},
      {"GET", "/data", &AdminApi::get_data, world_and_limit},
      {"PUT", "/data", &AdminApi::put_data, world},
      {"PATCH", "/data", &AdminApi::change_rows, world},
      {"GET", "/rows", &AdminApi::get_rows, {true, true, true, true}},
      {"GET", "/interfaces", &AdminApi::get_interfaces, world},
      {"GET", "/interpretations", &AdminApi::get_interpretations},
      {"PATCH", "/interpretations", &AdminApi::answer_questions},
      {"POST", "/exchange", &AdminApi::make_exchange},
      {"POST", "/call", &AdminApi::call_other_side},
      {"GET", "/events", &AdminApi::get_events},
      {"POST", "/data/reset", &AdminApi::reset_data, world},
      {"GET", "/clock", &AdminApi::get_clock, world},
      {"POST", "/clock", &AdminApi::move_clock},
      {"GET", "/faults", &AdminApi::get_faults},
      {"POST", "/faults", &AdminApi::add_fault},
      {"DELETE", "/faults", &AdminApi::clear_faults, {}, true},
      {"GET", "/requests", &AdminApi::get_requests, limit},
      {"DELETE", "/requests", &AdminApi::clear_requests},
      {"GET", "/counters", &AdminApi::get_counters},
      {"DELETE", "/counters", &AdminApi::clear_counters},
      {"GET", "/metrics", &AdminApi::get_metrics},
      {"POST", "/reload", &AdminApi::reload},
  }};
  if (auto refusal = refuse_foreign(request, state_->options_)) return *refusal;
  if (auto refusal = refuse_without_token(request, state_->options_)) return *refusal;
  const std::string_view target = request.target();
  const std::size_t query = std::min(target.find('?'), target.size());
  const std::string path(target.substr(prefix.size() - 1, query - (prefix.size() - 1)));
  const std::string_view method = request.method() == "HEAD" ? "GET" : request.method();
  const auto id_of = [&](const Route& one) {
    const bool below = one.takes_id && path.starts_with(std::string(one.path) + "/");
    return below ? std::string_view(path).substr(one.path.size() + 1) : std::string_view();
  };
  const auto is_at = [&](const Route& one) { return one.path == path || !id_of(one).empty(); };
  const auto route = std::find_if(routes.begin(), routes.end(), [&](const Route& one) { return one.method == method && is_at(one); });
  if (route != routes.end()) {
    AdminQuery given;
    if (const Message wrong = read_query(target.substr(std::min(query + 1, target.size())), route->parameters, given); !wrong.empty())
      return refused(400, wrong);
    return (this->*route->answer)({request.body(), id_of(*route), std::move(given), now, request.header("Host")});
  }
  std::vector<std::string> methods;
  for (const Route& one : routes)
    if (is_at(one)) methods.emplace_back(one.method == "GET" ? "GET, HEAD" : one.method);
  if (!methods.empty()) {
    Answer out = refused(405, msg<"admin.no-method">(request.method(), "/_mock" + path));
    out.headers = "Allow: " + core::join(methods) + "\r\n";  // RFC 9110, section 15.5.6
    return out;
  }
  std::vector<std::string> paths;
  for (const Route& one : routes)
    if (paths.empty() || paths.back() != one.path) paths.emplace_back(one.path);
  return refused(404, msg<"admin.no-path">("/_mock" + path, core::suggestion(path, paths)));
}

void AdminApi::handle(const net::HttpParser& request, core::DateTime now, net::Response& response) {
  now_ = now;
  Answer found = answer(request, now);
  response.status = found.status;
  response.body = std::move(found.body);
  response.extra_headers = found.headers + both_times(now);
  response.stream = std::move(found.stream);
  if (!found.content_type.empty()) response.content_type = found.content_type;
}

}  // namespace meterproof::mockserver
