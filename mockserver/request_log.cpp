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

std::size_t longest_of(LogEntry::Part part) {
  switch (part) {
    case LogEntry::method:
    case LogEntry::target:
    case LogEntry::beginning:
    case LogEntry::app_id:
    case LogEntry::fault: return RequestLog::longest_other;
    case LogEntry::head: return RequestLog::longest_head;
    default: return RequestLog::longest;
  }
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

std::string LogEntry::shown(Part part, const LogRedactor& redactor) const {
  const std::string_view text = (*this)[part];
  return part == beginning ? redactor.shown_beginning(text, longest_of(part)) : redactor.shown(text, longest_of(part));
}

std::string LogEntry::to_json(const LogRedactor& redactor) const {
  const LogEntry& self = *this;
  std::string out = "{\"number\":" + std::to_string(number) + ",\"at\":\"" + at.to_string() + "\"";
  const auto add_text = [&](std::string_view name, std::string_view text) {
    out += ",\"" + std::string(name) + "\":";
    core::append_quoted(out, text);
  };
  const auto add = [&](std::string_view name, Part part) { add_text(name, core::sanitize(shown(part, redactor))); };
  add_text("peer", core::sanitize(redactor.shown(peer.to_string())));
  add("method", method);
  add("target", target);
  if (!self[head].empty()) {
    out += ",\"headers\":";
    redactor.append_headers(out, self[head]);
  }
  add_text("interface", core::sanitize(redactor.shown(interface)));
  add("app_id", app_id);
  out += ",\"status\":" + std::to_string(status) + ",\"code\":" + std::to_string(code);
  if (took.count() > 0) out += ",\"took_us\":" + std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  add("why_zh", why_zh);
  add("why_en", why_en);
  if (!self[hint_en].empty()) {
    add("hint_zh", hint_zh);
    add("hint_en", hint_en);
  }
  if (!self[fault].empty()) add("fault", fault);
  if (self[beginning].empty()) add("request", request);
  else add_text("request", visible_bytes(shown(beginning, redactor)));
  add("reply", reply);
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
