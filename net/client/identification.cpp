// SPDX-License-Identifier: Apache-2.0
#include "net/client/identification.hpp"

namespace meterproof::net {

const std::string& identification() {
  static const std::string lines = "User-Agent: meterproof/" METERPROOF_VERSION "\r\nAccept-Encoding: identity\r\n";
  return lines;
}

}  // namespace meterproof::net
