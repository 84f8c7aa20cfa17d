// Files from outside: JSON that is nested so deeply that reading it would take the stack.
#pragma once

#include <algorithm>
#include <string_view>

namespace meterproof::core {

/// Whether brackets stand in more than 64 others. Records have a dozen at the most.
inline bool is_nested_too_deeply(std::string_view json) {
  constexpr int most = 64;
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted && c == '\\') ++at;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && (c == '{' || c == '[')) deepest = std::max(deepest, ++depth);
    else if (!quoted && (c == '}' || c == ']')) --depth;
  }
  return deepest > most;
}

}  // namespace meterproof::core
