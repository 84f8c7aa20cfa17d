// SPDX-License-Identifier: Apache-2.0
#include "conformance/waivers.hpp"

#include <algorithm>
#include <iterator>

#include "conformance/spec_queries.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::CaseRecord;
using reports::Verdict;

void exclude_unsupported(std::vector<const TestCase*>& cases, const CheckOptions& options, std::vector<CaseRecord>& records) {
  std::erase_if(cases, [&](const TestCase* one) {
    for (const Exclusion& excluded : options.unsupported)
      if (matches(excluded.cases, one->info().id)) {
        CaseRecord record = untried(one->info(), msg<"case.declared-unsupported">(excluded.reason));
        record.verdict = Verdict::not_applicable;
        records.push_back(std::move(record));
        return true;
      }
    return false;
  });
}

void apply_waivers(const CheckOptions& options, core::DateTime now, std::vector<CaseRecord>& records) {
  std::vector<CaseRecord> broken;
  for (const Waiver& waiver : options.waivers) {
    const bool expired = now >= waiver.expires + std::chrono::hours(24);
    bool used = false;
    for (CaseRecord& one : records) {
      if (one.verdict != Verdict::failed || !matches(waiver.cases, one.id)) continue;
      used = true;
      if (expired) continue;
      one.verdict = Verdict::waived;
      one.reason = msg<"case.waived">(waiver.expires.date_string(), waiver.reason, std::move(one.reason));
    }
    if (used && !expired) continue;
    CaseRecord& record = broken.emplace_back();
    record.id = "waiver/" + waiver.cases;
    record.interface = "waiver";
    record.title = {waiver.reason, waiver.reason};
    record.requirement = {"豁免只适用于存在的失败，且在有效期内", "a waiver stands for failures that exist, until it expires"};
    record.verdict = Verdict::failed;
    record.expected = msg<"case.waived-failure">(waiver.expires.date_string());
    record.observed = expired ? msg<"case.expired">() : msg<"case.nothing-waived-fails">();
    record.reason = expired ? msg<"case.waiver-expired">() : msg<"case.waiver-not-needed">();
  }
  records.insert(records.end(), std::make_move_iterator(broken.begin()), std::make_move_iterator(broken.end()));
}

}  // namespace meterproof::conformance
