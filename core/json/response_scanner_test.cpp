// SPDX-License-Identifier: Apache-2.0
#include "core/json/response_scanner.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/json/json.hpp"

namespace meterproof::json {
namespace response_scanner_test {

const core::Envelope envelope{"ResultCode", "Message", "DataList"};

TEST(ResponseScanner, FindsCodeAndValues) {
  const struct {
    const char* body;
    bool is_json;
    int code;
    const char* value;
  } table[] = {
      {R"({"ResultCode":1,"Message":"ok","DataList":[{"MeterAddr":"m1","x":{"MeterAddr":"no"}},{"MeterAddr":"m2"}]})", true, 1, "m1"},
      {R"( { "Message" : "a\"b}" , "ResultCode" : -201 } )", true, -201, ""},
      {R"({"ResultCode":"1","DataList":[]})", true, 0, ""},  // the specification's code is a number
      {R"({"ResultCode":1.5})", true, 0, ""},
      {R"({"Result\u0043ode":1,"DataList":[{"Meter\u0041ddr":"m\u0031\ud83d\ude00\n"}]})", true, 1, "m1\xF0\x9F\x98\x80\n"},
      {R"({"ResultCode":1,"Message":"上报成功，余额充足"})", true, 1, ""},
      {R"({"ResultCode":1,"a":[1,-2.5e+3,true,false,null,{},[],{"b":[{}]}]})", true, 1, ""},
      {R"({"ResultCode":1,"DataList":null})", true, 1, ""},
      {R"({"ResultCode":1,"DataList":[{"MeterAddr":12}]})", true, 1, "12"},
      {R"({"Message":"no code"})", true, 0, ""},
      {R"({"ResultCode":1)", false, 1, ""},
      {R"({"ResultCode":1}x)", false, 1, ""},
      {R"({"ResultCode":1,"DataList":[{"MeterAddr":"m1"})", false, 1, "m1"},
      {"", false, 0, ""},
      {"[]", false, 0, ""},
      {"{\"ResultCode\":1,\"a\":\"unfinished\\", false, 1, ""},
      {R"({"ResultCode":1,"a":yes})", false, 1, ""},
      {R"({"ResultCode":1,"a":01})", false, 1, ""},
      {R"({"ResultCode":1,"a":{1 2}})", false, 1, ""},
      {R"({"ResultCode":1,"a":[1 2]})", false, 1, ""},
      {R"({"ResultCode":1,"a":[1,]})", false, 1, ""},
      {R"({"ResultCode":1,"a":[1}})", false, 1, ""},
      {R"({"ResultCode":1,})", false, 1, ""},
      {R"({"ResultCode":1,"a":"\x"})", false, 1, ""},
      {R"({"ResultCode":1,"a":"\u12g4"})", false, 1, ""},
      {R"({"ResultCode":1,"a":"\ud83d"})", false, 1, ""},
      {R"({"ResultCode":1,"a":"\ude00\ud83d"})", false, 1, ""},
      {"{\"ResultCode\":1,\"a\":\"a tab\t, raw\"}", false, 1, ""},
      {"{\"ResultCode\":1,\"a\":\"in the first eight \x01\"}", false, 1, ""},
      {"{\"ResultCode\":1,\"a\":\"\xC4\xE3\xBA\xC3 is GBK\"}", false, 1, ""},
      {"{\"ResultCode\":1,\"a\":\"cut off \xE4\xB8\"}", false, 1, ""},
      {"{\"ResultCode\":1,\f\"a\":1}", false, 1, ""},
      {R"({"ResultCode":1,"DataList":[{"MeterAddr":"m1"},nonsense]})", false, 1, "m1"},
  };
  for (const auto& row : table) {
    // The tree parser is the reference for what is JSON.
    const auto tree = parse_json(row.body);
    EXPECT_EQ(tree.has_value() && tree->kind == Json::Kind::object, row.is_json) << row.body;
    ResponseScanner scanner(envelope, {"MeterAddr"});
    const ScannedResponse& reply = scanner.scan(row.body);
    EXPECT_EQ(reply.is_json, row.is_json) << row.body;
    EXPECT_EQ(reply.code.value_or(0), row.code) << row.body;
    EXPECT_EQ(reply.values[0].value_or(""), row.value) << row.body;
  }
}

/// Everything that a scanner reports of a body, as one text.
std::string scanned(ResponseScanner& scanner, std::string_view body) {
  const ScannedResponse& reply = scanner.scan(body);
  std::string out = reply.is_json ? "yes" : "no";
  if (reply.regular) out += " regular";
  if (!reply.is_json) return out;  // code and values of an invalid body are unspecified
  if (reply.code) out += " " + std::to_string(*reply.code);
  for (const auto& value : reply.values) out += "|" + std::string(value.value_or("-"));
  return out;
}

// Differential test: a scanner with a learned template must report the same as one without.
TEST(ResponseScanner, AgreesWithAScannerThatHasLearnedNothing) {
  const std::string shapes[] = {
      R"({"ResultCode":1,"Message":"请求成功｜succeeded","DataList":[{"MeterAddr":"990000000001","UnitPrice":2.61,"Remnant":-68.68,"RemnantTime":"2026-01-10 00:09:00","ValveMode":1,"LastPayMoney":null}]})",
      R"({ "DataList" : [ { "Remnant" : 1e3 , "MeterAddr" : 12, "MeterAddr" : "again" } ] , "ResultCode" : -0, "ResultCode":7 , "Flag" : true})",
      R"({"ResultCode":"1","DataList":[{"MeterAddr":"","x":"a\"b"}]})",
      R"({"ResultCode":1,"DataList":[{"MeterAddr":"a"},{"MeterAddr":"b"}]})",
      R"({"ResultCode":-201,"Message":"时间戳重复"})",
  };
  constexpr std::string_view bytes = "{}[]\",:.-+eE0127atfn \\\n\x01\x7F\x80\xBF\xE4\xFF";
  std::mt19937 rng(20260315);
  const auto below = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(rng); };
  const std::vector<std::string> wanted = {"MeterAddr", "Remnant", "UnitPrice"};
  for (const std::string& shape : shapes) {
    ResponseScanner learned(envelope, wanted);
    std::size_t valid = 0;
    for (int i = 0; i < 20'000; ++i) {
      std::string body = shape;
      for (std::size_t times = below(3); times > 0; --times) {
        const std::size_t at = below(body.size());
        switch (below(4)) {
          case 0: body[at] = bytes[below(bytes.size())]; break;
          case 1: body.insert(at, 1, bytes[below(bytes.size())]); break;
          case 2: body.erase(at, 1 + below(3)); break;
          default: body.insert(at, body.substr(below(body.size()), below(12))); break;
        }
      }
      ResponseScanner fresh(envelope, wanted);
      const std::string expected = scanned(fresh, body);
      ASSERT_EQ(scanned(learned, body), expected) << body;
      valid += expected.starts_with("yes") ? 1U : 0U;
    }
    EXPECT_GT(valid, 5'000U);
  }
}

}  // namespace response_scanner_test
}  // namespace meterproof::json
