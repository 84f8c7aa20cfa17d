// A reply, read with the patience of somebody who must not accuse the innocent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "spec/model/interface.hpp"
#include "spec/wire/json.hpp"
#include "spec/world/world.hpp"

namespace meterproof::conformance {

struct Reply {
  std::string fault;  // why it is no reply of the interface: no JSON, no code; "" where it is one
  std::optional<wire::Json> json;
  std::optional<spec::Code> code;  // also where it came as text

  const wire::Json* member(std::string_view name) const { return json ? json->get(name) : nullptr; }
  /// The rows; none where the list is empty, null or absent. A single object counts as one row.
  std::vector<const wire::Json*> rows(const spec::Envelope& envelope) const;
};

Reply read_reply(const http::Exchange& exchange, const spec::Envelope& envelope);

/// What a field of a reply came to.
struct Finding {
  enum class Grade { good, unusual, wrong };
  Grade grade = Grade::good;
  std::string expected, observed;
};

/// One field of one row against its type, format, vocabulary, and the value that the requests imply (null: nothing is known of it).
Finding judge_field(const spec::Field& field, const wire::Json* value, const world::Cell* implied);

/// The rows of a reply against those that the requests imply: what differs, in words. Empty where nothing does.
std::vector<std::string> differences(const spec::Interface& interface, const std::vector<const wire::Json*>& rows, const world::Outcome& implied);

/// Whether nothing is shown where nothing needs to be.
inline bool shows_nothing_yet(const std::vector<const wire::Json*>& rows, const world::Outcome& implied) {
  return rows.empty() && implied.rows() > 0 && implied.uncertain == implied.rows();
}

/// The row of a reply that is most like the implied row; null where there is none.
const wire::Json* most_alike(const spec::Interface& interface, const std::vector<const wire::Json*>& rows, const world::Outcome& implied, std::size_t row);

/// A JSON value as a person would write it, at most 60 characters.
std::string shown(const wire::Json* value);

}  // namespace meterproof::conformance
