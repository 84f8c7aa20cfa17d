#include <algorithm>
#include <cstdio>
#include <map>

#include "core/text/utf8.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {
namespace {

/// Text for XML 1.0: markup escaped, and the characters that XML has no way to write left out.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : core::sanitize(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += c;
    }
  }
  // U+FFFE and U+FFFF are UTF-8, but no XML.
  for (const char* forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (std::size_t at = out.find(forbidden); at != std::string::npos; at = out.find(forbidden)) out.replace(at, 3, "\xEF\xBF\xBD");
  return out;
}

/// "2026-01-31 08:30:00 UTC" as the JUnit schemas want it: 2026-01-31T08:30:00.
std::string iso_8601(std::string time) {
  constexpr std::size_t length = 19;
  if (time.size() > length && time[10] == ' ') time[10] = 'T';
  return time.substr(0, length);
}

std::string seconds(double milliseconds) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6f", milliseconds / 1000);
  return digits;
}

std::string details(const CaseRecord& one) {
  return "section " + one.section + ": " + one.sentence + " (" + one.meaning + ")\nexpected: " + one.expected + "\nobserved: " + one.observed +
         "\nreason: " + one.reason + "\nsent: " + one.request.body + "\nreceived: " + std::to_string(one.reply.status) + " " + one.reply.body +
         "\nrepeat: " + one.curl;
}

/// Jenkins' schema has no attributes here, and its reader takes the text as well.
std::string skipped(const std::string& why) { return "<skipped>" + escaped(why) + "</skipped>"; }

void append_case(std::string& out, const CaseRecord& one) {
  out += "    <testcase name=\"" + escaped(one.id) + "\" classname=\"meterproof." + escaped(one.interface) + "\" time=\"" + seconds(one.reply.took_ms) + "\"";
  const auto child = [&](const char* name, const std::string& message, const std::string& text) {
    out += ">\n      <" + std::string(name) + " message=\"" + escaped(message) + "\"";
    out += ">" + escaped(text) + "</" + name + ">\n    </testcase>\n";
  };
  switch (one.verdict) {
    case Verdict::passed: out += "/>\n"; return;
    case Verdict::warned: out += ">\n      <system-out>" + escaped("warned: " + one.reason) + "</system-out>\n    </testcase>\n"; return;
    case Verdict::failed: return child("failure", "expected " + one.expected + ", observed " + one.observed, details(one));
    case Verdict::broken: return child("error", one.reason, details(one));
    case Verdict::inconclusive:
    case Verdict::not_applicable:
    case Verdict::waived: out += ">\n      " + skipped(std::string(to_string(one.verdict)) + ": " + one.reason) + "\n    </testcase>\n"; return;
  }
}

}  // namespace

std::string to_junit(const CheckRecord& record) {
  // A run that judged nothing is no success: readers of JUnit see no exit code.
  CaseRecord unjudged;
  unjudged.id = "run";
  unjudged.interface = "meterproof";
  unjudged.verdict = Verdict::broken;
  unjudged.reason = record.verdict + (record.interrupted ? ", cut off" : "") + (record.note.empty() ? "" : ": " + record.note);
  std::map<std::string, std::vector<const CaseRecord*>> suites;
  for (const CaseRecord& one : record.cases) suites[one.interface].push_back(&one);
  if (record.exit_code > 1) suites[unjudged.interface].push_back(&unjudged);
  const auto counts = [&](const std::vector<const CaseRecord*>& cases) {
    std::size_t failures = 0, errors = 0, skipped = 0;
    double time = 0;
    for (const CaseRecord* one : cases) {
      time += one->reply.took_ms;
      if (one->verdict == Verdict::failed) ++failures;
      else if (one->verdict == Verdict::broken) ++errors;
      else if (one->verdict != Verdict::passed && one->verdict != Verdict::warned) ++skipped;
    }
    return " tests=\"" + std::to_string(cases.size()) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
           "\" skipped=\"" + std::to_string(skipped) + "\" time=\"" + seconds(time) + "\"";
  };
  std::vector<const CaseRecord*> all;
  for (const auto& [name, cases] : suites) all.insert(all.end(), cases.begin(), cases.end());
  std::string all_counts = counts(all);
  all_counts.replace(all_counts.find(" skipped="), all_counts.find(" time=") - all_counts.find(" skipped="), "");
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meterproof " + escaped(record.role) + " " + escaped(record.target) +
                    (record.filter.empty() ? "" : " " + escaped(record.filter) + " alone") + "\"" + all_counts + ">\n";
  for (const auto& [name, cases] : suites) {
    out += "  <testsuite name=\"" + escaped(name) + "\"" + counts(cases) + " timestamp=\"" + escaped(iso_8601(record.started)) + "\">\n";
    for (const CaseRecord* one : cases) append_case(out, *one);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

std::string to_junit(const LoadRecord& record) {
  struct Test {
    std::string name, trouble;
    bool skipped = false;
  };
  std::vector<Test> tests;
  const bool unjudged = record.exit_code > 1;
  tests.push_back({"load", record.exit_code == 0 ? "" : record.verdict, unjudged && record.exit_code != 3});
  for (const ThresholdRecord& gate : record.thresholds) tests.push_back({gate.text, gate.met ? "" : "found " + gate.found, false});
  for (const ReconciliationRecord& one : record.reconciliation)
    tests.push_back({"reconciled " + one.name,
                     one.lost + one.doubled + one.unasked == 0
                         ? ""
                         : std::to_string(one.lost) + " lost, " + std::to_string(one.doubled) + " doubled, " + std::to_string(one.unasked) + " not known",
                     false});
  for (const DifferenceRecord& one : record.differences)
    tests.push_back({"compared " + one.metric, one.verdict == "worse" ? "worse than the base" : "", false});
  const auto failures = std::count_if(tests.begin(), tests.end(), [](const Test& one) { return !one.trouble.empty() && !one.skipped; });
  const auto unjudged_tests = std::count_if(tests.begin(), tests.end(), [](const Test& one) { return one.skipped; });
  const std::string time = seconds(record.duration_s * 1000);
  const std::string counted = " tests=\"" + std::to_string(tests.size()) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"0\"";
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meterproof load " + escaped(record.target) + "\"" + counted + " time=\"" +
                    time + "\">\n  <testsuite name=\"" + escaped(record.workload) + "\"" + counted + " skipped=\"" + std::to_string(unjudged_tests) +
                    "\" time=\"" + time + "\" timestamp=\"" + escaped(iso_8601(record.started)) + "\">\n";
  for (const Test& one : tests) {
    out += "    <testcase name=\"" + escaped(one.name) + "\" classname=\"meterproof.load\" time=\"" + (&one == &tests.front() ? time : "0") + "\"";
    if (one.trouble.empty()) out += "/>\n";
    else out += ">\n      " + (one.skipped ? skipped(one.trouble) : "<failure message=\"" + escaped(one.trouble) + "\"/>") + "\n    </testcase>\n";
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace meterproof::reports
