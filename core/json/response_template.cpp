#include "core/json/response_template.hpp"

#include "core/model/request.hpp"
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

bool ResponseTemplate::read(std::string_view body, std::vector<Value>& out) const {
  if (gaps_.empty()) return false;
  out.resize(gaps_.size());
  const char* at = body.data();
  const char* const end = at + body.size();
  Value* value = out.data();
  for (const Gap& spot : gaps_) {
    if (!spot.before.matches(at, end)) return false;
    at += spot.before.size();
    bool has_non_ascii = false;
    const char* const behind = spot.quoted ? core::skip_unescaped(at, end, has_non_ascii) : core::skip_number(at, end);
    if (behind == nullptr) return false;
    *value = {{at, static_cast<std::size_t>(behind - at)}, spot.quoted, spot.role};
    if (has_non_ascii && !core::is_valid_utf8(value->text)) return false;
    at = behind;  // a text that ends in anything but quotes, or a number that goes on, is not followed by what must come now
    ++value;
  }
  return static_cast<std::size_t>(end - at) == end_.size() && end_.matches(at, end);
}

}  // namespace meterproof::json
