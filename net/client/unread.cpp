// SPDX-License-Identifier: Apache-2.0
#include "net/client/unread.hpp"

#include <linux/tcp.h>  // its tcp_info has members that the one of <netinet/tcp.h> lacks; the two cannot be included together
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstddef>

namespace meterproof::net {
namespace {

std::optional<tcp_info> info_of(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) return std::nullopt;  // before Linux 4.1
  return info;
}

}  // namespace

std::optional<std::uint64_t> acknowledged_bytes(int fd) {
  const auto info = info_of(fd);
  return info ? std::optional<std::uint64_t>(info->tcpi_bytes_acked) : std::nullopt;
}

bool was_not_read(int fd, std::uint64_t acknowledged, std::chrono::milliseconds patience) {
  pollfd one{fd, 0, 0};  // a reset is reported unasked
  ::poll(&one, 1, static_cast<int>(patience.count()));
  constexpr std::uint8_t closed = 7;  // TCP_CLOSE of <netinet/tcp.h>: the reset has come
  const auto info = info_of(fd);
  return info && info->tcpi_state == closed && info->tcpi_bytes_acked == acknowledged;
}

}  // namespace meterproof::net
