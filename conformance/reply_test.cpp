// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply.hpp"

#include <gtest/gtest.h>

#include "conformance/exchange_record.hpp"
#include "core/text/utf8.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace reply_test {

json::Json scalar(json::Json::Kind kind, std::string text) {
  json::Json out;
  out.kind = kind;
  out.text = std::move(text);
  return out;
}

TEST(Reply, AValueIsCutBetweenCharacters) {
  const json::Json value = scalar(json::Json::Kind::text, std::string(59, 'a') + "张三");
  EXPECT_EQ(test::english(shown(&value)), "\"" + std::string(59, 'a') + "\"…");
}

TEST(Reply, ABodyIsCutBetweenCharactersAndOnlyOnce) {
  const redact::Redactor redactor({});
  std::string body(65535, 'a');
  for (int i = 0; i < 100; ++i) body += "张";
  shorten_body(body, redactor);
  EXPECT_TRUE(core::is_valid_utf8(body));
  EXPECT_NE(body.find("cut: 65835 bytes"), std::string::npos);
  EXPECT_NE(body.find("共 65835 字节"), std::string::npos);
  const std::string once = body;
  shorten_body(body, redactor);
  EXPECT_EQ(body, once);
  shorten_body(body, redactor, 2048);
  EXPECT_EQ(body.find("cut: "), body.rfind("cut: "));
  EXPECT_NE(body.find("cut: 65835 bytes"), std::string::npos) << "of the whole body";
  EXPECT_LT(body.size(), 2200U);
}

// It is kept for the whole run, and there are a thousand of them.
TEST(Reply, ACutBodyGivesItsMemoryBack) {
  std::string body(4'000'000, 'a');
  shorten_body(body, redact::Redactor({}));
  EXPECT_LT(body.capacity(), 2 * kept_of_a_body);
}

TEST(Reply, ACutBodyHoldsNoPartOfASecret) {
  const redact::Redactor redactor(std::vector<auth::App>{{"demo", "demo-secret!"}, {"short", "7531"}});
  for (std::size_t shown = 1; shown <= 12; ++shown) {
    std::string body = std::string(65536 - shown - 1, 'a') + " demo-secret!" + std::string(1000, 'a');
    shorten_body(body, redactor);
    EXPECT_EQ(body.find("demo"), std::string::npos) << shown;
  }
  std::string body;
  while (body.size() < 66000) body += "7531 ";
  shorten_body(body, redactor);
  const std::string once = body;
  shorten_body(body, redactor);
  EXPECT_EQ(body, once);
}

TEST(Reply, TellsInTheReadersLanguageWhatItIs) {
  net::Exchange exchange;
  exchange.transport = net::TransportResult::replied;
  exchange.status = 200;
  exchange.body = "[]";
  const i18n::Message problem = read_reply(exchange, test::specification()).problem;
  EXPECT_NE(test::english(problem).find("but an array"), std::string::npos) << test::english(problem);
  EXPECT_NE(i18n::render(problem, i18n::Language::zh).find("而是数组"), std::string::npos) << i18n::render(problem, i18n::Language::zh);
}

TEST(Reply, AVocabularyIsShownInTheReadersLanguage) {
  core::Field field;
  field.type = core::Type::integer;
  field.values = {{"1", {"开阀", "open"}}, {"2", {"关阀", "closed"}}};
  const json::Json value = scalar(json::Json::Kind::number, "9");
  const Finding finding = judge_field(field, &value, nullptr);
  EXPECT_EQ(test::english(finding.expected), "one of 1 open, 2 closed");
  EXPECT_EQ(i18n::render(finding.expected, i18n::Language::zh), "1 开阀、2 关阀 之一");
}

core::Field field_of(core::Type type, core::Format format = core::Format::none) {
  core::Field out;
  out.name = "Field";
  out.type = type;
  out.format = format;
  return out;
}

store::CellValue determined(const std::string& text, bool number = false) {
  store::CellValue out;
  out.determinacy = store::Determinacy::determined;
  out.kind = number ? store::CellValue::Kind::number : store::CellValue::Kind::text;
  if (number) out.number = *core::Decimal::parse(text);
  else out.text = text;
  return out;
}

// A server sends what is printed: types, formats, vocabularies. How a number is spelt is its own business.
TEST(Reply, TheFormIsThatOfThePrint) {
  using Grade = Finding::Grade;
  using Kind = json::Json::Kind;
  using enum core::Type;
  const core::Format none = core::Format::none, day = core::Format::date, moment = core::Format::datetime;
  const struct {
    core::Type type;
    core::Format format;
    Kind kind;
    const char* value;
    Grade grade;
  } table[] = {
      {integer, none, Kind::number, "1", Grade::good},
      {integer, none, Kind::number, "-201", Grade::good},
      {integer, none, Kind::number, "123456789012345678901234567890", Grade::good},
      {integer, none, Kind::number, "1.0", Grade::unusual},
      {integer, none, Kind::number, "1e2", Grade::unusual},
      {integer, none, Kind::number, "1.5", Grade::wrong},
      {integer, none, Kind::text, "1", Grade::wrong},
      {integer, none, Kind::boolean, "true", Grade::wrong},
      {decimal, none, Kind::number, "12.50", Grade::good},
      {decimal, none, Kind::number, "1.25e1", Grade::good},
      {decimal, none, Kind::number, "12", Grade::good},
      {decimal, none, Kind::number, "1234567890123456789012", Grade::good},
      {decimal, none, Kind::text, "12.50", Grade::wrong},
      {decimal, none, Kind::text, "", Grade::wrong},
      {decimal, none, Kind::object, "", Grade::wrong},
      {text, none, Kind::text, "", Grade::good},
      {text, none, Kind::number, "13800000000", Grade::wrong},
      {text, none, Kind::boolean, "true", Grade::wrong},
      {text, none, Kind::array, "", Grade::wrong},
      {text, day, Kind::text, "2026-01-15", Grade::good},
      {text, day, Kind::text, "2026/01/15", Grade::wrong},
      {text, day, Kind::text, "2026-1-5", Grade::wrong},
      {text, day, Kind::text, "2026-02-30", Grade::wrong},
      {text, moment, Kind::text, "2026-01-15 10:30:00", Grade::good},
      {text, moment, Kind::text, "2026-01-15T10:30:00", Grade::wrong},
      {text, moment, Kind::text, "2026-01-15", Grade::wrong},
      {text, moment, Kind::text, "", Grade::good},  // nothing is known of it
  };
  for (const auto& row : table) {
    const core::Field field = field_of(row.type, row.format);
    const json::Json value = scalar(row.kind, row.value);
    EXPECT_EQ(static_cast<int>(form_grade(field, value)), static_cast<int>(row.grade)) << row.value;
    const Finding finding = judge_field(field, &value, nullptr);
    EXPECT_EQ(static_cast<int>(finding.grade), static_cast<int>(row.grade)) << row.value;
    EXPECT_EQ(finding.remark.empty(), row.grade == Grade::good) << row.value;
  }
}

core::Interface interface_of_one(core::Field field) {
  core::Interface out;
  out.reply.push_back(std::move(field));
  return out;
}

// One cause, one finding: a value in another form is the same value where rows are compared.
TEST(Reply, RowsDifferByTheirValuesAndNotByTheirForm) {
  using Kind = json::Json::Kind;
  const core::Format moment = core::Format::datetime, none = core::Format::none;
  const struct {
    core::Type type;
    core::Format format;
    Kind kind;
    const char *value, *implied;
    bool differs;
  } table[] = {
      {core::Type::decimal, none, Kind::text, "50.0000", "50", false},
      {core::Type::decimal, none, Kind::text, "50.01", "50", true},
      {core::Type::integer, none, Kind::text, "2", "2", false},
      {core::Type::integer, none, Kind::number, "3", "2", true},
      {core::Type::text, none, Kind::number, "13800000000", "13800000000", false},
      {core::Type::text, none, Kind::number, "7", "007", true},
      {core::Type::text, none, Kind::object, "", "", true},
      {core::Type::text, moment, Kind::text, "2026/01/05T09:03:07", "2026-01-05 09:03:07", false},
      {core::Type::text, moment, Kind::text, "2026-1-5 9:3:7", "2026-01-05 09:03:07", false},
      {core::Type::text, moment, Kind::text, "2026-01-05 09:03:08", "2026-01-05 09:03:07", true},
      {core::Type::text, moment, Kind::text, "2026-01-05", "2026-01-05 09:03:07", true},
      {core::Type::text, none, Kind::null, "", "a", true},
  };
  for (const auto& row : table) {
    const core::Interface interface = interface_of_one(field_of(row.type, row.format));
    json::Json shown_row;
    shown_row.kind = Kind::object;
    shown_row.members.push_back({"field", scalar(row.kind, row.value)});  // in other letters, too
    store::ResultSet implied;
    implied.has_rows = true;
    implied.width = 1;
    implied.append(determined(row.implied, row.type != core::Type::text));
    EXPECT_EQ(!differences(interface, {&shown_row}, implied).empty(), row.differs) << row.value << " " << row.implied;
  }
}

TEST(Reply, TheNoiseOfBinaryFloatingPointIsNoWrongAmount) {
  using Grade = Finding::Grade;
  core::Field field;
  field.type = core::Type::decimal;
  const struct {
    const char *shown, *implied;
    Grade grade;
  } table[] = {
      {"0.3", "0.3", Grade::good},
      {"0.300", "0.3", Grade::good},
      {"1234567890123.45", "1234567890123.45", Grade::good},
      {"0.30000000000000004", "0.3", Grade::unusual},
      {"50.129999999999995", "50.13", Grade::unusual},
      {"280.23499999999999545", "280.235", Grade::unusual},
      {"0.1000000000000000055511151231257827021181583404541015625", "0.1", Grade::unusual},
      {"3.0000000000000004e-1", "0.3", Grade::unusual},
      {"-5.551115123125783e-17", "0", Grade::unusual},
      {"1.0E-14", "0", Grade::unusual},
      {"0.31000000000000004", "0.3", Grade::wrong},
      {"0.300000012", "0.3", Grade::wrong},
      {"0.30000001192092896", "0.3", Grade::wrong},  // single precision is wrong by cents where amounts are large
      {"1e400", "0.3", Grade::wrong},
  };
  for (const auto& row : table) {
    store::CellValue implied;
    implied.kind = store::CellValue::Kind::number;
    implied.determinacy = store::Determinacy::determined;
    implied.number = *core::Decimal::parse(row.implied);
    const json::Json value = scalar(json::Json::Kind::number, row.shown);
    const Finding finding = judge_field(field, &value, &implied);
    EXPECT_EQ(static_cast<int>(finding.grade), static_cast<int>(row.grade)) << row.shown;
    EXPECT_EQ(finding.remark.empty(), row.grade != Grade::unusual) << row.shown;
  }
}

}  // namespace reply_test
}  // namespace meterproof::conformance
