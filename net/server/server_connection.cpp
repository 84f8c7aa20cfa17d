// SPDX-License-Identifier: Apache-2.0
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

constexpr milliseconds lingering_time{1000}, stream_period{100};
constexpr std::size_t most_kept = 65'536;  // bytes of memory that an idle connection keeps for its next reply
// Nearly every reply is a 200 of the default type, so that its first lines are made once.
const std::string_view default_content_type = Response().content_type;
const std::string default_head = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(default_content_type) + "\r\nContent-Length: ";

// As nginx does: whoever speaks plain HTTP to a port of TLS is told so.
constexpr std::string_view https_only =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain;charset=utf-8\r\nConnection: close\r\n\r\n"
    "This is a plain HTTP request to an HTTPS port: write https://\n此端口使用 HTTPS（TLS）：请写 https://\n";

}  // namespace

ServerConnection::ServerConnection(ConnectionContext& context, Stream stream, const PeerAddress& peer)
    : context_(context), stream_(std::move(stream)), peer_(peer), shakes_hands_(stream_.has_tls()) {
  set_deadline(shakes_hands_ ? context_.options.header : context_.options.idle);
  if (!context_.loop.watch(stream_.fd(), *this, interest_)) deadline_ = {};  // the next sweep closes it
}

ServerConnection::~ServerConnection() {
  if (timer_) context_.loop.cancel(*timer_);
}

void ServerConnection::drain() {
  draining_ = true;
  if (parser_ == nullptr && received_.empty() && unparsed_.empty() && out_.empty() && !paused_) close();
}

Arrival ServerConnection::arrival() const {
  Arrival out(context_.loop.wall_clock());
  out.began = context_.loop.now();
  out.peer = &peer_;
  return out;
}

void ServerConnection::end(Arrival::Ended how) {
  if (closed_) return;
  closed_ = true;
  if (parser_ != nullptr && parser_->started()) {  // a request was begun
    Arrival ended = arrival();
    ended.ended = how;
    Response not_sent;
    not_sent.status = 0;
    context_.on_bad_request(*parser_, ended, not_sent);
  }
  if (!received_.empty()) context_.arena.release();
  context_.unsent -= std::exchange(unsent_, 0);
  context_.loop.forget(stream_.fd(), *this);
  stream_.close();
  context_.on_closed(*this);
}

void ServerConnection::expire() {
  const bool can_answer = parser_ != nullptr && parser_->started() && received_.empty() && out_.empty() && interest_ == Interest::read_edge;
  if (closed_ || !can_answer) return end(Arrival::Ended::by_timeout);
  const auto request = std::exchange(parser_, nullptr);
  unparsed_.clear();
  respond(*request, Arrival::Ended::by_timeout);
  context_.loop.defer_to_batch_end(*this);
}

void ServerConnection::set_interest(Interest interest) {
  if (closed_ || interest == interest_) return;
  interest_ = interest;
  context_.loop.change(stream_.fd(), *this, interest);
}

void ServerConnection::on_ready(EventLoop::Readiness readiness) {
  if (readiness.writable && interest_ == Interest::write) {
    set_interest(Interest::read_edge);
    if (flush() && output_full_) process({});
    return;
  }
  if (readiness.readable && interest_ == Interest::read_edge) return read(readiness.peer_closed);
  if (readiness.readable) close();  // we wait to write or for a timer, so this is an error or a hang-up (EPOLLERR, EPOLLHUP)
}

void ServerConnection::read(bool peer_closed) {
  const ssize_t got = stream_.receive(context_.arena.reserve(), ReceiveArena::chunk);
  if (shakes_hands_ && stream_.version()[0] != '\0') {
    shakes_hands_ = false;
    set_deadline(context_.options.idle);
  }
  if (got < 0) return on_read_failure(errno);
  if (got == 0) return close();  // every earlier request is answered: nothing is read while a reply waits
  // The edge was reported once. There may be more bytes, or an end of stream behind these, so ask for another event.
  if (peer_closed || stream_.may_hold_more(got, ReceiveArena::chunk)) context_.loop.change(stream_.fd(), *this, interest_);
  if (lingering_) return;
  received_ = context_.arena.commit(static_cast<std::size_t>(got));
  context_.loop.defer_to_batch_read(*this);
}

void ServerConnection::on_read_failure(int error) {
  if (error == EINTR) return context_.loop.change(stream_.fd(), *this, interest_);
  if (error == EAGAIN) return;
  if (shakes_hands_ && !stream_.failure().empty() && context_.on_tls_failure) context_.on_tls_failure(peer_, stream_.failure());
  if (!stream_.got_plain_http()) return close();
  stream_.without_tls();
  out_ += https_only;
  close_after_flush_ = true;
  context_.loop.defer_to_batch_end(*this);
}

/// Processes every complete request in what was received so far. Replies are buffered and sent in on_batch_end, after every other ready
/// connection was processed: the peer's thread is woken once. If the output buffer is full, processing resumes when all of it was sent, in a later
/// batch: the other connections come first.
void ServerConnection::process(std::string_view received) {
  if (!unparsed_.empty()) {
    unparsed_ += received;
    received = {};
  }
  if (unparsed_.empty()) {
    answer_requests(received);
  } else {
    const std::string bytes = std::move(unparsed_);
    unparsed_.clear();
    answer_requests(bytes);
  }
  if (!closed_) context_.loop.defer_to_batch_end(*this);
}

void ServerConnection::on_batch_read() {
  if (stream_.has_ended()) draining_ = true;  // there will be no other request
  process(std::exchange(received_, {}));
  context_.arena.release();
}

void ServerConnection::on_batch_end() {
  if (context_.replies_lost) return close();
  if (!lingering_ && flush() && output_full_) set_interest(Interest::write);
}

/// Leaves in `unparsed_` what could not be parsed yet: the beginning of a request, or all behind a reply that must be sent first.
void ServerConnection::answer_requests(std::string_view bytes) {
  output_full_ = false;
  while (!paused_ && !close_after_flush_ && !bytes.empty()) {
    output_full_ = out_.size() >= context_.options.max_pending_output;
    if (output_full_) break;
    if (parser_ == nullptr) {
      // Empty lines between requests are skipped (RFC 9112, section 2.2); they begin no request, and no deadline for one.
      bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
      if (bytes.empty()) break;
      if (const std::size_t taken = context_.whole_parser.feed_complete(bytes); taken > 0) {
        respond(context_.whole_parser);
        context_.whole_parser.reset();
        bytes.remove_prefix(taken);
        continue;
      }
      // The request is not whole, or not plain: the incremental parser takes it, and a deadline for its header begins.
      parser_ = std::make_unique<HttpParser>(HttpParser::Kind::request, context_.options.limits);
      set_deadline(context_.options.header);
    }
    const bool header_was_done = parser_->header_done();
    const std::size_t taken = parser_->feed(bytes);
    bytes.remove_prefix(taken);
    if (parser_->state() == HttpState::need_more) {
      if (parser_->header_done() && !header_was_done) {
        set_deadline(context_.options.body);
        if (parser_->expects_continue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      }
      if (taken == 0) break;
      continue;
    }
    respond(*std::exchange(parser_, nullptr));
  }
  unparsed_.assign(bytes);
}

void ServerConnection::respond(const HttpParser& request, Arrival::Ended ended) {
  Response& reply = context_.reply;
  reply.status = 200;
  reply.body.clear();
  reply.extra_headers.clear();
  reply.close = false;
  reply.fault = ResponseFault::none;
  reply.delay = {};
  reply.stream.reset();
  reply.content_type = default_content_type;
  const HttpState state = request.state();
  if (state == HttpState::complete) {
    context_.handler(request, arrival(), reply);
    if (!request.keep_alive()) reply.close = true;
  } else {
    constexpr int request_timeout = 408;
    reply.status = ended == Arrival::Ended::by_timeout ? request_timeout : request.refusal();
    reply.close = true;
    Arrival came = arrival();
    came.ended = ended;
    context_.on_bad_request(request, came, reply);
  }
  if (draining_) reply.close = true;
  // A client of HTTP/1.0 that asked for it keeps the connection only if it is told so; it waits for the end of the connection otherwise.
  if (request.minor_version() == 0 && !reply.close) reply.extra_headers += "Connection: keep-alive\r\n";
  const bool head = request.method() == "HEAD";  // its reply has the headers of a GET and no body (RFC 9110, section 9.3.2)
  set_deadline(context_.options.idle);
  if (reply.delay.count() > 0 || reply.fault != ResponseFault::none) return send_faulty();
  if (reply.stream != nullptr && !head) return begin_stream();
  append_reply(out_, head);
  if (reply.close) close_after_flush_ = true;
}

void ServerConnection::append_reply(std::string& out, bool head) const {
  const Response& reply = context_.reply;
  char digits[24];
  const auto append_number = [&](std::size_t number) { out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr); };
  // Replies of these statuses end behind their headers (RFC 9110, section 6.4.1), and tell no length (section 8.6).
  const bool has_body = reply.status >= 200 && reply.status != 204 && reply.status != 304;
  if (reply.status == 200 && reply.content_type == default_content_type) {
    out += default_head;
    append_number(reply.body.size());
  } else {
    out += "HTTP/1.1 ";
    append_number(static_cast<std::size_t>(reply.status));
    out += ' ';
    out += reason_phrase(reply.status);
    out += "\r\nContent-Type: ";
    out += reply.content_type;
    if (has_body) {
      out += "\r\nContent-Length: ";
      append_number(reply.body.size());
    }
  }
  out += "\r\n";
  out += reply.extra_headers;
  if (reply.close) out += "Connection: close\r\n";
  out += "\r\n";
  if (!head && has_body) out += reply.body;
}

/// Sends the reply with its injected fault or delay. Timers do the waiting, so that only this connection is held up.
void ServerConnection::send_faulty() {
  const Response& reply = context_.reply;
  paused_ = true;
  std::string bytes;
  if (reply.fault == ResponseFault::garbage) bytes = "\x16\x03\x01\x02 this is not HTTP \xff\xfe\r\n\r\n";
  else append_reply(bytes, false);
  if (reply.fault == ResponseFault::truncated) bytes.resize(bytes.size() - std::max<std::size_t>(1, reply.body.size() / 2));
  const bool broken = reply.fault != ResponseFault::none && reply.fault != ResponseFault::drip;
  if (broken || reply.close) close_after_flush_ = true;
  if (reply.fault == ResponseFault::reset || reply.fault == ResponseFault::close) bytes.clear();
  // The injected delay must not count as the peer's timeout.
  if (reply.fault == ResponseFault::drip) {
    const milliseconds pause = std::max(reply.delay, milliseconds(1));
    set_deadline(pause * static_cast<long>(bytes.size() + 1) + context_.options.write);
    return send_byte_by_byte(bytes, 0, pause);
  }
  set_deadline(reply.delay + context_.options.write);
  run_later(reply.delay, [this, bytes, reset = reply.fault == ResponseFault::reset] {
    if (reset) return abort();
    out_ += bytes;
    resume();
  });
}

/// The body ends with the connection (RFC 9112, section 6.3), so that it needs no length.
void ServerConnection::begin_stream() {
  Response& reply = context_.reply;
  out_ += "HTTP/1.1 200 OK\r\nContent-Type: ";
  out_ += reply.content_type;
  out_ += "\r\n" + reply.extra_headers + "Connection: close\r\n\r\n";
  reply_stream_ = std::move(reply.stream);
  paused_ = true;
  run_later({}, [this] { continue_stream(); });  // not before the replies of this batch may leave
}

void ServerConnection::continue_stream() {
  if (draining_) return close();
  if (out_.empty()) set_deadline(context_.options.write);  // while the peer takes what it is sent it has all the time
  if (out_.empty() && !reply_stream_->append(out_)) {
    reply_stream_.reset();
    paused_ = false;
    close_after_flush_ = true;
  }
  if (reply_stream_ != nullptr) run_later(stream_period, [this] { continue_stream(); });
  flush();
}

void ServerConnection::run_later(milliseconds delay, std::function<void()> action) {
  timer_ = context_.loop.at(std::chrono::steady_clock::now() + delay, [this, action = std::move(action)] {
    timer_.reset();
    action();
  });
}

void ServerConnection::send_byte_by_byte(const std::string& bytes, std::size_t at, milliseconds pause) {
  if (at == bytes.size()) return resume();
  run_later(pause, [this, bytes, at, pause] {
    const bool is_next = out_.empty();  // otherwise earlier replies, or the byte before, are still to be sent
    if (is_next) out_ += bytes[at];
    if (is_next) flush();
    if (!closed_) send_byte_by_byte(bytes, is_next ? at + 1 : at, pause);
  });
}

void ServerConnection::resume() {
  paused_ = false;
  set_deadline(context_.options.idle);
  set_interest(Interest::read_edge);
  process({});
}

/// Closes with a TCP reset: a linger time of zero drops what is unsent (socket(7), SO_LINGER).
void ServerConnection::abort() {
  const linger no_linger{1, 0};
  ::setsockopt(stream_.fd(), SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
  close();
}

/// Sends what is buffered. Returns true if all of it was sent and the connection may take more requests.
bool ServerConnection::flush() {
  if (closed_ || interest_ == Interest::write) return false;
  std::size_t sent = 0;
  while (sent < out_.size()) {
    const ssize_t wrote = stream_.send(out_.data() + sent, out_.size() - sent);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) break;
    if (wrote < 0) {
      close();
      return false;
    }
    sent += static_cast<std::size_t>(wrote);
  }
  out_.erase(0, sent);
  if (out_.empty() && out_.capacity() > most_kept) std::string().swap(out_);  // an assignment would keep the memory
  if (!count_unsent()) {
    close();
    return false;
  }
  if (!out_.empty()) {
    // The peer does not read fast enough. Until it does, nothing is read from it either. A reply that waits for its timer has a deadline already.
    if (!paused_) set_deadline(context_.options.write);
    set_interest(Interest::write);
  } else if (paused_) {
    set_interest(Interest::none);
    return false;
  } else if (close_after_flush_ || (draining_ && parser_ == nullptr && !output_full_)) {
    half_close();
  }
  return out_.empty() && !close_after_flush_;
}

/// False if the connections of this thread together have more unsent than is bearable, and this is not the only one.
bool ServerConnection::count_unsent() {
  context_.unsent += out_.size();
  context_.unsent -= std::exchange(unsent_, out_.size());
  const std::uint64_t most = context_.options.all_unsent / std::max<std::size_t>(context_.options.threads, 1);
  return out_.empty() || context_.unsent <= most || context_.unsent == unsent_;
}

/// Lingering close: shuts our side down and keeps reading for lingering_time. A close with unread bytes would send a reset, which may destroy
/// the reply before the peer has read it (RFC 9112, section 9.6).
void ServerConnection::half_close() {
  stream_.end_sending();
  lingering_ = true;
  close_after_flush_ = true;
  unparsed_.clear();
  set_deadline(lingering_time);
  set_interest(Interest::read_edge);
}

}  // namespace meterproof::net
