// SPDX-License-Identifier: Apache-2.0
// Memory has a bound for every target: what the program takes while servers answer with everything that has no end, is larger than is read, or is as large
// as may be.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "net/http/http_parser.hpp"
#include "net/server/http_server.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/mock_process.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace memory_test {

using test::Finished;
using test::run;
using test::temporary;

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// The bytes of an answer: the first ones, others again and again, the last ones.
struct Bytes {
  std::string first, again, last = {};
  std::size_t times = std::numeric_limits<std::size_t>::max();  // until the peer closes
};

/// An answer with a length.
Bytes sized(std::string first, std::string again, std::size_t times, std::string last) {
  const std::size_t length = first.size() + times * again.size() + last.size();
  first.insert(0, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n");
  return {std::move(first), std::move(again), std::move(last), times};
}

/// The mock as a server with threads, which goes over to those bytes after some requests.
class HostileServer {
 public:
  /// As the mock for `honest` requests; then those bytes, and after `hostile` times it is gone.
  HostileServer(const Bytes& bytes, int honest, int hostile) : bytes_(bytes), honest_(honest), last_(honest + hostile) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listening_, any, size) != 0 || ::listen(listening_, 128) != 0 || ::getsockname(listening_, any, &size) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~HostileServer() {
    ::shutdown(listening_, SHUT_RDWR);
    accepting_.join();
    {
      const std::scoped_lock lock(mutex_);
      hang_up();
    }
    for (std::thread& one : serving_) one.join();
    ::close(listening_);
  }
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void hang_up() const {
    for (const int one : open_) ::shutdown(one, SHUT_RDWR);
  }
  void accept_all() {
    for (int socket = 0; (socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const std::scoped_lock lock(mutex_);
      open_.insert(socket);
      serving_.emplace_back([this, socket] { serve(socket); });
    }
  }
  void serve(int socket) {
    std::string held;
    while (answer_one(socket, held)) {
    }
    const std::scoped_lock lock(mutex_);
    open_.erase(socket);
    ::close(socket);
  }
  /// `held`: what has come and is not read yet. False where the connection is at its end.
  bool answer_one(int socket, std::string& held) {
    net::HttpParser request(net::HttpParser::Kind::request, {});
    held.erase(0, request.feed(held));
    while (request.state() == net::HttpState::need_more) {
      std::array<char, 16'384> chunk;
      const ssize_t got = ::recv(socket, chunk.data(), chunk.size(), 0);
      if (got <= 0) return false;
      held.append(chunk.data(), static_cast<std::size_t>(got));
      held.erase(0, request.feed(held));
    }
    net::Response response;
    {
      const std::scoped_lock lock(mutex_);
      if (++requests_ > last_) {
        ::shutdown(listening_, SHUT_RDWR);
        hang_up();
        return false;
      }
      if (requests_ <= honest_) answer_as_the_mock(request, response);
      else response.status = 0;
    }
    if (response.status == 0) return send_all(socket, bytes_.first) && send_again(socket) && send_all(socket, bytes_.last);
    const bool ends = response.close || request.state() != net::HttpState::complete || !request.keep_alive();
    const std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(net::reason_phrase(response.status)) + "\r\n" +
                             response.extra_headers + "Content-Type: " + std::string(response.content_type) +
                             "\r\nContent-Length: " + std::to_string(response.body.size()) + (ends ? "\r\nConnection: close" : "") + "\r\n\r\n";
    return send_all(socket, head + (request.method() == "HEAD" ? "" : response.body)) && !ends;
  }
  void answer_as_the_mock(const net::HttpParser& request, net::Response& response) {
    if (request.state() == net::HttpState::complete) return state_.handle(request, std::chrono::system_clock::now(), response);
    response.status = request.refusal();
    state_.handle_bad_request(request, response);
  }
  bool send_again(int socket) const {
    for (std::size_t i = 0; i < bytes_.times; ++i)
      if (!send_all(socket, bytes_.again)) return false;
    return true;
  }
  static bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  const Bytes& bytes_;
  const int honest_, last_;  // requests
  const int listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // of all that follows
  mockserver::MockState state_{test::specification(), test::settings_for(test::specification()), test::sample_fixtures(test::specification())};
  int requests_ = 0;
  std::set<int> open_;
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

struct Row {
  const char* name;
  Bytes bytes;
};

const std::string ok = "HTTP/1.1 200 OK\r\n", chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
const std::string message = R"({"ResultCode":1,"Message":")", list = R"({"ResultCode":1,"Message":"","DataList":[)";
constexpr std::size_t kib = 1024;

/// What has no end.
const std::vector<Row>& endless() {
  static const std::vector<Row> rows = {
      {"a chunk extension", {chunked + "1;x=", std::string(64 * kib, 'x')}},
      {"small chunks with extensions", {chunked, repeated("1;x\r\na\r\n", 8 * kib)}},
      {"trailers", {chunked + "0\r\n", repeated("X: y\r\n", 8 * kib)}},
      {"a trailer", {chunked + "0\r\nX: ", std::string(64 * kib, 'x')}},
      {"a header", {ok + "X: ", std::string(64 * kib, 'x')}},
      {"headers", {ok, repeated("X: y\r\n", 8 * kib)}},
      {"a status line", {"HTTP/1.1 200 ", std::string(64 * kib, 'x')}},
      {"100 Continue", {"", repeated("HTTP/1.1 100 Continue\r\n\r\n", 2 * kib)}},
      {"102 Processing", {"", repeated("HTTP/1.1 102 Processing\r\n\r\n", 2 * kib)}},
      {"103 Early Hints", {"", repeated("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", kib)}},
      {"empty lines", {"", repeated("\r\n", 32 * kib)}},
      {"a body", {ok + "Connection: close\r\n\r\n" + message, std::string(64 * kib, 'x')}},
  };
  return rows;
}

std::string many_keys(std::size_t count) {
  std::string out = R"({"ResultCode":1,"Message":"")";
  for (std::size_t i = 0; i < count; ++i) out += ",\"k" + std::to_string(i) + "\":0";
  return out;
}

/// What is larger than is read.
const std::vector<Row>& too_large() {
  static const std::vector<Row> rows = {
      {"a Message of 60 MB", sized(message, std::string(60 * kib, 'x'), 1000, "\"}")},
      {"a list of numbers, 30 MB", sized(list + "0", repeated(",0", 15 * kib), 1000, "]}")},
      {"a list of numbers, 2 MB", sized(list + "0", repeated(",0", 15 * kib), 60, "]}")},
      {"lists in each other", sized(list, repeated("[", 60 * kib), 30, "")},
      {"a hundred thousand keys", sized(many_keys(100'000), "", 0, "}")},
  };
  return rows;
}

/// What is just not too large, and read to its end.
const std::vector<Row>& largest() {
  static const std::vector<Row> rows = {
      {"a Message of 2 MB", sized(message, std::string(62 * kib, 'x'), 32, "\"}")},
      {"a Message of control characters", sized(message, repeated("\\u0001", 8 * kib), 40, "\"}")},
      {"a Message that a record keeps whole", sized(message, std::string(60 * kib, 'x'), 1, "\"}")},
      {"a Message of what HTML escapes, which a record keeps whole", sized(message, std::string(60 * kib, '<'), 1, "\"}")},
      {"29,000 lists", sized(list + "[]", ",[]", 29'000, "]}")},
      {"14,500 rows", sized(list + "{}", R"(,{"UserCode":"a text that is no short one"})", 14'500, "]}")},
  };
  return rows;
}

/// What begins and never ends, with as much in hand as is waited for: each connection holds its own.
const std::vector<Row>& begun() {
  const std::string headers = repeated("X: y\r\n", 10'000);
  static const std::vector<Row> rows = {
      {"a part of a body of 1 GB", {ok + "Content-Length: 1000000000\r\n\r\n", std::string(64 * kib, 'x'), "", 4}},
      {"a part of a body of 500 KB", {ok + "Content-Length: 500000\r\n\r\n", std::string(64 * kib, 'x'), "", 6}},
      {"a part of a body without a length", {ok + "Connection: close\r\n\r\n", std::string(64 * kib, 'x'), "", 4}},
      {"ten thousand headers", {ok, headers, "", 1}},
      {"ten thousand headers and a part of the body", {ok + headers + "Content-Length: 400000\r\n\r\n", std::string(32 * kib, 'x'), "", 1}},
      {"a header of 60 KB", {ok + "X: ", std::string(60 * kib, 'x'), "", 1}},
      {"a chunk extension of 60 KB", {chunked + "1;x=", std::string(60 * kib, 'x'), "", 1}},
  };
  return rows;
}

constexpr int without_end = 1'000'000;

long peak_of(const Row& row, int honest, std::vector<std::string> arguments, int hostile = without_end) {
  const HostileServer server(row.bytes, honest, hostile);
  arguments.insert(arguments.begin() + 1, server.url());
  const Finished done = run(std::move(arguments));
  EXPECT_GE(done.exit_code, 1) << row.name << ": " << done.out;
  EXPECT_LE(done.exit_code, 4) << row.name << ": " << done.out;
  EXPECT_NE(done.exit_code, 2) << row.name << ": " << done.out;
  EXPECT_EQ(done.out.find("out of memory"), std::string::npos) << row.name << ": " << done.out;
  EXPECT_GT(server.requests(), honest) << row.name;
  return done.peak_kib;
}

const std::vector<std::string> check = {
    "check", "--app", "demo:demo-secret", "--app", "other:other-secret", "--timeout", "500ms", "--effect-timeout", "0s", "--max-time", "2s"};
constexpr int until_cases = 150;                                              // requests: the calibration is over by then
constexpr long bound_of_a_check = 256L * 1024, bound_of_a_load = 64L * 1024;  // KiB

class Memory : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizers keep memory of their own";
#endif
  }
};

TEST_F(Memory, OfACheckHasABoundWhereAReplyHasNoEnd) {
  for (const Row& row : endless()) EXPECT_LT(peak_of(row, until_cases, check), bound_of_a_check) << row.name;
}

TEST_F(Memory, OfACheckHasABoundWhereAReplyIsTooLarge) {
  for (const Row& row : too_large()) EXPECT_LT(peak_of(row, until_cases, check), bound_of_a_check) << row.name;
}

TEST_F(Memory, OfACheckHasABoundWhereEveryReplyIsAsLargeAsMayBe) {
  for (const Row& row : largest()) EXPECT_LT(peak_of(row, until_cases, check), bound_of_a_check) << row.name;
}

/// A check with all reports, compared with its bound.
void expect_bound_with_reports(std::vector<std::string> arguments, const std::vector<std::string>& more, int hostile) {
  std::vector<std::string> files;
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (const char* format : {"json", "html", "junit", "markdown"}) {
    files.push_back(temporary("memory." + std::string(format)));
    arguments.insert(arguments.end(), {std::string("--") + format, files.back()});
  }
  for (const Row& row : largest()) EXPECT_LT(peak_of(row, until_cases, arguments, hostile), bound_of_a_check) << row.name;
  for (const std::string& file : files) std::filesystem::remove(file);
}

TEST_F(Memory, OfACheckWithAllItsReportsHasTheSameBound) { expect_bound_with_reports(check, {"--transcript"}, without_end); }

TEST_F(Memory, OfACheckWithManyWorkersHasTheSameBound) {
  constexpr int enough = 300;  // for each worker to have had some; 64 of them are slow where others work, too
  std::vector<std::string> patient = check;
  patient.back() = "60s";
  expect_bound_with_reports(std::move(patient), {"--workers", "64"}, enough);
}

TEST_F(Memory, OfALoadHasABoundWhateverComes) {
  const std::vector<std::string> load = {"load",       "--app", "demo:demo-secret", "--timestamps", "shared",    "--rate", "100",
                                         "--duration", "1s",    "--timeout",        "300ms",        "--warm-up", "0"};
  for (const auto* rows : {&endless(), &too_large(), &largest()})
    for (const Row& row : *rows) EXPECT_LT(peak_of(row, 20, load), bound_of_a_load) << row.name;
}

TEST_F(Memory, OfALoadOverHundredsOfConnectionsHasTheSameBound) {
  const std::vector<std::string> load = {
      "load",      "--app", "demo:demo-secret", "--timestamps", "shared", "--connections", "400", "--rate", "1000", "--duration", "1s", "--timeout", "1s",
      "--warm-up", "0"};
  for (const Row& row : begun()) EXPECT_LT(peak_of(row, 20, load), bound_of_a_load) << row.name;
}

/// Resident memory of a process, in pages (proc(5)).
long resident_pages(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  long all = 0, resident = 0;
  file >> all >> resident;
  return resident;
}

TEST_F(Memory, OfAMockDoesNotKeepALargeReplyForEachConnection) {
  test::MockProcess mock;
  const auto ask = [&] {
    auto client = std::make_unique<net::HttpClient>(net::Address{"127.0.0.1", mock.port(), ""}, std::chrono::seconds(10));
    EXPECT_GT(client->exchange({"GET", "/_mock/data", {}, ""}).body.size(), 200'000U);
    return client;
  };
  std::vector<std::unique_ptr<net::HttpClient>> open;  // and idle
  open.reserve(110);
  for (int i = 0; i < 10; ++i) open.push_back(ask());
  const long before = resident_pages(mock.process().pid());
  for (int i = 0; i < 100; ++i) open.push_back(ask());
  constexpr long most = 10L * 1024 * 1024;  // bytes; a hundred replies are more than twice that
  EXPECT_LT((resident_pages(mock.process().pid()) - before) * ::sysconf(_SC_PAGESIZE), most);
}

TEST_F(Memory, WorldsThatNobodyUsesTakeNone) {
  const std::string apps = temporary("many-apps.txt");
  {
    std::ofstream file(apps);
    for (int i = 0; i < 5000; ++i) file << "app-" << i << ":secret-of-" << i << "\n";
  }
  test::MockProcess mock({"--apps", apps, "--worlds", "per-app"});
  const long before = resident_pages(mock.process().pid());
  const auto worlds = nlohmann::json::parse(mock.get("/_mock/worlds").body)["worlds"];
  ASSERT_EQ(worlds.size(), 5000U);
  EXPECT_EQ(worlds.back()["rows"], worlds.front()["rows"]);
  constexpr long most = 50L * 1024 * 1024;  // bytes; of all these worlds the indices alone are several times that
  EXPECT_LT((resident_pages(mock.process().pid()) - before) * ::sysconf(_SC_PAGESIZE), most);
}

}  // namespace memory_test
}  // namespace meterproof
