// SPDX-License-Identifier: Apache-2.0
// An exchange, as a record keeps it.
#pragma once

#include <string>

#include "conformance/check_options.hpp"
#include "conformance/target_session.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// What was sent and what came back, and a curl line that repeats it.
void fill_exchange(reports::CaseRecord& record, const CheckOptions& options, const TargetSession& session, const Sent& sent);
/// A command that signs the request anew: by the appId that signed it, by the offset and in the letter case that the target wants.
std::string repeat_line(const CheckOptions& options, const TargetSession& session, const net::HttpRequest& request);
/// What a record keeps of a body: a target may answer every case with megabytes. At most 64 KiB, and a remark.
void shorten_body(std::string& body);

}  // namespace meterproof::conformance
