// SPDX-License-Identifier: Apache-2.0
#include "attestation/statement.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "attestation/chain.hpp"
#include "attestation/digests.hpp"
#include "attestation/json_tree.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"

namespace meterproof::attestation {

using json = nlohmann::ordered_json;
using i18n::MessageError;
using i18n::msg;

namespace {

/// Members of a check's record that no transcript tells.
constexpr std::array<const char*, 4> vouched_of_a_check{"tool", "duration_s", "subject", "connections_opened"};

/// Members of a load's record that follow from its seconds, its histograms and its thresholds (loadgen::derive), and the first two. All others, also
/// such as a later release adds, are the issuer's word: nobody can tell which thresholds a load was run with.
const Paths& derived_of_a_load() {
  static const Paths paths = [] {
    Paths out{"schema",
              "target",
              "started",
              "exit_code",
              "interrupted",
              "verdict",
              "requests",
              "replies",
              "good",
              "result_codes",
              "late_sends",
              "response_time_ms",
              "intervals",
              "curves",
              "service_time_ms",
              "queueing_delay_ms",
              "generator_lag_ms",
              "thresholds/met",
              "thresholds/unknown",
              "thresholds/found",
              "differences",
              "goals",
              "histograms",
              "runs/errors",
              "runs/p50_by_interval",
              "runs/p95_by_interval",
              "runs/p99_by_interval",
              "runs/rate_by_interval",
              "runs/errors_by_interval"};
    for (const char* second : {"series/", "runs/series/"})
      for (const char* count : {"requests", "replies", "good", "late_sends", "result_codes"}) out.insert(std::string(second) + count);
    return out;
  }();
  return paths;
}

/// How long a reply took is measured, and nothing follows from it; a command line is made where it is shown: a certificate has neither.
void take_unproved(json& value) {
  if (value.is_object() && value.contains("transport")) value.erase("took_ms");
  if (value.is_object() && value.contains("curl")) value["curl"] = "";
  if (value.is_object()) value.erase("powershell");
  if (value.is_structured())
    for (json& member : value) take_unproved(member);
}

void put_durations_back(json& value) {
  if (value.is_object() && value.contains("transport") && !value.contains("took_ms")) value["took_ms"] = 0;
  if (value.is_structured())
    for (json& member : value) put_durations_back(member);
}

/// How much of what the specification states was judged: in the summary two numbers, in the record why not the rest.
json reach_of(const reports::CheckRecord& check) {
  if (!check.reach) return nullptr;
  return {{"clauses", check.reach->clauses}, {"judged", check.reach->judged}};
}

/// The summary of the record.
json subject_of(const reports::CheckRecord& check, const json& record) {
  return {{"target", record.at("target")},
          {"role", record.at("role")},
          {"started", record.at("started")},
          {"suite", record.at("suite")},
          {"verdict", record.at("verdict")},
          {"reach", reach_of(check)},
          {"counts", record.at("summary")},
          {"declarations", record.at("declarations")},
          {"calibration", record.at("calibration")},
          {"filter", record.at("filter")},
          {"exchanges", check.transcript ? check.transcript->exchanges() : 0}};
}

json made_of(const Statement& statement, bool for_page) {
  const std::string record_text = to_json(statement.check);
  json record = json::parse(record_text);
  if (!for_page) take_texts(record);
  json subject = subject_of(statement.check, record);
  json links = links_of(record_text);
  if (for_page) record.erase("transcript");
  else record["transcript"].erase("told"), record["transcript"].erase("chain");
  take_unproved(record["cases"]);
  json of_check = json::object();
  for (const char* name : vouched_of_a_check) {
    if (!record.contains(name)) continue;
    of_check[name] = std::move(record[name]);
    record.erase(name);
  }
  json loads = json::array(), of_loads = json::array();
  for (const reports::LoadRecord& one : statement.loads) {
    json load = json::parse(to_json(one));
    if (!for_page) {
      take_texts(load);
      of_loads.push_back(take_rest(load, derived_of_a_load()));
    }
    loads.push_back(std::move(load));
  }
  json out = {{"suite", record.at("suite")},
              {"spec_sha256", digest_of(statement.tool.spec_files)},
              {"spec_files", statement.tool.spec_files},
              {"subject", std::move(subject)},
              {"record", std::move(record)},
              {"loads", std::move(loads)},
              {"vouched",
               {{"serial", statement.serial},
                {"issued", statement.issued},
                {"valid", {{"from", statement.issued}, {"until", statement.valid_until}}},
                {"tool_sha256", statement.tool.digest},
                {"check", std::move(of_check)},
                {"loads", std::move(of_loads)}}},
              {"chain", links.back()}};
  if (!for_page) out["links"] = std::move(links);
  return out;
}

}  // namespace

std::string to_json(const Statement& statement) { return made_of(statement, false).dump(1) + "\n"; }

StatementRead statement_from(const std::string& text) {
  const json statement = json::parse(text);
  const json& vouched = statement.at("vouched");
  StatementRead out;
  out.said.serial = vouched.at("serial").get<std::string>();
  out.said.issued = vouched.at("issued").get<std::string>();
  out.said.valid_until = vouched.at("valid").at("until").get<std::string>();
  out.said.tool.digest = vouched.at("tool_sha256").get<std::string>();
  out.said.tool.spec_files = statement.at("spec_files").get<std::map<std::string, std::string>>();
  out.links = statement.at("links").get<std::vector<std::string>>();
  out.chain = statement.at("chain").get<std::string>();

  json record = statement.at("record");
  put_back(record, vouched.at("check"));
  put_durations_back(record.at("cases"));
  put_texts_back(record);
  const std::string record_text = record.dump();
  out.found = links_of(record_text);
  i18n::Message why;
  auto check = reports::check_record_from(record_text, why);
  if (!check) throw MessageError(msg<"verify.record">(why));
  if (!check->transcript) throw MessageError(msg<"verify.record">(msg<"replay.no-transcript">()));
  out.said.check = std::move(*check);
  out.said.tool.suite = out.said.check.suite;

  const json& loads = statement.at("loads");
  const json& words = vouched.at("loads");
  if (!loads.is_array() || !words.is_array() || loads.size() != words.size()) throw MessageError(msg<"verify.vouched-form">());
  for (std::size_t i = 0; i < loads.size(); ++i) {
    json load = loads[i];
    put_back(load, words[i]);
    put_texts_back(load);
    auto found = reports::load_record_from(load.dump(), why);
    if (!found) throw MessageError(msg<"verify.load">(i + 1, why));
    out.said.loads.push_back(std::move(*found));
  }
  return out;
}

std::string page_of(const std::string& text) {
  json certificate = json::parse(text);
  certificate["statement"] = made_of(statement_from(certificate.at("statement").dump()).said, true);
  return certificate.dump(1) + "\n";
}

}  // namespace meterproof::attestation
