// SPDX-License-Identifier: Apache-2.0
#include "net/server/http_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string_view>
#include <thread>
#include <vector>

#include "core/text/text.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/process.hpp"

namespace meterproof::net {
namespace http_server_test {

using std::chrono::milliseconds;
using test::Raw;

/// A server on its own thread that answers "hello" to every request.
class HelloServer {
 public:
  explicit HelloServer(ServerOptions options)
      : server_(
            [&] {
              options.port = 0;
              return options;
            }(),
            [](const HttpParser&, const Arrival&, Response& response) { response.body = "hello"; },
            [](const HttpParser&, const Arrival&, Response& response) { response.body = "broken"; }),
        thread_([this] { server_.run(false); }) {}
  ~HelloServer() {
    server_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return server_.port(); }

 private:
  HttpServer server_;
  std::thread thread_;
};

ServerOptions options_without_timeouts() {
  ServerOptions options;
  options.idle = options.header = options.body = options.write = std::chrono::minutes(10);
  return options;
}

// One thread takes its connections in the order in which their bytes came.
TEST(HttpServer, AllBodiesTogetherHaveABound) {
  ServerOptions options = options_without_timeouts();
  options.all_bodies = 1000;
  HelloServer server(options);
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 700\r\n\r\n", most(600, 'x'), rest(100, 'x');
  Raw first(server.port()), second(server.port());
  first.send(head);
  EXPECT_NE(first.receive("100 Continue\r\n\r\n"), "");
  first.send(most);
  second.send(head);
  EXPECT_NE(second.receive("100 Continue\r\n\r\n"), "");
  second.send(most);
  EXPECT_TRUE(second.receive("broken").starts_with("HTTP/1.1 413 ")) << "600 + 600 bytes are more than 1000";
  first.send(rest);
  EXPECT_TRUE(first.receive("hello").starts_with("HTTP/1.1 200 "));
  Raw third(server.port());
  third.send(head);
  EXPECT_NE(third.receive("100 Continue\r\n\r\n"), "");
  third.send(most);
  third.send(rest);
  EXPECT_TRUE(third.receive("hello").starts_with("HTTP/1.1 200 ")) << "what is done is given back";
}

// Each peer stops at another point. The test waits until the server closes the connection. Who has begun a request is told that it took too long.
TEST(HttpServer, ClosesAConnectionThatTimesOut) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n", post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const struct {
    const char* name;
    milliseconds ServerOptions::*limit;
    std::string sends;
    std::vector<std::string> statuses;
  } table[] = {
      {"idle", &ServerOptions::idle, "", {}},
      {"nothing but empty lines", &ServerOptions::idle, "\r\n\r\n", {}},
      {"between two requests", &ServerOptions::idle, get, {"200"}},
      {"inside the request line", &ServerOptions::header, "GET / HTT", {"408"}},
      {"inside the header", &ServerOptions::header, post + "X: ", {"408"}},
      {"inside the second header", &ServerOptions::header, get + "GET / HTT", {"200", "408"}},
      {"inside the body", &ServerOptions::body, post + "Content-Length: 10\r\n\r\nhalf", {"408"}},
      {"before the body", &ServerOptions::body, post + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n", {"100", "408"}},
      {"inside a chunk", &ServerOptions::body, post + "Transfer-Encoding: chunked\r\n\r\n5\r\nha", {"408"}},
      {"before the last chunk", &ServerOptions::body, post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", {"408"}},
  };
  for (const auto& row : table) {
    ServerOptions options = options_without_timeouts();
    options.*row.limit = milliseconds(150);
    HelloServer server(options);
    Raw raw(server.port());
    raw.send(row.sends);
    const auto begin = std::chrono::steady_clock::now();
    const std::string reply = raw.receive();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9)) << row.name;
    std::vector<std::string> statuses;
    constexpr std::string_view version = "HTTP/1.1 ";
    for (std::size_t at = reply.find(version); at != std::string::npos; at = reply.find(version, at + 1))
      statuses.push_back(reply.substr(at + version.size(), 3));
    EXPECT_EQ(statuses, row.statuses) << row.name << ": " << reply;
    const bool late = !row.statuses.empty() && row.statuses.back() == "408";
    EXPECT_EQ(reply.find("408 Request Timeout\r\n") != std::string::npos, late) << row.name;
    EXPECT_EQ(reply.find("Connection: close\r\n") != std::string::npos, late) << row.name;
  }
}

TEST(HttpServer, AnswersARequestThatArrivesTogetherWithTheEndOfStream) {
  HelloServer server(options_without_timeouts());
  Raw raw(server.port());
  raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  raw.end();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(raw.receive().find("hello"), std::string::npos);  // the server then closes
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9));
}

// One recv takes 64 KiB at most, and epoll reports an edge only once: the server must ask for another event to get the rest.
TEST(HttpServer, ReadsMessagesLongerThanOneRead) {
  HelloServer server(options_without_timeouts());
  const auto message = [](std::size_t body) {
    return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" + std::string(body, 'x');
  };
  for (const std::size_t size : {65'535UL, 65'536UL, 65'537UL, 131'072UL, 900'000UL}) {
    const std::string bytes = message(size - (message(size).size() - size));
    ASSERT_EQ(bytes.size(), size);
    Raw raw(server.port());
    raw.send(bytes);
    EXPECT_NE(raw.receive("hello").find("200 OK"), std::string::npos) << size;
  }
}

TEST(HttpServer, Sends503BeyondItsConnectionLimit) {
  ServerOptions options = options_without_timeouts();
  options.max_connections = 2;
  HelloServer server(options);
  Raw first(server.port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
  Raw second(server.port());
  second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(second.receive("hello").find("200 OK"), std::string::npos);
  Raw third(server.port());
  EXPECT_NE(third.receive("{}").find("503"), std::string::npos);
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
}

TEST(HttpServer, AnswersRequestsThatArrivedBeforeStop) {
  std::promise<void> begun, go;
  ServerOptions options = options_without_timeouts();
  options.port = 0;
  const Handler handler = [&](const HttpParser& request, const Arrival&, Response& response) {
    if (request.target() == "/slow") {
      begun.set_value();
      go.get_future().wait();
    }
    response.body = "hello";
  };
  HttpServer server(options, handler, handler);
  std::thread thread([&] { server.run(false); });
  Raw slow(server.port()), other(server.port());
  other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  begun.get_future().wait();
  other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  server.stop();  // by now both requests wait in the server's sockets
  go.set_value();
  EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  thread.join();
}

TEST(HttpServer, DoesNotReadFromAPeerThatDoesNotReadItsReplies) {
  ServerOptions options = options_without_timeouts();
  options.max_pending_output = 4096;
  HelloServer server(options);
  Raw greedy(server.port());
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  std::thread sender([&] { greedy.send(many); });
  HttpClient other({"127.0.0.1", server.port(), ""}, std::chrono::seconds(10));
  EXPECT_EQ(other.exchange({"GET", "/", {}, ""}).body, "hello");
  std::size_t answers = 0;
  std::string all;
  while (answers < 5000) {
    const std::string more = greedy.receive("hello");
    if (more.empty()) break;
    all += more;
    answers = 0;
    for (std::size_t at = all.find("hello"); at != std::string::npos; at = all.find("hello", at + 1)) ++answers;
  }
  sender.join();
  EXPECT_EQ(answers, 5000U);
}

// However many requests one peer sends ahead, and however fast it reads: whoever else has asked is answered between them.
TEST(HttpServer, AnswersOthersBetweenTheRequestsOfOne) {
  std::promise<void> begun, go;
  std::vector<std::string> answered;
  ServerOptions options = options_without_timeouts();
  options.port = 0;
  options.max_pending_output = 1;
  const Handler handler = [&](const HttpParser& request, const Arrival&, Response& response) {
    answered.emplace_back(request.target());
    if (request.target() == "/first") {
      begun.set_value();
      go.get_future().wait();
    }
    response.body = "hello";
  };
  HttpServer server(options, handler, handler);
  std::thread thread([&] { server.run(false); });
  Raw greedy(server.port()), other(server.port());
  other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  std::string many = "GET /first HTTP/1.1\r\nHost: h\r\n\r\n";
  constexpr std::size_t count = 100;
  for (std::size_t i = 0; i < count; ++i) many += "GET /more HTTP/1.1\r\nHost: h\r\n\r\n";
  greedy.send(many);
  begun.get_future().wait();
  other.send("GET /other HTTP/1.1\r\nHost: h\r\n\r\n");  // it waits in the server's socket by now
  go.set_value();
  EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  server.stop();
  EXPECT_NE(greedy.receive("Connection: close").find("200 OK"), std::string::npos);
  greedy.close();
  thread.join();
  const auto at = std::find(answered.begin(), answered.end(), "/other");
  ASSERT_NE(at, answered.end());
  EXPECT_LT(at - answered.begin(), 10) << "behind all requests of the greedy one";
}

// More than the sockets' buffers take comes before the reply that is sent byte by byte.
TEST(HttpServer, ASlowReplyComesBehindThoseBeforeIt) {
  constexpr std::size_t count = 24, size = 1'900'000;
  ServerOptions options = options_without_timeouts();
  options.port = 0;
  options.max_pending_output = 2 * count * size;
  const Handler handler = [&](const HttpParser& request, const Arrival&, Response& response) {
    const bool slow = request.target() == "/slow";
    response.body = slow ? "hello" : std::string(size, 'x');
    if (slow) response.fault = ResponseFault::drip;
  };
  HttpServer server(options, handler, handler);
  std::thread thread([&] { server.run(false); });
  std::string requests;
  for (std::size_t i = 0; i < count; ++i) requests += "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  requests += "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
  HttpClient client({"127.0.0.1", server.port(), ""}, std::chrono::seconds(30));
  EXPECT_FALSE(client.send(requests));
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(client.receive().body == std::string(size, 'x')) << i;
  EXPECT_EQ(client.receive().body, "hello");
  server.stop();
  thread.join();
}

// One peer that reads slowly may wait for as much as there is; all of them together may not.
TEST(HttpServer, AllRepliesThatNobodyTakesHaveABound) {
  constexpr std::size_t count = 24, size = 1'900'000;
  std::promise<void> last_of_first;
  ServerOptions options = options_without_timeouts();
  options.port = 0;
  options.max_pending_output = 2 * count * size;
  options.all_unsent = 10'000'000;
  const Handler handler = [&](const HttpParser& request, const Arrival&, Response& response) {
    response.body = std::string(size, 'x');
    if (request.target() == "/last") last_of_first.set_value();
  };
  HttpServer server(options, handler, handler);
  std::thread thread([&] { server.run(false); });
  const auto requests = [](const std::string& last) {
    std::string out;
    for (std::size_t i = 1; i < count; ++i) out += "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    return out + "GET " + last + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  HttpClient first({"127.0.0.1", server.port(), ""}, std::chrono::seconds(30)), second({"127.0.0.1", server.port(), ""}, std::chrono::seconds(30));
  EXPECT_FALSE(first.send(requests("/last")));
  last_of_first.get_future().wait();
  EXPECT_FALSE(second.send(requests("/")));
  const auto replies_to = [](HttpClient& client) {
    std::size_t out = 0;
    while (out < count && client.receive().body.size() == size) ++out;
    return out;
  };
  EXPECT_LT(replies_to(second), count);
  EXPECT_EQ(replies_to(first), count);
  server.stop();
  thread.join();
}

// What the action refuses is not answered: not at once, not behind a delay, and not to whoever shares the batch; later requests are.
TEST(HttpServer, SendsNoReplyThatMustNotLeave) {
  ServerOptions options = options_without_timeouts();
  options.port = 0;
  std::atomic<bool> refuses = false, handled = false;
  const Handler handler = [&](const HttpParser& request, const Arrival&, Response& response) {
    handled = true;
    response.body = "hello";
    if (request.target() == "/delayed") response.delay = std::chrono::milliseconds(50);
    if (request.target() == "/dripped") response.fault = ResponseFault::drip;
  };
  HttpServer server(options, handler, handler);
  server.before_replies([&](std::size_t thread) {
    EXPECT_EQ(thread, 0U);
    return !(refuses && handled.exchange(false));
  });
  std::thread thread([&] { server.run(false); });
  for (const char* const target : {"/", "/delayed", "/dripped"}) {
    const std::string request = "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    Raw kept(server.port());
    kept.send(request);
    EXPECT_NE(kept.receive("hello").find("hello"), std::string::npos) << target;
    refuses = true;
    Raw lost(server.port());
    lost.send(request + request);
    EXPECT_EQ(lost.receive(), "") << target;
    refuses = handled = false;
  }
  server.stop();
  thread.join();
}

// RFC 9110, section 8.6.
TEST(HttpServer, AReplyThatHasNoBodyTellsNoLength) {
  ServerOptions options = options_without_timeouts();
  options.port = 0;
  const Handler handler = [](const HttpParser& request, const Arrival&, Response& response) {
    if (request.target() == "/204") response.status = 204;
    if (request.target() == "/304") response.status = 304;
    response.body = "hello";
  };
  HttpServer server(options, handler, handler);
  std::thread thread([&] { server.run(false); });
  Raw raw(server.port());
  for (const char* target : {"/204", "/304"}) {
    raw.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string reply = raw.receive("\r\n\r\n");
    EXPECT_TRUE(reply.ends_with("\r\n\r\n")) << reply;
    EXPECT_EQ(reply.find("Content-Length"), std::string::npos) << reply;
  }
  raw.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(raw.receive("\r\n\r\n").find("Content-Length: 5\r\n"), std::string::npos) << "of HEAD, that of a GET";
  server.stop();
  thread.join();
}

// What is refused is answered with its status, once, and closes the connection: the bytes behind it are no second request.
TEST(HttpServer, AnswersAsRfc9112Says) {
  HelloServer server(options_without_timeouts());
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n", smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  const struct {
    const char* name;
    std::string bytes, status;
  } refused[] = {
      {"an unknown coding", post + "Transfer-Encoding: gzip\r\n\r\n" + smuggled, "400 Bad Request"},
      {"a coding before chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled, "501 Not Implemented"},
      {"a coding and a length", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "400 Bad Request"},
      {"a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "400 Bad Request"},
      {"no host", "GET / HTTP/1.1\r\n\r\n" + smuggled, "400 Bad Request"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" + smuggled, "400 Bad Request"},
      {"another expectation", post + "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", "417 Expectation Failed"},
      {"another version", "GET / HTTP/2.0\r\nHost: h\r\n\r\n" + smuggled, "505 HTTP Version Not Supported"},
      {"line feeds between chunks", post + "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n", "400 Bad Request"},
      {"TLS", "\x16\x03\x01\x02", "400 Bad Request"},
  };
  for (const auto& row : refused) {
    Raw raw(server.port());
    raw.send(row.bytes);
    const std::string reply = raw.receive();  // until the server closes
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 " + row.status + "\r\n")) << row.name << ": " << reply;
    EXPECT_EQ(reply.find("HTTP/1.1", 1), std::string::npos) << row.name << ": " << reply;
    EXPECT_NE(reply.find("Connection: close\r\n"), std::string::npos) << row.name;
  }
  // One connection for all of these: each is answered, and keeps it.
  Raw raw(server.port());
  for (const std::string& bytes :
       {std::string("\r\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), post + "Content-Length: 2\r\n\r\n{}\r\n", smuggled,
        std::string("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"), std::string("GET / HTTP/1.1\nHost: h\n\n"),
        std::string("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), post + "Transfer-Encoding: chunked\r\n\r\n2;x\r\n{}\r\n0\r\n\r\n"}) {
    raw.send(bytes);
    EXPECT_NE(raw.receive("hello").find("200 OK"), std::string::npos) << bytes;
  }
}

TEST(HttpServer, TellsAClientOfHttp10ThatItKeepsTheConnection) {
  HelloServer server(options_without_timeouts());
  const std::string asks = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
  Raw keeps(server.port());
  for (int i = 0; i < 2; ++i) {
    keeps.send(asks);
    EXPECT_NE(keeps.receive("hello").find("Connection: keep-alive\r\n"), std::string::npos);
  }
  Raw ends(server.port());
  ends.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(ends.receive().find("Connection: close\r\n"), std::string::npos);
}

TEST(HttpServer, AnEmptyLineBeginsNoRequest) {
  ServerOptions options = options_without_timeouts();
  options.header = milliseconds(150);
  HelloServer server(options);
  Raw raw(server.port());
  raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(raw.receive("hello").find("200 OK"), std::string::npos);
  raw.send("\r\n");
  Raw late(server.port());
  late.send("G");
  late.receive();  // until the time for a header is over, which is later here than it would be there
  raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(raw.receive("hello").find("200 OK"), std::string::npos);
}

TEST(HttpServer, KnowsTheReasonOfEveryUsualStatus) {
  for (const int status : {200, 204, 301, 307, 400, 403, 404, 408, 415, 417, 429, 431, 500, 501, 503, 505}) EXPECT_NE(reason_phrase(status), "Other") << status;
}

// Clients take either address for the name.
TEST(HttpServer, ListensOnEveryAddressOfLocalhost) {
  ServerOptions options = options_without_timeouts();
  options.host = "localhost";
  HelloServer server(options);
  for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
    const Fd six(::socket(AF_INET6, SOCK_STREAM, 0));
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    if (std::string(host) == "::1" && ::bind(six.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) != 0) continue;  // no IPv6 here
    HttpClient client({host, server.port(), ""}, std::chrono::seconds(10));
    EXPECT_EQ(client.exchange({"GET", "/", {}, ""}).body, "hello") << host;
  }
}

}  // namespace http_server_test
}  // namespace meterproof::net
