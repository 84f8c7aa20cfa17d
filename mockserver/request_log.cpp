// SPDX-License-Identifier: Apache-2.0
#include "mockserver/request_log.hpp"

#include <algorithm>

#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::mockserver {

void LogEntry::clear() {
  interface = {};
  status = code = 0;
  spans_.fill({});
  texts_.clear();
}

void LogEntry::prefetch() const {
  constexpr std::size_t line = 64, usual_size = 1024;
  for (std::size_t begin = 0; begin < std::min(usual_size, texts_.capacity()); begin += line) __builtin_prefetch(texts_.data() + begin, 1);
}

std::string LogEntry::to_json() const {
  const LogEntry& self = *this;
  std::string out = "{\"number\":" + std::to_string(number) + ",\"at\":\"" + at.to_string() + "\"";
  const auto add = [&](std::string_view name, std::string_view value) {
    out += ",\"" + std::string(name) + "\":";
    core::append_quoted(out, core::sanitize(value));
  };
  add("method", self[method]);
  add("target", self[target]);
  add("interface", interface);
  add("app_id", self[app_id]);
  out += ",\"status\":" + std::to_string(status) + ",\"code\":" + std::to_string(code);
  add("why_zh", self[why_zh]);
  add("why_en", self[why_en]);
  if (!self[fault].empty()) add("fault", self[fault]);
  add("request", self[request]);
  add("reply", self[reply]);
  return out + "}";
}

bool LogFile::open(const std::string& path) {
  file_.open(path, std::ios::app);
  open_ = file_.is_open();
  return open_;
}

void LogFile::write(const LogEntry& entry) {
  const std::lock_guard lock(mutex_);
  file_ << entry.to_json() << '\n' << std::flush;
}

void RequestLog::append() {
  LogEntry& entry = current();
  ++count_;
  entry.number = file_.next_number();
  if (file_.is_open()) file_.write(entry);
}

void RequestLog::append_latest(std::vector<LogEntry>& out, std::size_t count) const {
  const std::uint64_t kept = std::min<std::uint64_t>({count_, entries_.size(), count});
  for (std::uint64_t back = 1; back <= kept; ++back) out.push_back(entries_[(count_ - back) % entries_.size()]);
}

}  // namespace meterproof::mockserver
