// SPDX-License-Identifier: Apache-2.0
// What a mock has to offer, for whoever opens its address: the interfaces that it serves and the calls of its admin API. Made once.
#pragma once

#include <string>
#include <string_view>

#include "mockserver/mock_options.hpp"
#include "net/http/http_parser.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::mockserver {

class IndexPage {
 public:
  IndexPage(const core::Spec& spec, const MockOptions& options);

  /// HTML for a browser (RFC 9110, section 12.5.1: Accept names text/html), otherwise JSON.
  void answer(const net::HttpParser& request, net::Response& response) const;
  /// The page from which the mock is watched and moved: its HTML for a browser, otherwise as above; and what belongs to it. False for another path.
  bool answer_page(std::string_view path, const net::HttpParser& request, net::Response& response) const;

 private:
  std::string json_, html_;
};

/// The calls of the admin API, as "GET /_mock/health", and what they do.
struct AdminCall {
  std::string_view call;
  core::LocalizedText effect;
};
const std::vector<AdminCall>& admin_calls();

}  // namespace meterproof::mockserver
