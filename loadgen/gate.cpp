#include "loadgen/gate.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "loadgen/parts.hpp"
#include "spec/model/problem.hpp"
#include "spec/model/request.hpp"
#include "spec/model/text.hpp"

namespace meterproof::load {

using reports::LoadRecord;

namespace {

const std::vector<std::string> metrics = {"p50", "p90", "p99", "p99.9", "p99.99", "max", "mean", "rate", "errors", "late", "lost", "doubled"};
constexpr std::size_t latencies = 7;  // the first of them

bool is_latency(const std::string& metric) { return std::find(metrics.begin(), metrics.begin() + latencies, metric) != metrics.begin() + latencies; }
bool is_countable(const std::string& metric) { return metric == "errors" || metric == "late"; }

/// A limit in the metric's unit; nothing where it has another.
std::optional<double> parse_limit(std::string_view text, const std::string& metric, bool& share) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view unit = spec::trimmed(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
  if (is_latency(metric)) {
    if (unit == "us") return number / 1000;
    if (unit == "s") return number * 1000;
    return unit == "ms" ? std::optional(number) : std::nullopt;
  }
  share = unit == "%";
  if (share) return is_countable(metric) ? std::optional(number / 100) : std::nullopt;
  if (metric == "rate" && unit == "/s") return number;
  return unit.empty() ? std::optional(number) : std::nullopt;
}

double found(const Gate& gate, const LoadRecord& record) {
  const auto& latency = record.latency;
  const double values[] = {latency.p50, latency.p90, latency.p99, latency.p999, latency.p9999, latency.max, latency.mean};
  const auto at = static_cast<std::size_t>(std::find(metrics.begin(), metrics.end(), gate.metric) - metrics.begin());
  if (at < latencies) return values[at];
  if (gate.metric == "rate") return record.rate;
  if (is_countable(gate.metric)) {
    const auto count = static_cast<double>(gate.metric == "late" ? record.late_sends : record.failures());
    if (record.requests == 0) return reports::LatencyRecord::unknown;
    return gate.share ? count / static_cast<double>(record.requests) : count;
  }
  if (record.reconciliation.empty()) return reports::LatencyRecord::unknown;
  double sum = 0;
  for (const reports::ReconciliationRecord& one : record.reconciliation)
    sum += static_cast<double>(gate.metric == "lost" ? one.lost + one.unasked : one.doubled);
  return sum;
}

bool holds(double value, Gate::Relation relation, double limit) {
  switch (relation) {
    case Gate::Relation::below: return value < limit;
    case Gate::Relation::at_most: return value <= limit;
    case Gate::Relation::above: return value > limit;
    case Gate::Relation::at_least: return value >= limit;
    case Gate::Relation::equal: return value == limit;
  }
  return false;
}

std::string shown(const Gate& gate, double value) {
  char out[64];
  if (std::isnan(value)) return is_latency(gate.metric) ? "the sample is too small to say" : "nothing was reconciled (--reconcile)";
  if (is_latency(gate.metric)) std::snprintf(out, sizeof out, "%.3f ms", value);
  else if (gate.metric == "rate") std::snprintf(out, sizeof out, "%.1f/s", value);
  else if (gate.share) std::snprintf(out, sizeof out, "%.4f %%", value * 100);
  else std::snprintf(out, sizeof out, "%.0f", value);
  return out;
}

std::optional<Gate> parse_gate(std::string_view text, std::string& why) {
  Gate gate;
  gate.text = spec::trimmed(text);
  const std::size_t at = gate.text.find_first_of("<>=");
  const auto complain = [&](const std::string& what) {
    why = "\"" + gate.text + "\": " + what;
    return std::nullopt;
  };
  if (at == std::string::npos) return complain("write a metric, a relation and a limit, like p99<50ms, rate>=5000, errors<0.1%");
  gate.metric = spec::trimmed(std::string_view(gate.text).substr(0, at));
  if (gate.metric == "p999") gate.metric = "p99.9";
  if (gate.metric == "p9999") gate.metric = "p99.99";
  if (std::find(metrics.begin(), metrics.end(), gate.metric) == metrics.end())
    return complain("no metric \"" + gate.metric + "\"; " + spec::suggestion(gate.metric, metrics));
  const bool with_equal = gate.text[at] != '=' && at + 1 < gate.text.size() && gate.text[at + 1] == '=';
  using Relation = Gate::Relation;
  if (gate.text[at] == '=') gate.relation = Relation::equal;
  else if (gate.text[at] == '<') gate.relation = with_equal ? Relation::at_most : Relation::below;
  else gate.relation = with_equal ? Relation::at_least : Relation::above;
  const std::string_view limit = spec::trimmed(std::string_view(gate.text).substr(at + (with_equal ? 2 : 1)));
  const auto number = parse_limit(limit, gate.metric, gate.share);
  if (!number)
    return complain(is_latency(gate.metric)     ? "a latency has a unit: us, ms or s"
                    : is_countable(gate.metric) ? "a number, or a share with %, is expected"
                                                : "a number is expected");
  gate.limit = *number;
  return gate;
}

}  // namespace

std::optional<std::vector<Gate>> parse_gates(const std::string& text, std::string& why) {
  std::vector<Gate> out;
  for (const std::string_view part : parts_of(text)) {
    auto gate = parse_gate(part, why);
    if (!gate) return std::nullopt;
    out.push_back(std::move(*gate));
  }
  return out;
}

reports::GateRecord judged(const Gate& gate, const LoadRecord& record) {
  const double value = found(gate, record);
  return {gate.text, !std::isnan(value) && holds(value, gate.relation, gate.limit), shown(gate, value)};
}

}  // namespace meterproof::load
