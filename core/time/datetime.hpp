// SPDX-License-Identifier: Apache-2.0
// Wall-clock times as the specification writes them. They have no time zone; `local_time` adds an offset to a clock.
//
// Fast path in `parse` and `parse_compact`: the last text and its value (thread-local). WHY: requests of a second carry the same times. GAIN: 620 of
// 24,400 user-space instructions of a report, 1.1 % of the mock's CPU (2026-11-27, `bench/instructions`). REFERENCE: parse_digit_pairs. TEST: DateTime.*.
// DELETE WHEN: the gain is below 1 %.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meterproof::core {

/// Seconds since 1970-01-01 00:00:00 on the wall clock of one place, in the proleptic Gregorian calendar. No leap seconds.
struct DateTime {
  std::int64_t seconds = 0;

  friend auto operator<=>(DateTime, DateTime) = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes <=> for a comparison with 0

  // Each returns nothing for text of any other format, and for days and times that do not exist.

  /// "yyyy-MM-dd HH:mm:ss", exactly 19 characters.
  static std::optional<DateTime> parse(std::string_view text);
  /// "yyyy-MM-dd", at midnight.
  static std::optional<DateTime> parse_date(std::string_view text);
  /// "yyyyMMddHHmmss": the 14 digits of a signature's timestamp.
  static std::optional<DateTime> parse_compact(std::string_view text);

  std::string to_string() const;    // yyyy-MM-dd HH:mm:ss
  std::string date_string() const;  // yyyy-MM-dd
  std::string compact() const;      // yyyyMMddHHmmss
  void append_compact(std::string& out) const;

  DateTime midnight() const;
  std::chrono::year_month_day day() const;
};

DateTime operator+(DateTime time, std::chrono::seconds span);
std::chrono::seconds operator-(DateTime a, DateTime b);

/// Replaces @N or @-N at the beginning by the date that many days after `now`: "@-5 10:00:00". Other texts are returned unchanged,
/// and those of days that are more than a century away.
std::string expand_relative_date(std::string_view text, DateTime now);

/// The wall clock of a place whose time is UTC plus `utc_offset`. Fractions of a second are dropped.
DateTime local_time(std::chrono::system_clock::time_point now, std::chrono::minutes utc_offset);

/// Parses 300s, 500ms, 1.5m, 2h, or a number of seconds. Nothing for other text, negative numbers, and more than 1e8 seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Parses a span of business time: 90s, 15m, 12h, 31d; whole seconds, up to 100 years. Nothing for other text, and for numbers without a unit.
std::optional<std::chrono::seconds> parse_span(std::string_view text);

/// Parses the time of a Date header as servers write it, in UTC: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). Nothing for other text.
std::optional<DateTime> parse_http_date(std::string_view text);

/// Parses "+08:00", "-03:30", "Z" (RFC 3339, section 5.6). Nothing for other text and offsets above 14 hours.
std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text);
std::string format_utc_offset(std::chrono::minutes offset);

}  // namespace meterproof::core
