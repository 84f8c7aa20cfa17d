// SPDX-License-Identifier: Apache-2.0
// What a target that refuses a signature says of it, for people who must find out why.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "core/redact/redactor.hpp"
#include "core/time/datetime.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::reports {

struct SignatureRefusal {
  i18n::Message answer;       // status, code and message of the target, without secrets and tokens
  i18n::Message clock;        // its Date header against our clock; empty where it has none
  i18n::Message lost_header;  // a header that we send and that it says it lacks; empty where it says no such thing
  /// How far its Date header is ahead of our clock; nothing where it has none.
  std::optional<std::chrono::seconds> ahead;

  /// Those that are not empty.
  std::vector<i18n::Message> messages() const;
};

/// `request` was signed by one of `apps`; `utc_now` is our clock when the reply came.
SignatureRefusal describe_refusal(const core::Spec& spec, const std::vector<auth::App>& apps, const net::HttpRequest& request, const net::Exchange& exchange,
                                  core::DateTime utc_now);

/// Knows the secrets, and the signature that the request carries.
redact::Redactor redactor_for(const core::Authentication& authentication, const std::vector<auth::App>& apps, const net::HttpRequest& request);

/// The exchange without what the redactor knows: nothing of it is cut in two by whoever shows a part.
net::Exchange redacted(net::Exchange exchange, const redact::Redactor& redactor);

/// The reply on one line (reports/foreign_reply.hpp), without secrets, and without the token that the request carries.
std::string redacted_reply_line(const core::Spec& spec, const std::vector<auth::App>& apps, const net::HttpRequest& request, const net::Exchange& exchange);

}  // namespace meterproof::reports
