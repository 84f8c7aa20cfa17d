#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <random>

#include "spec/wire/curl.hpp"
#include "spec/wire/http_parser.hpp"
#include "spec/wire/json.hpp"
#include "spec/wire/json_plain.hpp"
#include "spec/wire/json_request.hpp"
#include "spec/wire/reply_scan.hpp"
#include "spec/wire/signature.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::wire {
namespace {

TEST(Signature, MatchesTheStandardsVectors) {
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");  // RFC 1321, A.5
  EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5_hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"), "57edf4a22be3c955ac49da2e2107b67a");
  const std::pair<const char*, const char*> table[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};  // RFC 4648, 10
  for (const auto& [plain, encoded] : table) {
    EXPECT_EQ(base64(plain), encoded);
    if (*encoded != '\0') EXPECT_EQ(base64_decoded(encoded), plain);
  }
}

TEST(Signature, SumsTextsOfEveryLengthAsOpensslDoes) {
  std::string text;
  for (int size = 0; size < 200; ++size, text += static_cast<char>('!' + size % 90)) {
    std::array<unsigned char, 16> sum{};
    ASSERT_EQ(EVP_Digest(text.data(), text.size(), sum.data(), nullptr, EVP_md5(), nullptr), 1);
    std::string expected;
    for (const unsigned char byte : sum) expected += "0123456789abcdef"[byte / 16], expected += "0123456789abcdef"[byte % 16];
    EXPECT_EQ(md5_hex(text), expected) << size;
  }
}

TEST(Signature, RefusesWhatIsNoBase64) {
  for (const char* text : {"", "Zg=", "Zg", "Zg==Zg==", "Z===", "Zm9v!", "Zm9v-_8=", "Zh==", "===="}) EXPECT_FALSE(base64_decoded(text)) << text;
}

TEST(Signature, SignsAsThePaperSays) {
  const Signer signer(test::paper().authentication);
  const App app{"id", "secret"};
  EXPECT_EQ(signer.token(app, "20260115103000"), md5_hex("idsecret20260115103000"));
  EXPECT_EQ(signer.authorization(app, "20260115103000"), base64("id:20260115103000"));
  std::string plain;
  EXPECT_EQ(signer.taken_apart(base64("id:20260115103000"), plain), (std::pair<std::string_view, std::string_view>{"id", "20260115103000"}));
  EXPECT_FALSE(signer.taken_apart(base64("id20260115103000"), plain));
}

TEST(JsonReader, ReadsAFlatObjectWithoutLosingASpelling) {
  JsonReader reader;
  ASSERT_TRUE(reader.read("\xEF\xBB\xBF {\"a\":\"x\\u4e2d\\n\", \"b\" : 12.500 ,\"c\":null,\"d\":true,\"e\":{\"f\":[1]},\"g\":-1e3}\r\n")) << reader.error().en;
  ASSERT_EQ(reader.members().size(), 6U);
  EXPECT_EQ(reader.members()[0].value.text, "x中\n");
  EXPECT_EQ(reader.members()[1].value.text, "12.500");
  EXPECT_EQ(reader.members()[2].value.kind, spec::Value::Kind::null);
  EXPECT_EQ(reader.members()[3].value.kind, spec::Value::Kind::boolean);
  EXPECT_EQ(reader.members()[4].value.kind, spec::Value::Kind::container);
  EXPECT_EQ(reader.members()[5].value.text, "-1e3");
}

TEST(JsonReader, RefusesWhatIsNoJsonObject) {
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
  JsonReader reader;
  for (const char* text : table) {
    EXPECT_FALSE(reader.read(text)) << text;
    EXPECT_NE(reader.error().en, "") << text;
    EXPECT_TRUE(reader.members().empty());
  }
}

std::string shown(const spec::Value& value) {
  std::string out = std::to_string(static_cast<int>(value.kind)) + ":" + std::string(value.text);
  if (value.number) out += "#" + std::to_string(value.number->units()) + "e-" + std::to_string(value.number->scale());
  return out;
}

/// What the reader makes of a body, as one text: its members with all that is known of them, or why it is none.
std::string read_as(JsonReader& reader, const std::string& body) {
  if (!reader.read(body)) return "no: " + reader.error().zh + "|" + reader.error().en;
  std::string out = "yes";
  for (const Member& one : reader.members()) {
    out += "|" + std::string(one.name) + "=" + shown(one.value);
  }
  return out;
}

/// Reads bodies of an interface with these fields the usual way, where they are usual.
class UsualReader {
 public:
  explicit UsualReader(const std::vector<std::string>& names) {
    for (const std::string& name : names) interface_.request.emplace_back().name = name;
    usual_.emplace(interface_);
  }
  /// What it reads is what the reader and `bind` make of the body.
  void compare(JsonReader& reader, const std::string& body) const {
    spec::Request found, wanted;
    found.values.resize(1, {spec::Value::Kind::text, "of the request before", {}});
    if (!usual_->read(body, found)) return;
    ++read_;
    ASSERT_TRUE(reader.read(body)) << body;
    bind(reader.members(), interface_, wanted);
    ASSERT_EQ(found.interface, &interface_);
    for (std::size_t i = 0; i < interface_.request.size(); ++i) EXPECT_EQ(shown(found[i]), shown(wanted[i])) << body << " " << interface_.request[i].name;
  }
  std::size_t read() const { return read_; }

 private:
  spec::Interface interface_;
  std::optional<UsualBody> usual_;
  mutable std::size_t read_ = 0;
};

const std::string by_the_whole_parser = "\xEF\xBB\xBF";  // with a byte order mark no body is plain

TEST(JsonReader, ReadsAPlainObjectAsTheWholeParserDoes) {
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
  JsonReader reader;
  const UsualReader usual({"a", "b", "c", "d"});
  for (const std::string& body : table) {
    EXPECT_EQ(read_as(reader, body), read_as(reader, by_the_whole_parser + body)) << body;
    usual.compare(reader, body);
  }
}

TEST(JsonReader, ReadsDamagedObjectsAsTheWholeParserDoes) {
  const std::string whole =
      R"({"UserCode":"F00000007","UserName":"模拟用户","ReadNumber":1234.567,"RSRP":-92.5,"CC":1,"Alarm":false,"SomethingWithALongName":"x","Note":null,"ReadDate":"2026-01-10 00:09:00"})";
  const UsualReader usual({"UserCode", "UserName", "MeterAddr", "ReadNumber", "RSRP", "CC", "Alarm", "SomethingWithALongName", "Note", "ReadDate"});
  constexpr std::string_view bytes = "{}[]\",:.-+eE0127atfn \\\n\t\x01\x7F\x80\xBF\xC3\xE4\xF0\xFF";
  JsonReader reader;
  std::mt19937 chance(20260314);
  const auto any = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(chance); };
  for (int i = 0; i < 50'000; ++i) {
    std::string body = whole;
    for (std::size_t times = 1 + any(3); times > 0 && !body.empty(); --times) {
      const std::size_t at = any(body.size());
      switch (any(4)) {
        case 0: body[at] = bytes[any(bytes.size())]; break;
        case 1: body.insert(at, 1, bytes[any(bytes.size())]); break;
        case 2: body.erase(at, 1 + any(4)); break;
        default: body.insert(at, body.substr(any(body.size()), any(12))); break;
      }
    }
    ASSERT_EQ(read_as(reader, body), read_as(reader, by_the_whole_parser + body)) << body;
    usual.compare(reader, body);
    if (HasFailure()) return;
  }
  EXPECT_GT(usual.read(), 1'000U);
}

TEST(Json, KeepsSpellingsAndDepthInBounds) {
  const auto json = parse_json(R"({"a":12.5000,"B":[{"c":"é"}],"n":100000000000000000000})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->get("a")->text, "12.5000");
  EXPECT_EQ(json->get("b")->items[0].get("C")->text, "é");
  std::string deep(1000, '[');
  std::string error;
  EXPECT_FALSE(parse_json(deep, &error));
  EXPECT_NE(error, "");
}

TEST(ReplyScan, FindsCodeAndEcho) {
  const struct {
    const char* body;
    bool is_json;
    int code;
    const char* echo;
  } table[] = {
      {R"({"ResultCode":1,"Message":"ok","DataList":[{"MeterAddr":"m1","x":{"MeterAddr":"no"}},{"MeterAddr":"m2"}]})", true, 1, "m1"},
      {R"( { "Message" : "a\"b}" , "ResultCode" : -201 } )", true, -201, ""},
      {R"({"ResultCode":"1","DataList":[]})", true, 0, ""},  // the paper's code is a number
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
    // It is JSON where the whole parser says so.
    const auto tree = parse_json(row.body);
    EXPECT_EQ(tree.has_value() && tree->kind == Json::Kind::object, row.is_json) << row.body;
    ReplyScanner scanner("ResultCode", "DataList", {"MeterAddr"});
    const ScannedReply& reply = scanner.scan(row.body);
    EXPECT_EQ(reply.is_json, row.is_json) << row.body;
    EXPECT_EQ(reply.code.value_or(0), row.code) << row.body;
    EXPECT_EQ(reply.values[0].value_or(""), row.echo) << row.body;
  }
}

/// All that a scanner says of a body, as one text.
std::string scanned(ReplyScanner& scanner, std::string_view body) {
  const ScannedReply& reply = scanner.scan(body);
  std::string out = reply.is_json ? "yes" : "no";
  if (!reply.is_json) return out;  // what was read before it went wrong is nobody's concern
  if (reply.code) out += " " + std::to_string(*reply.code);
  for (const auto& value : reply.values) out += "|" + std::string(value.value_or("-"));
  return out;
}

// A scanner that has seen replies of the same form makes of the next what one makes that has seen none.
TEST(ReplyScan, ReadsWhatItHasSeenTheFormOfAsItReadsAnythingElse) {
  const std::string forms[] = {
      R"({"ResultCode":1,"Message":"请求成功｜succeeded","DataList":[{"MeterAddr":"990000000001","UnitPrice":2.61,"Remnant":-68.68,"RemnantTime":"2026-01-10 00:09:00","ValveMode":1,"LastPayMoney":null}]})",
      R"({ "DataList" : [ { "Remnant" : 1e3 , "MeterAddr" : 12, "MeterAddr" : "again" } ] , "ResultCode" : -0, "ResultCode":7 , "Flag" : true})",
      R"({"ResultCode":"1","DataList":[{"MeterAddr":"","x":"a"b"}]})",
      R"({"ResultCode":1,"DataList":[{"MeterAddr":"a"},{"MeterAddr":"b"}]})",
      R"({"ResultCode":-201,"Message":"时间戳重复"})",
  };
  constexpr std::string_view bytes = "{}[]\",:.-+eE0127atfn \\\n\x01\x7F\x80\xBF\xE4\xFF";
  std::mt19937 chance(20260315);
  const auto any = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(chance); };
  const std::vector<std::string> wanted = {"MeterAddr", "Remnant", "UnitPrice"};
  for (const std::string& form : forms) {
    ReplyScanner experienced("ResultCode", "DataList", wanted);
    std::size_t good = 0;
    for (int i = 0; i < 20'000; ++i) {
      std::string body = form;
      for (std::size_t times = any(3); times > 0; --times) {
        const std::size_t at = any(body.size());
        switch (any(4)) {
          case 0: body[at] = bytes[any(bytes.size())]; break;
          case 1: body.insert(at, 1, bytes[any(bytes.size())]); break;
          case 2: body.erase(at, 1 + any(3)); break;
          default: body.insert(at, body.substr(any(body.size()), any(12))); break;
        }
      }
      ReplyScanner fresh("ResultCode", "DataList", wanted);
      const std::string expected = scanned(fresh, body);
      ASSERT_EQ(scanned(experienced, body), expected) << body;
      good += expected.starts_with("yes") ? 1U : 0U;
    }
    EXPECT_GT(good, 5'000U);
  }
}

std::string take_all(HttpParser& parser, std::string_view bytes, std::size_t step);

/// What a parser makes of a message: everything that can be asked of it, as one text.
std::string made_of(HttpParser& parser) {
  std::string out = std::to_string(static_cast<int>(parser.state())) + "|";
  if (parser.state() != HttpState::complete) return out;
  out += std::string(parser.method()) + "|" + std::string(parser.target()) + "|" + std::to_string(parser.status()) + "|" + std::string(parser.body()) + "|" +
         (parser.keep_alive() ? "keep" : "close");
  for (const auto& [name, value] : parser.headers()) out += "|" + name + "=" + value;
  return out;
}

// Whole messages may be read in one pass; in two pieces they always go to Beast's parser. Both must make the same of them.
TEST(HttpParser, ReadsAPlainMessageAsTheWholeParserDoes) {
  const struct {
    HttpParser::Kind kind;
    std::string bytes;
  } table[] = {
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::request, "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nAccessToken:x\r\nAuthorization:   spaced out \t\r\ncontent-LENGTH: 3\r\n\r\nabc"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nConnection: upgrade, close\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.0\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n{}"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nContent-Length: \r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName : x\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName: a\r\n folded\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName: a\x01\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST  /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a b HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /\xC3\xA4 HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nName: \xE4\xB8\xAD\r\nContent-Length: 0\r\n\r\n"},
      {HttpParser::Kind::request, "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: a/b\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
      {HttpParser::Kind::response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {HttpParser::Kind::response, "HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const auto& row : table) {
    HttpParser whole(row.kind, {}), pieces(row.kind, {});
    take_all(whole, row.bytes, row.bytes.size());
    take_all(pieces, row.bytes, 1);
    EXPECT_EQ(made_of(whole), made_of(pieces)) << row.bytes;
  }
}

std::string take_all(HttpParser& parser, std::string_view bytes, std::size_t step) {
  std::string held;
  std::size_t at = 0;
  while (parser.state() == HttpState::need_more && (at < bytes.size() || !held.empty())) {
    held += bytes.substr(at, step);
    const bool last = at >= bytes.size();
    at = std::min(bytes.size(), at + step);
    const std::size_t used = parser.feed(held);
    held.erase(0, used);
    if (used == 0 && last) break;
  }
  return held + std::string(bytes.substr(at));
}

TEST(HttpParser, ReadsTheSameInPiecesOfAnySize) {
  const std::string plain = "POST /a?b HTTP/1.1\r\nHost: h\r\ncontent-length: 5\r\nX-Y:  z \r\n\r\nhelloGET";
  const std::string chunked = "POST /a?b HTTP/1.1\r\nHost: h\r\nX-Y: z\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\nGET";
  for (const std::string& bytes : {plain, chunked})
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
      HttpParser parser(HttpParser::Kind::request, {});
      const std::string rest = take_all(parser, bytes, step);
      EXPECT_EQ(parser.state(), HttpState::complete) << step << " " << parser.error();
      EXPECT_EQ(parser.body(), "hello");
      EXPECT_EQ(parser.target(), "/a?b");
      EXPECT_EQ(parser.header("x-y"), "z");
      EXPECT_EQ(rest, "GET");
      EXPECT_TRUE(parser.keep_alive());
    }
}

TEST(HttpParser, HoldsToItsLimits) {
  HttpParser header(HttpParser::Kind::request, {256, 16});
  take_all(header, "POST / HTTP/1.1\r\nX: " + std::string(1000, 'x'), 64);
  EXPECT_EQ(header.state(), HttpState::header_too_large);
  HttpParser body(HttpParser::Kind::request, {256, 16});
  take_all(body, "POST / HTTP/1.1\r\nContent-Length: 17\r\n\r\n", 64);
  EXPECT_EQ(body.state(), HttpState::body_too_large);
  HttpParser chunks(HttpParser::Kind::request, {256, 16});
  take_all(chunks, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x'), 64);
  EXPECT_EQ(chunks.state(), HttpState::body_too_large);
}

TEST(HttpParser, RefusesWhatIsNoHttp) {
  for (const char* bytes : {"\x16\x03\x01\x02\x00", "GET\r\n\r\n", "POST / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\nno colon\r\n\r\n",
                            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    HttpParser parser(HttpParser::Kind::request, {});
    take_all(parser, bytes, 1000);
    EXPECT_EQ(parser.state(), HttpState::bad) << bytes;
  }
}

TEST(Curl, QuotesForTheShell) {
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  const std::string line = curl_line("POST", "http://h/a", {{"Content-Type", "application/json"}, {"Empty", ""}}, "{\"a\":1}");
  EXPECT_EQ(line, "curl -sS 'http://h/a' -H 'Content-Type: application/json' -H 'Empty;' --data-binary '{\"a\":1}'");
}

}  // namespace
}  // namespace meterproof::wire
