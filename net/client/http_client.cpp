// SPDX-License-Identifier: Apache-2.0
#include "net/client/http_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "core/text/text.hpp"
#include "net/client/identification.hpp"
#include "net/client/unread.hpp"

namespace meterproof::net {

using Clock = std::chrono::steady_clock;

namespace {

/// `detail`: what the system or the parser says, in its own words; "" for nothing.
Exchange failure(TransportResult transport, std::string detail = {}) {
  Exchange out;
  out.transport = transport;
  out.detail = std::move(detail);
  return out;
}

}  // namespace

std::string_view Exchange::header(std::string_view name) const {
  for (const auto& [one, value] : headers)
    if (core::equals_ignoring_case(one, name)) return value;
  return {};
}

std::string_view Exchange::location() const { return status >= 300 && status < 400 ? header("Location") : std::string_view(); }

std::string Exchange::coding() const {
  std::string out;
  for (const char* name : {"Content-Encoding", "Transfer-Encoding"}) {
    std::string_view list = header(name);
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view one = core::trimmed(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (one.empty() || core::equals_ignoring_case(one, "chunked") || core::equals_ignoring_case(one, "identity")) continue;
      out += (out.empty() ? "" : ", ") + std::string(one);
    }
  }
  return out;
}

std::string HttpRequest::bytes(const Address& address) const {
  std::string out = method + " " + address.path + path + " HTTP/1.1\r\nHost: " + address.authority() + "\r\n" + identification();
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return out;
}

HttpClient::HttpClient(Address address, std::chrono::milliseconds timeout, std::function<bool()> give_up, std::shared_ptr<ServerKnowledge> server)
    : address_(std::move(address)), timeout_(timeout), give_up_(std::move(give_up)), server_(std::move(server)) {}

HttpClient::~HttpClient() = default;

void HttpClient::disconnect() {
  race_.reset();
  stream_.close();
  parser_.reset();
  received_.clear();
  ended_ = false;
}

/// An idle connection must neither have ended nor have bytes that no request asked for.
bool HttpClient::stays_open(std::chrono::milliseconds watched) {
  for (const auto until = Clock::now() + watched;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    pollfd one{stream_.fd(), POLLIN, 0};
    const bool quiet = ::poll(&one, 1, static_cast<int>(std::max<long long>(left.count(), 0))) == 0;
    if (!quiet && stream_.has_news()) return false;
    if (quiet || left.count() <= 0) return true;
  }
}

bool HttpClient::can_reuse() {
  if (!stream_ || server_->closes_silently || !received_.empty()) return false;  // bytes that no request asked for would be taken for the next reply
  if (stays_open(std::chrono::milliseconds(0))) return true;
  // Long idle connections are closed by every server. One that closes at once, and does not say so, will do it again.
  constexpr std::chrono::seconds at_once{1};
  if (Clock::now() - last_reply_ < at_once) server_->closes_silently = true;
  return false;
}

void HttpClient::begin(std::string_view bytes, bool then_receive, bool one_deadline) {
  result_.reset();
  begin_ = Clock::now();
  deadline_ = begin_ + timeout_;
  unsent_ = bytes;
  then_receive_ = then_receive;
  one_deadline_ = one_deadline;
  reused_ = can_reuse();
  if (reused_) return begin_sending();
  disconnect();
  std::string why;
  auto endpoints = server_->addresses.in_order(why);
  if (endpoints.empty()) return fail(TransportResult::unresolved, std::move(why));
  race_.emplace(std::move(endpoints));
  step_ = Step::connecting;
}

void HttpClient::begin_sending() {
  step_ = Step::sending;
  if (!one_deadline_) deadline_ = Clock::now() + timeout_;
  acknowledged_ = reused_ ? acknowledged_bytes(stream_.fd()) : std::nullopt;
}

void HttpClient::begin_receiving() {
  step_ = Step::receiving;
  ended_ = false;
  HttpLimits limits = checked_reply_limits;
  if (most_body_bytes_) limits.body_bytes = *most_body_bytes_;
  else limits.all_bodies = &server_->bodies;
  parser_ = std::make_unique<HttpParser>(HttpParser::Kind::response, limits);
}

void HttpClient::advance_connecting(SteadyTime now) {
  if (step_ == Step::shaking_hands) return shake_hands();
  if (step_ != Step::connecting) return;
  race_->advance(now);
  if (race_->has_won()) {
    Endpoint endpoint;
    Fd socket = race_->take(endpoint);
    stream_ = server_->tls == nullptr ? Stream(std::move(socket)) : Stream::to_server(std::move(socket), *server_->tls, address_.host);
    race_.reset();
    ++server_->opened;
    opened_after_ = std::chrono::duration_cast<std::chrono::microseconds>(now - begin_);
    server_->addresses.connected(endpoint);
    step_ = Step::shaking_hands;
    return shake_hands();
  }
  if (race_->is_on()) return;
  server_->addresses.failed();
  fail(to_transport_result(race_->error()), std::strerror(race_->error()));
}

/// Where there is TLS; otherwise this is done at once.
void HttpClient::shake_hands() {
  const Stream::Handshake came = stream_.handshake();
  if (came == Stream::Handshake::done) {
    server_->tls_version = stream_.version();
    return begin_sending();
  }
  if (came == Stream::Handshake::failed) return fail(TransportResult::no_tls, stream_.failure());
  wants_write_ = came == Stream::Handshake::wants_write;
}

void HttpClient::advance_transfer() {
  if (step_ == Step::sending) send_some();
  if (step_ == Step::receiving) receive_some();
}

void HttpClient::check_deadline(SteadyTime now) {
  if (step_ == Step::idle || now < deadline_) return;
  if (step_ == Step::connecting) {
    server_->addresses.failed();
    return fail(TransportResult::timed_out, std::strerror(ETIMEDOUT));
  }
  fail(TransportResult::timed_out);
}

void HttpClient::add_waits(std::vector<pollfd>& polls, SteadyTime& wake) const {
  if (step_ == Step::idle) return;
  wake = std::min(wake, deadline_);
  if (step_ == Step::connecting) {
    wake = std::min(wake, race_->next_attempt());
    return race_->add_sockets(polls);
  }
  const bool writes = step_ == Step::sending || (step_ == Step::shaking_hands && wants_write_);
  polls.push_back({stream_.fd(), static_cast<short>(writes ? POLLOUT : POLLIN), 0});
}

void HttpClient::finish(const std::vector<HttpClient*>& clients) {
  constexpr std::chrono::milliseconds between_questions{200};
  std::vector<pollfd> polls;
  for (;;) {
    // First every connection, then every request: what is to be at once leaves in one go.
    for (HttpClient* one : clients) one->advance_connecting(Clock::now());
    for (HttpClient* one : clients) one->advance_transfer();
    for (HttpClient* one : clients) one->check_deadline(Clock::now());
    polls.clear();
    const SteadyTime now = Clock::now();
    SteadyTime wake = SteadyTime::max();
    std::function<bool()>* give_up = nullptr;
    for (HttpClient* one : clients) {
      one->add_waits(polls, wake);
      if (one->give_up_) give_up = &one->give_up_;
    }
    if (wake == SteadyTime::max()) return;
    if (give_up != nullptr) wake = std::min(wake, now + between_questions);
    constexpr long long longest = 1'000'000;  // poll takes an int of milliseconds; a longer wait is repeated by the loop
    const long long left = std::chrono::ceil<std::chrono::milliseconds>(wake - now).count();
    ::poll(polls.data(), polls.size(), static_cast<int>(std::clamp<long long>(left, 0, longest)));
    if (give_up == nullptr || !(*give_up)()) continue;
    for (HttpClient* one : clients) {
      one->advance_transfer();  // what has come is not lost
      if (one->step_ != Step::idle) one->fail(TransportResult::timed_out);
    }
    return;
  }
}

void HttpClient::send_some() {
  while (!unsent_.empty()) {
    const ssize_t wrote = stream_.send(unsent_.data(), unsent_.size());
    if (wrote > 0) unsent_.remove_prefix(static_cast<std::size_t>(wrote));
    else if (errno == EAGAIN) return;
    else if (errno != EINTR) break;  // the server closed early, perhaps after a reply: that is read
  }
  step_ = Step::idle;
  if (then_receive_) begin_receiving();
}

void HttpClient::receive_some() {
  std::array<char, 16384> chunk;
  bool read = false;
  for (;;) {
    if (!received_.empty()) received_.erase(0, parser_->feed(received_));
    if (parser_->state() != HttpState::need_more) return take_reply();
    if (read && Clock::now() >= deadline_) return;  // a peer that never stops sending must not hold up the others of a group
    if (parser_->started()) {
      // A server that sends header and body in two writes waits for the acknowledgement of the first (Nagle's algorithm, RFC 896). Linux
      // delays it by 40 ms unless TCP_QUICKACK is set (tcp(7)); the option does not last, so it is set before every read.
      const int on = 1;
      ::setsockopt(stream_.fd(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    }
    const ssize_t got = stream_.receive(chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0 && stream_.failure().empty()) return lose_reply(TransportResult::reset, std::strerror(errno));
    // A server that wants a certificate of ours says so behind the handshake.
    if (got < 0) return lose_reply(reused_ ? TransportResult::reset : TransportResult::no_tls, stream_.failure());
    if (got > 0) {
      received_.append(chunk.data(), static_cast<std::size_t>(got));
      read = true;
      continue;
    }
    // The peer has closed the connection. Without a Content-Length that ends the body; otherwise the reply is incomplete.
    if (!parser_->started()) return lose_reply(TransportResult::closed);
    ended_ = true;
    parser_->finish();
    if (parser_->state() != HttpState::complete) return fail(TransportResult::incomplete);
  }
}

void HttpClient::take_reply() {
  const HttpState state = parser_->state();
  if (state == HttpState::bad) {
    // The first bytes tell what speaks there.
    constexpr std::size_t enough = 256;
    std::string beginning = (std::string(parser_->beginning()) + received_).substr(0, enough);
    fail(TransportResult::no_http, parser_->error());
    result_->body = std::move(beginning);
    return;
  }
  if (state != HttpState::complete) return fail(TransportResult::too_large, parser_->error());
  Exchange& out = result_.emplace();
  out.transport = TransportResult::replied;
  out.status = parser_->status();
  out.headers = parser_->headers();
  out.body = parser_->take_body();
  last_reply_ = Clock::now();
  out.took = std::chrono::duration_cast<std::chrono::microseconds>(last_reply_ - begin_);
  deadline_ = last_reply_ + timeout_;  // of a reply that follows on this connection
  const bool keep = parser_->keep_alive() && !ended_;
  parser_.reset();
  step_ = Step::idle;
  if (!keep || closes_after_reply_) disconnect();
}

/// The connection ended, or was reset. Before any byte of a reply, on a connection that was open before, that says how the server treats those.
void HttpClient::lose_reply(TransportResult transport, std::string detail) {
  if (reused_ && !parser_->started()) {
    server_->closes_silently = true;
    constexpr std::chrono::milliseconds patience{250};  // for the reset that answers the request: a round trip
    const bool ended = transport == TransportResult::closed;
    if (ended && acknowledged_ && was_not_read(stream_.fd(), *acknowledged_, patience)) transport = TransportResult::unread;
  }
  fail(transport, std::move(detail));
}

void HttpClient::fail(TransportResult transport, std::string detail) {
  step_ = Step::idle;
  result_ = failure(transport, std::move(detail));
  result_->took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_);
  disconnect();
}

std::optional<Exchange> HttpClient::send(std::string_view bytes) {
  begin(bytes, false, false);
  finish({this});
  return std::exchange(result_, std::nullopt);
}

std::optional<Exchange> HttpClient::send_on(std::string_view bytes) {
  result_.reset();
  if (!stream_) return failure(TransportResult::closed);
  unsent_ = bytes;
  then_receive_ = one_deadline_ = false;
  deadline_ = Clock::now() + timeout_;
  step_ = Step::sending;
  finish({this});
  return std::exchange(result_, std::nullopt);
}

Exchange HttpClient::receive() {
  result_.reset();
  if (!stream_) return failure(TransportResult::closed);
  begin_receiving();
  finish({this});
  return *std::exchange(result_, std::nullopt);
}

Exchange HttpClient::exchange(std::string_view bytes) {
  begin(bytes, true, false);
  finish({this});
  return *std::exchange(result_, std::nullopt);
}

std::vector<Exchange> HttpClient::exchange_together(const std::vector<HttpClient*>& clients, const std::vector<std::string>& requests) {
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->begin(requests[i], true, true);
  finish(clients);
  std::vector<Exchange> out;
  out.reserve(clients.size());
  for (HttpClient* one : clients) out.push_back(*std::exchange(one->result_, std::nullopt));
  return out;
}

std::unique_ptr<HttpClient> HttpClientPool::borrow() {
  const std::scoped_lock lock(mutex_);
  if (idle_.empty()) {
    auto fresh = std::make_unique<HttpClient>(address_, timeout_, give_up_, server_);
    if (one_reply_each_) fresh->close_after_reply();
    return fresh;
  }
  auto client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

void HttpClientPool::give_back(std::unique_ptr<HttpClient> client) {
  const std::scoped_lock lock(mutex_);
  if (client->is_connected() && !server_->closes_silently) idle_.push_back(std::move(client));
}

void HttpClientPool::close_idle() {
  const std::scoped_lock lock(mutex_);
  idle_.clear();
}

void HttpClientPool::limit_connections(std::size_t most) {
  limit_.set(most);
  const std::scoped_lock lock(mutex_);
  one_reply_each_ = true;
  idle_.clear();
}

Exchange HttpClientPool::exchange(const HttpRequest& request) {
  const ConnectionLimit::Hold hold(limit_, 1);
  auto client = borrow();
  Exchange out = client->exchange(request);
  give_back(std::move(client));
  return out;
}

std::vector<Exchange> HttpClientPool::exchange_concurrently(const std::vector<HttpRequest>& requests) {
  const ConnectionLimit::Hold hold(limit_, requests.size());
  std::vector<std::unique_ptr<HttpClient>> clients;
  std::vector<HttpClient*> group;
  std::vector<std::string> bytes;
  for (const HttpRequest& request : requests) {
    clients.push_back(borrow());
    group.push_back(clients.back().get());
    bytes.push_back(request.bytes(address_));
  }
  std::vector<Exchange> out = HttpClient::exchange_together(group, bytes);
  // A server that serves few connections at a time may wait on one of these for a request that never comes.
  if (std::any_of(out.begin(), out.end(), [](const Exchange& one) { return one.transport != TransportResult::replied; })) {
    close_idle();
    return out;
  }
  for (auto& client : clients) give_back(std::move(client));
  return out;
}

std::vector<Exchange> HttpClientPool::send_raw(const RawExchange& raw_exchange) {
  const ConnectionLimit::Hold hold(limit_, 1);
  HttpClient client(address_, std::min(timeout_, raw_exchange.patience.value_or(timeout_)), give_up_, server_);
  std::vector<Exchange> out;
  std::optional<Exchange> failed;
  const auto take_reply = [&] {
    out.push_back(failed ? *failed : client.receive());
    failed.reset();
  };
  for (const RawExchange::Segment& segment : raw_exchange.segments) {
    // The first segment, and one after a reply, begins a request: only then may the client reconnect.
    const bool begins = segment.after_reply || &segment == &raw_exchange.segments.front();
    if (segment.after_reply) take_reply();
    if (segment.pause.count() > 0) std::this_thread::sleep_for(segment.pause);
    if (!failed) failed = begins ? client.send(segment.bytes) : client.send_on(segment.bytes);
  }
  while (out.size() < raw_exchange.replies) take_reply();
  return out;
}

}  // namespace meterproof::net
