// SPDX-License-Identifier: Apache-2.0
// Rejects JSON that costs a parser more than its size allows: nested so deeply that recursion overflows the stack, with so many members in
// one object that a tree which keeps their order (nlohmann::ordered_json, linear search for each) takes quadratic time, or of so many small values that
// the tree is many times as large as the text. For files that come from outside, before they are parsed.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace meterproof::core {

enum class JsonExcess { none, nesting, members, values };

/// Limits: brackets 64 deep (our records need about a dozen), 2,000 members in an object (a record's largest has a thousand), eight million values (a load
/// of a week has seven). The text need not be valid JSON. Linear in its size.
inline JsonExcess json_excess(std::string_view json) {
  constexpr std::size_t max_depth = 64, max_members = 2000, max_values = 8'000'000;
  std::array<std::size_t, max_depth + 1> members{};  // of the object open at that depth; arrays are not counted
  std::size_t depth = 0, values = 1;
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
        if (++values > max_values) return JsonExcess::values;
        break;
      case '}':
      case ']': depth -= depth > 0 ? 1 : 0; break;
      case ':':
        if (++members[depth] > max_members) return JsonExcess::members;
        break;
      case ',':
        if (++values > max_values) return JsonExcess::values;
        break;
      default: break;
    }
  }
  return JsonExcess::none;
}

}  // namespace meterproof::core
