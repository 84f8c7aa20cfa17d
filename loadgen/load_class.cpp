// SPDX-License-Identifier: Apache-2.0
#include "loadgen/load_class.hpp"

#include "core/time/datetime.hpp"
#include "loadgen/capacity_search.hpp"

namespace meterproof::loadgen {

std::optional<std::chrono::milliseconds> window_of_class(std::string_view text) {
  constexpr std::string_view begin = "meters@";
  const std::size_t open = text.find('(');
  if (!text.starts_with(begin) || open == std::string_view::npos || open == begin.size() || !text.ends_with(')')) return std::nullopt;
  const auto window = core::parse_duration(text.substr(open + 1, text.size() - open - 2));
  return window && *window >= std::chrono::seconds(1) ? window : std::nullopt;
}

bool is_about_p99(std::string_view threshold) { return metric_of(threshold) == "p99"; }

std::optional<LoadResult> run_of_class(double rate, const std::vector<Threshold>& thresholds, const RunAtRate& run,
                                       const std::function<void(double rate, const reports::LoadRecord&)>& on_next) {
  constexpr std::size_t most_rates = 4;
  constexpr double lower = 0.9;
  std::size_t rates = 1, runs = 0;
  while (true) {
    std::optional<LoadResult> result = run(rate);
    if (!result) return std::nullopt;
    reports::LoadRecord& record = result->record;
    for (const Threshold& threshold : thresholds) record.thresholds.push_back(evaluate(threshold, record));
    set_verdict(record);
    const bool again = record.exit_code == 4 && !record.interrupted && record.ended.empty() && ++runs < most_tries;
    const bool lowered = record.exit_code == 1 && rates < most_rates;
    if (!again && !lowered) return result;
    on_next(rate, record);
    if (lowered) {
      rate *= lower;
      ++rates;
      runs = 0;
    }
  }
}

}  // namespace meterproof::loadgen
