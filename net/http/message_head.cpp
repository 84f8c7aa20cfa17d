// SPDX-License-Identifier: Apache-2.0
#include "net/http/message_head.hpp"

#include <algorithm>

#include "core/text/text.hpp"
#include "net/http/characters.hpp"

namespace meterproof::net {
namespace {

using Fault = std::optional<HeadFault>;

Fault bad(const char* text, int status = 400) { return HeadFault{status, text}; }

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The elements of a comma-separated list, trimmed; empty ones are left out (RFC 9110, section 5.6.1.2).
std::vector<std::string_view> list_of(std::string&&) = delete;  // the elements would point into what is gone
std::vector<std::string_view> list_of(std::string_view value) {
  std::vector<std::string_view> out;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    if (const std::string_view one = core::trimmed(value.substr(0, comma)); !one.empty()) out.push_back(one);
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return out;
}

class HeadReader {
 public:
  HeadReader(std::string& text, MessageHead& out) : text_(text), out_(out) { out_ = {}; }

  Fault read_request() {
    if (auto fault = read_request_line(next_line())) return fault;
    if (auto fault = read_fields()) return fault;
    if (auto fault = check_host()) return fault;
    if (auto fault = read_target_form()) return fault;
    if (auto fault = check_expectation()) return fault;
    return frame_request();
  }
  Fault read_response() {
    if (auto fault = read_status_line(next_line())) return fault;
    if (auto fault = read_fields()) return fault;
    return frame_response();
  }

 private:
  /// A line without its end: offsets into the text.
  struct Line {
    std::size_t begin = 0, end = 0;
  };

  std::string_view view(std::size_t at, std::size_t size) const { return std::string_view(text_).substr(at, size); }
  std::string_view name_of(const HeaderSpan& span) const { return view(span.name, span.name_size); }
  std::string_view value_of(const HeaderSpan& span) const { return view(span.value, span.value_size); }
  static std::uint32_t narrow(std::size_t offset) { return static_cast<std::uint32_t>(offset); }  // heads are far below 4 GiB

  Line next_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    Line out{at_, end};
    if (out.end > out.begin && text_[out.end - 1] == '\r') --out.end;
    at_ = end + 1;
    return out;
  }

  /// HTTP/1.x at the end of a request line or at the beginning of a status line.
  Fault read_version(std::string_view version) {
    const bool is_http = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (!is_http) return bad("no HTTP version");
    if (version[5] != '1') return bad("not HTTP/1.1", 505);
    out_.minor_version = version[7] == '0' ? 0 : 1;
    return std::nullopt;
  }

  Fault read_request_line(const Line& line) {
    const std::string_view text = view(line.begin, line.end - line.begin);
    const std::size_t first = text.find(' '), second = text.rfind(' ');
    if (first == std::string_view::npos || !consists_of(text.substr(0, first), token_char)) return bad("no method in the request line");
    if (second == first) return bad("no HTTP version in the request line");
    const std::string_view target = text.substr(first + 1, second - first - 1);
    const auto fits = [](char c) { return is_in_class(c, target_char) || static_cast<unsigned char>(c) >= 0x80; };
    if (target.empty() || !std::all_of(target.begin(), target.end(), fits)) return bad("a character that no request target has");
    out_.method = {narrow(line.begin), narrow(first)};
    out_.target = {narrow(line.begin + first + 1), narrow(target.size())};
    return read_version(text.substr(second + 1));
  }

  Fault read_status_line(const Line& line) {
    constexpr std::size_t version_size = 8, code_at = version_size + 1;
    const std::string_view text = view(line.begin, line.end - line.begin);
    if (auto fault = read_version(text.substr(0, version_size))) return fault;
    const bool has_code = text.size() >= code_at + 3 && text[version_size] == ' ' && text[code_at] != '0' &&
                          std::all_of(text.begin() + code_at, text.begin() + code_at + 3, is_digit);
    // Some servers leave out the reason phrase with the space before it.
    if (!has_code || (text.size() > code_at + 3 && text[code_at + 3] != ' ')) return bad("no status code of three digits");
    const std::string_view reason = text.substr(code_at + 3);
    if (!reason.empty() && !consists_of(reason, value_char)) return bad("a control character in the status line");
    out_.status = (text[code_at] - '0') * 100 + (text[code_at + 1] - '0') * 10 + (text[code_at + 2] - '0');
    return std::nullopt;
  }

  Fault read_fields() {
    for (;;) {
      const Line line = next_line();
      if (line.begin >= line.end) return std::nullopt;
      if (auto fault = is_blank(text_[line.begin]) ? join_to_value(line) : read_field(line)) return fault;
    }
  }

  Fault read_field(const Line& line) {
    const std::size_t colon = std::min(text_.find(':', line.begin), line.end);
    if (colon == line.end) return bad("a header line without a colon");
    if (!consists_of(view(line.begin, colon - line.begin), token_char)) return bad("a character that no header name has");
    std::size_t begin = colon + 1, end = line.end;
    while (begin < end && is_blank(text_[begin])) ++begin;
    while (end > begin && is_blank(text_[end - 1])) --end;
    if (end > begin && !consists_of(view(begin, end - begin), value_char)) return bad("a control character in a header value");
    out_.headers.push_back({narrow(line.begin), narrow(colon - line.begin), narrow(begin), narrow(end - begin)});
    return std::nullopt;
  }

  /// A folded line is part of the value before it (RFC 9112, section 5.2). What lies between the two becomes blanks.
  Fault join_to_value(const Line& line) {
    if (out_.headers.empty()) return bad("the first header line begins with a blank");
    HeaderSpan& before = out_.headers.back();
    std::size_t begin = line.begin, end = line.end;
    while (begin < end && is_blank(text_[begin])) ++begin;
    while (end > begin && is_blank(text_[end - 1])) --end;
    if (begin == end) return std::nullopt;
    if (!consists_of(view(begin, end - begin), value_char)) return bad("a control character in a header value");
    if (before.value_size == 0) {
      before.value = narrow(begin);
    } else {
      const std::size_t value_end = before.value + before.value_size;
      std::fill(text_.begin() + static_cast<std::ptrdiff_t>(value_end), text_.begin() + static_cast<std::ptrdiff_t>(begin), ' ');
    }
    before.value_size = narrow(end) - before.value;
    return std::nullopt;
  }

  /// All values of a field, as one list (RFC 9110, section 5.3); nothing if the field is absent.
  std::optional<std::string> all_of(std::string_view name) const {
    std::optional<std::string> out;
    for (const HeaderSpan& span : out_.headers)
      if (core::equals_ignoring_case(name_of(span), name)) out = out ? *out + "," + std::string(value_of(span)) : std::string(value_of(span));
    return out;
  }

  Fault check_host() {
    HeaderSpan* host = nullptr;
    for (HeaderSpan& span : out_.headers) {
      if (!core::equals_ignoring_case(name_of(span), "host")) continue;
      if (host != nullptr) return bad("two Host headers");
      host = &span;
    }
    if (host == nullptr) return out_.minor_version == 0 ? std::nullopt : bad("no Host header");
    if (host->value_size > 0 && !consists_of(value_of(*host), host_char)) return bad("a Host header that names no host");
    return std::nullopt;
  }

  /// http://authority/path: proxies are sent this form, and a server must take it too. The authority counts, not Host (RFC 9112, section 3.2.2).
  Fault read_target_form() {
    const std::string_view target = view(out_.target.first, out_.target.second);
    const std::size_t scheme_end = target.find("://");
    if (target.front() == '/' || scheme_end == std::string_view::npos) return std::nullopt;
    const std::string_view scheme = target.substr(0, scheme_end);
    if (!core::equals_ignoring_case(scheme, "http") && !core::equals_ignoring_case(scheme, "https")) return std::nullopt;
    const std::size_t authority_at = scheme_end + 3;
    const std::size_t path_at = std::min(target.find_first_of("/?#", authority_at), target.size());
    const std::size_t authority_size = path_at - authority_at;
    if (!consists_of(target.substr(authority_at, authority_size), host_char)) return bad("a request target that names no host");
    const std::uint32_t authority = out_.target.first + narrow(authority_at);
    if (path_at < target.size() && target[path_at] == '/') {
      out_.target = {out_.target.first + narrow(path_at), narrow(target.size() - path_at)};
    } else {
      const std::string path = "/" + std::string(target.substr(path_at));
      out_.target = {narrow(text_.size()), narrow(path.size())};
      text_ += path;
    }
    const auto host =
        std::find_if(out_.headers.begin(), out_.headers.end(), [&](const HeaderSpan& span) { return core::equals_ignoring_case(name_of(span), "host"); });
    if (host != out_.headers.end()) {
      host->value = authority;
      host->value_size = narrow(authority_size);
    } else {
      constexpr std::string_view name = "Host";
      out_.headers.push_back({narrow(text_.size()), narrow(name.size()), authority, narrow(authority_size)});
      text_ += name;
    }
    return std::nullopt;
  }

  Fault check_expectation() {
    const auto expect = all_of("expect");
    if (!expect || out_.minor_version == 0) return std::nullopt;  // HTTP/1.0 knows no expectations (RFC 9110, section 10.1.1)
    for (const std::string_view one : list_of(*expect))
      if (!core::equals_ignoring_case(one, "100-continue")) return bad("an unknown expectation", 417);
    out_.expects_continue = true;
    return std::nullopt;
  }

  void read_connection() {
    bool close = false, keep = false;
    const std::string options = all_of("connection").value_or("");
    for (const std::string_view one : list_of(options)) {
      close = close || core::equals_ignoring_case(one, "close");
      keep = keep || core::equals_ignoring_case(one, "keep-alive");
    }
    out_.keep_alive = !close && (keep || out_.minor_version > 0);
  }

  /// The number that all Content-Length fields agree on.
  Fault read_length(std::optional<std::uint64_t>& length) const {
    const auto given = all_of("content-length");
    if (!given) return std::nullopt;
    constexpr std::size_t most_digits = 18;  // fits in 64 bits; no body limit is near
    std::string_view rest = *given;
    for (;;) {
      const std::size_t comma = rest.find(',');
      const std::string_view one = core::trimmed(rest.substr(0, comma));
      if (one.empty() || one.size() > most_digits || !std::all_of(one.begin(), one.end(), is_digit)) return bad("Content-Length is no number");
      std::uint64_t number = 0;
      for (const char digit : one) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
      if (length && *length != number) return bad("two Content-Length headers that differ");
      length = number;
      if (comma == std::string_view::npos) return std::nullopt;
      rest.remove_prefix(comma + 1);
    }
  }

  void set_length(std::optional<std::uint64_t> length, MessageHead::Framing otherwise) {
    out_.framing = length ? MessageHead::Framing::length : otherwise;
    out_.length = length.value_or(0);
    if (length == 0U) out_.framing = MessageHead::Framing::no_body;
  }

  Fault frame_request() {
    read_connection();
    std::optional<std::uint64_t> length;
    if (auto fault = read_length(length)) return fault;
    const auto codings = all_of("transfer-encoding");
    if (!codings) return set_length(length, MessageHead::Framing::no_body), std::nullopt;
    if (out_.minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
    if (length) return bad("Transfer-Encoding together with Content-Length");
    const auto list = list_of(*codings);
    const auto is_chunked = [](std::string_view one) { return core::equals_ignoring_case(one, "chunked"); };
    if (list.empty() || !is_chunked(list.back()) || std::count_if(list.begin(), list.end(), is_chunked) > 1)
      return bad("a Transfer-Encoding that does not end in chunked, once");
    if (list.size() > 1) return bad("a Transfer-Encoding other than chunked", 501);
    out_.framing = MessageHead::Framing::chunked;
    return std::nullopt;
  }

  Fault frame_response() {
    read_connection();
    if (out_.status < 200 || out_.status == 204 || out_.status == 304) {  // these have no body, whatever the fields say
      if (out_.status == 101) out_.keep_alive = false;                    // what follows is another protocol
      return std::nullopt;
    }
    std::vector<std::string_view> codings;
    const auto given = all_of("transfer-encoding");
    if (given) codings = list_of(*given);
    std::erase_if(codings, [](std::string_view one) { return core::equals_ignoring_case(one, "identity"); });  // of RFC 2616: as it is
    std::optional<std::uint64_t> length;
    if (codings.empty()) {
      if (auto fault = read_length(length)) return fault;
      set_length(length, MessageHead::Framing::until_close);
    } else {
      out_.framing = core::equals_ignoring_case(codings.back(), "chunked") ? MessageHead::Framing::chunked : MessageHead::Framing::until_close;
      if (all_of("content-length") || out_.minor_version == 0) out_.keep_alive = false;  // a proxy may see another end
    }
    if (out_.framing == MessageHead::Framing::until_close) out_.keep_alive = false;
    return std::nullopt;
  }

  std::string& text_;
  MessageHead& out_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<HeadFault> read_request_head(std::string& text, MessageHead& out) { return HeadReader(text, out).read_request(); }
std::optional<HeadFault> read_response_head(std::string& text, MessageHead& out) { return HeadReader(text, out).read_response(); }

bool can_begin_request(std::string_view bytes) {
  constexpr std::size_t longest_method = 32;
  const std::string_view method = bytes.substr(0, std::min(bytes.find(' '), bytes.size()));
  return method.size() <= longest_method && consists_of(method, token_char);
}

bool can_begin_response(std::string_view bytes) {
  constexpr std::string_view protocol = "HTTP/";
  return bytes.starts_with(protocol.substr(0, std::min(protocol.size(), bytes.size())));
}

}  // namespace meterproof::net
