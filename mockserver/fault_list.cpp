// SPDX-License-Identifier: Apache-2.0
// Faults as JSON: one of the admin API, a list of a file.
#include "mockserver/fault_list.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "mockserver/admin_json.hpp"

namespace meterproof::mockserver {

using i18n::Message;
using i18n::msg;
using nlohmann::json;

namespace {

constexpr std::string_view example = R"({"kind": "database", "interface": "*"})";

/// Empty, or which member does nothing for that kind: whoever wrote it expects something of it.
Message why_without_effect(const json& body, const std::string& kind) {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> owners = {
      {"delay_ms", {"delay", "reset", "close", "garbage", "truncated", "drip"}}, {"status", {"status"}}, {"location", {"status"}}, {"code", {"wrong_code"}}};
  for (const auto& [key, kinds] : owners)
    if (body.contains(key) && std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return msg<"admin.key-without-effect">(key, kind, core::join(kinds));
  return {};
}

/// Empty, or what is wrong.
Message read_members(const json& body, InjectedFault& fault) {
  if (!body.is_object()) return msg<"admin.fault">(example);
  const std::vector<std::string> known = {"kind",        "interface", "app_id",   "where",  "after",    "times",
                                          "probability", "seed",      "delay_ms", "status", "location", "code"};
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) return msg<"admin.unknown-key">(key, core::suggestion(key, known));
    if (key == "where") {
      if (!value.is_object()) return msg<"admin.where">(R"({"FIELD": "value"})");
      for (const auto& [field, wanted] : value.items()) {
        if (wanted.is_structured() || wanted.is_null()) return msg<"admin.cell">(field);
        fault.where.emplace_back(field, wanted.is_string() ? wanted.get<std::string>() : wanted.dump());
      }
      continue;
    }
    const bool text = key == "kind" || key == "interface" || key == "app_id" || key == "location";
    if (text && !value.is_string()) return msg<"admin.text">(key);
    if (!text && !value.is_number()) return msg<"admin.number">(key);
    if (key == "times" && value == 0) return msg<"admin.times">();
    if ((key == "times" || key == "seed" || key == "after") && !value.is_number_unsigned()) return msg<"admin.whole-number">(key);
    if ((key == "code" || key == "status" || key == "delay_ms") && !value.is_number_integer()) return msg<"admin.integer">(key);
  }
  fault.kind = body.value("kind", "");
  if (fault.kind == "delay" && !body.contains("delay_ms")) return msg<"admin.delay-missing">();
  if (fault.kind == "wrong_code" && !body.contains("code")) return msg<"admin.code-missing">();
  if (Message without = why_without_effect(body, fault.kind); !without.empty()) return without;
  fault.interface = body.value("interface", "*");
  if (body.contains("app_id")) fault.app_id = body["app_id"].get<std::string>();
  fault.after = body.value("after", std::uint64_t{0});
  if (body.contains("times")) fault.times = body["times"].get<std::uint64_t>();
  fault.probability = body.value("probability", 1.0);
  fault.seed = body.value("seed", std::uint64_t{1});
  fault.delay = std::chrono::milliseconds(static_cast<long long>(std::clamp(body.value("delay_ms", 0.0), -1.0, 1e9)));
  fault.status = static_cast<int>(std::clamp(body.value("status", 503.0), 0.0, 1000.0));
  fault.location = body.value("location", "");
  const auto is_visible = [](char c) { return c > ' ' && c <= '~'; };  // anything else would be another header line, or no header
  if (!std::all_of(fault.location.begin(), fault.location.end(), is_visible)) return msg<"admin.location">();
  fault.code = {static_cast<int>(std::clamp(body.value("code", 0.0), -1e6, 1e6))};
  return {};
}

/// Empty, or why no request is of the fault's app: this mock does not have it.
Message why_unknown_app(const InjectedFault& fault, const std::vector<auth::App>& apps) {
  if (!fault.app_id) return {};
  std::vector<std::string> ids;
  ids.reserve(apps.size());
  for (const auth::App& app : apps) ids.push_back(app.id);
  if (std::find(ids.begin(), ids.end(), *fault.app_id) != ids.end()) return {};
  return msg<"admin.no-app">(*fault.app_id, core::suggestion(*fault.app_id, ids));
}

}  // namespace

Message fault_from(const json& body, const std::vector<auth::App>& apps, InjectedFault& fault) {
  Message wrong = read_members(body, fault);
  return wrong.empty() ? why_unknown_app(fault, apps) : wrong;
}

Message read_faults(std::string_view text, const std::string& path, const core::Spec& spec, const std::vector<auth::App>& apps,
                    std::vector<InjectedFault>& faults) {
  json list;
  Message mistake = read_json(text, list);
  if (mistake.empty() && !list.is_array()) mistake = msg<"admin.list">();
  if (!mistake.empty()) return msg<"usage.faults-list">(path, std::move(mistake), example);
  FaultInjector all;
  for (const json& one : list) {
    InjectedFault fault;
    Message wrong = fault_from(one, apps, fault);
    if (wrong.empty()) wrong = all.add(spec, fault);
    if (!wrong.empty()) return msg<"usage.fault">(path, faults.size() + 1, std::move(wrong));
    faults.push_back(std::move(fault));
  }
  return {};
}

}  // namespace meterproof::mockserver
