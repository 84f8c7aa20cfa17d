// SPDX-License-Identifier: Apache-2.0
// The two clients against servers that are slow, closing, or gone.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <functional>
#include <thread>

#include "net/client/connection_pool.hpp"
#include "net/client/connection_trial.hpp"
#include "net/client/http_client.hpp"
#include "net/client/unread.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::net {
namespace client_test {

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
    return [](const HttpParser& request, const Arrival&, Response& response) {
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

/// A listening socket on a free port of that loopback address. With a backlog below 0 nobody listens, and the address refuses connections.
class Listener {
 public:
  explicit Listener(std::uint32_t host = INADDR_LOOPBACK, int backlog = 16) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(host);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
    if (::bind(socket_.get(), raw, size) == 0 && (backlog < 0 || ::listen(socket_.get(), backlog) == 0)) ::getsockname(socket_.get(), raw, &size);
    port_ = ntohs(address.sin_port);
    endpoint_.size = size;
    std::copy_n(reinterpret_cast<const char*>(raw), size, reinterpret_cast<char*>(&endpoint_.storage));  // NOLINT(*-reinterpret-cast)
  }
  int fd() const { return socket_.get(); }
  std::uint16_t port() const { return port_; }
  Address address() const { return {"127.0.0.1", port_, ""}; }
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  Fd socket_;
  std::uint16_t port_ = 0;
  Endpoint endpoint_;
};

/// An address that swallows packets: its queue of connections is full, and nobody accepts.
class SwallowingAddress {
 public:
  SwallowingAddress() : listener_(INADDR_LOOPBACK + 1, 0) {
    for (Fd& one : fillers_) {
      one = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(one.get(), listener_.endpoint().address(), listener_.endpoint().size);
    }
  }
  const Endpoint& endpoint() const { return listener_.endpoint(); }

 private:
  Listener listener_;
  std::array<Fd, 4> fillers_;
};

/// Accepts connections, each on a thread of its own, and counts them and their requests.
class ScriptedServer {
 public:
  /// `serve` has a connection until it returns.
  explicit ScriptedServer(std::function<void(ScriptedServer&, int fd)> serve) : serve_(std::move(serve)) {
    thread_ = std::thread([this] {
      std::vector<std::thread> threads;
      for (;;) {
        const int fd = ::accept(listener_.fd(), nullptr, nullptr);
        if (fd < 0) break;
        ++accepted;
        threads.emplace_back([this, fd] {
          const Fd socket(fd);
          serve_(*this, fd);
        });
      }
      for (std::thread& one : threads) one.join();
    });
  }
  ~ScriptedServer() {
    stopping = true;
    ::shutdown(listener_.fd(), SHUT_RDWR);
    thread_.join();
  }
  Address address() const { return listener_.address(); }
  const Endpoint& endpoint() const { return listener_.endpoint(); }

  /// Waits for a request; false if the connection ends before, or the test does.
  bool read_request(int fd) {
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      pollfd one{fd, POLLIN, 0};
      if (::poll(&one, 1, 20) == 0) {
        if (stopping) return false;
        continue;
      }
      std::array<char, 4096> chunk;
      const ssize_t size = ::recv(fd, chunk.data(), chunk.size(), 0);
      if (size <= 0) return false;
      got.append(chunk.data(), static_cast<std::size_t>(size));
    }
    ++requests;
    return true;
  }
  static void write(int fd, const std::string& bytes) { (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  std::atomic<int> accepted = 0, requests = 0;
  std::atomic<bool> stopping = false;

 private:
  std::function<void(ScriptedServer&, int)> serve_;
  Listener listener_;
  std::thread thread_;
};

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Answers every request in that way.
std::function<void(ScriptedServer&, int)> answers(const std::string& reply) {
  return [reply](ScriptedServer& server, int fd) {
    while (server.read_request(fd)) ScriptedServer::write(fd, reply);
  };
}

TEST(HttpClient, ReadsRepliesThatAreNotQuiteRegular) {
  for (const char* reply : {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                            "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"}) {
    ScriptedServer server(answers(reply));
    HttpClient client(server.address(), std::chrono::seconds(10));
    for (int i = 0; i < 2; ++i) EXPECT_EQ(client.exchange({"GET", "/", {}, ""}).body, "hello") << reply;
    EXPECT_EQ(server.accepted, 1) << reply;
  }
}

TEST(HttpClient, NamesWhereARedirectionLeadsAndHowABodyIsCoded) {
  Exchange exchange;
  exchange.status = 307;
  exchange.headers = {{"location", "https://other.example/login"}, {"Content-Encoding", "gzip"}, {"Transfer-Encoding", "br, chunked"}};
  EXPECT_EQ(exchange.location(), "https://other.example/login");
  EXPECT_EQ(exchange.coding(), "gzip, br");
  exchange.status = 200;
  exchange.headers = {{"Location", "/x"}, {"Content-Encoding", "identity"}};
  EXPECT_EQ(exchange.location(), "");
  EXPECT_EQ(exchange.coding(), "");
}

TEST(HttpClient, SaysWhoItIsAndWantsPlainBodies) {
  const std::string bytes = HttpRequest{"GET", "/", {}, ""}.bytes({"h", 80, ""});
  EXPECT_NE(bytes.find("\r\nUser-Agent: meterproof/"), std::string::npos);
  EXPECT_NE(bytes.find("\r\nAccept-Encoding: identity\r\n"), std::string::npos);
}

TEST(HttpClient, CutsRepliesThatAreTooLarge) {
  const struct {
    const char* name;
    std::string begins, repeats, detail;
  } table[] = {
      {"an endless header", "HTTP/1.1 200 OK\r\nX: ", std::string(8192, 'x'), "header > 64 KiB"},
      {"endless headers", "HTTP/1.1 200 OK\r\n", "X: " + std::string(8192, 'x') + "\r\n", "header > 64 KiB"},
      {"an endless body", "HTTP/1.1 200 OK\r\n\r\n", std::string(65536, 'x'), "body > 2 MiB"},
      {"a long body", "HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n", std::string(65536, 'x'), "body > 2 MiB"},
      {"endless chunk extensions", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", std::string(8192, 'x'), "chunk extensions and trailers > 64 KiB"},
      {"endless trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: " + std::string(8192, 'x') + "\r\n",
       "chunk extensions and trailers > 64 KiB"},
  };
  for (const auto& row : table) {
    ScriptedServer server([&](ScriptedServer& of, int fd) {
      if (!of.read_request(fd)) return;
      ScriptedServer::write(fd, row.begins);
      while (::send(fd, row.repeats.data(), row.repeats.size(), MSG_NOSIGNAL) > 0) {
      }
    });
    HttpClient client(server.address(), std::chrono::seconds(10));
    const Exchange exchange = client.exchange({"GET", "/", {}, ""});
    EXPECT_EQ(exchange.transport, TransportResult::too_large) << row.name << to_string(exchange.transport);
    EXPECT_EQ(exchange.detail, row.detail) << row.name;
  }
}

// One client learns it, all of the pool know it.
TEST(HttpClientPool, UsesNoConnectionTwiceOfAServerThatClosesSilently) {
  ScriptedServer server([](ScriptedServer& of, int fd) {
    if (of.read_request(fd)) ScriptedServer::write(fd, hello);
  });
  HttpClientPool clients(server.address(), std::chrono::seconds(10));
  const HttpRequest request{"GET", "/", {}, ""};
  int lost = 0;
  for (int i = 0; i < 30; ++i) {
    const auto replies = clients.exchange_concurrently({request, request, request});
    lost += static_cast<int>(std::count_if(replies.begin(), replies.end(), [](const Exchange& one) { return one.transport != TransportResult::replied; }));
  }
  EXPECT_TRUE(clients.closes_silently());
  EXPECT_LE(lost, 3);  // of the first three connections, if the server closes them just when they are used again
  EXPECT_EQ(clients.opened(), static_cast<std::uint64_t>(server.accepted));
  EXPECT_GE(server.accepted, 87);
}

/// Two ends of a TCP connection.
struct ConnectedPair {
  ConnectedPair() : client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(::connect(client.get(), listener.endpoint().address(), listener.endpoint().size), 0);
    server = Fd(::accept(listener.fd(), nullptr, nullptr));
  }
  static void wait_for(int fd, short events) {
    pollfd one{fd, events, 0};
    EXPECT_EQ(::poll(&one, 1, 10'000), 1);
  }

  Listener listener;
  Fd client, server;
};

TEST(Unread, OnlyWhatCameAfterTheEndWasSurelyNotRead) {
  constexpr milliseconds patience(200);
  std::array<char, 16> bytes{};
  {
    ConnectedPair pair;  // the server's program is gone before the request is sent
    const auto before = acknowledged_bytes(pair.client.get());
    ASSERT_TRUE(before);
    pair.server.close();
    ConnectedPair::wait_for(pair.client.get(), POLLIN);
    ScriptedServer::write(pair.client.get(), "request");
    EXPECT_TRUE(was_not_read(pair.client.get(), *before, std::chrono::seconds(10)));
  }
  {
    ConnectedPair pair;  // it reads the request, and ends without a reply
    const auto before = acknowledged_bytes(pair.client.get());
    ScriptedServer::write(pair.client.get(), "request");
    EXPECT_EQ(::recv(pair.server.get(), bytes.data(), bytes.size(), 0), 7);
    pair.server.close();
    ConnectedPair::wait_for(pair.client.get(), POLLIN);
    EXPECT_FALSE(was_not_read(pair.client.get(), *before, patience));
  }
  {
    ConnectedPair pair;  // it reads the request and resets the connection: the acknowledgement may not have been sent yet
    ScriptedServer::write(pair.client.get(), "request");
    EXPECT_EQ(::recv(pair.server.get(), bytes.data(), bytes.size(), 0), 7);
    const linger hard{1, 0};
    ::setsockopt(pair.server.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    pair.server.close();
    ConnectedPair::wait_for(pair.client.get(), POLLIN);
    EXPECT_LT(::recv(pair.client.get(), bytes.data(), bytes.size(), 0), 0);  // no end of the stream: the client does not ask
  }
  {
    ConnectedPair pair;  // it sends no more, and still reads
    const auto before = acknowledged_bytes(pair.client.get());
    ::shutdown(pair.server.get(), SHUT_WR);
    ConnectedPair::wait_for(pair.client.get(), POLLIN);
    ScriptedServer::write(pair.client.get(), "request");
    EXPECT_FALSE(was_not_read(pair.client.get(), *before, patience));
    EXPECT_EQ(::recv(pair.server.get(), bytes.data(), bytes.size(), 0), 7);
  }
}

// The server resets the connection when the second request has come: nobody knows whether it was read.
TEST(HttpClient, AResetIsNoProofThatARequestWasNotRead) {
  ScriptedServer server([](ScriptedServer& of, int fd) {
    if (!of.read_request(fd)) return;
    ScriptedServer::write(fd, hello);
    if (of.accepted > 1) return;
    for (pollfd one{fd, POLLIN, 0}; ::poll(&one, 1, 20) == 0 && !of.stopping;) {
    }
    const linger hard{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  });
  HttpClient client(server.address(), std::chrono::seconds(10));
  EXPECT_EQ(client.exchange({"GET", "/", {}, ""}).body, "hello");
  EXPECT_EQ(client.exchange({"GET", "/", {}, ""}).transport, TransportResult::reset);
  EXPECT_EQ(client.exchange({"GET", "/", {}, ""}).body, "hello");
}

/// One thread, one connection at a time.
class OneConnectionServer {
 public:
  /// `replies`: to so many requests of a connection, before it is closed.
  explicit OneConnectionServer(int replies = INT_MAX) {
    thread_ = std::thread([this, replies] {
      while (!stopping_) {
        pollfd waiting{listener_.fd(), POLLIN, 0};
        if (::poll(&waiting, 1, 20) == 0) continue;
        const Fd socket(::accept(listener_.fd(), nullptr, nullptr));
        int left = replies;
        for (pollfd one{socket.get(), POLLIN, 0}; left > 0 && !stopping_;) {
          if (::poll(&one, 1, 20) == 0) continue;
          std::array<char, 4096> chunk;
          if (::recv(socket.get(), chunk.data(), chunk.size(), 0) <= 0) break;
          ScriptedServer::write(socket.get(), hello);
          --left;
        }
      }
    });
  }
  ~OneConnectionServer() {
    stopping_ = true;
    thread_.join();
  }
  Address address() const { return listener_.address(); }

 private:
  Listener listener_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

std::ptrdiff_t answered(const std::vector<Exchange>& all) {
  return std::count_if(all.begin(), all.end(), [](const Exchange& one) { return one.transport == TransportResult::replied; });
}

const HttpRequest any_request{"GET", "/", {}, ""};

TEST(HttpClientPool, AServerOfOneConnectionCostsOneTimeout) {
  const OneConnectionServer server;
  HttpClientPool clients(server.address(), milliseconds(500));
  const std::vector<HttpRequest> requests(8, any_request);
  const auto begin = std::chrono::steady_clock::now();
  const auto replies = clients.exchange_concurrently(requests);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_GE(answered(replies), 1);
  EXPECT_LT(answered(replies), 8);
  // None of the group's connections is left open: the next request is served.
  EXPECT_EQ(clients.exchange(requests.front()).body, "hello");
}

// Whoever has its reply makes room for the next one.
TEST(HttpClientPool, AServerOfOneConnectionAnswersAllWhereConnectionsAreLimited) {
  const OneConnectionServer server;
  HttpClientPool clients(server.address(), std::chrono::seconds(30));
  EXPECT_EQ(clients.exchange(any_request).body, "hello");  // a connection that is idle when the limit comes
  clients.limit_connections(1);
  EXPECT_EQ(answered(clients.exchange_concurrently(std::vector<HttpRequest>(8, any_request))), 8);
  std::atomic<int> lost = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 5; ++k) lost += clients.exchange(any_request).transport == TransportResult::replied ? 0 : 1;
    });
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(lost, 0);
}

TEST(ConnectionLimit, HoldsBackWhatIsTooMuchAndStarvesNobody) {
  ConnectionLimit limit({});
  limit.set(3);
  std::atomic<int> open = 0, most = 0;
  const auto use = [&](int count) {
    const ConnectionLimit::Hold hold(limit, static_cast<std::size_t>(count));
    const int now = open += std::min(count, 3);
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::yield();
    open -= std::min(count, 3);
  };
  std::atomic<bool> group_served = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      while (!group_served) use(1);
    });
  threads.emplace_back([&] {
    for (int i = 0; i < 50; ++i) use(8);  // more than there are: all of them
    group_served = true;
  });
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(most, 3);
  std::atomic<bool> over = false;
  ConnectionLimit given_up([&] { return over.load(); });
  given_up.set(1);
  const ConnectionLimit::Hold hold(given_up, 1);
  std::thread waiting([&] { const ConnectionLimit::Hold second(given_up, 1); });
  over = true;
  waiting.join();
}

TEST(ConnectionTrial, TellsWhatAServerDoesWithConnections) {
  const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
  const std::string old = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  const ConnectionTrial beside_idle{{any_request, any_request}, milliseconds(500), true};
  const ConnectionTrial at_once{std::vector<HttpRequest>(4, any_request), std::chrono::seconds(10), false};
  const struct {
    std::string reply;
    bool closes;
    Keeping keeping;
  } table[] = {{hello, false, Keeping::keeps}, {hello, true, Keeping::closes_silently}, {closing, true, Keeping::says_close}, {old, true, Keeping::says_close}};
  for (const auto& row : table) {
    ScriptedServer server([&](ScriptedServer& of, int fd) {
      while (of.read_request(fd)) {
        ScriptedServer::write(fd, row.reply);
        if (row.closes) return;
      }
    });
    HttpClientPool clients(server.address(), std::chrono::seconds(10));
    const TrialResult result = clients.try_connections(beside_idle);
    EXPECT_EQ(result.keeping, row.keeping) << row.reply;
    EXPECT_EQ(answered(result.exchanges), 2) << row.reply;
    EXPECT_EQ(clients.closes_silently(), row.keeping == Keeping::closes_silently) << row.reply;
    EXPECT_EQ(answered(clients.try_connections(at_once).exchanges), 4) << row.reply;
  }
  // One thread, whether it keeps connections or not: a connection that nothing comes over holds up all others.
  for (const int replies : {INT_MAX, 1}) {
    const OneConnectionServer server(replies);
    HttpClientPool clients(server.address(), std::chrono::seconds(10));
    EXPECT_EQ(clients.exchange(any_request).body, "hello");  // its connection, if it is open still, is not in the way
    const TrialResult result = clients.try_connections(beside_idle);
    EXPECT_EQ(result.keeping, replies == 1 ? Keeping::closes_silently : Keeping::keeps);
    ASSERT_EQ(result.exchanges.size(), 2U);
    EXPECT_EQ(result.exchanges[0].transport, TransportResult::replied);
    EXPECT_EQ(result.exchanges[1].transport, TransportResult::timed_out);
    const ConnectionTrial impatient{at_once.requests, milliseconds(replies == 1 ? 10'000 : 500), false};
    EXPECT_EQ(answered(clients.try_connections(impatient).exchanges), replies == 1 ? 4 : 1);
  }
}

TEST(HttpClient, AWaitEndsWhenItIsGivenUp) {
  ScriptedServer server([](ScriptedServer& of, int fd) {
    while (of.read_request(fd)) {
    }
  });
  std::atomic<bool> over = false;
  HttpClient client(server.address(), std::chrono::minutes(10), [&] { return over.load(); });
  std::thread signal([&] {
    while (server.requests == 0) std::this_thread::yield();
    over = true;
  });
  EXPECT_EQ(client.exchange({"GET", "/", {}, ""}).transport, TransportResult::timed_out);
  signal.join();
}

TEST(HttpClient, AnAddressThatSwallowsPacketsCostsItsHeadStartOnce) {
  const SwallowingAddress hole;
  ScriptedServer server(answers(hello));
  const auto known = std::make_shared<ServerKnowledge>(std::vector<Endpoint>{hole.endpoint(), server.endpoint()});
  HttpClientPool clients(server.address(), std::chrono::seconds(60), {}, known);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(clients.exchange({"GET", "/", {}, ""}).body, "hello");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, head_start);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  std::string why;
  EXPECT_EQ(known->addresses.in_order(why).front().size, server.endpoint().size);
  EXPECT_EQ(0, std::memcmp(&known->addresses.in_order(why).front().storage, &server.endpoint().storage, server.endpoint().size));
}

// As `localhost` is where a server listens on 127.0.0.1 alone: ::1 comes first.
TEST(HttpClient, AnAddressThatRefusesIsPassedOver) {
  const Listener closed(INADDR_LOOPBACK + 1, -1);
  ScriptedServer server(answers(hello));
  const auto known = std::make_shared<ServerKnowledge>(std::vector<Endpoint>{closed.endpoint(), server.endpoint()});
  HttpClientPool clients(server.address(), std::chrono::seconds(60), {}, known);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(clients.exchange({"GET", "/", {}, ""}).body, "hello");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  std::string why;
  EXPECT_EQ(0, std::memcmp(&known->addresses.in_order(why).front().storage, &server.endpoint().storage, server.endpoint().size));
}

TEST(ConnectRace, AnAddressThatRefusesGivesItsHeadStartAway) {
  const Listener closed(INADDR_LOOPBACK + 1, -1), server;
  ConnectRace race({closed.endpoint(), server.endpoint()});
  const SteadyTime now{std::chrono::hours(1)};  // no time passes
  for (race.advance(now); race.is_on() && !race.has_won(); race.advance(now)) {
    std::vector<pollfd> polls;
    race.add_sockets(polls);
    ASSERT_GT(::poll(polls.data(), polls.size(), 60'000), 0);
  }
  ASSERT_TRUE(race.has_won());
  Endpoint won;
  EXPECT_TRUE(race.take(won));
  EXPECT_EQ(0, std::memcmp(&won.storage, &server.endpoint().storage, server.endpoint().size));
  EXPECT_EQ(race.error(), ECONNREFUSED);
}

/// Has nothing to send for a number of ticks.
class SilentSource final : public RequestSource {
 public:
  SteadyTime next_due(SteadyTime now) override { return ticks >= 5 ? SteadyTime::max() : now + std::chrono::hours(1); }
  void make_request(std::size_t, SteadyTime, std::string&) override {}
  void on_sent(std::size_t, SteadyTime, SteadyTime) override {}
  void on_response(std::size_t, SteadyTime, const HttpParser&) override {}
  void on_error(std::size_t, SteadyTime, TransportResult) override {}
  void on_connect_error(TransportResult, std::string_view) override {}
  void on_tick(SteadyTime) override { ++ticks; }

  int ticks = 0;
};

/// Sends a number of requests, each as soon as a connection is free, and counts what becomes of them.
class BusySource final : public RequestSource {
 public:
  explicit BusySource(int requests, int most_ticks = 1'000'000) : left_(requests), most_ticks_(most_ticks) {}
  SteadyTime next_due(SteadyTime now) override { return left_ > 0 && ticks_ < most_ticks_ ? now : SteadyTime::max(); }
  void make_request(std::size_t, SteadyTime, std::string& bytes) override {
    --left_;
    bytes += "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  void on_sent(std::size_t, SteadyTime, SteadyTime) override {}
  void on_response(std::size_t, SteadyTime, const HttpParser& reply) override { good += reply.body() == "hello" ? 1 : 0; }
  void on_error(std::size_t, SteadyTime, TransportResult why) override { errors.push_back(why); }
  void on_connect_error(TransportResult, std::string_view) override { ++not_connected; }
  void on_tick(SteadyTime) override { ++ticks_; }

  int good = 0, not_connected = 0;
  std::vector<TransportResult> errors;

 private:
  int left_, most_ticks_, ticks_ = 0;
};

// A server that closes, resets or answers nonsense is asked again after 50 ms, 100 ms, 200 ms and so on.
TEST(ConnectionPool, AnAnnoyingPeerIsNotHammered) {
  const std::pair<const char*, std::function<void(ScriptedServer&, int)>> table[] = {
      {"closes at once", [](ScriptedServer&, int) {}},
      {"resets at once",
       [](ScriptedServer&, int fd) {
         const linger hard{1, 0};
         ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
       }},
      {"answers nonsense", answers("\x16\x03\x01\x02")},
      {"closes for an answer", [](ScriptedServer& of, int fd) { (void)of.read_request(fd); }},
  };
  for (const auto& [name, serve] : table) {
    ScriptedServer server(serve);
    ConnectionPool pool({server.address(), 4});
    BusySource source(1000, 20);  // ticks of 50 ms: a second, at the least
    pool.connect(source);
    pool.run(source);
    EXPECT_GT(server.accepted, 4) << name;
    EXPECT_LE(pool.opened(), 4U * 7U) << name;  // at 0, 50, 150, 350 and 750 ms; the machine may be slow
    EXPECT_EQ(source.good, 0) << name;
  }
}

TEST(ConnectionPool, AServerThatClosesAfterEachReplyIsUsedAtFullSpeed) {
  ScriptedServer server([](ScriptedServer& of, int fd) {
    if (of.read_request(fd)) ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
  });
  ConnectionPool pool({server.address(), 2});
  BusySource source(100);
  pool.connect(source);
  pool.run(source);
  EXPECT_EQ(source.good, 100);
  EXPECT_GE(pool.opened(), 100U);
}

// The end of the connection comes in the segment of the reply, so that the next request is always sent into a connection that nobody reads any more.
TEST(ConnectionPool, ARequestThatNobodyCanHaveReadIsSentAgain) {
  ScriptedServer server([](ScriptedServer& of, int fd) {
    if (of.read_request(fd)) (void)::send(fd, hello.data(), hello.size(), MSG_NOSIGNAL | MSG_MORE);
  });
  ConnectionPool pool({server.address(), 1});
  BusySource source(20);
  pool.connect(source);
  pool.run(source);
  EXPECT_EQ(source.good, 20);
  EXPECT_TRUE(source.errors.empty()) << to_string(source.errors.front());
  EXPECT_EQ(server.requests, 20) << "none of them is carried out twice";
  EXPECT_GE(pool.opened(), 20U);
}

// It was read, or may have been: then nobody knows what became of it.
TEST(ConnectionPool, ARequestThatMayHaveBeenReadIsNotSentAgain) {
  ScriptedServer server([](ScriptedServer& of, int fd) {
    if (!of.read_request(fd)) return;
    ScriptedServer::write(fd, hello);
    (void)of.read_request(fd);
  });
  ConnectionPool pool({server.address(), 1});
  BusySource source(20);
  pool.connect(source);
  pool.run(source);
  EXPECT_EQ(source.good, 10);
  EXPECT_EQ(source.errors.size(), 10U);
  EXPECT_EQ(server.requests, 20);
}

TEST(ConnectionPool, ReadsRepliesThatAreNotQuiteRegular) {
  for (const char* reply : {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                            "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"}) {
    ScriptedServer server(answers(reply));
    ConnectionPool pool({server.address(), 2});
    BusySource source(20);
    pool.connect(source);
    pool.run(source);
    EXPECT_EQ(source.good, 20) << reply;
    EXPECT_EQ(pool.opened(), 2U) << reply;
  }
}

TEST(ConnectionPool, CutsRepliesThatAreTooLarge) {
  ScriptedServer server([](ScriptedServer& of, int fd) {
    const std::string more(65536, 'x');
    if (!of.read_request(fd)) return;
    ScriptedServer::write(fd, "HTTP/1.1 200 OK\r\n\r\n");
    while (::send(fd, more.data(), more.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  ConnectionPool pool({server.address(), 1});
  BusySource source(1);
  pool.connect(source);
  pool.run(source);
  ASSERT_EQ(source.errors.size(), 1U);
  EXPECT_EQ(source.errors.front(), TransportResult::too_large);
}

TEST(ConnectionPool, AnAddressThatSwallowsPacketsDoesNotCostTheRun) {
  const SwallowingAddress hole;
  ScriptedServer server(answers(hello));
  ConnectionPool pool({server.address(), 4, milliseconds(10'000), milliseconds(60'000), {hole.endpoint(), server.endpoint()}});
  BusySource source(20);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(pool.connect(source), 4U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  pool.run(source);
  EXPECT_EQ(source.good, 20);
}

TEST(ConnectionPool, AnAddressThatRefusesIsPassedOver) {
  const Listener closed(INADDR_LOOPBACK + 1, -1);
  ScriptedServer server(answers(hello));
  ConnectionPool pool({server.address(), 4, milliseconds(10'000), milliseconds(60'000), {closed.endpoint(), server.endpoint()}});
  BusySource source(20);
  EXPECT_EQ(pool.connect(source), 4U);
  pool.run(source);
  EXPECT_EQ(source.good, 20);
  EXPECT_EQ(source.not_connected, 0);
}

TEST(ConnectionPool, AConnectionThatIsClosedUnusedIsOpenedAgainAfterAPause) {
  ScriptedServer server([](ScriptedServer&, int) {});
  ConnectionPool pool({server.address(), 1});
  SilentSource source;
  pool.connect(source);
  pool.run(source);
  EXPECT_GT(server.accepted, 1);
  EXPECT_LE(server.accepted, source.ticks + 2);
}

}  // namespace client_test
}  // namespace meterproof::net
