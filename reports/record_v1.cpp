// SPDX-License-Identifier: Apache-2.0
#include "reports/record_v1.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/record_json.hpp"

namespace meterproof::reports {

using Json = nlohmann::ordered_json;

namespace {

Json untranslated(const Json& text) { return {{"id", ""}, {"args", Json::object()}, {"en", text.get<std::string>()}}; }

Json untranslated_list(const Json& texts) {
  Json out = Json::array();
  for (const Json& text : texts) out.push_back(untranslated(text));
  return out;
}

void rename(Json& value, const char* from, const char* to) {
  Json moved = value.at(from);  // a new member may move the others
  value.erase(from);
  value[to] = std::move(moved);
}

struct Renamed {
  const char *from, *to;
};

/// What calibration was called: an id and its label were one.
constexpr Renamed calibration_ids[] = {{"HTTP status of refusals", "refusal-status"},     {"repeated timestamps", "repeated-timestamps"},
                                       {"requests possible at once", "requests-at-once"}, {"time zone", "time-zone"},
                                       {"timestamps accepted", "timestamps-accepted"},    {"token", "token"}};
constexpr Renamed check_verdicts[] = {{"does not conform", "does-not-conform"}, {"not judged", "not-judged"}};
constexpr Renamed clocks[] = {{"latency", "response_time"}, {"service", "service_time"}, {"lateness", "queueing_delay"}, {"own_lateness", "generator_lag"}};

template <std::size_t size>
std::string new_name(const Renamed (&names)[size], const std::string& name) {  // NOLINT(*-avoid-c-arrays)
  const auto* const found = std::find_if(std::begin(names), std::end(names), [&](const Renamed& one) { return name == one.from; });
  return found == std::end(names) ? name : found->to;
}

void upgrade_check(Json& record) {
  record["suite"] = {{"name", ""}, {"version", ""}, {"spec_version", ""}, {"rules_digest", ""}};
  record["verdict"] = new_name(check_verdicts, record.at("verdict").get<std::string>());
  rename(record, "only", "filter");
  rename(record, "declared", "declarations");
  const std::string note = record.at("note").get<std::string>();
  record["notes"] = note.empty() ? Json::array() : untranslated_list({note});
  Json calibration = Json::array();
  for (const auto& [name, value] : record.at("calibration").items())
    calibration.push_back({{"id", new_name(calibration_ids, name)}, {"value", untranslated(value)}});
  record["calibration"] = std::move(calibration);
  for (Json& one : record.at("cases")) {
    one["requirement"] = {{"zh", one.at("sentence")}, {"en", one.at("meaning")}};
    one["title"] = {{"zh", one.at("sentence")}, {"en", one.at("meaning")}};
    for (const char* name : {"expected", "observed", "reason"}) one[name] = untranslated(one.at(name));
    rename(one.at("reply"), "outcome", "transport");
  }
  if (!record.contains("evidence")) return;
  rename(record, "evidence", "transcript");
  Json& transcript = record["transcript"];
  rename(transcript, "settle_ms", "effect_timeout_ms");
  rename(transcript, "known", "fixtures");
  rename(transcript, "explore", "random_steps");
  rename(transcript, "faults", "fault_hooks");
  for (Json& event : transcript.at("events")) {
    if (event.contains("replies"))
      for (Json& reply : event["replies"]) rename(reply, "outcome", "transport");
    if (event.at("kind") != "hook" || !event.contains("text")) continue;
    event["message"] = untranslated(event["text"]);
    event.erase("text");
  }
}

void upgrade_load(Json& record) {
  rename(record, "scenario", "workload");
  record["stages"] = untranslated_list(record.at("stages"));
  record["notes"] = untranslated_list(record.at("notes"));
  record["verdict"] = untranslated(record.at("verdict"));
  Json errors = Json::array();
  for (const auto& [cause, count] : record.at("errors").items()) errors.push_back({{"cause", untranslated(cause)}, {"count", count}});
  record["errors"] = std::move(errors);
  for (const auto& [from, to] : clocks) rename(record, (std::string(from) + "_ms").c_str(), (std::string(to) + "_ms").c_str());
  for (const char* const member : {"histograms", "curves"}) {
    Json named = Json::object();
    for (const auto& [name, value] : record.at(member).items()) named[new_name(clocks, name)] = value;
    record[member] = std::move(named);
  }
  rename(record, "own_late_sends", "generator_late_sends");
  rename(record, "late_limit_ms", "max_generator_lag_ms");
  for (Json& one : record.at("reconciliation")) {
    rename(one, "standing", "confirmed");
    rename(one, "unacknowledged_standing", "unacknowledged_confirmed");
    rename(one, "unasked", "not_queried");
    rename(one, "doubled", "duplicated");
    rename(one, "doubled_names", "duplicated_names");
  }
  rename(record, "gates", "thresholds");
  for (Json& one : record["thresholds"]) {
    rename(one, "gate", "threshold");
    one["found"] = untranslated(one.at("found"));
  }
  for (Json& run : record.at("runs")) run["verdict"] = untranslated(run.at("verdict"));
}

}  // namespace

std::string predecessor(std::string_view schema) { return std::string(schema.substr(0, schema.rfind('/'))) + "/1"; }

std::string upgraded(const std::string& json) {
  Json record = Json::parse(json);
  const bool check = record.at("schema").get<std::string>() == predecessor(check_schema);
  if (check) upgrade_check(record);
  else upgrade_load(record);
  record["schema"] = check ? check_schema : load_schema;
  return record.dump();
}

}  // namespace meterproof::reports
