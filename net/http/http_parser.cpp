// SPDX-License-Identifier: Apache-2.0
#include "net/http/http_parser.hpp"

#include <strings.h>

#include <algorithm>

namespace meterproof::net {
namespace {

constexpr std::size_t most_interim_responses = 16;  // more than any server sends; a bound for one that sends nothing else

/// How many bytes of empty lines `data` begins with.
std::size_t size_of_empty_lines(std::string_view data) { return std::min(data.find_first_not_of("\r\n"), data.size()); }

}  // namespace

void HttpParser::reset() {
  give_back();
  state_ = HttpState::need_more;
  error_.clear();
  refusal_ = 400;
  started_ = header_done_ = expects_continue_ = false;
  minor_version_ = 1;
  message_.keep_alive = true;
  message_.status = 0;
  message_.headers.clear();
  method_ = target_ = {};
  fast_message_ = {};
  body_.clear();
  arena_.clear();
  part_ = Part::head;
  line_begin_ = skipped_ = interim_ = 0;
  left_ = 0;
  chunks_.reset();
}

void HttpParser::give_back() {
  if (limits_.all_bodies != nullptr) limits_.all_bodies->give_back(budgeted_);
  budgeted_ = 0;
}

std::size_t HttpParser::feed(std::string_view data) {
  std::size_t used = 0;
  if (!started_ && state_ == HttpState::need_more) {
    used = size_of_empty_lines(data);
    skipped_ += used;
    if (skipped_ > limits_.header_bytes) fail(HttpState::bad, "nothing but empty lines", 400);
    data.remove_prefix(used);
    if (data.empty() || state_ != HttpState::need_more) return used;
    // `data` need not outlive this call, so the message is copied.
    if (const std::size_t taken = feed_complete(data); taken > 0) {
      arena_.assign(fast_message_);
      fast_message_ = arena_;
      return used + taken;
    }
    started_ = true;
  }
  while (!data.empty() && state_ == HttpState::need_more) {
    const std::size_t taken = feed_slow(data);
    used += taken;
    data.remove_prefix(taken);
  }
  return used;
}

std::size_t HttpParser::feed_complete(std::string_view data) {
  // A failed attempt may have left fields in message_; the slow path must start without them.
  const auto read = kind_ == Kind::request ? parse_fast_request : parse_fast_response;
  if (!read(data, limits_.header_bytes, limits_.body_bytes, message_)) {
    message_.keep_alive = true;
    message_.status = 0;
    message_.headers.clear();
    return 0;
  }
  started_ = header_done_ = true;
  complete();
  fast_message_ = data.substr(0, message_.head_size + message_.body_size);
  if (kind_ == Kind::request) {
    method_ = {0, static_cast<std::uint32_t>(message_.method.size())};
    target_ = {method_.second + 1, static_cast<std::uint32_t>(message_.target.size())};
  }
  return fast_message_.size();
}

/// Takes what can be taken in one step, at least one byte.
std::size_t HttpParser::feed_slow(std::string_view data) {
  switch (part_) {
    case Part::head: return read_head(data);
    case Part::chunked: return read_chunk(data);
    case Part::until_close: append(data); return data.size();
    case Part::length: break;
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
  if (append(data.substr(0, size)) && (left_ -= size) == 0) complete();
  return size;
}

/// Up to the end of a line.
std::size_t HttpParser::read_head(std::string_view data) {
  std::size_t skipped = 0;
  if (arena_.empty()) {  // before the response that follows an interim one
    skipped = size_of_empty_lines(data);
    skipped_ += skipped;
    data.remove_prefix(skipped);
    if (skipped_ > limits_.header_bytes) fail(HttpState::bad, "nothing but empty lines", 400);
    if (data.empty() || state_ != HttpState::need_more) return skipped;
  }
  const std::size_t end = data.find('\n');
  const std::string_view piece = data.substr(0, end == std::string_view::npos ? end : end + 1);
  constexpr std::size_t enough_to_tell = 64;  // whether these bytes are HTTP at all
  const bool is_beginning = arena_.size() < enough_to_tell && line_begin_ == 0;
  arena_ += piece;
  const std::string_view beginning = std::string_view(arena_).substr(0, enough_to_tell);
  if (is_beginning && !(kind_ == Kind::request ? can_begin_request(beginning) : can_begin_response(beginning))) {
    fail(HttpState::bad, kind_ == Kind::request ? "no method in the request line" : "no HTTP version", 400);
  } else if (arena_.size() > limits_.header_bytes) {
    fail(HttpState::header_too_large, "header > " + size_text(limits_.header_bytes), 431);
  } else if (end != std::string_view::npos) {
    const std::string_view line = std::string_view(arena_).substr(line_begin_);
    if (line == "\n" || line == "\r\n") end_head();
    else line_begin_ = arena_.size();
  }
  return skipped + piece.size();
}

void HttpParser::end_head() {
  MessageHead head;
  const auto fault = kind_ == Kind::request ? read_request_head(arena_, head) : read_response_head(arena_, head);
  message_.status = head.status;
  message_.keep_alive = head.keep_alive;
  message_.headers = std::move(head.headers);
  minor_version_ = head.minor_version;
  method_ = head.method;
  target_ = head.target;
  if (fault) return fail(HttpState::bad, fault->text, fault->status);
  constexpr int switching_protocols = 101;
  if (kind_ == Kind::response && head.status < 200 && head.status != switching_protocols) {  // the final response follows
    if (++interim_ > most_interim_responses) return fail(HttpState::bad, "nothing but interim responses", 400);
    arena_.clear();
    message_.headers.clear();
    message_.status = 0;
    line_begin_ = 0;
    return;
  }
  header_done_ = true;
  expects_continue_ = head.expects_continue;
  begin_body(head);
}

void HttpParser::begin_body(const MessageHead& head) {
  switch (head.framing) {
    case MessageHead::Framing::no_body: return complete();
    case MessageHead::Framing::chunked:
      part_ = Part::chunked;
      chunks_.emplace(limits_.header_bytes, kind_ == Kind::response);
      return;
    case MessageHead::Framing::until_close: part_ = Part::until_close; return;
    case MessageHead::Framing::length: break;
  }
  if (head.length > limits_.body_bytes) return fail_body_too_large();
  part_ = Part::length;
  left_ = head.length;
}

std::size_t HttpParser::read_chunk(std::string_view data) {
  std::string_view content;
  const std::size_t taken = chunks_->feed(data, content);
  switch (chunks_->state()) {
    case ChunkedBody::State::bad: fail(HttpState::bad, chunks_->error(), 400); return taken;
    case ChunkedBody::State::too_long: fail(HttpState::header_too_large, chunks_->error() + (" > " + size_text(limits_.header_bytes)), 431); return taken;
    case ChunkedBody::State::complete: complete(); return taken;
    case ChunkedBody::State::need_more: break;
  }
  if (body_.size() + content.size() + chunks_->announced() > limits_.body_bytes) fail_body_too_large();
  else append(content);
  return taken;
}

/// False, and a state that is an error, if the body becomes too large.
bool HttpParser::append(std::string_view content) {
  if (body_.size() + content.size() > limits_.body_bytes) {
    fail_body_too_large();
    return false;
  }
  if (limits_.all_bodies != nullptr && !content.empty()) {
    if (!limits_.all_bodies->take(content.size())) {
      fail(HttpState::body_too_large, "all bodies at once > " + size_text(limits_.all_bodies->bytes()), 413);
      return false;
    }
    budgeted_ += content.size();
  }
  body_.append(content);
  return true;
}

void HttpParser::fail(HttpState state, std::string why, int refusal) {
  state_ = state;
  error_ = std::move(why);
  refusal_ = refusal;
}

std::string HttpParser::size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kib = 1024, mib = kib * kib;
  if (bytes % mib == 0) return std::to_string(bytes / mib) + " MiB";
  if (bytes % kib == 0) return std::to_string(bytes / kib) + " KiB";
  return std::to_string(bytes) + " B";
}

void HttpParser::finish() {
  if (state_ != HttpState::need_more) return;
  // Only a response may end with the connection, and only behind its header.
  if (part_ == Part::until_close) complete();
  else fail(HttpState::bad, "the connection ended inside the message", 400);
}

std::string HttpParser::take_body() { return fast_message_.empty() ? std::exchange(body_, {}) : std::string(body()); }

const HeaderSpan* HttpParser::find(std::string_view name) const {
  const char* const begin = buffer().data();
  // Linear: a request has about ten headers, and a comparison of sizes rejects most of them.
  for (const HeaderSpan& span : message_.headers)
    if (span.name_size == name.size() && strncasecmp(begin + span.name, name.data(), name.size()) == 0) return &span;
  return nullptr;
}

std::string_view HttpParser::header(std::string_view name) const {
  const HeaderSpan* span = find(name);
  return span == nullptr ? std::string_view() : text(span->value, span->value_size);
}

bool HttpParser::has_header(std::string_view name) const { return find(name) != nullptr; }

std::vector<std::pair<std::string, std::string>> HttpParser::headers() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const HeaderSpan& span : message_.headers) out.emplace_back(text(span.name, span.name_size), text(span.value, span.value_size));
  return out;
}

}  // namespace meterproof::net
