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

/// A listener on a thread of its own that answers "hello" to everything.
class Hello {
 public:
  explicit Hello(ServerOptions options)
      : listener_(
            [&] {
              options.port = 0;
              return options;
            }(),
            [](const net::HttpParser&, Timestamp, Response& response) { response.body = "hello"; },
            [](const net::HttpParser&, Timestamp, Response& response) { response.body = "broken"; }),
        thread_([this] { listener_.run(false); }) {}
  ~Hello() {
    listener_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return listener_.port(); }

 private:
  HttpServer listener_;
  std::thread thread_;
};

ServerOptions patient() {
  ServerOptions options;
  options.idle = options.header = options.body = options.write = std::chrono::minutes(10);
  return options;
}

// Each peer stops somewhere; that the listener hangs up is the condition waited for, however long it takes.
TEST(HttpServer, HangsUpOnAPeerThatDoesNotGoOn) {
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
    ServerOptions options = patient();
    options.*row.limit = milliseconds(150);
    Hello hello(options);
    Raw raw(hello.port());
    raw.send(row.sends);
    const auto begin = std::chrono::steady_clock::now();
    raw.receive();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9)) << row.name;
  }
}

TEST(HttpServer, AnswersWhatComesTogetherWithTheEnd) {
  Hello hello(patient());
  Raw raw(hello.port());
  raw.send("GET / HTTP/1.1\r\n\r\n");
  raw.end();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(raw.receive().find("hello"), std::string::npos);  // and it closes then
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9));
}

// One read takes 64 KiB at most; nobody tells the listener again of what it left.
TEST(HttpServer, ReadsOnWhereOneReadIsNotAllThereIs) {
  Hello hello(patient());
  const auto message = [](std::size_t body) { return "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" + std::string(body, 'x'); };
  for (const std::size_t size : {65'535UL, 65'536UL, 65'537UL, 131'072UL, 900'000UL}) {
    const std::string bytes = message(size - (message(size).size() - size));
    ASSERT_EQ(bytes.size(), size);
    Raw raw(hello.port());
    raw.send(bytes);
    EXPECT_NE(raw.receive("hello").find("200 OK"), std::string::npos) << size;
  }
}

TEST(HttpServer, TellsThoseBeyondItsLimitAndServesOn) {
  ServerOptions options = patient();
  options.max_connections = 2;
  Hello hello(options);
  Raw first(hello.port());
  first.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
  Raw second(hello.port());
  second.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(second.receive("hello").find("200 OK"), std::string::npos);
  Raw third(hello.port());
  EXPECT_NE(third.receive("{}").find("503"), std::string::npos);
  first.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(first.receive("hello").find("200 OK"), std::string::npos);
}

TEST(HttpServer, AnswersWhatCameBeforeItWasStopped) {
  std::promise<void> begun, go;
  ServerOptions options = patient();
  options.port = 0;
  const Handler handler = [&](const net::HttpParser& request, Timestamp, Response& response) {
    if (request.target() == "/slow") {
      begun.set_value();
      go.get_future().wait();
    }
    response.body = "hello";
  };
  HttpServer listener(options, handler, handler);
  std::thread thread([&] { listener.run(false); });
  Raw slow(listener.port()), other(listener.port());
  other.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  slow.send("GET /slow HTTP/1.1\r\n\r\n");
  begun.get_future().wait();
  other.send("GET / HTTP/1.1\r\n\r\n");
  listener.stop();  // both are there when the listener looks again
  go.set_value();
  EXPECT_NE(other.receive("hello").find("200 OK"), std::string::npos);
  thread.join();
}

TEST(HttpServer, DoesNotReadFromAPeerThatDoesNotReadItself) {
  ServerOptions options = patient();
  options.max_pending_output = 4096;
  Hello hello(options);
  Raw greedy(hello.port());
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "GET / HTTP/1.1\r\n\r\n";
  std::thread sender([&] { greedy.send(many); });
  HttpClient other({"127.0.0.1", hello.port(), ""}, std::chrono::seconds(10));
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
