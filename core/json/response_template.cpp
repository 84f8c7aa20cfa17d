// SPDX-License-Identifier: Apache-2.0
#include "core/json/response_template.hpp"

#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::json {

void ResponseTemplate::learn(std::string_view body, const std::vector<Value>& values) {
  gaps_.clear();
  const char* at = body.data();
  for (const Value& value : values) {
    gaps_.push_back({core::Prefix16({at, static_cast<std::size_t>(value.text.data() - at)}), value.quoted, value.role});
    at = value.text.data() + value.text.size();
  }
  end_ = core::Prefix16({at, static_cast<std::size_t>(body.data() + body.size() - at)});
}

bool ResponseTemplate::match(std::string_view body, std::vector<Value>& out) const {
  if (gaps_.empty()) return false;
  out.resize(gaps_.size());
  const char* at = body.data();
  const char* const end = at + body.size();
  Value* value = out.data();
  for (const Gap& gap : gaps_) {
    if (!gap.before.matches(at, end)) return false;
    at += gap.before.size();
    bool has_non_ascii = false;
    const char* const value_end = gap.quoted ? core::skip_unescaped(at, end, has_non_ascii) : core::skip_number(at, end);
    if (value_end == nullptr) return false;
    *value = {{at, static_cast<std::size_t>(value_end - at)}, gap.quoted, gap.role};
    if (has_non_ascii && !core::is_valid_utf8(value->text)) return false;
    // No check of what ended the value: if it was not the closing quote, or the number goes on, the next constant does not match.
    at = value_end;
    ++value;
  }
  return static_cast<std::size_t>(end - at) == end_.size() && end_.matches(at, end);
}

}  // namespace meterproof::json
