// SPDX-License-Identifier: Apache-2.0
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"

namespace meterproof::net {
namespace {

using i18n::msg;

/// What OpenSSL or the system says of the first mistake since the last time; none is left.
std::string take_reason() {
  const unsigned long error = ::ERR_get_error();
  ::ERR_clear_error();
  if (error == 0) return std::strerror(errno);
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* const reason = ::ERR_reason_error_string(error);
  return reason == nullptr ? "error " + std::to_string(error) : reason;
}

ssl_ctx_st* make(const SSL_METHOD* method) {
  ::ERR_clear_error();
  SSL_CTX* const out = ::SSL_CTX_new(method);
  if (out == nullptr) throw i18n::MessageError(msg<"usage.tls">(take_reason()));
  ::SSL_CTX_set_min_proto_version(out, TLS1_2_VERSION);
  ::SSL_CTX_set_options(out, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_mode(out, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return out;
}

/// A key with a password would ask for it on the terminal.
int no_password(char*, int, int, void*) { return 0; }

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { ::SSL_CTX_free(context); }

std::shared_ptr<const TlsContext> TlsContext::for_client(const TlsTrust& trust) {
  std::shared_ptr<const TlsContext> out(new TlsContext(make(::TLS_client_method())));  // NOLINT(*-owning-memory): a private constructor
  if (trust.accepts_any) return out;
  ::SSL_CTX_set_verify(out->get(), SSL_VERIFY_PEER, nullptr);
  if (trust.ca_file.empty()) ::SSL_CTX_set_default_verify_paths(out->get());
  else if (::SSL_CTX_load_verify_file(out->get(), trust.ca_file.c_str()) != 1) throw i18n::MessageError(msg<"usage.ca">(trust.ca_file, take_reason()));
  return out;
}

std::shared_ptr<const TlsContext> TlsContext::for_server(const std::string& certificate, const std::string& key) {
  std::shared_ptr<const TlsContext> out(new TlsContext(make(::TLS_server_method())));  // NOLINT(*-owning-memory): a private constructor
  ::SSL_CTX_set_default_passwd_cb(out->get(), no_password);
  if (::SSL_CTX_use_certificate_chain_file(out->get(), certificate.c_str()) != 1) throw i18n::MessageError(msg<"usage.tls-cert">(certificate, take_reason()));
  if (::SSL_CTX_use_PrivateKey_file(out->get(), key.c_str(), SSL_FILETYPE_PEM) != 1 || ::SSL_CTX_check_private_key(out->get()) != 1)
    throw i18n::MessageError(msg<"usage.tls-key">(key, take_reason()));
  return out;
}

}  // namespace meterproof::net
