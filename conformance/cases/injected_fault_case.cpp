// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/injected_fault_case.hpp"

#include "conformance/case_context.hpp"
#include "conformance/cases/case_kinds.hpp"
#include "conformance/exchange_record.hpp"
#include "conformance/own_error.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::CaseRecord;
using reports::Verdict;

namespace {

/// Without a hook the case says why nothing provokes its code.
class InjectedFaultCase final : public TestCase {
 public:
  InjectedFaultCase(CaseInfo info, const core::ResultRow& row) : TestCase(std::move(info)), row_(row) {}

  CaseResult run(CaseContext&) const override { return not_tried(msg<"case.needs-a-fault-hook">(row_.injected_by)); }
  const std::string& fault() const { return row_.injected_by; }

 private:
  const core::ResultRow& row_;
};

/// Repairs the target when it is destroyed, where that was not done before: whatever happened since the break.
class Repair {
 public:
  using Hook = std::function<i18n::Message(bool breaks)>;

  explicit Repair(const Hook& hook) : hook_(hook) {}
  ~Repair() {
    try {
      if (!done_) (void)hook_(false);
    } catch (...) {
      return;  // what broke off the run is told; there is no more to be done here
    }
  }
  Repair(const Repair&) = delete;
  Repair& operator=(const Repair&) = delete;

  /// Nothing, or why it failed.
  i18n::Message now() {
    i18n::Message failed = hook_(false);
    done_ = true;
    return failed;
  }

 private:
  const Hook& hook_;
  bool done_ = false;
};

/// One fault: rows are made while the target is whole, then it is broken, asked and repaired.
class FaultInjection {
 public:
  FaultInjection(TargetSession& session, const CheckOptions& options, const std::vector<ShownRow>& shown)
      : session_(session), options_(options), fixtures_(session, options, shown) {}

  void prepare(const TestCase& one, CaseRecord& record) {
    try {
      FixtureSet fixture;
      for (const core::Step& step : one.info().interface->effects)
        if (step.kind == core::Step::Kind::find) fixtures_.get_or_create(fixture, step.find.table);
      attempts_.push_back({&one, &record, fixtures_.make_request(*one.info().interface, 0, fixture)});
    } catch (const Inconclusive& missing) {
      record.reason = missing.why;
    }
  }

  void run(const std::string& fault, const std::function<i18n::Message(bool breaks)>& hook) {
    if (attempts_.empty()) return;
    if (session_.cut_off() || session_.is_gone()) {
      for (const Attempt& one : attempts_) one.record->reason = session_.is_gone() ? msg<"case.target-gone">() : msg<"case.cut-off-before">();
      return;
    }
    session_.progress(msg<"progress.breaking-target">(fault));
    const TargetSession::SilenceExpected broken(session_);
    Repair repair(hook);
    i18n::Message failed;
    const i18n::Message own_error = own_error_of([&] { failed = hook(true); });
    if (failed.empty()) failed = own_error;
    for (const Attempt& one : attempts_) {
      if (failed.empty()) try_one(one);
      else if (session_.cut_off()) one.record->reason = msg<"case.cut-off">();
      else report_broken(one, msg<"case.target-not-broken">(failed));
    }
    session_.progress(msg<"progress.repairing-target">(fault));
    const i18n::Message not_repaired = repair.now();
    if (!not_repaired.empty()) report_broken(attempts_.front(), msg<"case.target-not-repaired">(not_repaired));
    else if (!recovered(attempts_.front().request)) report_broken(attempts_.front(), msg<"case.target-not-recovered">());
  }

 private:
  struct Attempt {
    const TestCase* test;
    CaseRecord* record;
    core::RequestBuilder request;
  };

  /// The others are tried whatever happens.
  void try_one(const Attempt& one) {
    try {
      const i18n::Message own_error = own_error_of([&] { judge(one); });
      if (!own_error.empty()) report_broken(one, own_error);
    } catch (const Inconclusive& missing) {  // cut off
      one.record->reason = missing.why;
    }
  }

  void judge(const Attempt& one) {
    CaseRecord& record = *one.record;
    const Sent sent = fixtures_.send(one.request);
    fill_exchange(record, options_, session_, sent);
    record.observed = code_of(sent);
    if (has(one.test->info().expected, sent.reply.code)) {
      record.verdict = Verdict::passed;
      record.reason = {};
    } else if (sent.no_reply()) {
      record.reason = msg<"case.no-reply">(sent.reply.problem);
    } else if (sent.answered(session_.spec().success)) {
      record.reason = msg<"case.fault-does-not-show">();
    } else {
      record.verdict = Verdict::failed;
      record.reason = msg<"case.answered-with-another-code">();
    }
  }

  /// False only where the target was asked until --effect-timeout ended: a run that is cut off cannot tell.
  bool recovered(const core::RequestBuilder& request) {
    const auto deadline = session_.clock() + options_.effect_timeout;
    try {
      for (;;) {
        if (fixtures_.send(request).answered(session_.spec().success)) return true;
        if (session_.clock() >= deadline) return false;
        session_.sleep(std::chrono::milliseconds(500));
      }
    } catch (const Inconclusive&) {
      return true;
    }
  }

  static void report_broken(const Attempt& one, i18n::Message why) {
    one.record->verdict = Verdict::broken;
    one.record->reason = std::move(why);
  }

  TargetSession& session_;
  const CheckOptions& options_;
  FixtureFactory fixtures_;
  std::vector<Attempt> attempts_;
};

}  // namespace

void run_injected_faults(TargetSession& session, const CheckOptions& options, const std::vector<ShownRow>& shown, const std::vector<const TestCase*>& cases,
                         std::vector<CaseRecord>& records) {
  for (const auto& [fault, hook] : options.fault_hooks) {
    FaultInjection injection(session, options, shown);
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (const auto* one = dynamic_cast<const InjectedFaultCase*>(cases[i]); one != nullptr && one->fault() == fault) injection.prepare(*one, records[i]);
    injection.run(fault, hook);
  }
}

void add_injected_fault_cases(const PlanContext& plan, const core::Interface& interface, CaseList& out) {
  if (interface.common_results != core::CommonResults::listed) return;
  for (const core::ResultRow& row : plan.spec.common) {
    if (row.injected_by.empty()) continue;
    CaseInfo info = refusal_info(interface, row, row.injected_by, interface.section + ".3", CaseGroup::business, Phase::injected_fault);
    info.title = row.title;
    info.timestamps = 0;
    out.push_back(std::make_unique<InjectedFaultCase>(std::move(info), row));
  }
}

}  // namespace meterproof::conformance
