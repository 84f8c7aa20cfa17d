// SPDX-License-Identifier: Apache-2.0
#include "reports/badge.hpp"

#include <cmath>
#include <cstdio>
#include <variant>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/junit.hpp"
#include "reports/report_writer.hpp"

namespace meterproof::reports {

using i18n::Message;
using i18n::msg;

namespace {

// White on each of them has a contrast of 4.5 and more (WCAG 2.2, 1.4.3).
constexpr const char *good = "#1a7f37", *partly = "#8a5a00", *bad = "#b3261e", *unknown = "#57606a";

/// "2026-11-29" of "2026-11-29 21:35:44 UTC".
Message date_of(const std::string& started) {
  constexpr std::size_t length = 10;
  return i18n::verbatim(started.substr(0, length));
}

/// In pixels, at the size that the badge is written in.
std::size_t width_of(const std::string& text) {
  constexpr std::size_t column = 7, padding = 12;
  return core::display_width(text) * column + padding;
}

std::string draw(const std::vector<Message>& parts, const char* colour, Language language) {
  const std::string label = "meterproof";
  std::vector<std::string> texts;
  texts.reserve(parts.size());
  for (const Message& part : parts) texts.push_back(core::sanitize(render(part, language)));
  const std::string value = core::join(texts, " · ");
  const std::size_t left = width_of(label), right = width_of(value);
  const auto text = [](std::size_t from, std::size_t width, const std::string& shown) {
    constexpr std::size_t margin = 12;
    return "<text x=\"" + std::to_string(from + width / 2) + "\" y=\"14\" textLength=\"" + std::to_string(width - margin) +
           "\" lengthAdjust=\"spacingAndGlyphs\">" + xml_escaped(shown) + "</text>";
  };
  const auto box = [](std::size_t from, std::size_t width, const char* fill) {
    return "<rect x=\"" + std::to_string(from) + "\" width=\"" + std::to_string(width) + "\" height=\"20\" fill=\"" + fill + "\"/>";
  };
  const std::string title = xml_escaped(label + ": " + value);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(left + right) + "\" height=\"20\" role=\"img\" aria-label=\"" + title +
         "\"><title>" + title + "</title>" + box(0, left, "#24292f") + box(left, right, colour) +
         "<g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,'Noto Sans CJK SC',sans-serif\" font-size=\"11\">" + text(0, left, label) +
         text(left, right, value) + "</g></svg>\n";
}

}  // namespace

std::string to_badge(const CheckRecord& record, Language language) {
  const bool is_part = !record.selection.is_all() || !record.filter.empty();
  std::vector<Message> parts = {to_message(record.verdict)};
  if (is_part && record.planned) parts.push_back(msg<"badge.part">(record.cases.size(), *record.planned));
  else if (is_part) parts.push_back(msg<"badge.cases">(record.cases.size()));
  if (record.reach) parts.push_back(msg<"badge.reach">(record.reach->judged, record.reach->clauses));
  else if (!is_part) parts.push_back(msg<"badge.cases">(record.cases.size()));
  if (record.subject && !record.subject->version.empty()) parts.push_back(msg<"badge.release">(record.subject->version));
  parts.push_back(msg<"badge.suite">(record.suite.version));
  parts.push_back(date_of(record.started));
  const char* colour = unknown;
  if (record.verdict == RunVerdict::does_not_conform) colour = bad;
  else if (record.verdict == RunVerdict::conforms) colour = !is_part && record.reach && record.reach->is_full() ? good : partly;
  return draw(parts, colour, language);
}

std::string to_badge(const LoadRecord& record, Language language) {
  std::vector<Message> parts;
  if (record.exit_code > 1) {
    parts.push_back(msg<"badge.load-not-judged">());
  } else {
    parts.push_back(msg<"badge.rate">(number(record.rate, "%.0f")));
    if (!std::isnan(record.response_time.p99)) parts.push_back(msg<"badge.p99">(number(record.response_time.p99, "%.3g")));
    if (record.exit_code == 1) parts.push_back(msg<"badge.load-failed">());
  }
  parts.push_back(i18n::verbatim(record.workload));
  parts.push_back(date_of(record.started));
  return draw(parts, record.exit_code > 1 ? unknown : record.exit_code == 0 ? good : bad, language);
}

namespace {

class BadgeReport final : public ReportWriter {
 public:
  std::string_view name() const override { return "badge"; }
  Message description() const override { return msg<"help.report.badge">(); }
  /// It says one thing.
  bool takes_several() const override { return false; }
  void write_to(std::ostream& out, const std::vector<Record>& records, const ReportOptions& options) const override {
    out << std::visit([&](const auto& one) { return to_badge(one, options.style.language); }, records.front());
  }
};

}  // namespace

std::unique_ptr<ReportWriter> make_badge_report() { return std::make_unique<BadgeReport>(); }

}  // namespace meterproof::reports
