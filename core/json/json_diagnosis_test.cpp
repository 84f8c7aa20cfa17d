// SPDX-License-Identifier: Apache-2.0
#include "core/json/json_diagnosis.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "core/json/request_body_parser.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::json {
namespace json_diagnosis_test {

using namespace std::string_view_literals;
using Kind = ParseError::Kind;

struct Mistake {
  std::string_view text;
  Kind kind;
  std::size_t line, column;
  std::string_view found;
};

const Mistake mistakes[] = {
    {"", Kind::empty, 1, 1, ""},
    {" \n ", Kind::empty, 2, 2, ""},
    {"{", Kind::ends_early, 1, 2, ""},
    {R"({"a":1)", Kind::ends_early, 1, 7, ""},
    {R"({"a":)", Kind::ends_early, 1, 6, ""},
    {R"({"a":[1,2)", Kind::ends_early, 1, 10, ""},
    {R"({"a":1}})", Kind::more_behind, 1, 8, "}"},
    {R"({"a":1} and more)", Kind::more_behind, 1, 9, "and"},
    {R"({"a":1}{"b":2})", Kind::more_behind, 1, 8, "{"},
    {"{\"UserCode\":\"U1\",}", Kind::trailing_comma, 1, 17, ""},
    {"{\n  \"a\": 1,\n}", Kind::trailing_comma, 2, 9, ""},
    {"[1,]", Kind::trailing_comma, 1, 3, ""},
    {"[1,,2]", Kind::extra_comma, 1, 4, ""},
    {R"({"a":1,,"b":2})", Kind::extra_comma, 1, 8, ""},
    {R"({,"a":1})", Kind::extra_comma, 1, 2, ""},
    {R"({"a":,"b":2})", Kind::no_value, 1, 6, ","},
    {R"({"a":})", Kind::no_value, 1, 6, "}"},
    {R"({'a':1})", Kind::single_quotes, 1, 2, ""},
    {R"({"a":'x'})", Kind::single_quotes, 1, 6, ""},
    {"{`a`:1}", Kind::single_quotes, 1, 2, "`"},
    {R"({\"a\":1})", Kind::escaped_quotes, 1, 2, ""},
    {R"({"a":\"x\"})", Kind::escaped_quotes, 1, 6, ""},
    {R"({"a":"U1”})", Kind::full_width, 1, 9, "”"},
    {R"({"a”:"U1"})", Kind::full_width, 1, 4, "”"},
    {R"({"a":"U1”,"b":1})", Kind::full_width, 1, 9, "”"},
    {"{\n\"a\":\"U1”,\n\"b\":1}", Kind::full_width, 2, 8, "”"},
    {R"({"a":"he said “hello})", Kind::unclosed_text, 1, 6, ""},
    {R"({a:1})", Kind::unquoted_name, 1, 2, "a"},
    {R"({用户:1})", Kind::unquoted_name, 1, 2, "用户"},
    {R"({"a":abc})", Kind::unquoted_text, 1, 6, "abc"},
    {R"({"a":张三})", Kind::unquoted_text, 1, 6, "张三"},
    {R"({"a":None})", Kind::foreign_literal, 1, 6, "None"},
    {R"({"a":True})", Kind::foreign_literal, 1, 6, "True"},
    {R"({"a":NaN})", Kind::foreign_literal, 1, 6, "NaN"},
    {R"({"a":-Infinity})", Kind::foreign_literal, 1, 6, "-Infinity"},
    {R"({"a":undefined})", Kind::foreign_literal, 1, 6, "undefined"},
    {R"({"a":tru})", Kind::unquoted_text, 1, 6, "tru"},
    {R"({"a" 1})", Kind::missing_colon, 1, 6, "1"},
    {R"({"a"="b"})", Kind::other_separator, 1, 5, "="},
    {R"({"a":1;"b":2})", Kind::other_separator, 1, 7, ";"},
    {R"({"a":1 "b":2})", Kind::missing_comma, 1, 8, "\""},
    {R"({"a":"x" "b":2})", Kind::missing_comma, 1, 10, "\""},
    {"[1 2]", Kind::missing_comma, 1, 4, "2"},
    {R"({1:2})", Kind::no_name, 1, 2, "1"},
    {R"({"a":1])", Kind::other_bracket, 1, 7, "]"},
    {"[1}", Kind::other_bracket, 1, 3, "}"},
    {R"({"a":"he said "hello""})", Kind::quote_inside, 1, 15, ""},
    {"{\"a\":1, // one\n\"b\":2}", Kind::comment, 1, 9, "//"},
    {"{/* one */\"a\":1}", Kind::comment, 1, 2, "/*"},
    {"# one\n{}", Kind::comment, 1, 1, "#"},
    {R"({"a"：1})", Kind::full_width, 1, 5, "："},
    {R"({"a":1，"b":2})", Kind::full_width, 1, 7, "，"},
    {R"(｛"a":1})", Kind::full_width, 1, 1, "｛"},
    {R"({“a”:1})", Kind::full_width, 1, 2, "“"},
    {R"({"a":１})", Kind::full_width, 1, 6, "１"},
    {"{\"中文\":\u00A01}", Kind::invisible, 1, 7, "U+00A0"},
    {"{\u3000\"a\":1}", Kind::invisible, 1, 2, "U+3000"},
    {"{\"a\":1}\uFEFF", Kind::invisible, 1, 8, "U+FEFF"},
    {"\uFEFF{\"a\":x}", Kind::unquoted_text, 1, 6, "x"},
    {"{\"a\":\f1}", Kind::invisible, 1, 6, "U+000C"},
    {R"({"a":01})", Kind::bad_number, 1, 6, "01"},
    {R"({"a":+1})", Kind::bad_number, 1, 6, "+1"},
    {R"({"a":.5})", Kind::bad_number, 1, 6, ".5"},
    {R"({"a":5.})", Kind::bad_number, 1, 6, "5."},
    {R"({"a":0x1F})", Kind::bad_number, 1, 6, "0x1F"},
    {R"({"a":12元})", Kind::bad_number, 1, 6, "12元"},
    {R"({"a":2026-01-10})", Kind::bad_number, 1, 6, "2026-01-10"},
    {R"({"a":"C:\x"})", Kind::bad_escape, 1, 9, "\\x"},
    {R"({"a":"\u12g4"})", Kind::bad_escape, 1, 7, "\\u12g4"},
    {R"({"a":"\ud83d"})", Kind::lone_surrogate, 1, 7, "\\ud83d"},
    {"{\"a\":\"one\ntwo\"}", Kind::control_character, 1, 10, "U+000A"},
    {R"({"a":"x})", Kind::unclosed_text, 1, 6, ""},
    {"{\"a\":1}\0"sv, Kind::zero_byte, 1, 8, ""},
    {"{\"a\":\"\xD3\xC3\"}", Kind::not_utf8, 1, 7, ""},
    {"{\"a\":\xD3\xC3}", Kind::not_utf8, 1, 6, ""},
};

TEST(JsonDiagnosis, SaysWhatIsWrongAndWhere) {
  for (const Mistake& row : mistakes) {
    const auto found = find_mistake(row.text);
    ASSERT_TRUE(found) << row.text;
    EXPECT_EQ(static_cast<int>(found->kind), static_cast<int>(row.kind)) << row.text << ": " << render(to_message(*found, row.text), i18n::Language::en);
    EXPECT_EQ(found->line, row.line) << row.text;
    EXPECT_EQ(found->column, row.column) << row.text;
    EXPECT_EQ(found->found, row.found) << row.text;
    for (const i18n::Language language : {i18n::Language::en, i18n::Language::zh}) {
      const std::string shown = render(to_message(*found, row.text), language);
      EXPECT_FALSE(shown.empty()) << row.text;
      EXPECT_TRUE(core::is_valid_utf8(shown)) << row.text;
      EXPECT_EQ(shown.find('\n'), std::string::npos) << "on one line: " << shown;
    }
  }
}

TEST(JsonDiagnosis, EveryKindOfMistakeHasAnExample) {
  std::set<Kind> seen = {Kind::too_deep, Kind::too_many_members, Kind::too_many_values,  // see json_test.cpp
                         Kind::huge_number, Kind::duplicate_name};                       // below
  for (const Mistake& row : mistakes) seen.insert(row.kind);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(Kind::duplicate_name) + 1);
}

TEST(JsonDiagnosis, FindsAMemberThatIsGivenTwice) {
  const struct {
    std::string_view text;
    std::size_t line, column;
    std::string_view name;  // "" where there is none
  } table[] = {
      {R"({"a":1,"a":2})", 1, 8, "a"},
      {R"({"a":1,"a":1})", 1, 8, "a"},
      {"{\"a\":1,\n \"b\":{\"c\":1,\"c\":2}}", 2, 13, "c"},
      {R"([{"a":1},{"b":1,"a":2,"b":3}])", 1, 23, "b"},
      {R"({"a":{"b":{}},"c":[{"a":1}],"a":0,"c":1})", 1, 29, "a"},
      {R"({"ab":1,"\u0061b":2})", 1, 9, "\\u0061b"},
      {R"({"":1,"":2})", 1, 7, ""},
      {"\xEF\xBB\xBF{\"价\":1,\"价\":2}", 1, 8, "价"},
  };
  for (const auto& row : table) {
    EXPECT_FALSE(find_mistake(row.text)) << row.text << ": it is JSON";
    const auto found = find_mistake_or_duplicate(row.text);
    ASSERT_TRUE(found) << row.text;
    EXPECT_EQ(found->kind, Kind::duplicate_name) << row.text;
    EXPECT_EQ(found->line, row.line) << row.text;
    EXPECT_EQ(found->column, row.column) << row.text;
    EXPECT_EQ(found->found, row.name) << row.text;
  }
  for (const char* fine : {R"({"a":1,"b":{"a":2},"A":3})", R"([{"a":1},{"a":1}])", R"({"a":"a","b":["a","a"]})", "[]", "1"})
    EXPECT_FALSE(find_mistake_or_duplicate(fine)) << fine;
  EXPECT_EQ(find_mistake_or_duplicate(R"({"a":1,"a":2,})")->kind, Kind::trailing_comma) << "what is no JSON comes first";
  EXPECT_EQ(find_mistake_or_duplicate("")->kind, Kind::empty);
  const auto huge = find_mistake_or_duplicate("{\"a\":1,\"a\":[-1e-400,\n -1e400]}");
  ASSERT_TRUE(huge);
  EXPECT_EQ(huge->kind, Kind::huge_number);
  EXPECT_EQ(huge->found, "-1e400");
  EXPECT_EQ(huge->line, 2U);
  EXPECT_EQ(huge->column, 2U);
  EXPECT_FALSE(find_mistake_or_duplicate("[-1e-400,1e308,123456789012345678901234567890]"));
  std::string many = "[0";
  for (std::size_t i = 0; i < 2 * max_values; ++i) many += ",0";
  EXPECT_FALSE(find_mistake_or_duplicate(many + "]"));
}

TEST(JsonDiagnosis, ShowsTheTextAroundTheMistake) {
  const std::string_view text = "{\"UserCode\":\"U0001\",\"MeterAddr\":\"990000000001\",}";
  const core::LocalizedText why = explain(text);
  EXPECT_EQ(why.en, "a comma behind the last element, before the closing bracket, at line 1, column 47: …Addr\":\"990000000001\" >>> ,}");
  EXPECT_EQ(why.zh, "最后一个元素之后、右括号之前多了逗号，第 1 行第 47 列：…Addr\":\"990000000001\" >>> ,}");
}

TEST(JsonDiagnosis, NamesWhatIsNoJsonAtAll) {
  const struct {
    std::string_view body, type, coding, id;
  } table[] = {
      {"UserCode=U0001&MeterAddr=99", "", "", "json.form"},
      {"UserCode=U0001", "application/x-www-form-urlencoded", "", "json.form"},
      {"--b\r\nContent-Disposition: form-data; name=\"UserCode\"\r\n\r\nU1\r\n--b--", "", "", "json.multipart"},
      {"--b\r\n", "multipart/form-data; boundary=b", "", "json.multipart"},
      {"<!DOCTYPE html>\n<html><body>404</body></html>", "text/html", "", "json.html"},
      {"<?xml version=\"1.0\"?><reply/>", "", "", "json.xml"},
      {"{\0\"\0a\0\"\0:\0"sv, "", "", "json.wide"},
      {"\xFF\xFE{\0}\0"sv, "", "", "json.wide"},
      {"\0{\0}"sv, "", "", "json.wide"},
      {"\0\0\0{\0\0\0}"sv, "", "", "json.wide"},
      {"\x1F\x8B\x08\x00\x00"sv, "", "", "json.compressed"},
      {"\x8B\x02\x80", "", "br", "json.coded"},
      {"%7B%22a%22%3A1%7D", "", "", "json.percent"},
      {"eyJhIjoxfQ==", "", "", "json.base64"},
      {"callback({\"a\":1});", "", "", "json.call"},
      {"[{\"a\":1}]", "", "", "json.array"},
      {R"("{\"a\":1}")", "", "", "json.in-a-text"},
      {R"("hello")", "", "", "json.text"},
      {"17", "", "", "json.scalar"},
      {"{\"a\":1,}", "application/json", "", "json.at"},
      {"{\"a\":1}", "application/json", "gzip", ""},  // whatever the headers say, it is JSON
      {"\uFEFF{\"a\":1}", "", "", ""},
  };
  for (const auto& row : table) EXPECT_EQ(diagnose(row.body, row.type, row.coding).id, row.id) << row.body;
  EXPECT_EQ(explain("\x8B", "", "\xFF").en, "it is coded (\uFFFD): plain JSON is needed");
}

TEST(JsonDiagnosis, GuessesAtGbk) {
  EXPECT_NE(explain("{\"a\":\"\xD3\xC3\xBB\xA7\"}").en.find("GBK"), std::string::npos);
  EXPECT_EQ(explain("{\"a\":\"\xE9t\xE9 \"}").en.find("GBK"), std::string::npos);
}

/// Bodies with a little damage: half of them are JSON.
std::string damaged(std::mt19937& rng) {
  static const std::string shapes[] = {R"({"ResultCode":1,"Message":"成功\n\u4e2d","DataList":[{"a":-1.5e+3,"b":null,"c":true},{}]})",
                                       R"( [ 1 , "x" , { "a" : [ ] } , false ] )", R"("a\"b")", "-0.5", "\xEF\xBB\xBF{}"};
  constexpr std::string_view bytes = "{}[]\",:.-+eE0127atfnu \\\n\x01\x7F\x80\xBF\xE4\xFF'/;";
  const auto below = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(rng); };
  std::string out = shapes[below(std::size(shapes))];
  for (std::size_t times = below(3); times > 0 && !out.empty(); --times) {
    const std::size_t at = below(out.size());
    switch (below(4)) {
      case 0: out[at] = bytes[below(bytes.size())]; break;
      case 1: out.insert(at, 1, bytes[below(bytes.size())]); break;
      case 2: out.erase(at, 1 + below(3)); break;
      default: out.insert(at, out.substr(below(out.size()), below(12))); break;
    }
  }
  return out;
}

TEST(JsonDiagnosis, FindsAMistakeWhereAndOnlyWhereOtherParsersDo) {
  std::mt19937 rng(20260316);
  RequestBodyParser reader;
  std::size_t valid = 0;
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = damaged(rng);
    const auto mistake = find_mistake(text);
    ASSERT_EQ(!mistake, nlohmann::json::accept(text)) << text;
    ParseError same;
    const auto tree = parse_json(text, &same);
    ASSERT_EQ(tree.has_value(), !mistake) << text;
    // The mock's parser takes objects only.
    ASSERT_EQ(reader.parse(text), tree && tree->kind == Json::Kind::object) << text;
    ASSERT_EQ(diagnose(text).empty(), tree && tree->kind == Json::Kind::object) << text;
    valid += tree ? 1U : 0U;
    if (!mistake) continue;
    ASSERT_LE(mistake->offset, text.size()) << text;
    ASSERT_EQ(mistake->offset, same.offset) << text;
    ASSERT_TRUE(core::is_valid_utf8(render(to_message(*mistake, text), i18n::Language::zh))) << text;
  }
  EXPECT_GT(valid, 10'000U);
  EXPECT_LT(valid, 40'000U);
}

}  // namespace json_diagnosis_test
}  // namespace meterproof::json
