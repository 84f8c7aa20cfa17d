// SPDX-License-Identifier: Apache-2.0
// The routes of the admin API about worlds and their snapshots.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "mockserver/admin_api.hpp"
#include "mockserver/admin_json.hpp"

namespace meterproof::mockserver {

using i18n::Message;
using i18n::msg;
using nlohmann::json;

namespace {

json row_counts(const store::DataStore& store) {
  json out = json::object();
  for (const store::Table& table : store.tables()) out[table.table().name] = table.size();
  return out;
}

/// A member of a body.
struct Member {
  std::string_view name;
  std::optional<std::string> value;
  bool required = true;
};

/// Reads a body of nothing but these members, texts all of them. The answer that says what is wrong, if anything is.
std::optional<AdminAnswer> read_members(std::string_view text, std::initializer_list<Member*> members) {
  json body = json::object();
  if (!text.empty())
    if (auto mistake = parse(text, body)) return mistake;
  std::vector<std::string> known;
  for (const Member* one : members) known.emplace_back(one->name);
  if (!body.is_object()) return refused(400, msg<"admin.world-members">(core::join(known)));
  for (const auto& [key, value] : body.items()) {
    const auto member = std::find_if(members.begin(), members.end(), [&name = key](const Member* one) { return one->name == name; });
    if (member == members.end()) return refused(400, msg<"admin.unknown-key">(key, core::suggestion(key, known)));
    if (!value.is_string()) return refused(400, msg<"admin.text">(key));
    (*member)->value = value.get<std::string>();
  }
  for (const Member* one : members)
    if (one->required && !one->value) return refused(400, msg<"admin.world-member-missing">(one->name));
  return std::nullopt;
}

json cells_of(const StoreDifference::Row& row, const core::Table& table) {
  json out = json::object();
  for (const StoreDifference::Cell& cell : row.cells) {
    const std::string& column = table.columns[cell.column].name;
    if (row.kind == StoreDifference::Row::Kind::changed) out[column] = {cell.before, cell.after};
    else out[column] = row.kind == StoreDifference::Row::Kind::added ? cell.after : cell.before;
  }
  return out;
}

}  // namespace

namespace {

AdminAnswer which_world(const Worlds& worlds) {
  constexpr std::size_t most = 10;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(worlds.size(), most); ++i) names.push_back(worlds.name(i));
  if (worlds.size() > most) names.emplace_back("…");
  return refused(400, msg<"admin.which-world">(core::join(names)));
}

/// Where a world or a snapshot may stand.
AdminAnswer no_such_rows(const Worlds& worlds, const std::string& name) {
  std::vector<std::string> names = worlds.world_names();
  for (std::string& one : worlds.snapshot_names()) names.push_back(std::move(one));
  return refused(404, msg<"admin.no-world-or-snapshot">(name, core::suggestion(name, names)));
}

}  // namespace

World* AdminApi::world_named(const std::optional<std::string>& name, std::optional<Answer>& refusal) {
  Worlds& worlds = state_->worlds_;
  World* const found = name ? worlds.find(*name) : worlds.size() == 1 ? &worlds.first() : nullptr;
  if (found != nullptr) {
    touched_.push_back(found);
    catch_up(*found);
    return found;
  }
  if (!name) refusal = which_world(worlds);
  else if (worlds.is_snapshot(*name)) refusal = refused(400, msg<"admin.world-needed">(*name));
  else refusal = refused(404, msg<"admin.no-world">(*name, core::suggestion(*name, worlds.world_names())));
  return nullptr;
}

std::optional<WorldContent> AdminApi::content_named(const std::optional<std::string>& name, std::optional<Answer>& refusal) {
  Worlds& worlds = state_->worlds_;
  if (!name || worlds.has(*name)) {
    const World* const world = world_named(name, refusal);
    return world == nullptr ? std::nullopt : std::optional(copy_of(*world));
  }
  auto rows = worlds.copy_of(*name);
  if (!rows) refusal = no_such_rows(worlds, *name);
  return rows;
}

AdminApi::Answer AdminApi::get_worlds(const Call&) {
  json worlds = json::array(), snapshots = json::array();
  Worlds& all = state_->worlds_;
  for (std::size_t i = 0; i < all.size(); ++i)
    all.look_at(i, [&](const store::DataStore& store, const Calendar& calendar) {
      json one = {{"name", all.name(i)}, {"rows", row_counts(store)}};
      if (calendar.is_own()) one["business_time"] = calendar.now().to_string();
      worlds.push_back(std::move(one));
    });
  all.look_at_snapshots([&](const Snapshot& one) {
    snapshots.push_back({{"name", one.name}, {"world", one.world}, {"taken", one.taken.to_string()}, {"rows", row_counts(one.content.store)}});
    if (one.content.calendar.is_own()) snapshots.back()["business_time"] = one.content.calendar.now().to_string();
  });
  return ok({{"per_app", state_->worlds_.are_per_app()}, {"worlds", worlds}, {"snapshots", snapshots}});
}

AdminApi::Answer AdminApi::save_world(const Call& call) {
  Member world{"world", {}, false}, as{"as", {}, true};
  if (auto wrong = read_members(call.body, {&world, &as})) return *wrong;
  std::optional<Answer> refusal;
  const World* const saved = world_named(world.value, refusal);
  if (saved == nullptr) return *refusal;
  if (const Message why = state_->worlds_.save(*saved, *as.value, call.now); !why.empty()) return refused(400, why);
  return ok({{"status", "saved"}, {"world", saved->name}, {"snapshot", *as.value}});
}

AdminApi::Answer AdminApi::restore_world(const Call& call) {
  Member world{"world", {}, false}, from{"from", {}, true};
  if (auto wrong = read_members(call.body, {&world, &from})) return *wrong;
  return put_copy(*from.value, world.value, call.now);
}

AdminApi::Answer AdminApi::fork_world(const Call& call) {
  Member from{"from", {}, true}, to{"to", {}, true};
  if (auto wrong = read_members(call.body, {&from, &to})) return *wrong;
  return put_copy(*from.value, to.value, call.now);
}

AdminApi::Answer AdminApi::put_copy(const std::string& from, const std::optional<std::string>& to, core::DateTime now) {
  std::optional<Answer> refusal;
  World* const target = world_named(to, refusal);
  if (target == nullptr) return *refusal;
  auto content = content_named(from, refusal);
  if (!content) return *refusal;
  content->calendar.aim(content->calendar.now(), now);  // as long ago as it may have been saved
  replace_content(*target, std::move(*content));
  return ok({{"status", "replaced"}, {"from", from}, {"world", target->name}});
}

AdminApi::Answer AdminApi::compare_worlds(const Call& call) {
  Member before{"before", {}, true}, after{"after", {}, true};
  if (auto wrong = read_members(call.body, {&before, &after})) return *wrong;
  std::optional<Answer> refusal;
  const auto rows_before = content_named(before.value, refusal);
  if (!rows_before) return *refusal;
  const auto rows_after = content_named(after.value, refusal);
  if (!rows_after) return *refusal;
  const StoreDifference found = difference(rows_before->store, rows_after->store, call.query.limit.value_or(1000));
  json rows = json::array();
  for (const StoreDifference::Row& row : found.rows) {
    constexpr std::array<std::string_view, 3> kinds = {"added", "removed", "changed"};
    const core::Table& table = state_->spec_->tables[row.table];
    rows.push_back({{"table", table.name}, {"key", row.key}, {"kind", kinds[static_cast<std::size_t>(row.kind)]}, {"cells", cells_of(row, table)}});
  }
  return ok({{"added", found.added}, {"removed", found.removed}, {"changed", found.changed}, {"rows", rows}});
}

AdminApi::Answer AdminApi::remove_snapshot(const Call& call) {
  if (call.id.empty()) return refused(400, msg<"admin.which-snapshot">());
  const std::string name(call.id);
  if (state_->worlds_.remove_snapshot(name)) return ok({{"status", "removed"}, {"snapshot", name}});
  return refused(404, msg<"admin.no-snapshot">(name, core::suggestion(name, state_->worlds_.snapshot_names())));
}

}  // namespace meterproof::mockserver
