// Load records to JSON and back.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text/json_depth.hpp"
#include "core/text/utf8.hpp"
#include "reports/load_record.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

using json = nlohmann::ordered_json;

namespace {

constexpr const char* schema = "meterproof/load/1";

json number(double value, double unit = 1e6) { return std::isfinite(value) ? json(std::round(value * unit) / unit) : json(); }
double number_of(const json& value) { return value.is_number() ? value.get<double>() : LatencyRecord::unknown; }

json counts(const std::map<std::string, std::uint64_t>& all) {
  json out = json::object();
  for (const auto& [name, count] : all) out[core::sanitize(name)] = count;
  return out;
}

json harmless_list(const std::vector<std::string>& texts) {
  json out = json::array();
  for (const std::string& text : texts) out.push_back(core::sanitize(text));
  return out;
}

json to_value(const LatencyRecord& latency) {
  constexpr double micro = 1000;
  return {{"p50", number(latency.p50, micro)},   {"p90", number(latency.p90, micro)},     {"p99", number(latency.p99, micro)},
          {"p999", number(latency.p999, micro)}, {"p9999", number(latency.p9999, micro)}, {"max", number(latency.max, micro)},
          {"mean", number(latency.mean, micro)}};
}

LatencyRecord latency_from(const json& value) {
  return {number_of(value.at("p50")),   number_of(value.at("p90")), number_of(value.at("p99")), number_of(value.at("p999")),
          number_of(value.at("p9999")), number_of(value.at("max")), number_of(value.at("mean"))};
}

json to_value(const LoadInterval& one) {
  json out = {{"begin_s", number(one.begin_s)}, {"requests", one.requests},
              {"replies", one.replies},         {"good", one.good},
              {"errors", one.errors},           {"late_sends", one.late_sends},
              {"p50", number(one.p50)},         {"p99", number(one.p99)},
              {"max", number(one.max)},         {"result_codes", counts(one.result_codes)}};
  if (!one.histogram.empty()) out["histogram"] = one.histogram;
  return out;
}

LoadInterval interval_from(const json& value) {
  LoadInterval out;
  value.at("begin_s").get_to(out.begin_s);
  value.at("requests").get_to(out.requests);
  value.at("replies").get_to(out.replies);
  value.at("good").get_to(out.good);
  value.at("errors").get_to(out.errors);
  value.at("late_sends").get_to(out.late_sends);
  out.p50 = number_of(value.at("p50"));
  out.p99 = number_of(value.at("p99"));
  out.max = number_of(value.at("max"));
  value.at("result_codes").get_to(out.result_codes);
  out.histogram = value.value("histogram", "");
  return out;
}

json to_value(const ReconciliationRecord& one) {
  return {{"name", one.name},
          {"acknowledged", one.acknowledged},
          {"standing", one.standing},
          {"lost", one.lost},
          {"doubled", one.doubled},
          {"unasked", one.unasked},
          {"unacknowledged", one.unacknowledged},
          {"unacknowledged_standing", one.unacknowledged_standing},
          {"lost_names", harmless_list(one.lost_names)},
          {"doubled_names", harmless_list(one.doubled_names)}};
}

ReconciliationRecord reconciliation_from(const json& value) {
  return {value.at("name"),       value.at("acknowledged"), value.at("standing"),       value.at("lost"),
          value.at("doubled"),    value.at("unasked"),      value.at("unacknowledged"), value.at("unacknowledged_standing"),
          value.at("lost_names"), value.at("doubled_names")};
}

json to_value(const DifferenceRecord& one) {
  return {{"metric", one.metric},   {"base", number(one.base)}, {"current", number(one.current)}, {"change", number(one.change)},
          {"low", number(one.low)}, {"high", number(one.high)}, {"verdict", one.verdict}};
}

DifferenceRecord difference_from(const json& value) {
  return {value.at("metric"), value.at("base"), value.at("current"), value.at("change"), value.at("low"), value.at("high"), value.at("verdict")};
}

json list(const std::vector<double>& values) {
  json out = json::array();
  for (const double value : values) out.push_back(number(value));
  return out;
}

json to_value(const LoadRun& one) {
  return {{"intended_rate", number(one.intended_rate)},
          {"rate", number(one.rate)},
          {"p50", number(one.p50)},
          {"p99", number(one.p99)},
          {"p999", number(one.p999)},
          {"errors", number(one.errors, 1e9)},
          {"verdict", one.verdict},
          {"p50_by_interval", list(one.p50_by_interval)},
          {"p99_by_interval", list(one.p99_by_interval)},
          {"rate_by_interval", list(one.rate_by_interval)},
          {"errors_by_interval", list(one.errors_by_interval)}};
}

LoadRun run_from(const json& value) {
  return {number_of(value.at("intended_rate")), number_of(value.at("rate")),   number_of(value.at("p50")),    number_of(value.at("p99")),
          number_of(value.at("p999")),          number_of(value.at("errors")), value.at("verdict"),           value.at("p50_by_interval"),
          value.at("p99_by_interval"),          value.at("rate_by_interval"),  value.at("errors_by_interval")};
}

template <class T>
json list_of(const std::vector<T>& items) {
  json out = json::array();
  for (const T& item : items) out.push_back(to_value(item));
  return out;
}

/// No figure of a record is negative, or beyond what a clock or a counter shows; counts are read without a sign.
bool is_plausible(const json& value) {
  constexpr double largest = 1e20;
  if (value.is_number()) return value.get<double>() >= 0 && value.get<double>() < largest;
  if (value.is_object() && value.contains("change")) return true;  // a difference; nothing is counted with it
  return !value.is_structured() || std::all_of(value.begin(), value.end(), is_plausible);
}

std::uint64_t count_of(const json& value) {
  if (!value.is_number_unsigned()) throw json::type_error::create(302, "a count is a whole number", &value);
  return value.get<std::uint64_t>();
}

LoadRecord record_from(const json& value) {
  LoadRecord out;
  const auto take = [&](const char* name, auto& into) { value.at(name).get_to(into); };
  const auto count = [&](const char* name, std::uint64_t& into) { into = count_of(value.at(name)); };
  take("tool", out.tool);
  take("started", out.started);
  take("started_at", out.started_at);
  take("target", out.target);
  take("scenario", out.workload);
  take("mode", out.mode);
  take("stages", out.stages);
  take("arrival", out.arrival);
  take("shard", out.shard);
  count("seed", out.seed);
  take("exit_code", out.exit_code);
  take("interrupted", out.interrupted);
  take("verdict", out.verdict);
  count("requests", out.requests);
  count("replies", out.replies);
  count("good", out.good);
  count("measured", out.measured);
  take("duration_s", out.duration_s);
  take("warm_up_s", out.warm_up_s);
  take("measured_s", out.measured_s);
  take("rate", out.rate);
  take("intended_rate", out.intended_rate);
  count("connections", out.connections);
  count("meters", out.meters);
  count("apps", out.apps);
  out.latency = latency_from(value.at("latency_ms"));
  out.service = latency_from(value.at("service_ms"));
  out.lateness = latency_from(value.at("lateness_ms"));
  out.generator_lag = latency_from(value.at("own_lateness_ms"));
  take("curves", out.curves);
  take("result_codes", out.result_codes);
  take("by_interface", out.by_interface);
  take("errors", out.errors);
  count("late_sends", out.late_sends);
  count("own_late_sends", out.generator_late_sends);
  take("late_limit_ms", out.max_generator_lag_ms);
  take("cpu_us_per_request", out.cpu_us_per_request);
  take("cpu_share", out.cpu_share);
  for (const json& one : value.at("reconciliation")) out.reconciliation.push_back(reconciliation_from(one));
  for (const json& one : value.at("gates")) out.thresholds.push_back({one.at("gate"), one.at("met"), one.at("found")});
  for (const json& one : value.at("differences")) out.differences.push_back(difference_from(one));
  for (const json& one : value.at("runs")) out.runs.push_back(run_from(one));
  for (const json& one : value.at("series")) out.series.push_back(interval_from(one));
  take("histograms", out.histograms);
  take("notes", out.notes);
  return out;
}

}  // namespace

std::string to_json(const LoadRecord& record) {
  json by_interface = json::object();
  for (const auto& [name, codes] : record.by_interface) by_interface[name] = counts(codes);
  json thresholds = json::array();
  for (const ThresholdRecord& gate : record.thresholds) thresholds.push_back({{"gate", core::sanitize(gate.text)}, {"met", gate.met}, {"found", gate.found}});
  const json out = {{"schema", schema},
                    {"tool", record.tool},
                    {"started", record.started},
                    {"started_at", number(record.started_at)},
                    {"target", record.target},
                    {"scenario", core::sanitize(record.workload)},
                    {"mode", record.mode},
                    {"stages", record.stages},
                    {"arrival", record.arrival},
                    {"shard", record.shard},
                    {"seed", record.seed},
                    {"exit_code", record.exit_code},
                    {"interrupted", record.interrupted},
                    {"verdict", core::sanitize(record.verdict)},
                    {"requests", record.requests},
                    {"replies", record.replies},
                    {"good", record.good},
                    {"measured", record.measured},
                    {"duration_s", number(record.duration_s)},
                    {"warm_up_s", number(record.warm_up_s)},
                    {"measured_s", number(record.measured_s)},
                    {"rate", number(record.rate, 1000)},
                    {"intended_rate", number(record.intended_rate, 1000)},
                    {"connections", record.connections},
                    {"meters", record.meters},
                    {"apps", record.apps},
                    {"latency_ms", to_value(record.latency)},
                    {"service_ms", to_value(record.service)},
                    {"lateness_ms", to_value(record.lateness)},
                    {"own_lateness_ms", to_value(record.generator_lag)},
                    {"curves", json(record.curves)},
                    {"result_codes", counts(record.result_codes)},
                    {"by_interface", by_interface},
                    {"errors", counts(record.errors)},
                    {"late_sends", record.late_sends},
                    {"own_late_sends", record.generator_late_sends},
                    {"late_limit_ms", number(record.max_generator_lag_ms)},
                    {"cpu_us_per_request", number(record.cpu_us_per_request, 1000)},
                    {"cpu_share", number(record.cpu_share, 1000)},
                    {"reconciliation", list_of(record.reconciliation)},
                    {"gates", thresholds},
                    {"differences", list_of(record.differences)},
                    {"runs", list_of(record.runs)},
                    {"notes", harmless_list(record.notes)},
                    {"series", list_of(record.series)},
                    {"histograms", json(record.histograms)}};
  return out.dump(1) + "\n";
}

std::optional<LoadRecord> load_record_from(const std::string& text, std::string& why) {
  if (core::is_nested_too_deeply(text)) {
    why = "it is nested too deeply";
    return std::nullopt;
  }
  try {
    const json value = json::parse(text);
    if (!value.is_object() || value.value("schema", "") != schema) {
      why = std::string("it is no record of a load run (") + schema + ")";
      return std::nullopt;
    }
    constexpr double latest = 1e11;  // seconds since 1970: some three thousand years
    if (!is_plausible(value) || value.at("started_at").get<double>() > latest) {
      why = "a figure in it is negative, or too large to be true";
      return std::nullopt;
    }
    return record_from(value);
  } catch (const json::exception& error) {
    why = core::sanitize(error.what());
    return std::nullopt;
  }
}

}  // namespace meterproof::reports
