// SPDX-License-Identifier: Apache-2.0
#include "reports/foreign_reply.hpp"

#include <gtest/gtest.h>

#include "core/i18n/message.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::reports {
namespace foreign_reply_test {

net::Exchange reply(int status, const std::string& type, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  net::Exchange out;
  out.transport = net::TransportResult::replied;
  out.status = status;
  out.headers = std::move(headers);
  if (!type.empty()) out.headers.emplace_back("Content-Type", type);
  out.body = std::move(body);
  return out;
}

std::string english(const std::optional<ForeignReply>& foreign) { return foreign ? i18n::render(foreign->what, i18n::Language::en) : "nothing"; }

TEST(ForeignReply, NothingIsForeignThatHasACode) {
  for (const char* body : {R"({"Code":1})", R"({"code":"-202","Message":"no"})", "\xEF\xBB\xBF{\"Code\":0}"})
    for (const int status : {200, 401, 404, 500}) EXPECT_FALSE(describe_foreign(reply(status, "text/html", body), "Code")) << status << " " << body;
  net::Exchange silent;
  EXPECT_FALSE(describe_foreign(silent, "Code"));
}

TEST(ForeignReply, NamesWhatAnswersInPlaceOfTheInterface) {
  using namespace std::string_literals;
  const struct {
    net::Exchange exchange;
    const char* says;
  } table[] = {
      {reply(404, "text/html; charset=utf-8", "<html><title>Not Found</title></html>"), "HTTP 404, text/html: no interface here"},
      {reply(405, "application/json", R"({"status":405})"), "HTTP 405, application/json: no interface here"},
      {reply(404, "", ""), "HTTP 404, no Content-Type: no interface here"},
      {reply(413, "text/html", "<html>"), "HTTP 413, text/html: the request is too large"},
      {reply(431, "", ""), "HTTP 431, no Content-Type: the request is too large"},
      {reply(302, "", "", {{"Location", "/login?from=x"}}), "HTTP 302, a redirect to /login?from=x: no interface here"},
      {reply(301, "", R"({"Code":1})", {{"Location", "HTTPS://h/api"}}), "HTTP 301, a redirect to HTTPS://h/api: the target wants HTTPS"},
      {reply(200, "text/html", "<!DOCTYPE html><html><head><title>\n Sign in \n</title>"), "HTTP 200, an HTML page \"Sign in\": no interface here"},
      {reply(200, "text/html", "<html><body><h1>Maintenance</h1>"), "HTTP 200, an HTML page \"Maintenance\""},
      {reply(200, "text/xml", "<?xml version=\"1.0\"?><Code>1</Code>"), "HTTP 200, XML"},
      {reply(200, "application/json", R"({"status":0,"data":{"Code":1}})"), "the reply is wrapped: Code is inside data"},
      {reply(500, "application/json", R"({"d":{"result":{"Code":1}}})"), "Code is inside d.result"},
      {reply(200, "application/json", R"("{\"Code\":1}")"), "encoded twice"},
      {reply(200, "application/json", R"({"d":"{\"Code\":1}"})"), "Code is inside d, as JSON encoded once more"},
      {reply(200, "application/json", R"({"d":"{\"x\":{\"Code\":1}}"})"), "Code is inside d.x, as JSON encoded once more"},
      {reply(200, "application/json", R"({"data":[{"Code":1}]})"), "Code is inside data[0], not at the top"},
      {reply(200, "application/json", R"({"a":{"b":{"c":{"Code":1}}}})"), "Code is inside a.b.c, not at the top"},
      {reply(200, "application/json", R"([{"Code":1}])"), "the reply is a JSON array, not an object with Code"},
      {reply(200, "application/json", R"({"success":true,"msg":""})"), "a JSON object without Code; it has: success, msg"},
      {reply(200, "application/json", "{}"), "a JSON object without Code; it has: -"},
      {reply(200, "application/json", "17"), "JSON, but no object with Code"},
      {reply(200, "", ""), "HTTP 200, an empty body"},
      {reply(200, "text/plain", "OK"), "HTTP 200, text/plain: no JSON"},
      {reply(200, "application/json", "{\"Code\":1,\"Message\":\"\xC3\xBB\xD3\xD0\"}"), "HTTP 200: GBK, not UTF-8"},
      {reply(200, "application/json;charset=GB2312", "{\"Message\":\"\xC3\xDC\"}"), "HTTP 200: GB2312, not UTF-8"},
      {reply(200, "application/json; charset=\"Shift_JIS\"", "{\"Message\":\"\x83\x86\"}"), "HTTP 200: SHIFT_JIS, not UTF-8"},
      {reply(200, "application/json;charset=utf-8", "{\"Message\":\"\xC3\xBB\xD3\xD0\"}"), "HTTP 200: GBK, not UTF-8"},
      {reply(200, "application/json", "{\"Message\":\"\xE9\"}"), "HTTP 200: a single-byte encoding (such as ISO-8859-1), not UTF-8"},
      {reply(200, "application/json", "{\"Message\":\"\x80\"}"), "HTTP 200: another encoding, not UTF-8"},
      {reply(200, "application/json", "{\"Message\":\"\xA5\xCE\xA4\xE1\xA4\xA3\xA6\x73\"}"), "HTTP 200: Big5, not UTF-8"},
      {reply(200, "application/json", "\xFF\xFE\0\0{\0\0\0}\0\0\0"s), "HTTP 200: UTF-32LE, not UTF-8"},
      {reply(200, "application/json", "{\0\"\0C\0"s), "HTTP 200: UTF-16LE, not UTF-8"},
      {reply(200, "application/json", "\xFF\xFE{\0}\0"s), "HTTP 200: UTF-16LE, not UTF-8"},
      {reply(200, "application/json", "\x1F\x8B\x08", {{"Content-Encoding", "gzip"}}), "the body is coded (gzip)"},
      {reply(200, "application/json", "\x1F\x8B\x08"), "the body is coded (gzip)"},
      {reply(401, "text/html", "<html>", {{"WWW-Authenticate", "Basic realm=\"x\""}}), "HTTP 401, WWW-Authenticate: Basic realm=\"x\": something before"},
      {reply(407, "", ""), "HTTP 407, Proxy Authentication Required: a proxy before the interface asks for credentials"},
      {reply(429, "text/html", "slow"), "HTTP 429, text/html: too many requests"},
      {reply(511, "text/html", ""), "HTTP 511, Network Authentication Required: something before the interface asks for a login"},
      {reply(403, "text/html", "<html>"), "HTTP 403, text/html: access is refused"},
      {reply(502, "text/html", "<html>"), "HTTP 502, text/html: the server fails"},
      {reply(400, "text/html", "<center>The plain HTTP request was sent to HTTPS port</center>"), "this port speaks HTTPS"},
      {reply(400, "text/plain", "Client sent an HTTP request to an HTTPS server.\n"), "this port speaks HTTPS"},
      {reply(426, "", "", {{"Upgrade", "TLS/1.2, HTTP/1.1"}}), "this port speaks HTTPS"},
      {reply(426, "", "", {{"Upgrade", "h2c"}}), "HTTP 426: the server asks for another protocol (h2c)"},
      {reply(426, "text/plain", "Upgrade Required"), "HTTP 426, text/plain: no JSON"},
      {reply(400, "text/plain", "Bad Request\nThis combination of host and port requires TLS.\n"), "this port speaks HTTPS"},
  };
  for (const auto& row : table) {
    const auto foreign = describe_foreign(row.exchange, "Code");
    EXPECT_NE(english(foreign).find(row.says), std::string::npos) << english(foreign) << " / " << row.says;
    EXPECT_TRUE(foreign && foreign->is_http && !foreign->may_refuse_signature) << row.says;
  }
}

// A JSON body with a mistake is told with its place; one with something around it, by what that is.
TEST(ForeignReply, TellsTheMistakeInJsonAndItsPlace) {
  using namespace std::string_literals;
  const auto nested = [](std::size_t depth) { return R"({"Code":1,"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  const std::string code = R"({"Code":1})";
  const struct {
    const char* type;
    std::string body;
    const char* says;
  } table[] = {
      {"application/json", nested(70), "no JSON that can be read: arrays and objects are nested more than 64 deep, at line 1, column "},
      {"application/json", nested(600), "arrays and objects are nested more than 64 deep, at line 1, column "},
      {"application/json", R"({"Code":1,"Message":"\udc00"})", "half a character"},
      {"application/json", code + "\nend", "after the end of the JSON there is more: end, at line 2, column 1"},
      {"application/json", R"({"Code":1,})", "a comma behind the last element, before the closing bracket, at line 1, column 10"},
      {"text/plain", "{'Code':1}", "single quotes: JSON needs double quotes, at line 1, column 2"},
      {"application/json", R"({"Code":NaN})", "NaN is no JSON"},
      {"application/json", "{\"Code\":1,\"Message\":\"a\nb\"}", "a control character"},
      {"application/json", "\xEF\xBB\xBF\xEF\xBB\xBF" + code, "an invisible character (U+FEFF)"},
      {"application/javascript", "callback(" + code + ")", "a function call around the JSON (JSONP), which must begin the body: callback("},
      {"application/json", ")]}',\n" + code, "something stands before the JSON, which must begin the body: )]}',"},
      {"text/html", "<br />\n<b>Warning</b>: Undefined variable in /x.php on line 3<br />\n" + code, "a PHP notice stands before the JSON"},
      {"application/json", "Notice: Undefined index: UserCode in /x.php\n" + code, "a PHP notice stands before the JSON"},
      {"text/xml", "<?xml version=\"1.0\"?><string xmlns=\"http://tempuri.org/\">" + code + "</string>", "the JSON stands within XML"},
      {"text/plain", "It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n", "the protocol of MongoDB: this port"},
  };
  for (const auto& row : table) {
    const auto foreign = describe_foreign(reply(200, row.type, row.body), "Code");
    EXPECT_NE(english(foreign).find(row.says), std::string::npos) << english(foreign) << " / " << row.says;
  }
}

// Spring and others refuse a signature by the status alone.
TEST(ForeignReply, AnUnchallengedUnauthorizedMayRefuseTheSignature) {
  const auto foreign = describe_foreign(reply(401, "", ""), "Code");
  ASSERT_TRUE(foreign);
  EXPECT_TRUE(foreign->may_refuse_signature);
}

TEST(ForeignReply, NamesTheProtocolOfWhatIsNoHttp) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> table[] = {
      {"J\0\0\0\n8.0.36\0"s, "MySQL"},
      {"\x04\x01\0%\0\0\x01\0"s, "SQL Server"},
      {"E\0\0\0\x41SFATAL\0"s, "PostgreSQL"},
      {"\x20\x02\0\x01"s, "MQTT"},
      {"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"},
      {"-ERR unknown command\r\n", "Redis"},
      {"220 mail ESMTP\r\n", "SMTP"},
      {"ERROR\r\n", "memcached"},
      {"\x15\x03\x01\0\x02\x02\x46"s, "this port speaks HTTPS (TLS)"},
      {"\x01\x02", "does not speak HTTP"},
      {"", "does not speak HTTP"},
  };
  for (const auto& [bytes, says] : table) {
    net::Exchange exchange;
    exchange.transport = net::TransportResult::no_http;
    exchange.body = bytes;
    const auto foreign = describe_foreign(exchange, "Code");
    EXPECT_NE(english(foreign).find(says), std::string::npos) << english(foreign) << " / " << says;
    EXPECT_TRUE(foreign && !foreign->is_http) << says;
  }
}

TEST(ForeignReply, SaysInBothLanguagesWhyHttpCannotBeRead) {
  net::Exchange exchange;
  exchange.transport = net::TransportResult::no_http;
  exchange.body = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n";
  exchange.detail = "Content-Length is no number";
  const auto foreign = describe_foreign(exchange, "Code");
  EXPECT_EQ(english(foreign), "HTTP that cannot be read: Content-Length is no number");
  EXPECT_EQ(i18n::render(foreign->what, i18n::Language::zh), "无法解析的 HTTP：Content-Length 不是数字");
  EXPECT_EQ(i18n::render(to_message(net::TransportResult::too_large, "body > 2 MiB"), i18n::Language::zh), "应答过大（正文超过 2 MiB）");
  EXPECT_EQ(i18n::render(to_message(net::TransportResult::refused, "Connection refused"), i18n::Language::en),
            "connection refused (Connection refused)");  // the system's words as they are
}

TEST(ForeignReply, AStatusTellsThatThereIsNoInterface) {
  EXPECT_TRUE(describe_absence(reply(200, "application/json", R"({"Code":-1})")).empty());
  EXPECT_TRUE(describe_absence(reply(500, "application/json", R"({"Code":-1})")).empty());
  EXPECT_FALSE(describe_absence(reply(431, "application/json", R"({"Code":-1})")).empty());
  EXPECT_EQ(
      i18n::render(describe_absence(reply(404, "application/json", R"({"Code":-1})")), i18n::Language::en).find("HTTP 404, application/json: no interface"),
      0U);
}

TEST(ForeignReply, ALineShowsTheReplyAndHarmsNoTerminal) {
  const std::string line = reply_line(reply(404, "text/html", "<html>\n\x1B[31m" + std::string(1000, 'x')));
  EXPECT_TRUE(line.starts_with("HTTP 404, text/html: <html> \\x1b[31mxxx")) << line;
  EXPECT_LT(line.size(), 400U);
}

}  // namespace foreign_reply_test
}  // namespace meterproof::reports
