// A load record for a terminal.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/text/utf8.hpp"
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

std::string counted(const std::map<std::string, std::uint64_t>& all, const TextStyle& style) {
  std::string out;
  for (const auto& [name, count] : all) out += (out.empty() ? "" : ", ") + core::sanitize(style.translate(name)) + ": " + std::to_string(count);
  return out.empty() ? style.tr("无", "none") : out;
}

std::string names(const char* what, const std::vector<std::string>& all, std::uint64_t count) {
  constexpr std::size_t shown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, all.size()); ++i) out += (i == 0 ? "" : ", ") + core::sanitize(all[i]);
  if (out.empty()) return out;
  return "             " + std::string(what) + ": " + out + (count > shown ? ", …" : "") + "\n";
}

std::string reconciled(const ReconciliationRecord& one, const TextStyle& style) {
  std::string out = style.tr("  对账 ", "  reconciled ") + core::sanitize(one.name) + ": ";
  const auto add = [&](const char* before, std::uint64_t count, const char* zh, const char* en) {
    out += before + (style.language == Language::zh ? zh + (" " + std::to_string(count)) : std::to_string(count) + " " + en);
  };
  add("", one.acknowledged, "已确认", "acknowledged");
  add(", ", one.standing, "存在", "stand");
  add(", ", one.lost, "丢失", "lost");
  add(", ", one.doubled, "重复", "doubled");
  if (one.unasked > 0) add(", ", one.unasked, "未知（查询没有应答）", "not known (the query got no answer)");
  add("; ", one.unacknowledged, "未确认", "unacknowledged");
  if (one.unacknowledged > 0) add(style.tr("，其中", ", of which "), one.unacknowledged_standing, "存在", "stand");
  return out + "\n" + names(style.tr("丢失", "lost"), one.lost_names, one.lost) + names(style.tr("重复", "doubled"), one.doubled_names, one.doubled);
}

std::string difference_line(const DifferenceRecord& one, const TextStyle& style) {
  const bool errors = one.metric == "errors";
  const double unit = errors ? 100 : 1;
  char figures[200];
  std::snprintf(figures, sizeof figures,
                style.tr("%.3f%s, 基准 %.3f: %s%.3f (95 %% 在 %.3f 与 %.3f 之间), ", "%.3f%s, was %.3f: %s%.3f (95 %% between %.3f and %.3f), "),
                unit * one.current,
                errors                 ? " %"
                : one.metric == "rate" ? "/s"
                                       : " ms",
                unit * one.base, errors ? style.tr("差 ", "by ") : "x", unit * one.change, unit * one.low, unit * one.high);
  std::string metric = core::sanitize(one.metric);
  metric.resize(std::max<std::size_t>(metric.size(), 6), ' ');
  const std::string begin = style.tr("  比较       ", "  compared   ") + metric + " ";
  if (one.verdict == "unsure") return begin + style.tr("未比较：测量不足五秒\n", "not compared: fewer than five seconds were measured\n");
  const char* verdict = one.verdict == "worse"    ? style.tr("变差", "WORSE")
                        : one.verdict == "better" ? style.tr("变好", "better")
                                                  : style.tr("无实质差别", "no real difference");
  return begin + figures + verdict + "\n";
}

std::string step_line(const LoadRun& run, const TextStyle& style) {
  return "  " + number(run.intended_rate, "%10.1f") + style.tr("/s  实际 ", "/s  achieved ") + number(run.rate, "%.1f") + "/s  p50 " + number(run.p50, "%.3f") +
         "  p99 " + number(run.p99, "%.3f") + "  p99.9 " + number(run.p999, "%.3f") + style.tr(" ms  错误 ", " ms  errors ") +
         number(run.errors * 100, "%.3f") + " %  " + core::sanitize(style.translate(run.verdict)) + "\n";
}

}  // namespace

std::string to_text(const LoadRecord& record, const TextStyle& style) {
  std::string out = core::sanitize(record.target) + "  " + core::sanitize(record.workload) + ", " +
                    (record.mode == "open" ? style.tr("开环", "open loop") : style.tr("闭环", "closed loop")) + ", " + std::to_string(record.connections) +
                    style.tr(" 个连接, ", " connections, ") + std::to_string(record.meters) + style.tr(" 只表, ", " meters, ") + std::to_string(record.apps) +
                    (record.apps == 1 ? " appId" : style.tr(" 个 appId", " appIds")) +
                    (record.shard.empty() ? "" : style.tr("，分片 ", ", shard ") + core::sanitize(record.shard)) + "\n";
  for (const std::string& stage : record.stages)
    out += style.tr("  阶段       ", "  stage      ") + core::sanitize(style.translate(stage)) +
           (record.arrival == "poisson" ? style.tr("，泊松到达", ", Poisson arrivals") : "") + "\n";
  for (const LoadRun& run : record.runs) out += step_line(run, style);
  out += std::string(style.tr("  请求       ", "  requests   ")) + std::to_string(record.requests) + style.tr(", 应答 ", ", replies ") +
         std::to_string(record.replies) + style.tr(", 历时 ", " in ") + number(record.duration_s, "%.1f") + " s";
  if (record.warm_up_s > 0)
    out += std::string(style.tr("; 预热 ", "; measured ")) +
           (style.language == Language::zh ? number(record.warm_up_s, "%.1f") + " s 之后计入 " + std::to_string(record.measured)
                                           : std::to_string(record.measured) + " after a warm-up of " + number(record.warm_up_s, "%.1f") + " s");
  out += std::string(style.tr("\n  速率       ", "\n  rate       ")) + number(record.rate, "%.1f") + "/s";
  if (record.intended_rate > 0) out += std::string(style.tr(" (计划 ", " (intended ")) + number(record.intended_rate, "%.1f") + "/s)";
  out += style.tr("\n  延迟, ms                    p50       p90", "\n  latency, ms                 p50       p90") +
         std::string("       p99     p99.9    p99.99       max\n");
  out += latency_line(style.tr("计划发送到应答      ", "intended to answered"), record.latency);
  if (record.intended_rate > 0) {
    out += latency_line(style.tr("发送到应答          ", "sent to answered    "), record.service);
    out += latency_line(style.tr("计划发送到发送      ", "intended to sent    "), record.lateness);
  }
  out += std::string(style.tr("  结果码     ", "  codes      ")) + counted(record.result_codes, style) + "\n";
  if (record.by_interface.size() > 1)
    for (const auto& [name, codes] : record.by_interface) out += "             " + name + " " + counted(codes, style) + "\n";
  out += std::string(style.tr("  错误       ", "  errors     ")) + counted(record.errors, style) + "\n";
  out += std::string(style.tr("  滞后发送   ", "  late sends ")) + std::to_string(record.late_sends) + style.tr(" (工具自身 ", " (by ourselves ") +
         std::to_string(record.generator_late_sends) + style.tr("), 工具 CPU ", "), our CPU ") + number(record.cpu_us_per_request, "%.1f") +
         style.tr(" us/请求, ", " us/request, ") + number(record.cpu_share * 100, "%.0f") + style.tr(" % 的一个核\n", " % of a core\n");
  for (const ReconciliationRecord& one : record.reconciliation) out += reconciled(one, style);
  for (const ThresholdRecord& gate : record.thresholds)
    out += std::string(style.tr("  要求       ", "  require    ")) + core::sanitize(gate.text) + ": " +
           (gate.met ? style.tr("满足", "met") : style.tr("不满足", "NOT MET")) + " (" + core::sanitize(style.translate(gate.found)) + ")\n";
  for (const DifferenceRecord& one : record.differences) out += difference_line(one, style);
  for (const std::string& note : record.notes) out += style.tr("  说明：", "  note: ") + core::sanitize(style.translate(note)) + "\n";
  if (!record.verdict.empty()) out += core::sanitize(style.translate(record.verdict)) + "\n";
  return out;
}

}  // namespace meterproof::reports
