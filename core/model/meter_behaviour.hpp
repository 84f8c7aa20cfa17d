// SPDX-License-Identifier: Apache-2.0
// How the mock's meters live while its business time moves: when they report, what they use and lose. Data of a file (spec/meters/).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/decimal/decimal.hpp"

namespace meterproof::core {

/// Where a field of a contact takes its value from.
struct FieldBehaviour {
  enum class Kind {
    absent,
    kept,       // the meter's `column`
    constant,   // `text`
    now,        // the contact's time
    grows,      // `column`, or `from` where it has no value, and a random part between `low` and `high` for each day since the last contact
    falls,      // the same, taken off
    between,    // random, between `low` and `high`
    growth_of,  // by how much the field `of` has grown with this contact
    below       // `text` where the field `of` is below `low`, otherwise `otherwise`
  };
  Kind kind = Kind::absent;
  std::size_t column = 0, of = 0;
  std::string text, otherwise;
  Decimal low, high, from;  // low and high have `scale` places
  int scale = 0;
  std::optional<std::pair<std::size_t, std::string>> unless;  // a column and its value: nothing grows or falls then
};

/// A column that takes its value from the answer to a report.
struct AnsweredColumn {
  std::size_t column = 0;
  std::size_t field = 0;                                // of the reply
  std::vector<std::pair<std::string, std::string>> to;  // values in place of the answer's; of others the answer's own
};

/// A contact is a report that the meter makes: the effects of `interface` are carried out with the values of `fields`.
struct MeterBehaviour {
  std::size_t interface = 0;                               // of Spec::interfaces
  std::size_t meter = 0;                                   // its field that names the meter
  std::size_t table = 0;                                   // the table of meters
  std::vector<std::pair<std::size_t, std::string>> where;  // columns with the values of the meters that live; of all where there is none
  std::chrono::seconds every{0};                           // of business time, above 0
  std::chrono::seconds at{0};                              // after the beginning of that: of the first meters
  std::chrono::seconds within{0};                          // each meter has a second of its own there, at most `every`
  double out_of_reach = 0;                                 // share of the contacts that do not come about
  std::chrono::seconds expires{0};                         // how long a request waits for a contact
  std::uint64_t seed = 0;                                  // another one, another life
  std::vector<FieldBehaviour> fields;                      // parallel to the interface's request
  /// Columns with the values of the meters whose contacts are reported to the other side, where it is called.
  std::vector<std::pair<std::size_t, std::string>> reported;
  std::vector<AnsweredColumn> answered;
};

}  // namespace meterproof::core
