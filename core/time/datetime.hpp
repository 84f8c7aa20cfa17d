// Wall-clock times as the paper writes them. No time zone: whoever reads a clock adds the offset (see `local_time`).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meterproof::core {

/// Seconds of the proleptic Gregorian calendar since 1970-01-01 00:00:00 of the wall clock it was read from.
struct DateTime {
  std::int64_t seconds = 0;

  friend auto operator<=>(DateTime, DateTime) = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes <=> for a comparison with 0

  /// "yyyy-MM-dd HH:mm:ss", to the letter. Nothing for any other shape and for days that do not exist.
  static std::optional<DateTime> parse(std::string_view text);
  /// "yyyy-MM-dd", at midnight.
  static std::optional<DateTime> parse_date(std::string_view text);
  /// "yyyyMMddHHmmss": the 14 digits of a signature's timestamp.
  static std::optional<DateTime> parse_compact(std::string_view text);

  std::string to_string() const;
  std::string date_string() const;
  std::string compact() const;
  void append_compact(std::string& out) const;

  DateTime midnight() const;
  std::chrono::year_month_day day() const;
};

DateTime operator+(DateTime time, std::chrono::seconds span);
std::chrono::seconds operator-(DateTime a, DateTime b);

/// A text that begins with @-N, or @N, has the day that many days from now in its place; any other is as it is.
std::string expand_relative_date(std::string_view text, DateTime now);

/// The wall clock of a place `utc_offset` east of Greenwich.
DateTime local_time(std::chrono::system_clock::time_point now, std::chrono::minutes utc_offset);

/// Reads 300s, 500ms, 5m, 2h, or a plain number of seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Reads "+08:00", "-03:30", "Z".
std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text);
std::string format_utc_offset(std::chrono::minutes offset);

}  // namespace meterproof::core
