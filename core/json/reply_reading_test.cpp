// SPDX-License-Identifier: Apache-2.0
#include "core/json/reply_reading.hpp"

#include <gtest/gtest.h>

namespace meterproof::json {
namespace reply_reading_test {

using Kind = Irregularity::Kind;

core::Spec a_specification() {
  core::Spec out;
  out.envelope = {"ResultCode", "Message", "DataList"};
  out.success = core::Code{1};
  return out;
}

const core::Spec spec = a_specification();

struct Row {
  std::string body;
  std::optional<int> code;  // nothing: unreadable
  std::vector<Irregularity> irregularities;
  int status = 200;
};

const Row readable[] = {
    {R"({"ResultCode":1,"Message":"ok","DataList":[]})", 1, {}},
    {R"( { "Message" : "\u4e2d" , "extra" : 1e400 , "DataList" : null , "ResultCode" : -201 } )", -201, {}},
    {R"({"ResultCode":0,"Message":"","n":123456789012345678901234567890})", 0, {}},
    {R"({"ResultCode":-202,"Message":"refused under any status"})", -202, {}, 401},
    {"\xEF\xBB\xBF"
     R"({"ResultCode":1,"Message":""})",
     1,
     {{Kind::byte_order_mark, ""}}},
    {R"({"ResultCode":0,"Message":"","ResultCode":1})", 1, {{Kind::duplicate_member, "ResultCode"}}},
    {R"({"ResultCode":1,"Message":"","ResultCode":0})", 0, {{Kind::duplicate_member, "ResultCode"}}},
    {R"({"ResultCode":1,"Message":"","DataList":[{"a":1},{"b":1,"c":2,"b":2}]})", 1, {{Kind::duplicate_member, "b"}}},
    {R"({"ResultCode":1,"Message":"","resultCode":0})", 1, {{Kind::same_letters, "ResultCode, resultCode"}}},
    {R"({"ResultCode":1,"Message":"","DataList":[{"B":1,"bc":2,"b":2,"Bc":3}]})", 1, {{Kind::same_letters, "B, b"}, {Kind::same_letters, "Bc, bc"}}},
    {"{\"ResultCode\":0,\"Message\":\"\xB1\xED\xBA\xC5\"}", 0, {{Kind::encoding, "GBK"}}},
    {"{\"ResultCode\":0,\"Message\":\"\x81\\\"}", 0, {{Kind::encoding, "GBK"}}},  // the second byte of a character is that of a backslash
    {"{\"ResultCode\":0,\"Message\":\"\xE9t\xE9 \"}", 0, {{Kind::encoding, "ISO-8859"}}},
    {"{\"ResultCode\":0,\"Message\":\"\xE8\xA1\xA8\xE8\xA1\"}", 0, {{Kind::encoding, ""}}},  // a character that was cut
    {R"({"resultCode":1,"message":"","dataList":[]})", 1, {{Kind::other_case, "ResultCode"}, {Kind::other_case, "Message"}, {Kind::other_case, "DataList"}}},
    {R"({"ResultCode":"1","Message":""})", 1, {{Kind::code_as_text, ""}}},
    {R"({"ResultCode":1.0,"Message":""})", 1, {{Kind::code_spelling, "1.0"}}},
    {R"({"ResultCode":1e0,"Message":""})", 1, {{Kind::code_spelling, "1e0"}}},
    {R"({"ResultCode":-0,"Message":""})", 0, {{Kind::code_spelling, "-0"}}},
    {R"({"ResultCode":1,"Message":""})", 1, {{Kind::status, "201"}}, 201},
    {R"({"ResultCode":1,"Message":""})", 1, {{Kind::status, "302"}}, 302},
    {R"({"ResultCode":1,"Message":""})", 1, {{Kind::status, "500"}}, 500},
    {R"({"ResultCode":1})", 1, {{Kind::no_message, ""}}},
    {R"({"ResultCode":1,"Message":null})", 1, {{Kind::no_message, ""}}},
    {R"({"ResultCode":1,"Message":5})", 1, {{Kind::message_no_text, ""}}},
    {R"({"ResultCode":1,"Message":"","DataList":{"a":1}})", 1, {{Kind::rows_no_list, ""}}},
    {R"({"ResultCode":1,"Message":"","DataList":"[]"})", 1, {{Kind::rows_no_list, ""}}},
};

TEST(ReplyReading, ReadsWhatAReaderMayReadAndTellsWhatIsIrregular) {
  for (const Row& row : readable) {
    const ReplyReading reading = read_reply(row.body, {row.status, "", "", ""}, spec);
    EXPECT_TRUE(reading.problem.empty()) << row.body << ": " << render(reading.problem, i18n::Language::en);
    ASSERT_TRUE(reading.code) << row.body;
    EXPECT_EQ(reading.code->value, row.code) << row.body;
    EXPECT_EQ(reading.irregularities, row.irregularities) << row.body;
    for (const Irregularity& one : reading.irregularities) EXPECT_FALSE(render(to_message(one, spec.envelope), i18n::Language::zh).empty()) << row.body;
  }
}

TEST(ReplyReading, NamesWhatCannotBeRead) {
  const struct {
    std::string body;
    ReplyHead head;
    const char* text;
  } table[] = {
      {"", {200, "", "", ""}, "the body of the reply is empty"},
      {"", {404, "", "", ""}, "HTTP 404, a body that is not JSON: it is empty"},
      {"<html></html>", {502, "", "", "text/html"}, "HTTP 502, a body that is not JSON: it is an HTML page, not JSON"},
      {R"({"ResultCode":1})", {302, "/login", "", ""}, "HTTP 302, a redirection to /login: the interface is not at this address"},
      {"\x1F\x8B\x08", {200, "", "gzip", ""}, "the body is coded (gzip), though plain JSON was asked for (Accept-Encoding: identity)"},
      {R"({"ResultCode":1,})",
       {200, "", "", ""},
       "HTTP 200, a body that is not JSON: a comma behind the last element, before the closing bracket, at line 1, column 16: {\"ResultCode\":1 >>> ,}"},
      {R"({"ResultCode":1} trailing)",
       {200, "", "", ""},
       "HTTP 200, a body that is not JSON: after the end of the JSON there is more: trailing, at line 1, column 18: {\"ResultCode\":1}  >>> trailing"},
      {"[]", {200, "", "", ""}, "the body of the reply is not a JSON object but an array"},
      {R"("{\"ResultCode\":1}")", {200, "", "", ""}, "HTTP 200, a body that is not JSON: the JSON object stands in quotes, as a text: it was encoded twice"},
      {R"({"Message":""})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
      {R"({"ResultCode":1.5})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
      {R"({"ResultCode":1e400})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
      {R"({"ResultCode":9999999})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
      {R"({"ResultCode":"+1"})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
      {R"({"ResultCode":" +0"})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
      {R"({"ResultCode":null})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
      {R"({"ResultCode":true})", {200, "", "", ""}, "the reply has no ResultCode that is a whole number"},
  };
  for (const auto& row : table) {
    const ReplyReading reading = read_reply(row.body, row.head, spec);
    EXPECT_FALSE(reading.code) << row.body;
    EXPECT_TRUE(reading.irregularities.empty() || reading.json) << row.body;
    EXPECT_EQ(render(reading.problem, i18n::Language::en), row.text) << row.body;
    EXPECT_EQ(render(reading.problem, i18n::Language::zh).find("json.exception"), std::string::npos);
  }
}

// What the specification prints (3.x.2) against what it is silent about.
TEST(ReplyReading, TellsWhatContradictsThePrintFromWhatIsUnusual) {
  for (const Kind kind :
       {Kind::byte_order_mark, Kind::encoding, Kind::other_case, Kind::code_as_text, Kind::no_message, Kind::message_no_text, Kind::rows_no_list})
    EXPECT_TRUE(is_fault(kind)) << static_cast<int>(kind);
  for (const Kind kind : {Kind::duplicate_member, Kind::same_letters, Kind::code_spelling, Kind::status})
    EXPECT_FALSE(is_fault(kind)) << static_cast<int>(kind);
}

TEST(ReplyReading, NamesOfRowsAreLookedAtWhereTheyAreAskedFor) {
  const std::string body = R"({"ResultCode":1,"Message":"","DataList":[{"meterAddr":"m"}]})";
  EXPECT_TRUE(read_reply(body, {}, spec).irregularities.empty());
  const auto found = read_reply(body, {}, spec, {"MeterAddr", "Remnant"}).irregularities;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front(), (Irregularity{Kind::other_case, "MeterAddr"}));
}

// Hostile replies: each is one located finding, and costs little.
TEST(ReplyReading, StopsAtItsLimits) {
  std::string keys = "{\"ResultCode\":1,\"Message\":\"\"", numbers = "{\"ResultCode\":1,\"n\":[0";
  for (int i = 0; i < 100'000; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  for (int i = 0; i < 2'000'000; ++i) numbers += ",0";
  const struct {
    std::string body;
    const char* word;
  } table[] = {{keys + "}", "more than 2000 members"}, {numbers + "]}", "more than 30000 values"}, {std::string(100'000, '['), "more than 64 deep"}};
  for (const auto& row : table) {
    const ReplyReading reading = read_reply(row.body, {}, spec);
    EXPECT_FALSE(reading.json);
    const std::string shown = render(reading.problem, i18n::Language::en);
    EXPECT_NE(shown.find("beyond a limit of this program"), std::string::npos) << shown;
    EXPECT_NE(shown.find(row.word), std::string::npos) << shown;
    EXPECT_NE(shown.find("at line 1, column "), std::string::npos) << shown;
    EXPECT_LT(shown.size(), 300U);
  }
}

TEST(ReplyReading, CountsIrregularRepliesByKind) {
  IrregularReplies counts;
  counts.add({{Kind::byte_order_mark, ""}});
  EXPECT_FALSE(counts.would_grow({{Kind::byte_order_mark, ""}}));
  EXPECT_TRUE(counts.would_grow({{Kind::byte_order_mark, ""}, {Kind::status, "201"}}));
  counts.add({{Kind::byte_order_mark, ""}, {Kind::status, "201"}});
  for (int i = 0; i < 1'000; ++i) counts.add({{Kind::duplicate_member, std::to_string(i)}});
  const auto notes = counts.notes(spec.envelope);
  EXPECT_EQ(notes.size(), 100U) << "names come from the target";
  EXPECT_FALSE(counts.would_grow({{Kind::duplicate_member, "1001"}})) << "there is no room";
  EXPECT_EQ(render(notes.front(), i18n::Language::en),
            "irregular replies: 2 with a byte order mark in front of the JSON (RFC 8259, section 8.1: none is to be sent)");
}

}  // namespace reply_reading_test
}  // namespace meterproof::json
