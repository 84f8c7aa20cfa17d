#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

namespace {

std::string painted(Verdict verdict, const TextStyle& style) {
  std::string name = style.translate(std::string(to_string(verdict)));
  if (!style.colour) return name;
  const bool bad = verdict == Verdict::failed || verdict == Verdict::broken;
  return std::string(bad ? "\x1b[31m" : verdict == Verdict::passed ? "\x1b[32m" : "\x1b[33m") + name + "\x1b[0m";
}

/// At most so many columns of a text, on one line.
std::string excerpt(const std::string& text, std::size_t columns = 400) {
  constexpr std::size_t most_bytes = 4;  // of a character, which takes a column at least: what is cut here is cut below
  std::string out = core::sanitize(text.substr(0, most_bytes * (columns + 1)));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return core::truncate_to_width(out, columns);
}

/// A line of a screen.
std::string on_a_line(const std::string& line, const TextStyle& style) { return style.width == 0 ? line : core::truncate_to_width(line, style.width); }

void append_finding(std::string& out, const CaseRecord& one, const TextStyle& style) {
  const auto line = [&](const char* zh, const char* en, const std::string& text) {
    if (text.empty()) return;
    out += "    " + std::string(style.tr(zh, en)) + text + "\n";
  };
  out += painted(one.verdict, style) + "  " + core::sanitize(one.id) + "  (" + core::sanitize(one.section + " " + one.sentence) + ")\n";
  if (style.language == Language::en) line("", "paper     ", core::sanitize(one.meaning));
  line("应为  ", "expected  ", excerpt(style.translate(one.expected)));
  line("实际  ", "observed  ", excerpt(style.translate(one.observed)));
  line("原因  ", "reason    ", excerpt(style.translate(one.reason)));
  line("发送  ", "sent      ", excerpt(one.request.body));
  if (one.reply.transport == "replied") line("收到  ", "received  ", std::to_string(one.reply.status) + " " + excerpt(one.reply.body));
  line("重现  ", "repeat    ", core::sanitize(one.curl));
}

std::string number(double value, const char* format) {
  if (std::isnan(value)) return "-";
  char digits[64];
  std::snprintf(digits, sizeof digits, format, value);
  return digits;
}

bool is_finding(const CaseRecord& one) { return one.verdict == Verdict::broken || one.verdict == Verdict::failed; }

/// Each finding wholly; on a screen the first ones by a line each, the rest by their number.
std::string findings_of(const CheckRecord& record, const TextStyle& style) {
  constexpr std::size_t named = 8;
  std::string out;
  std::size_t count = 0;
  for (const Verdict shown : {Verdict::broken, Verdict::failed})
    for (const CaseRecord& one : record.cases) {
      if (one.verdict != shown) continue;
      ++count;
      if (!style.brief) append_finding(out, one, style);
      else if (count <= named) out += finding_line(one, style) + "\n";
    }
  if (style.brief && count > named) out += std::string(style.tr("……另有 ", "… and ")) + std::to_string(count - named) + style.tr(" 个\n", " more\n");
  if (style.brief && count > 0) out += style.tr("详情：--html FILE 或 --verbose\n", "each with what was sent and received: --html FILE, or --verbose\n");
  return out;
}

/// What is neither good nor bad, by its reason.
std::string others_of(const CheckRecord& record, const TextStyle& style) {
  std::map<std::pair<Verdict, std::string>, std::vector<std::string>> quiet;
  for (const CaseRecord& one : record.cases)
    if (one.verdict == Verdict::warned || one.verdict == Verdict::inconclusive)
      quiet[{one.verdict, excerpt(style.translate(one.reason), style.brief ? 60 : 160)}].push_back(one.id);
  constexpr std::size_t enough = 3, lines_on_a_screen = 4;
  std::string out;
  std::size_t lines = 0;
  for (const auto& [kind, ids] : quiet) {
    const std::string why = painted(kind.first, style) + ": " + kind.second;
    if (style.brief && lines++ == lines_on_a_screen) {
      out += std::string(style.tr("……还有其他原因\n", "… and other reasons\n"));
      break;
    }
    if (style.brief) {
      out += on_a_line(std::to_string(ids.size()) + " " + why, style) + "\n";
      continue;
    }
    std::vector<std::string> first(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(enough, ids.size())));
    out += why + "\n    " + core::sanitize(core::join(first));
    if (ids.size() > enough)
      out +=
          std::string(style.tr(" 等 ", " and ")) + std::to_string(style.language == Language::zh ? ids.size() : ids.size() - enough) + style.tr(" 个", " more");
    out += "\n";
  }
  return out;
}

std::string questions_of(const CheckRecord& record, const TextStyle& style) {
  std::vector<std::string> unseen;
  std::string out;
  std::size_t answered = 0;
  for (const QuestionRecord& question : record.questions) {
    if (question.observed.empty()) {
      unseen.push_back(core::sanitize(question.id));
      continue;
    }
    if (++answered == 1 && !style.brief) out += style.tr("\n文档未明确之处，此系统的做法：\n", "\nopen questions of the paper, as this target answers them:\n");
    if (style.brief && !question.inconsistent) continue;
    out += "    " + core::sanitize(question.id) + ": " + core::sanitize(core::join(question.observed)) +
           (question.inconsistent ? style.tr("（不一致）", ", which is not consistent") : "");
    out += question.accepted.empty()
               ? "\n"
               : std::string(style.tr("（可接受：", " (any of ")) + core::sanitize(core::join(question.accepted)) + style.tr("）\n", ")\n");
  }
  if (style.brief && answered > 0)
    return out + std::to_string(answered) +
           style.tr(" 个文档未明确之处已见到答案（--html 或 --verbose 列出）\n",
                    " open questions of the paper were seen answered (--html or --verbose lists them)\n");
  if (!unseen.empty()) out += std::string(style.tr("    未见到：", "    not seen: ")) + core::join(unseen) + "\n";
  return out;
}

}  // namespace

std::string finding_line(const CaseRecord& one, const TextStyle& style) {
  constexpr std::size_t each = 60;
  return on_a_line(painted(one.verdict, style) + "  " + core::sanitize(one.id) + ": " + excerpt(style.translate(one.expected), each) +
                       style.tr("，实际 ", ", observed ") + excerpt(style.translate(one.observed), each),
                   style);
}

std::string to_text(const CheckRecord& record, const TextStyle& style) {
  std::string out = findings_of(record, style);
  if (!out.empty()) out += "\n";
  out += others_of(record, style) + questions_of(record, style) + "\n";
  if (!style.brief || std::none_of(record.cases.begin(), record.cases.end(), is_finding))
    for (const auto& [name, value] : record.calibration) out += core::sanitize(style.translate(name)) + ": " + core::sanitize(style.translate(value)) + "\n";
  if (!record.filter.empty()) out += std::string(style.tr("仅检查了这些用例：", "of a part of the cases alone: ")) + core::sanitize(record.filter) + "\n";
  if (!record.note.empty()) out += core::sanitize(style.translate(record.note)) + "\n";
  if (record.interrupted) out += style.tr("检查中途停止：未执行的用例无法判断\n", "the check was cut off: what had not been tried is inconclusive\n");
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    if (const std::size_t count = record.count(verdict); count > 0 || verdict == Verdict::passed || verdict == Verdict::failed)
      out += std::to_string(count) + " " + painted(verdict, style) + "  ";
  }
  out += "\n" + core::sanitize(record.target) + " (" + core::sanitize(record.role) + "): " + core::sanitize(style.translate(record.verdict)) + ", " +
         std::to_string(record.cases.size()) + style.tr(" 个用例, ", " cases, ") + std::to_string(record.requests) + style.tr(" 个请求, ", " requests, ") +
         number(record.duration_s, "%.2f") + " s\n";
  return out;
}

}  // namespace meterproof::reports
