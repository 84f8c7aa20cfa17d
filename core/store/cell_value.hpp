// SPDX-License-Identifier: Apache-2.0
// A value in a table: a number, a text, or nothing yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/decimal/decimal.hpp"

namespace meterproof::store {

/// How far the specification determines a value that a server shows: an oracle compares accordingly.
enum class Determinacy : std::uint8_t {
  determined,       // it follows from the requests
  server_assigned,  // the server must have one and chooses it: a business number, a time of settlement
  optional          // the server may have another one, or none
};

/// A view: its text belongs to a request, a spec or a table, and is valid as long as its owner does not change it.
struct CellValue {
  enum class Kind : std::uint8_t { none, text, number };
  Kind kind = Kind::none;
  Determinacy determinacy = Determinacy::determined;
  core::Decimal number;
  std::string_view text;  // of a text; dates in the format of the specification, whose order as texts is their order in time

  static CellValue of(std::string_view value) { return {Kind::text, Determinacy::determined, {}, value}; }
  static CellValue of(core::Decimal value) { return {Kind::number, Determinacy::determined, value, {}}; }

  bool none() const { return kind == Kind::none; }
  std::string to_string() const { return kind == Kind::number ? number.to_string() : std::string(text); }
  /// The value as text. A number is formatted into `buffer`, to which the result then points.
  std::string_view as_text(std::string& buffer) const {
    if (kind != Kind::number) return text;
    buffer.clear();
    number.append_to(buffer);
    return buffer;
  }
};

}  // namespace meterproof::store
