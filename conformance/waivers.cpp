#include "conformance/waivers.hpp"

#include <iterator>

#include "conformance/interface_suite.hpp"

namespace meterproof::conformance {

using reports::CaseRecord;
using reports::Verdict;

CaseRecord untried(const Case& one, const std::string& why) {
  CaseRecord record = record_of(one);
  record.observed = i18n::untranslated("not tried");
  record.reason = i18n::untranslated(why);
  return record;
}

void take_out_unsupported(std::vector<Case>& cases, const CheckOptions& options, std::vector<CaseRecord>& records) {
  std::erase_if(cases, [&](const Case& one) {
    for (const Exclusion& excluded : options.unsupported)
      if (matches(excluded.cases, one.id)) {
        CaseRecord record = untried(one, "declared unsupported: " + excluded.reason);
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
      one.reason = i18n::list({i18n::untranslated("waived until " + waiver.expires.date_string() + " (" + waiver.reason + ")"), one.reason});
    }
    if (used && !expired) continue;
    CaseRecord& record = broken.emplace_back();
    record.id = "waiver/" + waiver.cases;
    record.interface = "waiver";
    record.title = {waiver.reason, "a waiver stands for failures that there are, until it expires"};
    record.requirement = record.title;
    record.verdict = Verdict::failed;
    record.expected = i18n::untranslated("a failure that it waives, until " + waiver.expires.date_string());
    record.observed = i18n::untranslated(expired ? "expired" : "nothing that it waives fails");
    record.reason = i18n::untranslated(expired ? "this waiver has expired: mend what it waives, or agree anew" : "this waiver no longer applies: take it out");
  }
  records.insert(records.end(), std::make_move_iterator(broken.begin()), std::make_move_iterator(broken.end()));
}

}  // namespace meterproof::conformance
