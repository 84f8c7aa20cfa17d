// SPDX-License-Identifier: Apache-2.0
// Makes a request's headers fit to be shown in the request log: no secret, and no credential that could be used.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/model/interface.hpp"
#include "core/redact/redactor.hpp"

namespace meterproof::mockserver {

/// Threads may share it.
class LogRedactor {
 public:
  LogRedactor(const core::Spec& spec, const std::vector<auth::App>& apps);

  /// The header lines of `head` (a request line, header lines) as a JSON object; of a name that repeats, the values are joined by commas (RFC 9110,
  /// section 5.3). Of a credential only the length is shown; an appSecret becomes "[secret]".
  void append_headers(std::string& out, std::string_view head) const;

 private:
  bool is_credential(std::string_view name) const;

  std::vector<std::string> credentials_;  // names of headers
  redact::Redactor redactor_;
};

}  // namespace meterproof::mockserver
