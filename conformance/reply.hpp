// SPDX-License-Identifier: Apache-2.0
// A reply as core/json/reply_reading.hpp reads it, and its fields against the specification and the requests before it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/i18n/message.hpp"
#include "core/json/reply_reading.hpp"
#include "core/model/interface.hpp"
#include "core/store/data_store.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::conformance {

struct Reply {
  i18n::Message problem;           // why it is not a reply of the interface: no JSON, no code; empty where it is one
  std::optional<json::Json> json;  // not kept of replies to requests that were sent at once
  std::optional<core::Code> code;  // also where it came as text
  bool names_code = false;         // it has a member for the code, though that may be no code
  std::vector<json::Irregularity> irregularities;

  const json::Json* member(std::string_view name) const { return json ? json->get(name) : nullptr; }
  /// The rows; none where the list is empty, null or absent. A single object counts as one row.
  std::vector<const json::Json*> rows(const core::Envelope& envelope) const;
};

Reply read_reply(const net::Exchange& exchange, const core::Spec& spec);

/// What a field of a reply came to.
struct Finding {
  enum class Grade { good, unusual, wrong };
  Grade grade = Grade::good;
  i18n::Message expected, observed;
  bool has_value = true;   // false: absent or null
  i18n::Message remark{};  // why it is unusual, or what of its form is wrong; empty where a value is missing or another one is implied
};

/// How a value that is there (not null) is written: JSON type, format, vocabulary. A server must send what the specification prints; how a number is spelt is
/// its own business.
Finding judge_form(const core::Field& field, const json::Json& value);
/// The same as a grade, and "" is good in a text: nobody may have given a value.
Finding::Grade form_grade(const core::Field& field, const json::Json& value);

/// One field of one row against its form, and the value that the requests imply (null: nothing is known of it).
Finding judge_field(const core::Field& field, const json::Json* value, const store::CellValue* implied);

/// What differs between the rows of a reply and those that the model expects: rows, values that are missing, other values. The form is no difference (a
/// number as a text, a date with other separators): the cases of the reply's form judge it, once. Empty where nothing differs.
std::vector<i18n::Message> differences(const core::Interface& interface, const std::vector<const json::Json*>& rows, const store::ResultSet& implied);

/// Whether nothing is shown where nothing needs to be.
inline bool shows_nothing_yet(const std::vector<const json::Json*>& rows, const store::ResultSet& implied) {
  return rows.empty() && implied.rows() > 0 && implied.uncertain == implied.rows();
}

/// The row of a reply that is most like the implied row; null where there is none.
const json::Json* most_alike(const core::Interface& interface, const std::vector<const json::Json*>& rows, const store::ResultSet& implied, std::size_t row);

/// Whether there is no such member, or null.
bool is_absent(const json::Json* value);

/// A JSON value for people, at most 60 bytes.
i18n::Message shown(const json::Json* value);

}  // namespace meterproof::conformance
