// SPDX-License-Identifier: Apache-2.0
// What a server may lose of single values on their way to the tables and back: characters, digits, days; what it takes from the request before; and members
// that it knows by their place.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <set>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::DateTime;
using core::Decimal;
using core::Expr;
using core::Interface;
using core::Request;
using core::Spec;
using core::Step;

namespace {

using Rewrite = std::string (*)(std::string_view);

/// One column whose texts are kept otherwise.
class RewrittenTexts final : public MutationHooks, private store::StoreInterceptor {
 public:
  RewrittenTexts(std::string table, std::size_t column, Rewrite how) : table_(std::move(table)), column_(column), rewrite_(how) {}
  const store::StoreInterceptor* store_interceptor() const override { return this; }

 private:
  bool rewrites(const core::Table& table, std::size_t column) const override { return column == column_ && table.name == table_; }
  void rewrite(store::CellValue& value, std::string& buffer) const override {
    if (value.kind == store::CellValue::Kind::number) {
      const auto kept = Decimal::parse(rewrite_(value.number.to_string()));
      if (kept) value.number = *kept;
    } else if (value.kind == store::CellValue::Kind::text) {
      buffer = rewrite_(value.text);
      value.text = buffer;
    }
  }

  std::string table_;
  std::size_t column_;
  Rewrite rewrite_;
};

// ---- texts

std::string without(std::string_view text, std::string_view characters) {
  std::string out(text);
  std::erase_if(out, [&](char c) { return characters.find(c) != std::string_view::npos; });
  return out;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// UTF-8's bytes that begin a character are counted.
std::string cut(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U && ++seen > characters) break;
  return std::string(text.substr(0, end));
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  for (std::size_t at = 0; (at = out.find(from, at)) != std::string::npos; at += to.size()) out.replace(at, from.size(), to);
  return out;
}

std::string through_a_double(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::size_t shown_exactly = 15;
  if (!is_digits(text) || text.size() <= shown_exactly || error != std::errc{} || end != text.data() + text.size()) return std::string(text);
  constexpr std::size_t room = 400;  // bytes
  std::string out(room, '\0');
  const auto written = std::to_chars(out.data(), out.data() + out.size(), number, std::chars_format::fixed, 0);
  out.resize(static_cast<std::size_t>(written.ptr - out.data()));
  return out;
}

struct TextDamage {
  const char *id, *zh, *en;
  Rewrite rewrite;
  bool is_lenient = false;  // it breaks no sentence: how much is kept is not stated
};

const std::vector<TextDamage>& text_damages() {
  static const std::vector<TextDamage> all = {
      {"cut-at-32", "只保存前 32 个字符", "is cut after 32 characters", [](std::string_view text) { return cut(text, 32); }},
      {"cut-at-63", "只保存前 63 个字符", "is cut after 63 characters", [](std::string_view text) { return cut(text, 63); }},
      {"cut-at-200", "只保存前 200 个字符", "is cut after 200 characters", [](std::string_view text) { return cut(text, 200); }, true},
      {"loses-backslashes", "反斜杠丢失", "loses backslashes", [](std::string_view text) { return without(text, "\\"); }},
      {"loses-quotes", "引号丢失", "loses quotes", [](std::string_view text) { return without(text, "\"'"); }},
      {"loses-wildcards", "% 和 _ 丢失", "loses % and _", [](std::string_view text) { return without(text, "%_"); }},
      {"escapes-markup", "& 和 < 被转义", "escapes & and <", [](std::string_view text) { return replaced(replaced(text, "&", "&amp;"), "<", "&lt;"); }},
      {"loses-line-ends", "换行和制表符丢失", "loses line ends and tabs", [](std::string_view text) { return without(text, "\n\t"); }},
      {"through-a-double", "长数字经过浮点数", "passes long numbers through a double", through_a_double},
      {"null-is-none", "文本 null 变为空", "takes the text null for none", [](std::string_view text) { return std::string(text == "null" ? "" : text); }},
      {"true-is-1", "文本 true 变为 1", "takes the text true for 1", [](std::string_view text) { return std::string(text == "true" ? "1" : text); }},
      {"zero-is-none", "文本 0 变为空", "takes the text 0 for none", [](std::string_view text) { return std::string(text == "0" ? "" : text); }},
      {"dates-with-slashes", "形似日期的文本被改写", "writes texts like dates otherwise",
       [](std::string_view text) { return DateTime::parse_date(text) ? replaced(text, "-", "/") : std::string(text); }},
      {"ends-at-nul", "在 NUL 字符处截断", "ends at the character NUL", [](std::string_view text) { return std::string(text.substr(0, text.find('\0'))); }},
      {"loses-single-characters", "单个字符丢失", "loses a text of one character",
       [](std::string_view text) { return cut(text, 1) == text ? std::string() : std::string(text); }},
  };
  return all;
}

const std::vector<TextDamage>& digit_damages() {
  static const std::vector<TextDamage> all = {
      {"of-32-bits", "只保存 32 位整数", "keeps what 32 bits hold",
       [](std::string_view text) {
         const auto number = is_digits(text) ? Decimal::parse(text) : std::nullopt;
         const auto whole = number ? number->as_integer() : std::nullopt;
         return whole && *whole > INT32_MAX ? std::to_string(INT32_MAX) : std::string(text);
       }},
  };
  return all;
}

// ---- numbers, as they are written

/// The cents are cut off a hundredfold that is a double.
std::string cents_cut_off(std::string_view text) {
  double number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr double cents = 100, most = 1e9;
  if (text.find('.') == std::string_view::npos || number < 0 || number > most) return std::string(text);
  return Decimal(static_cast<std::int64_t>(number * cents), 2).to_string();
}

std::string of_single_precision(std::string_view text) {
  float number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr float exact = 1'000'000;
  return number < exact ? std::string(text) : std::to_string(static_cast<std::int64_t>(number));
}

std::string below_ten_cents_lost(std::string_view text) {
  const auto number = Decimal::parse(text);
  return number && *number < Decimal(1, 1) ? "0" : std::string(text);
}

/// A hundred million needs one digit more than the column has.
std::string of_seven_digits(std::string_view text) {
  const auto number = Decimal::parse(text);
  constexpr std::int64_t most = 99'999'999;
  return number && *number > Decimal(most, 0) ? std::to_string(most) : std::string(text);
}

std::string seven_becomes_one(std::string_view text) { return text.ends_with(".67") ? replaced(text, ".67", ".61") : std::string(text); }

const std::vector<TextDamage>& number_damages() {
  static const std::vector<TextDamage> all = {
      {"cents-cut-off", "分位按浮点数截断", "cuts the cents off a double", cents_cut_off},
      {"single-precision", "以单精度浮点数保存", "is kept in single precision", of_single_precision},
      {"below-ten-cents-lost", "不足一角变为 0", "loses what is below ten cents", below_ten_cents_lost},
      {"up-to-99999999", "上限为 99999999", "is 99999999 at most", of_seven_digits},
      {"one-digit-wrong", "某些分位写错", "writes some cents wrongly", seven_becomes_one},
  };
  return all;
}

// ---- moments

std::string moved(std::string_view text, std::chrono::seconds by) {
  const auto moment = DateTime::parse(text);
  return moment ? (*moment + by).to_string() : std::string(text);
}

std::string with_year_of_the_week(std::string_view text) {
  constexpr std::size_t year = 4, date = 10;
  if (text.substr(0, date).substr(std::min(year, text.size())) != "-12-31") return std::string(text);
  return std::to_string(std::stoi(std::string(text.substr(0, year))) + 1) + std::string(text.substr(year));
}

std::string without_leap_days(std::string_view text) { return replaced(text, "-02-29 ", "-02-28 "); }

std::string of_twelve_hours(std::string_view text) {
  constexpr std::size_t hour = 11;  // yyyy-MM-dd HH
  const auto moment = DateTime::parse(text);
  if (!moment || text.substr(hour, 2) < "12") return std::string(text);
  return (*moment + -std::chrono::hours(12)).to_string();
}

std::string months_of_31_days(std::string_view text) { return replaced(text, "-04-30 ", "-04-31 "); }

const std::vector<TextDamage>& moment_damages() {
  static const std::vector<TextDamage> all = {
      {"in-utc", "保存为 UTC，显示早 8 小时", "is kept in UTC, and shown 8 hours before",
       [](std::string_view text) { return moved(text, -std::chrono::hours(8)); }},
      {"year-of-the-week", "年份按周计算（YYYY）", "has the year of its week (YYYY)", with_year_of_the_week},
      {"no-leap-days", "没有闰日", "knows no leap day", without_leap_days},
      {"twelve-hours", "按 12 小时制", "is of a clock with 12 hours", of_twelve_hours},
      {"months-of-31-days", "每月都有 31 日", "has 31 days in April", months_of_31_days},
      {"to-the-minute", "秒丢失", "loses its seconds",
       [](std::string_view text) { return moved(text, -std::chrono::seconds(DateTime::parse(text).value_or(DateTime{0}).seconds % 60)); }},
  };
  return all;
}

void damage(const core::Table& table, std::size_t column, const std::vector<TextDamage>& damages, std::vector<MutantFactory>& out) {
  const std::string& about = table.columns[column].name;
  for (const TextDamage& one : damages)
    out.push_back(
        {{"table/" + table.name + "." + about + "/" + one.id, {about + "：" + one.zh, about + ": " + one.en}, one.is_lenient ? std::string(lenient) : "value"},
         {},
         [name = table.name, column, rewrite = one.rewrite](const Spec&) { return std::make_unique<RewrittenTexts>(name, column, rewrite); }});
}

void damage_values(const Spec& spec, std::vector<MutantFactory>& out) {
  const ObservableColumns visible(spec);
  for (std::size_t at = 0; at < spec.tables.size(); ++at)
    for (std::size_t column = 0; column < spec.tables[at].columns.size(); ++column) {
      const core::Table& table = spec.tables[at];
      const core::Column& about = table.columns[column];
      const core::Field* field = stored_from(spec, at, column);
      if (!visible.has(at, column) || field == nullptr || column == table.key || about.refers) continue;
      if (about.type == core::ColumnType::text) damage(table, column, is_digits(field->example) ? digit_damages() : text_damages(), out);
      if (about.type == core::ColumnType::datetime) damage(table, column, moment_damages(), out);
      if (about.type == core::ColumnType::decimal && !table.tariff) damage(table, column, number_damages(), out);
    }
}

// ---- ranges of days

/// A row is hidden from a query of its day, or of a range that ends with such a day.
class RowsHidden final : public MutationHooks, private store::StoreInterceptor {
 public:
  using Hides = bool (*)(std::string_view moment, std::string_view last_day);
  explicit RowsHidden(Hides hides) : hides_(hides) {}
  const store::StoreInterceptor* store_interceptor() const override { return this; }

 private:
  bool finds(std::string_view moment, std::string_view last_day) const override { return !hides_(moment, last_day); }

  Hides hides_;
};

struct RangeMutation {
  const char *id, *zh, *en;
  RowsHidden::Hides hides;
};

const std::vector<RangeMutation>& range_mutations() {
  static const std::vector<RangeMutation> all = {
      {"last-second-excluded", "日期范围漏掉最后一天的最后一秒", "leaves out the last second of a range",
       [](std::string_view moment, std::string_view last_day) { return !last_day.empty() && moment.starts_with(last_day) && moment.ends_with(" 23:59:59"); }},
      {"leap-days-not-found", "查不到闰日的记录", "finds nothing of a leap day",
       [](std::string_view moment, std::string_view) { return moment.find("-02-29 ") != std::string_view::npos; }},
      {"one-year-at-a-time", "日期范围不跨年", "lists nothing of the year before the range's last one",
       [](std::string_view moment, std::string_view last_day) {
         constexpr std::size_t year = 4;
         return last_day.size() > year && moment.substr(0, year) != last_day.substr(0, year);
       }},
  };
  return all;
}

// ---- what is taken from the request before, and from the order of the members

/// An interface in which what a request leaves out has the value of the last one that had it.
class LingeringValue final : public MutationHooks {
 public:
  LingeringValue(Interface lingering, std::size_t field) : copy_(std::move(lingering)), field_(field) {
    for (Step& step : copy_.effects)
      for (auto* all : {&step.find.by, &step.insert.set})
        for (core::Assignment& one : *all)
          if (one.value.op == Expr::Op::request && one.value.field == field_) uses_.push_back(&one.value);
  }

  std::vector<const Interface*> replacements() const override { return {&copy_}; }

  const Interface& acting_interface(const Request& request, const store::DataStore&) override {
    if (request.interface->name != copy_.name) return *request.interface;
    if (!request[field_].empty()) {
      last_ = request[field_].text;
      return *request.interface;
    }
    if (last_.empty()) return *request.interface;
    for (Expr* one : uses_) *one = Expr::literal(last_);
    return copy_;
  }

 private:
  Interface copy_;
  std::size_t field_;
  std::vector<Expr*> uses_;  // in copy_
  std::string last_;
};

/// A server that reads members by their place finds no row by those in another order, and does nothing with the rest. Where they stood is seen from the
/// places of their texts.
class MembersByPlace final : public MutationHooks, private rules::DataLookup {
 public:
  explicit MembersByPlace(const Spec& spec) : idle_(spec.interfaces) {
    for (Interface& interface : idle_) interface.effects.clear();
  }

  std::vector<const Interface*> replacements() const override {
    std::vector<const Interface*> out;
    out.reserve(idle_.size());
    for (const Interface& interface : idle_) out.push_back(&interface);
    return out;
  }

  const Interface& acting_interface(const Request& request, const store::DataStore&) override {
    is_reversed_ = is_reversed(request);
    const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const Interface& one) { return one.name == request.interface->name; });
    return is_reversed_ && found != idle_.end() ? *found : *request.interface;
  }
  const rules::DataLookup& data(const store::DataStore& store, Time) override {
    store_ = &store;
    return *this;
  }

 private:
  bool exists(std::size_t table, std::string_view key) const override { return !is_reversed_ && store_->exists(table, key); }
  bool belong_together(std::size_t table, std::string_view key, std::size_t other_table, std::string_view other_key) const override {
    return store_->belong_together(table, key, other_table, other_key);
  }
  bool in_state(std::size_t table, std::string_view key, const core::State& state) const override { return store_->in_state(table, key, state); }

  static bool is_reversed(const Request& request) {
    const core::Value *first = nullptr, *last = nullptr;
    for (const core::Value& one : request.values) {
      if (one.kind != core::Value::Kind::text || one.text.empty()) continue;
      if (first == nullptr) first = &one;
      last = &one;
    }
    return first != last && std::less<>()(last->text.data(), first->text.data());
  }

  std::vector<Interface> idle_;  // without effects
  const store::DataStore* store_ = nullptr;
  bool is_reversed_ = false;
};

/// Fields that a request may leave out, and that another one gives: optional ones whose value is stored and shown, and the keys of a query's forms.
void let_values_linger(const Spec& spec, std::vector<MutantFactory>& out) {
  const ObservableColumns visible(spec);
  for (const Interface& interface : spec.interfaces) {
    std::set<std::size_t> fields;
    for (const Step& step : interface.effects) {
      const bool is_query = step.kind == Step::Kind::find && !interface.reply.empty() && interface.variants.size() > 1;
      if (is_query)
        for (const core::Assignment& one : step.find.by)
          if (one.value.op == Expr::Op::request) fields.insert(one.value.field);
      if (step.kind == Step::Kind::insert)
        for (const core::Assignment& one : step.insert.set)
          if (one.value.op == Expr::Op::request && interface.request[one.value.field].required == false && visible.has(step.insert.table, one.column))
            fields.insert(one.value.field);
    }
    for (const std::size_t field : fields) {
      const std::string& name = interface.request[field].name;
      out.push_back({{interface.name + "/" + name + "/lingers",
                      {"省略 " + name + " 时沿用上一个请求的值", "takes " + name + " from the request before where it is left out"},
                      "value"},
                     {},
                     [name = interface.name, field](const Spec& whole) { return std::make_unique<LingeringValue>(*whole.interface(name), field); }});
    }
  }
}

}  // namespace

void append_carried_value_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  damage_values(spec, out);
  const bool has_ranges = std::any_of(spec.interfaces.begin(), spec.interfaces.end(), [](const Interface& interface) {
    return std::any_of(interface.effects.begin(), interface.effects.end(),
                       [](const Step& step) { return step.kind == Step::Kind::find && step.find.between.has_value(); });
  });
  if (has_ranges)
    for (const RangeMutation& one : range_mutations())
      out.push_back(
          {{"range/" + std::string(one.id), {one.zh, one.en}, "value"}, {}, [hides = one.hides](const Spec&) { return std::make_unique<RowsHidden>(hides); }});
  let_values_linger(spec, out);
  out.push_back({{"server/members-by-place", {"按位置读取请求的成员", "reads the members of a request by their place"}, "value"}, {}, [](const Spec& whole) {
                   return std::make_unique<MembersByPlace>(whole);
                 }});
}

}  // namespace meterproof::mutation
