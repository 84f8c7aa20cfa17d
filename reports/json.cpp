#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/record.hpp"

namespace meterproof::reports {

using json = nlohmann::ordered_json;

namespace {

json object_of(const std::vector<std::pair<std::string, std::string>>& headers) {
  json out = json::array();
  for (const auto& [name, value] : headers) out.push_back({harmless(name), harmless(value)});
  return out;
}

double number(double value, double unit) { return std::round(value * unit) / unit; }

}  // namespace

std::string to_json(const CheckRecord& record) {
  json summary = json::object();
  for (std::size_t i = 0; i < verdict_names.size(); ++i) summary[std::string(verdict_names[i])] = record.count(static_cast<Verdict>(i));
  json cases = json::array();
  for (const CaseRecord& one : record.cases)
    cases.push_back(
        {{"id", harmless(one.id)},
         {"interface", one.interface},
         {"section", one.section},
         {"sentence", one.sentence},
         {"meaning", one.meaning},
         {"clauses", one.clauses},
         {"verdict", to_string(one.verdict)},
         {"expected", one.expected},
         {"observed", harmless(one.observed)},
         {"reason", harmless(one.reason)},
         {"request",
          {{"method", one.request.method}, {"url", one.request.url}, {"headers", object_of(one.request.headers)}, {"body", harmless(one.request.body)}}},
         {"reply",
          {{"outcome", one.reply.outcome},
           {"status", one.reply.status},
           {"headers", object_of(one.reply.headers)},
           {"body", harmless(one.reply.body)},
           {"took_ms", number(one.reply.took_ms, 1000)}}},
         {"curl", harmless(one.curl)}});
  json questions = json::array();
  for (const QuestionRecord& one : record.questions) {
    json observed = json::array();
    for (const std::string& word : one.observed) observed.push_back(harmless(word));
    questions.push_back(
        {{"id", one.id}, {"zh", one.zh}, {"en", one.en}, {"accepted", one.accepted}, {"observed", observed}, {"inconsistent", one.inconsistent}});
  }
  json calibration = json::object();
  for (const auto& [name, value] : record.calibration) calibration[name] = harmless(value);
  const json out = {{"schema", "meterproof/check/1"},
                    {"tool", record.tool},
                    {"started", record.started},
                    {"duration_s", number(record.duration_s, 1000)},
                    {"verdict", record.verdict},
                    {"exit_code", record.exit_code},
                    {"target", record.target},
                    {"role", record.role},
                    {"note", harmless(record.note)},
                    {"calibration", calibration},
                    {"requests", record.requests},
                    {"summary", summary},
                    {"cases", cases},
                    {"questions", questions}};
  return out.dump(1) + "\n";
}

}  // namespace meterproof::reports
