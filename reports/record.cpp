// SPDX-License-Identifier: Apache-2.0
#include "reports/record.hpp"

#include <algorithm>

#include "core/auth/base64.hpp"
#include "core/i18n/message.hpp"
#include "core/redact/redactor.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::reports {

std::size_t CheckRecord::count(Verdict wanted) const {
  return static_cast<std::size_t>(std::count_if(cases.begin(), cases.end(), [&](const CaseRecord& one) { return one.verdict == wanted; }));
}

i18n::Message to_message(Verdict verdict) {
  using i18n::msg;
  switch (verdict) {
    case Verdict::passed: return msg<"verdict.passed">();
    case Verdict::failed: return msg<"verdict.failed">();
    case Verdict::warned: return msg<"verdict.warned">();
    case Verdict::inconclusive: return msg<"verdict.inconclusive">();
    case Verdict::not_applicable: return msg<"verdict.not-applicable">();
    case Verdict::waived: return msg<"verdict.waived">();
    case Verdict::broken: return msg<"verdict.broken">();
  }
  return {};
}

i18n::Message to_message(RunVerdict verdict) {
  using i18n::msg;
  switch (verdict) {
    case RunVerdict::conforms: return msg<"verdict.conforms">();
    case RunVerdict::does_not_conform: return msg<"verdict.does-not-conform">();
    case RunVerdict::not_judged: return msg<"verdict.not-judged">();
    case RunVerdict::unreachable: return msg<"verdict.unreachable">();
  }
  return {};
}

bool CaseRecord::got_no_reply() const {
  return verdict == Verdict::inconclusive && (reason.id.starts_with("case.no-reply") || reason.id == "case.interface-hangs");
}

i18n::Message CalibrationRecord::label() const { return {"calibration." + id, {}, id}; }

i18n::Message kind_label(const std::string& kind) { return {"kind." + kind, {}, kind}; }

void cut_long_lists(CheckRecord& record) {
  constexpr std::size_t most = 1000;
  if (const std::size_t notes = record.notes.size(); notes > most) {
    record.notes.resize(most);
    record.notes.push_back(i18n::msg<"report.notes-left-out">(notes - most));
  }
  std::size_t used = 0, refused = 0;
  std::erase_if(record.apps, [&](const AppRecord& one) { return ++(one.used ? used : refused) > most; });
  if (used <= most && refused <= most) return;
  record.apps_used = used;
  record.apps_refused = refused;
}

/// The target takes none of the appIds any more: what came last was not tried.
bool is_signed_by_nobody(const CheckRecord& record) {
  return !record.apps.empty() && std::none_of(record.apps.begin(), record.apps.end(), [](const AppRecord& one) { return one.used; });
}

std::uint64_t ReachRecord::chosen() const {
  std::uint64_t out = 0;
  for (const InterfaceReachRecord& one : interfaces)
    for (const NotJudgedRecord& gap : one.not_judged)
      if (gap.chosen) out += gap.clauses.size();
  return out;
}

bool is_below_min_reach(const CheckRecord& record) { return record.min_reach && record.reach && !record.reach->is_at_least(*record.min_reach); }

namespace {

/// Not judged enough, and what would have more judged.
i18n::Message below_min_reach(const CheckRecord& record) {
  constexpr double in_percent = 100;
  const ReachRecord& reach = *record.reach;
  std::vector<i18n::Message> raised_by;
  for (const InterfaceReachRecord& one : reach.interfaces)
    for (const NotJudgedRecord& gap : one.not_judged)
      for (const i18n::Message& way : gap.raised_by)
        if (std::find(raised_by.begin(), raised_by.end(), way) == raised_by.end()) raised_by.push_back(way);
  const double share = reach.clauses == 0 ? 0 : in_percent * static_cast<double>(reach.judged) / static_cast<double>(reach.clauses);
  const std::string is = number(share, "%.1f"), wanted = number(*record.min_reach, "%g");
  if (raised_by.empty()) return i18n::msg<"report.below-min-reach">(reach.judged, reach.clauses, is, wanted);
  return i18n::msg<"report.below-min-reach-raise">(reach.judged, reach.clauses, is, wanted, std::move(raised_by));
}

}  // namespace

void conclude(CheckRecord& record, bool reached) {
  const std::size_t bad = record.count(Verdict::failed), broken = record.count(Verdict::broken);
  const std::size_t good = record.count(Verdict::passed) + record.count(Verdict::warned);
  if (!reached) {
    record.exit_code = 3;
    record.verdict = RunVerdict::unreachable;
  } else if (bad > 0) {
    record.exit_code = 1;
    record.verdict = RunVerdict::does_not_conform;
  } else if (broken > 0) {  // nobody fails for a hook, or for an error of the checker
    record.exit_code = 4;
    record.verdict = RunVerdict::not_judged;
    record.notes.push_back(i18n::msg<"report.broken-cases">(broken));
  } else if (good == 0 || (record.reach && !record.reach->is_enough()) || is_signed_by_nobody(record)) {
    record.exit_code = 4;
    record.verdict = RunVerdict::not_judged;
    if (record.reach && !record.reach->without_control.empty()) {
      record.notes.push_back(i18n::msg<"report.no-control">(core::join(record.reach->without_control)));
    } else if (record.reach && !record.reach->unanswered.empty()) {
      record.notes.push_back(i18n::msg<"report.unanswered">(core::join(record.reach->unanswered)));
    } else if (record.reach && good > 0 && !record.reach->is_enough()) {
      record.notes.push_back(i18n::msg<"report.too-little-reach">(record.reach->judged, record.reach->clauses - record.reach->chosen()));
    }
  } else if (is_below_min_reach(record)) {
    record.exit_code = 4;
    record.verdict = RunVerdict::not_judged;
    record.notes.push_back(below_min_reach(record));
  } else {
    record.exit_code = 0;
    record.verdict = RunVerdict::conforms;
  }
  if (record.interrupted && record.exit_code == 0) {
    record.exit_code = 4;
    record.verdict = RunVerdict::not_judged;
  }
}

bool is_concluded(const CheckRecord& record) {
  CheckRecord again;
  again.interrupted = record.interrupted;
  again.reach = record.reach;
  again.min_reach = record.min_reach;
  again.apps = record.apps;
  again.cases.reserve(record.cases.size());
  for (const CaseRecord& one : record.cases) again.cases.emplace_back().verdict = one.verdict;
  conclude(again, record.verdict != RunVerdict::unreachable);
  return again.verdict == record.verdict && again.exit_code == record.exit_code;
}

std::size_t TranscriptRecord::exchanges() const {
  std::size_t count = 0;
  for (const EventRecord& event : events) count += event.kind == "call" ? 1 : event.replies.size();
  return count;
}

namespace {

constexpr std::string_view in_base64 = "base64:";

}  // namespace

std::string encode_bytes(std::string_view bytes) {
  if (core::is_valid_utf8(bytes) && !bytes.starts_with(in_base64)) return std::string(bytes);
  return std::string(in_base64) + auth::base64(bytes);
}

std::string decode_bytes(std::string_view kept) {
  if (!kept.starts_with(in_base64)) return std::string(kept);
  return auth::base64_decode(kept.substr(in_base64.size())).value_or("");
}

void redact(CaseRecord& one, const redact::Redactor& redactor) {
  const auto redact = [&](std::string& text) { redactor.redact(text); };
  const auto redact_reply = [&](ReplyRecord& reply) {
    for (auto& [name, value] : reply.headers) redact(name), redact(value);
    redact(reply.body);
    redact(reply.detail);
  };
  for (std::string* text : {&one.request.method, &one.request.url, &one.request.body, &one.curl, &one.powershell}) redact(*text);
  for (auto& [name, value] : one.request.headers) redact(name), redact(value);
  redact_reply(one.reply);
  for (i18n::Message* message : {&one.expected, &one.observed, &one.reason}) i18n::for_each_text(*message, redact);
  for (StepRecord& step : one.steps) {
    for (std::string* text : {&step.request.method, &step.request.url, &step.request.body, &step.curl, &step.powershell, &step.expected}) redact(*text);
    redact_reply(step.reply);
  }
}

void redact(CheckRecord& record, const std::vector<auth::App>& apps) {
  const redact::Redactor redactor(apps);
  const auto redact_text = [&](std::string& text) { redactor.redact(text); };
  for (CaseRecord& one : record.cases) redact(one, redactor);
  for (i18n::Message& note : record.notes) i18n::for_each_text(note, redact_text);
  for (AppRecord& one : record.apps) i18n::for_each_text(one.why, redact_text);
  for (CalibrationRecord& one : record.calibration) i18n::for_each_text(one.value, redact_text);
  for (CauseRecord& one : record.causes) i18n::for_each_text(one.what, redact_text);
  if (record.reach)
    for (InterfaceReachRecord& one : record.reach->interfaces)
      for (NotJudgedRecord& gap : one.not_judged) i18n::for_each_text(gap.why, redact_text);
  for (QuestionRecord& question : record.questions)
    for (std::string& text : question.observed) redact_text(text);
}

}  // namespace meterproof::reports
