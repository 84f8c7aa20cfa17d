// SPDX-License-Identifier: Apache-2.0
#include "mockserver/admin_client.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "reports/foreign_reply.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::mockserver {

using i18n::msg;
using nlohmann::json;

struct AdminClient::Body {
  json value = json::object();

  std::string text(const char* member) const {
    const auto found = value.find(member);
    return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
  }
  std::size_t count(const char* member) const {
    const auto found = value.find(member);
    return found != value.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
  }
  bool is_true(const char* member) const {
    const auto found = value.find(member);
    return found != value.end() && found->is_boolean() && found->get<bool>();
  }
  /// The member's elements; none where it is no list.
  const json& list(const char* member) const {
    static const json none = json::array();
    const auto found = value.find(member);
    return found != value.end() && found->is_array() ? *found : none;
  }
};

namespace {

constexpr std::uint64_t largest_reply = 1UL << 30U;   // bytes: of this machine's own memory
constexpr auto patience = std::chrono::seconds(120);  // a world of a million rows is written in one

std::string query_of(const std::string& name) { return name.empty() ? "" : "world=" + core::percent_encoded(name); }

std::string cells_as_text(const json& cells) {
  std::vector<std::string> out;
  for (const auto& [column, value] : cells.items()) {
    if (value.is_array() && value.size() == 2) out.push_back(column + " " + value[0].dump() + " → " + value[1].dump());
    else out.push_back(column + " " + value.dump());
  }
  return core::join(out);
}

std::size_t rows_in(const json& tables) {
  std::size_t out = 0;
  for (const json& rows : tables) out += rows.size();
  return out;
}

}  // namespace

AdminClient::AdminClient(const net::Address& address, std::string token) : client_(address, patience), url_(address.to_string()), token_(std::move(token)) {
  client_.accept_bodies_of(largest_reply);
}

bool AdminClient::ask(const std::string& method, const std::string& path, const std::string& body, Body& reply) {
  failure_ = {};
  net::HttpRequest request{method, "/_mock" + path, {}, body};
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  const net::Exchange exchange = client_.exchange(request);
  if (exchange.transport != net::TransportResult::replied) {
    failure_ = {msg<"world.unreachable">(url_, reports::to_message(exchange.transport, exchange.detail)), true};
    if (exchange.transport == net::TransportResult::no_tls) failure_.why = i18n::list({std::move(failure_.why), msg<"note.no-tls">()});
    return false;
  }
  reply.value = json::parse(exchange.body, nullptr, false);
  if (exchange.status == 200 && reply.value.is_object()) return true;
  const bool refused = reply.value.is_object() && !reply.text("error").empty();
  if (refused) failure_.why = msg<"world.refused">(core::LocalizedText{reply.text("error_zh"), reply.text("error")});
  else failure_.why = msg<"world.no-mock">(url_, exchange.status);
  const auto foreign = refused ? std::nullopt : reports::describe_foreign(exchange, {});
  if (foreign) failure_.why = i18n::list({std::move(failure_.why), foreign->what});
  return false;
}

std::optional<std::vector<AdminClient::Entry>> AdminClient::worlds() {
  Body reply;
  if (!ask("GET", "/worlds", "", reply)) return std::nullopt;
  std::vector<Entry> out;
  for (const char* const kind : {"worlds", "snapshots"})
    for (const json& one : reply.list(kind)) {
      const Body read{one};
      Entry& entry = out.emplace_back(Entry{read.text("name"), read.text("world"), read.text("taken"), {}});
      if (const auto rows = one.find("rows"); rows != one.end() && rows->is_object())
        for (const auto& [table, count] : rows->items())
          if (count.is_number_unsigned()) entry.counts.push_back({table, count.get<std::size_t>()});
    }
  return out;
}

std::optional<std::string> AdminClient::changed_world(const std::string& path, const Body& body, const char* member) {
  Body reply;
  if (!ask("POST", path, body.value.dump(-1, ' ', false, json::error_handler_t::replace), reply)) return std::nullopt;
  return reply.text(member);
}

std::optional<std::string> AdminClient::save(const std::string& world, const std::string& as) {
  Body body{{{"as", as}}};
  if (!world.empty()) body.value["world"] = world;
  return changed_world("/worlds/save", body, "world");
}

std::optional<std::string> AdminClient::restore(const std::string& world, const std::string& from) {
  Body body{{{"from", from}}};
  if (!world.empty()) body.value["world"] = world;
  return changed_world("/worlds/restore", body, "world");
}

std::optional<std::string> AdminClient::fork(const std::string& from, const std::string& to) {
  return changed_world("/worlds/fork", Body{{{"from", from}, {"to", to}}}, "world");
}

bool AdminClient::remove_snapshot(const std::string& name) {
  Body reply;
  return ask("DELETE", "/worlds/snapshots/" + core::percent_encoded(name), "", reply);
}

std::optional<AdminClient::Difference> AdminClient::diff(const std::string& before, const std::string& after) {
  Body reply;
  if (!ask("POST", "/worlds/diff", json{{"before", before}, {"after", after}}.dump(-1, ' ', false, json::error_handler_t::replace), reply)) return std::nullopt;
  Difference out{reply.count("added"), reply.count("removed"), reply.count("changed"), {}};
  for (const json& one : reply.list("rows")) {
    const Body row{one};
    const std::string kind = row.text("kind");
    const auto cells = one.find("cells");
    out.rows.push_back({kind == "added"     ? '+'
                        : kind == "removed" ? '-'
                                            : '~',
                        row.text("table"), row.text("key"), cells == one.end() ? std::string() : cells_as_text(*cells)});
  }
  return out;
}

std::optional<AdminClient::Read> AdminClient::reload() {
  Body reply;
  if (!ask("POST", "/reload", "", reply)) return std::nullopt;
  const Read out{reply.count("interfaces"), reply.count("apps"), reply.count("faults")};
  // It is in force when the mock's threads have met.
  for (const std::size_t wanted = reply.count("reloads");;) {
    if (!ask("GET", "/health", "", reply)) return std::nullopt;
    if (reply.count("reloads") >= wanted) return out;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::optional<AdminClient::Clock> AdminClient::move_clock(const std::string& world, const ClockMove& move) {
  Body body;
  if (!world.empty()) body.value["world"] = world;
  const Body again = body;
  if (!move.advance.empty()) body.value["advance"] = move.advance;
  if (!move.set.empty()) body.value["set"] = move.set;
  if (move.rate) body.value["rate"] = *move.rate;
  if (move.wall) body.value["wall"] = true;
  const std::string first = body.value.dump(-1, ' ', false, json::error_handler_t::replace);
  const std::string next = again.value.dump(-1, ' ', false, json::error_handler_t::replace);
  Body reply;
  std::string aim;
  for (bool begins = true;; begins = false) {
    const std::string before = reply.text("business_time");
    if (!ask("POST", "/clock", begins ? first : next, reply)) return std::nullopt;
    if (begins) aim = reply.text("target_time");
    // Such texts are in the order of time. Somebody else may have put it back meanwhile.
    const std::string now = reply.text("business_time");
    if (!reply.is_true("own") || ((now >= aim || now >= reply.text("target_time")) && reply.count("outgoing") == 0)) break;
    // It stands still while the mock waits for somebody's answer.
    if (reply.text("business_time") == before) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto rate = reply.value.find("rate");
  return Clock{reply.text("world"),
               reply.text("business_time"),
               reply.text("target_time"),
               reply.text("wall_time"),
               rate == reply.value.end() ? std::string() : rate->dump(),
               reply.is_true("own"),
               reply.count("contacts"),
               reply.count("waiting")};
}

std::optional<AdminClient::Rows> AdminClient::export_rows(const std::string& name) {
  Body reply;
  const std::string world = query_of(name);
  if (!ask("GET", "/data?limit=4294967295" + (world.empty() ? "" : "&" + world), "", reply)) return std::nullopt;
  return Rows{reply.value.dump(1) + "\n", rows_in(reply.value)};
}

std::optional<std::size_t> AdminClient::import_rows(const std::string& world, const std::string& text, const std::string& file) {
  const json rows = json::parse(text, nullptr, false);
  bool has_lists = rows.is_object();
  if (has_lists)
    for (const json& table : rows) has_lists = has_lists && table.is_array();
  if (!has_lists) {
    failure_ = {msg<"world.no-export">(file, msg<"world.object">()), false};
    return std::nullopt;
  }
  Body reply;
  const std::string query = query_of(world);
  if (!ask("PUT", "/data" + (query.empty() ? "" : "?" + query), rows.dump(), reply)) return std::nullopt;
  return rows_in(rows);
}

}  // namespace meterproof::mockserver
