// SPDX-License-Identifier: Apache-2.0
#include "conformance/row_look.hpp"

#include <gtest/gtest.h>

#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace row_look_test {

json::Json row_of(const std::string& text) {
  auto parsed = json::parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return std::move(*parsed);
}

TEST(OwnChanges, AreThoseOfANewerReadingAndOfAnOutcomeThatWasNotThere) {
  const struct {
    const char *query, *before, *after;
    std::vector<std::string> changed;
  } table[] = {
      {"GetData",
       R"({"ValveState":1,"Remnant":5.00,"ReadDate":"2026-01-01 00:00:00"})",
       R"({"ValveState":1,"Remnant":5.0,"ReadDate":"2026-01-01 00:00:00"})",
       {}},
      {"GetData", R"({"ValveState":1,"ReadDate":null})", R"({"ValveState":2})", {"ValveState"}},
      {"GetData", R"({"ValveState":1})", R"({"ReadDate":null})", {"ValveState"}},
      {"GetData", R"({})", R"({"UserName":"a"})", {"UserName"}},
      {"GetData", R"({"ReadNumber":1,"ReadDate":"2026-01-01 00:00:00"})", R"({"ReadNumber":2,"ReadDate":"2026-01-01 00:00:00"})", {"ReadNumber"}},
      {"GetData",
       R"({"ReadNumber":1,"Remnant":9,"CurPrice":2,"UserName":"a","ReadDate":"2026-01-01 00:00:00"})",
       R"({"ReadNumber":2,"Remnant":8,"CurPrice":3,"UserName":"b","ReadDate":"2026-01-02 00:00:00"})",
       {"UserName"}},
      {"GetPayList", R"({"PayID":1,"PayResult":0})", R"({"PayID":1,"PayResult":1})", {}},
      {"GetPayList", R"({"PayID":1,"PayResult":1})", R"({"PayID":2,"PayResult":0})", {"PayID", "PayResult"}},
      {"GetUserInfo", R"({"Phone":"1"})", R"({"Phone":1})", {"Phone"}},
      {"GetUserInfo", R"({"Extra":"1"})", R"({"Extra":"2"})", {}},
  };
  for (const auto& row : table) {
    const core::Interface& query = *test::specification().interface(row.query);
    const json::Json before = row_of(row.before), after = row_of(row.after);
    std::vector<std::string> changed;
    for (const FieldDifference& one : OwnChanges(test::specification(), query).changes(before, after)) changed.push_back(query.reply[*one.field].name);
    EXPECT_EQ(changed, row.changed) << row.before << " → " << row.after;
  }
}

TEST(FieldDifferences, AreThoseOfAllFieldsEachWithItsOwn) {
  const core::Spec& spec = test::specification();
  const core::Interface& query = *spec.interface("GetUserInfo");
  store::ResultSet implied;
  implied.has_rows = true;
  implied.width = query.reply.size();
  for (const core::Field& field : query.reply) implied.append(field.type == core::Type::text ? store::CellValue::of("of x") : store::CellValue());
  const struct {
    const char* rows;
    std::vector<std::string> fields;  // "" for the rows' number
  } table[] = {
      {R"([{"UserCode":"of x","UserName":"of x","Doorplate":"of x","Address":"of x","Phone":"of x","MeterAddr":"of x"}])", {}},
      {R"([{"UserCode":"of x","UserName":"y","Doorplate":"of x","Address":"of x","MeterAddr":"of x"}])", {"UserName", "Phone"}},
      {R"([])", {""}},
      {R"([{"UserCode":"of x","UserName":"of x","Doorplate":"of x","Address":"of x","Phone":"of x","MeterAddr":"of x"},{}])", {""}},
  };
  for (const auto& row : table) {
    const json::Json list = row_of(row.rows);
    std::vector<const json::Json*> rows;
    for (const json::Json& one : list.items) rows.push_back(&one);
    std::vector<std::string> fields;
    for (const FieldDifference& one : field_differences(spec, query, rows, implied)) fields.push_back(one.field ? query.reply[*one.field].name : std::string());
    EXPECT_EQ(fields, row.fields) << row.rows;
  }
}

TEST(RowLook, FindsTheFieldsThatTellARowAndAReading) {
  const core::Spec& spec = test::specification();
  const struct {
    const char *query, *key, *moment;
  } table[] = {{"GetUserInfo", "MeterAddr", ""}, {"GetData", "MeterAddr", "ReadDate"}, {"GetPayList", "TransId", ""}};
  for (const auto& row : table) {
    const core::Interface& query = *spec.interface(row.query);
    const auto key = key_field(spec, query), moment = moment_field(spec, query);
    ASSERT_TRUE(key) << row.query;
    EXPECT_EQ(query.reply[*key].name, row.key);
    EXPECT_EQ(moment ? query.reply[*moment].name : std::string(), row.moment);
  }
}

}  // namespace row_look_test
}  // namespace meterproof::conformance
