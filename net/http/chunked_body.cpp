// SPDX-License-Identifier: Apache-2.0
#include "net/http/chunked_body.hpp"

#include <algorithm>

#include "core/text/text.hpp"
#include "net/http/characters.hpp"

namespace meterproof::net {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";

bool is_hex(char c) { return hex_digits.find(c) != std::string_view::npos; }

/// A trailer that would frame the message; it counts for nothing (RFC 9110, section 6.5.1), and Beast must not see it.
bool is_framing(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(':'));
  return name.size() < line.size() && (core::equals_ignoring_case(name, "content-length") || core::equals_ignoring_case(name, "transfer-encoding"));
}

}  // namespace

std::size_t ChunkLines::feed(std::string_view data) {
  state_ = State::incomplete;
  const std::size_t end = data.find('\n');
  const std::string_view piece = data.substr(0, end == std::string_view::npos ? end : end + 1);
  line_ += piece;
  // Wrong bytes are told before their line has ended: the peer may wait for the answer.
  const bool begins_with_end = line_.front() == '\r' || line_.front() == '\n';
  if (part_ == Part::size && !is_hex(line_.front())) fail("a chunk size that is no number");
  else if (part_ == Part::content_end && !begins_with_end) fail("a chunk longer than its size");
  else if (overhead_ + line_.size() > overhead_limit_) state_ = State::too_long, error_ = "chunk extensions and trailers";
  else if (end != std::string_view::npos) end_line();
  return piece.size();
}

void ChunkLines::end_line() {
  line_.pop_back();
  const bool has_return = line_.ends_with('\r');
  if (has_return) line_.pop_back();
  if (!has_return && !tolerant_) return fail("a line of a chunked body that ends in LF alone");
  if (!line_.empty() && !consists_of(line_, value_char)) return fail("a control character between chunks");
  if (part_ == Part::size) check_size();
  if (part_ == Part::trailer && !line_.empty() && line_.find(':') == std::string::npos) return fail("a trailer that is no header line");
  if (part_ == Part::trailer) overhead_ += line_.size() + 2;
  if (state_ == State::bad) return;
  state_ = State::line;
  if (part_ != Part::trailer || !is_framing(line_)) text_ += line_ + "\r\n";
  line_.clear();
}

void ChunkLines::check_size() {
  constexpr std::size_t most_digits = 15;  // far above any limit, and no number that a reader of 64 bits could misread
  const std::size_t digits = std::min(line_.find_first_not_of(hex_digits), line_.size());
  const std::size_t zeros = std::min(line_.find_first_not_of('0'), digits);
  if (digits - zeros > most_digits) return fail("a chunk size that is too large");
  overhead_ += line_.size() - digits;
  const std::size_t behind = line_.find_first_not_of(" \t", digits);
  if (tolerant_ && (behind == std::string::npos || line_[behind] == ';')) line_.resize(digits);
}

void ChunkLines::consumed(std::size_t size, bool content_follows) {
  text_.erase(0, size);
  if (content_follows) part_ = Part::content_end;
  else if (part_ == Part::content_end) part_ = Part::size;
  else part_ = Part::trailer;
}

}  // namespace meterproof::net
