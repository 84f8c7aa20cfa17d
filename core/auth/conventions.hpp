// SPDX-License-Identifier: Apache-2.0
// Known ways to sign that are not the specification's: mistakes of clients, and what servers were seen to want instead. One list for both sides: a
// server names by it what a client did, a client finds out by it what a server wants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/text/text.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::auth {

/// When a signature is made.
struct Moment {
  core::DateTime local;  // by the specification's offset
  core::DateTime utc;
};

struct Convention {
  /// `client_mistake`: no server wants it. `calibrated`: a server may, by the specification's silence; whoever calibrates a server tries it anyway.
  enum class Use { server_may_want, calibrated, client_mistake };

  std::string_view id;
  core::LocalizedText what;     // how it is signed
  core::LocalizedText instead;  // what the specification says
  Use use = Use::server_may_want;
  // What it writes in place of the specification's; null where it writes the same.
  std::string (*timestamp)(const Moment& moment) = nullptr;
  std::string (*token)(Credentials app, const std::string& timestamp) = nullptr;
  std::string (*authorization)(Credentials app, const std::string& timestamp) = nullptr;
};

/// The most likely first.
const std::vector<Convention>& conventions();
/// Hexadecimal digits in upper case; whatever is no digit stays as it is.
std::string in_capitals(std::string hex);
/// The convention of that id, which must be one.
const Convention& convention(std::string_view id);

/// The values of the two signature headers.
struct SignatureValues {
  std::string token, authorization;
};
SignatureValues sign(const Convention& convention, const Signer& signer, Credentials app, const Moment& moment);

}  // namespace meterproof::auth
