// A value in a table: a number, a text, or nothing yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/decimal/decimal.hpp"

namespace meterproof::store {

/// What somebody who only reads the paper knows of a value.
enum class Determinacy : std::uint8_t {
  determined,       // it follows from the requests
  server_assigned,  // the server must have one and chooses it: a business number, a time of settlement
  optional          // the server may have another one, or none
};

/// It is looked at where it stands: its text is a request's, a spec's or a table's, and good as long as they keep it.
struct CellValue {
  enum class Kind : std::uint8_t { none, text, number };
  Kind kind = Kind::none;
  Determinacy determinacy = Determinacy::determined;
  core::Decimal number;
  std::string_view text;  // of a text; dates as the paper writes them, so that they order as texts do

  static CellValue of(std::string_view value) { return {Kind::text, Determinacy::determined, {}, value}; }
  static CellValue of(core::Decimal value) { return {Kind::number, Determinacy::determined, value, {}}; }

  bool none() const { return kind == Kind::none; }
  std::string to_string() const { return kind == Kind::number ? number.to_string() : std::string(text); }
  /// Its text; a number's is written into `buffer`.
  std::string_view spelled(std::string& buffer) const {
    if (kind != Kind::number) return text;
    buffer.clear();
    number.append_to(buffer);
    return buffer;
  }
};

}  // namespace meterproof::store
