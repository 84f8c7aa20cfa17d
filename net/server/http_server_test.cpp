// SPDX-License-Identifier: Apache-2.0
#include "net/server/http_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "core/text/text.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/process.hpp"

namespace meterproof::net {
namespace {

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
            [](const HttpParser&, ArrivalTime, Response& response) { response.body = "hello"; },
            [](const HttpParser&, ArrivalTime, Response& response) { response.body = "broken"; }),
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

// Each peer stops at another point. The test waits until the server closes the connection.
TEST(HttpServer, ClosesAConnectionThatTimesOut) {
  const struct {
    const char* name;
    milliseconds ServerOptions::*limit;
    const char* sends;
  } table[] = {
      {"idle", &ServerOptions::idle, ""},
      {"between two requests", &ServerOptions::idle, "GET / HTTP/1.1\r\n\r\n"},
      {"inside the header", &ServerOptions::header, "GET / HTT"},
      {"inside the body", &ServerOptions::body, "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf"},
  };
  for (const auto& row : table) {
    ServerOptions options = options_without_timeouts();
    options.*row.limit = milliseconds(150);
    HelloServer server(options);
    Raw raw(server.port());
    raw.send(row.sends);
    const auto begin = std::chrono::steady_clock::now();
    raw.receive();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9)) << row.name;
  }
}

TEST(HttpServer, AnswersARequestThatArrivesTogetherWithTheEndOfStream) {
  HelloServer server(options_without_timeouts());
  Raw raw(server.port());
  raw.send("GET / HTTP/1.1\r\n\r\n");
  raw.end();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(raw.receive().find("hello"), std::string::npos);  // the server then closes
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9));
}

// One recv takes 64 KiB at most, and epoll reports an edge only once: the server must ask for another event to get the rest.
TEST(HttpServer, ReadsMessagesLongerThanOneRead) {
  HelloServer server(options_without_timeouts());
  const auto message = [](std::size_t body) { return "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" + std::string(body, 'x'); };
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
  first.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
  Raw second(server.port());
  second.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(second.receive("hello").find("200 OK"), std::string::npos);
  Raw third(server.port());
  EXPECT_NE(third.receive("{}").find("503"), std::string::npos);
  first.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
}

TEST(HttpServer, AnswersRequestsThatArrivedBeforeStop) {
  std::promise<void> begun, go;
  ServerOptions options = options_without_timeouts();
  options.port = 0;
  const Handler handler = [&](const HttpParser& request, ArrivalTime, Response& response) {
    if (request.target() == "/slow") {
      begun.set_value();
      go.get_future().wait();
    }
    response.body = "hello";
  };
  HttpServer server(options, handler, handler);
  std::thread thread([&] { server.run(false); });
  Raw slow(server.port()), other(server.port());
  other.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  slow.send("GET /slow HTTP/1.1\r\n\r\n");
  begun.get_future().wait();
  other.send("GET / HTTP/1.1\r\n\r\n");
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
  for (int i = 0; i < 5000; ++i) many += "GET / HTTP/1.1\r\n\r\n";
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

}  // namespace
}  // namespace meterproof::net
