// SPDX-License-Identifier: Apache-2.0
// A JSON value that keeps every number as it was written, so that a report can show what a reply really contained.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meterproof::json {

struct Json {
  struct Member;
  enum class Kind { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  std::string text;             // of a text: unescaped; of a number or boolean: as it was written, but for integers, which lose a sign of zero
  std::vector<Json> items;      // of an array
  std::vector<Member> members;  // of an object, in their order; names may repeat

  /// The first member with that name; if there is none, the first whose name differs in case only; otherwise null.
  const Json* get(std::string_view name) const;
};

struct Json::Member {
  std::string name;
  Json value;
};

std::string_view to_string(Json::Kind kind);

/// Returns nothing if the text is not JSON or is nested more than 64 deep; `error`, if not null, then receives position and reason.
std::optional<Json> parse_json(std::string_view text, std::string* error = nullptr);

}  // namespace meterproof::json
