// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply.hpp"

#include <gtest/gtest.h>

#include "conformance/exchange_record.hpp"
#include "core/text/utf8.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::conformance {
namespace {

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

}  // namespace
}  // namespace meterproof::conformance
