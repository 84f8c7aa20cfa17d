#include "http/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace meterproof::http {

using Interest = Reactor::Interest;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds lingering_time{1000};
const std::string_view usual_content_type = Response().content_type;
const std::string usual_head = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(usual_content_type) + "\r\nContent-Length: ";

}  // namespace

Connection::Connection(Household& house, Fd socket) : house_(house), socket_(std::move(socket)) {
  expect(house_.options.idle);
  if (!house_.reactor.watch(socket_.get(), *this, interest_)) deadline_ = {};  // the next sweep takes it away
}

Connection::~Connection() {
  if (timer_) house_.reactor.cancel(*timer_);
}

void Connection::drain() {
  closing_ = true;
  if (parser_ == nullptr && fresh_.empty() && out_.empty() && !paused_) close();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  if (!fresh_.empty()) house_.inbox.give_back();
  house_.reactor.forget(socket_.get(), *this);
  socket_.close();
  house_.on_closed(*this);
}

void Connection::want(Interest interest) {
  if (closed_ || interest == interest_) return;
  interest_ = interest;
  house_.reactor.change(socket_.get(), *this, interest);
}

void Connection::ready(Reactor::Readiness what) {
  if (what.writable && interest_ == Interest::writing) {
    want(Interest::arrivals);
    if (flush() && stalled_) work({});
    return;
  }
  if (what.readable && interest_ == Interest::arrivals) return read(what.ended);
  if (what.readable) close();  // an error, or the end, of one that we wait for
}

void Connection::read(bool ended) {
  const ssize_t got = ::recv(socket_.get(), house_.inbox.room(), Inbox::chunk, 0);
  if (got < 0) {
    if (errno == EINTR) house_.reactor.change(socket_.get(), *this, interest_);
    else if (errno != EAGAIN) close();
    return;
  }
  if (got == 0) return close();  // all that it asked before is answered: nothing is read while a reply waits
  if (ended || got == Inbox::chunk) house_.reactor.change(socket_.get(), *this, interest_);
  if (lingering_) return;
  fresh_ = house_.inbox.keep(static_cast<std::size_t>(got));
  house_.reactor.settle_later(*this);
}

/// Answers every whole request at hand. What is answered is written when the others that were ready have been answered too; where a full
/// output had to be written first, it goes on then.
void Connection::work(std::string_view fresh) {
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
  if (!closed_) house_.reactor.settle_later(*this);
}

void Connection::settle() {
  if (!fresh_.empty()) {
    work(std::exchange(fresh_, {}));
    return house_.inbox.give_back();
  }
  if (!lingering_ && flush() && stalled_) work({});
}

/// Leaves in `in_` what could not be used yet.
void Connection::answer_requests(std::string_view bytes) {
  stalled_ = false;
  while (!paused_ && !hang_up_ && !bytes.empty()) {
    stalled_ = out_.size() >= house_.options.max_pending_output;
    if (stalled_) break;
    if (parser_ == nullptr) {
      if (const std::size_t taken = house_.plain.feed_whole(bytes); taken > 0) {
        respond(house_.plain);
        house_.plain.reset();
        bytes.remove_prefix(taken);
        continue;
      }
      parser_ = std::make_unique<wire::HttpParser>(wire::HttpParser::Kind::request, house_.options.limits);
      expect(house_.options.header);
    }
    const bool header_was_done = parser_->header_done();
    const std::size_t taken = parser_->feed(bytes);
    bytes.remove_prefix(taken);
    if (parser_->state() == wire::HttpState::need_more) {
      if (parser_->header_done() && !header_was_done) {
        expect(house_.options.body);
        if (parser_->expects_continue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      }
      if (taken == 0) break;
      continue;
    }
    respond(*std::exchange(parser_, nullptr));
  }
  in_.assign(bytes);
}

void Connection::respond(const wire::HttpParser& request) {
  Response& reply = house_.reply;
  reply.status = 200;
  reply.body.clear();
  reply.extra_headers.clear();
  reply.close = false;
  reply.mishap = Mishap::none;
  reply.delay = {};
  reply.content_type = usual_content_type;
  const wire::HttpState state = request.state();
  if (state == wire::HttpState::complete) {
    house_.handler(request, house_.reactor.wall_clock(), reply);
    if (!request.keep_alive()) reply.close = true;
  } else {
    reply.status = state == wire::HttpState::header_too_large ? 431 : state == wire::HttpState::body_too_large ? 413 : 400;
    reply.close = true;
    house_.on_broken(request, house_.reactor.wall_clock(), reply);
  }
  if (closing_) reply.close = true;
  const bool head = request.method() == "HEAD";
  expect(house_.options.idle);
  if (reply.delay.count() > 0 || reply.mishap != Mishap::none) return deliver_oddly();
  append_reply(out_, head);
  if (reply.close) hang_up_ = true;
}

void Connection::append_reply(std::string& out, bool head) const {
  const Response& reply = house_.reply;
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
void Connection::deliver_oddly() {
  const Response& reply = house_.reply;
  paused_ = true;
  std::string bytes;
  if (reply.mishap == Mishap::garbage) bytes = "\x16\x03\x01\x02 this is not HTTP \xff\xfe\r\n\r\n";
  else append_reply(bytes, false);
  if (reply.mishap == Mishap::truncated) bytes.resize(bytes.size() - std::max<std::size_t>(1, reply.body.size() / 2));
  const bool broken = reply.mishap == Mishap::garbage || reply.mishap == Mishap::truncated || reply.mishap == Mishap::reset;
  if (broken || reply.close) hang_up_ = true;
  if (reply.mishap == Mishap::reset) bytes.clear();
  expect(reply.delay * static_cast<int>(reply.mishap == Mishap::drip ? bytes.size() + 1 : 1) + house_.options.write);
  if (reply.mishap == Mishap::drip) return drip(bytes, 0, std::max(reply.delay, milliseconds(1)));
  later(reply.delay, [this, bytes, reset = reply.mishap == Mishap::reset] {
    if (reset) return abort();
    out_ += bytes;
    resume();
  });
}

void Connection::later(milliseconds delay, std::function<void()> then) {
  timer_ = house_.reactor.at(std::chrono::steady_clock::now() + delay, [this, then = std::move(then)] {
    timer_.reset();
    then();
  });
}

void Connection::drip(const std::string& bytes, std::size_t at, milliseconds pause) {
  if (at == bytes.size()) return resume();
  later(pause, [this, bytes, at, pause] {
    if (::send(socket_.get(), bytes.data() + at, 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) return close();
    drip(bytes, at + 1, pause);
  });
}

void Connection::resume() {
  paused_ = false;
  expect(house_.options.idle);
  want(Interest::arrivals);
  work({});
}

void Connection::abort() {
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

/// Whether everything is written, and the connection may go on.
bool Connection::flush() {
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
    expect(house_.options.write);
    want(Interest::writing);
  } else if (paused_) {
    want(Interest::nothing);
    return false;
  } else if (hang_up_ || (closing_ && parser_ == nullptr && !stalled_)) {
    hang_up();
  }
  return out_.empty() && !hang_up_;
}

/// Says goodbye, and reads on for a moment: a close with unread bytes would tear up the reply on its way.
void Connection::hang_up() {
  ::shutdown(socket_.get(), SHUT_WR);
  lingering_ = true;
  hang_up_ = true;
  in_.clear();
  expect(lingering_time);
  want(Interest::arrivals);
}

}  // namespace meterproof::http
