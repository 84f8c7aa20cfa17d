// SPDX-License-Identifier: Apache-2.0
// The lines between chunks (RFC 9112, section 7.1), gathered and put into normal form for Beast, which reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meterproof::net {

class ChunkLines {
 public:
  enum class State { incomplete, line, bad, too_long };

  /// `overhead_limit`: bytes that all extensions and trailers may have together. `tolerant`: takes lines that end in LF alone, and blanks or any
  /// extension behind a chunk's size. Of a request they are not taken: two readers could disagree about where it ends.
  ChunkLines(std::uint32_t overhead_limit, bool tolerant) : overhead_limit_(overhead_limit), tolerant_(tolerant) {}

  /// Consumes a prefix of `data`, which is not empty, up to the end of a line, and returns its size.
  std::size_t feed(std::string_view data);
  State state() const { return state_; }
  /// Of a state that is an error: why.
  const char* error() const { return error_; }
  /// If a line has come: it, behind those that Beast has not consumed yet.
  std::string_view text() const { return text_; }
  /// Tells how much of the text Beast has consumed, and whether the content of a chunk follows.
  void consumed(std::size_t size, bool content_follows);

 private:
  enum class Part { size, content_end, trailer };

  void end_line();
  void check_size();
  void fail(const char* why) { state_ = State::bad, error_ = why; }

  std::uint32_t overhead_limit_;
  bool tolerant_;
  State state_ = State::incomplete;
  const char* error_ = "";
  Part part_ = Part::size;
  std::string line_;  // the present line, as far as it has come
  std::string text_;
  std::size_t overhead_ = 0;  // bytes of extensions and trailers so far
};

}  // namespace meterproof::net
