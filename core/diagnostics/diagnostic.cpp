// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostics/diagnostic.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::core {
namespace {

bool is_continuation_byte(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Spaces that are as wide on a terminal as the first `characters` characters of `text`, which has no control characters.
std::string padding(std::string_view text, int characters) {
  std::size_t end = 0;
  while (end < text.size() && (is_continuation_byte(text[end]) || characters-- > 0)) ++end;
  return std::string(display_width(text.substr(0, end)), ' ');
}

/// Levenshtein distance by dynamic programming, one row at a time, without regard to case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool equal = std::tolower(static_cast<unsigned char>(a[i - 1])) == std::tolower(static_cast<unsigned char>(b[j - 1]));
      const std::size_t replaced = diagonal + (equal ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string format(const Diagnostic& problem, i18n::Language language) {
  std::string out = problem.place.file;
  if (problem.place.line > 0) out += ":" + std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column);
  if (!out.empty()) out += ": ";
  out += i18n::render(i18n::msg<"file.problem">(problem.message), language) + "\n";
  if (problem.place.line > 0 && !problem.source_line.empty()) {
    const std::string number = std::to_string(problem.place.line);
    std::string printable = problem.source_line;
    // Every control character becomes one column, so that the caret below stays in place.
    for (char& c : printable)
      if (static_cast<unsigned char>(c) < 0x20U || c == '\x7f') c = c == '\t' ? ' ' : '?';
    out += "  " + number + " | " + printable + "\n";
    out += "  " + std::string(number.size(), ' ') + " | " + padding(printable, problem.place.column - 1) + "^\n";
  }
  if (!problem.remedy.empty()) out += "  " + i18n::render(problem.remedy, language) + "\n";
  return out;
}

std::string format(const std::vector<Diagnostic>& problems, i18n::Language language) {
  std::string out;
  for (const Diagnostic& problem : problems) out += format(problem, language);
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  // One edit, and one more for every three letters.
  const std::size_t max_distance = word.size() / 3 + 1;
  std::size_t best = max_distance + 1;
  std::string answer;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      answer = candidate;
    }
  }
  return answer;
}

i18n::Message suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  if (!near.empty()) return i18n::msg<"usage.did-you-mean">(near);
  std::vector<std::string> names = known;
  std::erase(names, "");  // of interfaces whose own files are wrong
  return names.empty() ? i18n::Message() : i18n::msg<"usage.one-of">(join(names));
}

}  // namespace meterproof::core
