// SPDX-License-Identifier: Apache-2.0
#include "attestation/chain.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "attestation/json_tree.hpp"
#include "attestation/keys.hpp"

namespace meterproof::attestation {

namespace {

/// What a run found, and what was counted beside it. All other members of a record are what it was told.
constexpr std::array<std::string_view, 25> results{
    "schema",  "tool",        "suite",    "started",   "duration_s",         "verdict",  "exit_code", "interrupted",
    "notes",   "calibration", "requests", "summary",   "connections_opened", "reach",    "causes",    "requests_by",
    "cases",   "questions",   "apps",     "apps_used", "apps_refused",       "headline", "planned",   "left_behind",
    "calls_by"};
constexpr std::array<std::string_view, 3> not_told{"events", "told", "chain"};  // of a transcript

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What the run was told, with its members in alphabetical order: where they stand in a file does not count.
nlohmann::json told_of(const nlohmann::ordered_json& record) {
  nlohmann::json told = nlohmann::json::object();
  const auto sorted = [](const nlohmann::ordered_json& value) { return nlohmann::json::parse(value.dump()); };
  for (const auto& [name, value] : record.items()) {
    if (is_one_of(results, name)) continue;
    if (name != "transcript") {
      told[name] = sorted(value);
      continue;
    }
    for (const auto& [part, content] : value.items())
      if (!is_one_of(not_told, part)) told["transcript"][part] = sorted(content);
  }
  return told;
}

}  // namespace

std::vector<std::string> links_of(const std::string& record_json) {
  auto record = nlohmann::ordered_json::parse(record_json);
  take_texts(record);
  std::vector<std::string> links{sha256(told_of(record).dump())};
  for (const auto& event : record.at("transcript").at("events")) links.push_back(sha256(links.back() + event.dump()));
  return links;
}

void seal(reports::CheckRecord& record) {
  const auto links = links_of(to_json(record));
  record.transcript->told = links.front();
  record.transcript->chain = links.back();
}

Seal seal_of(const reports::CheckRecord& record) {
  if (record.transcript->told.empty() || record.transcript->chain.empty()) return Seal::absent;
  const auto links = links_of(to_json(record));
  if (links.front() != record.transcript->told) return Seal::told_differs;
  return links.back() == record.transcript->chain ? Seal::holds : Seal::events_differ;
}

}  // namespace meterproof::attestation
