// SPDX-License-Identifier: Apache-2.0
// `meterproof mock` as a process, and signed calls to it.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/auth/signer.hpp"
#include "net/client/http_client.hpp"
#include "tests/support/in_process.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sanitized.hpp"

namespace meterproof::test {

class MockProcess {
 public:
  explicit MockProcess(std::vector<std::string> more = {})
      : tls_(std::find(more.begin(), more.end(), "--tls-cert") != more.end()),
        process_(arguments(std::move(more))),
        port_(process_.port()),
        client_({"127.0.0.1", port_, "", tls_, {"", true}}, longest_answer) {}

  std::uint16_t port() const { return port_; }
  Process& process() { return process_; }
  std::string url() const { return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_); }

  net::Exchange get(const std::string& path) { return client_.exchange({"GET", path, {}, ""}); }
  net::Exchange post(const std::string& path, const std::string& body) {
    return client_.exchange({"POST", path, {{"Content-Type", "application/json"}}, body});
  }
  /// A signed call; each takes another second.
  net::Exchange call(const std::string& path, const std::string& body, const auth::App& app = demo()) {
    return client_.exchange({"POST", path, headers(app), body});
  }
  std::vector<std::pair<std::string, std::string>> headers(const auth::App& app = demo()) {
    last_ = last_ + std::chrono::seconds(-1);  // backwards: the clock never catches up with what was used
    return auth::Signer(specification().authentication).headers(app, last_.compact());
  }
  std::string signed_bytes(const std::string& path, const std::string& body, const std::string& more = "") {
    std::string out = "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + more;
    for (const auto& [name, value] : headers()) out += name + ": " + value + "\r\n";
    return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  int code(const std::string& path, const std::string& body) { return nlohmann::json::parse(call(path, body).body)["ResultCode"].get<int>(); }

 private:
  static auth::App demo() { return {"demo", "demo-secret"}; }
  static std::vector<std::string> arguments(std::vector<std::string> more) {
    if (std::find(more.begin(), more.end(), "--port") == more.end()) more.insert(more.begin(), {"--port", "0"});
    more.insert(more.begin(), "mock");
    return more;
  }

  bool tls_;
  Process process_;
  std::uint16_t port_;
  net::HttpClient client_;
  core::DateTime last_ = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(480));
};

}  // namespace meterproof::test
