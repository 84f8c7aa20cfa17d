// SPDX-License-Identifier: Apache-2.0
// Rejects JSON that costs a parser more than its size allows: nested so deeply that recursion overflows the stack, or with so many members in
// one object that a tree which keeps their order (nlohmann::ordered_json, linear search for each) takes quadratic time. For files that come
// from outside, before they are parsed.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace meterproof::core {

enum class JsonExcess { none, nesting, members };

/// Limits: brackets 64 deep (our records need about a dozen), 2,000 members in an object (a record's largest has a thousand). The text need
/// not be valid JSON. Linear in its size.
inline JsonExcess json_excess(std::string_view json) {
  constexpr std::size_t max_depth = 64, max_members = 2000;
  std::array<std::size_t, max_depth + 1> members{};  // of the object open at that depth; arrays are not counted
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted) {
      if (c == '\\') ++at;
      else if (c == '"') quoted = false;
      continue;
    }
    switch (c) {
      case '"': quoted = true; break;
      case '{':
      case '[':
        if (++depth > max_depth) return JsonExcess::nesting;
        members[depth] = 0;
        break;
      case '}':
      case ']': depth -= depth > 0 ? 1 : 0; break;
      case ':':
        if (++members[depth] > max_members) return JsonExcess::members;
        break;
      default: break;
    }
  }
  return JsonExcess::none;
}

}  // namespace meterproof::core
