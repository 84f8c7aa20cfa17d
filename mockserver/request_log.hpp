// SPDX-License-Identifier: Apache-2.0
// The last exchanges of a mock, and why each was answered as it was. Its size does not grow with the traffic.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/threads/adaptive_mutex.hpp"
#include "core/time/datetime.hpp"
#include "mockserver/log_file.hpp"
#include "mockserver/log_redactor.hpp"
#include "net/server/peer_address.hpp"

namespace meterproof::mockserver {

/// One exchange. Its texts are concatenated in `texts_`, in the order of the calls of `set`.
///
/// Fast path: one buffer for all texts, and its prefetch. WHY: every exchange is logged, and a string per part touches eight places of memory
/// that have left the caches. GAIN: 3 % of the mock's CPU (docs/performance.md, `ci/bench mock`). REFERENCE: one string per part. TEST: Mock.*, the
/// entries of the admin API. DELETE WHEN: the gain is below 1 %.
class LogEntry {
 public:
  /// head: up to the end of the headers. request, reply: bodies, cut at RequestLog::longest. beginning: what came of a head where it was no HTTP request.
  /// fault: an injected one. hint: what the specification does not allow, though it is understood.
  enum Part : std::uint8_t { method, target, head, beginning, request, app_id, why_zh, why_en, hint_zh, hint_en, fault, reply, parts };

  std::uint64_t number = 0;
  core::DateTime at;
  std::string_view interface;  // as the spec has it
  int status = 0;              // 0: no reply could be sent
  int code = 0;                // 0: of no interface
  net::PeerAddress peer;
  std::chrono::nanoseconds took{0};  // from the batch in which the request became complete until its reply was ready; 0: not known

  void clear();
  /// Call at most once for each part of an entry.
  void set(Part part, std::string_view text) {
    spans_[part] = {static_cast<std::uint16_t>(texts_.size()), static_cast<std::uint16_t>(text.size())};
    texts_ += text;
  }
  std::string_view operator[](Part part) const { return std::string_view(texts_).substr(spans_[part].begin, spans_[part].size); }
  /// A part without secrets, and no longer than is shown of it.
  std::string shown(Part part, const LogRedactor& redactor) const;
  std::string to_json(const LogRedactor& redactor) const;
  /// Prefetches the memory of the texts.
  void prefetch() const;

 private:
  struct Span {
    std::uint16_t begin = 0, size = 0;
  };
  std::array<Span, parts> spans_;
  std::string texts_;
};

/// Shared by the request logs of all threads: the running number, and where entries go besides.
class LogSinks {
 public:
  explicit LogSinks(LogRedactor log_redactor) : redactor_(std::move(log_redactor)) {}

  std::uint64_t next_number() { return ++total_; }
  std::uint64_t total() const { return total_; }
  void restart() { total_ = 0; }
  /// Every entry is written there, a JSON object a line.
  LogFile& file() { return file_; }
  const LogFile& file() const { return file_; }
  /// `action` is called for every entry, by one thread at a time. Set it before the first.
  void watch(std::function<void(const LogEntry&)> action) { watcher_ = std::move(action); }
  bool is_watched() const { return watcher_ != nullptr; }
  /// Shows the watcher what is no exchange of an interface, and stands in no log.
  void show(const LogEntry& entry);
  const LogRedactor& redactor() const { return redactor_; }
  /// Nobody may use it meanwhile.
  void redact_as(LogRedactor redactor) { redactor_ = std::move(redactor); }
  void take(const LogEntry& entry) {
    if (file_.is_open() || watcher_) pass_on(entry);
  }

 private:
  void pass_on(const LogEntry& entry);

  alignas(core::cache_line) std::atomic<std::uint64_t> total_ = 0;  // every thread writes it; it reads the rest
  alignas(core::cache_line) LogRedactor redactor_;
  LogFile file_;
  std::function<void(const LogEntry&)> watcher_;
  std::mutex watching_;
};

/// One thread's part.
class RequestLog {
 public:
  static constexpr std::size_t longest = 4096;       // bytes of a body that are shown
  static constexpr std::size_t longest_head = 1024;  // bytes of a request line with its headers
  static constexpr std::size_t longest_other = 256;  // bytes of any other text
  static constexpr std::size_t beyond = 512;         // bytes that are kept behind those: a secret that the cut divides is recognized by its rest

  RequestLog(std::size_t length, LogSinks& sinks) : entries_(length), sinks_(sinks) {}

  /// The entry to be filled; the oldest is overwritten. `append` when it is filled.
  LogEntry& current() { return entries_.empty() ? discarded_ : entries_[count_ % entries_.size()]; }
  void append();
  /// Adds the newest `count` entries, newest first.
  void append_latest(std::vector<LogEntry>& out, std::size_t count) const;
  void clear() { count_ = 0; }
  /// Takes the entries of another one of the same length; each tells its interface by `known(name)`.
  template <class Known>
  void take_over(RequestLog& other, const Known& known) {
    std::swap(entries_, other.entries_);
    count_ = other.count_;
    for (LogEntry& one : entries_) one.interface = known(one.interface);
  }

 private:
  std::vector<LogEntry> entries_;
  std::uint64_t count_ = 0;
  LogSinks& sinks_;
  LogEntry discarded_;
};

}  // namespace meterproof::mockserver
