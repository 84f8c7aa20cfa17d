// SPDX-License-Identifier: Apache-2.0
// Addresses where no interface is: what answers there is shown and named after a few exchanges, and nothing is said of it that was not measured.
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "net/fd.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace foreign_test {

using nlohmann::json;
using test::Finished;
using test::temporary;

/// Answers every connection with the same bytes, and closes it.
class Canned {
 public:
  explicit Canned(std::string bytes) : bytes_(std::move(bytes)) {
    listener_ = net::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_.get(), 16) != 0)
      throw std::runtime_error("no listener");
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Canned() { stop(); }
  Canned(const Canned&) = delete;
  Canned& operator=(const Canned&) = delete;

  void stop() {
    ::shutdown(listener_.get(), SHUT_RDWR);  // ends accept(2)
    if (thread_.joinable()) thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int requests() const { return requests_; }

 private:
  void serve() {
    for (;;) {
      const net::Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.get() < 0) return;
      read_request(connection.get());
      (void)::send(connection.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
      ::shutdown(connection.get(), SHUT_WR);
      std::array<char, 4096> rest;
      while (::recv(connection.get(), rest.data(), rest.size(), 0) > 0) {
      }
    }
  }
  /// The whole request: to close before it is read would reset the connection.
  void read_request(int connection) {
    net::HttpParser parser(net::HttpParser::Kind::request, {});
    std::array<char, 4096> chunk;
    while (parser.state() == net::HttpState::need_more) {
      const ssize_t got = ::recv(connection, chunk.data(), chunk.size(), 0);
      if (got <= 0) return;
      parser.feed({chunk.data(), static_cast<std::size_t>(got)});
    }
    ++requests_;
  }

  std::string bytes_;
  net::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

std::string http(const std::string& status, const std::string& type, const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\n" + (type.empty() ? "" : "Content-Type: " + type + "\r\n") + more +
         "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Foreign {
  const char* name;
  std::string bytes;
  int exit_code;
  const char* says;
};

std::vector<Foreign> foreign_servers() {
  using namespace std::string_literals;
  const std::string json_type = "application/json";
  return {
      {"404", http("404 Not Found", "text/html", "<html><title>404</title></html>"), 4, "HTTP 404, text/html: no interface here"},
      {"405", http("405 Method Not Allowed", json_type, R"({"status":405})"), 4, "HTTP 405, application/json: no interface here"},
      {"login", http("302 Found", "", "", "Location: /login\r\n"), 4, "HTTP 302, a redirect to /login"},
      {"to HTTPS", http("301 Moved Permanently", "", "", "Location: https://h/\r\n"), 4, "the target wants HTTPS"},
      {"page", http("200 OK", "text/html", "<html><title>Welcome</title></html>"), 4, "HTTP 200, an HTML page \"Welcome\""},
      {"wrapped", http("200 OK", json_type, R"({"code":0,"data":{"ResultCode":1}})"), 4, "ResultCode is inside data"},
      {"JSON in a text", http("200 OK", json_type, R"("{\"ResultCode\":1}")"), 4, "encoded twice"},
      {"array", http("200 OK", json_type, "[]"), 4, "a JSON array"},
      {"code of text", http("200 OK", json_type, R"({"ResultCode":"ok"})"), 4, "no ResultCode that is a whole number"},
      {"null code", http("200 OK", json_type, R"({"ResultCode":null})"), 4, "no ResultCode that is a whole number"},
      {"broken JSON", http("200 OK", json_type, R"({"ResultCode":1,})"), 4, "before the closing bracket, at line 1, column 16"},
      {"PHP", http("200 OK", json_type, "<b>Notice</b>: x\n{\"ResultCode\":1}"), 4, "a PHP notice stands before the JSON"},
      {"other JSON", http("200 OK", json_type, R"({"success":true})"), 4, "without ResultCode; it has: success"},
      {"XML", http("200 OK", "text/xml", "<?xml version=\"1.0\"?><a/>"), 4, "HTTP 200, XML"},
      {"GBK", http("200 OK", json_type, "{\"ResultCode\":0,\"Message\":\"\xC3\xBB\xD3\xD0\"}"), 4, "answers 0 to everything"},
      {"UTF-16", http("200 OK", json_type, "\xFF\xFE{\0}\0"s), 4, "UTF-16LE, not UTF-8"},
      {"gzip", http("200 OK", json_type, "\x1F\x8B\x08", "Content-Encoding: gzip\r\n"), 4, "the body is coded (gzip)"},
      {"401", http("401 Unauthorized", "text/html", "<html>", "WWW-Authenticate: Basic realm=\"x\"\r\n"), 4, "WWW-Authenticate: Basic"},
      {"403", http("403 Forbidden", "text/html", "<html>"), 4, "access is refused before the interface"},
      {"500", http("500 Internal Server Error", "text/html", "<html>"), 4, "HTTP 500, text/html: the server fails"},
      {"proxy", http("407 Proxy Authentication Required", "", "", "Proxy-Authenticate: Basic\r\n"), 4,
       "Proxy-Authenticate: Basic: a proxy before the interface asks for credentials"},
      {"too many", http("429 Too Many Requests", "text/html", "slow"), 4, "HTTP 429, text/html: too many requests"},
      {"no gateway", http("502 Bad Gateway", "text/html", "<html>"), 3, "no answer from the target: HTTP 502, text/html: the server fails"},
      {"HTTPS port", http("400 Bad Request", "text/html", "The plain HTTP request was sent to HTTPS port"), 4, "this port speaks HTTPS"},
      {"empty", http("200 OK", json_type, ""), 4, "an empty body"},
      {"text", http("200 OK", "text/plain", "OK"), 4, "text/plain: no JSON"},
      {"always -999", http("500 Internal Server Error", json_type, R"({"ResultCode":-999,"Message":"no database"})"), 4, "answers -999 to everything"},
      {"404 with a code", http("404 Not Found", json_type, R"({"ResultCode":-999,"Message":""})"), 4, "HTTP 404, application/json: no interface here"},
      {"always -200", http("200 OK", json_type, R"({"ResultCode":-200,"Message":""})"), 4, "answers -200 to everything"},
      {"always -203", http("200 OK", json_type, R"({"ResultCode":-203,"Message":""})"), 4, "answers -203 to everything"},
      {"always 77", http("200 OK", json_type, R"({"ResultCode":77,"Message":""})"), 4, "answers 77 to everything"},
      {"always 0", http("200 OK", json_type, R"({"ResultCode":0,"Message":""})"), 4, "answers 0 to everything"},
      {"a broken header", "HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\nhello", 4, "HTTP that cannot be read"},
      {"TLS", "\x15\x03\x01\0\x02\x02\x46"s, 3, "this port speaks HTTPS (TLS)"},
      {"MySQL", "J\0\0\0\n8.0.36\0salt"s, 3, "MySQL"},
      {"SQL Server", "\x04\x01\0%\0\0\x01\0"s, 3, "SQL Server"},
      {"SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", 3, "SSH"},
      {"Redis", "-ERR unknown command 'POST'\r\n", 3, "Redis"},
  };
}

TEST(Foreign, IsNamedAndShownAfterAFewExchanges) {
  for (const Foreign& foreign : foreign_servers()) {
    Canned server(foreign.bytes);
    const std::string file = temporary("foreign.json");
    const Finished done = test::run({"check", server.url(), "--app", "demo:demo-secret", "--json", file});
    server.stop();
    EXPECT_EQ(done.exit_code, foreign.exit_code) << foreign.name << ": " << done.out;
    EXPECT_NE(done.out.find(foreign.says), std::string::npos) << foreign.name << ": " << done.out;
    for (const char* shown : {"sent: POST http://", "received: ", "repeat: T=$("})
      EXPECT_NE(done.out.find(shown), std::string::npos) << foreign.name << ": " << done.out;
    EXPECT_LE(server.requests(), 6) << foreign.name;
    const json record = json::parse(test::read_file(file));
    EXPECT_EQ(record["calibration"], json::array()) << foreign.name;
    EXPECT_EQ(record["questions"], json::array()) << foreign.name;
    EXPECT_EQ(record["summary"]["failed"], 0) << foreign.name;
    EXPECT_EQ(done.out.find("demo-secret"), std::string::npos) << foreign.name;
  }
}

/// A run, one request after the other, in which every reply goes through `changes` first.
reports::CheckRecord check_changed(const std::function<void(const net::HttpRequest&, net::Exchange&)>& changes, const std::string& filter) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  conformance::CheckOptions options = test::options_for("platform");
  if (!filter.empty()) options.selection.only = {filter};
  conformance::Environment environment = test::environment_for(
      [&](const net::HttpRequest& request) {
        net::Exchange reply = test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
        changes(request, reply);
        return reply;
      },
      clock);
  environment.send_concurrently = nullptr;
  environment.send_raw = nullptr;
  return conformance::check(test::specification(), options, std::move(environment));
}

void become_page(net::Exchange& reply, int status, const std::string& body) {
  reply.status = status;
  reply.headers = {{"Content-Type", "text/html"}};
  reply.body = body;
}

// The query that calibration begins with may be the one that is missing.
TEST(Foreign, OneMissingInterfaceIsNoForeignServer) {
  const auto record = check_changed(
      [](const net::HttpRequest& request, net::Exchange& reply) {
        if (request.path.find("GetUserInfo") != std::string::npos) become_page(reply, 404, "<html><title>404</title></html>");
      },
      "GetPayList/-2/*");
  EXPECT_EQ(test::calibration_of(record, "time-zone"), "+08:00") << test::notes_of(record);
  EXPECT_EQ(test::notes_of(record).find("no interface here"), std::string::npos) << test::notes_of(record);
}

TEST(Foreign, APageInTheMiddleOfARunIsALostReply) {
  // A maintenance page, and a proxy that wants a login, for a moment each.
  const std::pair<int, const char*> pages[] = {{200, "<html><title>Maintenance</title></html>"}, {407, ""}};
  for (const auto& [status, body] : pages) {
    int requests = 0, pages_left = 0;
    std::string first;  // the query of the calibration, by which it looks whether the target is there
    const auto record = check_changed(
        [&, status = status, body = body](const net::HttpRequest& request, net::Exchange& reply) {
          if (++requests == 1) first = request.body;
          if (requests > 150 && requests % 50 == 0) pages_left = 4;
          if (pages_left == 0) return;
          become_page(reply, status, body);
          // The moment ends behind a look: one that ends between a request and the look after it is taken for the target's own page.
          if (pages_left > 1) --pages_left;
          else if (request.body == first) pages_left = 0;
        },
        "RemotePay/*");
    for (const auto& one : record.cases) EXPECT_NE(one.verdict, reports::Verdict::failed) << body << " " << one.id << ": " << test::english(one.observed);
    EXPECT_GT(requests, 250) << "it went on";
    EXPECT_NE(record.exit_code, 3);
    const std::string notes = test::notes_of(record);
    if (status == 200)
      EXPECT_NE(notes.find("came from something before the target, and count as lost: HTTP 200, an HTML page \"Maintenance\""), std::string::npos) << notes;
  }
}

// What only that request gets is the target's own answer to it.
TEST(Foreign, APageInReplyToOneKindOfRequestIsAFailure) {
  const auto record = check_changed(
      [](const net::HttpRequest& request, net::Exchange& reply) {
        if (!json::accept(request.body)) become_page(reply, 500, "<html><title>Internal Server Error</title></html>");
      },
      "GetUserInfo/*");
  EXPECT_GT(record.count(reports::Verdict::failed), 0U);
  EXPECT_EQ(test::notes_of(record).find("count as lost"), std::string::npos) << test::notes_of(record);
  EXPECT_EQ(test::notes_of(record).find("on every reply was"), std::string::npos) << test::notes_of(record);
}

const std::string accepted = R"({"ResultCode":1,"Message":"ok","DataList":[]})";

// A stub that accepts everything: there is nothing to judge, and no row is to be left there.
TEST(Foreign, OneCodeToEverythingIsNotJudged) {
  for (const char* filter : {"", "GetUserInfo/*", "CreateMeter/*"}) {
    const auto record = check_changed([](const net::HttpRequest&, net::Exchange& reply) { reply.body = accepted; }, filter);
    EXPECT_EQ(record.exit_code, 4) << filter;
    EXPECT_EQ(record.count(reports::Verdict::inconclusive), record.cases.size()) << filter;
    EXPECT_LE(record.requests, 20U) << filter;
    std::size_t rows = 0;
    for (const auto& one : record.left_behind) rows += one.keys.size();
    EXPECT_LE(rows, 4U) << filter;
    EXPECT_NE(test::notes_of(record).find("the target answers 1 to all that the calibration sent"), std::string::npos) << test::notes_of(record);
  }
}

// Whoever refuses but one of them looks at requests: what it gets wrong is its failure.
TEST(Foreign, WhoRefusesAUsedTimestampIsJudged) {
  std::set<std::string> seen;
  const auto record = check_changed(
      [&](const net::HttpRequest& request, net::Exchange& reply) {
        for (const auto& [name, value] : request.headers)
          if (name == "Authorization" && !seen.insert(value).second) return;
        reply.body = accepted;
      },
      "GetUserInfo/*");
  EXPECT_EQ(record.exit_code, 1) << test::notes_of(record);
}

// A target that comes to accept everything: the failures have one cause, which is told once.
TEST(Foreign, OneCodeFromSomeRequestOnIsNoted) {
  std::size_t requests = 0;
  const auto record = check_changed(
      [&](const net::HttpRequest&, net::Exchange& reply) {
        if (++requests > 90) reply.body = accepted;
      },
      "GetUserInfo/*");
  EXPECT_GT(record.count(reports::Verdict::failed), 4U);
  EXPECT_NE(test::notes_of(record).find("on every reply was ResultCode 1"), std::string::npos) << test::notes_of(record);
}

TEST(Foreign, ACodeThatCannotBeReadIsTheTargetsOwn) {
  const auto record = check_changed(
      [](const net::HttpRequest& request, net::Exchange& reply) {
        const std::string right = R"("ResultCode":1,)";
        const std::size_t at = reply.body.find(right);
        if (request.path.find("RemotePay") != std::string::npos && at != std::string::npos) reply.body.replace(at, right.size(), R"("ResultCode":"+1",)");
      },
      "RemotePay/*");
  EXPECT_GT(record.count(reports::Verdict::failed), 0U) << "exit code " << record.exit_code << ": " << test::notes_of(record);
  EXPECT_EQ(test::notes_of(record).find("count as lost"), std::string::npos) << test::notes_of(record);
}

// A proxy that strips the header: nobody is told to look for another secret alone.
TEST(Foreign, AStrippedHeaderIsNamedWithItsUsualCause) {
  test::Clock clock;
  mockserver::MockState state(test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification()));
  const auto record = conformance::check(test::specification(), test::options_for("platform"),
                                         test::environment_for(
                                             [&](net::HttpRequest request) {
                                               std::erase_if(request.headers, [](const auto& header) { return header.first == "Authorization"; });
                                               return test::through(state, request.bytes({"in-process", 80, ""}), clock.now());
                                             },
                                             clock));
  const std::string notes = test::notes_of(record);
  EXPECT_EQ(record.exit_code, 4);
  EXPECT_NE(notes.find("the header Authorization is missing, and we do send it"), std::string::npos) << notes;
  EXPECT_NE(notes.find("CGIPassAuth On"), std::string::npos) << notes;
  EXPECT_NE(notes.find("login=PASSTHRU"), std::string::npos) << notes;
  EXPECT_LT(record.requests, 6U) << "no other signature would get there";
}

// What is cut shows that it is, between characters.
TEST(Foreign, ACutReplyShowsThatItWasCut) {
  std::string text = "-";
  for (int i = 0; i < 1000; ++i) text += "张";
  const std::string refusal = R"({"ResultCode":-202,"Message":")" + text + R"(","DataList":[]})";
  for (const auto& [bytes, before] : {std::pair(http("200 OK", "text/plain", text), "received: HTTP 200, text/plain: -张"),
                                      std::pair(http("200 OK", "application/json", refusal), "ResultCode -202: -张")}) {
    Canned server(bytes);
    const Finished done = test::run({"check", server.url(), "--app", "demo:demo-secret"});
    server.stop();
    const std::size_t begin = done.out.find(before);
    ASSERT_NE(begin, std::string::npos) << done.out;
    const std::string line = done.out.substr(begin, done.out.find('\n', begin) - begin);
    EXPECT_LT(line.size(), 1500U) << line;
    EXPECT_NE(line.find("张…"), std::string::npos) << line;
  }
}

}  // namespace foreign_test
}  // namespace meterproof
