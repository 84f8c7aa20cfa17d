// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply_redactor.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/text/text.hpp"

namespace meterproof::conformance {

namespace {

/// The lines of requests that were written out by hand, as headers.
net::HttpRequest headers_in(const net::RawExchange& raw_exchange) {
  std::string bytes;
  for (const net::RawExchange::Segment& segment : raw_exchange.segments) bytes += segment.bytes;
  net::HttpRequest out;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) out.headers.emplace_back(line.substr(0, colon), core::trimmed(line.substr(colon + 1)));
  }
  return out;
}

}  // namespace

ReplyRedactor::ReplyRedactor(const core::Spec& spec, std::vector<auth::App> apps, redact::Redactor redactor)
    : tokens_(spec.authentication, std::move(apps), std::move(redactor)) {}

void ReplyRedactor::redact(net::Exchange& exchange, const std::vector<net::HttpRequest>& requests) {
  const std::scoped_lock lock(mutex_);
  for (const net::HttpRequest& request : requests)
    for (const auto& [name, value] : request.headers) tokens_.learn(name, value);
  tokens_.redact(exchange.body);
  tokens_.redact(exchange.detail);
  for (auto& [name, value] : exchange.headers) {
    tokens_.redact(name);
    tokens_.redact(value);
  }
}

void ReplyRedactor::redact(std::string& text) {
  const std::scoped_lock lock(mutex_);
  tokens_.redact(text);
}

void ReplyRedactor::know_tokens_around(std::chrono::system_clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  tokens_.know_tokens_around(now);
}

void hide_tokens(const core::Spec& spec, const std::vector<auth::App>& apps, Environment& environment) {
  // Of secrets it knows nothing: one that is a word of the interface would be missing from every reply.
  const auto replies = std::make_shared<ReplyRedactor>(spec, apps, redact::Redactor({}));
  const auto hide_in_all = [replies](std::vector<net::Exchange>& exchanges, const std::vector<net::HttpRequest>& requests) {
    for (net::Exchange& one : exchanges) replies->redact(one, requests);
  };
  environment.send = [replies, send = environment.send](const net::HttpRequest& request) {
    net::Exchange exchange = send(request);
    replies->redact(exchange, {request});
    return exchange;
  };
  if (environment.send_concurrently)
    environment.send_concurrently = [hide_in_all, send = environment.send_concurrently](const std::vector<net::HttpRequest>& requests) {
      auto exchanges = send(requests);
      hide_in_all(exchanges, requests);
      return exchanges;
    };
  if (environment.send_raw)
    environment.send_raw = [hide_in_all, send = environment.send_raw](const net::RawExchange& raw_exchange) {
      auto exchanges = send(raw_exchange);
      hide_in_all(exchanges, {headers_in(raw_exchange)});
      return exchanges;
    };
  if (environment.try_connections)
    environment.try_connections = [hide_in_all, send = environment.try_connections](const net::ConnectionTrial& trial) {
      net::TrialResult result = send(trial);
      hide_in_all(result.exchanges, trial.requests);
      return result;
    };
  environment.now = [replies, now = environment.now] {
    const auto time = now();
    replies->know_tokens_around(time);
    return time;
  };
}

}  // namespace meterproof::conformance
