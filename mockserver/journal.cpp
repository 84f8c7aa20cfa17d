#include "mockserver/journal.hpp"

#include <algorithm>

#include "spec/model/request.hpp"

namespace meterproof::mock {

std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

namespace {

/// A peer's bytes as a JSON string: what is no UTF-8 becomes U+FFFD.
void append_text(std::string& out, std::string_view bytes) {
  std::string clean;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const std::size_t length = lead < 0x80U ? 1 : lead >= 0xC2U && lead < 0xE0U ? 2 : (lead & 0xF0U) == 0xE0U ? 3 : lead >= 0xF0U && lead < 0xF5U ? 4 : 0;
    bool whole = length > 0 && i + length <= bytes.size();
    for (std::size_t j = 1; whole && j < length; ++j) whole = (static_cast<unsigned char>(bytes[i + j]) & 0xC0U) == 0x80U;
    clean += whole ? bytes.substr(i, length) : "\xEF\xBF\xBD";
    i += whole ? length : 1;
  }
  spec::append_quoted(out, clean);
}

}  // namespace

std::string Entry::to_json() const {
  std::string out = "{\"number\":" + std::to_string(number) + ",\"at\":\"" + at.to_string() + "\"";
  const auto add = [&](std::string_view name, std::string_view value) {
    out += ",\"" + std::string(name) + "\":";
    append_text(out, value);
  };
  add("method", method);
  add("target", target);
  add("interface", interface);
  add("app_id", app_id);
  out += ",\"status\":" + std::to_string(status) + ",\"code\":" + std::to_string(code);
  add("why_zh", why.zh);
  add("why_en", why.en);
  if (!fault.empty()) add("fault", fault);
  add("request", request);
  add("reply", reply);
  return out + "}";
}

bool Journal::write_to(const std::string& path) {
  file_.open(path, std::ios::app);
  return file_.is_open();
}

Entry& Journal::next() { return entries_.empty() ? unkept_ : entries_[total_ % entries_.size()]; }

void Journal::commit() {
  Entry& entry = next();
  entry.number = ++total_;
  if (file_.is_open()) file_ << entry.to_json() << '\n' << std::flush;
}

std::vector<const Entry*> Journal::latest(std::size_t count) const {
  std::vector<const Entry*> out;
  const std::uint64_t kept = std::min<std::uint64_t>({total_, entries_.size(), count});
  for (std::uint64_t back = 1; back <= kept; ++back) out.push_back(&entries_[(total_ - back) % entries_.size()]);
  return out;
}

}  // namespace meterproof::mock
