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
  std::string body(65535, 'a');
  for (int i = 0; i < 100; ++i) body += "张";
  shorten_body(body);
  EXPECT_TRUE(core::is_valid_utf8(body));
  EXPECT_NE(body.find("cut: 65835 bytes"), std::string::npos);
  EXPECT_NE(body.find("共 65835 字节"), std::string::npos);
  const std::string once = body;
  shorten_body(body);
  EXPECT_EQ(body, once);
}

TEST(Reply, TellsInTheReadersLanguageWhatItIs) {
  net::Exchange exchange;
  exchange.transport = net::TransportResult::replied;
  exchange.status = 200;
  exchange.body = "[]";
  const i18n::Message problem = read_reply(exchange, test::specification().envelope).problem;
  EXPECT_NE(test::english(problem).find("but an array"), std::string::npos) << test::english(problem);
  EXPECT_NE(i18n::render(problem, i18n::Language::zh).find("而是 数组"), std::string::npos) << i18n::render(problem, i18n::Language::zh);
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

}  // namespace
}  // namespace meterproof::conformance
