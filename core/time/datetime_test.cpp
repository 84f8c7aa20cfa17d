// SPDX-License-Identifier: Apache-2.0
#include "core/time/datetime.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace meterproof::core {
namespace datetime_test {

TEST(DateTime, ParsesAndFormatsThreeFormats) {
  EXPECT_EQ(DateTime::parse("2026-02-28 23:59:59")->to_string(), "2026-02-28 23:59:59");
  EXPECT_EQ(DateTime::parse_date("2024-02-29")->date_string(), "2024-02-29");
  EXPECT_EQ(DateTime::parse_compact("20261122235959")->compact(), "20261122235959");
  EXPECT_EQ(DateTime::parse("1969-12-31 23:59:59")->seconds, -1);
  EXPECT_EQ(DateTime{-1}.to_string(), "1969-12-31 23:59:59");
}

TEST(DateTime, RejectsOtherFormatsAndDaysThatDoNotExist) {
  for (const char* text : {"2026-02-30 10:00:00", "2026-13-01 00:00:00", "2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-01-01T00:00:00", "2026-1-1 0:0:0",
                           "0000-01-01 00:00:00", "2026-01-01", "", "2026-01-01 00:00:00 "})
    EXPECT_FALSE(DateTime::parse(text)) << text;
  for (const char* text : {"2025-02-29", "2026/01/01", "20260101", "2026-01-00"}) EXPECT_FALSE(DateTime::parse_date(text)) << text;
  for (const char* text : {"2026112224235959", "2026112223595", "20260230000000", "2026-1122235959"}) EXPECT_FALSE(DateTime::parse_compact(text)) << text;
}

TEST(DateTime, LocalTimeAddsTheOffset) {
  const auto midnight = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
  EXPECT_EQ(local_time(midnight, std::chrono::minutes(480)).to_string(), "2026-11-22 08:00:00");
  EXPECT_EQ(local_time(midnight, std::chrono::minutes(-30)).to_string(), "2026-11-21 23:30:00");
}

TEST(DateTime, ParsesDateHeaders) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")->to_string(), "1994-11-06 08:49:37");
  for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CST", "Sun, 06 Nox 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

TEST(DateTime, ParsesUtcOffsets) {
  EXPECT_EQ(parse_utc_offset("+08:00"), std::chrono::minutes(480));
  EXPECT_EQ(parse_utc_offset("-03:30"), std::chrono::minutes(-210));
  EXPECT_EQ(parse_utc_offset("+14:00"), std::chrono::minutes(840));
  EXPECT_EQ(parse_utc_offset("Z"), std::chrono::minutes(0));
  for (const char* text : {"", "8", "+8:00", "+15:00", "+14:01", "-14:59", "+08:60", "08:00"}) EXPECT_FALSE(parse_utc_offset(text)) << text;
  EXPECT_EQ(format_utc_offset(std::chrono::minutes(-210)), "-03:30");
}

TEST(DateTime, ParsesDurations) {
  using std::chrono::milliseconds;
  const std::pair<const char*, milliseconds> table[] = {{"300s", milliseconds(300'000)}, {"500ms", milliseconds(500)}, {"1.5m", milliseconds(90'000)},
                                                        {"2h", milliseconds(7'200'000)}, {"7", milliseconds(7000)},    {"1e8s", milliseconds(100'000'000'000)}};
  for (const auto& [text, expected] : table) EXPECT_EQ(parse_duration(text), expected) << text;
  // A deadline so far away would overflow, and lie in the past.
  using std::chrono::hours;
  const std::vector<std::pair<std::string, std::optional<std::chrono::seconds>>> spans = {{"90s", std::chrono::seconds(90)},
                                                                                          {"15m", std::chrono::seconds(900)},
                                                                                          {"12h", hours(12)},
                                                                                          {"31d", hours(744)},
                                                                                          {"36600d", hours(36600 * 24)},
                                                                                          {"36601d", std::nullopt},
                                                                                          {"1.5h", std::nullopt},
                                                                                          {"5", std::nullopt},
                                                                                          {"-1d", std::nullopt},
                                                                                          {"", std::nullopt},
                                                                                          {"99999999999999999999d", std::nullopt},
                                                                                          {"1w", std::nullopt}};
  for (const auto& [text, expected] : spans) EXPECT_EQ(parse_span(text), expected) << text;
  for (const char* text : {"", "x", "-1s", "nan", "inf", "1d", "1 s", "100000001s", "1e9h", "900000000h", "1e308h"}) EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(DateTime, ExpandsRelativeDates) {
  const DateTime now = *DateTime::parse("2026-11-22 10:00:00");
  EXPECT_EQ(expand_relative_date("@-5 10:30:00", now), "2026-11-17 10:30:00");
  EXPECT_EQ(expand_relative_date("@0", now), "2026-11-22");
  EXPECT_EQ(expand_relative_date("@36500", now), "2126-10-29");
  for (const char* text : {"2026-01-01", "@", "@x", "@1x", "@99999999", "@-2147483648", "@36501"}) EXPECT_EQ(expand_relative_date(text, now), text);
}

}  // namespace datetime_test
}  // namespace meterproof::core
