// A reply, read with the patience of somebody who must not accuse the innocent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json/json.hpp"
#include "core/model/interface.hpp"
#include "core/store/data_store.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::conformance {

struct Reply {
  std::string fault;  // why it is no reply of the interface: no JSON, no code; "" where it is one
  std::optional<json::Json> json;
  std::optional<core::Code> code;  // also where it came as text

  const json::Json* member(std::string_view name) const { return json ? json->get(name) : nullptr; }
  /// The rows; none where the list is empty, null or absent. A single object counts as one row.
  std::vector<const json::Json*> rows(const core::Envelope& envelope) const;
};

Reply read_reply(const net::Exchange& exchange, const core::Envelope& envelope);

/// What a field of a reply came to.
struct Finding {
  enum class Grade { good, unusual, wrong };
  Grade grade = Grade::good;
  std::string expected, observed;
};

/// One field of one row against its type, format, vocabulary, and the value that the requests imply (null: nothing is known of it).
Finding judge_field(const core::Field& field, const json::Json* value, const store::CellValue* implied);

/// The rows of a reply against those that the requests imply: what differs, in words. Empty where nothing does.
std::vector<std::string> differences(const core::Interface& interface, const std::vector<const json::Json*>& rows, const store::ResultSet& implied);

/// Whether nothing is shown where nothing needs to be.
inline bool shows_nothing_yet(const std::vector<const json::Json*>& rows, const store::ResultSet& implied) {
  return rows.empty() && implied.rows() > 0 && implied.uncertain == implied.rows();
}

/// The row of a reply that is most like the implied row; null where there is none.
const json::Json* most_alike(const core::Interface& interface, const std::vector<const json::Json*>& rows, const store::ResultSet& implied, std::size_t row);

/// A JSON value as a person would write it, at most 60 characters.
std::string shown(const json::Json* value);

}  // namespace meterproof::conformance
