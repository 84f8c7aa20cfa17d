// SPDX-License-Identifier: Apache-2.0
// Boost.Beast's parser, of one message whose lines are in normal form. Boost's headers stay in the source file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "net/http/message_head.hpp"

namespace meterproof::net {

class BeastParser {
 public:
  /// Is given the body in pieces; returns false to stop.
  using Content = std::function<bool(std::string_view)>;

  static std::unique_ptr<BeastParser> make(bool is_request, std::uint64_t body_limit, Content content);

  BeastParser() = default;
  virtual ~BeastParser() = default;
  BeastParser(const BeastParser&) = delete;
  BeastParser& operator=(const BeastParser&) = delete;

  /// `text`: a complete head. A fault with status 413 means that the body is too large; `out` is complete then.
  virtual std::optional<HttpFault> read_head(std::string_view text, MessageHead& out) = 0;
  /// Reads on behind the head, and returns how many bytes were consumed. Others must be given again, with those that follow.
  virtual std::size_t read_body(std::string_view bytes, std::optional<HttpFault>& fault) = 0;
  virtual bool is_chunked() const = 0;
  /// Bytes of the present chunk that are still to come.
  virtual std::uint64_t left_of_chunk() const = 0;
  virtual bool is_done() const = 0;
  /// Whether the message ends with its connection.
  virtual bool ends_here() = 0;
};

}  // namespace meterproof::net
