// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/value_classes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/decimal/decimal.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::conformance {
namespace value_classes_test {

std::size_t characters_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TEST(ValueClasses, HaveNamesAndSlugsOfTheirOwn) {
  for (const auto* all : {&text_classes(), &digit_classes(), &amount_classes(), &price_classes(), &moment_classes()}) {
    std::set<std::string> slugs, values;
    for (const ValueClass& one : *all) {
      EXPECT_TRUE(slugs.insert(one.slug).second) << one.slug;
      EXPECT_TRUE(values.insert(one.value).second) << one.slug;
      EXPECT_NE(one.name.zh, "") << one.slug;
      EXPECT_NE(one.name.en, "") << one.slug;
      EXPECT_TRUE(core::is_valid_utf8(one.value)) << one.slug;
    }
  }
}

TEST(ValueClasses, TheMixtureHasEveryPartAndIsShort) {
  const std::string mixed = mixed_text();
  EXPECT_LT(characters_of(mixed), 32U);
  for (const ValueClass& one : text_classes())
    if (one.is_part) EXPECT_NE(mixed.find(one.value), std::string::npos) << one.slug;
}

TEST(ValueClasses, LengthsAreInCharacters) {
  for (const ValueClass& one : text_classes())
    if (one.slug.starts_with("length-")) EXPECT_EQ(std::to_string(characters_of(one.value)), one.slug.substr(7));
}

TEST(ValueClasses, AmountsAreAboveZeroAndHaveTwoPlacesAtMost) {
  for (const ValueClass& one : amount_classes()) {
    const auto amount = core::Decimal::parse(one.value);
    ASSERT_TRUE(amount) << one.slug;
    EXPECT_GT(*amount, core::Decimal()) << one.slug;
    EXPECT_LE(amount->places(), 2) << one.slug;
  }
}

TEST(ValueClasses, MomentsOfTheCalendarAreTheLastOnesThatAreOver) {
  const struct {
    const char *value, *now, *moment;
  } table[] = {{"@-7 23:59:59", "2026-03-14 10:00:00", "2026-03-07 23:59:59"},
               {"@-7", "2026-03-14 10:00:00", "2026-03-07 00:00:00"},
               {"02-29 00:00:00", "2026-03-14 10:00:00", "2024-02-29 00:00:00"},
               {"02-29 00:00:00-1", "2026-03-14 10:00:00", "2024-02-28 23:59:59"},
               {"02-29 23:59:59+1", "2026-03-14 10:00:00", "2024-03-01 00:00:00"},
               {"02-29", "2028-02-29 12:00:00", "2024-02-29 00:00:00"},
               {"02-29", "2028-03-02 12:00:00", "2028-02-29 00:00:00"},
               {"02-29", "2102-01-01 00:00:00", "2096-02-29 00:00:00"},
               {"01-01 00:00:00-1", "2026-01-02 00:30:00", "2024-12-31 23:59:59"},
               {"01-01 00:00:00", "2026-01-03 00:30:00", "2026-01-01 00:00:00"},
               {"01-02 03:04:05", "2026-03-14 10:00:00", "2026-01-02 03:04:05"},
               {"05-01 00:00:00-1", "2026-03-14 10:00:00", "2025-04-30 23:59:59"}};
  for (const auto& row : table) EXPECT_EQ(moment_of(row.value, *core::DateTime::parse(row.now)).to_string(), row.moment) << row.value << " at " << row.now;
}

TEST(ValueClasses, RangesAreInOrderOnEveryDayOfFourYears) {
  core::DateTime now = *core::DateTime::parse("2025-12-25 00:30:00");
  for (int day = 0; day < 4 * 366; ++day, now = now + std::chrono::hours(24))
    for (const DayRangeClass& one : range_classes()) {
      const auto first = moment_of(one.first, now).midnight(), last = moment_of(one.last, now).midnight();
      EXPECT_LE(first, last) << one.slug << " at " << now.to_string();
      EXPECT_LE((last - first).count(), 2 * 24 * 3600) << one.slug << " at " << now.to_string();
    }
}

TEST(ValueClasses, FollowTheTypeOfTheField) {
  core::Field field;
  EXPECT_EQ(&classes_of(field, true), &text_classes());
  field.example = "13800000000";
  EXPECT_EQ(&classes_of(field, true), &digit_classes());
  field.format = core::Format::datetime;
  EXPECT_EQ(&classes_of(field, true), &moment_classes());
  EXPECT_TRUE(classes_of(field, false).empty());
  field.format = core::Format::none;
  field.type = core::Type::decimal;
  EXPECT_EQ(&classes_of(field, true), &amount_classes());
  EXPECT_EQ(&classes_of(field, false), &price_classes());
  field.names = 0;
  EXPECT_TRUE(classes_of(field, true).empty());
}

}  // namespace value_classes_test
}  // namespace meterproof::conformance
