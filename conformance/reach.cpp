// SPDX-License-Identifier: Apache-2.0
#include "conformance/reach.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "conformance/clauses.hpp"
#include "core/i18n/message.hpp"

namespace meterproof::conformance {

using i18n::Message;
using i18n::msg;
using reports::CaseRecord;
using reports::NotJudgedRecord;
using reports::Verdict;

namespace {

/// The text of an argument; "" where the message has none of that name.
std::string argument_of(const Message& message, std::string_view name) {
  for (const i18n::Argument& one : message.arguments)
    if (one.name == name) return one.text;
  return {};
}

Message with_fixture(const Message& reason) { return msg<"reach.by-fixture">(argument_of(reason, "table")); }

bool is_any_of(std::string_view id, std::initializer_list<std::string_view> ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

NotJudgedRecord explained(const Message& reason) {
  const std::string_view id = reason.id;
  if (id == "case.needs-a-fault-hook") return {msg<"reach.no-hook">(), true, {msg<"reach.by-hook">(argument_of(reason, "fault"))}, {}};
  if (id == "case.needs-unsupported") return {msg<"reach.needs-unsupported">(argument_of(reason, "interface")), true, {}, {}};
  if (id == "case.needs-unsupported-row") return {msg<"reach.needs-unsupported">(argument_of(reason, "interface")), false, {with_fixture(reason)}, {}};
  if (id == "case.not-run") return {msg<"reach.not-run">(), true, {msg<"reach.by-budget">()}, {}};
  if (id == "case.budget") return {msg<"reach.max-rows">(), true, {msg<"reach.by-max-rows">()}, {}};
  if (id == "case.no-interface-makes") return {msg<"reach.no-row">(argument_of(reason, "table")), false, {with_fixture(reason)}, {}};
  if (id == "case.maker-failed")
    return {msg<"reach.not-made">(argument_of(reason, "interface"), argument_of(reason, "table")), false, {with_fixture(reason)}, {}};
  if (id == "case.maker-not-meant") return {reason, false, {with_fixture(reason)}, {}};
  if (id == "case.no-row-in-that-state") {
    std::string row = argument_of(reason, "row");  // earlier releases did not say which
    return {msg<"reach.no-row-in-state">(), false, {msg<"reach.by-fixture">(row.empty() ? std::string("TABLE.STATE") : std::move(row))}, {}};
  }
  if (id == "case.shows-nothing-yet") return {msg<"reach.no-reading">(), false, {msg<"reach.by-reading">()}, {}};
  if (id == "case.signature-has-no-such-form") return {reason, false, {msg<"reach.by-app">()}, {}};
  if (is_any_of(id, {"case.no-baseline", "case.no-baseline-of-variant", "case.no-valid-request-succeeded", "case.effect-request-refused",
                     "case.request-to-repeat-refused", "case.rests-on-refused", "case.never-accepted"}))
    return {msg<"reach.valid-request-refused">(), false, {}, {}};
  if (is_any_of(id, {"case.no-reply", "case.no-reply-from", "case.interface-hangs", "case.target-gone", "case.not-every-copy-answered"}))
    return {msg<"reach.no-reply">(), false, {msg<"reach.by-timeout">()}, {}};
  if (id.starts_with("case.cut-off")) return {msg<"reach.cut-off">(), false, {msg<"reach.by-time">()}, {}};
  if (id == "case.side-effects-not-visible")
    for (const i18n::Argument& one : reason.arguments)
      if (!one.messages.empty()) return explained(one.messages.front());
  return {reason, false, {}, {}};
}

/// Not tried by the choice of whoever ran the check, so that it counts neither for a control nor for replies that are missing.
bool is_left_out(const CaseRecord& one) {
  return one.verdict == Verdict::not_applicable || is_any_of(one.reason.id, {"case.needs-a-fault-hook", "case.needs-unsupported", "case.not-run"});
}

/// Of the cases of one interface.
struct Replies {
  std::size_t cases = 0, missing = 0;

  bool are_too_few() const {
    constexpr std::size_t chance = 4;  // so many may be lost on the way
    return missing > chance && missing * 4 > cases;
  }
};

/// What became of a clause.
struct Fate {
  bool judged = false;
  std::optional<NotJudgedRecord> why;  // where it was not

  /// What nobody chose counts more than what somebody did; of two of a kind, the first.
  void note(NotJudgedRecord reason) {
    if (!why || (why->chosen && !reason.chosen)) why = std::move(reason);
  }
};

using Fates = std::map<std::string, Fate>;  // by clause

void note_case(const CaseRecord& one, bool has_control, const std::set<std::string>& stated, Fates& fates) {
  const bool is_judged =
      one.verdict == Verdict::failed || one.verdict == Verdict::waived || (has_control && (one.verdict == Verdict::passed || one.verdict == Verdict::warned));
  const bool lacks_control = !has_control && !is_left_out(one);
  for (const std::string& clause : one.clauses) {
    if (stated.count(clause) == 0) continue;
    Fate& fate = fates[clause];
    if (is_judged) fate.judged = true;
    else fate.note(lacks_control ? NotJudgedRecord{msg<"reach.no-control">(), false, {}, {}} : why_not_judged(one));
  }
}

/// The clauses of one section, those without a verdict by their reason.
reports::InterfaceReachRecord part_of(const std::string& section, const std::string& interface, const std::vector<Clause>& all, Fates& fates) {
  reports::InterfaceReachRecord out;
  out.section = section;
  out.interface = interface;
  for (const Clause& clause : all) {  // in the order of the specification
    const auto found = clause.id.starts_with(section + "/") ? fates.find(clause.id) : fates.end();
    if (found == fates.end()) continue;
    ++out.clauses;
    if (found->second.judged) {
      ++out.judged;
      continue;
    }
    NotJudgedRecord reason = std::move(*found->second.why);
    const auto same = std::find_if(out.not_judged.begin(), out.not_judged.end(),
                                   [&](const NotJudgedRecord& other) { return other.why == reason.why && other.chosen == reason.chosen; });
    NotJudgedRecord& gap = same == out.not_judged.end() ? out.not_judged.emplace_back(NotJudgedRecord{reason.why, reason.chosen, {}, {}}) : *same;
    gap.clauses.push_back(clause.id);
    for (Message& way : reason.raised_by)
      if (std::find(gap.raised_by.begin(), gap.raised_by.end(), way) == gap.raised_by.end()) gap.raised_by.push_back(std::move(way));
  }
  return out;
}

}  // namespace

NotJudgedRecord why_not_judged(const CaseRecord& one) {
  if (one.verdict == Verdict::not_applicable) return {msg<"reach.declared">(), true, {}, {}};
  if (one.verdict == Verdict::broken) return {msg<"reach.broken">(), false, {}, {}};
  return explained(one.reason);
}

reports::ReachRecord reach_of(const core::Spec& spec, const std::vector<CaseRecord>& cases, const std::set<std::string>& accepted) {
  const std::vector<Clause> all = clauses(spec);
  std::set<std::string> stated;
  for (const Clause& clause : all)
    if (clause.level == Level::stated) stated.insert(clause.id);
  Fates fates;
  std::set<std::string> tried;
  std::map<std::string, Replies> replies;  // by interface
  for (const CaseRecord& one : cases) {
    note_case(one, one.interface.empty() || accepted.count(one.interface) > 0, stated, fates);
    if (is_left_out(one)) continue;
    if (!one.interface.empty()) tried.insert(one.interface);
    ++replies[one.interface].cases;
    if (one.got_no_reply()) ++replies[one.interface].missing;
  }
  reports::ReachRecord out;
  const auto add = [&](const std::string& section, const std::string& interface) {
    reports::InterfaceReachRecord part = part_of(section, interface, all, fates);
    if (part.clauses == 0) return;
    out.clauses += part.clauses;
    out.judged += part.judged;
    out.interfaces.push_back(std::move(part));
  };
  add(spec.authentication.section, "");
  for (const core::Interface& interface : spec.interfaces) add(interface.section, interface.name);
  for (const core::Interface& interface : spec.interfaces)
    if (tried.count(interface.name) > 0 && accepted.count(interface.name) == 0) out.without_control.push_back(interface.name);
  for (const core::Interface& interface : spec.interfaces)
    if (const auto found = replies.find(interface.name); found != replies.end() && found->second.are_too_few()) out.unanswered.push_back(interface.name);
  return out;
}

}  // namespace meterproof::conformance
