#include "conformance/breaking.hpp"

#include "conformance/interface_run.hpp"

namespace meterproof::conformance {

using reports::CaseRecord;
using reports::Verdict;

void Breaking::run() {
  for (const auto& [fault, hook] : options_.faults) {
    Tries tries;
    for (std::size_t i = 0; i < cases_.size(); ++i)
      if (cases_[i].kind == Kind::injected && cases_[i].label == fault) prepare(i, tries);
    if (tries.empty()) continue;
    session_.progress("breaking the target: " + fault);
    const std::string failed = hook(true);
    for (auto& [place, draft] : tries) judge(place, draft, failed);
    session_.progress("mending the target: " + fault);
    const std::string unmended = hook(false);
    if (!unmended.empty()) report_broken(tries.front().first, "the target could not be mended: " + unmended);
    else if (!recovered(tries.front().second)) report_broken(tries.front().first, "the target does not answer as before, though it was mended");
  }
}

void Breaking::prepare(std::size_t place, Tries& tries) {
  try {
    Subject subject;
    for (const spec::Step& step : cases_[place].interface->effects)
      if (step.kind == spec::Step::Kind::find) lab_.ensure(subject, step.find.table);
    tries.emplace_back(place, lab_.draft(*cases_[place].interface, 0, subject));
  } catch (const Unavailable& missing) {
    records_[place].reason = missing.why;
  }
}

void Breaking::judge(std::size_t place, const spec::Draft& draft, const std::string& failed) {
  if (!failed.empty()) return report_broken(place, "the target could not be broken: " + failed);
  CaseRecord& record = records_[place];
  const Sent sent = lab_.send(draft);
  fill_exchange(record, options_, session_.spec(), sent);
  record.observed = code_of(sent);
  if (has(cases_[place].expected, sent.reply.code)) {
    record.verdict = Verdict::passed;
    record.reason.clear();
  } else if (sent.silent()) {
    record.reason = "no reply: " + sent.reply.fault;
  } else if (sent.answered(session_.spec().success)) {
    record.reason = "what was broken does not show in this interface";
  } else {
    record.verdict = Verdict::failed;
    record.reason = "answered with another code than the paper's";
  }
}

bool Breaking::recovered(const spec::Draft& draft) {
  const auto deadline = session_.clock() + options_.settle;
  for (;;) {
    if (lab_.send(draft).answered(session_.spec().success)) return true;
    if (session_.clock() >= deadline) return false;
    session_.sleep(std::chrono::milliseconds(500));
  }
}

void Breaking::report_broken(std::size_t place, const std::string& why) {
  records_[place].verdict = Verdict::broken;
  records_[place].reason = why;
}

}  // namespace meterproof::conformance
