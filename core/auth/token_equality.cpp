// SPDX-License-Identifier: Apache-2.0
#include "core/auth/token_equality.hpp"

#include <openssl/crypto.h>

namespace meterproof::auth {

bool equals_in_constant_time(std::string_view presented, std::string_view secret) {
  return presented.size() == secret.size() && CRYPTO_memcmp(presented.data(), secret.data(), secret.size()) == 0;
}

}  // namespace meterproof::auth
