// SPDX-License-Identifier: Apache-2.0
// Tells whether a request that got no reply can have been read, from what the kernel knows of its TCP connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace meterproof::net {

/// Bytes that the peer has acknowledged since the connection was opened (tcp(7), TCP_INFO); nothing where the kernel does not tell.
std::optional<std::uint64_t> acknowledged_bytes(int fd);

/// For a connection whose end the peer has told (recv returned 0), where `acknowledged` was measured before the request was sent. True if no program
/// can have read a byte of the request: the end of the stream acknowledges whatever had come before it, and a reset, which says that nobody reads any
/// more, has answered the request. Waits for that reset, at most `patience`. An acknowledgement may be late, so a reset alone proves nothing.
bool was_not_read(int fd, std::uint64_t acknowledged, std::chrono::milliseconds patience);

}  // namespace meterproof::net
