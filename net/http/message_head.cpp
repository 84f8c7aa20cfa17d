// SPDX-License-Identifier: Apache-2.0
#include "net/http/message_head.hpp"

#include <algorithm>

#include "core/text/text.hpp"
#include "net/http/characters.hpp"

namespace meterproof::net {
namespace {

using Fault = std::optional<HttpFault>;

Fault bad(const char* text, int status = 400) { return HttpFault{status, text}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::uint32_t narrow(std::size_t offset) { return static_cast<std::uint32_t>(offset); }  // heads are far below 4 GiB

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

/// The text is a start line so far.
void make_normal_start_line(bool is_request, NormalHead& out) {
  constexpr std::size_t version_size = 8;  // HTTP/1.1
  const std::size_t at = is_request ? out.text.size() - std::min(out.text.size(), version_size) : 0;
  const std::string version = out.text.substr(at, version_size);
  const bool is_version = version.size() == version_size && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (is_version) out.is_http_1 = version[5] == '1';
  if (is_version && (version[7] > '1' || !out.is_http_1)) out.text.replace(at, version_size, "HTTP/1.1");
  if (!is_request && out.text.size() == version_size + 4) out.text += ' ';  // some servers leave out the reason with the space before it
}

/// "identity" is none (RFC 2616): the body is as it is.
bool names_a_coding(std::string_view transfer_encoding) {
  const auto list = list_of(transfer_encoding);
  return !std::all_of(list.begin(), list.end(), [](std::string_view one) { return core::equals_ignoring_case(one, "identity"); });
}

bool has_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' && core::equals_ignoring_case(line.substr(0, name.size()), name);
}

/// Reads what Beast has read into a head once more, for what Beast leaves to its user.
class HeadChecker {
 public:
  HeadChecker(std::string_view text, MessageHead& head) : text_(text), head_(head) {}

  std::string_view view(std::size_t at, std::size_t size) const { return text_.substr(at, size); }
  std::string_view target() const { return view(head_.target.first, head_.target.second); }
  bool is_named(const HeaderSpan& span, std::string_view name) const { return core::equals_ignoring_case(view(span.name, span.name_size), name); }
  HeaderSpan* find(std::string_view name) const {
    const auto found = std::find_if(head_.headers.begin(), head_.headers.end(), [&](const HeaderSpan& span) { return is_named(span, name); });
    return found == head_.headers.end() ? nullptr : &*found;
  }
  /// All values of a field, as one list (RFC 9110, section 5.3); nothing if the field is absent.
  std::optional<std::string> all_of(std::string_view name) const {
    std::optional<std::string> out;
    for (const HeaderSpan& span : head_.headers) {
      if (!is_named(span, name)) continue;
      const std::string_view value = view(span.value, span.value_size);
      out = out ? *out + "," + std::string(value) : std::string(value);
    }
    return out;
  }

  Fault check_host() const {
    const auto count = std::count_if(head_.headers.begin(), head_.headers.end(), [&](const HeaderSpan& span) { return is_named(span, "host"); });
    if (count > 1) return bad("two Host headers");
    if (count == 0) return head_.minor_version == 0 ? std::nullopt : bad("no Host header");
    const HeaderSpan& host = *find("host");
    if (host.value_size > 0 && !names_host(view(host.value, host.value_size))) return bad("a Host header that names no host");
    return std::nullopt;
  }

  Fault check_expectation() const {
    const auto expect = all_of("expect");
    if (!expect || head_.minor_version == 0) return std::nullopt;  // HTTP/1.0 knows no expectations (RFC 9110, section 10.1.1)
    for (const std::string_view one : list_of(*expect))
      if (!core::equals_ignoring_case(one, "100-continue")) return bad("an unknown expectation", 417);
    head_.expects_continue = true;
    return std::nullopt;
  }

  /// Beast takes a coding that it does not know for none, and gzip before chunked for nothing.
  Fault check_codings() const {
    const auto codings = all_of("transfer-encoding");
    if (!codings) return std::nullopt;
    if (head_.minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
    const auto list = list_of(*codings);
    const auto is_chunked = [](std::string_view one) { return core::equals_ignoring_case(one, "chunked"); };
    if (list.empty() || !is_chunked(list.back()) || std::count_if(list.begin(), list.end(), is_chunked) > 1)
      return bad("a Transfer-Encoding that does not end in chunked, once");
    if (list.size() > 1) return bad("a Transfer-Encoding other than chunked", 501);
    if (!head_.chunked) return bad("a Transfer-Encoding that is no regular list");  // Beast has read no "chunked"
    return std::nullopt;
  }

  /// "close" counts more than "keep-alive" (RFC 9112, section 9.3).
  void read_connection() const {
    const std::string options = all_of("connection").value_or("");
    const auto list = list_of(options);
    const auto has = [&](std::string_view name) {
      return std::any_of(list.begin(), list.end(), [&](std::string_view one) { return core::equals_ignoring_case(one, name); });
    };
    if (has("close") || (head_.minor_version == 0 && !has("keep-alive"))) head_.keep_alive = false;
  }

  Fault check_response() const {
    if (head_.status < 100) return bad("no status code of three digits");
    if (head_.status == 101) head_.keep_alive = false;                                       // what follows is another protocol
    const bool is_doubtful = head_.minor_version == 0 || find("content-length") != nullptr;  // a proxy may see another end
    if (is_doubtful && names_a_coding(all_of("transfer-encoding").value_or(""))) head_.keep_alive = false;
    return std::nullopt;
  }

 private:
  std::string_view text_;
  MessageHead& head_;
};

/// http://authority/path: proxies are sent this form, and a server must take it too. The authority counts, not Host (RFC 9112, section 3.2.2).
Fault read_target_form(std::string& text, MessageHead& head) {
  const HeadChecker checker(text, head);
  const std::string_view target = checker.target();
  const std::size_t scheme_end = target.find("://");
  if (target.front() == '/' || scheme_end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = target.substr(0, scheme_end);
  if (!core::equals_ignoring_case(scheme, "http") && !core::equals_ignoring_case(scheme, "https")) return std::nullopt;
  const std::size_t authority_at = scheme_end + 3;
  const std::size_t path_at = std::min(target.find_first_of("/?#", authority_at), target.size());
  const std::size_t authority_size = path_at - authority_at;
  if (!names_host(target.substr(authority_at, authority_size))) return bad("a request target that names no host");
  const std::uint32_t authority = head.target.first + narrow(authority_at);
  HeaderSpan* const host = checker.find("host");
  const std::string path = "/" + std::string(target.substr(path_at));  // for a target without a path
  if (path_at < target.size() && target[path_at] == '/') {
    head.target = {head.target.first + narrow(path_at), narrow(target.size() - path_at)};
  } else {
    head.target = {narrow(text.size()), narrow(path.size())};
    text += path;
  }
  if (host != nullptr) {
    host->value = authority;
    host->value_size = narrow(authority_size);
  } else {
    constexpr std::string_view name = "Host";
    head.headers.push_back({narrow(text.size()), narrow(name.size()), authority, narrow(authority_size)});
    text += name;
  }
  return std::nullopt;
}

}  // namespace

NormalHead normal_head(bool is_request, std::string_view head) {
  NormalHead out;
  std::vector<std::size_t> lines;  // where they begin
  while (!head.empty()) {
    std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool is_folded = lines.size() > 1 && (line.starts_with(' ') || line.starts_with('\t'));
    if (is_folded) out.text.replace(out.text.size() - 2, 2, "  ");
    else lines.push_back(out.text.size());
    out.text += line;
    if (lines.size() == 1) make_normal_start_line(is_request, out);
    out.text += "\r\n";
  }
  std::vector<std::size_t> codings, lengths;
  for (const std::size_t at : lines) {
    const std::string_view line = std::string_view(out.text).substr(at, out.text.find("\r\n", at) - at);
    if (has_name(line, "connection") || has_name(line, "proxy-connection")) out.hidden.push_back(at);
    if (is_request) continue;
    if (has_name(line, "content-length")) lengths.push_back(at);
    if (has_name(line, "transfer-encoding")) (names_a_coding(line.substr(line.find(':') + 1)) ? codings : out.hidden).push_back(at);
  }
  if (codings.empty()) return out;
  out.hidden.insert(out.hidden.end(), codings.begin(), codings.end() - 1);
  out.hidden.insert(out.hidden.end(), lengths.begin(), lengths.end());
  return out;
}

std::optional<HttpFault> check_head(bool is_request, NormalHead& normal, MessageHead& head) {
  if (!normal.is_http_1) return bad("not HTTP/1.1", 505);
  const HeadChecker checker(normal.text, head);
  checker.read_connection();
  if (!is_request) return checker.check_response();
  if (auto fault = checker.check_host()) return fault;
  if (auto fault = checker.check_expectation()) return fault;
  if (auto fault = checker.check_codings()) return fault;
  return read_target_form(normal.text, head);  // last: the text may grow
}

bool can_begin_request(std::string_view bytes) {
  const std::string_view method = bytes.substr(0, std::min(bytes.find(' '), bytes.size()));
  return method.size() <= longest_method && consists_of(method, token_char);
}

bool can_begin_response(std::string_view bytes) {
  constexpr std::string_view protocol = "HTTP/";
  return bytes.starts_with(protocol.substr(0, std::min(protocol.size(), bytes.size())));
}

}  // namespace meterproof::net
