// SPDX-License-Identifier: Apache-2.0
#include "core/store/reference_index.hpp"

namespace meterproof::store {

std::optional<std::uint32_t> ReferenceIndex::number_of(std::string_view value) const {
  return numbers_.find(value, [&](std::uint32_t number) { return values_.row(number)->cell().text; });
}

MatchingRows ReferenceIndex::find(std::string_view value) const {
  const auto number = number_of(value);
  return number ? MatchingRows(lists_[*number].first, next_) : MatchingRows();
}

void ReferenceIndex::add(std::string_view value, RowNumber row) {
  auto number = number_of(value);
  if (!number) {
    number = static_cast<std::uint32_t>(lists_.size());
    values_.add_row();
    values_.writable_row(*number)->store(CellValue::of(value));
    lists_.emplace_back();
    numbers_.add(value, *number);
  }
  if (next_.size() <= row) next_.resize(row + 1, MatchingRows::end_of_list);
  List& list = lists_[*number];
  next_[row] = MatchingRows::end_of_list;
  if (list.first == MatchingRows::end_of_list) list.first = row;
  else next_[list.last] = row;
  list.last = row;
}

void ReferenceIndex::remove(std::string_view value, RowNumber row) {
  const auto number = number_of(value);
  if (!number) return;
  List& list = lists_[*number];
  RowNumber before = MatchingRows::end_of_list;
  for (RowNumber at = list.first; at != MatchingRows::end_of_list; before = at, at = next_[at]) {
    if (at != row) continue;
    (before == MatchingRows::end_of_list ? list.first : next_[before]) = next_[row];
    if (list.last == row) list.last = before;
    next_[row] = MatchingRows::end_of_list;
    return;
  }
}

}  // namespace meterproof::store
