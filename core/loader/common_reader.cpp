// SPDX-License-Identifier: Apache-2.0
// common.yaml: authentication, the envelope, the common codes, the tables.
#include <algorithm>
#include <regex>

#include "core/loader/section_readers.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::loader {

using core::Column;
using core::ColumnType;
using core::Header;
using core::Spec;
using core::Table;
using core::TokenPart;

namespace {

std::vector<std::pair<TokenPart, std::string>> read_recipe(const YamlNode& at) {
  std::vector<std::pair<TokenPart, std::string>> out;
  for (const YamlNode& item : at.items()) {
    const std::string part = item.text();
    if (part == "app_id") out.emplace_back(TokenPart::app_id, "");
    else if (part == "app_secret") out.emplace_back(TokenPart::app_secret, "");
    else if (part == "timestamp") out.emplace_back(TokenPart::timestamp, "");
    else out.emplace_back(TokenPart::literal, part);
  }
  return out;
}

void read_authentication(const YamlNode& at, core::Authentication& auth) {
  at.allow_keys({"section", "zh", "en", "note", "headers", "timestamp"});
  auth.section = at.text("section");
  auth.title = read_text(at);
  bool has_token = false, has_authorization = false;
  if (const auto headers = at.require("headers")) {
    for (const auto& [name, value] : headers->members()) {
      value.allow_keys({"type", "required", "value", "zh", "en", "md5", "base64"});
      Header header;
      header.name = name.text();
      header.title = read_text(value);
      header.value = value.text("value");
      if (const auto md5 = value.get("md5")) {
        header.md5 = read_recipe(*md5);
        auth.token = auth.headers.size();
        has_token = true;
      }
      if (const auto base64 = value.get("base64")) {
        header.base64 = read_recipe(*base64);
        auth.authorization = auth.headers.size();
        has_authorization = true;
        const auto& recipe = header.base64;
        const bool readable = recipe.size() == 3 && recipe[0].first == TokenPart::app_id && recipe[1].first == TokenPart::literal &&
                              recipe[1].second.size() == 1 && recipe[2].first == TokenPart::timestamp;
        if (!readable) base64->fail(msg<"spec.recipe">());
      }
      auth.headers.push_back(std::move(header));
    }
    if (!has_token) headers->fail(msg<"spec.no-token">(), msg<"spec.give-one">("md5: [app_id, app_secret, timestamp]"));
    if (!has_authorization) headers->fail(msg<"spec.no-authorization">(), msg<"spec.give-one">("base64: [app_id, \":\", timestamp]"));
  }
  if (const auto timestamp = at.require("timestamp")) {
    timestamp->allow_keys({"zh", "en", "notation", "format", "utc_offset", "tolerance"});
    auth.notation = timestamp->text("notation");
    constexpr std::string_view known_format = "yyyyMMddHHmmss";
    if (timestamp->text("format") != known_format) timestamp->fail(msg<"spec.only-format">(known_format));
    if (const auto offset = timestamp->require("utc_offset")) {
      const auto read = core::parse_utc_offset(offset->text());
      if (read) auth.utc_offset = *read;
      else offset->fail(msg<"spec.not-an-offset">(offset->text()), msg<"file.write-like">("\"+08:00\""));
    }
    if (const auto tolerance = timestamp->require("tolerance")) auth.tolerance = std::chrono::seconds(tolerance->integer(0, 86400).value_or(0));
  }
}

void read_envelope(const YamlNode& at, core::Envelope& envelope) {
  at.allow_keys({"code", "message", "rows"});
  const auto name_of = [&](std::string_view key) {
    const auto part = at.require(key);
    if (!part) return std::string();
    part->allow_keys({"name", "type", "zh", "en", "note"});
    return part->text("name");
  };
  envelope.code = name_of("code");
  envelope.message = name_of("message");
  envelope.rows = name_of("rows");
}

}  // namespace

core::LocalizedText read_text(const YamlNode& at) { return {at.text("zh"), at.text("en")}; }

std::optional<std::size_t> find_table(const Spec& spec, const YamlNode& name) {
  if (const auto table = spec.table(name.text())) return table;
  name.fail(msg<"file.no-table">(name.text()), core::suggestion(name.text(), names_of(spec.tables)));
  return std::nullopt;
}

std::optional<std::size_t> find_column(const Table& table, const YamlNode& name) {
  if (const auto column = table.column(name.text())) return column;
  name.fail(msg<"spec.no-column">(name.text(), table.name), core::suggestion(name.text(), names_of(table.columns)));
  return std::nullopt;
}

namespace {

void read_columns(const YamlNode& at, const Spec& spec, Table& table) {
  for (const auto& [name, type] : at.members()) {
    Column column;
    column.name = name.text();
    const std::string word = type.text();
    std::vector<std::string> known = {"text", "int", "decimal", "date", "datetime"};
    const auto found = std::find(known.begin(), known.end(), word);
    if (found != known.end()) {
      column.type = static_cast<ColumnType>(found - known.begin());
    } else {
      column.refers = spec.table(word);
      for (const std::string& other : names_of(spec.tables)) known.push_back(other);
      if (!column.refers) type.fail(msg<"spec.not-a-type">(word), core::suggestion(word, known));
    }
    table.columns.push_back(std::move(column));
  }
}

void read_tariff(const YamlNode& at, Table& table) {
  at.allow_keys({"boundaries", "prices", "period", "month", "day"});
  core::Tariff tariff;
  const auto columns = [&](std::string_view key) {
    std::vector<std::size_t> out;
    const auto list = at.require(key);
    for (const YamlNode& item : list ? list->items() : std::vector<YamlNode>())
      if (const auto column = find_column(table, item)) out.push_back(*column);
    return out;
  };
  tariff.boundaries = columns("boundaries");
  tariff.prices = columns("prices");
  if (tariff.prices.size() != tariff.boundaries.size() + 1) at.fail(msg<"spec.tariff-prices">());
  if (const auto period = at.require("period")) {
    period->allow_keys({"column", "monthly", "quarterly", "yearly"});
    if (const auto column = period->require("column")) tariff.period = find_column(table, *column).value_or(0);
    const auto mark = [&](std::string_view key) { return period->get(key) ? static_cast<int>(period->get(key)->integer().value_or(0)) : -1; };
    tariff.monthly = mark("monthly");
    tariff.quarterly = mark("quarterly");
    tariff.yearly = mark("yearly");
  }
  if (const auto month = at.require("month")) tariff.month = find_column(table, *month).value_or(0);
  if (const auto day = at.require("day")) tariff.day = find_column(table, *day).value_or(0);
  table.tariff = tariff;
}

}  // namespace

void read_tables(const YamlNode& at, Spec& spec) {
  for (const auto& [name, value] : at.members()) {
    value.allow_keys({"key", "columns", "tariff"});
    Table table;
    table.name = name.text();
    if (const auto columns = value.require("columns")) read_columns(*columns, spec, table);
    if (const auto key = value.require("key")) table.key = find_column(table, *key).value_or(0);
    if (const auto tariff = value.get("tariff")) read_tariff(*tariff, table);
    if (!table.columns.empty()) spec.tables.push_back(std::move(table));
  }
}

void read_common(const YamlNode& root, Spec& spec) {
  root.allow_keys({"spec_version", "specification", "transport", "authentication", "reply", "success", "results", "tables", "open_questions"});
  if (const auto version = root.require("spec_version")) {
    spec.version = version->text();
    if (!std::regex_match(spec.version, std::regex("[0-9]+\\.[0-9]+\\.[0-9]+"))) version->fail(msg<"spec.version-form">());
  }
  if (const auto specification = root.require("specification")) {
    specification->allow_keys({"title", "section"});
    if (const auto title = specification->require("title")) spec.title = read_text(*title);
  }
  if (const auto transport = root.require("transport")) {
    transport->allow_keys({"method", "protocol", "encoding"});
    spec.method = transport->text("method");
  }
  if (const auto auth = root.require("authentication")) read_authentication(*auth, spec.authentication);
  if (const auto reply = root.require("reply")) read_envelope(*reply, spec.envelope);
  if (const auto success = root.require("success")) spec.success = read_code(*success).value_or(core::Code{});
  if (const auto results = root.require("results")) spec.common = read_common_results(*results);
  if (const auto tables = root.get("tables")) read_tables(*tables, spec);
  if (const auto open_questions = root.get("open_questions")) spec.open_questions = read_open_questions(*open_questions, spec, nullptr);
}

}  // namespace meterproof::loader
