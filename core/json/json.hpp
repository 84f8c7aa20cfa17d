// A JSON text as a value that keeps numbers in their own spelling: what a reply really said.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meterproof::json {

struct Json {
  struct JsonMember;
  enum class Kind { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  std::string text;  // of a text; a number or boolean as it was written
  std::vector<Json> items;
  std::vector<JsonMember> members;

  /// The member of that name; without one, the first whose name differs in letter case only.
  const Json* get(std::string_view name) const;
};

struct Json::JsonMember {
  std::string name;
  Json value;
};

std::string_view to_string(Json::Kind kind);

/// Nothing where the text is no JSON, or nests deeper than 64. `error` says where and why.
std::optional<Json> parse_json(std::string_view text, std::string* error = nullptr);

}  // namespace meterproof::json
