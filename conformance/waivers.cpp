// SPDX-License-Identifier: Apache-2.0
#include "conformance/waivers.hpp"

#include <algorithm>
#include <iterator>

#include "conformance/selection.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::CaseRecord;
using reports::Verdict;

std::set<std::string> absent_interfaces(const std::vector<const TestCase*>& cases, const std::vector<Exclusion>& unsupported) {
  std::set<std::string> all, supported;
  for (const TestCase* one : cases) {
    const CaseInfo& info = one->info();
    all.insert(info.interface->name);
    const bool is_excluded = std::any_of(unsupported.begin(), unsupported.end(), [&](const Exclusion& excluded) { return matches(excluded.cases, info.id); });
    if (!is_excluded) supported.insert(info.interface->name);
  }
  std::set<std::string> out;
  std::set_difference(all.begin(), all.end(), supported.begin(), supported.end(), std::inserter(out, out.end()));
  return out;
}

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

std::vector<i18n::Message> apply_waivers(const CheckOptions& options, core::DateTime now, bool whole, std::vector<CaseRecord>& records) {
  std::vector<i18n::Message> out;
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
    if (!used && whole) out.push_back(msg<"check.waiver-not-needed">(waiver.cases));
    else if (used && expired) out.push_back(msg<"check.waiver-expired">(waiver.cases, waiver.expires.date_string()));
  }
  return out;
}

}  // namespace meterproof::conformance
