// SPDX-License-Identifier: Apache-2.0
#include "core/decimal/decimal.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace {

TEST(Decimal, PrintsWhatItParsed) {
  for (const char* text : {"0", "12", "-12", "12.50", "-0.05", "0.00", "0.000", "-0.5", "7.0", "10.010", "-1234567.0890", "100000000.01", "999999999999999999",
                           "0.123456789012345678"})
    EXPECT_EQ(Decimal::parse(text).value_or(Decimal(7, 0)).to_string(), text);
}

TEST(Decimal, ParsesExponents) {
  const struct {
    const char* text;
    const char* number;
  } table[] = {{"1e2", "100"}, {"1.5e3", "1500"}, {"1.5E-3", "0.0015"}, {"+3", "3"}, {"12.5e+1", "125"}, {"5.", "5"}, {".5", "0.5"}, {"0e18", "0"}};
  for (const auto& row : table) EXPECT_EQ(Decimal::parse(row.text).value_or(Decimal(7, 0)).to_string(), row.number) << row.text;
}

TEST(Decimal, RejectsTextThatIsNotANumberOrTooLong) {
  for (const char* text : {"", "-", "abc", "1a", "1.2.3", "--1", "1e", "1e99", "1234567890123456789", "0.1234567890123456789", "NaN", "Infinity", " 1", "1 "})
    EXPECT_FALSE(Decimal::parse(text)) << text;
}

TEST(Decimal, ComparesByValue) {
  EXPECT_EQ(*Decimal::parse("12.5000"), *Decimal::parse("12.5"));
  EXPECT_LT(*Decimal::parse("-0.01"), Decimal());
  EXPECT_GT(*Decimal::parse("0.000000000000000001"), Decimal());
  // Each is above those before it, whatever their scales.
  const char* rising[] = {"-999999999999999999",  "-12.5", "-12.49", "-0.000000000000000001", "0.0",
                          "0.000000000000000001", "12",    "12.001", "99999999999999999.8",   "999999999999999999"};
  for (std::size_t i = 0; i < std::size(rising); ++i)
    for (std::size_t k = 0; k < std::size(rising); ++k)
      EXPECT_EQ(*Decimal::parse(rising[i]) <=> *Decimal::parse(rising[k]), i <=> k) << rising[i] << " " << rising[k];
}

TEST(Decimal, ArithmeticIsExactOrFails) {
  EXPECT_EQ(Decimal::add(*Decimal::parse("0.1"), *Decimal::parse("0.2"))->to_string(), "0.3");
  EXPECT_EQ(Decimal::subtract(*Decimal::parse("100"), *Decimal::parse("0.01"))->to_string(), "99.99");
  EXPECT_EQ(Decimal::multiply(*Decimal::parse("12.345"), *Decimal::parse("2.61"))->to_string(), "32.22045");
  EXPECT_FALSE(Decimal::add(*Decimal::parse("999999999999999999"), Decimal(1, 0)));
  EXPECT_FALSE(Decimal::multiply(*Decimal::parse("999999999999"), *Decimal::parse("999999999999")));
}

TEST(Decimal, CountsPlacesAndRounds) {
  EXPECT_EQ(Decimal::parse("1.500")->places(), 1);
  EXPECT_EQ(Decimal::parse("3.00")->as_integer(), 3);
  EXPECT_FALSE(Decimal::parse("3.01")->as_integer());
  EXPECT_EQ(Decimal::parse("2.345")->rounded(2).to_string(), "2.35");
  EXPECT_EQ(Decimal::parse("-2.345")->rounded(2).to_string(), "-2.35");
}

}  // namespace
}  // namespace meterproof::core
