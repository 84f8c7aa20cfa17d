// SPDX-License-Identifier: Apache-2.0
#include "mockserver/admin_answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/json/json_diagnosis.hpp"
#include "core/text/text.hpp"
#include "mockserver/admin_json.hpp"

namespace meterproof::mockserver {

namespace json_text = meterproof::json;  // nlohmann's class has that name here
using i18n::Message;
using i18n::msg;
using nlohmann::json;

namespace {

AdminAnswer answer_of(const json& body, int status) { return {status, body.dump(-1, ' ', false, json::error_handler_t::replace), {}, {}}; }

}  // namespace

AdminAnswer ok(const json& body) { return answer_of(body, 200); }

AdminAnswer refused(int status, const Message& why) {
  return answer_of({{"error", render(why, i18n::Language::en)}, {"error_zh", render(why, i18n::Language::zh)}}, status);
}

Message read_json(std::string_view text, json& out) {
  if (const auto mistake = json_text::find_mistake_or_duplicate(text)) {
    Message what = json_text::to_message(*mistake, text);
    using Kind = json_text::ParseError::Kind;
    if (mistake->kind == Kind::duplicate_name || mistake->kind == Kind::huge_number) return what;  // it is JSON
    return msg<"admin.not-json-at">(std::move(what));
  }
  out = json::parse(text, nullptr, false);
  return out.is_discarded() ? msg<"admin.not-json">() : Message();
}

std::optional<AdminAnswer> parse(std::string_view body, json& out) {
  const Message wrong = read_json(body, out);
  return wrong.empty() ? std::nullopt : std::optional(refused(400, wrong));
}

Message read_query(std::string_view query, const AdminParameters& takes, AdminQuery& out) {
  std::vector<std::string> known;
  if (takes.limit) known.emplace_back("limit");
  if (takes.world) known.emplace_back("world");
  if (takes.table) known.emplace_back("table");
  if (takes.search) known.emplace_back("search");
  const std::array<std::pair<std::string_view, std::optional<std::string>*>, 3> texts = {
      {{"world", &out.world}, {"table", &out.table}, {"search", &out.search}}};
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const std::string_view name = parameter.substr(0, parameter.find('='));
    const std::string_view value = parameter.substr(std::min(parameter.size(), name.size() + 1));
    if (known.empty()) return msg<"admin.no-parameter">(name);
    if (std::find(known.begin(), known.end(), name) == known.end()) return msg<"admin.unknown-parameter">(name, core::suggestion(name, known));
    const auto text = std::find_if(texts.begin(), texts.end(), [&](const auto& one) { return one.first == name; });
    if (text != texts.end() ? text->second->has_value() : out.limit.has_value()) return msg<"admin.parameter-twice">(name);
    if (text != texts.end()) {
      *text->second = core::percent_decoded(value);
      continue;
    }
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
    if (error != std::errc() || end != value.data() + value.size()) return msg<"admin.limit">(value);
    out.limit = count;
  }
  return {};
}

}  // namespace meterproof::mockserver
