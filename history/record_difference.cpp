// SPDX-License-Identifier: Apache-2.0
#include "history/record_difference.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "attestation/rejudged.hpp"
#include "conformance/selection.hpp"
#include "conformance/suite.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "history/record_reading.hpp"

namespace meterproof::history {

using i18n::Message;
using i18n::msg;
using reports::CaseRecord;
using reports::CheckRecord;
using reports::DeclarationRecord;
using reports::QuestionRecord;
using reports::Verdict;

namespace {

using Cases = std::map<std::string, const CaseRecord*>;

Cases by_id(const CheckRecord& record) {
  Cases out;
  for (const CaseRecord& one : record.cases) out.emplace(one.id, &one);
  return out;
}

bool is_undecided(Verdict verdict) { return verdict == Verdict::inconclusive; }

/// Where a change from one verdict to the other belongs.
std::vector<CaseChange>& list_for(RecordDifference& out, Verdict before, Verdict after) {
  // What the suite could not judge in the first record, and fails in the second, has not failed before.
  if (is_bad(after)) return before == Verdict::failed ? out.others : out.failed;
  if (is_undecided(after)) return out.undecided;
  if (is_bad(before)) return out.mended;
  return is_undecided(before) ? out.decided : out.others;
}

/// Clauses that came to a verdict, by at least one case.
std::set<std::string> judged_clauses(const CheckRecord& record) {
  std::set<std::string> out;
  for (const CaseRecord& one : record.cases)
    if (!is_undecided(one.verdict) && one.verdict != Verdict::not_applicable) out.insert(one.clauses.begin(), one.clauses.end());
  return out;
}

/// Whether only one of the two declares that the target does not have what that case is about.
bool is_declared_otherwise(const CheckRecord& before, const CheckRecord& after, const std::string& id) {
  const auto speaks_of = [&](const CheckRecord& record) {
    return std::any_of(record.declarations.begin(), record.declarations.end(),
                       [&](const DeclarationRecord& one) { return one.kind == "unsupported" && conformance::matches(one.cases, id); });
  };
  return speaks_of(before) != speaks_of(after);
}

/// Older records do not say by which files of the specs they were judged.
bool may_be_same(const std::string& digest, const std::string& other) { return digest.empty() || other.empty() || digest == other; }

/// The first record as the suite of the second judges it; nothing where that cannot be found out.
struct Again {
  std::optional<CheckRecord> record;
  Message why_not;
  bool from_evidence = false;
};

Again judge_again(const core::Spec& spec, const std::string& spec_digest, const CheckRecord& before, const CheckRecord& after) {
  const reports::SuiteRecord own = conformance::suite_of(spec);
  const bool is_judged_alike = before.suite == after.suite && may_be_same(before.spec_digest, after.spec_digest);
  // Both by one suite and the same specs: what the first record says is what it would be judged to be.
  const auto without = [&](Message why) { return is_judged_alike ? Again{before, {}, false} : Again{std::nullopt, std::move(why), false}; };
  if (!before.transcript) return without(msg<"diff.no-transcript">());
  if (after.suite != own) return without(msg<"diff.other-suite">(after.suite.version));
  if (!may_be_same(after.spec_digest, spec_digest)) return without(msg<"diff.other-specs">());
  try {
    return {attestation::rejudged(spec, before), {}, true};
  } catch (const i18n::MessageError& error) {
    return without(error.message());
  }
}

/// Whose doing it is where the same exchanges are judged otherwise.
Blame blame_of_judging(const CheckRecord& before, const CheckRecord& after) {
  const bool other_suite = before.suite.rules_digest != after.suite.rules_digest;
  const bool other_specs = before.suite.spec_version != after.suite.spec_version || !may_be_same(before.spec_digest, after.spec_digest);
  if (other_suite && other_specs) return Blame::suite_or_specs;
  return other_suite ? Blame::suite : Blame::specs;
}

std::vector<LatencyChange> latency_changes(const CheckRecord& before, const CheckRecord& after) {
  // A check is no measurement: only what nobody can take for chance is told.
  constexpr double factor = 3, least_ms = 20;
  std::vector<LatencyChange> out;
  const auto then = reply_medians(before), now = reply_medians(after);
  for (const auto& [interface, time] : now) {
    const auto found = then.find(interface);
    if (found == then.end()) continue;
    const double larger = std::max(time, found->second), smaller = std::min(time, found->second);
    if (larger >= factor * smaller && larger - smaller >= least_ms) out.push_back({interface, found->second, time});
  }
  return out;
}

std::vector<CalibrationChange> calibration_changes(const CheckRecord& before, const CheckRecord& after) {
  std::vector<CalibrationChange> out;
  for (const reports::CalibrationRecord& one : after.calibration) {
    const auto then = std::find_if(before.calibration.begin(), before.calibration.end(), [&](const auto& other) { return other.id == one.id; });
    if (then != before.calibration.end() && then->value != one.value) out.push_back({one.label(), then->value, one.value});
  }
  return out;
}

}  // namespace

Message to_message(Blame blame) {
  switch (blame) {
    case Blame::target: return msg<"diff.blame-target">();
    case Blame::suite: return msg<"diff.blame-suite">();
    case Blame::specs: return msg<"diff.blame-specs">();
    case Blame::suite_or_specs: return msg<"diff.blame-judging">();
    case Blame::declaration: return msg<"diff.blame-declaration">();
    case Blame::waiver: return msg<"diff.blame-waiver">();
    case Blame::unknown: return msg<"diff.blame-unknown">();
  }
  return {};
}

bool RecordDifference::empty() const {
  return failed.empty() && mended.empty() && undecided.empty() && decided.empty() && others.empty() && answers.empty() && uncertain_answers.empty() &&
         calibration.empty() && clauses_lost.empty() && clauses_gained.empty() && latency.empty() && only_before == 0 && only_after == 0;
}

int RecordDifference::exit_code() const {
  constexpr int not_comparable = 4;
  return verdict == DifferenceVerdict::not_comparable ? not_comparable : verdict == DifferenceVerdict::worse ? 1 : 0;
}

RecordDifference difference(const core::Spec& spec, const std::string& spec_digest, const CheckRecord& before, const CheckRecord& after) {
  RecordDifference out;
  const auto refuse = [&](Message why) {
    out.verdict = DifferenceVerdict::not_comparable;
    out.why = std::move(why);
    return out;
  };
  if (before.role != after.role) return refuse(msg<"diff.other-role">(before.role, after.role));
  for (const CheckRecord* one : {&before, &after}) {
    const bool judged = one->verdict == reports::RunVerdict::conforms || one->verdict == reports::RunVerdict::does_not_conform;
    if (!judged) return refuse(msg<"diff.not-judged">(one == &before ? "A" : "B", to_message(one->verdict)));
  }
  const Cases then = by_id(before), now = by_id(after);
  const Again again = judge_again(spec, spec_digest, before, after);
  out.has_evidence = again.from_evidence;
  out.no_evidence = again.why_not;
  const Cases then_by_this_suite = again.record ? by_id(*again.record) : Cases();
  const Blame of_judging = blame_of_judging(before, after);
  const auto blame_of = [&](const std::string& id, Verdict old, Verdict verdict) {
    // A waiver does nothing but make a failure a waived one, and a failure of that where it is gone or has expired.
    if ((old == Verdict::waived && is_bad(verdict)) || (is_bad(old) && verdict == Verdict::waived)) return Blame::waiver;
    if (is_declared_otherwise(before, after, id)) return Blame::declaration;
    if (!again.record) return Blame::unknown;
    const auto found = then_by_this_suite.find(id);
    if (found == then_by_this_suite.end()) return Blame::unknown;  // the first run did not try it
    return found->second->verdict == verdict ? of_judging : Blame::target;
  };
  std::size_t common = 0;
  const CaseRecord not_tried;  // a failure is new, too, where nobody has looked before
  for (const auto& [id, recent] : now) {
    const auto found = then.find(id);
    if (found == then.end()) {
      ++out.only_after;
      if (!is_bad(recent->verdict)) continue;
    } else {
      ++common;
    }
    const CaseRecord& old = found == then.end() ? not_tried : *found->second;
    if (old.verdict == recent->verdict) continue;
    const CaseRecord& telling = recent->reason.empty() ? old : *recent;
    const Message reason = telling.observed.empty() || telling.reason == telling.observed ? telling.reason : i18n::list({telling.reason, telling.observed});
    CaseChange change{id,
                      recent->interface,
                      recent->section,
                      recent->title,
                      recent->clauses,
                      old.verdict,
                      recent->verdict,
                      reason,
                      blame_of(id, old.verdict, recent->verdict)};
    list_for(out, old.verdict, recent->verdict).push_back(std::move(change));
  }
  out.only_before = then.size() - common;
  for (const reports::CauseRecord& cause : after.causes) {
    const auto is_of = [&](const CaseChange& one) { return std::find(cause.cases.begin(), cause.cases.end(), one.id) != cause.cases.end(); };
    if (std::any_of(out.failed.begin(), out.failed.end(), is_of)) out.causes.push_back(cause.what);
  }
  if (common == 0) return refuse(msg<"diff.no-common">());

  const auto answers = answers_of(before), answers_now = answers_of(after);
  const auto answers_again = again.record ? answers_of(*again.record) : decltype(answers)();
  // What a target that fails shows of the same interface may be no answer.
  std::set<std::string> wrong;
  for (const auto* const changes : {&out.failed, &out.mended})
    for (const CaseChange& one : *changes) wrong.insert(one.interface);
  const auto follows = [&](const std::string& id) { return wrong.contains(id.substr(0, id.find('/'))); };
  for (const QuestionRecord& one : after.questions) {
    const auto old = answers.find(one.id), recent = answers_now.find(one.id);
    if (old == answers.end() || recent == answers_now.end() || share_an_answer(old->second, recent->second)) continue;
    const auto judged = answers_again.find(one.id);
    const bool is_of_judging = judged != answers_again.end() && judged->second == recent->second;
    auto& changed = follows(one.id) ? out.uncertain_answers : out.answers;
    changed.push_back({one.id, {one.zh, one.en}, old->second, recent->second, !again.record ? Blame::unknown : is_of_judging ? of_judging : Blame::target});
  }
  out.calibration = calibration_changes(before, after);
  out.latency = latency_changes(before, after);
  const auto clauses = judged_clauses(before), clauses_now = judged_clauses(after);
  std::set_difference(clauses.begin(), clauses.end(), clauses_now.begin(), clauses_now.end(), std::back_inserter(out.clauses_lost));
  std::set_difference(clauses_now.begin(), clauses_now.end(), clauses.begin(), clauses.end(), std::back_inserter(out.clauses_gained));
  if (!out.failed.empty() || !out.answers.empty()) {
    out.verdict = DifferenceVerdict::worse;
  } else if (!out.clauses_lost.empty()) {
    return refuse(msg<"diff.less-reach">(out.clauses_lost.size()));
  }
  return out;
}

Message why_no_baseline(const CheckRecord& baseline, const std::string& role, const std::vector<std::string>& cases) {
  if (baseline.role != role) return msg<"diff.other-role">(baseline.role, role);
  const bool judged = baseline.verdict == reports::RunVerdict::conforms || baseline.verdict == reports::RunVerdict::does_not_conform;
  if (!judged) return msg<"diff.not-judged">("A", to_message(baseline.verdict));
  const Cases known = by_id(baseline);
  std::size_t missing = 0;
  std::string first;
  for (const std::string& id : cases) {
    if (known.contains(id)) continue;
    if (missing++ == 0) first = id;
  }
  return missing == 0 ? Message() : msg<"diff.covers-less">(missing, first);
}

}  // namespace meterproof::history
