// SPDX-License-Identifier: Apache-2.0
// Takes the chunks off a body with Transfer-Encoding: chunked (RFC 9112, section 7.1). Extensions and trailers are read and dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meterproof::net {

class ChunkedBody {
 public:
  enum class State { need_more, complete, bad, too_long };

  /// `overhead_limit`: bytes that all extensions and trailers may have together. `tolerant`: takes lines that end in LF alone, and blanks behind a
  /// chunk's size. Of a request neither is taken: two readers could disagree about where it ends.
  ChunkedBody(std::uint32_t overhead_limit, bool tolerant) : overhead_limit_(overhead_limit), tolerant_(tolerant) {}

  /// Consumes a prefix of `data`, which is not empty, and returns its size. `content` becomes what of it belongs to the body; it points into `data`.
  std::size_t feed(std::string_view data, std::string_view& content);

  State state() const { return state_; }
  /// Of a state that is an error: why.
  const char* error() const { return error_; }
  /// Bytes of the present chunk that are still to come.
  std::uint64_t announced() const { return part_ == Part::content ? left_ : 0; }

 private:
  enum class Part { size, content, content_end, trailer };

  void end_line();
  void read_size();
  void read_trailer();
  void fail(const char* why) { state_ = State::bad, error_ = why; }

  std::uint32_t overhead_limit_;
  bool tolerant_;
  State state_ = State::need_more;
  const char* error_ = "";
  Part part_ = Part::size;
  std::string line_;          // the present line, as far as it has come
  std::size_t overhead_ = 0;  // bytes of extensions and trailers so far
  std::uint64_t left_ = 0;    // of the present chunk
};

}  // namespace meterproof::net
