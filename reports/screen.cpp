// SPDX-License-Identifier: Apache-2.0
#include "reports/screen.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::reports {

using i18n::msg;

namespace {

/// The bytes of the character, or of the colour sequence, that begins there.
std::size_t length_at(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with("\x1b[")) return std::min(text.find('m', at), text.size() - 1) + 1 - at;
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;  // RFC 3629
  return end - at;
}

/// Whether a line may begin with that wide character.
bool may_begin_a_line(std::string_view character) {
  return std::string_view("，。、；：！？）」』》〉】”’…").find(character) == std::string_view::npos;
}

/// Where a line that begins at `begin` ends, if so many columns are left for it.
std::size_t end_of_line(std::string_view text, std::size_t begin, std::size_t columns) {
  std::size_t at = begin, used = 0, behind_word = begin, behind_sign = begin;
  bool any = false;  // something that is seen
  while (at < text.size()) {
    const std::size_t length = length_at(text, at);
    const std::string_view character = text.substr(at, length);
    const std::size_t width = core::display_width(character);
    const bool is_wide = width == 2;
    if (any && is_wide && may_begin_a_line(character)) behind_word = at;
    if (used + width > columns && character != " ") break;
    used += width;
    at += length;
    if (character != " ") any = true;
    else if (any) behind_word = at;
    if (any && (character == "," || character == "/")) behind_sign = at;
  }
  if (at >= text.size()) return text.size();
  const std::size_t half = begin + (at - begin) / 2;
  const std::size_t end = behind_word > half ? behind_word : behind_sign > half ? behind_sign : std::max(behind_word, at);
  return std::max(end, begin + length_at(text, begin));  // a character at the least
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  if (columns == 0) return std::string(text);
  indent = std::min(indent, columns / 2);
  std::string out;
  for (bool is_first = true; !text.empty() || is_first; is_first = false) {
    const std::size_t line_end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, line_end);
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = end_of_line(line, at, at == 0 ? columns : columns - indent);
      if (at > 0) out += "\n" + std::string(indent, ' ');
      std::string_view piece = line.substr(at, end - at);
      if (end < line.size()) piece = piece.substr(0, piece.find_last_not_of(' ') + 1);
      out += piece;
      at = std::min(line.find_first_not_of(' ', end), line.size());
    }
    if (line_end < text.size()) out += '\n';
    text.remove_prefix(std::min(line_end + 1, text.size()));
  }
  return out;
}

void Screen::Part::line(const std::string& text, std::size_t stands_for) {
  entries_.push_back({style_.width == 0 ? text : core::truncate_to_width(text, style_.width), stands_for});
}

void Screen::Part::paragraph(const std::string& text, std::size_t indent) { entries_.push_back({wrapped(text, style_.width, indent), 1}); }

std::size_t Screen::Part::rows() const {
  std::size_t out = left_out_ > 0 ? 1 : 0;
  for (const Entry& one : entries_) out += 1 + static_cast<std::size_t>(std::count(one.text.begin(), one.text.end(), '\n'));
  return out;
}

Screen::Part& Screen::part(int give_way, std::size_t stay) { return parts_.emplace_back(Part(style_, give_way, stay)); }

std::string Screen::text() {
  constexpr std::size_t usual_rows = 24;
  const std::size_t rows = std::max<std::size_t>(style_.rows == 0 ? usual_rows : style_.rows, 2) - 1;  // the last one is the prompt's
  const auto used = [&] {
    std::size_t out = 0;
    for (const Part& part : parts_) out += part.rows();
    return out;
  };
  std::vector<Part*> by_importance;
  for (Part& part : parts_)
    if (part.give_way_ > 0) by_importance.push_back(&part);
  std::stable_sort(by_importance.begin(), by_importance.end(), [](const Part* a, const Part* b) { return a->give_way_ > b->give_way_; });
  for (Part* part : by_importance)
    while (used() > rows && part->entries_.size() > part->stay_) {
      part->left_out_ += part->entries_.back().stands_for;
      part->entries_.pop_back();
      if (part->entries_.empty()) part->left_out_ = 0;  // nothing is begun that would have to be continued
    }
  std::string out;
  for (const Part& part : parts_) {
    for (const Part::Entry& one : part.entries_) out += one.text + "\n";
    if (part.left_out_ > 0) out += wrapped(style_.text(msg<"report.more-on-a-screen">(part.left_out_)), style_.width) + "\n";
  }
  return out;
}

}  // namespace meterproof::reports
