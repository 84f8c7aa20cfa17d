// The last exchanges of a mock, and why each was answered as it was. Its size does not grow with the traffic.
#pragma once

#include <atomic>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model/datetime.hpp"
#include "spec/model/interface.hpp"

namespace meterproof::mock {

struct Entry {
  std::uint64_t number = 0;
  spec::DateTime at;
  std::string_view interface;  // as the spec has it
  std::string method, target, app_id;
  std::string request, reply;  // bodies, cut at Journal::longest
  int status = 0;
  int code = 0;
  spec::Text why;
  std::string fault;  // an injected one

  std::string to_json() const;
};

/// What the journals of several threads share: the numbers, and the file.
class JournalFile {
 public:
  /// Every entry is written there, a JSON object a line. False where the file can't be written.
  bool open(const std::string& path);
  std::uint64_t next_number() { return ++total_; }
  std::uint64_t total() const { return total_; }
  void restart() { total_ = 0; }
  bool is_open() const { return open_; }
  void write(const Entry& entry);

 private:
  std::atomic<std::uint64_t> total_ = 0;
  std::atomic<bool> open_ = false;
  std::mutex mutex_;
  std::ofstream file_;
};

/// One thread's part.
class Journal {
 public:
  static constexpr std::size_t longest = 4096;  // bytes of a body that are kept

  Journal(std::size_t length, JournalFile& file) : entries_(length), file_(file) {}

  /// The entry to be filled; the oldest is overwritten. `commit` when it is filled.
  Entry& next() { return entries_.empty() ? unkept_ : entries_[count_ % entries_.size()]; }
  void commit();
  /// Adds the newest `count` entries, newest first.
  void append_latest(std::vector<Entry>& out, std::size_t count) const;
  void clear() { count_ = 0; }

 private:
  std::vector<Entry> entries_;
  std::uint64_t count_ = 0;
  JournalFile& file_;
  Entry unkept_;
};

/// At most `longest` bytes of a text, never half a character.
std::string_view cut(std::string_view text, std::size_t longest);

}  // namespace meterproof::mock
