// SPDX-License-Identifier: Apache-2.0
#include "core/store/reference_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace meterproof::store {
namespace reference_index_test {

std::vector<RowNumber> rows_of(const ReferenceIndex& index, std::string_view value) {
  const MatchingRows found = index.find(value);
  return {found.begin(), found.end()};
}

using Rows = std::vector<RowNumber>;

TEST(ReferenceIndex, ShowsTheRowsOfAValueInTheirOrder) {
  ReferenceIndex index;
  EXPECT_TRUE(index.find("a").empty());
  index.add("a", 7);
  index.add("b", 2);
  index.add("a", 3);
  index.add("", 9);
  EXPECT_EQ(rows_of(index, "a"), (Rows{3, 7}));
  EXPECT_EQ(rows_of(index, "b"), Rows{2});
  EXPECT_EQ(rows_of(index, ""), Rows{9});
  EXPECT_TRUE(rows_of(index, "ab").empty());
  index.remove("a", 2);  // is b's
  index.remove("c", 2);
  index.add("a", 5);
  EXPECT_EQ(rows_of(index, "a"), (Rows{3, 5, 7}));
  index.remove("a", 7);
  index.add("a", 1);
  index.add("a", 6);
  EXPECT_EQ(rows_of(index, "a"), (Rows{1, 3, 5, 6}));
}

TEST(ReferenceIndex, ACopyGoesItsOwnWay) {
  ReferenceIndex first;
  for (RowNumber row = 0; row < 200; ++row) first.add("value " + std::to_string(row % 70), row);
  ReferenceIndex second = first;
  first.remove("value 1", 71);
  first.add("of the first", 71);
  second.remove("value 1", 1);
  second.add("value 2", 1);
  EXPECT_EQ(rows_of(first, "value 1"), (Rows{1, 141}));
  EXPECT_EQ(rows_of(second, "value 1"), (Rows{71, 141}));
  EXPECT_EQ(rows_of(second, "value 2"), (Rows{1, 2, 72, 142}));
  EXPECT_EQ(rows_of(first, "of the first"), Rows{71});
  EXPECT_TRUE(rows_of(second, "of the first").empty());
}

// Against a map of vectors: rows that change their values by chance, the first, the last and the only one of a value among them.
TEST(ReferenceIndex, IsAsAMapOfLists) {
  constexpr RowNumber rows = 40;
  std::mt19937 chance(1);
  ReferenceIndex index;
  std::map<std::string, Rows> reference;
  std::vector<std::string> value_of(rows);
  for (int step = 0; step < 20000; ++step) {
    const auto row = static_cast<RowNumber>(chance() % rows);
    const std::string value = "value " + std::to_string(chance() % 15) + (step % 3 == 0 ? ", which is longer than a text in place" : "");
    if (!value_of[row].empty()) {
      index.remove(value_of[row], row);
      std::erase(reference[value_of[row]], row);
    }
    index.add(value, row);
    reference[value].insert(std::lower_bound(reference[value].begin(), reference[value].end(), row), row);
    value_of[row] = value;
    const ReferenceIndex copy = index;
    ASSERT_EQ(rows_of(step % 2 == 0 ? copy : index, value), reference[value]);
  }
  for (const auto& [value, expected] : reference) EXPECT_EQ(rows_of(index, value), expected) << value;
}

}  // namespace reference_index_test
}  // namespace meterproof::store
