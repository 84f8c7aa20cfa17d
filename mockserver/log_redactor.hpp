// SPDX-License-Identifier: Apache-2.0
// Makes what a peer sent fit to be shown in the request log: no secret, and no header with a credential that could be used.
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
  /// The first bytes of any other text of a peer, or about one: an appSecret becomes "[secret]", also one that the cut would divide.
  std::string shown(std::string_view text, std::size_t most = std::string_view::npos) const;
  /// The first bytes of what is no request, line by line: a line that begins with the name of a credential has only the length of its value.
  std::string shown_beginning(std::string_view bytes, std::size_t most) const;

 private:
  bool is_credential(std::string_view name) const;

  std::vector<std::string> credentials_;  // names of headers
  redact::Redactor redactor_;
};

}  // namespace meterproof::mockserver
