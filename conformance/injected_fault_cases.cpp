#include "conformance/injected_fault_cases.hpp"

#include "conformance/interface_suite.hpp"

namespace meterproof::conformance {

using reports::CaseRecord;
using reports::Verdict;

void InjectedFaultCases::run() {
  for (const auto& [fault, hook] : options_.fault_hooks) {
    Tries tries;
    for (std::size_t i = 0; i < cases_.size(); ++i)
      if (cases_[i].kind == Kind::injected_by && cases_[i].label == fault) prepare(i, tries);
    if (tries.empty()) continue;
    session_.progress("breaking the target: " + fault);
    const std::string failed = hook(true);
    for (auto& [place, make_request] : tries) judge(place, make_request, failed);
    session_.progress("mending the target: " + fault);
    const std::string unmended = hook(false);
    if (!unmended.empty()) report_broken(tries.front().first, "the target could not be mended: " + unmended);
    else if (!recovered(tries.front().second)) report_broken(tries.front().first, "the target does not answer as before, though it was mended");
  }
}

void InjectedFaultCases::prepare(std::size_t place, Tries& tries) {
  try {
    FixtureSet fixture;
    for (const core::Step& step : cases_[place].interface->effects)
      if (step.kind == core::Step::Kind::find) fixtures_.get_or_create(fixture, step.find.table);
    tries.emplace_back(place, fixtures_.make_request(*cases_[place].interface, 0, fixture));
  } catch (const Inconclusive& missing) {
    records_[place].reason = i18n::untranslated(missing.why);
  }
}

void InjectedFaultCases::judge(std::size_t place, const core::RequestBuilder& make_request, const std::string& failed) {
  if (!failed.empty()) return report_broken(place, "the target could not be broken: " + failed);
  CaseRecord& record = records_[place];
  const Sent sent = fixtures_.send(make_request);
  fill_exchange(record, options_, session_.spec(), sent);
  record.observed = i18n::untranslated(code_of(sent));
  if (has(cases_[place].expected, sent.reply.code)) {
    record.verdict = Verdict::passed;
    record.reason = {};
  } else if (sent.no_reply()) {
    record.reason = i18n::untranslated("no reply: " + sent.reply.fault);
  } else if (sent.answered(session_.spec().success)) {
    record.reason = i18n::untranslated("what was broken does not show in this interface");
  } else {
    record.verdict = Verdict::failed;
    record.reason = i18n::untranslated("answered with another code than the paper's");
  }
}

bool InjectedFaultCases::recovered(const core::RequestBuilder& make_request) {
  const auto deadline = session_.clock() + options_.effect_timeout;
  for (;;) {
    if (fixtures_.send(make_request).answered(session_.spec().success)) return true;
    if (session_.clock() >= deadline) return false;
    session_.sleep(std::chrono::milliseconds(500));
  }
}

void InjectedFaultCases::report_broken(std::size_t place, const std::string& why) {
  records_[place].verdict = Verdict::broken;
  records_[place].reason = i18n::untranslated(why);
}

}  // namespace meterproof::conformance
