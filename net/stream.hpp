// SPDX-License-Identifier: Apache-2.0
// A connected TCP socket that does not block, plain or with TLS. What it does it does as recv(2) and send(2) do; without TLS these are its calls.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/fd.hpp"
#include "net/tls.hpp"

namespace meterproof::net {

/// Move-only. Not thread-safe.
class Stream {
 public:
  Stream() = default;
  /// A plain one.
  explicit Stream(Fd socket) : socket_(std::move(socket)) {}
  /// The client's end of TLS, for a server of that name or IP address: the certificate must be its own (RFC 9110, section 4.3.4).
  static Stream to_server(Fd socket, const TlsContext& context, const std::string& host);
  /// The server's end.
  static Stream to_client(Fd socket, const TlsContext& context);

  int fd() const { return socket_.get(); }
  explicit operator bool() const { return static_cast<bool>(socket_); }
  bool has_tls() const { return tls_ != nullptr; }

  /// Goes on with the handshake of TLS. A plain stream has none to do. After `failed`, `failure` tells why.
  enum class Handshake { done, wants_read, wants_write, failed };
  Handshake handshake() { return tls_ == nullptr ? Handshake::done : handshake_tls(); }
  /// As recv(2) without flags: the bytes that came, 0 at the end of the stream, -1 with errno. EPROTO: TLS was broken, `failure` tells how. With TLS it
  /// does the handshake first where nobody has, and the end may come without the peer's close_notify: HTTP tells the end of a message itself.
  ssize_t receive(char* to, std::size_t size) { return tls_ == nullptr ? ::recv(socket_.get(), to, size, 0) : receive_tls(to, size); }
  /// As send(2) with MSG_NOSIGNAL. What could not be sent must be the beginning of what is sent next.
  ssize_t send(const char* bytes, std::size_t size) { return tls_ == nullptr ? ::send(socket_.get(), bytes, size, MSG_NOSIGNAL) : send_tls(bytes, size); }
  /// Whether more may have arrived than a `receive` of so many bytes that returned `got`.
  bool may_hold_more(ssize_t got, std::size_t size) const { return static_cast<std::size_t>(got) + (tls_ == nullptr ? 1 : most_of_a_record) > size; }
  /// With TLS, the bytes of the last `receive` were the last ones: epoll(7) does not tell, since the end came with them. A plain stream tells it by the next
  /// `receive`.
  bool has_ended() const { return tls_ != nullptr && has_ended_tls(); }
  /// Whether the peer of an idle connection has sent something, or ended it. What TLS itself sends counts as nothing.
  bool has_news();
  /// Sends nothing more: close_notify, and shutdown(2).
  void end_sending();
  void close();

  /// Why TLS failed, as OpenSSL says it: "certificate verify failed: self-signed certificate". The first time counts.
  const std::string& failure() const;
  /// What came at the server's end is a request of plain HTTP. `without_tls` lets it be answered so.
  bool got_plain_http() const;
  void without_tls() { tls_.reset(); }
  /// "TLSv1.3" once the handshake is done; "" before, and of a plain one. It stays valid.
  const char* version() const;

 private:
  static constexpr std::size_t most_of_a_record = 16'384;  // bytes of plaintext (RFC 8446, section 5.1)
  struct Tls;
  struct Free {
    void operator()(Tls* tls) const;
  };
  Stream(Fd socket, ssl_st* session);
  Handshake handshake_tls();
  bool has_ended_tls() const;
  ssize_t receive_tls(char* to, std::size_t size);
  ssize_t send_tls(const char* bytes, std::size_t size);

  Fd socket_;
  std::unique_ptr<Tls, Free> tls_;
};

}  // namespace meterproof::net
