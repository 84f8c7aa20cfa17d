// SPDX-License-Identifier: Apache-2.0
// The routes of the admin API that its page is made of: exchanges as they happen, searched and changed rows, calls that the other side would make.
#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/auth/curl_line.hpp"
#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/rules/valid_request.hpp"
#include "core/text/text.hpp"
#include "mockserver/admin_api.hpp"
#include "mockserver/admin_json.hpp"
#include "mockserver/request_handler.hpp"

namespace meterproof::mockserver {

using core::DateTime;
using core::Interface;
using i18n::Message;
using i18n::msg;
using nlohmann::json;

namespace {

/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): an event `exchanges` with the total and the newest exchanges,
/// oldest first, whenever there are some; of more than `most` at a time the newest.
class ExchangeStream final : public net::ReplyStream {
 public:
  explicit ExchangeStream(const MockState& state) : state_(&state) {}

  bool append(std::string& out) override {
    constexpr std::size_t most = 50;
    constexpr int quiet = 50;  // calls; a peer that is gone is only noticed by what it does not take
    const std::uint64_t total = state_->exchanges();
    if (total == total_ && begun_ && ++silence_ < quiet) return true;
    silence_ = 0;
    out += "event: exchanges\ndata: {\"total\":" + std::to_string(total) + ",\"entries\":[";
    if (total < total_) seen_ = 0;  // the log was cleared
    total_ = total;
    // Another thread may have logged more than the total says, or not all of it yet: their numbers say what was sent.
    std::vector<LogEntry> entries = state_->latest(most);
    std::erase_if(entries, [&](const LogEntry& entry) { return entry.number <= seen_; });
    std::reverse(entries.begin(), entries.end());
    bool is_first = true;
    for (const LogEntry& entry : entries) {
      out += (std::exchange(is_first, false) ? "" : ",") + entry.to_json(state_->log().redactor());
      seen_ = std::max(seen_, entry.number);
    }
    out += "]}\n\n";
    begun_ = true;
    return true;
  }

 private:
  const MockState* state_;
  std::uint64_t total_ = 0, seen_ = 0;  // as it was sent; the largest number that was
  bool begun_ = false;
  int silence_ = 0;
};

json row_to_json(const store::Table& table, store::RowNumber row) {
  json out = json::object();
  for (std::size_t column = 0; column < table.table().columns.size(); ++column) {
    const store::CellValue cell = table.cell(row, column);
    if (!cell.none()) out[table.table().columns[column].name] = cell.to_string();
  }
  return out;
}

bool contains(const store::Table& table, store::RowNumber row, std::string_view text, std::string& buffer) {
  for (std::size_t column = 0; column < table.table().columns.size(); ++column)
    if (table.cell(row, column).as_text(buffer).find(text) != std::string_view::npos) return true;
  return false;
}

/// Keys of rows of a world that belong together and are what the interface is for, and numbers that are not used yet.
class WorldKeys final : public rules::KeyProvider {
 public:
  WorldKeys(const store::DataStore& store, const Interface& interface, DateTime now) : store_(&store), now_(now) {
    for (const core::Field& field : interface.request)
      if (field.refers && (field.where || !anchor_)) anchor_ = {*field.refers, first_fitting(store.tables()[*field.refers], field)};
  }

  std::string key(const core::Field& field, bool existing) override {
    const bool is_new = !existing && field.names.has_value();
    const std::size_t wanted = field.refers.value_or(field.names.value_or(0));
    const store::Table& table = store_->tables()[wanted];
    if (is_new || table.size() == 0) return now_.compact();
    if (anchor_ && anchor_->first == wanted) return key_of(table, anchor_->second);
    if (anchor_) {
      const store::Table& anchor = store_->tables()[anchor_->first];
      const auto column = anchor.table().refers_to(wanted);
      std::string referred = column && anchor.size() > 0 ? anchor.cell(anchor_->second, *column).to_string() : std::string();
      if (!referred.empty()) return referred;
    }
    return key_of(table, first_fitting(table, field));
  }
  std::uint64_t number(unsigned nth) override { return static_cast<std::uint64_t>(now_.seconds) + nth; }

 private:
  static std::string key_of(const store::Table& table, store::RowNumber row) { return table.cell(row, table.table().key).to_string(); }

  /// The first row that is in one of the states that the field asks for; otherwise the first.
  static store::RowNumber first_fitting(const store::Table& table, const core::Field& field) {
    constexpr std::size_t most_looked_at = 1000;
    std::string buffer;
    for (store::RowNumber row = 0; field.where && row < std::min(table.size(), most_looked_at); ++row) {
      const std::string_view value = table.cell(row, field.where->column).as_text(buffer);
      if (std::find(field.where->values.begin(), field.where->values.end(), value) != field.where->values.end()) return row;
    }
    return 0;
  }

  const store::DataStore* store_;
  DateTime now_;
  std::optional<std::pair<std::size_t, store::RowNumber>> anchor_;  // table and row
};

}  // namespace

AdminApi::Answer AdminApi::get_events(const Call&) {
  return {200, {}, "text/event-stream;charset=utf-8", "Cache-Control: no-store\r\n", std::make_shared<ExchangeStream>(*state_)};
}

AdminApi::Answer AdminApi::get_rows(const Call& call) {
  constexpr std::size_t most_looked_at = 500'000;
  if (!call.query.table) return refused(400, msg<"admin.world-member-missing">("table"));
  const auto found = state_->spec_->table(*call.query.table);
  if (!found) {
    std::vector<std::string> names;
    for (const core::Table& one : state_->spec_->tables) names.push_back(one.name);
    return refused(404, msg<"admin.no-table">(*call.query.table, core::suggestion(*call.query.table, names)));
  }
  std::optional<Answer> refusal;
  const auto content = content_named(call.query.world, refusal);
  if (!content) return *refusal;
  const store::Table& table = content->store.tables()[*found];
  const std::string search = call.query.search.value_or("");
  const std::size_t limit = std::min<std::size_t>(call.query.limit.value_or(50), 1000), looked_at = std::min<std::size_t>(table.size(), most_looked_at);
  json rows = json::array(), columns = json::array();
  for (const core::Column& column : table.table().columns) columns.push_back(column.name);
  const auto exact = table.find(search);
  if (exact && !search.empty()) rows.push_back(row_to_json(table, *exact));
  std::string buffer;
  // Newest first: what was just paid stands at the top.
  for (std::size_t i = 0; i < looked_at && rows.size() < limit; ++i) {
    const auto row = static_cast<store::RowNumber>(table.size() - 1 - i);
    if (exact != row && (search.empty() || contains(table, row, search, buffer))) rows.push_back(row_to_json(table, row));
  }
  return ok({{"table", table.table().name},
             {"key", table.table().columns[table.table().key].name},
             {"columns", columns},
             {"size", table.size()},
             {"searched", looked_at},
             {"rows", rows}});
}

AdminApi::Answer AdminApi::change_rows(const Call& call) {
  std::optional<Answer> refusal;
  World* const world = world_named(call.query.world, refusal);
  if (world == nullptr) return *refusal;
  json body;
  if (auto mistake = parse(call.body, body)) return *mistake;
  loader::Fixtures rows;
  const core::Spec& spec = *state_->spec_;
  if (const Message wrong = rows_from(body, spec, rows); !wrong.empty()) return refused(400, wrong);
  std::set<std::pair<std::size_t, std::string>> added;
  for (const auto& of : rows.tables)
    for (const auto& row : of.rows)
      for (const auto& [column, value] : row)
        if (column == spec.tables[of.table].key) added.emplace(of.table, value);
  const std::lock_guard lock(world->mutex);
  for (const auto& of : rows.tables)
    for (const auto& row : of.rows)
      for (const auto& [column, value] : row) {
        const core::Column& about = spec.tables[of.table].columns[column];
        if (about.refers && !value.empty() && !world->store.exists(*about.refers, value) && added.count({*about.refers, value}) == 0)
          return refused(400, msg<"fixtures.no-row">(spec.tables[of.table].name, about.name, value));
      }
  std::size_t changed = 0;
  for (const auto& of : rows.tables)
    for (const auto& row : of.rows) {
      if (!world->store.put(of.table, row)) return refused(507, msg<"admin.table-full">(state_->spec_->tables[of.table].name));
      ++changed;
    }
  // null empties a cell.
  for (const auto& of : rows.tables) {
    const core::Table& table = spec.tables[of.table];
    for (const json& row : body[table.name])
      for (const auto& [name, value] : row.items()) {
        const json& key = row[table.columns[table.key].name];
        const auto number = value.is_null() ? world->store.tables()[of.table].find(key.is_string() ? key.get<std::string>() : key.dump()) : std::nullopt;
        if (number) world->store.set_cell(of.table, *number, *table.column(name), store::CellValue());
      }
  }
  return ok({{"status", "changed"}, {"rows", changed}});
}

AdminApi::Answer AdminApi::get_interfaces(const Call& call) {
  std::optional<Answer> refusal;
  const auto content = content_named(call.query.world, refusal);
  if (!content) return *refusal;
  const auth::App& app = state_->options_.apps.front();
  const bool is_demo = app.id == "demo" && app.secret == "demo-secret";  // what the mock prints at its start
  const auth::SecretText secret = is_demo ? auth::SecretText{false, app.secret} : auth::secret_variable(0);
  const auth::SigningStyle style{state_->options_.utc_offset, state_->readings()->choice.of("token-case") == "upper"};
  const DateTime business = content->calendar.is_own() ? content->calendar.now() : call.now;
  json out = json::array();
  for (const Interface& one : state_->spec_->interfaces) {
    if (state_->options_.only && *state_->options_.only != one.served_by) continue;
    WorldKeys keys(content->store, one, call.now);
    const std::string example = rules::make_valid_request(one, one.variants.front(), keys, 1, business).body();
    const std::string url = (state_->options_.has_tls ? "https://" : "http://") + std::string(call.host) + one.path;
    out.push_back({{"name", one.name},
                   {"section", one.section},
                   {"title_zh", one.title.zh},
                   {"title_en", one.title.en},
                   {"path", one.path},
                   {"served_by", to_string(one.served_by)},
                   {"example", example},
                   {"curl", auth::signing_curl_line(state_->spec_->authentication, app.id, secret, url, example, style)}});
  }
  json apps = json::array();
  for (const auth::App& one : state_->options_.apps) {
    apps.push_back(one.id);
    if (apps.size() == 1000) break;
  }
  return ok({{"interfaces", out}, {"apps", apps}});
}

AdminApi::Answer AdminApi::get_interpretations(const Call&) {
  const auto readings = state_->readings();
  json out = json::array();
  for (const AnswerableQuestion& one : answerable_questions(*state_->spec_)) {
    const auto chosen = readings->answers.find(one.name);
    out.push_back({{"name", one.name},
                   {"ask_zh", one.question->ask.zh},
                   {"ask_en", one.question->ask.en},
                   {"answers", one.answers},
                   {"answer", chosen == readings->answers.end() ? one.answers.front() : chosen->second}});
  }
  return ok({{"questions", out}});
}

AdminApi::Answer AdminApi::answer_questions(const Call& call) {
  json body;
  if (auto mistake = parse(call.body, body)) return *mistake;
  if (!body.is_object()) return refused(400, msg<"admin.fault">(R"({"refusal-status": "401"})"));
  MockOptions chosen;
  chosen.interpretations = state_->readings()->answers;
  chosen.utc_offset = state_->options_.utc_offset;
  for (const auto& [name, answer] : body.items()) {
    if (!answer.is_string()) return refused(400, msg<"admin.text">(name));
    if (const Message wrong = apply_interpretation(chosen, *state_->spec_, name + "=" + answer.get<std::string>()); !wrong.empty()) return refused(400, wrong);
  }
  // A clock in another zone would make the used timestamps those of other moments.
  if (chosen.utc_offset != state_->options_.utc_offset) return refused(409, msg<"admin.zone-fixed">(body.value("clock", "")));
  state_->answer_questions(std::move(chosen.interpretations));
  return get_interpretations(call);
}

namespace {

/// {"interface": "NAME", "app": "ID", "body": {"FIELD": "value"}}: all of it may be left out but the interface. Empty, or what is wrong.
Message check_call(const json& body, std::initializer_list<std::string> known) {
  if (!body.is_object()) return msg<"admin.fault">(R"({"interface": "NAME", "body": {"FIELD": "value"}})");
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) return msg<"admin.unknown-key">(key, core::suggestion(key, known));
    if (key != "body" && !value.is_string()) return msg<"admin.text">(key);
    if (key == "body" && !value.is_object()) return msg<"admin.fault">(R"({"FIELD": "value"})");
  }
  return {};
}

}  // namespace

AdminApi::Answer AdminApi::call_other_side(const Call& call) {
  constexpr std::size_t most = 1000;
  if (!state_->options_.calls) return refused(409, msg<"admin.calls-nobody">());
  json body;
  if (auto mistake = parse(call.body, body)) return *mistake;
  if (const Message wrong = check_call(body, {"interface", "body"}); !wrong.empty()) return refused(400, wrong);
  const core::Spec& spec = *state_->spec_;
  const std::string name = body.value("interface", "");
  const auto found = std::find_if(spec.interfaces.begin(), spec.interfaces.end(), [&](const Interface& one) { return one.name == name; });
  if (found == spec.interfaces.end()) return refused(404, msg<"admin.unknown-interface">(name, core::suggestion(name, spec.interface_names())));
  if (state_->options_.only == found->served_by) {
    std::vector<std::string> others;
    for (const Interface& one : spec.interfaces)
      if (one.served_by != found->served_by) others.push_back(one.name);
    return refused(400, msg<"admin.not-called">(name, core::join(others)));
  }
  World& world = state_->worlds_.first();
  touched_.push_back(&world);
  const std::lock_guard lock(world.mutex);
  if (world.calendar.outgoing.size() >= most) return refused(429, msg<"admin.too-many-calls">(world.calendar.outgoing.size()));
  const DateTime business = world.calendar.is_own() ? world.calendar.now() : call.now;
  std::string text = body.contains("body") ? body["body"].dump(-1, ' ', false, json::error_handler_t::replace) : std::string();
  if (text.empty()) {
    WorldKeys keys(world.store, *found, call.now);
    text = rules::make_valid_request(*found, found->variants.front(), keys, 1, business).body();
  }
  world.calendar.call({static_cast<std::size_t>(found - spec.interfaces.begin()), std::nullopt, business, text});
  return ok({{"status", "waiting"}, {"body", text}});
}

AdminApi::Answer AdminApi::make_exchange(const Call& call) {
  json body;
  if (auto mistake = parse(call.body, body)) return *mistake;
  if (const Message wrong = check_call(body, {"interface", "app", "body"}); !wrong.empty()) return refused(400, wrong);
  const std::string name = body.value("interface", "");
  const Interface* const interface = state_->spec_->interface(name);
  const bool is_served = interface != nullptr && (!state_->options_.only || *state_->options_.only == interface->served_by);
  if (!is_served) return refused(404, msg<"admin.unknown-interface">(name, core::suggestion(name, state_->spec_->interface_names())));
  const std::vector<auth::App>& apps = state_->options_.apps;
  const std::string id = body.value("app", apps.front().id);
  if (std::none_of(apps.begin(), apps.end(), [&](const auth::App& one) { return one.id == id; })) {
    std::vector<std::string> ids;
    ids.reserve(apps.size());
    for (const auth::App& one : apps) ids.push_back(one.id);
    return refused(404, msg<"admin.no-app">(id, core::suggestion(id, ids)));
  }
  net::Response reply;
  handler_->act_as(id, *interface, body.value("body", json::object()).dump(-1, ' ', false, json::error_handler_t::replace), reply);
  return ok({{"status", reply.status}, {"reply", reply.body}});
}

}  // namespace meterproof::mockserver
