// SPDX-License-Identifier: Apache-2.0
#include "reports/tls_notes.hpp"

#include "core/i18n/message.hpp"

namespace meterproof::reports {

using i18n::msg;

std::vector<i18n::Message> tls_notes(std::string_view version, const net::TlsTrust& trust, bool failed) {
  std::vector<i18n::Message> out;
  if (!version.empty()) out.push_back(msg<"note.over-tls">(version));
  if (trust.accepts_any) out.push_back(msg<"note.certificate-unseen">());
  if (failed) out.push_back(msg<"note.no-tls">());
  return out;
}

}  // namespace meterproof::reports
