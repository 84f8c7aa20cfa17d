// Load records to JSON and back.
#include <cmath>
#include <nlohmann/json.hpp>

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
  for (const auto& [name, count] : all) out[harmless(name)] = count;
  return out;
}

json harmless_list(const std::vector<std::string>& texts) {
  json out = json::array();
  for (const std::string& text : texts) out.push_back(harmless(text));
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
  return {{"begin_s", number(one.begin_s)}, {"requests", one.requests},     {"replies", one.replies},
          {"errors", one.errors},           {"late_sends", one.late_sends}, {"p50", number(one.p50)},
          {"p99", number(one.p99)},         {"max", number(one.max)},       {"result_codes", counts(one.result_codes)}};
}

LoadInterval interval_from(const json& value) {
  return {value.at("begin_s"), value.at("requests"), value.at("replies"), value.at("errors"),      value.at("late_sends"),
          value.at("p50"),     value.at("p99"),      value.at("max"),     value.at("result_codes")};
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
          {"rate_by_interval", list(one.rate_by_interval)}};
}

LoadRun run_from(const json& value) {
  return {number_of(value.at("intended_rate")), number_of(value.at("rate")),   number_of(value.at("p50")), number_of(value.at("p99")),
          number_of(value.at("p999")),          number_of(value.at("errors")), value.at("verdict"),        value.at("p50_by_interval"),
          value.at("p99_by_interval"),          value.at("rate_by_interval")};
}

template <class T>
json list_of(const std::vector<T>& items) {
  json out = json::array();
  for (const T& item : items) out.push_back(to_value(item));
  return out;
}

LoadRecord record_from(const json& value) {
  LoadRecord out;
  const auto take = [&](const char* name, auto& into) { value.at(name).get_to(into); };
  take("tool", out.tool);
  take("started", out.started);
  take("started_at", out.started_at);
  take("target", out.target);
  take("scenario", out.scenario);
  take("mode", out.mode);
  take("stages", out.stages);
  take("arrival", out.arrival);
  take("shard", out.shard);
  take("seed", out.seed);
  take("exit_code", out.exit_code);
  take("verdict", out.verdict);
  take("requests", out.requests);
  take("replies", out.replies);
  take("good", out.good);
  take("measured", out.measured);
  take("duration_s", out.duration_s);
  take("warm_up_s", out.warm_up_s);
  take("measured_s", out.measured_s);
  take("rate", out.rate);
  take("intended_rate", out.intended_rate);
  take("connections", out.connections);
  take("meters", out.meters);
  take("apps", out.apps);
  out.latency = latency_from(value.at("latency_ms"));
  out.service = latency_from(value.at("service_ms"));
  out.lateness = latency_from(value.at("lateness_ms"));
  take("result_codes", out.result_codes);
  take("by_interface", out.by_interface);
  take("errors", out.errors);
  take("late_sends", out.late_sends);
  take("cpu_us_per_request", out.cpu_us_per_request);
  take("cpu_share", out.cpu_share);
  for (const json& one : value.at("reconciliation")) out.reconciliation.push_back(reconciliation_from(one));
  for (const json& one : value.at("gates")) out.gates.push_back({one.at("gate"), one.at("met"), one.at("found")});
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
  json gates = json::array();
  for (const GateRecord& gate : record.gates) gates.push_back({{"gate", harmless(gate.text)}, {"met", gate.met}, {"found", gate.found}});
  const json out = {{"schema", schema},
                    {"tool", record.tool},
                    {"started", record.started},
                    {"started_at", number(record.started_at)},
                    {"target", record.target},
                    {"scenario", harmless(record.scenario)},
                    {"mode", record.mode},
                    {"stages", record.stages},
                    {"arrival", record.arrival},
                    {"shard", record.shard},
                    {"seed", record.seed},
                    {"exit_code", record.exit_code},
                    {"verdict", harmless(record.verdict)},
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
                    {"result_codes", counts(record.result_codes)},
                    {"by_interface", by_interface},
                    {"errors", counts(record.errors)},
                    {"late_sends", record.late_sends},
                    {"cpu_us_per_request", number(record.cpu_us_per_request, 1000)},
                    {"cpu_share", number(record.cpu_share, 1000)},
                    {"reconciliation", list_of(record.reconciliation)},
                    {"gates", gates},
                    {"runs", list_of(record.runs)},
                    {"notes", harmless_list(record.notes)},
                    {"series", list_of(record.series)},
                    {"histograms", json(record.histograms)}};
  return out.dump(1) + "\n";
}

std::optional<LoadRecord> load_record_from(const std::string& text, std::string& why) {
  try {
    const json value = json::parse(text);
    if (!value.is_object() || value.value("schema", "") != schema) {
      why = std::string("it is no record of a load run (") + schema + ")";
      return std::nullopt;
    }
    return record_from(value);
  } catch (const json::exception& error) {
    why = harmless(error.what());
    return std::nullopt;
  }
}

}  // namespace meterproof::reports
