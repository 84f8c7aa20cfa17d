// SPDX-License-Identifier: Apache-2.0
// Splits the value of a command-line option at commas.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace meterproof::core {

/// The parts between the commas: at least one, which may be empty. White space is kept. The parts point into `text`.
inline std::vector<std::string_view> split_commas(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace meterproof::core
