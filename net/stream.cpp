// SPDX-License-Identifier: Apache-2.0
#include "net/stream.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>

namespace meterproof::net {

struct Stream::Tls {
  SSL* session = nullptr;
  std::string failure = {};
  bool plain_http = false;
  bool ended = false;

  /// What became of a call that returned `result`, as errno; 0 at the end of the stream.
  int take_error(int result) {
    const int errno_of_call = errno;
    switch (::SSL_get_error(session, result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE: return EAGAIN;
      case SSL_ERROR_ZERO_RETURN: return 0;
      case SSL_ERROR_SYSCALL: return errno_of_call == 0 ? ECONNRESET : errno_of_call;
      default: break;
    }
    const unsigned long error = ::ERR_get_error();
    ::ERR_clear_error();
    plain_http = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST;
    if (failure.empty()) {
      const char* const reason = ::ERR_reason_error_string(error);
      failure = reason == nullptr ? "error " + std::to_string(error) : reason;
      const bool of_certificate = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED;
      const long verified = ::SSL_get_verify_result(session);
      if (of_certificate && verified != X509_V_OK) failure += std::string(": ") + ::X509_verify_cert_error_string(verified);
    }
    return EPROTO;
  }
};

void Stream::Free::operator()(Tls* tls) const {
  ::SSL_free(tls->session);
  delete tls;  // NOLINT(*-owning-memory): of an incomplete type outside
}

namespace {

// OpenSSL's own BIO of a socket writes without MSG_NOSIGNAL: a peer that has gone would end the process.

int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio))); }  // NOLINT(*-reinterpret-cast)

int write_bio(BIO* bio, const char* bytes, int size) {
  ::BIO_clear_retry_flags(bio);
  ssize_t wrote = 0;
  do wrote = ::send(fd_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  while (wrote < 0 && errno == EINTR);
  if (wrote < 0 && errno == EAGAIN) ::BIO_set_retry_write(bio);
  return static_cast<int>(wrote);
}

int read_bio(BIO* bio, char* to, int size) {
  ::BIO_clear_retry_flags(bio);
  ssize_t got = 0;
  do got = ::recv(fd_of(bio), to, static_cast<std::size_t>(size), 0);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) ::BIO_set_retry_read(bio);
  if (got == 0) ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long control_bio(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* const out = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
  if (out == nullptr) throw std::bad_alloc();
  ::BIO_meth_set_write(out, write_bio);
  ::BIO_meth_set_read(out, read_bio);
  ::BIO_meth_set_ctrl(out, control_bio);
  return out;
}

SSL* session_on(int fd, const TlsContext& context) {
  static BIO_METHOD* const method = make_method();
  SSL* const out = ::SSL_new(context.get());
  BIO* const bio = out == nullptr ? nullptr : ::BIO_new(method);
  if (bio == nullptr) {
    ::SSL_free(out);
    throw std::bad_alloc();
  }
  ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));  // NOLINT(*-reinterpret-cast,performance-no-int-to-ptr)
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(out, bio, bio);
  return out;
}

bool is_ip_address(const std::string& host) {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 || ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

Stream::Stream(Fd socket, ssl_st* session) : socket_(std::move(socket)), tls_(new Tls{session}) {}  // NOLINT(*-owning-memory): it owns it

Stream Stream::to_server(Fd socket, const TlsContext& context, const std::string& host) {
  const int fd = socket.get();
  Stream out(std::move(socket), session_on(fd, context));
  SSL* const session = out.tls_->session;
  ::SSL_set_connect_state(session);
  if (is_ip_address(host)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), host.c_str());
  } else {
    ::SSL_set1_host(session, host.c_str());
    std::string name = host;  // what OpenSSL has for it is a macro with a cast of C
    ::SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  return out;
}

Stream Stream::to_client(Fd socket, const TlsContext& context) {
  const int fd = socket.get();
  Stream out(std::move(socket), session_on(fd, context));
  ::SSL_set_accept_state(out.tls_->session);
  return out;
}

Stream::Handshake Stream::handshake_tls() {
  ::ERR_clear_error();
  errno = 0;
  const int result = ::SSL_do_handshake(tls_->session);
  if (result == 1) return Handshake::done;
  const bool writes = ::SSL_get_error(tls_->session, result) == SSL_ERROR_WANT_WRITE;
  const int error = tls_->take_error(result);
  if (error == EAGAIN) return writes ? Handshake::wants_write : Handshake::wants_read;
  if (tls_->failure.empty()) tls_->failure = error == 0 ? "connection closed" : std::strerror(error);
  return Handshake::failed;
}

ssize_t Stream::receive_tls(char* to, std::size_t size) {
  std::size_t all = 0;
  // A whole record is taken at a time, so that none of it stays behind in OpenSSL, where epoll(7) does not see it.
  while (all == 0 || size - all >= most_of_a_record) {
    ::ERR_clear_error();
    errno = 0;
    std::size_t got = 0;
    const int result = ::SSL_read_ex(tls_->session, to + all, size - all, &got);
    all += got;
    if (result == 1) continue;
    errno = tls_->take_error(result);
    if (all > 0) {
      tls_->ended = errno != EAGAIN;
      return static_cast<ssize_t>(all);
    }
    return errno == 0 ? 0 : -1;
  }
  return static_cast<ssize_t>(all);
}

ssize_t Stream::send_tls(const char* bytes, std::size_t size) {
  ::ERR_clear_error();
  errno = 0;
  std::size_t sent = 0;
  const int result = ::SSL_write_ex(tls_->session, bytes, size, &sent);
  if (result == 1) return static_cast<ssize_t>(sent);
  errno = tls_->take_error(result);
  if (errno == 0) errno = EPIPE;
  return -1;
}

bool Stream::has_news() {
  pollfd one{socket_.get(), POLLIN, 0};
  if (::poll(&one, 1, 0) == 0) return false;
  if (tls_ == nullptr) return true;
  ::ERR_clear_error();
  errno = 0;
  char byte = 0;
  std::size_t got = 0;
  const int result = ::SSL_peek_ex(tls_->session, &byte, 1, &got);
  return result == 1 || tls_->take_error(result) != EAGAIN;
}

void Stream::end_sending() {
  if (tls_ != nullptr && tls_->failure.empty()) {
    ::ERR_clear_error();
    ::SSL_shutdown(tls_->session);
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

void Stream::close() {
  tls_.reset();
  socket_.close();
}

const std::string& Stream::failure() const {
  static const std::string none;
  return tls_ == nullptr ? none : tls_->failure;
}

bool Stream::has_ended_tls() const { return tls_->ended; }
bool Stream::got_plain_http() const { return tls_ != nullptr && tls_->plain_http; }

const char* Stream::version() const { return tls_ == nullptr || ::SSL_is_init_finished(tls_->session) == 0 ? "" : ::SSL_get_version(tls_->session); }

}  // namespace meterproof::net
