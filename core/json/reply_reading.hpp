// SPDX-License-Identifier: Apache-2.0
// What the bytes of a reply say. The one place that decides it: check, verify, load and its reconciliation judge the same bytes alike.
//
// fine        extra members, their order, white space, escapes, numbers of any size and spelling; a refusal under any HTTP status
// irregular   a byte order mark, bytes that are not UTF-8, a member given twice (the last one counts) or again in other letters, a name in other letters, the
// result code as text
//             or as 1.0, success under an HTTP status other than 200, a message that is missing or no text, rows that are no list. It is read, and told
// unreadable  a redirection, no JSON, text behind the JSON, no object, no result code, more than the limits of json.hpp
//
// The specification prints names and types (3.x.2). A check fails who writes them otherwise (`is_fault`); what is unusual and not stated is told. Both are
// read all the same: a client of another vendor may read it, and one such fault is one finding, not one of every case.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/json/json.hpp"
#include "core/model/interface.hpp"

namespace meterproof::json {

/// Of a reply's head, what its reading depends on.
struct ReplyHead {
  int status = 200;
  std::string_view location;      // of a redirection; "" if there is none
  std::string_view coding;        // "gzip"; "" for a plain body
  std::string_view content_type;  // "" if there is none
};

struct Irregularity {
  enum class Kind : std::uint8_t {
    byte_order_mark,
    encoding,          // about: "GBK", "" where it cannot be seen; see core::unknown_character
    duplicate_member,  // about: its name
    same_letters,      // about: two names of one object that differ in the case of their letters alone, "ResultCode, resultCode"
    other_case,        // about: the name as the specification has it
    code_as_text,
    code_spelling,  // about: the code as it came: 1.0
    status,         // about: the HTTP status
    no_message,     // absent or null
    message_no_text,
    rows_no_list
  };
  Kind kind = Kind::byte_order_mark;
  std::string about;

  friend auto operator<=>(const Irregularity&, const Irregularity&) = default;  // NOLINT(modernize-use-nullptr): as in datetime.hpp
};

/// Whether it contradicts what is printed: a name, a type, a member of every reply, JSON in UTF-8 as RFC 8259 has it. The others are unusual, and no more.
bool is_fault(Irregularity::Kind kind);

struct ReplyReading {
  i18n::Message problem;           // why it is unreadable, located; empty where it is not
  std::optional<Json> json;        // where the body is one JSON object
  std::optional<core::Code> code;  // where it is readable
  std::vector<Irregularity> irregularities;
};

/// `row_names`: members of a row that the caller will look at. Irregularities are told once for each name, at most 16.
ReplyReading read_reply(std::string_view body, const ReplyHead& head, const core::Spec& spec, const std::vector<std::string>& row_names = {});

/// The rows of a reply; none where the list is empty, null, absent or no list. A single object counts as one row.
std::vector<const Json*> rows_of(const Json& reply, const core::Envelope& envelope);

/// What a value is, for people: "a number".
i18n::Message kind_of(const Json& value);

/// "a byte order mark in front of the JSON"
i18n::Message to_message(const Irregularity& irregularity, const core::Envelope& envelope);

/// Counts irregular replies by what is irregular; a hundred kinds at the most, since names come from the target.
class IrregularReplies {
 public:
  void add(const std::vector<Irregularity>& irregularities);
  /// Whether one of them would be counted for the first time.
  bool would_grow(const std::vector<Irregularity>& irregularities) const;
  /// "irregular replies: 12 with a byte order mark in front of the JSON", one for each kind.
  std::vector<i18n::Message> notes(const core::Envelope& envelope) const;

 private:
  std::map<Irregularity, std::uint64_t> counts_;
};

}  // namespace meterproof::json
