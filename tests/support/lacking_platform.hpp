// SPDX-License-Identifier: Apache-2.0
// A platform that lacks interfaces: it answers their paths as a web server does that has no such page. It counts every call.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/platform.hpp"

namespace meterproof::test {

class LackingPlatform {
 public:
  /// `missing`: names of interfaces.
  explicit LackingPlatform(const std::set<std::string>& missing = {}) {
    const std::scoped_lock lock(mutex_);  // the server's thread has begun
    for (const std::string& name : missing) missing_.insert(specification().interface(name)->path);
  }

  std::string url() const { return platform_.url(); }
  std::size_t calls(const std::string& interface) const {
    const std::scoped_lock lock(mutex_);
    const auto found = calls_.find(specification().interface(interface)->path);
    return found == calls_.end() ? 0 : found->second;
  }
  std::size_t calls() const {
    const std::scoped_lock lock(mutex_);
    std::size_t out = 0;
    for (const auto& [path, count] : calls_) out += count;
    return out;
  }
  /// The bodies that came for an interface, in their order.
  std::vector<std::string> bodies(const std::string& interface) const {
    const std::scoped_lock lock(mutex_);
    const auto found = bodies_.find(specification().interface(interface)->path);
    return found == bodies_.end() ? std::vector<std::string>() : found->second;
  }

 private:
  void answer(mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
    const std::string path(request.target());
    bool is_missing = false;
    {
      const std::scoped_lock lock(mutex_);
      ++calls_[path];
      bodies_[path].emplace_back(request.body());
      is_missing = missing_.count(path) > 0;
    }
    if (!is_missing) return answer_as_the_mock(state, request, response);
    response.status = 404;
    response.content_type = "text/html";
    response.body = "<html><title>404</title></html>";
  }

  mutable std::mutex mutex_;
  std::set<std::string> missing_;  // paths
  std::map<std::string, std::size_t> calls_;
  std::map<std::string, std::vector<std::string>> bodies_;
  Platform platform_{[this](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) { answer(state, request, response); }};
};

}  // namespace meterproof::test
