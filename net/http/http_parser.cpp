// SPDX-License-Identifier: Apache-2.0
#include "net/http/http_parser.hpp"

#include <strings.h>

#include <algorithm>

namespace meterproof::net {
namespace {

constexpr std::size_t most_interim_responses = 16;  // more than any server sends; a bound for one that sends nothing else
constexpr std::size_t usual_headers = 64;

/// How many bytes of empty lines `data` begins with.
std::size_t size_of_empty_lines(std::string_view data) { return std::min(data.find_first_not_of("\r\n"), data.size()); }

}  // namespace

void HttpParser::reset() {
  give_back();
  state_ = HttpState::need_more;
  error_.clear();
  refusal_ = 400;
  started_ = header_done_ = expects_continue_ = has_bare_lf_ = false;
  minor_version_ = 1;
  message_.keep_alive = true;
  message_.status = 0;
  message_.headers.clear();
  method_ = target_ = {};
  fast_message_ = {};
  body_.clear();
  arena_.clear();
  normal_.clear();
  line_begin_ = skipped_ = interim_ = 0;
  beast_.reset();
  lines_.reset();
}

void HttpParser::give_back() {
  if (limits_.all_bodies != nullptr) limits_.all_bodies->give_back(budgeted_);
  budgeted_ = of_head_ = 0;
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
    if (message_.headers.capacity() > usual_headers) message_.headers.shrink_to_fit();
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
  if (!header_done_) return read_head(data);
  return beast_->is_chunked() ? read_chunked(data) : read_body(data);
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
    const std::string_view more = data.substr(piece.size(), enough_to_tell);  // which protocol it is may stand behind the end of a line
    arena_ += more;
    return skipped + piece.size() + more.size();
  }
  if (arena_.size() > limits_.header_bytes) {
    fail(HttpState::header_too_large, "header > " + size_text(limits_.header_bytes), 431);
    return skipped + piece.size();
  }
  take_head();
  if (state_ != HttpState::need_more) return skipped + piece.size();
  if (end != std::string_view::npos) {
    const std::string_view line = std::string_view(arena_).substr(line_begin_);
    if (!line.ends_with("\r\n")) has_bare_lf_ = true;
    if (line == "\n" || line == "\r\n") end_head();
    else line_begin_ = arena_.size();
  }
  return skipped + piece.size();
}

/// Of the message whose head is in arena_.
std::uint64_t HttpParser::most_body_bytes() const {
  if (limits_.large_request.empty() || kind_ != Kind::request || !arena_.starts_with(limits_.large_request)) return limits_.body_bytes;
  const char behind = arena_.size() > limits_.large_request.size() ? arena_[limits_.large_request.size()] : '\0';
  return (behind == ' ' || behind == '?') && arena_.find(limits_.large_secret) != std::string::npos ? limits_.large_body_bytes : limits_.body_bytes;
}

void HttpParser::end_head() {
  const bool is_request = kind_ == Kind::request;
  NormalHead normal = normal_head(is_request, arena_);
  beast_ = BeastParser::make(is_request, most_body_bytes(), [this](std::string_view piece) { return append(piece); });
  MessageHead head;
  normal.toggle_hidden();
  auto fault = beast_->read_head(normal.text, head);
  normal.toggle_hidden();
  const bool too_large = fault && fault->status == 413;
  if (!fault || too_large) fault = check_head(is_request, normal, head);
  normal_ = std::move(normal.text);
  message_.status = head.status;
  message_.keep_alive = head.keep_alive;
  message_.headers = std::move(head.headers);
  minor_version_ = head.minor_version;
  method_ = head.method;
  target_ = head.target;
  if (fault) return fail(HttpState::bad, fault->text, fault->status);
  take_head();
  if (state_ != HttpState::need_more) return;
  constexpr int switching_protocols = 101;
  if (!is_request && head.status < 200 && head.status != switching_protocols) {  // the final response follows
    if (++interim_ > most_interim_responses) return fail(HttpState::bad, "nothing but interim responses", 400);
    arena_.clear();
    normal_.clear();
    message_.headers.clear();
    message_.status = 0;
    line_begin_ = 0;
    return;
  }
  header_done_ = true;
  expects_continue_ = head.expects_continue;
  if (too_large) return fail_body_too_large();
  if (beast_->is_done()) return complete();
  if (beast_->is_chunked()) lines_.emplace(limits_.header_bytes, !is_request);
}

std::size_t HttpParser::read_body(std::string_view data) {
  std::optional<HttpFault> fault;
  const std::size_t used = beast_->read_body(data, fault);
  if (state_ != HttpState::need_more) return used;  // `append` has refused it
  if (!fault) {
    if (beast_->is_done()) complete();
  } else if (fault->status == 413) {
    fail_body_too_large();
  } else {
    fail(HttpState::bad, fault->text, fault->status);
  }
  return used;
}

/// A piece of a chunk's content, or up to the end of a line between two.
std::size_t HttpParser::read_chunked(std::string_view data) {
  if (const std::uint64_t left = beast_->left_of_chunk(); left > 0)
    return read_body(data.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, data.size()))));
  const std::size_t taken = lines_->feed(data);
  switch (lines_->state()) {
    case ChunkLines::State::incomplete:
      if (!take(taken)) fail_all_too_large(HttpState::body_too_large, "bodies", 413);
      break;
    case ChunkLines::State::bad: fail(HttpState::bad, lines_->error(), 400); break;
    case ChunkLines::State::too_long: fail(HttpState::header_too_large, lines_->error() + (" > " + size_text(limits_.header_bytes)), 431); break;
    case ChunkLines::State::line: {
      const std::size_t used = read_body(lines_->text());
      lines_->consumed(used, beast_->left_of_chunk() > 0);
    }
  }
  return taken;
}

/// False if all messages together become too large.
bool HttpParser::take(std::uint64_t bytes) {
  if (limits_.all_bodies == nullptr || bytes == 0) return true;
  if (!limits_.all_bodies->take(bytes)) return false;
  budgeted_ += bytes;
  return true;
}

/// Takes what the head so far needs: it is kept as it came and in normal form, and each header is an object. A head of ordinary size is free.
void HttpParser::take_head() {
  constexpr std::uint64_t ordinary = 8192, of_a_header = 128;
  const std::uint64_t needed = 2 * arena_.size() + message_.headers.size() * of_a_header;
  if (needed <= ordinary + of_head_) return;
  const std::uint64_t more = needed - ordinary - of_head_;
  if (!take(more)) return fail_all_too_large(HttpState::header_too_large, "heads", 431);
  of_head_ += more;
}

/// False, and a state that is an error, if all bodies together become too large.
bool HttpParser::append(std::string_view content) {
  if (!take(content.size())) {
    fail_all_too_large(HttpState::body_too_large, "bodies", 413);
    return false;
  }
  body_.append(content);
  return true;
}

void HttpParser::fail_all_too_large(HttpState state, const char* what, int refusal) {
  fail(state, std::string("all ") + what + " at once > " + size_text(limits_.all_bodies->bytes()), refusal);
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
  if (header_done_ && beast_->ends_here()) complete();
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
