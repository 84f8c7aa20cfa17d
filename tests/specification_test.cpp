// SPDX-License-Identifier: Apache-2.0
// The YAML specs against a transcript of the specification's tables, written by hand: nothing missing, nothing invented.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "conformance/planner.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof {
namespace specification_test {

using Row = std::vector<std::string>;

std::vector<Row> transcript() {
  std::ifstream file(std::string(METERPROOF_SOURCE) + "/tests/data/specification.txt");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    Row row;
    std::stringstream cells(line + "|");
    for (std::string cell; std::getline(cells, cell, '|');) row.push_back(cell);
    rows.push_back(row);
  }
  return rows;
}

const core::Interface& of_section(const std::string& section) {
  for (const core::Interface& interface : test::specification().interfaces)
    if (interface.section == section) return interface;
  throw std::runtime_error("no interface of section " + section);
}

/// Without white space and the punctuation by which the specification strings its remarks together.
std::string bare(std::string text) {
  for (const char* mark : {" ", "-", "：", ":", "、", "；", ";", "。", "日期格式"})
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) text.erase(at, std::string(mark).size());
  return text;
}

std::string type_of(const core::Field& field) { return field.type == core::Type::integer ? "Int" : field.type == core::Type::decimal ? "Decimal" : "String"; }

/// Everything that the YAML says of a field's remark is in the specification's, and uses it up.
void expect_remark(const core::Field& field, const std::string& remark, const std::string& where) {
  std::string rest = bare(remark);
  const auto take = [&](const std::string& piece) {
    const std::size_t at = rest.find(bare(piece));
    EXPECT_NE(at, std::string::npos) << where << ": the specification does not say \"" << piece << "\"";
    if (at != std::string::npos) rest.erase(at, bare(piece).size());
  };
  if (!field.note.zh.empty()) take(field.note.zh);
  for (const core::Choice& choice : field.values) take(choice.value + choice.label.zh);
  if (field.format == core::Format::datetime && !rest.empty()) take("yyyy-MM-dd HH:mm:ss");
  if (field.format == core::Format::date && !rest.empty()) take("yyyy-MM-dd");
  EXPECT_EQ(rest, "") << where << ": left out of the YAML";
}

const core::Field* find(const std::vector<core::Field>& fields, const std::string& name) {
  for (const core::Field& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

TEST(Specification, EveryRowIsInTheSpecs) {
  for (const Row& row : transcript()) {
    if (row[0] == "2") continue;
    const core::Interface& interface = of_section(row[0]);
    const std::string where = row[0] + " " + row[1] + " " + row[2];
    if (row[1] == "title") EXPECT_EQ(interface.title.zh, row[2]) << where;
    if (row[1] == "purpose") EXPECT_EQ(interface.purpose.zh, row[2]) << where;
    if (row[1] == "address") EXPECT_EQ(interface.path, row[3]) << where;
    if (row[1] == "request") {
      const core::Field* field = find(interface.request, row[2]);
      ASSERT_NE(field, nullptr) << where;
      EXPECT_EQ(field->required ? (*field->required ? "Y" : "N") : "", row[3]) << where;
      EXPECT_EQ(type_of(*field), row[4]) << where;
      EXPECT_EQ(field->title.zh, row[5]) << where;
      expect_remark(*field, row[6], where);
    }
    if (row[1] == "reply") {
      const core::Field* field = find(interface.reply, row[2]);
      ASSERT_NE(field, nullptr) << where;
      EXPECT_EQ(type_of(*field), row[3]) << where;
      EXPECT_EQ(field->title.zh, row[4]) << where;
      expect_remark(*field, row[5], where);
    }
    if (row[1] == "code") {
      const core::Code code{std::stoi(row[2])};
      std::string title;
      for (const core::ResultRow& common : test::specification().common)
        if (common.code == code && interface.common_results == core::CommonResults::listed) title = common.title.zh;
      if (const core::ResultRow* own = interface.result(code)) title = own->title.zh;
      EXPECT_EQ(title, row[3]) << where;
    }
  }
}

TEST(Specification, NothingIsInvented) {
  std::map<std::string, std::set<std::string>> known;
  for (const Row& row : transcript()) known[row[0] + " " + row[1]].insert(row[2]);
  for (const core::Interface& interface : test::specification().interfaces) {
    ASSERT_EQ(known.count(interface.section + " title"), 1U) << interface.name;
    for (const core::Field& field : interface.request)
      EXPECT_EQ(known[interface.section + " request"].count(field.name), 1U) << interface.name << "." << field.name;
    for (const core::Field& field : interface.reply)
      EXPECT_EQ(known[interface.section + " reply"].count(field.name), 1U) << interface.name << "." << field.name;
    for (const core::ResultRow& row : interface.results)
      EXPECT_EQ(known[interface.section + " code"].count(std::to_string(row.code.value)), 1U) << interface.name << " " << row.code.value;
    if (interface.common_results != core::CommonResults::listed) continue;
    for (const core::ResultRow& row : test::specification().common)
      EXPECT_EQ(known[interface.section + " code"].count(std::to_string(row.code.value)), 1U) << interface.name << " " << row.code.value;
  }
  EXPECT_EQ(test::specification().interfaces.size(), 10U);
}

TEST(Specification, FieldsKeepTheirOrder) {
  std::map<std::string, std::vector<std::string>> order;
  for (const Row& row : transcript()) order[row[0] + " " + row[1]].push_back(row[2]);
  const auto names = [](const std::vector<core::Field>& fields) {
    std::vector<std::string> out;
    for (const core::Field& field : fields) out.push_back(field.name);
    return out;
  };
  for (const core::Interface& interface : test::specification().interfaces) {
    EXPECT_EQ(names(interface.request), order[interface.section + " request"]) << interface.name;
    EXPECT_EQ(names(interface.reply), order[interface.section + " reply"]) << interface.name;
  }
}

TEST(Specification, HeadersAndTimestamp) {
  std::vector<std::string> names;
  for (const Row& row : transcript()) {
    if (row[0] == "2" && row[1] == "timestamp") EXPECT_EQ(test::specification().authentication.notation, row[2]);
    if (row[0] != "2" || row[1] != "header") continue;
    names.push_back(row[2]);
    const auto& headers = test::specification().authentication.headers;
    ASSERT_LT(names.size() - 1, headers.size());
    EXPECT_EQ(headers[names.size() - 1].name, row[2]);
    EXPECT_EQ(headers[names.size() - 1].title.zh, row[5]);
  }
  EXPECT_EQ(names.size(), test::specification().authentication.headers.size());
}

TEST(Specification, EveryCodeIsCitedByACase) {
  const auto cases = conformance::plan(test::specification(), {});
  std::set<std::string> cited;
  for (const auto& one : cases) {
    const std::string& id = one->info().id;
    cited.insert(id.substr(0, id.find('/', id.find('/') + 1)));
  }
  for (const Row& row : transcript())
    if (row[1] == "code") EXPECT_EQ(cited.count(of_section(row[0]).name + "/" + row[2]), 1U) << row[0] << " code " << row[2] << " has no case";
}

}  // namespace specification_test
}  // namespace meterproof
