#include "spec/wire/reply_form.hpp"

#include "spec/model/plain_text.hpp"
#include "spec/model/request.hpp"

namespace meterproof::wire {

void ReplyForm::learn(std::string_view body, const std::vector<Value>& values) {
  spots_.clear();
  const char* at = body.data();
  for (const Value& value : values) {
    spots_.push_back({spec::Opening({at, static_cast<std::size_t>(value.text.data() - at)}), value.quoted, value.role});
    at = value.text.data() + value.text.size();
  }
  end_ = spec::Opening({at, static_cast<std::size_t>(body.data() + body.size() - at)});
}

bool ReplyForm::read(std::string_view body, std::vector<Value>& out) const {
  if (spots_.empty()) return false;
  out.resize(spots_.size());
  const char* at = body.data();
  const char* const end = at + body.size();
  Value* value = out.data();
  for (const Spot& spot : spots_) {
    if (!spot.before.opens(at, end)) return false;
    at += spot.before.size();
    bool foreign = false;
    const char* const behind = spot.quoted ? spec::pass_plain(at, end, foreign) : spec::pass_number(at, end);
    if (behind == nullptr) return false;
    *value = {{at, static_cast<std::size_t>(behind - at)}, spot.quoted, spot.role};
    if (foreign && !spec::is_utf8(value->text)) return false;
    at = behind;  // a text that ends in anything but quotes, or a number that goes on, is not followed by what must come now
    ++value;
  }
  return static_cast<std::size_t>(end - at) == end_.size() && end_.opens(at, end);
}

}  // namespace meterproof::wire
