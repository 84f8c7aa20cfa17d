// SPDX-License-Identifier: Apache-2.0
#include "core/auth/signer.hpp"

#include <cctype>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
#include "core/text/text.hpp"

namespace meterproof::auth {

using core::TokenPart;

namespace {

void append_parts(std::string& out, const std::vector<std::pair<TokenPart, std::string>>& parts, Credentials app, std::string_view timestamp) {
  for (const auto& [part, literal] : parts) {
    switch (part) {
      case TokenPart::app_id: out += app.id; break;
      case TokenPart::app_secret: out += app.secret; break;
      case TokenPart::timestamp: out += timestamp; break;
      case TokenPart::literal: out += literal; break;
    }
  }
}

}  // namespace

void Signer::append_token(std::string& out, Credentials app, std::string_view timestamp) const {
  thread_local std::string plain;  // keeps its capacity: a load generator signs every request
  plain.clear();
  append_parts(plain, authentication_->headers[authentication_->token].md5, app, timestamp);
  const std::size_t begin = out.size();
  append_md5_hex(out, plain);
  for (std::size_t i = begin; upper_case_ && i < out.size(); ++i) out[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[i])));
}

void Signer::append_authorization(std::string& out, Credentials app, std::string_view timestamp) const {
  thread_local std::string plain;
  plain.clear();
  append_parts(plain, authentication_->headers[authentication_->authorization].base64, app, timestamp);
  append_base64(out, plain);
}

std::string Signer::token(Credentials app, std::string_view timestamp) const {
  std::string out;
  append_token(out, app, timestamp);
  return out;
}

std::string Signer::authorization(Credentials app, std::string_view timestamp) const {
  std::string out;
  append_authorization(out, app, timestamp);
  return out;
}

std::optional<std::pair<std::string_view, std::string_view>> Signer::split_authorization(std::string_view authorization, std::string& plain) const {
  if (!decode_base64(core::trimmed(authorization), plain)) return std::nullopt;
  // The parts are [app_id, SEPARATOR, timestamp]: the loader rejects a spec with any other.
  const std::string& separator = authentication_->headers[authentication_->authorization].base64[1].second;
  // The first separator: an appId cannot contain it, a timestamp has digits only.
  const std::size_t at = plain.find(separator);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view whole = plain;
  return std::pair(whole.substr(0, at), whole.substr(at + separator.size()));
}

std::vector<std::pair<std::string, std::string>> Signer::headers(Credentials app, std::string_view timestamp) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < authentication_->headers.size(); ++i) {
    const core::Header& header = authentication_->headers[i];
    if (i == authentication_->token) out.emplace_back(header.name, token(app, timestamp));
    else if (i == authentication_->authorization) out.emplace_back(header.name, authorization(app, timestamp));
    else out.emplace_back(header.name, header.value);
  }
  return out;
}

}  // namespace meterproof::auth
