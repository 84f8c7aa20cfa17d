// SPDX-License-Identifier: Apache-2.0
// An index from the values of a column to the rows that have them. Several rows may have one value. Copies share what neither has written since.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "core/store/packed_value.hpp"
#include "core/store/shared_rows.hpp"
#include "core/store/store_interceptor.hpp"
#include "core/store/text_index.hpp"

namespace meterproof::store {

/// By row: the next one with the same value.
using NextRows = SharedRows<RowNumber, 1024>;

/// The rows with one value, in the order of their numbers. Valid until the index changes.
class MatchingRows {
 public:
  static constexpr RowNumber end_of_list = ~RowNumber{0};

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = RowNumber;
    using difference_type = std::ptrdiff_t;
    using pointer = const RowNumber*;
    using reference = RowNumber;

    Iterator() = default;
    Iterator(RowNumber row, const NextRows* next) : row_(row), next_(next) {}
    RowNumber operator*() const { return row_; }
    Iterator& operator++() {
      row_ = *next_->row(row_);
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return row_ == other.row_; }

   private:
    RowNumber row_ = end_of_list;
    const NextRows* next_ = nullptr;
  };

  MatchingRows() = default;
  MatchingRows(RowNumber first, const NextRows& next) : first_(first), next_(&next) {}

  Iterator begin() const { return {first_, next_}; }
  Iterator end() const { return {}; }
  bool empty() const { return first_ == end_of_list; }
  RowNumber front() const { return first_; }

 private:
  RowNumber first_ = end_of_list;
  const NextRows* next_ = nullptr;
};

/// Not thread-safe; threads may look up at the same time while nobody adds or removes.
class ReferenceIndex {
 public:
  MatchingRows find(std::string_view value) const;
  /// The row must not be in the index. Takes as long as the value has rows, unless the row's number is higher than all of theirs: the order follows from the
  /// rows, so that a store that is read back has the same.
  void add(std::string_view value, RowNumber row);
  /// Nothing happens where the row is not in the index with that value. Takes as long as the value has rows.
  void remove(std::string_view value, RowNumber row);

 private:
  /// The rows with one value, as a list through `next_`.
  struct List {
    RowNumber first = MatchingRows::end_of_list, last = MatchingRows::end_of_list;
  };

  std::optional<std::uint32_t> number_of(std::string_view value) const;

  TextIndex numbers_;                 // of the values, in the order in which they came
  SharedRows<PackedText> values_{1};  // by number
  SharedRows<List> lists_{1};         // by number
  NextRows next_{1};
};

}  // namespace meterproof::store
