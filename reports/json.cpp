#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text/json_depth.hpp"
#include "core/text/utf8.hpp"
#include "reports/record.hpp"

namespace meterproof::reports {

using json = nlohmann::ordered_json;

namespace {

constexpr const char* schema = "meterproof/check/1";

json object_of(const std::vector<std::pair<std::string, std::string>>& headers) {
  json out = json::array();
  for (const auto& [name, value] : headers) out.push_back({core::sanitize(name), core::sanitize(value)});
  return out;
}

double number(double value, double unit) {
  const double scaled = std::round(value * unit);
  return std::isfinite(scaled) ? scaled / unit : value;  // JSON has no infinity: what is too large to be rounded stays
}

json to_value(const SentRecord& one) {
  return {{"method", one.method}, {"url", one.url}, {"headers", object_of(one.headers)}, {"body", core::sanitize(one.body)}};
}

json to_value(const ReplyRecord& one) {
  return {{"outcome", one.transport},
          {"status", one.status},
          {"headers", object_of(one.headers)},
          {"body", core::sanitize(one.body)},
          {"took_ms", number(one.took_ms, 1000)}};
}

json to_value(const DeclarationRecord& one) {
  return {{"kind", one.kind}, {"cases", core::sanitize(one.cases)}, {"reason", core::sanitize(one.reason)}, {"expires", one.expires}};
}

/// As `to_value`, but with every byte: it is judged again.
json to_exact_value(const SentRecord& one) {
  json headers = json::array();
  for (const auto& [name, value] : one.headers) headers.push_back({encode_bytes(name), encode_bytes(value)});
  return {{"method", one.method}, {"url", one.url}, {"headers", headers}, {"body", encode_bytes(one.body)}};
}

json to_exact_value(const ReplyRecord& one) {
  json headers = json::array();
  for (const auto& [name, value] : one.headers) headers.push_back({encode_bytes(name), encode_bytes(value)});
  return {{"outcome", one.transport}, {"status", one.status}, {"headers", headers}, {"body", encode_bytes(one.body)}, {"detail", encode_bytes(one.detail)}};
}

json to_value(const EventRecord& one) {
  json out = {{"kind", one.kind}};
  if (!one.sent.empty()) out["sent"] = json::array();
  for (const SentRecord& sent : one.sent) out["sent"].push_back(to_exact_value(sent));
  if (!one.replies.empty()) out["replies"] = json::array();
  for (const ReplyRecord& reply : one.replies) out["replies"].push_back(to_exact_value(reply));
  if (!one.text.empty()) out["text"] = encode_bytes(one.text);
  if (!one.times.empty()) out["times"] = one.times;
  return out;
}

json to_value(const TranscriptRecord& one) {
  json events = json::array();
  for (const EventRecord& event : one.events) events.push_back(to_value(event));
  return {{"apps", one.apps}, {"settle_ms", one.effect_timeout_ms}, {"pause_us", one.pause_us}, {"known", one.fixtures}, {"explore", one.random_steps}, {"seed", one.seed},
          {"run", one.run},   {"faults", one.fault_hooks},       {"events", events}};
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers headers_from(const json& value) {
  Headers out;
  for (const json& one : value) out.emplace_back(decode_bytes(one.at(0).get<std::string>()), decode_bytes(one.at(1).get<std::string>()));
  return out;
}

SentRecord sent_from(const json& value) {
  return {value.at("method"), value.at("url"), headers_from(value.at("headers")), decode_bytes(value.at("body").get<std::string>())};
}

ReplyRecord reply_from(const json& value) {
  return {value.at("outcome"),
          value.at("status"),
          headers_from(value.at("headers")),
          decode_bytes(value.at("body").get<std::string>()),
          value.value("took_ms", 0.0),
          decode_bytes(value.value("detail", ""))};
}

EventRecord event_from(const json& value) {
  EventRecord out;
  value.at("kind").get_to(out.kind);
  for (const json& sent : value.value("sent", json::array())) out.sent.push_back(sent_from(sent));
  for (const json& reply : value.value("replies", json::array())) out.replies.push_back(reply_from(reply));
  out.text = decode_bytes(value.value("text", ""));
  out.times = value.value("times", std::vector<std::int64_t>{});
  return out;
}

TranscriptRecord evidence_from(const json& value) {
  TranscriptRecord out;
  value.at("apps").get_to(out.apps);
  value.at("settle_ms").get_to(out.effect_timeout_ms);
  value.at("pause_us").get_to(out.pause_us);
  value.at("known").get_to(out.fixtures);
  value.at("explore").get_to(out.random_steps);
  value.at("seed").get_to(out.seed);
  value.at("run").get_to(out.run);
  value.at("faults").get_to(out.fault_hooks);
  for (const json& event : value.at("events")) out.events.push_back(event_from(event));
  return out;
}

CaseRecord case_from(const json& value) {
  CaseRecord out;
  value.at("id").get_to(out.id);
  value.at("interface").get_to(out.interface);
  value.at("section").get_to(out.section);
  value.at("sentence").get_to(out.sentence);
  value.at("meaning").get_to(out.meaning);
  value.at("clauses").get_to(out.clauses);
  const auto verdict = std::find(verdict_names.begin(), verdict_names.end(), value.at("verdict").get<std::string>());
  if (verdict == verdict_names.end()) throw json::other_error::create(501, "no such verdict", &value);
  out.verdict = static_cast<Verdict>(verdict - verdict_names.begin());
  value.at("expected").get_to(out.expected);
  value.at("observed").get_to(out.observed);
  value.at("reason").get_to(out.reason);
  out.request = sent_from(value.at("request"));
  out.reply = reply_from(value.at("reply"));
  value.at("curl").get_to(out.curl);
  return out;
}

CheckRecord record_from(const json& value) {
  CheckRecord out;
  value.at("tool").get_to(out.tool);
  value.at("started").get_to(out.started);
  value.at("duration_s").get_to(out.duration_s);
  value.at("verdict").get_to(out.verdict);
  value.at("exit_code").get_to(out.exit_code);
  value.at("interrupted").get_to(out.interrupted);
  value.at("target").get_to(out.target);
  value.at("role").get_to(out.role);
  value.at("only").get_to(out.filter);
  value.at("note").get_to(out.note);
  value.at("calibration").get_to(out.calibration);
  value.at("requests").get_to(out.requests);
  for (const json& one : value.at("declared")) out.declared.push_back({one.at("kind"), one.at("cases"), one.at("reason"), one.at("expires")});
  for (const json& one : value.at("cases")) out.cases.push_back(case_from(one));
  for (const json& one : value.at("questions"))
    out.questions.push_back({one.at("id"), one.at("zh"), one.at("en"), one.at("accepted"), one.at("observed"), one.at("inconsistent")});
  if (value.contains("evidence")) out.transcript = evidence_from(value.at("evidence"));
  return out;
}

}  // namespace

std::string to_json(const CheckRecord& record) {
  json summary = json::object();
  for (std::size_t i = 0; i < verdict_names.size(); ++i) summary[std::string(verdict_names[i])] = record.count(static_cast<Verdict>(i));
  json cases = json::array();
  for (const CaseRecord& one : record.cases)
    cases.push_back({{"id", core::sanitize(one.id)},
                     {"interface", one.interface},
                     {"section", one.section},
                     {"sentence", one.sentence},
                     {"meaning", one.meaning},
                     {"clauses", one.clauses},
                     {"verdict", to_string(one.verdict)},
                     {"expected", one.expected},
                     {"observed", core::sanitize(one.observed)},
                     {"reason", core::sanitize(one.reason)},
                     {"request", to_value(one.request)},
                     {"reply", to_value(one.reply)},
                     {"curl", core::sanitize(one.curl)}});
  json questions = json::array();
  for (const QuestionRecord& one : record.questions) {
    json observed = json::array();
    for (const std::string& word : one.observed) observed.push_back(core::sanitize(word));
    questions.push_back(
        {{"id", one.id}, {"zh", one.zh}, {"en", one.en}, {"accepted", one.accepted}, {"observed", observed}, {"inconsistent", one.inconsistent}});
  }
  json calibration = json::object();
  for (const auto& [name, value] : record.calibration) calibration[name] = core::sanitize(value);
  json declared = json::array();
  for (const DeclarationRecord& one : record.declared) declared.push_back(to_value(one));
  json out = {{"schema", schema},
              {"tool", record.tool},
              {"started", record.started},
              {"duration_s", number(record.duration_s, 1000)},
              {"verdict", record.verdict},
              {"exit_code", record.exit_code},
              {"interrupted", record.interrupted},
              {"target", record.target},
              {"role", record.role},
              {"only", core::sanitize(record.filter)},
              {"note", core::sanitize(record.note)},
              {"calibration", calibration},
              {"requests", record.requests},
              {"declared", declared},
              {"summary", summary},
              {"cases", cases},
              {"questions", questions}};
  if (record.transcript) out["evidence"] = to_value(*record.transcript);
  return out.dump(1) + "\n";
}

std::optional<CheckRecord> check_record_from(const std::string& text, std::string& why) {
  if (core::is_nested_too_deeply(text)) {
    why = "it is nested too deeply";
    return std::nullopt;
  }
  try {
    const json value = json::parse(text);
    if (value.is_object() && value.value("schema", "") == schema) return record_from(value);
    why = std::string("it is no record of a check (") + schema + ")";
  } catch (const json::exception& error) {
    why = core::sanitize(error.what());
  }
  return std::nullopt;
}

}  // namespace meterproof::reports
