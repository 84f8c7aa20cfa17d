// SPDX-License-Identifier: Apache-2.0
#include "mockserver/admin_api.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/i18n/message.hpp"
#include "mockserver/request_handler.hpp"

namespace meterproof::mockserver {

using i18n::Message;
using i18n::msg;
using nlohmann::json;

namespace {

AdminApi::Answer ok(const json& body, int status = 200) { return {status, body.dump(-1, ' ', false, json::error_handler_t::replace)}; }

AdminApi::Answer refused(int status, const Message& why) {
  return ok({{"error", render(why, i18n::Language::en)}, {"error_zh", render(why, i18n::Language::zh)}}, status);
}

json parsed(std::string_view body) { return json::parse(body, nullptr, false); }

/// The value of `name=` in a target's query, or `otherwise`.
std::size_t count_from(std::string_view target, std::string_view name, std::size_t otherwise) {
  const std::size_t query = target.find('?');
  const std::string wanted = std::string(name) + "=";
  const std::size_t at = query == std::string_view::npos ? query : target.find(wanted, query);
  if (at == std::string_view::npos) return otherwise;
  std::size_t count = otherwise;
  std::from_chars(target.data() + at + wanted.size(), target.data() + target.size(), count);
  return count;
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

/// Rows as `rows_to_json` wrote them. Empty, or what is wrong.
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
  return loader::validate(spec, rows);
}

json shown(const InjectedFault& fault) {
  json out = {{"kind", fault.kind}, {"interface", fault.interface}, {"probability", fault.probability}, {"seed", fault.seed}, {"hits", fault.hits}};
  if (fault.times) out["times"] = *fault.times;
  if (fault.delay.count() > 0) out["delay_ms"] = fault.delay.count();
  if (fault.what == FaultKind::status) out["status"] = fault.status;
  if (fault.what == FaultKind::wrong_code) out["code"] = fault.code.value;
  return out;
}

/// Empty, or what is wrong.
Message fault_from(const json& body, InjectedFault& fault) {
  if (!body.is_object()) return msg<"admin.fault">(R"({"kind": "database", "interface": "*"})");
  const std::vector<std::string> known = {"kind", "interface", "times", "probability", "seed", "delay_ms", "status", "code"};
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) return msg<"admin.unknown-key">(key, core::suggestion(key, known));
    const bool text = key == "kind" || key == "interface";
    if (text && !value.is_string()) return msg<"admin.text">(key);
    if (!text && !value.is_number()) return msg<"admin.number">(key);
    if (key == "times" && value == 0) return msg<"admin.times">();
    if ((key == "times" || key == "seed") && !value.is_number_unsigned()) return msg<"admin.whole-number">(key);
  }
  fault.kind = body.value("kind", "");
  if (fault.kind == "delay" && !body.contains("delay_ms")) return msg<"admin.delay-missing">();
  if (fault.kind == "wrong_code" && !body.contains("code")) return msg<"admin.code-missing">();
  fault.interface = body.value("interface", "*");
  if (body.contains("times")) fault.times = body["times"].get<std::uint64_t>();
  fault.probability = body.value("probability", 1.0);
  fault.seed = body.value("seed", std::uint64_t{1});
  fault.delay = std::chrono::milliseconds(static_cast<long long>(std::clamp(body.value("delay_ms", 0.0), -1.0, 1e9)));
  fault.status = static_cast<int>(std::clamp(body.value("status", 503.0), 0.0, 1000.0));
  fault.code = {static_cast<int>(std::clamp(body.value("code", 0.0), -1e6, 1e6))};
  return {};
}

}  // namespace

/// A route: method, path below /_mock, and the function that answers it.
struct AdminApi::Route {
  std::string_view method, path;
  AdminApi::Answer (AdminApi::*answer)(const Call&);
};

AdminApi::Answer AdminApi::get_health(const Call& call) { return ok({{"status", "ok"}, {"time", call.now.to_string()}, {"exchanges", state_->exchanges()}}); }

AdminApi::Answer AdminApi::get_data(const Call& call) {
  const std::lock_guard lock(state_->state_mutex_);
  return ok(rows_to_json(state_->store_, count_from(call.target, "limit", 10'000)));
}

AdminApi::Answer AdminApi::put_data(const Call& call) {
  const json body = parsed(call.body);
  if (body.is_discarded()) return refused(400, msg<"admin.not-json">());
  loader::Fixtures rows;
  if (const Message wrong = rows_from(body, *state_->spec_, rows); !wrong.empty()) return refused(400, wrong);
  auto store = state_->store_from(rows);
  const std::lock_guard lock(state_->state_mutex_);
  state_->store_ = std::move(store);
  return ok({{"status", "replaced"}});
}

AdminApi::Answer AdminApi::reset_data(const Call&) {
  auto store = state_->store_from(state_->initial_);
  const std::lock_guard lock(state_->state_mutex_);
  state_->store_ = std::move(store);
  return ok({{"status", "reset"}});
}

AdminApi::Answer AdminApi::get_faults(const Call&) {
  const std::lock_guard lock(state_->state_mutex_);
  json list = json::array();
  for (const InjectedFault& fault : state_->faults_.active()) list.push_back(shown(fault));
  return ok({{"faults", list}, {"kinds", fault_kinds(*state_->spec_)}});
}

AdminApi::Answer AdminApi::add_fault(const Call& call) {
  const json body = parsed(call.body);
  if (body.is_discarded()) return refused(400, msg<"admin.not-json">());
  InjectedFault fault;
  Message wrong = fault_from(body, fault);
  const std::lock_guard lock(state_->state_mutex_);
  if (wrong.empty()) wrong = state_->faults_.add(*state_->spec_, fault);
  if (!wrong.empty()) return refused(400, wrong);
  return ok({{"status", "added"}, {"fault", shown(state_->faults_.active().back())}});
}

AdminApi::Answer AdminApi::clear_faults(const Call&) {
  const std::lock_guard lock(state_->state_mutex_);
  state_->faults_.clear();
  return ok({{"status", "cleared"}});
}

AdminApi::Answer AdminApi::get_requests(const Call& call) {
  json list = json::array();
  for (const LogEntry& entry : state_->latest(count_from(call.target, "limit", 100))) list.push_back(json::parse(entry.to_json(), nullptr, false));
  return ok({{"total", state_->exchanges()}, {"entries", list}});
}

AdminApi::Answer AdminApi::clear_requests(const Call&) {
  state_->log_.restart();
  for (const auto& handler : state_->handlers_) handler->clear_log();
  return ok({{"status", "cleared"}});
}

AdminApi::Answer AdminApi::get_counters(const Call&) {
  json out = json::object();
  std::map<std::pair<std::string, int>, std::uint64_t> counters;
  for (const auto& handler : state_->handlers_) handler->add_counters(counters);
  for (const auto& [key, count] : counters) out[key.first.empty() ? "-" : key.first][std::to_string(key.second)] = count;
  return ok(out);
}

void AdminApi::handle(const net::HttpParser& request, core::DateTime now, net::Response& response) {
  static constexpr std::array<Route, 10> routes = {{
      {"GET", "/health", &AdminApi::get_health},
      {"GET", "/data", &AdminApi::get_data},
      {"PUT", "/data", &AdminApi::put_data},
      {"POST", "/data/reset", &AdminApi::reset_data},
      {"GET", "/faults", &AdminApi::get_faults},
      {"POST", "/faults", &AdminApi::add_fault},
      {"DELETE", "/faults", &AdminApi::clear_faults},
      {"GET", "/requests", &AdminApi::get_requests},
      {"DELETE", "/requests", &AdminApi::clear_requests},
      {"GET", "/counters", &AdminApi::get_counters},
  }};
  const std::string_view target = request.target();
  const std::string path(target.substr(prefix.size() - 1, std::min(target.find('?'), target.size()) - (prefix.size() - 1)));
  const std::string_view method = request.method() == "HEAD" ? "GET" : request.method();
  const auto route = std::find_if(routes.begin(), routes.end(), [&](const Route& one) { return one.method == method && one.path == path; });
  Answer answer;
  if (route != routes.end()) {
    answer = (this->*route->answer)({target, request.body(), now});
  } else if (std::any_of(routes.begin(), routes.end(), [&](const Route& one) { return one.path == path; })) {
    answer = refused(405, msg<"admin.no-method">(request.method(), "/_mock" + path));
  } else {
    std::vector<std::string> paths;
    for (const Route& one : routes)
      if (paths.empty() || paths.back() != one.path) paths.emplace_back(one.path);
    answer = refused(404, msg<"admin.no-path">("/_mock" + path, core::suggestion(path, paths)));
  }
  response.status = answer.status;
  response.body = std::move(answer.body);
}

}  // namespace meterproof::mockserver
