// SPDX-License-Identifier: Apache-2.0
// What the mock says of what reaches it: mistakes with their place, hints, bytes that are no request; its log, its index page.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/auth/base64.hpp"
#include "net/server/http_server.hpp"
#include "tests/support/mock_process.hpp"

namespace meterproof {
namespace mock_test {

using nlohmann::json;
using test::MockProcess;
using test::Process;
using test::Raw;
using Headers = std::vector<std::pair<std::string, std::string>>;

const std::string user = R"({"UserCode":"U0001"})";
const std::string path = "/api/Users/GetUserInfo";

net::Exchange send(const MockProcess& mock, const net::HttpRequest& request, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
  return net::HttpClient({"127.0.0.1", mock.port(), ""}, timeout).exchange(request);
}

json last_entry(MockProcess& mock) { return json::parse(mock.get("/_mock/requests?limit=1").body)["entries"].at(0); }

int code_of(const net::Exchange& exchange) { return json::parse(exchange.body)["ResultCode"].get<int>(); }
std::string message_of(const net::Exchange& exchange) { return json::parse(exchange.body)["Message"].get<std::string>(); }

TEST(Mock, SaysWhereTheJsonIsWrong) {
  MockProcess mock;
  const std::string utf16 = {'{', 0, '"', 0, 'U', 0, '"', 0, ':', 0, '1', 0, '}', 0};
  const std::pair<std::string, std::string> table[] = {
      {R"({"UserCode":"U1",})", "comma"},
      {"{'UserCode':'U1'}", "single quotes"},
      {R"({UserCode:"U1"})", "not in double quotes"},
      {R"({"UserCode":"U1" "MeterAddr":"1"})", "comma"},
      {"{\"UserCode\":\"U1\" // the user\n}", "comment"},
      {R"({"UserCode"："U1"})", "full-width"},
      {R"({"UserCode":None})", "None"},
      {R"({"UserCode":"U1”})", "full-width"},
      {R"({\"UserCode\":\"U1\"})", "escaped once too often"},
      {"{`UserCode`:1}", "backquotes"},
      {utf16, "UTF-16"},
      {"UserCode=U1&MeterAddr=1", "form"},
      {"<UserCode>U1</UserCode>", "XML"},
      {"\"{\\\"UserCode\\\":\\\"U1\\\"}\"", "encoded twice"},
      {"[1]", "array"},
      {std::string("\x1f\x8b\x08\x00\x00", 5), "compressed"},
      {"", "empty"},
  };
  for (const auto& [body, word] : table) {
    const net::Exchange reply = mock.call(path, body);
    EXPECT_EQ(code_of(reply), -200) << body;
    EXPECT_NE(message_of(reply).find(word), std::string::npos) << body << ": " << reply.body;
    const json entry = last_entry(mock);
    EXPECT_NE(entry["why_en"].get<std::string>().find(word), std::string::npos) << entry;
    EXPECT_NE(entry["why_zh"], entry["why_en"]);
  }
  EXPECT_NE(message_of(mock.call(path, "{\n  'UserCode': 1}")).find("line 2, column 3"), std::string::npos);
  const net::Exchange admin = mock.post("/_mock/faults", R"({"kind":"database",})");
  EXPECT_EQ(admin.status, 400);
  EXPECT_NE(admin.body.find("line 1"), std::string::npos) << admin.body;
  const net::Exchange huge = mock.post("/_mock/faults", R"({"code":1e400})");
  EXPECT_EQ(huge.status, 400);
  EXPECT_NE(huge.body.find("1e400 is too large a number, at line 1, column 9"), std::string::npos) << huge.body;
}

TEST(Mock, NamesTheMisspeltFieldAndPath) {
  MockProcess mock;
  for (const char* name : {"userCode", "usercode", "user_code", "UserCod", "Usercode "}) {
    const net::Exchange reply = mock.call(path, std::string("{\"") + name + "\":\"U0001\"}");
    EXPECT_EQ(code_of(reply), -2) << name;
    EXPECT_NE(message_of(reply).find(std::string("you wrote \"") + name + "\""), std::string::npos) << reply.body;
  }
  EXPECT_EQ(message_of(mock.call(path, "{}")).find("you wrote"), std::string::npos);
  const net::Exchange wrapped = mock.call(path, R"({"data":{"UserCode":"U0001"}})");
  EXPECT_EQ(code_of(wrapped), -2) << wrapped.body;
  EXPECT_NE(message_of(wrapped).find("UserCode stands inside \"data\""), std::string::npos) << wrapped.body;
  for (const char* wrong : {"/api/users/getuserinfo", "/api/Users/GetUserInfo/", "//api/Users/GetUserInfo", "/GetUserInfo", "/api/Pay/GetUserInfo",
                            "/api%2FUsers%2FGetUserInfo", "/api/Users/GetUserInfo;jsessionid=1", "/gateway/api/Users/GetUserInfo", "/api/Users/GetUserInf"}) {
    const net::Exchange reply = mock.call(wrong, user);
    EXPECT_EQ(reply.status, 404) << wrong;
    EXPECT_NE(message_of(reply).find("did you mean /api/Users/GetUserInfo?"), std::string::npos) << wrong << ": " << reply.body;
    EXPECT_NE(message_of(reply).find("是否应为 /api/Users/GetUserInfo？"), std::string::npos) << wrong << ": " << reply.body;
  }
  EXPECT_EQ(message_of(mock.call("/nowhere", user)).find("did you mean"), std::string::npos);
}

TEST(Mock, APathThatIsNoTextIsAnsweredInUtf8) {
  MockProcess mock;
  for (const std::string odd : {"\xff\xfe", "\xe7\x94", "%ff", "\xc0\xaf"}) {
    Raw raw(mock.port());
    raw.send("GET /" + odd + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string reply = raw.receive();
    const json body = json::parse(reply.substr(std::min(reply.size(), reply.find("\r\n\r\n"))), nullptr, false);
    EXPECT_TRUE(body.is_object()) << reply;  // what is not UTF-8 is no JSON to the parser
  }
}

TEST(Mock, NamesTheProxyThatMayHaveRemovedAHeader) {
  MockProcess mock;
  Raw raw(mock.port());
  raw.send("POST " + path + " HTTP/1.1\r\nHost: h\r\nVia: 1.1 squid\r\nContent-Length: 2\r\n\r\n{}");
  const std::string reply = raw.receive("}");
  EXPECT_NE(reply.find("Via: 1.1 squid"), std::string::npos) << reply;
  EXPECT_NE(last_entry(mock)["why_en"].get<std::string>().find("Via: 1.1 squid"), std::string::npos);
}

// Each row is understood; it is answered with a hint, or refused under --strict.
TEST(Mock, StrictRefusesWhatTheSpecificationDoesNotAllow) {
  MockProcess lenient, strict({"--strict"});
  struct Row {
    const char *header, *value;  // in place of the right one; null leaves it out
    std::string path, body, word;
  };
  const std::string meter = R"({"MeterAddr":"860000000001"})";
  const auto payment = [](const std::string& money) {
    return R"({"MeterAddr":"860000000001",)" + money + R"(,"PayDate":"2026-01-15 10:30:00","TransId":"s#","PayWay":1})";
  };
  const std::string pay = "/api/Pay/RemotePay";
  const Row table[] = {
      {"Accept", nullptr, path, user, "Accept"},
      {"Accept", "text/html", path, user, "text/html"},
      {"Content-Type", nullptr, path, user, "Content-Type"},
      {"Content-Type", "text/plain", path, user, "text/plain"},
      {"Content-Type", "application/json", path, user, "charset=utf-8"},
      {"Content-Type", "application/json;charset=GBK", path, user, "GBK"},
      {"", "", path + "?a=1", user, "?a=1"},
      {"", "", path, "\xEF\xBB\xBF" + user, "BOM"},
      {"", "", path, R"({"UserCode":"U0001","Foo":1})", "no parameter Foo"},
      {"", "", path, R"({"userCode":"U0001","MeterAddr":"860000000001"})", "userCode is written UserCode"},
      {"", "", path, R"({"UserCode":"nobody","UserCode":"U0001"})", "more than once"},
      {"", "", path, R"({"MeterAddr":860000000001})", "is a number"},
      {"", "", pay, payment(R"("Money":"0.05")"), "is a text"},
  };
  int number = 0;
  for (const Row& row : table) {
    std::string body = row.body;
    if (const std::size_t at = body.find('#'); at != std::string::npos) body.replace(at, 1, std::to_string(++number));
    for (MockProcess* mock : {&lenient, &strict}) {
      Headers headers = mock->headers();
      std::erase_if(headers, [&](const auto& one) { return one.first == row.header && row.value == nullptr; });
      for (auto& [name, value] : headers)
        if (name == row.header) value = row.value;
      const net::Exchange reply = send(*mock, {"POST", row.path, headers, body});
      const json entry = last_entry(*mock);
      if (mock == &strict) {
        EXPECT_EQ(code_of(reply), -200) << row.word;
        EXPECT_NE(message_of(reply).find(row.word), std::string::npos) << row.word << ": " << reply.body;
        continue;
      }
      EXPECT_EQ(code_of(reply), 1) << row.word << ": " << reply.body;
      EXPECT_NE(reply.header("X-Meterproof-Hint").find(row.word), std::string::npos) << row.word << ": " << reply.header("X-Meterproof-Hint");
      EXPECT_NE(entry["hint_en"].get<std::string>().find(row.word), std::string::npos) << entry;
      EXPECT_NE(entry["hint_zh"], entry["hint_en"]);
    }
  }
  // A name that is no ASCII, and one that would be a header line of its own.
  const net::Exchange odd = lenient.call(path, R"({"UserCode":"U0001","表\r\nX: 1":1})");
  EXPECT_EQ(code_of(odd), 1);
  const std::string_view hint = odd.header("X-Meterproof-Hint");
  EXPECT_TRUE(!hint.empty() && std::all_of(hint.begin(), hint.end(), [](char c) { return c >= ' ' && c <= '~'; })) << hint;
  EXPECT_EQ(odd.header("X"), "");
  EXPECT_NE(hint.find("no parameter \\u8868"), std::string_view::npos) << hint;
  for (MockProcess* mock : {&lenient, &strict}) {
    for (const std::string& right : {user, meter, std::string(R"({ "MeterAddr" : "860000000001", "UserCode" : "U0001" })")}) {
      const net::Exchange reply = mock->call(path, right);
      EXPECT_EQ(code_of(reply), 1) << right << ": " << reply.body;
      EXPECT_EQ(reply.header("X-Meterproof-Hint"), "") << right;
      EXPECT_FALSE(last_entry(*mock).contains("hint_en"));
    }
  }
}

TEST(Mock, WhatIsNoRequestStandsInTheLog) {
  MockProcess mock;
  const struct {
    std::string bytes;
    const char *counter, *why;
  } table[] = {
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "tls", "TLS"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2", "HTTP/2"},
      {"PROXY TCP4 127.0.0.1 127.0.0.1 51234 80\r\n\r\n", "proxy-protocol", "PROXY"},
      {std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16), "proxy-protocol", "PROXY"},
      {std::string("\x05\x01\x00", 3), "socks", "SOCKS"},
      {"\x01\x02 garbage\r\n\r\n", "bad-request", "no HTTP"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", "bad-request", "Content-Length"},
      {"POST / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "too-large", "header"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", "too-large", "body"},
  };
  std::map<std::string, int> expected;
  for (const auto& row : table) {
    Raw raw(mock.port());
    raw.send(row.bytes);
    const std::string reply = raw.receive();
    ASSERT_NE(reply.find("\r\n\r\n"), std::string::npos) << row.counter;
    const std::string message = json::parse(reply.substr(reply.find("\r\n\r\n") + 4))["Message"].get<std::string>();
    const std::size_t between = message.find("｜");
    ASSERT_NE(between, std::string::npos) << message;
    EXPECT_NE(message.find(row.why, between), std::string::npos) << message;
    const std::string reason_zh = message.substr(0, between).substr(message.find("：") + 3);
    EXPECT_TRUE(std::any_of(reason_zh.begin(), reason_zh.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; })) << message;
    ++expected[row.counter];
    const json entry = last_entry(mock);
    EXPECT_NE(entry["why_en"].get<std::string>().find(row.why), std::string::npos) << entry;
    EXPECT_EQ(entry["peer"].get<std::string>().find("127.0.0.1:"), 0U) << entry;
    EXPECT_FALSE(entry["request"].get<std::string>().empty()) << entry;
    EXPECT_EQ(json::parse(mock.get("/_mock/counters").body)["-"][row.counter], expected[row.counter]) << row.counter;
  }
  {
    Raw half(mock.port());
    half.send("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\nhalf");
  }
  json counters;
  for (int tries = 0; tries < 10'000 && !counters.contains("incomplete"); ++tries) counters = json::parse(mock.get("/_mock/counters").body)["-"];
  EXPECT_EQ(counters["incomplete"], 1) << "a request that was never finished";
  EXPECT_EQ(last_entry(mock)["status"], 0);
  mock.process().signal(SIGTERM);
  const std::size_t all = std::size(table) + 1;
  EXPECT_NE(mock.process().finish().out.find("stopped after " + std::to_string(all) + " exchanges"), std::string::npos);
}

// Of two members of one name a reader takes one, and whoever wrote them meant the other: a fault that hits for ever where "times" was given.
TEST(Mock, TheAdminApiRefusesAMemberThatIsGivenTwice) {
  MockProcess mock;
  const std::string data = mock.get("/_mock/data").body;
  const struct {
    const char *path, *body, *says;
  } table[] = {
      {"/_mock/faults", R"({"kind":"database","times":1,"times":2})", "\"times\" is given more than once in one object; give it once, at line 1, column 30"},
      {"/_mock/faults", R"({"kind":"database","where":{"UserCode":"U1","UserCode":"U2"}})", "\"UserCode\" is given more than once"},
      {"/_mock/data", R"({"user":[],"user":[]})", "\"user\" is given more than once in one object; give it once, at line 1, column 12"},
      {"/_mock/data", R"({"user":[{"UserCode":"U1","UserCode":"U2"}]})", "\"UserCode\" is given more than once"},
      {"/_mock/data", R"({"user":[{"UserCode":"U1","User\u0043ode":"U2"}]})", "is given more than once"},
  };
  for (const auto& row : table) {
    const bool put = std::string(row.path) == "/_mock/data";
    const net::Exchange reply = send(mock, {put ? "PUT" : "POST", row.path, {{"Content-Type", "application/json"}}, row.body});
    EXPECT_EQ(reply.status, 400) << row.body << ": " << reply.body;
    EXPECT_NE(json::parse(reply.body)["error"].get<std::string>().find(row.says), std::string::npos) << reply.body;
    EXPECT_NE(json::parse(reply.body)["error_zh"].get<std::string>().find("出现了不止一次"), std::string::npos) << reply.body;
  }
  EXPECT_TRUE(json::parse(mock.get("/_mock/faults").body)["faults"].empty());
  EXPECT_EQ(mock.get("/_mock/data").body, data);
}

// The program's limits are 10 and 30 seconds; the same server has shorter ones here.
TEST(Mock, AHalfRequestIsAnsweredWith408AndCounted) {
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  net::ServerOptions options;
  options.port = 0;
  options.header = options.body = std::chrono::milliseconds(150);
  net::HttpServer server(
      options, [&](const net::HttpParser& request, const net::Arrival& came, net::Response& response) { state.handle(request, came, response); },
      [&](const net::HttpParser& request, const net::Arrival& came, net::Response& response) { state.handle_bad_request(request, response, came); });
  std::thread thread([&] { server.run(false); });
  const std::string post = "POST " + path + " HTTP/1.1\r\nHost: h\r\n";
  const std::string table[] = {"POST /api", post, post + "Content-Length: 20\r\n\r\nhalf", post + "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf"};
  int asked = 0;
  for (const std::string& half : table) {
    Raw raw(server.port());
    raw.send(half);
    const std::string reply = raw.receive();
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << half << ": " << reply;
    const json body = json::parse(reply.substr(std::min(reply.size(), reply.find("\r\n\r\n"))), nullptr, false);
    ASSERT_TRUE(body.is_object()) << reply;
    EXPECT_EQ(body["ResultCode"], -200) << reply;
    EXPECT_NE(body["Message"].get<std::string>().find("请求未在时限内完成"), std::string::npos) << reply;
    net::HttpClient client({"127.0.0.1", server.port(), ""}, std::chrono::seconds(10));
    const json entry = json::parse(client.exchange({"GET", "/_mock/requests?limit=1", {}, ""}).body)["entries"].at(0);
    EXPECT_EQ(entry["status"], 408) << entry;
    EXPECT_EQ(entry["number"], ++asked) << entry;
    EXPECT_TRUE(entry["request"].get<std::string>().starts_with("POST /api")) << entry;
    EXPECT_NE(entry["why_en"].get<std::string>().find("in time"), std::string::npos) << entry;
    EXPECT_EQ(json::parse(client.exchange({"GET", "/_mock/counters", {}, ""}).body)["-"]["incomplete"], asked);
  }
  server.stop();
  thread.join();
}

TEST(Mock, TheRootLeadsToEverything) {
  MockProcess mock, closed({"--no-admin", "--role", "billing"});
  for (const char* root : {"/", "/?x=1", "/_mock", "/_mock/"}) {
    const net::Exchange reply = mock.get(root);
    ASSERT_EQ(reply.status, 200) << root;
    const json index = json::parse(reply.body);
    ASSERT_EQ(index["interfaces"].size(), 10U);
    for (const char* part : {"section", "name", "path", "title_zh", "title_en"}) EXPECT_FALSE(index["interfaces"][0][part].get<std::string>().empty()) << part;
    EXPECT_NE(index["admin"].dump().find("GET /_mock/faults"), std::string::npos);
    EXPECT_TRUE(index.contains("docs"));
  }
  const net::Exchange page = send(mock, {"GET", "/", {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}}, ""});
  EXPECT_EQ(page.header("Content-Type"), "text/html;charset=utf-8");
  EXPECT_NE(page.header("Content-Security-Policy"), "");
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  for (const char* part : {"/api/Users/GetUserInfo", "用户信息查询", "href=\"/_mock/requests\""}) EXPECT_NE(page.body.find(part), std::string::npos) << part;
  EXPECT_EQ(mock.get("/favicon.ico").status, 204);
  EXPECT_EQ(mock.get("/_mock/counters").body, "{}") << "nobody called an interface";
  // Every call that the index names is there: with it, the admin API answers otherwise than 404 and 405.
  const json index = json::parse(mock.get("/").body);
  for (const json& one : index["admin"]) {
    const std::string call = one["call"].get<std::string>(), method = call.substr(0, call.find(' ')), target = call.substr(call.find(' ') + 1);
    if (call == "GET /_mock/events") continue;  // a reply without an end; the test of the page reads it
    const net::Exchange reply = send(mock, {method, target, {{"Content-Type", "application/json"}}, ""});
    const std::string last = target.substr(target.rfind('/') + 1);
    const bool of_an_id = last == "ID" || last == "NAME";
    EXPECT_TRUE(reply.status == 200 || reply.status == 400 || reply.status == 409 ||
                (of_an_id && reply.status == 404 && reply.body.find(last) != std::string::npos))
        << call << ": " << reply.status;
  }
  const json less = json::parse(closed.get("/").body);
  EXPECT_FALSE(less.contains("admin"));
  EXPECT_EQ(less["interfaces"].size(), 1U);
  EXPECT_EQ(closed.get("/_mock").status, 404);
  EXPECT_EQ(mock.call("/", user).status, 404);
}

TEST(Mock, MoneyWithNoiseIsAnOpenQuestion) {
  const std::string pay = "/api/Pay/RemotePay";
  const struct {
    const char *answer, *money;
    int code;
    const char *remnant, *says;  // in the hint or the message
  } table[] = {
      {"rounded", "0.30000000000000004", 1, "120.30", "send 0.30"},
      {"rounded", "\"50.129999999999995\"", 1, "170.13", "send 50.13"},
      {"rounded", "10.005", 1, "130.01", "taken as 10.01"},
      {"rounded", "0.001", -4, "120.00", "0.00"},
      {"rounded", "0.299999999999999988897769753748434595763683319091796875", 1, "120.30", "binary floating point, it seems: send 0.30"},
      {"rounded", "0.3000000000000000444089209850", 1, "120.30", "binary floating point"},
      {"rounded", "\"100.10000000000000142\"", 1, "220.10", "binary floating point"},
      {"rounded", "5.551115123125783e-17", -4, "120.00", "0.00"},
      {"rounded", "0.1000000000000000000000000000000000000000", 1, "120.1", ""},
      {"rounded", "0.50", 1, "120.50", ""},
      {"exact", "0.125", 1, "120.125", ""},
      {"exact", "0.30000000000000004", -200, "120.00", "18 digits"},
      {"exact", "0.299999999999999988897769753748434595763683319091796875", -200, "120.00", "more than 18 decimal places"},
      {"refused", "0.30000000000000004", -200, "120.00", "17 decimal places"},
      {"refused", "0.3", 1, "120.3", ""},
  };
  for (const auto& row : table) {
    MockProcess mock({"--interpretation", std::string("money-scale=") + row.answer});
    const net::Exchange reply =
        mock.call(pay, R"({"MeterAddr":"860000000001","Money":)" + std::string(row.money) + R"(,"PayDate":"2026-01-15 10:30:00","TransId":"m1","PayWay":1})");
    EXPECT_EQ(code_of(reply), row.code) << row.answer << " " << row.money << ": " << reply.body;
    const std::string said = message_of(reply) + std::string(reply.header("X-Meterproof-Hint"));
    EXPECT_NE(said.find(row.says), std::string::npos) << row.answer << " " << row.money << ": " << said;
    const json data = json::parse(mock.get("/_mock/data").body);
    for (const json& meter : data["meter"])
      if (meter["MeterAddr"] == "860000000001")
        EXPECT_EQ(core::Decimal::parse(meter["Remnant"].get<std::string>()), core::Decimal::parse(row.remnant))
            << row.answer << " " << row.money << meter["Remnant"];
  }
}

/// Bytes beyond which a file that this process, or one that it starts, writes cannot grow.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit less{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t out = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++out;
  return out;
}

TEST(Mock, FewFilesAreToldAndItServesOn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer looks at an object's type through a pipe: without a file left it takes every object for none";
#endif
  Process mock("sh", {"-c", "ulimit -n 30; exec \"$0\" mock --port 0 --app demo:demo-secret", METERPROOF_PROGRAM});
  const std::uint16_t port = mock.port();
  const auto is_served = [](Raw& peer) {
    peer.send("GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    return peer.receive("\r\n\r\n").starts_with("HTTP/1.1 200 ");
  };
  const std::string told = "no more connections can be accepted";
  {
    constexpr std::size_t more_than_files = 60;
    std::vector<std::unique_ptr<Raw>> peers;
    peers.reserve(more_than_files);
    while (peers.size() < more_than_files) peers.push_back(std::make_unique<Raw>(port));
    mock.wait_for(told);
    EXPECT_TRUE(is_served(*peers.front())) << "who came in time is served";
  }
  Raw late(port);
  EXPECT_TRUE(is_served(late)) << "there is room again";
  mock.signal(SIGTERM);
  EXPECT_EQ(count_of(mock.finish().out, told), 1U);
}

TEST(Mock, ALogOnAFullDiskIsTold) {
  const std::string file = test::temporary("full.log"), moved = file + ".1";
  std::unique_ptr<MockProcess> mock;
  {
    const FileSizeLimit limit(4096);
    mock = std::make_unique<MockProcess>(std::vector<std::string>{"--request-log", file});
  }
  const auto lost = [&] { return json::parse(mock->get("/_mock/health").body)["log_lost"].get<std::uint64_t>(); };
  EXPECT_EQ(lost(), 0U);
  for (int tries = 0; tries < 50 && lost() < 3; ++tries) EXPECT_EQ(mock->code(path, user), 1);
  EXPECT_GE(lost(), 3U) << "what the file has no room for is counted";

  // A file that was moved away is opened anew; there is room again.
  std::filesystem::rename(file, moved);
  mock->process().signal(SIGHUP);
  const auto has_begun = [&] { return std::filesystem::exists(file) && std::filesystem::file_size(file) > 0; };
  for (int tries = 0; tries < 50 && !has_begun(); ++tries) EXPECT_EQ(mock->code(path, user), 1) << "and the mock serves on";
  const std::uint64_t all_lost = lost();
  std::size_t entries = 0;
  for (const std::string& name : {moved, file}) {
    const std::string text = test::read_file(name);
    ASSERT_FALSE(text.empty()) << name;
    EXPECT_EQ(text.back(), '\n') << name;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line); ++entries) {
      const json entry = json::parse(line, nullptr, false);
      ASSERT_FALSE(entry.is_discarded()) << name << ": a part of a line: " << line;
      if (entries > 0 && entry.contains("lost")) EXPECT_EQ(entry["lost"], all_lost);
    }
    if (name == file) EXPECT_TRUE(json::parse(text.substr(0, text.find('\n'))).contains("lost")) << "the gap is told where it is: " << text;
  }
  mock->process().signal(SIGTERM);
  const auto finished = mock->process().finish();
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  EXPECT_EQ(count_of(finished.out, "what is not written is counted"), 1U) << finished.out;
  EXPECT_NE(finished.out.find(std::to_string(all_lost) + " exchanges are missing"), std::string::npos) << finished.out;
  for (const std::string& name : {moved, file}) std::filesystem::remove(name);
}

TEST(AdminApi, TheRequestLogHasHeadersPeerAndDuration) {
  const std::string file = test::temporary("headers.log");
  MockProcess mock({"--request-log", file});
  Headers headers = mock.headers();
  headers.emplace_back("X-Trace", "abc");
  headers.emplace_back("X-Odd", "it is demo-secret");
  headers.emplace_back("Cookie", "session=1");
  send(mock, {"POST", path, headers, user});
  const json entry = last_entry(mock);
  EXPECT_EQ(entry["peer"].get<std::string>().find("127.0.0.1:"), 0U);
  EXPECT_GE(entry["took_us"].get<long>(), 0);
  EXPECT_EQ(entry["headers"]["X-Trace"], "abc");
  EXPECT_EQ(entry["headers"]["Accept"], "application/json");
  const std::string shown = entry.dump(), written = test::read_file(file);
  for (const auto& [name, value] : headers) {
    const bool is_credential = name == "AccessToken" || name == "Authorization" || name == "Cookie";
    EXPECT_EQ(shown.find(value) == std::string::npos, is_credential || value.find("secret") != std::string::npos) << name;
  }
  for (const std::string& text : {shown, written}) EXPECT_EQ(text.find("demo-secret"), std::string::npos) << text;
  std::filesystem::remove(file);
}

// Where a secret stands does not matter, nor whether the request is one.
TEST(AdminApi, TheRequestLogShowsNoSecretWhereverItStands) {
  const std::string file = test::temporary("secrets.log");
  MockProcess mock({"--request-log", file});
  std::string credentials;
  for (const auto& [name, value] : mock.headers())
    if (name == "AccessToken" || name == "Authorization") credentials += name + ": " + value + "\r\n";
  credentials += "Cookie: session=tell-tale\r\n also=tell-tale\r\nProxy-Authorization : Basic tell-tale\r\n";
  const std::string post = "POST " + path + " HTTP/1.1\r\n";
  const struct {
    std::string bytes;
    int status;
  } table[] = {
      {post + credentials + "\r\n", 400},
      {post + "Host: h\r\n" + credentials + "X: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {post + "X-Odd: demo-secret\r\n\r\n", 400},
      {mock.signed_bytes(path + "?secret=demo-secret", user), 200},
      {mock.signed_bytes(path, R"({"UserCode":"U0001","demo-secret":1})"), 200},
      {mock.signed_bytes("/demo-secret", user), 404},
  };
  for (const auto& row : table) {
    Raw raw(mock.port());
    raw.send(row.bytes);
    const std::string reply = raw.receive("}");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 " + std::to_string(row.status) + " ")) << row.bytes << reply;
  }
  mock.process().signal(SIGTERM);
  (void)mock.process().finish();
  const std::string written = test::read_file(file);
  EXPECT_EQ(count_of(written, "\n"), std::size(table)) << written;
  EXPECT_EQ(written.find("demo-secret"), std::string::npos) << written;
  EXPECT_EQ(written.find("tell-tale"), std::string::npos) << written;
  EXPECT_NE(written.find("Cookie: [17 characters]\\\\x0d\\\\x0a"), std::string::npos) << written;
  EXPECT_NE(written.find("AccessToken: [32 characters]"), std::string::npos) << written;
  EXPECT_NE(written.find("[secret]"), std::string::npos) << written;
  std::filesystem::remove(file);
}

// Of a long body the first 4096 bytes are shown, of a target 256: a secret that stands there is gone as a whole.
TEST(AdminApi, TheRequestLogShowsNoHalfOfASecretEither) {
  MockProcess mock;
  const std::string secret = "demo-secret", start = R"({"UserCode":"U0001","Note":")";
  for (const std::string& hidden : {secret, auth::base64(secret)})
    for (std::size_t before = 0; before <= hidden.size(); before += 3) {  // so much of it stands before the cut
      const std::string mark = before > 0 ? "[secret]" : "";
      const std::string dots(4096 - start.size() - before, '.');
      (void)mock.call(path, start + dots + hidden + std::string(100, '.') + "\"}");
      EXPECT_TRUE(last_entry(mock)["request"] == start + dots + mark) << hidden << before;
      const std::string long_path = "/" + std::string(255 - before, '.');
      (void)mock.call(long_path + hidden, user);
      EXPECT_EQ(last_entry(mock)["target"], long_path + mark) << hidden << before;
    }
  (void)mock.call("/" + std::string(92, '.') + secret, user);  // the reason quotes a hundred bytes of a path
  const std::string entry = last_entry(mock).dump();
  EXPECT_EQ(entry.find("demo-se"), std::string::npos) << entry;
}

TEST(AdminApi, RedirectsHangsClosesAndForgetsWhatIsUsedUp) {
  MockProcess mock;
  const auto inject = [&](const std::string& fault) { EXPECT_EQ(mock.post("/_mock/faults", fault).status, 200) << fault; };
  inject(R"({"kind":"status","status":302,"location":"http://example.com/login","times":1})");
  const net::Exchange redirect = mock.call(path, user);
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(redirect.header("Location"), "http://example.com/login");
  EXPECT_TRUE(json::parse(mock.get("/_mock/faults").body)["faults"].empty()) << "what is used up leaves the list";
  inject(R"({"kind":"close","times":1})");
  EXPECT_EQ(send(mock, {"POST", path, mock.headers(), user}).transport, net::TransportResult::closed);
  inject(R"({"kind":"hang","times":1})");
  EXPECT_EQ(send(mock, {"POST", path, mock.headers(), user}, std::chrono::milliseconds(200)).transport, net::TransportResult::timed_out);
  EXPECT_EQ(mock.code(path, user), 1) << "nobody else waits";
  for (const char* wrong :
       {R"({"kind":"status","location":"a\r\nX: 1"})", R"({"kind":"delay","delay_ms":1,"location":"/"})", R"({"kind":"status","status":299})"})
    EXPECT_EQ(mock.post("/_mock/faults", wrong).status, 400) << wrong;
  EXPECT_NE(mock.get("/_mock/counters").body, "{}");
  EXPECT_EQ(send(mock, {"DELETE", "/_mock/counters", {}, ""}).status, 200);
  EXPECT_EQ(mock.get("/_mock/counters").body, "{}");
}

TEST(Mock, VerbosePrintsALineForEachExchange) {
  Process mock({"--verbose", "mock", "--port", "0"});
  const std::uint16_t port = mock.port();
  net::HttpClient client({"127.0.0.1", port, ""}, std::chrono::seconds(10));
  client.exchange({"POST", path, {}, user});
  const std::string out = mock.wait_for("[hint: ");
  const std::size_t begin = out.find("POST " + path);
  ASSERT_NE(begin, std::string::npos) << out;
  const std::string line = out.substr(begin, out.find('\n', begin) - begin);
  EXPECT_NE(line.find("HTTP 200, code -202"), std::string::npos) << line;
  EXPECT_NE(line.find("AccessToken"), std::string::npos) << line;
  // What is no call of an interface is shown as well, and stands in no log.
  for (const std::string visit : {"/", "/favicon.ico", "/_mock/health?secret=demo-secret"}) {
    client.exchange({"GET", visit, {}, ""});
    mock.wait_for("GET " + visit.substr(0, visit.find('?')));
  }
  const std::string all = mock.wait_for("GET /_mock/health?secret=[secret]: HTTP 400");
  EXPECT_NE(all.find("GET /: HTTP 200,"), std::string::npos) << all;
  EXPECT_NE(all.find("GET /favicon.ico: HTTP 204,"), std::string::npos) << all;
  EXPECT_EQ(json::parse(client.exchange({"GET", "/_mock/requests", {}, ""}).body)["total"], 1);
}

TEST(Mock, LinesThatEndInLfAloneAreHinted) {
  MockProcess lenient, strict({"--strict"});
  for (MockProcess* mock : {&lenient, &strict}) {
    std::string bytes = mock->signed_bytes(path, user);
    std::erase(bytes, '\r');
    Raw raw(mock->port());
    raw.send(bytes);
    const std::string reply = raw.receive("}");
    EXPECT_NE(reply.find("lines of the head end in LF alone"), std::string::npos) << reply;
    EXPECT_EQ(reply.find("X-Meterproof-Hint: ") == std::string::npos, mock == &strict) << reply;
    EXPECT_NE(reply.find(mock == &strict ? "\"ResultCode\":-200," : "\"ResultCode\":1,"), std::string::npos) << reply;
  }
}

// What told the mock is said, whichever header it was.
TEST(AdminApi, TheRefusalOfAForeignPageNamesItsReason) {
  MockProcess mock;
  const auto refusal = [&](const char* name, const char* value) {
    const net::Exchange reply = send(mock, {"GET", "/_mock/health", {{name, value}}, ""});
    EXPECT_EQ(reply.status, 403) << name;
    return json::parse(reply.body)["error"].get<std::string>();
  };
  EXPECT_NE(refusal("Sec-Fetch-Site", "cross-site").find("(Sec-Fetch-Site: cross-site)"), std::string::npos);
  EXPECT_NE(refusal("Origin", "http://evil.example").find("a web page of http://evil.example may not"), std::string::npos);
}

/// A mock that a shell starts by that line, in which PROGRAM stands for it; its own number is in a file.
class Started {
 public:
  explicit Started(const std::string& program, std::vector<std::string> words) {
    std::filesystem::remove(file_);
    for (std::string& word : words)
      if (const std::size_t at = word.find("PROGRAM"); at != std::string::npos)
        word.replace(at, 7, "echo $$ >" + file_ + "; exec " METERPROOF_PROGRAM " mock --port 0");
    process_ = std::make_unique<Process>(program, words);
    port_ = process_->port();
  }
  ~Started() {
    if (!has_ended()) ::kill(pid(), SIGKILL);
    std::filesystem::remove(file_);
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  void signal(int number) const { ::kill(pid(), number); }
  /// On a connection of its own.
  bool answers() const {
    const net::HttpRequest health{"GET", "/_mock/health", {}, ""};
    return net::HttpClient({"127.0.0.1", port_, ""}, std::chrono::seconds(10)).exchange(health).status == 200;
  }
  /// Whether it falls silent within ten seconds.
  bool ends() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (answers()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }
  test::Finished finish() { return process_->finish(); }

 private:
  pid_t pid() const { return std::stoi(test::read_file(file_)); }
  bool has_ended() const { return !std::filesystem::exists("/proc/" + std::to_string(pid())); }

  std::string file_ = test::temporary("mock.pid");
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
};

// SIGHUP tells that the terminal was closed, with a log as well. A service reads its files anew, and opens its log; what nohup(1) started goes on.
TEST(Mock, EndsWithItsTerminalAndOnlyThen) {
  (void)::signal(SIGHUP, SIG_DFL);  // where the tests run under nohup
  const std::string log = test::temporary("hangup.log");
  const struct {
    const char* what;
    std::string program;
    std::vector<std::string> words;
    bool ends;
  } table[] = {
      {"on a terminal", "script", {"-qec", "sh -c 'PROGRAM'", "/dev/null"}, true},
      {"on a terminal, with a log", "script", {"-qec", "sh -c 'PROGRAM --request-log " + log + "'", "/dev/null"}, true},
      {"on a terminal, told elsewhere", "script", {"-qec", "sh -c 'PROGRAM 2>/dev/null'", "/dev/null"}, true},
      {"without a terminal", "setsid", {"-w", "sh", "-c", "PROGRAM"}, false},
      {"a service with a log", "sh", {"-c", "PROGRAM --request-log " + log}, false},
      {"under nohup", "nohup", {"sh", "-c", "PROGRAM"}, false},
  };
  for (const auto& row : table) {
    Started mock(row.program, row.words);
    EXPECT_TRUE(mock.answers()) << row.what;
    mock.signal(SIGHUP);
    if (row.ends) {
      ASSERT_TRUE(mock.ends()) << row.what;
    } else {
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(mock.answers()) << row.what;
      mock.signal(SIGTERM);
    }
    const test::Finished done = mock.finish();
    EXPECT_EQ(done.exit_code, 0) << row.what << ": " << done.out;
    EXPECT_NE(done.out.find("stopped after "), std::string::npos) << row.what << ": " << done.out;
  }
  std::filesystem::remove(log);
}

}  // namespace mock_test
}  // namespace meterproof
