// SPDX-License-Identifier: Apache-2.0
#include "conformance/reply_redactor.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/text/text.hpp"

namespace meterproof::conformance {

namespace {

constexpr std::size_t most_apps = 16;  // of more, only the tokens of those that sign a request

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
    : spec_(spec), apps_(std::move(apps)), signer_(spec.authentication), redactor_(std::move(redactor)) {}

void ReplyRedactor::redact(net::Exchange& exchange, const std::vector<net::HttpRequest>& requests) {
  const std::scoped_lock lock(mutex_);
  for (const net::HttpRequest& request : requests) learn(request);
  redactor_.redact(exchange.body);
  redactor_.redact(exchange.detail);
  for (auto& [name, value] : exchange.headers) {
    redactor_.redact(name);
    redactor_.redact(value);
  }
}

void ReplyRedactor::redact(std::string& text) {
  const std::scoped_lock lock(mutex_);
  redactor_.redact(text);
}

void ReplyRedactor::know_tokens_around(std::chrono::system_clock::time_point now) {
  constexpr std::chrono::minutes around(15);
  const std::scoped_lock lock(mutex_);
  const core::DateTime here = core::local_time(now, spec_.authentication.utc_offset);
  if (apps_.size() > most_apps) return;
  for (core::DateTime at = std::max(here + -around, known_until_); at < here + around; at = at + std::chrono::seconds(1)) know_tokens_at(at.compact());
  known_until_ = std::max(known_until_, here + around);
}

void ReplyRedactor::learn(const net::HttpRequest& request) {
  const core::Authentication& authentication = spec_.authentication;
  for (const auto& [name, text] : request.headers) {
    const std::string value(core::trimmed(text));
    if (core::equals_ignoring_case(name, authentication.headers[authentication.token].name)) redactor_.add_token(value);
    if (!core::equals_ignoring_case(name, authentication.headers[authentication.authorization].name)) continue;
    redactor_.add_word(value);
    std::string plain;
    const auto parts = signer_.split_authorization(value, plain);
    if (!parts) continue;
    if (apps_.size() <= most_apps) {
      know_tokens_at(parts->second);
      continue;
    }
    const auto app = std::find_if(apps_.begin(), apps_.end(), [&](const auth::App& one) { return one.id == parts->first; });
    if (app != apps_.end()) redactor_.add_token(signer_.token(*app, parts->second));
  }
}

void ReplyRedactor::know_tokens_at(std::string_view timestamp) {
  for (const auth::App& app : apps_) redactor_.add_token(signer_.token(app, timestamp));
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
