// SPDX-License-Identifier: Apache-2.0
#include "reports/load_record.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"

namespace meterproof::reports {

i18n::Message difference_message(std::string_view verdict) {
  using i18n::msg;
  if (verdict == "worse") return msg<"report.worse">();
  if (verdict == "better") return msg<"report.better">();
  return verdict == "same" ? msg<"report.same">() : msg<"report.not-compared">();
}

void add_error(std::vector<ErrorRecord>& errors, const i18n::Message& cause, std::uint64_t count) {
  const auto same = std::find_if(errors.begin(), errors.end(), [&](const ErrorRecord& one) { return one.cause == cause; });
  if (same == errors.end()) errors.push_back({cause, count});
  else same->count += count;
}

}  // namespace meterproof::reports
