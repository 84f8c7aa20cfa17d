// SPDX-License-Identifier: Apache-2.0
#include "net/http/chunked_body.hpp"

#include <algorithm>

#include "net/http/characters.hpp"

namespace meterproof::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::size_t ChunkedBody::feed(std::string_view data, std::string_view& content) {
  content = {};
  if (part_ == Part::content) {
    content = data.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size())));
    left_ -= content.size();
    if (left_ == 0) part_ = Part::content_end;
    return content.size();
  }
  const std::size_t end = data.find('\n');
  const std::string_view piece = data.substr(0, end == std::string_view::npos ? end : end + 1);
  line_ += piece;
  // Wrong bytes are told before their line has ended: the peer may wait for the answer.
  if (part_ == Part::size && line_.front() != '\r' && line_.front() != '\n' && hex_digit(line_.front()) < 0) fail("a chunk size that is no number");
  else if (part_ == Part::content_end && line_.front() != '\r' && line_.front() != '\n') fail("a chunk longer than its size");
  else if (overhead_ + line_.size() > overhead_limit_) state_ = State::too_long, error_ = "chunk extensions and trailers";
  else if (end != std::string_view::npos) end_line();
  return piece.size();
}

void ChunkedBody::end_line() {
  line_.pop_back();
  const bool has_return = !line_.empty() && line_.back() == '\r';
  if (has_return) line_.pop_back();
  if (!has_return && !tolerant_) return fail("a line of a chunked body that ends in LF alone");
  if (!line_.empty() && !consists_of(line_, value_char)) return fail("a control character between chunks");
  switch (part_) {
    case Part::size: read_size(); break;
    case Part::content: break;
    case Part::content_end:
      if (!line_.empty()) return fail("a chunk longer than its size");
      part_ = Part::size;
      break;
    case Part::trailer: read_trailer(); break;
  }
  line_.clear();
}

void ChunkedBody::read_size() {
  constexpr std::size_t most_digits = 15;  // far above any limit, and without overflow
  const auto is_hex = [](char c) { return hex_digit(c) >= 0; };
  const std::string_view line = line_;
  const auto digits = static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_hex) - line.begin());
  const std::string_view behind = line.substr(digits);
  const std::string_view extension = behind.substr(std::min(behind.find_first_not_of(" \t"), behind.size()));
  if (digits == 0) return fail("a chunk size that is no number");
  left_ = 0;
  for (const char digit : line.substr(0, digits)) {
    if (left_ >> (4 * (most_digits - 1)) != 0) return fail("a chunk size that is too large");
    left_ = left_ * 16 + static_cast<std::uint64_t>(hex_digit(digit));
  }
  // Blanks may stand before an extension only (RFC 9112, section 7.1.1).
  if (extension.empty() ? !behind.empty() && !tolerant_ : extension.front() != ';') return fail("something behind a chunk size that is no extension");
  overhead_ += behind.size();
  part_ = left_ == 0 ? Part::trailer : Part::content;
}

void ChunkedBody::read_trailer() {
  if (line_.empty()) {
    state_ = State::complete;
    return;
  }
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !consists_of(line.substr(0, colon), token_char)) return fail("a trailer that is no header line");
  overhead_ += line.size() + 2;
}

}  // namespace meterproof::net
