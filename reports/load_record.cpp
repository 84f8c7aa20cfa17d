// SPDX-License-Identifier: Apache-2.0
#include "reports/load_record.hpp"

#include <algorithm>

#include "core/i18n/message.hpp"
#include "core/redact/redactor.hpp"

namespace meterproof::reports {

i18n::Message difference_message(std::string_view verdict) {
  using i18n::msg;
  if (verdict == "worse") return msg<"report.worse">();
  if (verdict == "better") return msg<"report.better">();
  return verdict == "same" ? msg<"report.same">() : msg<"report.not-compared">();
}

i18n::Message difference_metric(std::string_view metric) {
  using i18n::msg;
  if (metric == "p50") return msg<"report.metric-p50">();
  if (metric == "p95") return msg<"report.metric-p95">();
  if (metric == "p99") return msg<"report.metric-p99">();
  if (metric == "p50_of_blocks") return msg<"report.metric-p50-of-blocks">();
  if (metric == "p95_of_blocks") return msg<"report.metric-p95-of-blocks">();
  if (metric == "p99_of_blocks") return msg<"report.metric-p99-of-blocks">();
  if (metric == "rate") return msg<"report.metric-rate">();
  return metric == "errors" ? msg<"report.metric-errors">() : i18n::verbatim(std::string(metric));
}

void redact(LoadRecord& record, const std::vector<auth::App>& apps) {
  const redact::Redactor redactor(apps);
  const auto redact = [&](std::string& text) { redactor.redact(text); };
  for (ErrorRecord& one : record.errors) i18n::for_each_text(one.cause, redact);
  for (i18n::Message& note : record.notes) i18n::for_each_text(note, redact);
  i18n::for_each_text(record.ended, redact);
  for (ReconciliationRecord& one : record.reconciliation)
    for (auto* names : {&one.lost_names, &one.duplicated_names, &one.differing_names, &one.phantom_names, &one.refused_stored_names})
      for (std::string& name : *names) redact(name);
}

void add_error(std::vector<ErrorRecord>& errors, const i18n::Message& cause, std::uint64_t count) {
  const auto same = std::find_if(errors.begin(), errors.end(), [&](const ErrorRecord& one) { return one.cause == cause; });
  if (same == errors.end()) errors.push_back({cause, count});
  else same->count += count;
}

}  // namespace meterproof::reports
