// SPDX-License-Identifier: Apache-2.0
// Rejects JSON that is nested so deeply that a recursive parser would overflow the stack. For files that come from outside.
#pragma once

#include <algorithm>
#include <string_view>

namespace meterproof::core {

/// True if brackets are nested more than 64 deep; our records need about a dozen. The text need not be valid JSON.
inline bool is_nested_too_deeply(std::string_view json) {
  constexpr int max_depth = 64;
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted && c == '\\') ++at;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && (c == '{' || c == '[')) deepest = std::max(deepest, ++depth);
    else if (!quoted && (c == '}' || c == ']')) --depth;
  }
  return deepest > max_depth;
}

}  // namespace meterproof::core
