#include "net/server/server_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace meterproof::net {

using Interest = EventLoop::Interest;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds lingering_time{1000};
const std::string_view usual_content_type = Response().content_type;
const std::string usual_head = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(usual_content_type) + "\r\nContent-Length: ";

}  // namespace

ServerConnection::ServerConnection(ConnectionContext& context, Fd socket) : context_(context), socket_(std::move(socket)) {
  expect(context_.options.idle);
  if (!context_.reactor.watch(socket_.get(), *this, interest_)) deadline_ = {};  // the next sweep takes it away
}

ServerConnection::~ServerConnection() {
  if (timer_) context_.reactor.cancel(*timer_);
}

void ServerConnection::drain() {
  closing_ = true;
  if (parser_ == nullptr && fresh_.empty() && out_.empty() && !paused_) close();
}

void ServerConnection::close() {
  if (closed_) return;
  closed_ = true;
  if (!fresh_.empty()) context_.arena.release();
  context_.reactor.forget(socket_.get(), *this);
  socket_.close();
  context_.on_closed(*this);
}

void ServerConnection::want(Interest interest) {
  if (closed_ || interest == interest_) return;
  interest_ = interest;
  context_.reactor.change(socket_.get(), *this, interest);
}

void ServerConnection::ready(EventLoop::Readiness what) {
  if (what.writable && interest_ == Interest::writing) {
    want(Interest::read_edge);
    if (flush() && stalled_) work({});
    return;
  }
  if (what.readable && interest_ == Interest::read_edge) return read(what.ended);
  if (what.readable) close();  // an error, or the end, of one that we wait for
}

void ServerConnection::read(bool ended) {
  const ssize_t got = ::recv(socket_.get(), context_.arena.reserve(), ReceiveArena::chunk, 0);
  if (got < 0) {
    if (errno == EINTR) context_.reactor.change(socket_.get(), *this, interest_);
    else if (errno != EAGAIN) close();
    return;
  }
  if (got == 0) return close();  // all that it asked before is answered: nothing is read while a reply waits
  if (ended || got == ReceiveArena::chunk) context_.reactor.change(socket_.get(), *this, interest_);
  if (lingering_) return;
  fresh_ = context_.arena.commit(static_cast<std::size_t>(got));
  context_.reactor.defer_to_batch_end(*this);
}

/// Answers every whole request at hand. What is answered is written when the others that were ready have been answered too; where a full
/// output had to be written first, it goes on then.
void ServerConnection::work(std::string_view fresh) {
  if (!in_.empty()) {
    in_ += fresh;
    fresh = {};
  }
  if (in_.empty()) {
    answer_requests(fresh);
  } else {
    const std::string bytes = std::move(in_);
    in_.clear();
    answer_requests(bytes);
  }
  if (!closed_) context_.reactor.defer_to_batch_end(*this);
}

void ServerConnection::settle() {
  if (!fresh_.empty()) {
    work(std::exchange(fresh_, {}));
    return context_.arena.release();
  }
  if (!lingering_ && flush() && stalled_) work({});
}

/// Leaves in `in_` what could not be used yet.
void ServerConnection::answer_requests(std::string_view bytes) {
  stalled_ = false;
  while (!paused_ && !half_close_ && !bytes.empty()) {
    stalled_ = out_.size() >= context_.options.max_pending_output;
    if (stalled_) break;
    if (parser_ == nullptr) {
      if (const std::size_t taken = context_.plain.feed_complete(bytes); taken > 0) {
        respond(context_.plain);
        context_.plain.reset();
        bytes.remove_prefix(taken);
        continue;
      }
      parser_ = std::make_unique<net::HttpParser>(net::HttpParser::Kind::request, context_.options.limits);
      expect(context_.options.header);
    }
    const bool header_was_done = parser_->header_done();
    const std::size_t taken = parser_->feed(bytes);
    bytes.remove_prefix(taken);
    if (parser_->state() == net::HttpState::need_more) {
      if (parser_->header_done() && !header_was_done) {
        expect(context_.options.body);
        if (parser_->expects_continue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      }
      if (taken == 0) break;
      continue;
    }
    respond(*std::exchange(parser_, nullptr));
  }
  in_.assign(bytes);
}

void ServerConnection::respond(const net::HttpParser& request) {
  Response& reply = context_.reply;
  reply.status = 200;
  reply.body.clear();
  reply.extra_headers.clear();
  reply.close = false;
  reply.fault = ResponseFault::none;
  reply.delay = {};
  reply.content_type = usual_content_type;
  const net::HttpState state = request.state();
  if (state == net::HttpState::complete) {
    context_.handler(request, context_.reactor.wall_clock(), reply);
    if (!request.keep_alive()) reply.close = true;
  } else {
    reply.status = state == net::HttpState::header_too_large ? 431 : state == net::HttpState::body_too_large ? 413 : 400;
    reply.close = true;
    context_.on_bad_request(request, context_.reactor.wall_clock(), reply);
  }
  if (closing_) reply.close = true;
  const bool head = request.method() == "HEAD";
  expect(context_.options.idle);
  if (reply.delay.count() > 0 || reply.fault != ResponseFault::none) return send_faulty();
  append_reply(out_, head);
  if (reply.close) half_close_ = true;
}

void ServerConnection::append_reply(std::string& out, bool head) const {
  const Response& reply = context_.reply;
  char digits[24];
  const auto append_number = [&](std::size_t number) { out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr); };
  if (reply.status == 200 && reply.content_type == usual_content_type) {
    out += usual_head;
  } else {
    out += "HTTP/1.1 ";
    append_number(static_cast<std::size_t>(reply.status));
    out += ' ';
    out += reason_phrase(reply.status);
    out += "\r\nContent-Type: ";
    out += reply.content_type;
    out += "\r\nContent-Length: ";
  }
  append_number(reply.body.size());
  out += "\r\n";
  out += reply.extra_headers;
  if (reply.close) out += "Connection: close\r\n";
  out += "\r\n";
  if (!head) out += reply.body;
}

// An injected fault: the reply comes late, broken, or byte by byte. Only this connection waits.
void ServerConnection::send_faulty() {
  const Response& reply = context_.reply;
  paused_ = true;
  std::string bytes;
  if (reply.fault == ResponseFault::garbage) bytes = "\x16\x03\x01\x02 this is not HTTP \xff\xfe\r\n\r\n";
  else append_reply(bytes, false);
  if (reply.fault == ResponseFault::truncated) bytes.resize(bytes.size() - std::max<std::size_t>(1, reply.body.size() / 2));
  const bool broken = reply.fault == ResponseFault::garbage || reply.fault == ResponseFault::truncated || reply.fault == ResponseFault::reset;
  if (broken || reply.close) half_close_ = true;
  if (reply.fault == ResponseFault::reset) bytes.clear();
  expect(reply.delay * static_cast<int>(reply.fault == ResponseFault::drip ? bytes.size() + 1 : 1) + context_.options.write);
  if (reply.fault == ResponseFault::drip) return drip(bytes, 0, std::max(reply.delay, milliseconds(1)));
  later(reply.delay, [this, bytes, reset = reply.fault == ResponseFault::reset] {
    if (reset) return abort();
    out_ += bytes;
    resume();
  });
}

void ServerConnection::later(milliseconds delay, std::function<void()> then) {
  timer_ = context_.reactor.at(std::chrono::steady_clock::now() + delay, [this, then = std::move(then)] {
    timer_.reset();
    then();
  });
}

void ServerConnection::drip(const std::string& bytes, std::size_t at, milliseconds pause) {
  if (at == bytes.size()) return resume();
  later(pause, [this, bytes, at, pause] {
    if (::send(socket_.get(), bytes.data() + at, 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) return close();
    drip(bytes, at + 1, pause);
  });
}

void ServerConnection::resume() {
  paused_ = false;
  expect(context_.options.idle);
  want(Interest::read_edge);
  work({});
}

void ServerConnection::abort() {
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

/// Whether everything is written, and the connection may go on.
bool ServerConnection::flush() {
  if (closed_ || interest_ == Interest::writing) return false;
  std::size_t sent = 0;
  while (sent < out_.size()) {
    const ssize_t wrote = ::send(socket_.get(), out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) break;
    if (wrote < 0) {
      close();
      return false;
    }
    sent += static_cast<std::size_t>(wrote);
  }
  if (sent == out_.size()) out_.clear();
  else out_.erase(0, sent);
  if (!out_.empty()) {
    expect(context_.options.write);
    want(Interest::writing);
  } else if (paused_) {
    want(Interest::nothing);
    return false;
  } else if (half_close_ || (closing_ && parser_ == nullptr && !stalled_)) {
    half_close();
  }
  return out_.empty() && !half_close_;
}

/// Says goodbye, and reads on for a moment: a close with unread bytes would tear up the reply on its way.
void ServerConnection::half_close() {
  ::shutdown(socket_.get(), SHUT_WR);
  lingering_ = true;
  half_close_ = true;
  in_.clear();
  expect(lingering_time);
  want(Interest::read_edge);
}

}  // namespace meterproof::net
