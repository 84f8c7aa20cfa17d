// SPDX-License-Identifier: Apache-2.0
// A platform of a test's own: the mock's state behind a socket of this process, and what the test makes of its replies.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "core/json/json.hpp"
#include "net/server/http_server.hpp"
#include "tests/support/in_process.hpp"

namespace meterproof::test {

class Platform {
 public:
  /// Answers a request, with the state's help where it wants it. Called on one thread; what it keeps may be read after `stop`.
  using Answer = std::function<void(mockserver::MockState&, const net::HttpParser&, net::Response&)>;

  explicit Platform(Answer answer, const mockserver::MockOptions& mock_options = settings_for(specification()))
      : answer_(std::move(answer)),
        state_(specification(), mock_options, sample_fixtures(specification())),
        listener_(options(), handler(), handler()),
        thread_([this] { listener_.run(false); }) {}
  ~Platform() { stop(); }
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  /// Answers no more; everything that was answered has happened before.
  void stop() {
    listener_.stop();
    if (thread_.joinable()) thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_.port()); }

 private:
  static net::ServerOptions options() {
    net::ServerOptions out;
    out.port = 0;
    out.drain = std::chrono::milliseconds(100);
    return out;
  }
  net::Handler handler() {
    return [this](const net::HttpParser& request, const net::Arrival&, net::Response& response) { answer_(state_, request, response); };
  }

  Answer answer_;
  mockserver::MockState state_;
  net::HttpServer listener_;
  std::thread thread_;
};

/// The state's own answer, now.
inline void answer_as_the_mock(mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
  state.handle(request, std::chrono::system_clock::now(), response);
}

/// Success for every request whose signature the state accepts, and nothing done that it refuses.
inline void accept_whatever_is_signed(mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
  answer_as_the_mock(state, request, response);
  const auto reply = json::parse_json(response.body);
  const json::Json* code = reply ? reply->get(specification().envelope.code) : nullptr;
  for (const core::ResultRow& row : specification().common)
    if (!row.signature.empty() && code != nullptr && code->text == std::to_string(row.code.value)) return;
  response.body = reply_of(specification().success);
}

}  // namespace meterproof::test
