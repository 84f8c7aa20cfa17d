// SPDX-License-Identifier: Apache-2.0
#include "net/http/fast_parser.hpp"

#include <strings.h>

#include <bit>
#include <cstring>

#include "core/text/u8x16.hpp"
#include "net/http/characters.hpp"

namespace meterproof::net {
namespace {

/// The end of a header name. Most names are letters and hyphens, so those are skipped 16 at a time; the loop below handles the rest.
std::size_t name_end(std::string_view bytes, std::size_t at) {
#ifdef METERPROOF_SIMD
  using core::U8x16;
  while (at + U8x16::count <= bytes.size()) {
    const int letters = std::countr_one(U8x16(bytes.data() + at).letters_and_hyphens());
    at += static_cast<std::size_t>(letters);
    if (letters < U8x16::count) break;
  }
#endif
  while (at < bytes.size() && is_in_class(bytes[at], token_char)) ++at;
  return at;
}

/// The end of a header value: the first control character other than a tab.
std::size_t value_end(std::string_view bytes, std::size_t at) {
#ifdef METERPROOF_SIMD
  using core::U8x16;
  while (at + U8x16::count <= bytes.size()) {
    const unsigned control_characters = U8x16(bytes.data() + at).controls();
    at += control_characters == 0 ? U8x16::count : static_cast<std::size_t>(std::countr_zero(control_characters));
    if (control_characters != 0 && bytes[at] != '\t') return at;
    if (control_characters != 0) ++at;
  }
#endif
  while (at < bytes.size() && is_in_class(bytes[at], value_char)) ++at;
  return at;
}

/// `word` must be lower case.
bool equals_lower_case(std::string_view text, std::string_view word) {
  return text.size() == word.size() && (text.front() | 0x20) == word.front() && strncasecmp(text.data(), word.data(), text.size()) == 0;
}

bool read_length(std::string_view text, std::uint64_t& out) {
  constexpr std::size_t max_digits = 12;  // cannot overflow; body limits are far below
  if (text.empty() || text.size() > max_digits) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

/// Reads the header lines after the first line, up to the empty line.
class FieldReader {
 public:
  FieldReader(std::string_view bytes, std::uint64_t header_limit, FastMessage& out) : bytes_(bytes.substr(0, header_limit)), out_(out) {}

  bool read(std::size_t at) {
    out_.headers.clear();
    out_.keep_alive = true;
    for (;;) {
      if (at + 1 >= bytes_.size()) return false;
      if (bytes_[at] == '\r') {
        if (bytes_[at + 1] != '\n') return false;
        out_.head_size = static_cast<std::uint32_t>(at + 2);
        return true;
      }
      if (!read_line(at)) return false;
    }
  }

  bool has_content_length() const { return has_content_length_; }
  bool has_host() const { return has_host_; }

 private:
  bool read_line(std::size_t& at) {
    const std::size_t name_at = at;
    at = name_end(bytes_, at);
    if (at == name_at || at == bytes_.size() || bytes_[at] != ':') return false;
    const std::string_view name(bytes_.data() + name_at, at - name_at);
    ++at;
    while (at < bytes_.size() && (bytes_[at] == ' ' || bytes_[at] == '\t')) ++at;
    const std::size_t value_at = at;
    at = value_end(bytes_, at);
    if (at + 1 >= bytes_.size() || bytes_[at] != '\r' || bytes_[at + 1] != '\n') return false;
    std::size_t end = at;
    while (end > value_at && (bytes_[end - 1] == ' ' || bytes_[end - 1] == '\t')) --end;
    at += 2;
    const std::string_view value(bytes_.data() + value_at, end - value_at);
    out_.headers.push_back({static_cast<std::uint32_t>(name_at), static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value_at),
                            static_cast<std::uint32_t>(value.size())});
    return check_field(name, value);
  }

  /// Notes the fields that frame the message. Returns false for one that needs more than plain framing; the size is compared first because it
  /// rules out nearly every name.
  bool check_field(std::string_view name, std::string_view value) {
    switch (name.size()) {
      case 4:
        if (!equals_lower_case(name, "host")) return true;
        if (has_host_) return false;
        has_host_ = true;
        return names_host(value);
      case 6: return !equals_lower_case(name, "expect");
      case 7: return !equals_lower_case(name, "upgrade") && !equals_lower_case(name, "trailer");
      case 10:
        if (!equals_lower_case(name, "connection")) return true;
        if (!equals_lower_case(value, "close")) return equals_lower_case(value, "keep-alive");
        out_.keep_alive = false;
        return true;
      case 14:
        if (!equals_lower_case(name, "content-length")) return true;
        if (has_content_length_) return false;  // two of them: a request smuggling risk (RFC 9112, section 6.3)
        has_content_length_ = true;
        return read_length(value, out_.body_size);
      case 16: return !equals_lower_case(name, "proxy-connection");
      case 17: return !equals_lower_case(name, "transfer-encoding");
      default: return true;
    }
  }

  std::string_view bytes_;
  FastMessage& out_;
  bool has_content_length_ = false, has_host_ = false;
};

bool parse_fields(std::string_view bytes, std::size_t at, std::uint64_t header_limit, std::uint64_t body_limit, bool request, FastMessage& out) {
  out.body_size = 0;
  FieldReader fields(bytes, header_limit, out);
  // A request needs a Host, a response a length: without it, it ends with the connection.
  if (!fields.read(at) || !(request ? fields.has_host() : fields.has_content_length())) return false;
  return out.body_size <= body_limit && out.body_size <= bytes.size() - out.head_size;
}

constexpr std::string_view version = "HTTP/1.1";

}  // namespace

bool parse_fast_request(std::string_view bytes, std::uint64_t header_limit, std::uint64_t body_limit, FastMessage& out) {
  const auto* end = static_cast<const char*>(std::memchr(bytes.data(), '\r', bytes.size()));
  if (end == nullptr) return false;
  const std::string_view line = bytes.substr(0, static_cast<std::size_t>(end - bytes.data()));
  if (bytes.size() < line.size() + 2 || bytes[line.size() + 1] != '\n') return false;
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos || line.size() < first + 2 + version.size() + 1) return false;
  const std::size_t second = line.size() - version.size() - 1;
  if (second <= first + 1 || line[second] != ' ' || line.substr(second + 1) != version) return false;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  if (out.method.size() > longest_method || !consists_of(out.method, token_char) || out.target.front() != '/' || !consists_of(out.target, target_char))
    return false;
  return parse_fields(bytes, line.size() + 2, header_limit, body_limit, true, out);
}

bool parse_fast_response(std::string_view bytes, std::uint64_t header_limit, std::uint64_t body_limit, FastMessage& out) {
  constexpr std::size_t code_at = version.size() + 1;
  if (bytes.size() < code_at + 4 || !bytes.starts_with(version) || bytes[version.size()] != ' ' || bytes[code_at + 3] != ' ') return false;
  std::uint64_t status = 0;
  if (!read_length(bytes.substr(code_at, 3), status) || status < 200 || status == 204 || status == 304)
    return false;  // these have no body, whatever the fields say
  out.status = static_cast<int>(status);
  const auto* end = static_cast<const char*>(std::memchr(bytes.data(), '\r', bytes.size()));
  if (end == nullptr) return false;
  const auto line = static_cast<std::size_t>(end - bytes.data());
  if (bytes.size() < line + 2 || bytes[line + 1] != '\n') return false;
  const std::string_view reason = bytes.substr(code_at + 4, line - code_at - 4);
  if (!reason.empty() && !consists_of(reason, value_char)) return false;
  return parse_fields(bytes, line + 2, header_limit, body_limit, false, out);
}

}  // namespace meterproof::net
