// SPDX-License-Identifier: Apache-2.0
#include "core/time/datetime.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace meterproof::core {
namespace {

constexpr std::int64_t seconds_per_day = 86400;

struct Parts {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

/// Parses text of a format like "yyyy-MM-dd": letters stand for digits, other characters for themselves. Values are not checked.
std::optional<Parts> parse_format(std::string_view text, std::string_view format) {
  if (text.size() != format.size()) return std::nullopt;
  Parts parts{0, 0, 0, 0, 0, 0};
  bool has_day = false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    int* part = nullptr;
    switch (format[i]) {
      case 'y': part = &parts.year; break;
      case 'M': part = &parts.month; break;
      case 'd':
        part = &parts.day;
        has_day = true;
        break;
      case 'H': part = &parts.hour; break;
      case 'm': part = &parts.minute; break;
      case 's': part = &parts.second; break;
      default: break;
    }
    if (part == nullptr) {
      if (text[i] != format[i]) return std::nullopt;
    } else {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      *part = *part * 10 + (text[i] - '0');
    }
  }
  return has_day ? std::optional(parts) : std::nullopt;
}

/// Checks the values and converts them. Leap seconds (second 60) are rejected: the specification does not mention them.
std::optional<DateTime> to_time(const std::optional<Parts>& parts) {
  if (!parts) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(parts->year), std::chrono::month(static_cast<unsigned>(parts->month)),
                                        std::chrono::day(static_cast<unsigned>(parts->day))};
  if (!day.ok() || parts->year == 0 || parts->hour > 23 || parts->minute > 59 || parts->second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return DateTime{days * seconds_per_day + std::int64_t{parts->hour} * 3600 + std::int64_t{parts->minute} * 60 + parts->second};
}

/// Days since 1970, rounded down: before 1970 integer division would round towards zero.
std::int64_t floor_days(std::int64_t seconds) { return seconds >= 0 ? seconds / seconds_per_day : -((-seconds + seconds_per_day - 1) / seconds_per_day); }

/// `width`: 2 or 4. A year above 9999 loses its first digit.
void append_digits(std::string& out, int value, int width) {
  for (int unit = width == 4 ? 1000 : 10; unit > 0; unit /= 10) out += static_cast<char>('0' + value / unit % 10);
}

void append_formatted(std::string& out, DateTime time, bool with_date, bool with_time, bool separated) {
  const auto day = time.day();
  const auto in_day = static_cast<int>(time.seconds - time.midnight().seconds);
  if (with_date) {
    append_digits(out, static_cast<int>(day.year()), 4);
    if (separated) out += '-';
    append_digits(out, static_cast<int>(static_cast<unsigned>(day.month())), 2);
    if (separated) out += '-';
    append_digits(out, static_cast<int>(static_cast<unsigned>(day.day())), 2);
  }
  if (with_time) {
    if (separated) out += ' ';
    append_digits(out, in_day / 3600, 2);
    if (separated) out += ':';
    append_digits(out, in_day / 60 % 60, 2);
    if (separated) out += ':';
    append_digits(out, in_day % 60, 2);
  }
}

/// The two digits at `at`; 1000 if they are not digits.
unsigned two_digits(std::string_view text, std::size_t at) {
  const auto tens = static_cast<unsigned>(text[at] - '0'), ones = static_cast<unsigned>(text[at + 1] - '0');
  return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

/// `places`: the offsets of the seven pairs of digits: century, year, month, day, hour, minute, second.
std::optional<DateTime> parse_digit_pairs(std::string_view text, const std::array<std::size_t, 7>& places) {
  std::array<unsigned, 7> found{};
  for (std::size_t i = 0; i < places.size(); ++i) found[i] = two_digits(text, places[i]);
  const auto [century, year, month, day, hour, minute, second] = found;
  // two_digits gives 1000 for anything that is not two digits. Hours, minutes and seconds are checked by to_time.
  if (century > 99 || year > 99 || month > 99 || day > 99) return std::nullopt;
  const auto to_int = [](unsigned number) { return static_cast<int>(number); };
  return to_time(Parts{to_int(century * 100 + year), to_int(month), to_int(day), to_int(hour), to_int(minute), to_int(second)});
}

/// The time that was parsed last: most requests of a second carry the same one.
template <std::size_t size>
struct LastParsed {
  std::array<char, size> text{};
  std::optional<DateTime> time;

  template <class Parse>
  std::optional<DateTime> parse(std::string_view from, const Parse& parse_text) {
    if (from.size() != size) return std::nullopt;
    if (time && std::memcmp(from.data(), text.data(), size) == 0) return time;
    const auto found = parse_text(from);
    if (found) {
      from.copy(text.data(), size);
      time = found;
    }
    return found;
  }
};

/// `text` must have 19 characters.
std::optional<DateTime> parse_separated(std::string_view text) {
  if (text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':') return std::nullopt;
  return parse_digit_pairs(text, {0, 2, 5, 8, 11, 14, 17});
}

}  // namespace

std::optional<DateTime> DateTime::parse(std::string_view text) {
  thread_local LastParsed<19> last;
  return last.parse(text, parse_separated);
}
std::optional<DateTime> DateTime::parse_date(std::string_view text) { return to_time(parse_format(text, "yyyy-MM-dd")); }
std::optional<DateTime> DateTime::parse_compact(std::string_view text) {
  thread_local LastParsed<14> last;
  return last.parse(text, [](std::string_view digits) { return parse_digit_pairs(digits, {0, 2, 4, 6, 8, 10, 12}); });
}

DateTime DateTime::midnight() const { return {floor_days(seconds) * seconds_per_day}; }

std::chrono::year_month_day DateTime::day() const { return std::chrono::sys_days(std::chrono::days(floor_days(seconds))); }

std::string DateTime::to_string() const {
  std::string out;
  append_formatted(out, *this, true, true, true);
  return out;
}

std::string DateTime::date_string() const {
  std::string out;
  append_formatted(out, *this, true, false, true);
  return out;
}

std::string DateTime::compact() const {
  std::string out;
  append_compact(out);
  return out;
}

void DateTime::append_compact(std::string& out) const { append_formatted(out, *this, true, true, false); }

DateTime operator+(DateTime time, std::chrono::seconds span) { return {time.seconds + span.count()}; }
std::chrono::seconds operator-(DateTime a, DateTime b) { return std::chrono::seconds(a.seconds - b.seconds); }

// floor, not a cast: before 1970 a cast would round up.
DateTime local_time(std::chrono::system_clock::time_point now, std::chrono::minutes utc_offset) {
  const auto shifted = std::chrono::floor<std::chrono::seconds>(now + utc_offset);
  return {shifted.time_since_epoch().count()};
}

std::optional<DateTime> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::size_t length = 29;
  if (text.size() != length || !text.ends_with(" GMT")) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (month == months.end()) return std::nullopt;
  const std::string number = std::to_string(month - months.begin() + 101).substr(1);  // of two digits
  return DateTime::parse(std::string(text.substr(12, 4)) + "-" + number + "-" + std::string(text.substr(5, 2)) + " " + std::string(text.substr(17, 8)));
}

std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  for (const std::size_t i : {1U, 2U, 4U, 5U})
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  const int hours = (text[1] - '0') * 10 + (text[2] - '0');
  const int minutes = (text[4] - '0') * 10 + (text[5] - '0');
  const int total = hours * 60 + minutes;
  if (total > 14 * 60 || minutes > 59) return std::nullopt;
  return std::chrono::minutes(text[0] == '-' ? -total : total);
}

std::string format_utc_offset(std::chrono::minutes offset) {
  const int total = std::abs(static_cast<int>(offset.count()));
  std::string out(1, offset.count() < 0 ? '-' : '+');
  append_digits(out, total / 60, 2);
  out += ':';
  append_digits(out, total % 60, 2);
  return out;
}

std::string expand_relative_date(std::string_view text, DateTime now) {
  if (!text.starts_with('@')) return std::string(text);
  const std::size_t end = std::min(text.find(' '), text.size());
  int days = 0;
  const auto [rest, error] = std::from_chars(text.data() + 1, text.data() + end, days);
  constexpr int most = 36'500;  // a century: the years of a date have four digits
  if (error != std::errc{} || rest != text.data() + end || days < -most || days > most) return std::string(text);
  return (now + std::chrono::days(days)).date_string() + std::string(text.substr(end));
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // The form !(number >= 0) also rejects NaN, which from_chars accepts.
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double factor = unit == "ms" ? 1 : unit.empty() || unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
  constexpr double longest = 1e11;  // milliseconds: three years. Deadlines count nanoseconds, and 64 bits of them are three centuries
  if (factor == 0 || number * factor > longest) return std::nullopt;
  return std::chrono::milliseconds(static_cast<long long>(number * factor));
}

std::optional<std::chrono::seconds> parse_span(std::string_view text) {
  constexpr std::int64_t longest = 100LL * 366 * 24 * 3600;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::int64_t factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 24 * 3600 : 0;
  if (error != std::errc{} || number < 0 || factor == 0 || number > longest / factor) return std::nullopt;
  return std::chrono::seconds(number * factor);
}

}  // namespace meterproof::core
