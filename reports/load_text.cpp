// A load record for a terminal.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

namespace {

std::string number(double value, const char* format) {
  if (std::isnan(value)) return "-";
  char out[64];
  std::snprintf(out, sizeof out, format, value);
  return out;
}

std::string latency_line(const char* name, const LatencyRecord& latency) {
  const auto column = [](double value) {
    char out[32];
    std::snprintf(out, sizeof out, "%10s", number(value, "%.3f").c_str());
    return std::string(out);
  };
  return std::string("  ") + name + column(latency.p50) + column(latency.p90) + column(latency.p99) + column(latency.p999) + column(latency.p9999) +
         column(latency.max) + "\n";
}

std::string counted(const std::map<std::string, std::uint64_t>& all) {
  std::string out;
  for (const auto& [name, count] : all) out += (out.empty() ? "" : ", ") + harmless(name) + ": " + std::to_string(count);
  return out.empty() ? "none" : out;
}

std::string names(const char* what, const std::vector<std::string>& all, std::uint64_t count) {
  constexpr std::size_t shown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, all.size()); ++i) out += (i == 0 ? "" : ", ") + harmless(all[i]);
  if (out.empty()) return out;
  return "             " + std::string(what) + ": " + out + (count > shown ? ", …" : "") + "\n";
}

std::string reconciled(const ReconciliationRecord& one) {
  std::string out = "  reconciled " + harmless(one.name) + ": " + std::to_string(one.acknowledged) + " acknowledged, " + std::to_string(one.standing) +
                    " stand, " + std::to_string(one.lost) + " lost, " + std::to_string(one.doubled) + " doubled";
  if (one.unasked > 0) out += ", " + std::to_string(one.unasked) + " not known (the query got no answer)";
  out += "; " + std::to_string(one.unacknowledged) + " unacknowledged";
  if (one.unacknowledged > 0) out += ", of which " + std::to_string(one.unacknowledged_standing) + " stand";
  return out + "\n" + names("lost", one.lost_names, one.lost) + names("doubled", one.doubled_names, one.doubled);
}

std::string difference_line(const DifferenceRecord& one) {
  char out[200];
  const std::string metric = harmless(one.metric);
  if (one.verdict == "unsure") {
    std::snprintf(out, sizeof out, "  compared   %-6s not compared: fewer than five seconds were measured\n", metric.c_str());
  } else {
    const std::string verdict = one.verdict == "worse" ? "WORSE" : one.verdict == "better" ? "better" : "no real difference";
    const bool errors = metric == "errors";
    const double unit = errors ? 100 : 1;
    std::snprintf(out, sizeof out, "  compared   %-6s %.3f%s, was %.3f: %s%.3f (95 %% between %.3f and %.3f), %s\n", metric.c_str(), unit * one.current,
                  errors             ? " %"
                  : metric == "rate" ? "/s"
                                     : " ms",
                  unit * one.base, errors ? "by " : "x", unit * one.change, unit * one.low, unit * one.high, verdict.c_str());
  }
  return out;
}

std::string step_line(const LoadRun& run) {
  return "  " + number(run.intended_rate, "%10.1f") + "/s  achieved " + number(run.rate, "%.1f") + "/s  p50 " + number(run.p50, "%.3f") + "  p99 " +
         number(run.p99, "%.3f") + "  p99.9 " + number(run.p999, "%.3f") + " ms  errors " + number(run.errors * 100, "%.3f") + " %  " + harmless(run.verdict) +
         "\n";
}

}  // namespace

std::string to_text(const LoadRecord& record, const TextStyle& style) {
  std::string out = harmless(record.target) + "  " + harmless(record.scenario) + ", " +
                    (record.mode == "open" ? style.say("开环", "open loop") : style.say("闭环", "closed loop")) + ", " + std::to_string(record.connections) +
                    style.say(" 个连接, ", " connections, ") + std::to_string(record.meters) + style.say(" 只表, ", " meters, ") + std::to_string(record.apps) +
                    (record.apps == 1 ? " appId" : style.say(" 个 appId", " appIds")) + (record.shard.empty() ? "" : ", shard " + harmless(record.shard)) +
                    "\n";
  for (const std::string& stage : record.stages) out += "  stage      " + harmless(stage) + (record.arrival == "poisson" ? ", Poisson arrivals" : "") + "\n";
  for (const LoadRun& run : record.runs) out += step_line(run);
  out += std::string(style.say("  请求       ", "  requests   ")) + std::to_string(record.requests) + style.say(", 应答 ", ", replies ") +
         std::to_string(record.replies) + style.say(", 历时 ", " in ") + number(record.duration_s, "%.1f") + " s";
  if (record.warm_up_s > 0)
    out += std::string(style.say("; 预热 ", "; measured ")) +
           (style.language == Language::zh ? number(record.warm_up_s, "%.1f") + " s 之后计入 " + std::to_string(record.measured)
                                           : std::to_string(record.measured) + " after a warm-up of " + number(record.warm_up_s, "%.1f") + " s");
  out += std::string(style.say("\n  速率       ", "\n  rate       ")) + number(record.rate, "%.1f") + "/s";
  if (record.intended_rate > 0) out += std::string(style.say(" (计划 ", " (intended ")) + number(record.intended_rate, "%.1f") + "/s)";
  out += style.say("\n  延迟, ms                    p50       p90", "\n  latency, ms                 p50       p90") +
         std::string("       p99     p99.9    p99.99       max\n");
  out += latency_line(style.say("计划发送到应答      ", "intended to answered"), record.latency);
  if (record.intended_rate > 0) {
    out += latency_line(style.say("发送到应答          ", "sent to answered    "), record.service);
    out += latency_line(style.say("计划发送到发送      ", "intended to sent    "), record.lateness);
  }
  out += std::string(style.say("  结果码     ", "  codes      ")) + counted(record.result_codes) + "\n";
  if (record.by_interface.size() > 1)
    for (const auto& [name, codes] : record.by_interface) out += "             " + name + " " + counted(codes) + "\n";
  out += std::string(style.say("  错误       ", "  errors     ")) + counted(record.errors) + "\n";
  out += std::string(style.say("  滞后发送   ", "  late sends ")) + std::to_string(record.late_sends) + style.say(" (工具自身 ", " (by ourselves ") +
         std::to_string(record.own_late_sends) + style.say("), 工具 CPU ", "), our CPU ") + number(record.cpu_us_per_request, "%.1f") + " us/request, " +
         number(record.cpu_share * 100, "%.0f") + " % of a core\n";
  for (const ReconciliationRecord& one : record.reconciliation) out += reconciled(one);
  for (const GateRecord& gate : record.gates)
    out += std::string(style.say("  要求       ", "  require    ")) + harmless(gate.text) + ": " +
           (gate.met ? style.say("满足", "met") : style.say("不满足", "NOT MET")) + " (" + harmless(gate.found) + ")\n";
  for (const DifferenceRecord& one : record.differences) out += difference_line(one);
  for (const std::string& note : record.notes) out += "  note: " + harmless(note) + "\n";
  if (!record.verdict.empty()) out += harmless(record.verdict) + "\n";
  return out;
}

}  // namespace meterproof::reports
