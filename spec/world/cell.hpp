// A value in a table: a number, a text, or nothing yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "spec/model/decimal.hpp"

namespace meterproof::world {

/// What somebody who only reads the paper knows of a value.
enum class Certainty : std::uint8_t {
  known,     // it follows from the requests
  assigned,  // the server must have one and chooses it: a business number, a time of settlement
  simulated  // the server may have another one, or none
};

/// A value that somebody else keeps: a request, a spec, a table.
struct CellView;

struct Cell {
  enum class Kind : std::uint8_t { none, text, number };
  Kind kind = Kind::none;
  Certainty certainty = Certainty::known;
  spec::Decimal number;
  std::string text;  // of a text; dates as the paper writes them, so that they order as texts do

  static Cell of(std::string_view value) { return {Kind::text, Certainty::known, {}, std::string(value)}; }
  static Cell of(spec::Decimal value) { return {Kind::number, Certainty::known, value, {}}; }

  bool none() const { return kind == Kind::none; }
  std::string to_string() const { return kind == Kind::number ? number.to_string() : text; }
  /// Takes the value over, in the room that its text has already.
  void assign(const CellView& value);
};

struct CellView {
  Cell::Kind kind = Cell::Kind::none;
  Certainty certainty = Certainty::known;
  spec::Decimal number;
  std::string_view text;

  CellView() = default;
  CellView(const Cell& cell) : kind(cell.kind), certainty(cell.certainty), number(cell.number), text(cell.text) {}  // NOLINT(google-explicit-constructor)
  static CellView of(std::string_view value) {
    CellView out;
    out.kind = Cell::Kind::text;
    out.text = value;
    return out;
  }
  static CellView of(spec::Decimal value) {
    CellView out;
    out.kind = Cell::Kind::number;
    out.number = value;
    return out;
  }

  bool none() const { return kind == Cell::Kind::none; }
  /// Its text; a number's is written into `buffer`.
  std::string_view spelled(std::string& buffer) const {
    if (kind != Cell::Kind::number) return text;
    buffer.clear();
    number.append_to(buffer);
    return buffer;
  }
};

inline void Cell::assign(const CellView& value) {
  kind = value.kind;
  certainty = value.certainty;
  number = value.number;
  if (value.text.empty()) text.clear();
  else text.assign(value.text);
}

}  // namespace meterproof::world
