// SPDX-License-Identifier: Apache-2.0
// TLS (RFC 8446) for our sockets, by OpenSSL. Section 2 of the specification speaks of HTTP only; many platforms stand behind a gateway with TLS all the same.
#pragma once

#include <memory>
#include <string>

// NOLINTBEGIN(readability-identifier-naming): OpenSSL's names
struct ssl_ctx_st;
struct ssl_st;
// NOLINTEND(readability-identifier-naming)

namespace meterproof::net {

/// Whose certificates a client believes.
struct TlsTrust {
  std::string ca_file;       // certificates in PEM form; "": those that the system trusts
  bool accepts_any = false;  // no certificate is looked at
};

/// What the connections of one client, or of one server, share: versions, certificates, trust. At least TLS 1.2. Thread-safe.
class TlsContext {
 public:
  /// Throws i18n::MessageError, with advice, if the file holds no certificate or cannot be read.
  static std::shared_ptr<const TlsContext> for_client(const TlsTrust& trust);
  /// `certificate`: a file with the server's certificate, and those between it and its authority behind it; `key`: one with its private key, without a
  /// password; both in PEM form. Throws i18n::MessageError, with advice, if one cannot be read, or they do not belong together.
  static std::shared_ptr<const TlsContext> for_server(const std::string& certificate, const std::string& key);

  ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace meterproof::net
