// SPDX-License-Identifier: Apache-2.0
// Evaluates the expressions of a spec's effects over the request and the rows that earlier steps found.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/store/data_store.hpp"

namespace meterproof::store {

/// The result of one `find` step.
struct MatchedRows {
  std::size_t table = 0;
  std::vector<RowNumber> rows;
  std::size_t not_preferred = 0;
};

/// The last time as text, and the last settlement period: many requests arrive within a second, and within a day.
struct MomentTexts {
  core::DateTime now{-1};
  std::string now_text;
  std::tuple<std::int64_t, Period, int, int> cycle_key{-1, {}, 0, 0};  // day, period, month and day of settlement
  std::string cycle_text;
};

/// Memory for the execution of a request, reused from request to request.
struct ScratchBuffers {
  std::vector<MatchedRows> found;  // the first `count` of them
  std::size_t count = 0;
  std::vector<CellValue> values;
  std::list<std::string> stored_text;  // a list, so that views of its texts stay valid
  MomentTexts moments;
};

struct PriceReference {
  const PriceList* list;    // null if the column refers to no row
  Determinacy determinacy;  // of the column that refers to it, and of its prices
};

class DataStore::ExpressionEvaluator {
 public:
  /// All arguments must outlive it. If a result would not be exact, `failure` receives the reason.
  ExpressionEvaluator(DataStore& data_store, const core::Request& request, core::DateTime now, const Interpretations& interpretations, Failure& failure,
                      PriceListCache& prices, ScratchBuffers& scratch)
      : store_(data_store), request_(request), now_(now), interpretations_(interpretations), failure_(failure), prices_(prices), scratch_(scratch) {}

  /// Its text is valid until the next write to the tables. The two most frequent kinds of expression are evaluated inline.
  CellValue evaluate(const core::Expr& expr) {
    if (expr.op == core::Expr::Op::request) return requested(expr);
    if (expr.op == core::Expr::Op::path && expr.columns.size() == 1) return direct_column(expr);
    return compute(expr);
  }
  /// If the expression is a numeric field of the request: its number as the parser stored it. Saves a CellValue on the way to the table.
  const std::optional<core::Decimal>& number_requested(const core::Expr& expr) const {
    static constexpr std::optional<core::Decimal> none;
    return expr.op == core::Expr::Op::request && expr.numeric ? request_[expr.field].number : none;
  }
  /// A copy of the text, valid until the scratch buffers are cleared.
  std::string_view stored_text(std::string_view text) { return scratch_.stored_text.emplace_back(text); }
  /// The price list that the path's last column refers to.
  PriceReference prices_of(const core::Expr& path) const;
  /// The first day of the settlement period that contains `date`, as yyyy-MM-dd; valid until the next call.
  std::string_view cycle_of(const PriceList& prices, core::DateTime date);

 private:
  std::string_view now_text();
  CellValue compute(const core::Expr& expr);
  CellValue requested(const core::Expr& expr) const {
    const core::Value& value = request_[expr.field];
    if (value.empty()) return {};
    if (expr.numeric)
      if (const auto number = value.decimal()) return CellValue::of(*number);
    return CellValue::of(value.text);
  }
  CellValue direct_column(const core::Expr& path) const {
    const MatchedRows& found = scratch_.found[path.row];
    return found.rows.empty() ? CellValue() : store_.tables_[found.table].cell(found.rows.front(), path.columns.front());
  }
  CellValue follow_path(const core::Expr& path) const;
  CellValue number_of(const core::Expr& expr);
  CellValue sum(const core::Expr& expr);
  CellValue first_of(const core::Expr& expr);
  CellValue mapped(const core::Expr& expr);
  CellValue above(const core::Expr& expr);
  CellValue with_determinacy(const core::Expr& expr, Determinacy determinacy);
  CellValue tier_price(const core::Expr& expr);

  DataStore& store_;
  const core::Request& request_;
  core::DateTime now_;
  const Interpretations& interpretations_;
  Failure& failure_;
  PriceListCache& prices_;
  ScratchBuffers& scratch_;
};

}  // namespace meterproof::store
