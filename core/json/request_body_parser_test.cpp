// SPDX-License-Identifier: Apache-2.0
#include "core/json/request_body_parser.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "core/json/json.hpp"
#include "core/json/ordered_body_parser.hpp"

namespace meterproof::json {
namespace request_body_parser_test {

TEST(RequestBodyParser, KeepsTheSpellingOfNumbers) {
  RequestBodyParser reader;
  ASSERT_TRUE(reader.parse("\xEF\xBB\xBF {\"a\":\"x\\u4e2d\\n\", \"b\" : 12.500 ,\"c\":null,\"d\":true,\"e\":{\"f\":[1]},\"g\":-1e3}\r\n"))
      << reader.error().en;
  ASSERT_EQ(reader.members().size(), 6U);
  EXPECT_EQ(reader.members()[0].value.text, "x中\n");
  EXPECT_EQ(reader.members()[1].value.text, "12.500");
  EXPECT_EQ(reader.members()[2].value.kind, core::Value::Kind::null);
  EXPECT_EQ(reader.members()[3].value.kind, core::Value::Kind::boolean);
  EXPECT_EQ(reader.members()[4].value.kind, core::Value::Kind::container);
  EXPECT_EQ(reader.members()[5].value.text, "-1e3");
}

TEST(RequestBodyParser, RejectsWhatIsNotAJsonObject) {
  const char* table[] = {"",
                         "  ",
                         "[]",
                         "[{}]",
                         "\"x\"",
                         "1",
                         "null",
                         "{",
                         "{\"a\":1",
                         "{\"a\":}",
                         "{\"a\" 1}",
                         "{a:1}",
                         "{\"a\":01}",
                         "{\"a\":1.}",
                         "{\"a\":+1}",
                         "{\"a\":NaN}",
                         "{\"a\":tru}",
                         "{\"a\":1}}",
                         "{\"a\":1} x",
                         "{\"a\":1,}",
                         "{\"a\":'x'}",
                         "<xml/>",
                         "{\"a\":\"\xD3\xC3\"}",
                         "{\"a\":nul}",
                         "{\"a\":1,\"X\":{\"b\" 1 nope]}",
                         "{\"X\":[1,}"};
  RequestBodyParser reader;
  for (const char* text : table) {
    EXPECT_FALSE(reader.parse(text)) << text;
    EXPECT_NE(reader.error().en, "") << text;
    EXPECT_TRUE(reader.members().empty());
  }
  const std::pair<const char*, const char*> chinese[] = {{"{\"a\":1", "请求体不是 JSON：对象没有完整结束"},
                                                         {"{\"a\" 1}", "请求体不是 JSON：结构有误（括号、逗号或冒号）"},
                                                         {"{\"a\":\"x}", "请求体不是 JSON：文本的引号没有闭合"}};
  for (const auto& [text, why] : chinese) {
    EXPECT_FALSE(reader.parse(text)) << text;
    EXPECT_EQ(reader.error().zh, why) << reader.error().en;
  }
}

std::string describe(const core::Value& value) {
  std::string out = std::to_string(static_cast<int>(value.kind)) + ":" + std::string(value.text);
  if (value.number) out += "#" + std::to_string(value.number->units()) + "e-" + std::to_string(value.number->scale());
  return out;
}

/// An OrderedBodyParser for an interface with these fields, compared with RequestBodyParser.
class OrderedParser {
 public:
  explicit OrderedParser(const std::vector<std::string>& names) {
    for (const std::string& name : names) interface_.request.emplace_back().name = name;
    ordered_.emplace(interface_);
  }
  /// If the fast path accepts the body, the full parser must accept it too, with the same values.
  void compare(RequestBodyParser& reader, const std::string& body) const {
    core::Request found, wanted;
    found.values.resize(1, {core::Value::Kind::text, "of the request before", {}});
    if (!ordered_->parse(body, found)) return;
    ++accepted_;
    ASSERT_TRUE(reader.parse(body)) << body;
    map_to_fields(reader.members(), interface_, wanted);
    ASSERT_EQ(found.interface, &interface_);
    for (std::size_t i = 0; i < interface_.request.size(); ++i) EXPECT_EQ(describe(found[i]), describe(wanted[i])) << body << " " << interface_.request[i].name;
  }
  std::size_t accepted() const { return accepted_; }

 private:
  core::Interface interface_;
  std::optional<OrderedBodyParser> ordered_;
  mutable std::size_t accepted_ = 0;
};

TEST(OrderedBodyParser, AgreesWithTheFullParser) {
  const std::string table[] = {
      "{}",
      " { } \r\n",
      R"({"a":"x","b":"","c":"  "})",
      R"({"a":"中文","用户":"模拟用户","c":"😀"})",
      R"({"a":0,"b":-0,"c":0.0,"d":-0.50,"e":12.500,"f":100})",
      R"({"a":12345678901234567,"b":1234567890.1234567,"c":-0.1234567890123456})",
      R"({"a":123456789012345678,"b":0.12345678901234567})",
      R"({"a":1234567890123456789012345678901234567890})",
      R"({"a":99999999999999999999999999999999.1})",
      R"({"a":1e3,"b":-1.5E-2,"c":2e+2})",
      R"({"a":01})",
      R"({"a":00})",
      R"({"a":-})",
      R"({"a":.5})",
      R"({"a":5.})",
      R"({"a":1.2.3})",
      R"({"a":+1})",
      R"({"a":1 2})",
      R"({"a":true,"b":false,"c":null})",
      R"({"a":truex})",
      R"({"a":tru})",
      R"({"a":nullnull})",
      R"({"a":"t\u0065xt\n","b\u0062":1})",
      R"({"a":{"b":1},"c":[1,2]})",
      R"({"a":1,"a":2,"":3})",
      R"({"a":1,})",
      R"({,"a":1})",
      R"({"a" "b"})",
      R"({"a":1}})",
      R"({"a":1} {"b":2})",
      R"({"a":1)",
      R"({"a":"x)",
      R"({"a)",
      "{\"a\":\"tab\there\"}",
      "{\"a\":\"\x7F\"}",
      "{\"a\":\"\xD3\xC3\"}",
      "{\"a\":\"\xED\xA0\x80\"}",
      "{\"a\":\"\xF4\x90\x80\x80\"}",
      "{\"a\":\"\xE4\xB8\"}",
      "{\"\xC0\xAF\":1}",
      "{\"a\":1}\xC2\xA0",
      std::string("{\"a\":\"x\0y\"}", 11),
      std::string("{\"a\":1\0}", 9),
      "\f{}",
      "{\"a\"\t:\n1\r,\t\"b\" : \"2\" }",
  };
  RequestBodyParser reader;
  const OrderedParser ordered({"a", "b", "c", "d"});
  for (const std::string& body : table) {
    ordered.compare(reader, body);
  }
}

TEST(OrderedBodyParser, AgreesWithTheFullParserOnDamagedBodies) {
  const std::string whole =
      R"({"UserCode":"F00000007","UserName":"模拟用户","ReadNumber":1234.567,"RSRP":-92.5,"CC":1,"Alarm":false,"SomethingWithALongName":"x","Note":null,"ReadDate":"2026-01-10 00:09:00"})";
  const OrderedParser ordered({"UserCode", "UserName", "MeterAddr", "ReadNumber", "RSRP", "CC", "Alarm", "SomethingWithALongName", "Note", "ReadDate"});
  constexpr std::string_view bytes = "{}[]\",:.-+eE0127atfn \\\n\t\x01\x7F\x80\xBF\xC3\xE4\xF0\xFF";
  RequestBodyParser reader;
  std::mt19937 rng(20260314);
  const auto below = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(rng); };
  for (int i = 0; i < 50'000; ++i) {
    std::string body = whole;
    for (std::size_t times = 1 + below(3); times > 0 && !body.empty(); --times) {
      const std::size_t at = below(body.size());
      switch (below(4)) {
        case 0: body[at] = bytes[below(bytes.size())]; break;
        case 1: body.insert(at, 1, bytes[below(bytes.size())]); break;
        case 2: body.erase(at, 1 + below(4)); break;
        default: body.insert(at, body.substr(below(body.size()), below(12))); break;
      }
    }
    ordered.compare(reader, body);
    if (HasFailure()) return;
  }
  EXPECT_GT(ordered.accepted(), 1'000U);
}

TEST(Json, KeepsSpellingsAndLimitsDepth) {
  const auto json = parse_json(R"({"a":12.5000,"B":[{"c":"é"}],"n":100000000000000000000})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->get("a")->text, "12.5000");
  EXPECT_EQ(json->get("b")->items[0].get("C")->text, "é");
  std::string deep(1000, '[');
  ParseError error;
  EXPECT_FALSE(parse_json(deep, &error));
  EXPECT_EQ(error.kind, ParseError::Kind::too_deep);
}

}  // namespace request_body_parser_test
}  // namespace meterproof::json
