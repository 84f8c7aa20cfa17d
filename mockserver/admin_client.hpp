// SPDX-License-Identifier: Apache-2.0
// The other end of the admin API: what a program asks a running mock about its worlds.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::mockserver {

/// Each call returns nothing where it failed; `failure` then says why. Not thread-safe.
class AdminClient {
 public:
  /// `token`: the mock's control token; "" where it has none.
  AdminClient(const net::Address& address, std::string token);

  /// Why the last call failed.
  struct Failure {
    i18n::Message why;
    bool unreachable = false;  // otherwise the mock refuses it, or is none
  };
  const Failure& failure() const { return failure_; }

  struct RowCount {
    std::string table;
    std::size_t rows = 0;
  };
  /// A world, or a snapshot: then of which world, and when it was taken.
  struct Entry {
    std::string name, snapshot_of, taken;
    std::vector<RowCount> counts;
  };
  std::optional<std::vector<Entry>> worlds();
  /// `world`: "" for the only one. Returns the world's name.
  std::optional<std::string> save(const std::string& world, const std::string& as);
  /// The same; a fork's `from` may be a world as well.
  std::optional<std::string> restore(const std::string& world, const std::string& from);
  std::optional<std::string> fork(const std::string& from, const std::string& to);
  bool remove_snapshot(const std::string& name);

  struct ChangedRow {
    char kind = '~';  // + added, - removed, ~ changed
    std::string table, key, cells;
  };
  struct Difference {
    std::size_t added = 0, removed = 0, changed = 0;
    std::vector<ChangedRow> rows;  // the first thousand
  };
  std::optional<Difference> diff(const std::string& before, const std::string& after);

  /// How a world's business time is to be moved; "" and nothing leave it as it is.
  struct ClockMove {
    std::string advance, set;
    std::optional<double> rate;
    bool wall = false;
  };
  struct Clock {
    std::string world, business, target, wall, rate;
    bool own = false;
    std::size_t contacts = 0, waiting = 0;
  };
  /// Asks again until all has happened that is to happen until then.
  std::optional<Clock> move_clock(const std::string& world, const ClockMove& move);

  /// What the mock has read anew.
  struct Read {
    std::size_t interfaces = 0, apps = 0, faults = 0;
  };
  std::optional<Read> reload();

  /// All rows as a JSON text, an object of tables; and how many. `name`: "" for the only world.
  struct Rows {
    std::string text;
    std::size_t count = 0;
  };
  std::optional<Rows> export_rows(const std::string& name);
  /// Puts such a text in the place of the world's rows. Returns how many rows it has. `file`: how to call the text where it is wrong.
  std::optional<std::size_t> import_rows(const std::string& world, const std::string& text, const std::string& file);

 private:
  struct Body;
  /// Sends a request; false after a failure.
  bool ask(const std::string& method, const std::string& path, const std::string& body, Body& reply);
  std::optional<std::string> changed_world(const std::string& path, const Body& body, const char* member);

  net::HttpClient client_;
  std::string url_, token_;
  Failure failure_;
};

}  // namespace meterproof::mockserver
