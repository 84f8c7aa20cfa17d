#include <algorithm>
#include <cmath>
#include <cstdio>

#include "reports/record.hpp"

namespace meterproof::reports {

std::string harmless(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    if (lead < 0x80U) {
      if ((lead < 0x20U && lead != '\n' && lead != '\t') || lead == 0x7FU) {
        char spelled[8];
        std::snprintf(spelled, sizeof spelled, "\\x%02x", static_cast<unsigned>(lead));
        out += spelled;
      } else {
        out += bytes[i];
      }
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xC2U && lead < 0xE0U ? 2 : (lead & 0xF0U) == 0xE0U ? 3 : lead >= 0xF0U && lead < 0xF5U ? 4 : 0;
    bool whole = length > 0 && i + length <= bytes.size();
    for (std::size_t j = 1; whole && j < length; ++j) whole = (static_cast<unsigned char>(bytes[i + j]) & 0xC0U) == 0x80U;
    if (whole && length >= 3) {  // overlong forms, surrogates, beyond U+10FFFF
      const auto second = static_cast<unsigned char>(bytes[i + 1]);
      if ((lead == 0xE0U && second < 0xA0U) || (lead == 0xEDU && second >= 0xA0U) || (lead == 0xF0U && second < 0x90U) || (lead == 0xF4U && second >= 0x90U))
        whole = false;
    }
    out += whole ? bytes.substr(i, length) : "\xEF\xBF\xBD";
    i += whole ? length : 1;
  }
  return out;
}

namespace {

std::string painted(Verdict verdict, bool colour) {
  std::string name(to_string(verdict));
  if (!colour) return name;
  const bool bad = verdict == Verdict::failed || verdict == Verdict::broken;
  return std::string(bad ? "\x1b[31m" : verdict == Verdict::passed ? "\x1b[32m" : "\x1b[33m") + name + "\x1b[0m";
}

/// At most `longest` characters of a body, on one line.
std::string excerpt(const std::string& body, std::size_t longest = 400) {
  std::string out = harmless(body.substr(0, longest));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return body.size() > longest ? out + "…" : out;
}

void append_finding(std::string& out, const CaseRecord& one, bool colour) {
  out += painted(one.verdict, colour) + "  " + harmless(one.id) + "  (" + one.section + " " + one.sentence + ")\n";
  out += "    paper     " + one.meaning + "\n";
  out += "    expected  " + one.expected + "\n";
  out += "    observed  " + excerpt(one.observed) + "\n";
  if (!one.reason.empty()) out += "    reason    " + excerpt(one.reason) + "\n";
  if (!one.request.body.empty()) out += "    sent      " + excerpt(one.request.body) + "\n";
  if (one.reply.outcome == "replied") out += "    received  " + std::to_string(one.reply.status) + " " + excerpt(one.reply.body) + "\n";
  if (!one.curl.empty()) out += "    repeat    " + harmless(one.curl) + "\n";
}

std::string number(double value, const char* format) {
  if (std::isnan(value)) return "-";
  char digits[64];
  std::snprintf(digits, sizeof digits, format, value);
  return digits;
}

}  // namespace

std::string to_text(const CheckRecord& record, bool colour) {
  std::string out;
  for (const Verdict shown : {Verdict::broken, Verdict::failed})
    for (const CaseRecord& one : record.cases)
      if (one.verdict == shown) append_finding(out, one, colour);
  std::map<std::string, std::vector<std::string>> quiet;
  for (const CaseRecord& one : record.cases)
    if (one.verdict == Verdict::warned || one.verdict == Verdict::inconclusive)
      quiet[std::string(to_string(one.verdict)) + ": " + excerpt(one.reason, 160)].push_back(one.id);
  if (!out.empty()) out += "\n";
  for (const auto& [why, ids] : quiet) {
    constexpr std::size_t enough = 3;
    std::vector<std::string> first(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(enough, ids.size())));
    out += why + "\n    " + harmless(spec::joined(first)) + (ids.size() > enough ? " and " + std::to_string(ids.size() - enough) + " more" : "") + "\n";
  }
  std::vector<std::string> unseen;
  bool heading = false;
  for (const QuestionRecord& question : record.questions) {
    if (question.observed.empty()) {
      unseen.push_back(question.id);
      continue;
    }
    if (!heading) out += "\nopen questions of the paper, as this target answers them:\n";
    heading = true;
    out += "    " + question.id + ": " + harmless(spec::joined(question.observed)) + (question.inconsistent ? ", which is not consistent" : "");
    out += question.accepted.empty() ? "\n" : " (any of " + spec::joined(question.accepted) + ")\n";
  }
  if (!unseen.empty()) out += "    not seen: " + spec::joined(unseen) + "\n";
  out += "\n";
  for (const auto& [name, value] : record.calibration) out += name + ": " + harmless(value) + "\n";
  if (!record.note.empty()) out += harmless(record.note) + "\n";
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    if (const std::size_t count = record.count(verdict); count > 0 || verdict == Verdict::passed || verdict == Verdict::failed)
      out += std::to_string(count) + " " + painted(verdict, colour) + "  ";
  }
  out += "\n" + record.target + " (" + record.role + "): " + record.verdict + ", " + std::to_string(record.cases.size()) + " cases, " +
         std::to_string(record.requests) + " requests, " + number(record.duration_s, "%.2f") + " s\n";
  return out;
}

}  // namespace meterproof::reports
