// SPDX-License-Identifier: Apache-2.0
#include "history/record_reading.hpp"

#include <algorithm>
#include <cstddef>

namespace meterproof::history {

using reports::Verdict;

bool is_bad(Verdict verdict) { return verdict == Verdict::failed || verdict == Verdict::broken; }

std::map<std::string, double> reply_medians(const reports::CheckRecord& record) {
  constexpr std::size_t least = 5;  // replies
  std::map<std::string, std::vector<double>> all;
  for (const reports::CaseRecord& one : record.cases)
    if (one.reply.transport == "replied" && one.reply.took_ms > 0) all[one.interface].push_back(one.reply.took_ms);
  std::map<std::string, double> out;
  for (auto& [interface, times] : all) {
    if (times.size() < least) continue;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    out[interface] = *middle;
  }
  return out;
}

std::map<std::string, std::vector<std::string>> answers_of(const reports::CheckRecord& record) {
  std::map<std::string, std::vector<std::string>> out;
  for (const reports::QuestionRecord& one : record.questions) {
    if (one.observed.empty()) continue;
    std::vector<std::string>& answers = out[one.id];
    answers = one.observed;
    std::sort(answers.begin(), answers.end());
  }
  return out;
}

bool share_an_answer(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& one) { return std::find(b.begin(), b.end(), one) != b.end(); });
}

}  // namespace meterproof::history
