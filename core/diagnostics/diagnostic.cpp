// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostics/diagnostic.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <unordered_set>

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

/// A message that quotes a megabyte is cut.
std::string shortened(const std::string& text) {
  constexpr std::size_t most = 2000;
  return text.size() <= most ? text : std::string(truncate_utf8(text, most)) + "…";
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

void set_source(Diagnostic& problem, std::string_view line) {
  constexpr int before = 60;
  constexpr std::size_t most = 640;  // bytes; 160 characters of four
  std::size_t at = 0;
  const int skip = std::max(0, problem.place.column - 1 - before);
  for (int skipped = 0; at < line.size() && line.size() > most && skipped < skip; ++skipped) do
      ++at;
    while (at < line.size() && is_continuation_byte(line[at]));
  problem.source_column = at > 0 ? skip + 1 : 1;
  const std::string_view part = line.substr(at);
  problem.source_line = std::string(truncate_utf8(part, most)) + (part.size() > most ? "…" : "");
}

std::string format(const Diagnostic& problem, i18n::Language language) {
  std::string out = problem.place.file;
  if (problem.place.line > 0) out += ":" + std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column);
  if (!out.empty()) out += ": ";
  out += i18n::render(i18n::msg<"file.problem">(problem.message), language);
  out = shortened(sanitize(out)) + "\n";
  if (problem.place.line > 0 && !problem.source_line.empty()) {
    const std::string number = std::to_string(problem.place.line);
    const bool cut = problem.source_column > 1;
    const std::string printable = (cut ? "…" : "") + without_controls(problem.source_line);  // the caret below stays in place
    out += "  " + number + " | " + printable + "\n";
    out += "  " + std::string(number.size(), ' ') + " | " + padding(printable, problem.place.column - problem.source_column + (cut ? 1 : 0)) + "^\n";
  }
  if (!problem.remedy.empty()) out += "  " + shortened(sanitize(i18n::render(problem.remedy, language))) + "\n";
  return out;
}

std::string format(const std::vector<Diagnostic>& problems, i18n::Language language) {
  std::string out;
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < problems.size() && i < most; ++i) out += format(problems[i], language);
  std::size_t more = problems.size() - std::min(problems.size(), most);
  for (const Diagnostic& problem : problems) more += problem.and_more;
  if (more > 0) out += i18n::render(i18n::msg<"file.more-problems">(more), language) + "\n";
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  // One edit, and one more for every three letters.
  constexpr std::size_t longest = 200;  // no name is: the work is bounded
  if (word.size() > longest) return {};
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
  std::vector<std::string> names, begun;  // each once; begun: those whose beginning the word is
  std::unordered_set<std::string_view> seen;
  constexpr std::size_t enough = 3;  // letters
  for (const std::string& one : known) {
    if (one.empty() || !seen.insert(one).second) continue;  // empty: of interfaces whose own files are wrong
    names.push_back(one);
    if (word.size() >= enough && equals_ignoring_case(std::string_view(one).substr(0, word.size()), word)) begun.push_back(one);
  }
  if (begun.size() == 1) return i18n::msg<"usage.did-you-mean">(begun.front());
  if (!begun.empty()) names = std::move(begun);
  constexpr std::size_t most = 100;
  if (names.size() > most) {
    names.resize(most);
    names.emplace_back("…");
  }
  return names.empty() ? i18n::Message() : i18n::msg<"usage.one-of">(join(names));
}

}  // namespace meterproof::core
