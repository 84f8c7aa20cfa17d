// SPDX-License-Identifier: Apache-2.0
#include "core/store/reference_index.hpp"

namespace meterproof::store {

std::optional<std::uint32_t> ReferenceIndex::number_of(std::string_view value) const {
  return numbers_.find(value, [&](std::uint32_t number) { return values_.row(number)->cell().text; });
}

MatchingRows ReferenceIndex::find(std::string_view value) const {
  const auto number = number_of(value);
  return number ? MatchingRows(lists_.row(*number)->first, next_) : MatchingRows();
}

void ReferenceIndex::add(std::string_view value, RowNumber row) {
  auto number = number_of(value);
  if (!number) {
    number = static_cast<std::uint32_t>(lists_.size());
    values_.add_row();
    values_.writable_row(*number)->store(CellValue::of(value));
    lists_.add_row();
    numbers_.add(value, *number);
  }
  while (next_.size() <= row) next_.add_row();
  List& list = *lists_.writable_row(*number);
  if (list.first == MatchingRows::end_of_list || row > list.last) {
    *next_.writable_row(row) = MatchingRows::end_of_list;
    (list.first == MatchingRows::end_of_list ? list.first : *next_.writable_row(list.last)) = row;
    list.last = row;
    return;
  }
  RowNumber before = MatchingRows::end_of_list, after = list.first;
  for (; after < row; after = *next_.row(after)) before = after;
  *next_.writable_row(row) = after;
  (before == MatchingRows::end_of_list ? list.first : *next_.writable_row(before)) = row;
}

void ReferenceIndex::remove(std::string_view value, RowNumber row) {
  const auto number = number_of(value);
  if (!number) return;
  List& list = *lists_.writable_row(*number);
  RowNumber before = MatchingRows::end_of_list;
  for (RowNumber at = list.first; at != MatchingRows::end_of_list; before = at, at = *next_.row(at)) {
    if (at != row) continue;
    const RowNumber after = *next_.row(row);
    (before == MatchingRows::end_of_list ? list.first : *next_.writable_row(before)) = after;
    if (list.last == row) list.last = before;
    *next_.writable_row(row) = MatchingRows::end_of_list;
    return;
  }
}

}  // namespace meterproof::store
