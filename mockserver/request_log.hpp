// SPDX-License-Identifier: Apache-2.0
// The last exchanges of a mock, and why each was answered as it was. Its size does not grow with the traffic.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/interface.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::mockserver {

/// One exchange. Its texts are concatenated in `texts_`, in the order of the calls of `set`.
///
/// Fast path: one buffer for all texts, and its prefetch. WHY: every exchange is logged, and a string per part touches eight places of memory
/// that have left the caches. GAIN: 3 % of the mock's CPU (docs/performance.md, `ci/bench mock`). REFERENCE: one string per part. TEST: Mock.*, the
/// entries of the admin API. DELETE WHEN: the gain is below 1 %.
class LogEntry {
 public:
  /// request, reply: bodies, cut at RequestLog::longest. fault: an injected one.
  enum Part : std::uint8_t { method, target, request, app_id, why_zh, why_en, fault, reply, parts };

  std::uint64_t number = 0;
  core::DateTime at;
  std::string_view interface;  // as the spec has it
  int status = 0;
  int code = 0;

  void clear();
  /// Call at most once for each part of an entry.
  void set(Part part, std::string_view text) {
    spans_[part] = {static_cast<std::uint16_t>(texts_.size()), static_cast<std::uint16_t>(text.size())};
    texts_ += text;
  }
  std::string_view operator[](Part part) const { return std::string_view(texts_).substr(spans_[part].begin, spans_[part].size); }
  std::string to_json() const;
  /// Prefetches the memory of the texts.
  void prefetch() const;

 private:
  struct Span {
    std::uint16_t begin = 0, size = 0;
  };
  std::array<Span, parts> spans_;
  std::string texts_;
};

/// Shared by the request logs of all threads: the running number, and the file.
class LogFile {
 public:
  /// Every entry is written there, a JSON object a line. False where the file can't be written.
  bool open(const std::string& path);
  std::uint64_t next_number() { return ++total_; }
  std::uint64_t total() const { return total_; }
  void restart() { total_ = 0; }
  bool is_open() const { return open_; }
  void write(const LogEntry& entry);

 private:
  std::atomic<std::uint64_t> total_ = 0;
  std::atomic<bool> open_ = false;
  std::mutex mutex_;
  std::ofstream file_;
};

/// One thread's part.
class RequestLog {
 public:
  static constexpr std::size_t longest = 4096;       // bytes of a body that are kept
  static constexpr std::size_t longest_other = 256;  // bytes of any other text

  RequestLog(std::size_t length, LogFile& file) : entries_(length), file_(file) {}

  /// The entry to be filled; the oldest is overwritten. `append` when it is filled.
  LogEntry& current() { return entries_.empty() ? discarded_ : entries_[count_ % entries_.size()]; }
  void append();
  /// Adds the newest `count` entries, newest first.
  void append_latest(std::vector<LogEntry>& out, std::size_t count) const;
  void clear() { count_ = 0; }

 private:
  std::vector<LogEntry> entries_;
  std::uint64_t count_ = 0;
  LogFile& file_;
  LogEntry discarded_;
};

}  // namespace meterproof::mockserver
