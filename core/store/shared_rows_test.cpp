// SPDX-License-Identifier: Apache-2.0
#include "core/store/shared_rows.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

namespace meterproof::store {
namespace shared_rows_test {

using Rows = SharedRows<std::string>;

Rows numbered(std::size_t count) {
  Rows rows(2);
  for (std::size_t i = 0; i < count; ++i) {
    rows.add_row();
    rows.writable_row(i)[0] = std::to_string(i);
  }
  return rows;
}

TEST(SharedRows, ARowBeginsEmptyAndKeepsWhatIsWritten) {
  const Rows rows = numbered(1000);
  ASSERT_EQ(rows.size(), 1000U);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows.row(i)[0] + "," + rows.row(i)[1], std::to_string(i) + ",");
}

TEST(SharedRows, NeitherOfTwoCopiesSeesWhatTheOtherWrites) {
  Rows first = numbered(200);
  Rows second = first;
  EXPECT_EQ(first.row(7), second.row(7)) << "the rows are shared";
  second.writable_row(7)[0] = "second";
  first.writable_row(8)[0] = "first";
  first.add_row();
  first.writable_row(200)[0] = "new";
  second.add_row();
  EXPECT_EQ(first.row(7)[0], "7");
  EXPECT_EQ(first.row(8)[0], "first");
  EXPECT_EQ(second.row(7)[0], "second");
  EXPECT_EQ(second.row(8)[0], "8");
  EXPECT_EQ(first.row(200)[0] + "," + second.row(200)[0], "new,");
  EXPECT_EQ(first.row(150), second.row(150)) << "what nobody wrote still is";
  EXPECT_TRUE(first.shares(second, 150));
  EXPECT_FALSE(first.shares(second, 8));
  EXPECT_FALSE(first.shares(second, 300)) << "nobody has it";
}

TEST(SharedRows, WhatNoCopySharesIsOwned) {
  Rows first = numbered(200);
  EXPECT_TRUE(first.owns_all());
  {
    const Rows second = first;
    EXPECT_FALSE(first.owns_all());
    EXPECT_FALSE(first.owns(7));
    first.writable_row(8)[0] = "first";
    EXPECT_TRUE(first.owns(7)) << "of one chunk with the eighth";
    EXPECT_FALSE(first.owns(150));
    EXPECT_FALSE(second.owns(7));
  }
  first.writable_row(70)[0] = first.writable_row(130)[0] = first.writable_row(199)[0] = "first";
  EXPECT_TRUE(first.owns_all());
  first.add_row();
  EXPECT_TRUE(first.owns(200));
  Rows empty(0);
  empty.add_row();
  const Rows other = empty;
  EXPECT_TRUE(empty.owns_all()) << "nobody writes a row without values";
}

TEST(SharedRows, ACopyOutlivesItsOriginal) {
  Rows copy(1);
  {
    Rows original = numbered(100);
    copy = original;
    original.writable_row(3)[0] = "gone";
  }
  EXPECT_EQ(copy.row(3)[0], "3");
}

TEST(SharedRows, AValueMayComeFromTheChunkThatItIsWrittenTo) {
  Rows rows = numbered(10);
  { const Rows copy = rows; }
  const std::string& from = rows.row(4)[0];  // its chunk has no other owner left
  rows.writable_row(5)[1] = from;
  EXPECT_EQ(rows.row(5)[1], "4");
}

TEST(SharedRows, CopiesMayBeUsedByTwoThreads) {
  Rows first = numbered(6400);
  for (int round = 0; round < 20; ++round) {
    auto second = std::make_unique<Rows>(first);
    std::thread other([&] {
      for (std::size_t i = 0; i < 6400; i += 32) second->writable_row(i)[1] = second->row(i + 1)[0];
      for (std::size_t i = 0; i < 6400; i += 32) EXPECT_EQ(second->row(i)[1], std::to_string(i + 1));
      second.reset();
    });
    for (std::size_t i = 0; i < 6400; i += 32) first.writable_row(i)[1] = std::to_string(round);
    other.join();
    ASSERT_EQ(first.row(64)[1], std::to_string(round));
  }
}

}  // namespace shared_rows_test
}  // namespace meterproof::store
