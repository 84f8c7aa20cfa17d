// SPDX-License-Identifier: Apache-2.0
#include "mockserver/store_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/text.hpp"
#include "net/fd.hpp"

namespace meterproof::mockserver {

using core::DateTime;
using i18n::MessageError;
using i18n::msg;

namespace {

constexpr int application_id = 0x6d707266;               // "mprf"
constexpr int newest_version = 2;                        // 1 knew no business time
constexpr auto prune_period = std::chrono::seconds(60);  // of the timestamps that are too old to be repeated

/// What SQLite says, in its own words.
struct SqlError : std::runtime_error {
  SqlError(int result, const std::string& what) : std::runtime_error(what), code(result) {}
  int code;
};

void check(int result, sqlite3* database) {
  if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE) throw SqlError(result, sqlite3_errmsg(database));
}

/// A prepared statement. What is bound must live until the next `run` or `next` has returned.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql) : database_(database) {
    check(sqlite3_prepare_v3(database, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement_, nullptr), database);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(Statement&& other) noexcept : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  void bind(int at, std::int64_t number) { check(sqlite3_bind_int64(statement_, at, number), database_); }
  void bind(int at, std::string_view text) {
    check(sqlite3_bind_text64(statement_, at, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8), database_);
  }
  void bind_null(int at) { check(sqlite3_bind_null(statement_, at), database_); }
  /// True while there is a row. Afterwards it may be bound and run again.
  bool next() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    const int ended = sqlite3_reset(statement_);
    check(result == SQLITE_DONE ? ended : result, database_);
    return false;
  }
  void run() {
    while (next()) {
    }
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  /// Nothing for NULL.
  std::optional<std::string> text(int column) const {
    const auto* const begin = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));  // NOLINT(*-reinterpret-cast): SQLite's unsigned char
    if (begin == nullptr) return std::nullopt;
    return std::string(begin, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

std::string identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

/// The statements about the rows of one table.
struct TableStatements {
  Statement put, read, remove;
};

}  // namespace

class StoreFile::Database {
 public:
  Database(std::string path, const core::Spec& spec) : path_(std::move(path)), spec_(&spec) {
    lock();
    try {
      open();
    } catch (const SqlError& error) {
      close();
      throw told(error);
    } catch (...) {
      close();
      throw;
    }
  }
  ~Database() { close(); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Found load(Worlds& worlds) {
    const std::lock_guard lock(mutex_);
    Found found;
    telling([&] {
      struct Kept {
        std::int64_t id, next_number;
        std::string name;
        std::optional<std::string> of, taken;
        std::string clock;
      };
      std::vector<Kept> kept;
      Statement list(database_, "SELECT id, next_number, name, world, taken, clock FROM meterproof_worlds ORDER BY world IS NOT NULL, id");
      while (list.next()) kept.push_back({list.number(0), list.number(1), list.text(2).value_or(""), list.text(3), list.text(4), list.text(5).value_or("")});
      const store::DataStore begin = copy_of(worlds.first()).store;
      for (const Kept& one : kept) {
        if (one.of) {
          const auto taken = DateTime::parse(one.taken.value_or(""));
          ++found.snapshots;
          // A name that is a world's now, as of an appId that came later, is told apart; in the file it stays as it is.
          const std::string name = worlds.has(one.name) ? one.name + "-snapshot" : one.name;
          auto base = worlds.copy_of(*one.of);
          WorldContent content{read(one.id, one.next_number, base ? base->store : begin), read_calendar(one.id, one.clock)};
          snapshots_[worlds.add_snapshot({name, *one.of, taken.value_or(DateTime()), std::move(content), 0})] = one.id;
        } else {
          worlds_[one.name] = {one.id, one.next_number, one.clock};
          World* const world = worlds.find(one.name);
          if (world == nullptr) continue;  // of an appId that this mock does not have; it stays in the file
          world->store = read(one.id, one.next_number, begin);
          world->calendar = read_calendar(one.id, one.clock);
          world->is_new = false;
          worlds_[one.name].has_world = true;
          ++found.worlds;
        }
      }
      worlds.record_changes();
      snapshots_version_ = worlds.snapshots_version();
      accept();
    });
    return found;
  }

  std::vector<LaterWorld> read_later(const std::vector<auth::App>& apps, const store::DataStore& begin) {
    const std::lock_guard lock(mutex_);
    std::vector<LaterWorld> out;
    telling([&] {
      for (const auth::App& app : apps) {
        const auto kept = worlds_.find(app.id);
        if (kept == worlds_.end() || kept->second.has_world) continue;
        out.push_back({app.id, {read(kept->second.id, kept->second.next_number, begin), read_calendar(kept->second.id, kept->second.clock)}});
      }
    });
    return out;
  }

  void has_world(const std::string& name) {
    const std::lock_guard lock(mutex_);
    worlds_[name].has_world = true;
  }

  std::vector<UsedTimestamp> used_since(DateTime oldest) {
    const std::lock_guard lock(mutex_);
    std::vector<UsedTimestamp> out;
    telling([&] {
      const std::string text = oldest.to_string();
      Statement list(database_, "SELECT app, timestamp, at FROM meterproof_used_timestamps WHERE timestamp >= ?1 ORDER BY timestamp");
      list.bind(1, text);
      while (list.next()) {
        const auto timestamp = DateTime::parse(list.text(1).value_or("")), at = DateTime::parse(list.text(2).value_or(""));
        if (timestamp && at) out.push_back({list.text(0).value_or(""), *timestamp, *at});
      }
    });
    return out;
  }

  void keep_requests(RequestLimits limits) {
    const std::lock_guard lock(mutex_);
    request_limits_ = limits;
    telling([&] { request_bytes_ = request_bytes(); });
  }

  std::vector<std::string> latest_requests(std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    try {
      Statement list(database_, "SELECT entry FROM meterproof_requests ORDER BY id DESC LIMIT ?1");
      list.bind(1, static_cast<std::int64_t>(count));
      while (list.next()) out.push_back(list.text(0).value_or(""));
    } catch (const SqlError&) {  // what can be read is shown
    }
    return out;
  }

  Written write(const Turn& turn, Worlds& worlds, DateTime now, std::chrono::seconds keep, std::string& error) {
    // Whoever comes later and finds its changes taken by another thread waits here until that one has committed them.
    const std::lock_guard lock(mutex_);
    const std::uint64_t version = worlds.snapshots_version();
    if (turn.empty() && version == snapshots_version_) return Written::nothing;
    std::vector<World*> touched = turn.worlds;
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    std::vector<Taken> taken;
    const std::uint64_t bytes_before = request_bytes_;
    std::map<std::uint64_t, std::int64_t> snapshots = version == snapshots_version_ ? decltype(snapshots)() : snapshots_;
    try {
      begin_->run();
      for (World* const world : touched) write_world(*world, taken);
      write_used(turn.used);
      if (turn.clears_requests) {
        execute("DELETE FROM meterproof_requests");
        request_bytes_ = 0;
      }
      write_requests(turn.requests);
      if (now - pruned_ >= prune_period || pruned_ > now) {
        remove_used(now + -keep);
        if (request_limits_.age.count() > 0) remove_requests_before(now + -request_limits_.age);
        pruned_ = now;
      }
      if (version != snapshots_version_) write_snapshots(worlds, snapshots);
      commit_->run();
    } catch (const SqlError& failed) {
      error = failed.what();
      request_bytes_ = bytes_before;
      undo(taken);
      return Written::failed;
    }
    for (const Taken& one : taken) worlds_[one.world->name] = one.kept;
    if (version != snapshots_version_) snapshots_ = std::move(snapshots);
    snapshots_version_ = version;
    return Written::all;
  }

 private:
  struct KeptWorld {
    std::int64_t id = 0, next_number = 0;
    std::string clock;
    bool has_world = false;  // in this mock
  };
  /// What was taken from a world, to be put back where it cannot be written.
  struct Taken {
    World* world;
    bool was_new;
    store::DataStore::Changes changes;
    std::set<std::uint64_t> waiting;
    KeptWorld kept;
  };

  /// A file is one process's: SQLite's own locks would let two mocks write in turns, each with rows of its own in memory.
  void lock() {
    file_ = net::Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));  // NOLINT(*-vararg)
    if (!file_) throw MessageError(msg<"store.cannot-open">(path_, std::strerror(errno)));
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
    if (errno == EWOULDBLOCK) throw MessageError(msg<"store.in-use">(path_));
    throw MessageError(msg<"store.cannot-open">(path_, std::strerror(errno)));
  }

  void open() {
    check(sqlite3_open_v2(path_.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr), database_);
    // What is refused stays as it is, with its write-ahead log: it is neither copied into the file nor removed when this is closed.
    check(sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr), database_);
    sqlite3_busy_timeout(database_, 2000);  // milliseconds, of somebody who writes with sqlite3(1)
    const std::int64_t id = pragma("application_id"), version = pragma("user_version");
    const bool empty = scalar("SELECT count(*) FROM sqlite_schema") == 0;
    if (!empty && id != application_id) throw MessageError(msg<"store.no-store">(path_));
    if (version > newest_version) throw MessageError(msg<"store.newer">(path_, version));
    Statement check_all(database_, "PRAGMA quick_check(1)");
    std::string found = "ok";
    while (check_all.next()) found = check_all.text(0).value_or("");
    if (found != "ok") throw MessageError(msg<"store.damaged">(path_, found));
    execute("PRAGMA journal_mode=WAL");
    execute("PRAGMA synchronous=NORMAL");
    execute("PRAGMA wal_autocheckpoint=16384");  // pages: 64 MiB
    execute("PRAGMA cache_size=-65536");         // KiB
    execute("BEGIN IMMEDIATE");
    make_tables();
    execute("PRAGMA application_id=" + std::to_string(application_id));
    execute("PRAGMA user_version=" + std::to_string(newest_version));
    execute("COMMIT");
    prepare();
  }

  /// It is a store, and all of it was read: from here on it is closed in order.
  void accept() { check(sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr), database_); }

  void close() {
    begin_.reset();
    commit_.reset();
    rollback_.reset();
    put_world_.reset();
    renumber_.reset();
    put_waiting_.reset();
    remove_waiting_.reset();
    put_used_.reset();
    put_request_.reset();
    remove_used_.reset();
    tables_.clear();
    sqlite3_close(database_);
    database_ = nullptr;
    file_.close();  // only now: it is another descriptor of the file that SQLite has locked (fcntl(2), "Record locking")
  }

  void make_tables() {
    execute(
        "CREATE TABLE IF NOT EXISTS meterproof_worlds(id INTEGER PRIMARY KEY, name TEXT NOT NULL, next_number INTEGER NOT NULL, "
        "world TEXT, taken TEXT)");                                                                                           // the last two of a snapshot
    if (columns_of("meterproof_worlds").count("clock") == 0) execute("ALTER TABLE meterproof_worlds ADD COLUMN clock TEXT");  // since version 2
    execute(
        "CREATE TABLE IF NOT EXISTS meterproof_waiting(_world INTEGER NOT NULL, id INTEGER NOT NULL, request TEXT NOT NULL, PRIMARY KEY(_world, id)) "
        "WITHOUT ROWID");
    execute(
        "CREATE TABLE IF NOT EXISTS meterproof_used_timestamps(app TEXT NOT NULL, timestamp TEXT NOT NULL, at TEXT NOT NULL, "
        "PRIMARY KEY(timestamp, app)) WITHOUT ROWID");
    execute("CREATE TABLE IF NOT EXISTS meterproof_requests(id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, entry TEXT NOT NULL)");
    for (const core::Table& table : spec_->tables) {
      execute("CREATE TABLE IF NOT EXISTS " + identifier(table.name) +
              "(_world INTEGER NOT NULL, _row INTEGER NOT NULL, PRIMARY KEY(_world, _row)) WITHOUT ROWID");
      const std::set<std::string> there = columns_of(table.name);
      for (const core::Column& column : table.columns)
        if (there.count(column.name) == 0) execute("ALTER TABLE " + identifier(table.name) + " ADD COLUMN " + identifier(column.name) + " TEXT");
    }
  }

  std::set<std::string> columns_of(const std::string& table) {
    std::set<std::string> out;
    Statement columns(database_, "SELECT name FROM pragma_table_info(?1)");
    columns.bind(1, table);
    while (columns.next()) out.insert(columns.text(0).value_or(""));
    return out;
  }

  void prepare() {
    begin_.emplace(database_, "BEGIN IMMEDIATE");
    commit_.emplace(database_, "COMMIT");
    rollback_.emplace(database_, "ROLLBACK");
    put_world_.emplace(database_, "INSERT INTO meterproof_worlds(name, next_number, world, taken, clock) VALUES(?1, ?2, ?3, ?4, ?5)");
    renumber_.emplace(database_, "UPDATE meterproof_worlds SET next_number = ?2, clock = ?3 WHERE id = ?1");
    put_waiting_.emplace(database_, "INSERT OR REPLACE INTO meterproof_waiting VALUES(?1, ?2, ?3)");
    remove_waiting_.emplace(database_, "DELETE FROM meterproof_waiting WHERE _world = ?1 AND id = ?2");
    put_used_.emplace(database_, "INSERT OR IGNORE INTO meterproof_used_timestamps VALUES(?1, ?2, ?3)");
    put_request_.emplace(database_, "INSERT INTO meterproof_requests(at, entry) VALUES(?1, ?2)");
    remove_used_.emplace(database_, "DELETE FROM meterproof_used_timestamps WHERE timestamp < ?1");
    for (const core::Table& table : spec_->tables) {
      std::string names, places, updates;
      int at = 3;
      for (const core::Column& column : table.columns) {
        const std::string name = identifier(column.name);
        names += ", " + name;
        places += ", ?" + std::to_string(at++);
        updates += (updates.empty() ? "" : ", ") + name + " = excluded." + name;
      }
      const std::string name = identifier(table.name);
      tables_.push_back({Statement(database_, "INSERT INTO " + name + "(_world, _row" + names + ") VALUES(?1, ?2" + places +
                                                  ") ON CONFLICT(_world, _row) DO UPDATE SET " + updates),
                         Statement(database_, "SELECT _row" + names + " FROM " + name + " WHERE _world = ?1 ORDER BY _row"),
                         Statement(database_, "DELETE FROM " + name + " WHERE _world = ?1")});
    }
  }

  /// The rows of a world or snapshot. They share memory with those of `base` that are the same at the same place.
  store::DataStore read(std::int64_t id, std::int64_t next_number, const store::DataStore& base) {
    store::DataStore out = base;
    bool is_like_base = true;
    for (std::size_t i = 0; i < tables_.size() && is_like_base; ++i) is_like_base = read_over(i, id, out);
    if (!is_like_base) out = read_alone(id);
    out.set_next_number(next_number);
    return out;
  }

  /// The business time of a world or a snapshot.
  Calendar read_calendar(std::int64_t id, const std::string& clock) {
    Calendar out;
    if (!out.read(clock)) throw MessageError(msg<"store.damaged">(path_, clock));
    Statement list(database_, "SELECT id, request FROM meterproof_waiting WHERE _world = ?1 ORDER BY id");
    list.bind(1, id);
    while (list.next()) {
      const std::string text = list.text(1).value_or("");
      auto request = waiting_request_from(text);
      if (!request || list.number(0) < 0) throw MessageError(msg<"store.damaged">(path_, text));
      out.add_kept(static_cast<std::uint64_t>(list.number(0)), std::move(*request));
    }
    return out;
  }

  /// A row of the file: the texts of its columns.
  using Row = std::vector<std::optional<std::string>>;

  Row row_of(const core::Table& table, const Statement& rows) const {
    Row out;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      auto text = rows.text(static_cast<int>(column) + 1);
      const core::Column& about = table.columns[column];
      const bool is_number = column != table.key && !about.refers && (about.type == core::ColumnType::integer || about.type == core::ColumnType::decimal);
      if (text && is_number)
        if (const i18n::Message wanted = core::type_mismatch(core::ColumnType::decimal, *text); !wanted.empty())
          throw MessageError(msg<"store.bad-cell">(path_, table.name, rows.number(0), about.name, wanted));
      out.push_back(std::move(text));
    }
    return out;
  }

  /// Changes what differs. False where the rows' keys are others, or fewer.
  bool read_over(std::size_t i, std::int64_t id, store::DataStore& out) {
    const store::Table& table = out.tables()[i];
    const std::size_t key = table.table().key;
    Statement& rows = tables_[i].read;
    rows.bind(1, id);
    const std::size_t of_base = table.size();
    std::size_t count = 0;
    bool is_like = true;
    std::string buffer;
    while (rows.next()) {
      if (!is_like) continue;
      const auto number = static_cast<store::RowNumber>(rows.number(0));
      const Row row = row_of(table.table(), rows);
      is_like = number == count++ && row[key] && (number >= of_base || table.cell(number, key).as_text(buffer) == *row[key]);
      if (!is_like) continue;
      if (number >= of_base) out.put(i, {{key, *row[key]}});
      is_like = table.size() > number;
      for (std::size_t column = 0; column < row.size() && is_like; ++column) {
        const store::CellValue cell = table.cell(number, column);
        if (row[column] ? !cell.none() && cell.as_text(buffer) == *row[column] : cell.none()) continue;
        out.set_cell(i, number, column, row[column] ? store::CellValue::of(std::string_view(*row[column])) : store::CellValue());
      }
    }
    return is_like && count >= of_base;
  }

  store::DataStore read_alone(std::int64_t id) {
    store::DataStore out(*spec_);
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const core::Table& table = spec_->tables[i];
      Statement& rows = tables_[i].read;
      rows.bind(1, id);
      while (rows.next()) {
        const std::int64_t number = rows.number(0);
        std::vector<std::pair<std::size_t, std::string>> cells;
        Row row = row_of(table, rows);
        for (std::size_t column = 0; column < row.size(); ++column)
          if (row[column]) cells.emplace_back(column, std::move(*row[column]));
        out.put(i, cells);
        // Rows are numbered from 0, and each has a key of its own.
        if (static_cast<std::int64_t>(out.tables()[i].size()) != number + 1) throw MessageError(msg<"store.bad-row">(path_, table.name, number));
      }
    }
    return out;
  }

  void put_row(const store::Table& table, Statement& put, std::int64_t world, store::RowNumber row) {
    put.bind(1, world);
    put.bind(2, std::int64_t{row});
    texts_.resize(table.table().columns.size());
    for (std::size_t column = 0; column < texts_.size(); ++column) {
      const store::CellValue cell = table.cell(row, column);
      const int at = static_cast<int>(column) + 3;
      if (cell.none()) put.bind_null(at);
      else put.bind(at, cell.as_text(texts_[column]));
    }
    put.run();
  }

  void put_all(const store::DataStore& store, const Calendar& calendar, std::int64_t world) {
    for (std::size_t i = 0; i < tables_.size(); ++i)
      for (store::RowNumber row = 0; row < store.tables()[i].size(); ++row) put_row(store.tables()[i], tables_[i].put, world, row);
    for (const auto& [id, request] : calendar.all_waiting()) put_waiting(world, id, request);
  }

  void put_waiting(std::int64_t world, std::uint64_t id, const WaitingRequest& request) {
    const std::string text = to_text(request);
    put_waiting_->bind(1, world);
    put_waiting_->bind(2, static_cast<std::int64_t>(id));
    put_waiting_->bind(3, text);
    put_waiting_->run();
  }

  void write_waiting(const Calendar& calendar, const std::set<std::uint64_t>& changes, std::int64_t world) {
    for (const std::uint64_t id : changes) {
      const auto found = calendar.all_waiting().find(id);
      if (found != calendar.all_waiting().end()) {
        put_waiting(world, id, found->second);
        continue;
      }
      remove_waiting_->bind(1, world);
      remove_waiting_->bind(2, static_cast<std::int64_t>(id));
      remove_waiting_->run();
    }
  }

  void remove_rows(std::int64_t world) {
    for (TableStatements& table : tables_) {
      table.remove.bind(1, world);
      table.remove.run();
    }
    execute("DELETE FROM meterproof_waiting WHERE _world = " + std::to_string(world));
  }

  std::int64_t add_world(const std::string& name, std::int64_t next_number, const std::string& clock, const Snapshot* snapshot) {
    const std::string taken = snapshot == nullptr ? "" : snapshot->taken.to_string();
    put_world_->bind(1, name);
    put_world_->bind(2, next_number);
    if (snapshot != nullptr) put_world_->bind(3, snapshot->world);
    else put_world_->bind_null(3);
    if (snapshot != nullptr) put_world_->bind(4, taken);
    else put_world_->bind_null(4);
    put_world_->bind(5, clock);
    put_world_->run();
    return sqlite3_last_insert_rowid(database_);
  }

  void write_world(World& world, std::vector<Taken>& taken) {
    const std::lock_guard lock(world.mutex);
    Taken& one = taken.emplace_back(Taken{&world, std::exchange(world.is_new, false), world.store.take_changes(), world.calendar.take_changes(), {}});
    const auto kept = worlds_.find(world.name);
    const std::int64_t next_number = world.store.next_number();
    const std::string clock = world.calendar.to_text();
    if (kept != worlds_.end()) one.kept = kept->second;
    one.kept.has_world = true;
    if (one.was_new) {
      if (kept == worlds_.end()) one.kept.id = add_world(world.name, next_number, clock, nullptr);
      else remove_rows(one.kept.id);
      put_all(world.store, world.calendar, one.kept.id);
    } else {
      for (std::size_t i = 0; i < one.changes.size(); ++i)
        for (const store::RowNumber row : one.changes[i]) put_row(world.store.tables()[i], tables_[i].put, one.kept.id, row);
      write_waiting(world.calendar, one.waiting, one.kept.id);
    }
    if (one.kept.next_number == next_number && one.kept.clock == clock) return;
    one.kept.next_number = next_number;
    one.kept.clock = clock;
    renumber_->bind(1, one.kept.id);
    renumber_->bind(2, next_number);
    renumber_->bind(3, clock);
    renumber_->run();
  }

  void write_used(const std::vector<UsedTimestamp>& used) {
    for (const UsedTimestamp& one : used) {
      const std::string timestamp = one.timestamp.to_string(), at = one.at.to_string();
      put_used_->bind(1, one.app);
      put_used_->bind(2, timestamp);
      put_used_->bind(3, at);
      put_used_->run();
    }
  }

  void write_requests(const std::vector<LoggedRequest>& requests) {
    for (const LoggedRequest& one : requests) {
      const std::string at = one.at.to_string();
      put_request_->bind(1, at);
      put_request_->bind(2, one.entry);
      put_request_->run();
      request_bytes_ += one.entry.size();
    }
    if (request_bytes_ <= request_limits_.bytes || requests.empty()) return;
    // A twentieth goes at a time, so that not every turn has to look for the oldest.
    const std::uint64_t wanted = request_bytes_ - (request_limits_.bytes - request_limits_.bytes / 20);
    std::uint64_t found = 0;
    remove_oldest_requests([&](const Statement& one) { return std::exchange(found, found + static_cast<std::uint64_t>(one.number(1))) < wanted; });
  }

  void remove_requests_before(DateTime oldest) {
    const std::string text = oldest.to_string();
    remove_oldest_requests([&](const Statement& one) { return one.text(2) < text; });
  }

  /// Removes them while `is_wanted(id, bytes, at)` holds.
  template <class IsWanted>
  void remove_oldest_requests(const IsWanted& is_wanted) {
    std::uint64_t freed = 0;
    std::int64_t last = 0;
    Statement oldest(database_, "SELECT id, length(CAST(entry AS BLOB)), at FROM meterproof_requests ORDER BY id");
    while (oldest.next() && is_wanted(oldest)) {
      last = oldest.number(0);
      freed += static_cast<std::uint64_t>(oldest.number(1));
    }
    if (last == 0) return;
    execute("DELETE FROM meterproof_requests WHERE id <= " + std::to_string(last));
    request_bytes_ -= std::min(request_bytes_, freed);
  }

  std::uint64_t request_bytes() { return static_cast<std::uint64_t>(scalar("SELECT coalesce(sum(length(CAST(entry AS BLOB))), 0) FROM meterproof_requests")); }

  void remove_used(DateTime before) {
    const std::string text = before.to_string();
    remove_used_->bind(1, text);
    remove_used_->run();
  }

  /// `kept`: the snapshots that the file has, by number; what it has then.
  void write_snapshots(const Worlds& worlds, std::map<std::uint64_t, std::int64_t>& kept) {
    std::map<std::uint64_t, std::int64_t> gone = std::exchange(kept, {});
    worlds.look_at_snapshots([&](const Snapshot& one) {
      if (const auto found = gone.extract(one.number)) {
        kept.emplace(one.number, found.mapped());
        return;
      }
      const std::int64_t id = add_world(one.name, one.content.store.next_number(), one.content.calendar.to_text(), &one);
      put_all(one.content.store, one.content.calendar, id);
      kept.emplace(one.number, id);
    });
    for (const auto& [number, id] : gone) {
      remove_rows(id);
      execute("DELETE FROM meterproof_worlds WHERE id = " + std::to_string(id));
    }
  }

  void undo(const std::vector<Taken>& taken) {
    try {
      if (sqlite3_get_autocommit(database_) == 0) rollback_->run();  // after some failures SQLite has done so itself
    } catch (const SqlError&) {                                      // the next BEGIN says so
    }
    for (const Taken& one : taken) {
      const std::lock_guard lock(one.world->mutex);
      if (one.was_new) {
        one.world->is_new = true;
        continue;
      }
      one.world->store.put_back(one.changes);
      one.world->calendar.put_back(one.waiting);
    }
  }

  /// What SQLite says while the file is read, as a message.
  template <class Action>
  void telling(const Action& action) {
    try {
      action();
    } catch (const SqlError& error) {
      throw told(error);
    }
  }

  MessageError told(const SqlError& error) const {
    switch (error.code) {
      case SQLITE_NOTADB: return MessageError(msg<"store.no-store">(path_));
      case SQLITE_CORRUPT: return MessageError(msg<"store.damaged">(path_, error.what()));
      default: return MessageError(msg<"store.cannot-open">(path_, error.what()));
    }
  }

  void execute(const std::string& sql) { Statement(database_, sql).run(); }
  std::int64_t scalar(const std::string& sql) {
    Statement statement(database_, sql);
    return statement.next() ? statement.number(0) : 0;
  }
  std::int64_t pragma(const std::string& name) { return scalar("PRAGMA " + name); }

  std::string path_;
  const core::Spec* spec_;
  net::Fd file_;
  std::mutex mutex_;  // guards what follows
  sqlite3* database_ = nullptr;
  std::optional<Statement> begin_, commit_, rollback_, put_world_, renumber_, put_waiting_, remove_waiting_, put_used_, put_request_, remove_used_;
  std::vector<TableStatements> tables_;
  std::vector<std::string> texts_;  // of numbers, while a row is bound
  std::map<std::string, KeptWorld, std::less<>> worlds_;
  std::map<std::uint64_t, std::int64_t> snapshots_;  // the file's id by number
  std::uint64_t snapshots_version_ = 0;
  RequestLimits request_limits_;
  std::uint64_t request_bytes_ = 0;  // of all entries
  DateTime pruned_;
};

StoreFile::StoreFile(std::string path, const core::Spec& spec) : path_(std::move(path)), database_(std::make_unique<Database>(path_, spec)) {}
StoreFile::~StoreFile() = default;
void StoreFile::load(Worlds& worlds) { found_ = database_->load(worlds); }
std::vector<StoreFile::LaterWorld> StoreFile::read_later(const std::vector<auth::App>& apps, const store::DataStore& begin) {
  return database_->read_later(apps, begin);
}
void StoreFile::has_world(const std::string& name) { database_->has_world(name); }
std::vector<UsedTimestamp> StoreFile::used_since(DateTime oldest) { return database_->used_since(oldest); }
void StoreFile::keep_requests(RequestLimits limits) {
  database_->keep_requests(limits);
  keeps_requests_ = limits.bytes > 0;
}
std::vector<std::string> StoreFile::latest_requests(std::size_t count) { return database_->latest_requests(count); }
StoreFile::Written StoreFile::write(const Turn& turn, Worlds& worlds, DateTime now, std::chrono::seconds keep, std::string& error) {
  return database_->write(turn, worlds, now, keep, error);
}

}  // namespace meterproof::mockserver
