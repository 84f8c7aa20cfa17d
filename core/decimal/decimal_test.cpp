// SPDX-License-Identifier: Apache-2.0
#include "core/decimal/decimal.hpp"

#include <gtest/gtest.h>

namespace meterproof::core {
namespace decimal_test {

TEST(Decimal, PrintsWhatItParsed) {
  for (const char* text : {"0", "12", "-12", "12.50", "-0.05", "0.00", "0.000", "-0.5", "7.0", "10.010", "-1234567.0890", "100000000.01", "999999999999999999",
                           "0.123456789012345678"})
    EXPECT_EQ(Decimal::parse(text).value_or(Decimal(7, 0)).to_string(), text);
}

TEST(Decimal, ParsesExponents) {
  const struct {
    const char* text;
    const char* number;
  } table[] = {{"1e2", "100"},
               {"1.5e3", "1500"},
               {"1.5E-3", "0.0015"},
               {"+3", "3"},
               {"12.5e+1", "125"},
               {"5.", "5"},
               {".5", "0.5"},
               {"0e18", "0"},
               {"0.1000000000000000000000000000000", "0.100000000000000000"},
               {"0.0000000000000000000", "0.000000000000000000"},
               {"1.0000000000000000000e1", "10.0000000000000000"}};
  for (const auto& row : table) EXPECT_EQ(Decimal::parse(row.text).value_or(Decimal(7, 0)).to_string(), row.number) << row.text;
}

TEST(Decimal, RejectsTextThatIsNotANumberOrTooLong) {
  for (const char* text : {"", "-", "abc", "1a", "1.2.3", "--1", "1e", "1e99", "1234567890123456789", "0.1234567890123456789", "NaN", "Infinity", " 1", "1 "})
    EXPECT_FALSE(Decimal::parse(text)) << text;
}

TEST(Decimal, RoundsWhatHasTooManyDigitsBehindThePoint) {
  const struct {
    const char *text, *number;
  } table[] = {{"0.299999999999999988897769753748434595763683319091796875", "0.299999999999999989"},
               {"0.3000000000000000444089209850", "0.300000000000000044"},
               {"5.551115123125783e-17", "0.000000000000000056"},
               {"-5.551115123125783E-17", "-0.000000000000000056"},
               {"100.10000000000000142", "100.100000000000001"},
               {"0.1000000000000000000000000000000000000000", "0.1"},
               {"1e-30", "0"},
               {"5e-19", "0.000000000000000001"},
               {"4.9e-19", "0"},
               {"0.9999999999999999999", "1"},
               {"123456789012345678.5", "123456789012345679"},
               {"0.00000000000000000000012e22", "1.2"},
               {"12.50", "12.50"}};
  for (const auto& row : table) {
    const auto number = Decimal::parse_rounded(row.text);
    ASSERT_TRUE(number) << row.text;
    EXPECT_EQ(*number, *Decimal::parse(row.number)) << row.text << ": " << number->to_string();
  }
  for (const char* text :
       {"", "-", ".", "1.2.3", "1234567890123456789", "1234567890123456789.5", "999999999999999999.9", "1e19", "1e-99999999999", "0.1x", "NaN"})
    EXPECT_FALSE(Decimal::parse_rounded(text)) << text;
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

}  // namespace decimal_test
}  // namespace meterproof::core
