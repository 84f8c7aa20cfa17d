// A value in a table: a number, a text, or nothing yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "spec/model/decimal.hpp"

namespace meterproof::world {

/// What somebody who only reads the paper knows of a value.
enum class Certainty : std::uint8_t {
  known,     // it follows from the requests
  assigned,  // the server must have one and chooses it: a business number, a time of settlement
  simulated  // the server may have another one, or none
};

/// It is looked at where it stands: its text is a request's, a spec's or a table's, and good as long as they keep it.
struct Cell {
  enum class Kind : std::uint8_t { none, text, number };
  Kind kind = Kind::none;
  Certainty certainty = Certainty::known;
  spec::Decimal number;
  std::string_view text;  // of a text; dates as the paper writes them, so that they order as texts do

  static Cell of(std::string_view value) { return {Kind::text, Certainty::known, {}, value}; }
  static Cell of(spec::Decimal value) { return {Kind::number, Certainty::known, value, {}}; }

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

}  // namespace meterproof::world
