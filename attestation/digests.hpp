// SPDX-License-Identifier: Apache-2.0
// Digests that certificates of every schema have.
#pragma once

#include <map>
#include <string>

#include "attestation/keys.hpp"

namespace meterproof::attestation {

/// One digest of many files, by their own digests and their names, as `sha256sum | sha256sum` makes it.
inline std::string digest_of(const std::map<std::string, std::string>& files) {
  std::string all;
  for (const auto& [name, digest] : files) all += digest + "  " + name + "\n";
  return sha256(all);
}

}  // namespace meterproof::attestation
