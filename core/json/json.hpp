// SPDX-License-Identifier: Apache-2.0
// A JSON value that keeps every number as it was written, so that a report can show what a reply really contained.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meterproof::json {

struct Json {
  struct Member;
  enum class Kind { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  std::string text;             // of a text: unescaped; of a number or boolean: as it was written
  std::vector<Json> items;      // of an array
  std::vector<Member> members;  // of an object, in their order; names may repeat

  /// The last member with that name (RFC 8259, section 4: what most implementations take); if there is none, the last whose name differs in case only;
  /// otherwise null.
  const Json* get(std::string_view name) const;
  /// Whether a member has that very name.
  bool has(std::string_view name) const;
};

struct Json::Member {
  std::string name;
  Json value;
};

std::string_view to_string(Json::Kind kind);

/// Of one text, so that what stands for it in memory is bounded: far above anything that an interface needs.
inline constexpr std::size_t max_depth = 64;       // arrays and objects in each other
inline constexpr std::size_t max_members = 2'000;  // of one object
inline constexpr std::size_t max_values = 30'000;  // in all: members, items, and what contains them

/// Where a text stops being JSON, and why.
struct ParseError {
  enum class Kind : std::uint8_t {
    empty,              // nothing but white space
    ends_early,         // an array, object or value is not finished
    more_behind,        // something stands behind the value
    no_value,           // what begins here is no value
    unquoted_name,      // {a:1}
    unquoted_text,      // {"a":abc}
    foreign_literal,    // None, True, NaN, undefined …
    single_quotes,      // {'a':1}; found: "`" of backquotes
    escaped_quotes,     // {\"a\":1}
    trailing_comma,     // {"a":1,}
    extra_comma,        // {"a":1,,"b":2}
    missing_comma,      // {"a":1 "b":2}
    missing_colon,      // {"a" 1}
    other_separator,    // = for :, ; for ,
    no_name,            // {1:2}
    other_bracket,      // [1}
    quote_inside,       // "he said "hello""
    comment,            // // or /* or #
    full_width,         // ： for :
    invisible,          // a space that is none, a byte order mark inside
    bad_number,         // 01, +1, .5, 1., 0x1
    bad_escape,         // \x
    lone_surrogate,     // \ud83d without its other half
    control_character,  // a line end inside a text
    unclosed_text,      // no closing quote
    zero_byte,
    not_utf8,
    too_deep,          // more than max_depth
    too_many_members,  // more than max_members
    too_many_values,   // more than max_values
    huge_number,       // beyond what a double holds; only find_mistake_or_duplicate tells it
    duplicate_name     // its object has a member of that name already; only find_mistake_or_duplicate tells it
  };
  Kind kind = Kind::no_value;
  std::size_t offset = 0;            // bytes from the beginning of the text
  std::size_t line = 1, column = 1;  // from 1; columns count characters
  std::string found;                 // what stands there, or what it should be: a word, a character; "" where nothing is to be named
};

/// Returns nothing if the text is not JSON (RFC 8259) in UTF-8, possibly behind a byte order mark, or exceeds the limits above; `error`, if not null, then
/// receives why. Numbers have no limits.
std::optional<Json> parse_json(std::string_view text, ParseError* error = nullptr);

}  // namespace meterproof::json
