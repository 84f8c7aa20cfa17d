// SPDX-License-Identifier: Apache-2.0
#include "mockserver/request_log.hpp"

#include <algorithm>

#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::mockserver {

namespace {

/// With the ends of lines as they came: both of their characters are escaped alike.
std::string visible_bytes(std::string_view bytes) {
  std::string out;
  for (const char c : core::sanitize(bytes)) c == '\n' ? out += "\\x0a" : out += c;
  return out;
}

}  // namespace

void LogEntry::clear() {
  interface = {};
  status = code = 0;
  peer = {};
  took = {};
  spans_.fill({});
  texts_.clear();
}

void LogEntry::prefetch() const {
  constexpr std::size_t line = 64, usual_size = 1536;
  for (std::size_t begin = 0; begin < std::min(usual_size, texts_.capacity()); begin += line) __builtin_prefetch(texts_.data() + begin, 1);
}

std::string LogEntry::to_json(const LogRedactor& redactor) const {
  const LogEntry& self = *this;
  std::string out = "{\"number\":" + std::to_string(number) + ",\"at\":\"" + at.to_string() + "\"";
  const auto add = [&](std::string_view name, std::string_view value) {
    out += ",\"" + std::string(name) + "\":";
    core::append_quoted(out, core::sanitize(redactor.shown(value)));
  };
  add("peer", peer.to_string());
  add("method", self[method]);
  add("target", self[target]);
  if (!self[head].empty()) {
    out += ",\"headers\":";
    redactor.append_headers(out, self[head]);
  }
  add("interface", interface);
  add("app_id", self[app_id]);
  out += ",\"status\":" + std::to_string(status) + ",\"code\":" + std::to_string(code);
  if (took.count() > 0) out += ",\"took_us\":" + std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  add("why_zh", self[why_zh]);
  add("why_en", self[why_en]);
  if (!self[hint_en].empty()) {
    add("hint_zh", self[hint_zh]);
    add("hint_en", self[hint_en]);
  }
  if (!self[fault].empty()) add("fault", self[fault]);
  if (self[beginning].empty()) {
    add("request", self[request]);
  } else {
    out += ",\"request\":";
    core::append_quoted(out, visible_bytes(redactor.shown_beginning(self[beginning])));
  }
  add("reply", self[reply]);
  return out + "}";
}

void LogSinks::pass_on(const LogEntry& entry) {
  if (file_.is_open()) file_.write(entry.to_json(redactor_));
  if (is_watched()) show(entry);
}

void LogSinks::show(const LogEntry& entry) {
  const std::lock_guard lock(watching_);
  watcher_(entry);
}

void RequestLog::append() {
  LogEntry& entry = current();
  ++count_;
  entry.number = sinks_.next_number();
  sinks_.take(entry);
}

void RequestLog::append_latest(std::vector<LogEntry>& out, std::size_t count) const {
  const std::uint64_t kept = std::min<std::uint64_t>({count_, entries_.size(), count});
  for (std::uint64_t back = 1; back <= kept; ++back) out.push_back(entries_[(count_ - back) % entries_.size()]);
}

}  // namespace meterproof::mockserver
