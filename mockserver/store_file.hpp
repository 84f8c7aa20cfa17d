// SPDX-License-Identifier: Apache-2.0
// The file in which a mock keeps its worlds, snapshots and used timestamps: an SQLite database with a table for each table of the specification, so
// that others can read it (sqlite3 FILE 'SELECT * FROM meters').
//
// What a turn of the event loop changed is written in one transaction before the turn's replies are sent: what was acknowledged is in the file, also after
// `kill -9`. The write-ahead log is not synchronized with the disk at every commit (PRAGMA synchronous=NORMAL): after a power failure the file is whole,
// but its last moments may be missing. https://www.sqlite.org/wal.html
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/interface.hpp"
#include "core/time/datetime.hpp"
#include "mockserver/authenticator.hpp"
#include "mockserver/worlds.hpp"

namespace meterproof::mockserver {

/// Thread-safe.
class StoreFile {
 public:
  /// Opens the file, or makes it, and keeps it for itself. Columns that the specification has and the file has not are added; those that the specification
  /// has not stay as they are. Throws i18n::MessageError, with advice: it cannot be opened or written, another process has it, it is damaged, no store, or of
  /// a later version.
  StoreFile(std::string path, const core::Spec& spec);
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  const std::string& path() const { return path_; }
  /// Gives the worlds the rows that the file has of them, and the snapshots; from here on what is written to them is recorded. Call it once, before they
  /// are used.
  void load(Worlds& worlds);
  struct LaterWorld {
    std::string name;
    WorldContent content;
  };
  /// What the file has of the worlds of these apps, as far as they are none of this mock yet. `begin`: what a new world begins with. Throws i18n::MessageError
  /// where the file is damaged.
  std::vector<LaterWorld> read_later(const std::vector<auth::App>& apps, const store::DataStore& begin);
  /// That world has got its rows.
  void has_world(const std::string& name);
  /// The used timestamps from that one on, in their order.
  std::vector<UsedTimestamp> used_since(core::DateTime oldest);

  /// What was in the file when it was loaded, and is in this mock now.
  struct Found {
    std::size_t worlds = 0, snapshots = 0;
  };
  const Found& found() const { return found_; }

  /// How much of the request log the file keeps; the oldest exchanges go first.
  struct RequestLimits {
    std::uint64_t bytes = 0;      // of the entries; 0: no exchange is kept
    std::chrono::seconds age{0};  // 0: however old they are
  };
  void keep_requests(RequestLimits limits);
  bool keeps_requests() const { return keeps_requests_; }
  /// The newest `count` entries, newest first, each a JSON object.
  std::vector<std::string> latest_requests(std::size_t count);

  /// An exchange, as the request log shows it.
  struct LoggedRequest {
    core::DateTime at;
    std::string entry;  // a JSON object
  };
  /// What one thread did in a turn of its event loop.
  struct Turn {
    std::vector<World*> worlds;           // which it may have written to
    std::vector<UsedTimestamp> used;      // which were new
    bool clears_requests = false;         // those of the turns before
    std::vector<LoggedRequest> requests;  // where the file keeps them
    bool empty() const { return worlds.empty() && used.empty() && requests.empty() && !clears_requests; }
  };
  /// Writes what these worlds have recorded, what others have recorded of them until now among it, and snapshots that are new or gone. `nothing`: there
  /// was none of all that. `failed`: nothing was written, all of it counts as recorded once more, and `error` says what the system or SQLite says. `now`: what
  /// is used and older than `keep` is removed now and then.
  enum class Written { nothing, all, failed };
  Written write(const Turn& turn, Worlds& worlds, core::DateTime now, std::chrono::seconds keep, std::string& error);

 private:
  class Database;
  std::string path_;
  Found found_;
  bool keeps_requests_ = false;
  std::unique_ptr<Database> database_;
};

}  // namespace meterproof::mockserver
