#include "core/i18n/phrases.hpp"

#include <algorithm>
#include <vector>

#include "core/i18n/phrasebook.hpp"

namespace meterproof::i18n {

namespace {

using Parts = std::vector<std::string_view>;

/// The texts that stand for the {} and [] of a pattern, each at least a character; false where the text is not of that form.
bool fits(std::string_view pattern, std::string_view text, Parts& parts) {
  const auto hole_in = [](std::string_view where) { return std::min(where.find("{}"), where.find("[]")); };
  parts.clear();
  for (;;) {
    const std::size_t hole = hole_in(pattern);
    if (hole == std::string_view::npos) return pattern == text;
    if (text.substr(0, hole) != pattern.substr(0, hole)) return false;
    const bool one_word = pattern[hole] == '[';
    pattern.remove_prefix(hole + 2);
    text.remove_prefix(hole);
    const std::string_view next = pattern.substr(0, hole_in(pattern));
    const bool last = next.size() == pattern.size();
    const std::size_t end = last ? (text.ends_with(next) ? text.size() - next.size() : std::string_view::npos) : text.find(next, 1);
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view part = text.substr(0, end);
    if (one_word && part.find(' ') != std::string_view::npos) return false;
    parts.push_back(part);
    text.remove_prefix(end);
  }
}

std::string filled(std::string_view chinese, const Parts& parts) {
  std::string out;
  for (std::size_t at = 0; at < chinese.size(); ++at) {
    if (chinese[at] != '{') {
      out += chinese[at];
      continue;
    }
    const std::string_view part = parts[static_cast<std::size_t>(chinese[at + 1] - '1')];
    const bool quoted = part.starts_with('"');  // a value
    out += quoted ? std::string(part) : in_chinese(part).value_or(std::string(part));
    at += 2;
  }
  return out;
}

std::optional<std::string> list_in_chinese(std::string_view list) {
  constexpr std::string_view between = "; ";
  if (list.find(between) == std::string_view::npos) return std::nullopt;
  std::string out;
  bool any = false;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(between));
    const auto said = in_chinese(one);
    any = any || said;
    out += (out.empty() ? "" : "；") + said.value_or(std::string(one));
    list.remove_prefix(std::min(list.size(), one.size() + between.size()));
  }
  return any ? std::optional(out) : std::nullopt;
}

}  // namespace

std::optional<std::string> in_chinese(std::string_view english) {
  constexpr std::size_t longest = 4096;  // a phrase, not a document
  if (english.size() > longest) return std::nullopt;
  Parts parts;
  for (const Phrase& phrase : phrasebook())
    if (phrase.english.find("; ") != std::string_view::npos && fits(phrase.english, english, parts)) return filled(phrase.chinese, parts);
  if (const auto list = list_in_chinese(english)) return list;
  for (const Phrase& phrase : phrasebook())
    if (fits(phrase.english, english, parts)) return filled(phrase.chinese, parts);
  return std::nullopt;
}

}  // namespace meterproof::i18n
