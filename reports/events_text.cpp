// SPDX-License-Identifier: Apache-2.0
#include "reports/events_text.hpp"

#include <algorithm>

namespace meterproof::reports {

namespace {

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {}

  std::optional<EventsText> find() {
    for (std::size_t at = 0; at < text_.size(); ++at) {
      switch (text_[at]) {
        case '"': at = end_of_string(at); break;
        case ':': name(); break;
        case ',':
          if (is_inside_ && depth_ == in_events) add(at);
          break;
        case '{':
        case '[': open(at); break;
        case '}':
        case ']': close(at); break;
        default: break;
      }
      if (is_odd_) return std::nullopt;
    }
    return found_.end > 0 && !is_inside_ ? std::optional(std::move(found_)) : std::nullopt;
  }

 private:
  static constexpr std::size_t in_record = 1, in_transcript = 2, in_events = 3;  // brackets that are open there

  std::size_t end_of_string(std::size_t at) {
    const std::size_t begin = ++at;
    while (at < text_.size() && text_[at] != '"') at += text_[at] == '\\' ? 2U : 1U;
    string_ = text_.substr(begin, std::min(at, text_.size()) - begin);
    return at;
  }
  /// The string before a colon is a name.
  void name() {
    if (depth_ == in_record) member_ = string_, member_of_transcript_ = {};
    else if (depth_ == in_transcript) member_of_transcript_ = string_;
  }
  void open(std::size_t at) {
    if (depth_ == in_transcript && text_[at] == '[' && member_ == "transcript" && member_of_transcript_ == "events") {
      is_odd_ = found_.begin > 0;
      is_inside_ = true;
      found_.begin = begin_ = at + 1;
    }
    ++depth_;
  }
  void close(std::size_t at) {
    is_odd_ = depth_ == 0;
    if (is_odd_) return;
    --depth_;
    if (!is_inside_ || depth_ != in_transcript) return;
    is_odd_ = text_[at] != ']';
    is_inside_ = false;
    found_.end = at;
    const bool is_empty = found_.events.empty() && text_.substr(begin_, at - begin_).find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (!is_empty) add(at);
  }
  void add(std::size_t end) {
    found_.events.push_back(text_.substr(begin_, end - begin_));
    begin_ = end + 1;
  }

  std::string_view text_, string_, member_, member_of_transcript_;
  EventsText found_;
  std::size_t depth_ = 0, begin_ = 0;
  bool is_inside_ = false, is_odd_ = false;
};

}  // namespace

std::optional<EventsText> find_events(std::string_view record) { return Finder(record).find(); }

}  // namespace meterproof::reports
