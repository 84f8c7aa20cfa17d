// The small expressions of a spec's steps, over the request at hand and the rows that the steps before have found.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/data_store.hpp"

namespace meterproof::store {

struct MatchedRows {
  std::size_t table = 0;
  std::vector<RowNumber> rows;
  std::size_t not_preferred = 0;
};

/// What a request needs while it is carried out, kept for the next one for the room that it has.
struct ScratchBuffers {
  std::vector<MatchedRows> found;  // the first `count` of them
  std::size_t count = 0;
  std::vector<CellValue> values;
  std::list<std::string> stored_text;
};

struct PriceReference {
  const PriceList* list;
  Determinacy determinacy;  // of the reference to it
};

class DataStore::ExpressionEvaluator {
 public:
  /// All must outlive it. What can't be computed exactly is said in `failure`.
  ExpressionEvaluator(DataStore& world, const core::Request& request, core::DateTime now, const Interpretations& interpretations, std::string& failure,
                      ScratchBuffers& scratch)
      : world_(world), request_(request), now_(now), readings_(interpretations), failure_(failure), scratch_(scratch) {}

  /// Its text is good until the tables are written to.
  CellValue evaluate(const core::Expr& expr) {
    if (expr.op == core::Expr::Op::request) return requested(expr);
    if (expr.op == core::Expr::Op::path && expr.columns.size() == 1) return own_column(expr);
    return compute(expr);
  }
  /// The number that a request's numeric field was read as, where the expression is that field.
  const std::optional<core::Decimal>& number_requested(const core::Expr& expr) const {
    static constexpr std::optional<core::Decimal> none;
    return expr.op == core::Expr::Op::request && expr.numeric ? request_[expr.field].number : none;
  }
  /// A text that lives as long as the scratch is not cleared.
  std::string_view stored_text(std::string_view text) { return scratch_.stored_text.emplace_back(text); }
  /// The prices that the path's last column refers to.
  std::optional<PriceReference> prices_of(const core::Expr& path) const;
  /// The first day of the settlement period that `date` falls into; good until the next one is asked for.
  std::string_view cycle_of(const PriceList& prices, core::DateTime date);

 private:
  std::string_view moment();
  CellValue compute(const core::Expr& expr);
  CellValue requested(const core::Expr& expr) const {
    const core::Value& value = request_[expr.field];
    if (value.empty()) return {};
    if (expr.numeric)
      if (const auto number = value.decimal()) return CellValue::of(*number);
    return CellValue::of(value.text);
  }
  CellValue own_column(const core::Expr& path) const {
    const MatchedRows& found = scratch_.found[path.row];
    return found.rows.empty() ? CellValue() : world_.tables_[found.table].cell(found.rows.front(), path.columns.front());
  }
  CellValue followed(const core::Expr& path) const;
  CellValue number_of(const core::Expr& expr);
  CellValue sum(const core::Expr& expr);
  CellValue first_of(const core::Expr& expr);
  CellValue mapped(const core::Expr& expr);
  CellValue above(const core::Expr& expr);
  CellValue as_certain(const core::Expr& expr, Determinacy determinacy);
  CellValue tier_price(const core::Expr& expr);

  DataStore& world_;
  const core::Request& request_;
  core::DateTime now_;
  const Interpretations& readings_;
  std::string& failure_;
  ScratchBuffers& scratch_;
};

}  // namespace meterproof::store
