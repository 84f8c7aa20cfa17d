// SPDX-License-Identifier: Apache-2.0
// The two clients against servers that are slow, closing, or gone.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "net/client/connection_pool.hpp"
#include "net/client/http_client.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::net {
namespace {

using std::chrono::milliseconds;

/// Answers at once, /slow after ten minutes.
class SlowServer {
 public:
  SlowServer() : server_(options(), handler(), handler()), thread_([this] { server_.run(false); }) {}
  ~SlowServer() {
    server_.stop();
    thread_.join();
  }
  Address address() const { return {"127.0.0.1", server_.port(), ""}; }

 private:
  static ServerOptions options() {
    ServerOptions out;
    out.port = 0;
    out.drain = milliseconds(100);
    return out;
  }
  static Handler handler() {
    return [](const HttpParser& request, ArrivalTime, Response& response) {
      response.body = "hello";
      if (request.target() == "/slow") response.delay = std::chrono::minutes(10);
    };
  }

  HttpServer server_;
  std::thread thread_;
};

TEST(HttpClient, AReplyThatHasComeIsNotTimedOutByASlowerOne) {
  const SlowServer server;
  HttpClientPool clients(server.address(), milliseconds(300));
  const auto replies = clients.exchange_concurrently({{"GET", "/slow", {}, ""}, {"GET", "/", {}, ""}, {"GET", "/", {}, ""}});
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[0].transport, TransportResult::timed_out);
  EXPECT_EQ(replies[1].transport, TransportResult::replied);
  EXPECT_EQ(replies[2].transport, TransportResult::replied);
}

TEST(TransportResult, NamesWhyAConnectionDidNotOpen) {
  const struct {
    int error;
    TransportResult result;
  } table[] = {{ECONNREFUSED, TransportResult::refused}, {EHOSTUNREACH, TransportResult::refused}, {ECONNRESET, TransportResult::refused},
               {ETIMEDOUT, TransportResult::timed_out},  {EMFILE, TransportResult::no_file},       {ENFILE, TransportResult::no_file},
               {EADDRNOTAVAIL, TransportResult::no_port}};
  for (const auto& row : table) EXPECT_EQ(to_transport_result(row.error), row.result) << row.error;
}

/// Accepts connections, counts them, and closes them at once.
class ClosingServer {
 public:
  ClosingServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
    if (::bind(socket_.get(), raw, size) == 0 && ::listen(socket_.get(), 16) == 0) ::getsockname(socket_.get(), raw, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      while (Fd(::accept(socket_.get(), nullptr, nullptr))) ++accepted_;
    });
  }
  ~ClosingServer() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  Fd socket_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

/// Has nothing to send for a number of ticks.
class SilentSource final : public RequestSource {
 public:
  SteadyTime next_due(SteadyTime now) override { return ticks >= 5 ? SteadyTime::max() : now + std::chrono::hours(1); }
  void make_request(std::size_t, SteadyTime, std::string&) override {}
  void on_sent(std::size_t, SteadyTime, SteadyTime) override {}
  void on_response(std::size_t, SteadyTime, const HttpParser&) override {}
  void on_error(std::size_t, SteadyTime, TransportResult) override {}
  void on_connect_error(TransportResult) override {}
  void on_tick(SteadyTime) override { ++ticks; }

  int ticks = 0;
};

TEST(ConnectionPool, AConnectionThatIsClosedUnusedIsOpenedOncePerTick) {
  const ClosingServer server;
  ConnectionPool pool({{"127.0.0.1", server.port(), ""}, 1});
  SilentSource source;
  pool.connect(source);
  pool.run(source);
  EXPECT_GT(server.accepted(), 1);
  EXPECT_LE(server.accepted(), source.ticks + 2);
}

}  // namespace
}  // namespace meterproof::net
