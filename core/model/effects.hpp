// SPDX-License-Identifier: Apache-2.0
// What an interface does when it succeeds, as values: steps over the tables, made of small expressions.
// core/store carries them out. Indices are into Spec::tables, Table::columns, Interface::request and the steps' rows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/decimal/decimal.hpp"

namespace meterproof::core {

struct Expr {
  enum class Op {
    literal,  // text
    request,  // field
    path,     // row, columns: a column, or through references to another table's
    now,
    today,
    next,            // a number not used before
    interpretation,  // text: the answer chosen for that open question
    add,             // args
    subtract,
    first_of,         // the first of args that has a value
    map,              // args[0] through cases, else otherwise
    above,            // args[0] above args[1] ? args[2] : args[3]
    tier_price,       // args: key of the tariff's row, volume; and perhaps a price that somebody has told, which counts if it has a value
    server_assigned,  // args[0]: the server must have a value, the specification does not say which
    optional          // args[0]: the server may have another value, or none
  };
  Op op = Op::literal;
  bool numeric = false;  // request: of a numeric field
  std::size_t field = 0;
  std::size_t row = 0;
  std::vector<std::size_t> columns;
  std::vector<Expr> args;
  Decimal number;  // the literal's; 0 where it is none
  std::string text;
  std::vector<std::pair<std::string, std::string>> cases;
  std::optional<std::string> otherwise;

  static Expr literal(std::string text) {
    Expr out;
    out.number = Decimal::parse(text).value_or(Decimal());
    out.text = std::move(text);
    return out;
  }
};

/// Whether it depends on what stands in a table.
inline bool reads_rows(const Expr& expr) {
  return expr.op == Expr::Op::path || expr.op == Expr::Op::tier_price || std::any_of(expr.args.begin(), expr.args.end(), reads_rows);
}

/// Whether it may have no exact result.
inline bool can_fail(const Expr& expr) {
  return expr.op == Expr::Op::add || expr.op == Expr::Op::subtract || std::any_of(expr.args.begin(), expr.args.end(), can_fail);
}

struct Assignment {
  std::size_t column = 0;
  Expr value;
};

/// Rows of `table` whose columns equal each expression that has a value.
struct Find {
  std::size_t row = 0;
  std::size_t table = 0;
  std::vector<Assignment> by;
  std::optional<std::size_t> between;  // a datetime column, whole days, both ends included
  Expr from, to;
  std::optional<std::pair<std::size_t, std::string>> prefer;
};

/// Adds a row, or changes the one that has its key.
struct Insert {
  std::size_t table = 0;
  std::vector<Assignment> set;
  bool computes_first = false;  // all values before the first is stored: one of them can fail
};

/// Only if the first is later than the second, or there is no second.
struct Later {
  Expr first, second;
};

struct Update {
  std::size_t row = 0;
  std::vector<Assignment> set;
  std::optional<Later> when;
  bool computes_first = false;  // all values before the first is stored: one of them reads a row, or can fail
};

/// Charges the volume since the last reading by the tier price, and starts a new volume where a settlement period begins.
struct ChargeEffect {
  std::optional<Later> when;
  std::size_t row = 0;
  Expr tariff, reading, date;
  std::size_t reading_column = 0, volume = 0, cycle = 0, balance = 0;
};

struct Rows {
  std::size_t row = 0;
  std::optional<Expr> certain_if;  // where it has no value, a server may as well show no row
  std::vector<Expr> fields;        // parallel to Interface::reply
};

/// One step; `kind` says which of its parts counts.
struct Step {
  enum class Kind { find, insert, update, charge, rows };
  Kind kind = Kind::find;
  Find find;
  Insert insert;
  Update update;
  ChargeEffect charge;
  Rows rows;
};

/// What takes the place of an interface's effects where business time moves: a meter sleeps and obeys at its next contact, a price waits for its day.
struct Delay {
  std::optional<std::size_t> until;     // the request's field with the time; nothing: the next contact of the meter that `meanwhile` finds first
  std::optional<std::size_t> existing;  // only where the row that this field names is there already
  std::vector<Step> meanwhile;          // when the request comes
  std::vector<Step> then;               // when its time has come
  std::vector<Step> expired;            // when no contact came in time
};

}  // namespace meterproof::core
