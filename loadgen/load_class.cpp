// SPDX-License-Identifier: Apache-2.0
#include "loadgen/load_class.hpp"

#include "core/time/datetime.hpp"

namespace meterproof::loadgen {

std::optional<std::chrono::milliseconds> window_of_class(std::string_view text) {
  constexpr std::string_view begin = "meters@";
  const std::size_t open = text.find('(');
  if (!text.starts_with(begin) || open == std::string_view::npos || open == begin.size() || !text.ends_with(')')) return std::nullopt;
  const auto window = core::parse_duration(text.substr(open + 1, text.size() - open - 2));
  return window && *window >= std::chrono::seconds(1) ? window : std::nullopt;
}

bool is_about_p99(std::string_view threshold) {
  constexpr std::string_view metric = "p99";
  const std::size_t end = threshold.find_first_of("<>= ");
  return threshold.substr(0, end) == metric;
}

}  // namespace meterproof::loadgen
