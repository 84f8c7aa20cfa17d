#include "mockserver/journal.hpp"

#include <algorithm>

#include "reports/record.hpp"
#include "spec/model/request.hpp"

namespace meterproof::mock {

std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

void Entry::clear() {
  interface = {};
  status = code = 0;
  spans_.fill({});
  texts_.clear();
}

void Entry::foresee() const {
  constexpr std::size_t line = 64, usual = 1024;
  for (std::size_t begin = 0; begin < std::min(usual, texts_.capacity()); begin += line) __builtin_prefetch(texts_.data() + begin, 1);
}

std::string Entry::to_json() const {
  const Entry& self = *this;
  std::string out = "{\"number\":" + std::to_string(number) + ",\"at\":\"" + at.to_string() + "\"";
  const auto add = [&](std::string_view name, std::string_view value) {
    out += ",\"" + std::string(name) + "\":";
    spec::append_quoted(out, reports::harmless(value));
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

bool JournalFile::open(const std::string& path) {
  file_.open(path, std::ios::app);
  open_ = file_.is_open();
  return open_;
}

void JournalFile::write(const Entry& entry) {
  const std::lock_guard lock(mutex_);
  file_ << entry.to_json() << '\n' << std::flush;
}

void Journal::commit() {
  Entry& entry = next();
  ++count_;
  entry.number = file_.next_number();
  if (file_.is_open()) file_.write(entry);
}

void Journal::append_latest(std::vector<Entry>& out, std::size_t count) const {
  const std::uint64_t kept = std::min<std::uint64_t>({count_, entries_.size(), count});
  for (std::uint64_t back = 1; back <= kept; ++back) out.push_back(entries_[(count_ - back) % entries_.size()]);
}

}  // namespace meterproof::mock
