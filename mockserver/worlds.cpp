// SPDX-License-Identifier: Apache-2.0
#include "mockserver/worlds.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_set>
#include <utility>

#include "core/i18n/message.hpp"

namespace meterproof::mockserver {

using i18n::Message;
using i18n::msg;

namespace {

void record_changes_of(World& world) {
  world.store.record_changes();
  world.calendar.record_changes(true);
}

}  // namespace

Worlds::Worlds(store::DataStore rows, const std::vector<auth::App>& apps, bool per_app, std::size_t threads) : per_app_(per_app && !apps.empty()) {
  if (per_app_) begin_ = rows;
  if (!per_app_) index_.emplace(places_.emplace_back(std::string(shared)).name, 0);
  serve(apps);
  places_.front().world = &worlds_.emplace_back(places_.front().name, std::move(rows), per_app_ ? 1 : threads);
}

void Worlds::serve(const std::vector<auth::App>& apps) {
  if (!per_app_) return;
  by_account_.clear();
  std::unordered_set<std::string_view> known;
  for (const auth::App& app : apps) {
    if (!known.insert(app.id).second) continue;
    auto found = index_.find(app.id);
    if (found == index_.end()) {
      places_.emplace_back(app.id);
      found = index_.emplace(places_.back().name, places_.size() - 1).first;
      const std::lock_guard lock(snapshots_mutex_);
      for (Snapshot& one : snapshots_)
        if (one.name == app.id) one.name += "-snapshot";  // the name is a world's now
    }
    by_account_.push_back(found->second);
  }
}

World& Worlds::make(Place& place) {
  const std::lock_guard lock(making_mutex_);
  if (World* const made = place.world.load(std::memory_order_acquire)) return *made;
  World& made = worlds_.emplace_back(place.name, *begin_, 1);
  if (recording_) record_changes_of(made);
  place.world.store(&made, std::memory_order_release);
  return made;
}

World* Worlds::find(std::string_view name) {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &(*this)[found->second];
}

bool Worlds::is_snapshot(std::string_view name) const {
  const std::lock_guard lock(snapshots_mutex_);
  return std::any_of(snapshots_.begin(), snapshots_.end(), [&](const Snapshot& one) { return one.name == name; });
}

Message Worlds::save(const World& world, const std::string& name, core::DateTime now) {
  const auto is_plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.'; };  // it stands in a path
  if (name.empty() || name.size() > longest_name || name.front() == '.' || !std::all_of(name.begin(), name.end(), is_plain))
    return msg<"admin.snapshot-name">(longest_name);
  if (find(name) != nullptr) return msg<"admin.snapshot-named-as-world">(name);
  Snapshot snapshot{name, world.name, now, mockserver::copy_of(world), 0};
  const std::lock_guard lock(snapshots_mutex_);
  const auto before = std::find_if(snapshots_.begin(), snapshots_.end(), [&](const Snapshot& one) { return one.name == name; });
  if (before != snapshots_.end()) snapshots_.erase(before);
  if (snapshots_.size() >= most_snapshots) return msg<"admin.too-many-snapshots">(snapshots_.size());
  snapshot.number = next_snapshot_++;
  snapshots_.push_back(std::move(snapshot));
  ++snapshots_version_;
  return {};
}

std::uint64_t Worlds::add_snapshot(Snapshot snapshot) {
  const std::lock_guard lock(snapshots_mutex_);
  std::erase_if(snapshots_, [&](const Snapshot& one) { return one.name == snapshot.name; });
  snapshot.number = next_snapshot_++;
  return snapshots_.emplace_back(std::move(snapshot)).number;
}

void Worlds::record_changes() {
  const std::lock_guard lock(making_mutex_);
  recording_ = true;
  for (World& world : worlds_) {
    const std::lock_guard one(world.mutex);
    record_changes_of(world);
  }
}

void Worlds::resume(core::DateTime wall, bool calls) {
  const std::lock_guard lock(making_mutex_);
  for (World& world : worlds_) {
    const std::lock_guard one(world.mutex);
    if (!world.calendar.is_own()) continue;
    world.calendar.aim(world.calendar.now(), wall);
    if (calls) world.calendar.hold = world.calendar.now();
  }
}

bool Worlds::remove_snapshot(std::string_view name) {
  const std::lock_guard lock(snapshots_mutex_);
  const bool was_there = std::erase_if(snapshots_, [&](const Snapshot& one) { return one.name == name; }) > 0;
  if (was_there) ++snapshots_version_;
  return was_there;
}

std::optional<WorldContent> Worlds::copy_of(std::string_view name) {
  if (const World* const world = find(name)) return mockserver::copy_of(*world);
  const std::lock_guard lock(snapshots_mutex_);
  for (const Snapshot& snapshot : snapshots_)
    if (snapshot.name == name) return snapshot.content;
  return std::nullopt;
}

std::vector<std::string> Worlds::world_names() const {
  std::vector<std::string> out;
  out.reserve(places_.size());
  for (const Place& place : places_) out.push_back(place.name);
  return out;
}

std::vector<std::string> Worlds::snapshot_names() const {
  std::vector<std::string> out;
  look_at_snapshots([&](const Snapshot& one) { out.push_back(one.name); });
  return out;
}

void replace_rows(World& world, store::DataStore rows) {
  const std::lock_guard lock(world.mutex);
  const bool recording = world.store.records_changes();
  std::swap(world.store, rows);
  world.calendar.forget_rows();
  if (recording) record_changes_of(world);
  world.is_new = true;
}

void replace_content(World& world, WorldContent content) {
  const std::lock_guard lock(world.mutex);
  const bool recording = world.store.records_changes();
  std::swap(world.store, content.store);
  std::swap(world.calendar, content.calendar);
  if (content.calendar.hold) world.calendar.hold = world.calendar.now();
  world.calendar.forget_calls();
  if (recording) record_changes_of(world);
  else world.calendar.record_changes(false);
  world.is_new = true;
}

WorldContent copy_of(const World& world) {
  const std::lock_guard lock(world.mutex);
  return {world.store, world.calendar};
}

namespace {

using Row = StoreDifference::Row;

std::string key_of(const store::Table& table, store::RowNumber row) { return table.cell(row, table.table().key).to_string(); }

std::vector<StoreDifference::Cell> all_cells(const store::Table& table, store::RowNumber row, bool is_added) {
  std::vector<StoreDifference::Cell> out;
  for (std::size_t column = 0; column < table.table().columns.size(); ++column) {
    const store::CellValue cell = table.cell(row, column);
    if (cell.none()) continue;
    out.push_back(is_added ? StoreDifference::Cell{column, "", cell.to_string()} : StoreDifference::Cell{column, cell.to_string(), ""});
  }
  return out;
}

bool is_same(const store::CellValue& a, const store::CellValue& b) {
  return a.kind == b.kind && (a.kind == store::CellValue::Kind::number ? a.number == b.number : a.text == b.text);
}

std::vector<StoreDifference::Cell> changed_cells(const store::Table& before, store::RowNumber row_before, const store::Table& after,
                                                 store::RowNumber row_after) {
  std::vector<StoreDifference::Cell> out;
  for (std::size_t column = 0; column < before.table().columns.size(); ++column) {
    const store::CellValue old = before.cell(row_before, column), recent = after.cell(row_after, column);
    if (!is_same(old, recent)) out.push_back({column, old.to_string(), recent.to_string()});
  }
  return out;
}

}  // namespace

StoreDifference difference(const store::DataStore& before, const store::DataStore& after, std::size_t limit) {
  StoreDifference out;
  const auto note = [&](std::size_t& count, const auto& make) {
    ++count;
    if (out.rows.size() < limit) out.rows.push_back(make());
  };
  for (std::size_t i = 0; i < before.tables().size(); ++i) {
    const store::Table& old = before.tables()[i];
    const store::Table& recent = after.tables()[i];
    for (store::RowNumber row = 0; row < old.size(); ++row) {
      if (old.shares_row(recent, row)) continue;  // neither has written it since they were one
      const std::string key = key_of(old, row);
      const auto other = recent.find_exactly(key);
      if (!other) {
        note(out.removed, [&] { return Row{Row::Kind::removed, i, key, all_cells(old, row, false)}; });
        continue;
      }
      auto cells = changed_cells(old, row, recent, *other);
      if (!cells.empty()) note(out.changed, [&] { return Row{Row::Kind::changed, i, key, std::move(cells)}; });
    }
    for (store::RowNumber row = 0; row < recent.size(); ++row) {
      if (recent.shares_row(old, row)) continue;
      const std::string key = key_of(recent, row);
      if (!old.find_exactly(key)) note(out.added, [&] { return Row{Row::Kind::added, i, key, all_cells(recent, row, true)}; });
    }
  }
  return out;
}

}  // namespace meterproof::mockserver
