// SPDX-License-Identifier: Apache-2.0
// The worlds of a mock: one shared by all appIds, or one for each, so that nobody meets the rows of somebody else; and named snapshots of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/store/data_store.hpp"
#include "core/threads/row_mutex.hpp"
#include "mockserver/calendar.hpp"

namespace meterproof::mockserver {

/// The rows of all tables, apart from everybody else's.
struct World {
  /// `threads`: of those that take rows of it.
  World(std::string called, store::DataStore rows, std::size_t threads) : name(std::move(called)), mutex(threads), store(std::move(rows)) {}

  const std::string name;  // an appId, or Worlds::shared
  // Guards what follows. Held, all of it or that of the request's row, while a request is judged and executed, not while it is parsed or answered. Who will
  // take a row keeps others from taking all while it is authenticated.
  mutable core::RowMutex mutex;
  alignas(core::cache_line) store::DataStore store;
  Calendar calendar;
  bool is_new = true;  // its rows are others than those that a file keeps of it, all of them
};

/// The rows of a world or a snapshot, and what time it is there.
struct WorldContent {
  store::DataStore store;
  Calendar calendar;
};

/// What a world was like at one moment. It shares its rows with the world until that changes them.
struct Snapshot {
  std::string name, world;
  core::DateTime taken;  // by the wall clock
  WorldContent content;
  std::uint64_t number = 0;  // no two have the same, also of one name
};

/// Thread-safe; each World has a mutex of its own. An app's world is made when it is first asked for: most of a hundred thousand apps never call.
class Worlds {
 public:
  static constexpr std::string_view shared = "shared";
  static constexpr std::size_t most_snapshots = 100;  // each has indices of its own, and a copy of every row that was changed since
  static constexpr std::size_t longest_name = 64;     // bytes

  /// A world with these rows: for each app, or one for all of them, of which that many threads take rows. Of an appId that is given twice the first counts.
  Worlds(store::DataStore rows, const std::vector<auth::App>& apps, bool per_app, std::size_t threads);

  bool are_per_app() const { return per_app_; }
  std::size_t size() const { return places_.size(); }
  /// By index below size(), which is that of the app.
  World& operator[](std::size_t index) {
    World* const made = places_[index].world.load(std::memory_order_acquire);
    return made != nullptr ? *made : make(places_[index]);
  }
  const std::string& name(std::size_t index) const { return places_[index].name; }
  /// Calls look(store, calendar) without making the world, while nobody writes to it.
  template <class Look>
  void look_at(std::size_t index, const Look& look) {
    if (const World* const made = places_[index].world.load(std::memory_order_acquire)) {
      const std::lock_guard lock(made->mutex);
      return look(made->store, made->calendar);
    }
    const std::lock_guard lock(making_mutex_);
    look(*begin_, Calendar());
  }
  /// The world of the app with that index; the first where nobody knows whose it is.
  World& of_account(std::optional<std::size_t> account) { return (*this)[per_app_ ? by_account_[account.value_or(0)] : 0]; }
  /// From here on these are the apps, in that order. Worlds of others stay; a snapshot with the name of a new one
  /// is called NAME-snapshot. Nobody may use it meanwhile.
  void serve(const std::vector<auth::App>& apps);
  /// The one that is there from the start.
  World& first() { return worlds_.front(); }
  const World& first() const { return worlds_.front(); }
  bool has(std::string_view name) const { return index_.contains(name); }
  /// Null where there is none of that name.
  World* find(std::string_view name);

  /// Calls look(snapshot) for each, oldest first; meanwhile none is saved or removed.
  template <class Look>
  void look_at_snapshots(const Look& look) const {
    const std::lock_guard lock(snapshots_mutex_);
    for (const Snapshot& one : snapshots_) look(one);
  }
  bool is_snapshot(std::string_view name) const;
  /// Keeps the world as it is under that name; a snapshot of the same name is replaced. Empty, or why it cannot be kept.
  i18n::Message save(const World& world, const std::string& name, core::DateTime now);
  /// False where there is none of that name.
  bool remove_snapshot(std::string_view name);
  /// A copy of what a world or a snapshot has; nothing where neither has that name.
  std::optional<WorldContent> copy_of(std::string_view name);
  /// From here on what is written to the worlds is recorded (DataStore::record_changes).
  void record_changes();
  /// Business times that were kept go on where they stood, at that moment of the wall clock. `calls`: whoever calls the other side says when.
  void resume(core::DateTime wall, bool calls);
  /// Increases whenever a snapshot is saved or removed.
  std::uint64_t snapshots_version() const { return snapshots_version_.load(std::memory_order_acquire); }
  /// A snapshot that a file has kept; one that is there of that name is replaced. Returns its number.
  std::uint64_t add_snapshot(Snapshot snapshot);
  std::vector<std::string> world_names() const;
  std::vector<std::string> snapshot_names() const;

 private:
  struct Place {
    explicit Place(std::string called) : name(std::move(called)) {}
    std::string name;
    std::atomic<World*> world = nullptr;  // null until it is first asked for
  };
  World& make(Place& place);

  bool per_app_;
  std::deque<Place> places_;
  std::vector<std::size_t> by_account_;                      // which place is an app's
  std::unordered_map<std::string_view, std::size_t> index_;  // of the places, by name
  std::mutex making_mutex_;                                  // guards the two
  std::optional<store::DataStore> begin_;                    // what a new world begins with; nothing where none will be made
  std::deque<World> worlds_;
  bool recording_ = false;
  mutable std::mutex snapshots_mutex_;  // guards the two; taken after that of a world, never before
  std::vector<Snapshot> snapshots_;
  std::uint64_t next_snapshot_ = 1;
  std::atomic<std::uint64_t> snapshots_version_ = 0;
};

/// Puts other rows into a world; whether they are recorded stays as it was. What it had is freed after others may use the world again. Its time stays as it
/// is, but nothing waits for it any more.
void replace_rows(World& world, store::DataStore rows);
/// The same, with the time.
void replace_content(World& world, WorldContent content);
WorldContent copy_of(const World& world);

/// The differences of two stores of one specification, by table.
struct StoreDifference {
  struct Cell {
    std::size_t column;
    std::string before, after;  // "" for no value
  };
  struct Row {
    enum class Kind { added, removed, changed } kind;
    std::size_t table;
    std::string key;
    std::vector<Cell> cells;  // of a changed one: what differs; otherwise all that have a value
  };
  std::vector<Row> rows;  // the first `limit` of them
  std::size_t added = 0, removed = 0, changed = 0;
};
StoreDifference difference(const store::DataStore& before, const store::DataStore& after, std::size_t limit);

}  // namespace meterproof::mockserver
