// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/value_classes.hpp"

#include <algorithm>
#include <chrono>

namespace meterproof::conformance {

using core::DateTime;
using Standing = ValueClass::Standing;

namespace {

/// So many Chinese characters: three bytes each.
std::string of_length(std::size_t characters) {
  constexpr std::string_view all = "一二三四五六七八九十";  // the last ones tell where it was cut
  constexpr std::size_t each = 3, different = all.size() / each;
  std::string out;
  for (std::size_t i = 0; i < characters; ++i) out += all.substr(i % different * each, each);
  return out;
}

ValueClass length_class(std::size_t characters, Standing standing, bool is_late) {
  const std::string number = std::to_string(characters);
  return {"length-" + number, {number + " 个字符", number + " characters"}, of_length(characters), standing, false, is_late};
}

ValueClass part(const char* slug, const char* zh, const char* en, const char* value) { return {slug, {zh, en}, value, Standing::limit, true, false}; }
ValueClass whole(const char* slug, const char* zh, const char* en, const char* value) { return {slug, {zh, en}, value, Standing::limit, false, false}; }
ValueClass plain(const char* slug, const char* zh, const char* en, const char* value) { return {slug, {zh, en}, value, Standing::plain, false, false}; }
ValueClass late(const char* slug, const char* zh, const char* en, const char* value) { return {slug, {zh, en}, value, Standing::limit, false, true}; }

}  // namespace

const std::vector<ValueClass>& text_classes() {
  static const std::vector<ValueClass> all = {
      part("chinese", "汉字", "Chinese characters", "黄河路"),
      part("beyond-bmp", "BMP 以外的字符", "characters outside the BMP", "𠮷🔥"),
      part("quotes", "引号", "quotes", "\"'"),
      part("backslash", "反斜杠", "a backslash", "\\n"),
      part("wildcards", "% 和 _", "% and _", "%_"),
      part("markup", "HTML", "HTML", "<b>&amp;"),
      part("accents", "带变音符的字母（预组合和组合形式）", "letters with accents, composed and not", "e\xCC\x81\xC3\xA9"),
      part("joined", "零宽连接符", "a zero-width joiner", "\xE2\x80\x8D"),
      part("templates", "形似模板的文本", "a text like a template", "$$"),
      part("blanks-inside", "中间的连续空格", "a run of blanks inside", "a  b"),
      whole("control-characters", "换行和制表符", "a line end and a tab", "第一行\n第二行\t表"),
      whole("leading-zeros", "前导零", "leading zeros", "007"),
      whole("digits-20", "20 位数字（双精度浮点数会改变它）", "20 digits, which a double would change", "12345678901234567890"),
      whole("percent-encoded", "形似 URL 编码的文本", "a text as in a URL", "A%2B1+2%20%E5%8F%B7"),
      plain("word-null", "文本 null", "the text null", "null"),
      whole("word-true", "文本 true", "the text true", "true"),
      whole("zero", "文本 0", "the text 0", "0"),
      whole("like-a-date", "形似日期的文本", "a text like a date", "2026-01-02"),
      {"nul", {"中间的 NUL 字符", "the character NUL inside"}, std::string("第一\0第二", 13), Standing::limit, false, true},
      length_class(1, Standing::limit, false),
      length_class(33, Standing::limit, false),
      length_class(64, Standing::limit, false),
      length_class(255, Standing::surveyed, true),
  };
  return all;
}

const std::vector<ValueClass>& digit_classes() {
  static const std::vector<ValueClass> all = {
      whole("leading-zeros", "前导零", "leading zeros", "00218888"),
      whole("digits-11", "11 位数字（超出 32 位整数）", "11 digits, beyond 32 bits", "13987654321"),
  };
  return all;
}

// The plain ones are near the usual amount: who has a limit there, has refused that, too.
const std::vector<ValueClass>& amount_classes() {
  static const std::vector<ValueClass> all = {
      plain("cents-01", "分位为 01", "ends in .01", "50.01"),
      plain("cents-12", "分位为 12", "ends in .12", "50.12"),
      plain("cents-23", "分位为 23", "ends in .23", "50.23"),
      plain("cents-34", "分位为 34", "ends in .34", "50.34"),
      plain("cents-45", "分位为 45", "ends in .45", "50.45"),
      plain("cents-56", "分位为 56", "ends in .56", "50.56"),
      plain("cents-67", "分位为 67", "ends in .67", "50.67"),
      plain("cents-78", "分位为 78", "ends in .78", "50.78"),
      plain("cents-89", "分位为 89", "ends in .89", "50.89"),
      plain("cents-90", "分位为 90", "ends in .90", "50.90"),
      plain("one-place", "一位小数", "one decimal place", "50.3"),
      plain("whole", "整数", "a whole number", "50"),
      whole("tenth", "0.1", "0.1", "0.1"),
      whole("two-tenths", "0.2", "0.2", "0.2"),
      whole("one-cent", "0.01", "0.01", "0.01"),
      whole("binary-4-35", "4.35（其百倍在二进制中不足 435）", "4.35, whose hundredfold is below 435 in binary", "4.35"),
      whole("binary-1-15", "1.15（其百倍在二进制中不足 115）", "1.15, whose hundredfold is below 115 in binary", "1.15"),
      {"exponent", {"指数写法 1.25e1", "written 1.25e1"}, "1.25e1", Standing::limit, false, false},
      late("millions", "12345678.91", "12345678.91", "12345678.91"),
      late("hundred-millions", "99999999.99", "99999999.99", "99999999.99"),
      late("digits-16", "16 位数字", "sixteen digits", "12345678901234.56"),
  };
  return all;
}

const std::vector<ValueClass>& price_classes() {
  static const std::vector<ValueClass> all = {
      whole("one-cent", "0.01", "0.01", "0.01"),
      whole("one-place", "一位小数", "one decimal place", "2.5"),
      whole("whole", "整数", "a whole number", "3"),
      whole("cents-99", "分位为 99", "ends in .99", "99.99"),
      whole("zero", "0", "0", "0"),
  };
  return all;
}

// The plain ones are of the day of the usual moment, or later.
const std::vector<ValueClass>& moment_classes() {
  static const std::vector<ValueClass> all = {
      whole("before-the-day", "前一天的最后一秒", "the last second of the day before", "@-6 23:59:59"),
      plain("midnight", "零点", "midnight", "@-5 00:00:00"),
      plain("last-second", "最后一秒", "the last second of a day", "@-5 23:59:59"),
      plain("after-the-day", "后一天的零点", "midnight of the day after", "@-4 00:00:00"),
      plain("after-midnight", "零点之后（时区有误时显示为前一天）", "after midnight, the day before in another time zone", "@-3 00:30:00"),
      plain("before-eight", "8 点之前（时区有误时显示为前一天）", "before 8 o'clock, the day before in UTC", "@-3 07:59:59"),
      plain("noon", "12 点", "12 o'clock", "@-2 12:00:00"),
      plain("single-digits", "各部分均为一位数（须补零）", "parts of one digit, which are padded", "@-2 01:02:03"),
      whole("before-the-leap-day", "闰日前一天的最后一秒", "the last second before a leap day", "02-29 00:00:00-1"),
      whole("leap-day", "闰日零点", "midnight of a leap day", "02-29 00:00:00"),
      whole("leap-day-end", "闰日最后一秒", "the last second of a leap day", "02-29 23:59:59"),
      whole("after-the-leap-day", "闰日后一天零点", "midnight after a leap day", "02-29 23:59:59+1"),
      whole("year-end", "年末最后一秒", "the last second of a year", "01-01 00:00:00-1"),
      whole("year-begin", "年初第一秒", "the first second of a year", "01-01 00:00:00"),
      whole("first-days", "1 月 2 日（须补零）", "2 January, whose parts are padded", "01-02 03:04:05"),
      whole("month-of-30-days", "4 月最后一秒", "the last second of April", "05-01 00:00:00-1"),
      whole("after-30-days", "5 月第一秒", "the first second of May", "05-01 00:00:00"),
  };
  return all;
}

const std::vector<DayRangeClass>& range_classes() {
  static const std::vector<DayRangeClass> all = {
      {"one-day", {"起止为同一天", "one day, from its first second to its last"}, "@-5", "@-5"},
      {"three-days", {"连续三天", "three days"}, "@-6", "@-4"},
      {"leap-day", {"仅闰日", "a leap day alone"}, "02-29", "02-29"},
      {"new-year", {"跨年", "over New Year"}, "01-01 00:00:00-1", "01-01"},
      {"month-of-30-days", {"4 月最后一天", "the last day of April"}, "05-01 00:00:00-1", "05-01 00:00:00-1"},
  };
  return all;
}

std::string mixed_text() {
  std::string out = "甲";
  for (const ValueClass& one : text_classes())
    if (one.is_part) out += one.value;
  return out + "乙";
}

namespace {

/// The last such day that was over the day before yesterday.
DateTime last_of_calendar(std::string_view month_and_day, DateTime now) {
  int year = static_cast<int>(now.day().year());
  constexpr int longest_wait = 8;  // years from one leap day to the next, at a century's end
  for (int back = 0; back <= longest_wait; ++back, --year) {
    const auto day = DateTime::parse_date(std::to_string(year) + "-" + std::string(month_and_day));
    if (day && *day + std::chrono::hours(48) < now) return *day;
  }
  return now.midnight();
}

}  // namespace

DateTime moment_of(std::string_view value, DateTime now) {
  constexpr std::size_t date = 5, time = 14;  // MM-dd, MM-dd HH:mm:ss
  if (value.starts_with('@')) {
    const std::string text = core::expand_relative_date(value, now);
    const auto moment = DateTime::parse(text);
    return moment ? *moment : DateTime::parse_date(text).value_or(now);
  }
  const DateTime day = last_of_calendar(value.substr(0, date), now);
  if (value.size() <= date) return day;
  const auto moment = DateTime::parse(day.date_string() + std::string(value.substr(date, time - date)));
  const std::string_view step = value.substr(std::min(time, value.size()));
  return moment.value_or(day) + std::chrono::seconds(step == "-1" ? -1 : step == "+1" ? 1 : 0);
}

const std::vector<ValueClass>& classes_of(const core::Field& field, bool is_listed) {
  static const std::vector<ValueClass> none;
  if (field.refers || field.names || !field.values.empty() || field.range || field.type == core::Type::integer) return none;
  if (field.type == core::Type::decimal) return is_listed ? amount_classes() : price_classes();
  if (field.format == core::Format::datetime) return is_listed ? moment_classes() : none;
  if (field.format != core::Format::none) return none;
  const bool of_digits = !field.example.empty() && std::all_of(field.example.begin(), field.example.end(), [](char c) { return c >= '0' && c <= '9'; });
  return of_digits ? digit_classes() : text_classes();
}

}  // namespace meterproof::conformance
