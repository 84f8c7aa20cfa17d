// SPDX-License-Identifier: Apache-2.0
#include "net/http/http_parser.hpp"

#include <strings.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace meterproof::net {

namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

/// Stores what Beast parses in the owner's buffers. Not http::parser: its fields container allocates a node per header.
template <bool isRequest>
class HttpParser::BeastParser final : public beast_http::basic_parser<isRequest> {
 public:
  explicit BeastParser(HttpParser& owner) : owner_(owner) {
    this->header_limit(owner.limits_.header_bytes);
    this->body_limit(owner.limits_.body_bytes);
    this->eager(true);  // parse the body in the same call as the header
  }

 private:
  // Beast calls these as it parses. Views are only valid during the call, so everything is copied into the owner's buffers.
  using Text = beast::string_view;
  using Error = beast::error_code;

  void on_request_impl(beast_http::verb, Text method, Text target, int, Error&) override {
    owner_.method_ = {0, static_cast<std::uint32_t>(method.size())};
    owner_.target_ = {owner_.method_.second, static_cast<std::uint32_t>(target.size())};
    owner_.arena_.assign(method.data(), method.size()).append(target.data(), target.size());
  }
  void on_response_impl(int code, Text, int, Error&) override { owner_.message_.status = code; }
  void on_field_impl(beast_http::field name, Text name_text, Text value, Error&) override {
    std::string& arena = owner_.arena_;
    const HeaderSpan span{static_cast<std::uint32_t>(arena.size()), static_cast<std::uint32_t>(name_text.size()),
                          static_cast<std::uint32_t>(arena.size() + name_text.size()), static_cast<std::uint32_t>(value.size())};
    arena.append(name_text.data(), name_text.size());
    arena.append(value.data(), value.size());
    owner_.message_.headers.push_back(span);
    if (name == beast_http::field::expect && beast::iequals(value, "100-continue")) owner_.expects_continue_ = true;
  }
  void on_header_impl(Error&) override { owner_.header_done_ = true; }
  // Nothing to prepare: the body grows as it arrives, and body_limit stops it.
  void on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) override {}
  std::size_t on_body_impl(Text body, Error&) override {
    owner_.body_.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error&) override {
    owner_.body_.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(Error&) override {}

  HttpParser& owner_;
};

HttpParser::HttpParser(Kind kind, HttpLimits limits) : kind_(kind), limits_(limits) {}
HttpParser::~HttpParser() = default;

void HttpParser::reset() {
  request_.reset();
  response_.reset();
  state_ = HttpState::need_more;
  error_.clear();
  started_ = header_done_ = expects_continue_ = false;
  message_.keep_alive = true;
  message_.status = 0;
  message_.headers.clear();
  method_ = target_ = {};
  fast_message_ = {};
  body_.clear();
  arena_.clear();
}

std::size_t HttpParser::feed(std::string_view data) {
  if (state_ != HttpState::need_more || data.empty()) return 0;
  if (!started_) {
    // `data` need not outlive this call, so the message is copied.
    if (const std::size_t taken = feed_complete(data); taken > 0) {
      arena_.assign(fast_message_);
      fast_message_ = arena_;
      return taken;
    }
    if (kind_ == Kind::request) request_ = std::make_unique<BeastParser<true>>(*this);
    else response_ = std::make_unique<BeastParser<false>>(*this);
    started_ = true;
  }
  return feed_slow(data);
}

std::size_t HttpParser::feed_complete(std::string_view data) {
  // A failed attempt may have left fields in message_; the slow path must start without them.
  const auto read = kind_ == Kind::request ? parse_fast_request : parse_fast_response;
  if (!read(data, limits_.header_bytes, limits_.body_bytes, message_)) {
    message_.keep_alive = true;
    message_.headers.clear();
    return 0;
  }
  started_ = header_done_ = true;
  state_ = HttpState::complete;
  fast_message_ = data.substr(0, message_.head_size + message_.body_size);
  if (kind_ == Kind::request) {
    method_ = {0, static_cast<std::uint32_t>(message_.method.size())};
    target_ = {method_.second + 1, static_cast<std::uint32_t>(message_.target.size())};
  }
  return fast_message_.size();
}

std::size_t HttpParser::feed_slow(std::string_view data) {
  beast::error_code error;
  const boost::asio::const_buffer bytes(data.data(), data.size());
  const auto put = [&](auto& parser) {
    const std::size_t used = parser.put(bytes, error);
    if (error == beast_http::error::need_more) error = {};
    if (!error && parser.is_done()) {
      state_ = HttpState::complete;
      message_.keep_alive = parser.keep_alive();
    }
    return used;
  };
  const std::size_t used = kind_ == Kind::request ? put(*request_) : put(*response_);
  if (error) {
    state_ = error == beast_http::error::header_limit                                                ? HttpState::header_too_large
             : error == beast_http::error::body_limit || error == beast_http::error::buffer_overflow ? HttpState::body_too_large
                                                                                                     : HttpState::bad;
    error_ = error.message();
    // Beast checks its limits only on complete lines. What it leaves is one incomplete line of the header, a chunk size or a trailer.
  } else if (state_ == HttpState::need_more && data.size() - used > limits_.header_bytes) {
    state_ = HttpState::header_too_large;
    error_ = "header limit exceeded";
  }
  return used;
}

void HttpParser::finish() {
  // Only a response may end with the connection, and only behind its header.
  if (state_ != HttpState::need_more || kind_ != Kind::response || !header_done_) {
    if (state_ == HttpState::need_more) state_ = HttpState::bad, error_ = "the connection ended inside the message";
    return;
  }
  beast::error_code error;
  response_->put_eof(error);
  state_ = error ? HttpState::bad : HttpState::complete;
  if (error) error_ = "the connection ended inside the message";
  message_.keep_alive = false;
}

bool HttpParser::keep_alive() const { return message_.keep_alive; }

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
