// SPDX-License-Identifier: Apache-2.0
#include "net/http/beast_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <utility>

namespace meterproof::net {
namespace {

namespace http = boost::beast::http;
using Error = boost::beast::error_code;
using Text = boost::beast::string_view;

HttpFault bad(const char* text, int status = 400) { return {status, text}; }

HttpFault fault_of_head(const Error& error, bool chunked) {
  if (error == http::error::body_limit) return bad("", 413);
  if (error == http::error::bad_method) return bad("no method in the request line");
  if (error == http::error::bad_target) return bad("a character that no request target has");
  if (error == http::error::bad_version) return bad("no HTTP version");
  if (error == http::error::bad_status) return bad("no status code of three digits");
  if (error == http::error::bad_reason) return bad("a control character in the status line");
  if (error == http::error::bad_field) return bad("a header line that does not begin with a name and a colon");
  if (error == http::error::bad_value) return bad("a control character in a header value");
  if (error == http::error::bad_line_ending) return bad("a carriage return inside a line");
  if (error == http::error::multiple_content_length) return bad("two Content-Length headers that differ");
  // Beast tells a wrong value and a conflict of the two fields alike.
  if (error == http::error::bad_content_length && !chunked) return bad("Content-Length is no number");
  if (error == http::error::bad_transfer_encoding && chunked) return bad("a Transfer-Encoding that does not end in chunked, once");
  if (error == http::error::bad_content_length || error == http::error::bad_transfer_encoding) return bad("Transfer-Encoding together with Content-Length");
  return bad("no HTTP/1.1 message");
}

HttpFault fault_of_body(const Error& error) {
  if (error == http::error::body_limit) return bad("", 413);
  if (error == http::error::bad_chunk) return bad("a chunk size that is no number");
  if (error == http::error::bad_chunk_extension) return bad("something behind a chunk size that is no extension");
  return bad("a trailer that is no header line");
}

/// Not http::parser: its container of fields allocates for each of them.
template <bool is_request>
class Parser final : public BeastParser, private http::basic_parser<is_request> {
  using Base = http::basic_parser<is_request>;

 public:
  Parser(std::uint64_t body_limit, Content content) : content_(std::move(content)) {
    this->header_limit(std::numeric_limits<std::uint32_t>::max());  // the caller has a limit of its own
    this->body_limit(body_limit);
    this->eager(true);
  }

  std::optional<HttpFault> read_head(std::string_view text, MessageHead& out) override {
    text_ = text;
    head_ = &out;
    Error error;
    const std::size_t used = this->put(boost::asio::const_buffer(text.data(), text.size()), error);
    head_ = nullptr;
    if (error) return fault_of_head(error, this->chunked());
    if (used != text.size()) return bad("no HTTP/1.1 message");
    return std::nullopt;
  }

  std::size_t read_body(std::string_view bytes, std::optional<HttpFault>& fault) override {
    Error error;
    const std::size_t used = this->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != http::error::need_more) fault = fault_of_body(error);
    return used;
  }

  bool is_chunked() const override { return this->chunked(); }
  std::uint64_t left_of_chunk() const override { return left_of_chunk_; }
  bool is_done() const override { return Base::is_done(); }
  bool ends_here() override {
    Error error;
    this->put_eof(error);
    return !error;
  }

 private:
  std::pair<std::uint32_t, std::uint32_t> span(Text part) const {
    return {static_cast<std::uint32_t>(part.data() - text_.data()), static_cast<std::uint32_t>(part.size())};
  }

  // Beast calls these as it reads.
  void on_request_impl(http::verb, Text method, Text target, int version, Error&) override {
    head_->method = span(method);
    head_->target = span(target);
    head_->minor_version = version % 10;
  }
  void on_response_impl(int status, Text, int version, Error&) override {
    head_->status = status;
    head_->minor_version = version % 10;
  }
  void on_field_impl(http::field, Text name, Text value, Error&) override {
    if (head_ == nullptr) return;  // a trailer; they are dropped (RFC 9110, section 6.5.1)
    const auto [name_at, name_size] = span(name);
    const auto [value_at, value_size] = span(value);
    head_->headers.push_back({name_at, name_size, value_at, value_size});
  }
  void on_trailer_field_impl(http::field, Text, Text, Error&) {}  // overrides from Boost 1.90 on
  void on_header_impl(Error&) override {
    head_->chunked = this->chunked();
    head_->keep_alive = !this->need_eof();
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(Text body, Error& error) override {
    if (!content_({body.data(), body.size()})) error = http::error::body_limit;
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, Text, Error&) override { left_of_chunk_ = size; }
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error& error) override {
    left_of_chunk_ -= body.size();
    return on_body_impl(body, error);
  }
  void on_finish_impl(Error&) override {}

  Content content_;
  std::string_view text_;        // of the head, while it is read
  MessageHead* head_ = nullptr;  // nothing behind the head
  std::uint64_t left_of_chunk_ = 0;
};

}  // namespace

std::unique_ptr<BeastParser> BeastParser::make(bool is_request, std::uint64_t body_limit, Content content) {
  if (is_request) return std::make_unique<Parser<true>>(body_limit, std::move(content));
  return std::make_unique<Parser<false>>(body_limit, std::move(content));
}

}  // namespace meterproof::net
