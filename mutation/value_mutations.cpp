// SPDX-License-Identifier: Apache-2.0
// What a server may get wrong about the values that it keeps: texts, numbers, and tariffs.
#include <algorithm>

#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Expr;
using core::Interface;
using core::Spec;
using core::Step;

const core::Field* stored_from(const Spec& spec, std::size_t table, std::size_t column) {
  for (const Interface& interface : spec.interfaces)
    for (const Step& step : interface.effects)
      if (step.kind == Step::Kind::insert && step.insert.table == table)
        for (const core::Assignment& one : step.insert.set)
          if (one.column == column && one.value.op == Expr::Op::request) return &interface.request[one.value.field];
  return nullptr;
}

namespace {

/// What happens to a column's texts, or to its numbers.
struct Damage {
  std::string (*text)(std::string_view) = nullptr;
  core::Decimal (*number)(core::Decimal) = nullptr;
};

std::string without_leading_zeros(std::string_view text) { return std::string(text.substr(std::min(text.find_first_not_of('0'), text.size()))); }

/// As a column of MySQL's "utf8" keeps them: of three bytes a character at the most.
std::string without_4_byte_characters(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_one = static_cast<unsigned char>(text[i]) >= 0xF0U;
    out += begins_one ? '?' : text[i];
    if (begins_one) i += 3;
  }
  return out;
}

std::string cut_short(std::string_view text) {
  constexpr std::size_t longest = 20;
  if (text.size() <= longest) return std::string(text);
  text = text.substr(0, longest);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) text.remove_suffix(1);  // no half character
  return std::string(text);
}

std::string with_single_blanks(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' || out.empty() || out.back() != ' ') out += c;
  return out;
}

core::Decimal rounded(core::Decimal number) { return number.rounded(1); }

core::Decimal whole(core::Decimal number) {
  const std::string text = number.to_string();
  return *core::Decimal::parse(std::string_view(text).substr(0, text.find('.')));
}

/// One column whose values are not kept as they came.
class DamagedColumn final : public MutationHooks, private store::StoreInterceptor {
 public:
  DamagedColumn(std::string table, std::size_t column, Damage damage) : table_(std::move(table)), column_(column), damage_(damage) {}
  const store::StoreInterceptor* store_interceptor() const override { return this; }

 private:
  bool rewrites(const core::Table& table, std::size_t column) const override { return column == column_ && table.name == table_; }
  void rewrite(store::CellValue& value, std::string& buffer) const override {
    if (value.kind == store::CellValue::Kind::number && damage_.number) value.number = damage_.number(value.number);
    if (value.kind != store::CellValue::Kind::text || !damage_.text) return;
    buffer = damage_.text(value.text);
    value.text = buffer;
  }

  std::string table_;
  std::size_t column_;
  Damage damage_;
};

/// Values that are not kept as they came.
void break_values(const Spec& spec, std::vector<MutantFactory>& out) {
  const ObservableColumns visible(spec);
  for (std::size_t table = 0; table < spec.tables.size(); ++table)
    for (std::size_t column = 0; column < spec.tables[table].columns.size(); ++column) {
      const core::Column& about = spec.tables[table].columns[column];
      const core::Field* field = stored_from(spec, table, column);
      if (!visible.has(table, column) || field == nullptr) continue;
      // A telephone number is of digits, and short: nobody need keep more in its column.
      const bool of_digits = !field->example.empty() && std::all_of(field->example.begin(), field->example.end(), [](char c) { return c >= '0' && c <= '9'; });
      const auto damage = [&](Damage how, const std::string& what, const std::string& zh, const std::string& en) {
        out.push_back({{"table/" + spec.tables[table].name + "." + about.name + "/" + what, {about.name + "：" + zh, about.name + ": " + en}, "value"},
                       {},
                       [name = spec.tables[table].name, column, how](const Spec&) { return std::make_unique<DamagedColumn>(name, column, how); }});
      };
      if (about.type == core::ColumnType::text && !about.refers && column != spec.tables[table].key) {
        damage({.text = without_leading_zeros}, "loses-leading-zeros", "前导零丢失", "leading zeros are dropped");
        if (of_digits) continue;
        damage({.text = without_4_byte_characters}, "loses-4-byte-characters", "BMP 以外的字符变成 ?", "characters outside the BMP become ?");
        damage({.text = cut_short}, "cut-short", "超过 20 字节的部分被截断", "is cut after 20 bytes");
        damage({.text = with_single_blanks}, "blanks-become-one", "连续空格变成一个", "runs of blanks become one");
      }
      if (about.type == core::ColumnType::decimal) {
        damage({.number = whole}, "whole", "不保留小数", "keeps no decimal places");
        if (spec.tables[table].tariff == std::nullopt) damage({.number = rounded}, "rounded", "只保留一位小数", "keeps one decimal place");
      }
    }
}

void break_tariffs(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t table = 0; table < spec.tables.size(); ++table) {
    if (!spec.tables[table].tariff) continue;
    for (std::size_t tier = 0; tier < spec.tables[table].tariff->boundaries.size(); ++tier)
      out.push_back({{"table/" + spec.tables[table].name + "/tier-" + std::to_string(tier + 2) + "-missing",
                      {"没有第 " + std::to_string(tier + 2) + " 阶梯", "knows no tier " + std::to_string(tier + 2)},
                      "tariff"},
                     [table, tier](Spec& broken) {
                       auto& tariff = *broken.tables[table].tariff;
                       tariff.boundaries.erase(tariff.boundaries.begin() + static_cast<std::ptrdiff_t>(tier));
                       tariff.prices.erase(tariff.prices.begin() + static_cast<std::ptrdiff_t>(tier + 1));
                     }});
  }
}

}  // namespace

void append_value_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  break_values(spec, out);
  break_tariffs(spec, out);
}

}  // namespace meterproof::mutation
