// SPDX-License-Identifier: Apache-2.0
// The members of a check's record, in the order in which they are written.
#pragma once

#include <vector>

#include "core/text/text.hpp"
#include "reports/headline.hpp"
#include "reports/record.hpp"
#include "reports/record_json.hpp"
#include "reports/record_members.hpp"

namespace meterproof::reports {

template <class Archive>
void members(Archive& archive, Of<Archive, core::LocalizedText>& one) {
  archive("zh", one.zh);
  archive("en", one.en);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SuiteRecord>& one) {
  archive("name", one.name);
  archive("version", one.version);
  archive("spec_version", one.spec_version);
  archive("rules_digest", one.rules_digest);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SentRecord>& one) {
  archive("method", one.method);
  archive("url", one.url);
  archive("headers", one.headers);
  archive("body", one.body);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ReplyRecord>& one) {
  archive("transport", one.transport);
  archive("status", one.status);
  archive("headers", one.headers);
  archive("body", one.body);
  // A transcript keeps what the system said of a failure; a case keeps how long the reply took.
  if (archive.exact()) archive("detail", one.detail);
  else archive("took_ms", one.took_ms, thousandth);
}

template <class Archive>
void members(Archive& archive, Of<Archive, StepRecord>& one) {
  archive("request", one.request);
  archive("reply", one.reply);
  archive("curl", one.curl);
  archive.optional("powershell", one.powershell);
  archive("expected", one.expected);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SelectionRecord>& one) {
  archive("only", one.only);
  archive("except", one.except);
  archive("failed", one.failed);
  archive.optional("failed_in", one.failed_in);
}

template <class Archive>
void members(Archive& archive, Of<Archive, LeftBehindRecord>& one) {
  archive("table", one.table);
  archive("count", one.count);
  archive("keys", one.keys);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CaseRecord>& one) {
  archive("id", one.id);
  archive("interface", one.interface);
  archive("section", one.section);
  archive("title", one.title);
  archive("requirement", one.requirement);
  archive("clauses", one.clauses);
  archive("verdict", one.verdict);
  archive("expected", one.expected);
  archive("observed", one.observed);
  archive("reason", one.reason);
  archive("request", one.request);
  archive("reply", one.reply);
  archive("curl", one.curl);
  archive.optional("powershell", one.powershell);
  archive.optional("steps", one.steps);
  archive.optional("kind", one.kind);
  archive.optional("cause", one.cause);
  archive.optional("requests", one.requests);
}

template <class Archive>
void members(Archive& archive, Of<Archive, QuestionRecord>& one) {
  archive("id", one.id);
  archive("zh", one.zh);
  archive("en", one.en);
  archive("accepted", one.accepted);
  archive("observed", one.observed);
  archive("inconsistent", one.inconsistent);
}

template <class Archive>
void members(Archive& archive, Of<Archive, DeclarationRecord>& one) {
  archive("kind", one.kind);
  archive("cases", one.cases);
  archive("reason", one.reason);
  archive("expires", one.expires);
}

template <class Archive>
void members(Archive& archive, Of<Archive, SubjectRecord>& one) {
  archive.optional("vendor", one.vendor);
  archive.optional("product", one.product);
  archive.optional("version", one.version);
  archive.optional("contact", one.contact);
}

template <class Archive>
void members(Archive& archive, Of<Archive, AppRecord>& one) {
  archive("id", one.id);
  archive("used", one.used);
  archive.optional("why", one.why);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CalibrationRecord>& one) {
  archive("id", one.id);
  archive("value", one.value);
}

template <class Archive>
void members(Archive& archive, Of<Archive, FindingRecord>& one) {
  archive.optional("what", one.what);
  archive("title", one.title);
  archive("why", one.why);
  archive.optional("app", one.app);
  archive.optional("timestamp", one.timestamp);
}

template <class Archive>
void members(Archive& archive, Of<Archive, EventRecord>& one) {
  archive("kind", one.kind);
  archive.optional("sent", one.sent);
  archive.optional("replies", one.replies);
  archive.optional("text", one.text);
  archive.optional("message", one.message);
  archive.optional("times", one.times);
  archive.optional("found", one.found);
}

template <class Archive>
void members(Archive& archive, Of<Archive, DescribedRowRecord>& one) {
  archive("interface", one.interface);
  archive("values", one.values);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ServedRowsRecord>& one) {
  archive("table", one.table);
  archive("generated", one.generated);
  archive("rows", one.rows);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ClientRunRecord>& one) {
  archive("faults", one.faults);
  archive("required", one.required);
  archive("only_watches", one.only_watches);
  archive("tolerance_s", one.tolerance_s);
  archive("generated", one.generated);
  archive("rows", one.rows);
  archive("altered", one.altered);
}

template <class Archive>
void members(Archive& archive, Of<Archive, TranscriptRecord>& one) {
  archive("apps", one.apps);
  archive("effect_timeout_ms", one.effect_timeout_ms);
  archive("pause_us", one.pause_us);
  archive("fixtures", one.fixtures);
  archive("random_steps", one.random_steps);
  archive("seed", one.seed);
  archive("run", one.run);
  archive.optional("max_rows", one.max_rows, "budget");
  archive.optional("budget_ms", one.budget_ms);
  archive.optional("used_seconds", one.used_seconds);
  archive.optional("others_ran", one.others_ran);
  archive.optional("rows", one.rows);
  archive.optional("replay_age_ms", one.replay_age_ms);
  archive("fault_hooks", one.fault_hooks);
  archive.optional("client", one.client);
  archive.exactly("events", one.events);
  archive.optional("told", one.told);
  archive.optional("chain", one.chain);
}

template <class Archive>
void members(Archive& archive, Of<Archive, NotJudgedRecord>& one) {
  archive("why", one.why);
  archive("chosen", one.chosen);
  archive("raised_by", one.raised_by);
  archive("clauses", one.clauses);
}

template <class Archive>
void members(Archive& archive, Of<Archive, InterfaceReachRecord>& one) {
  archive("section", one.section);
  archive("interface", one.interface);
  archive("clauses", one.clauses);
  archive("judged", one.judged);
  archive("not_judged", one.not_judged);
}

template <class Archive>
void members(Archive& archive, Of<Archive, ReachRecord>& one) {
  archive("clauses", one.clauses);
  archive.renamed("judged", "decided", one.judged);
  archive.newer("interfaces", one.interfaces);
  archive("without_control", one.without_control);
  archive.newer("unanswered", one.unanswered);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CauseRecord>& one) {
  archive("id", one.id);
  archive("what", one.what);
  archive("cases", one.cases);
}

template <class Archive>
void members(Archive& archive, Of<Archive, RequestsRecord>& one) {
  archive("interface", one.interface);
  archive("kind", one.kind);
  archive("cases", one.cases);
  archive("requests", one.requests);
}

template <class Archive>
void members(Archive& archive, Of<Archive, CallsRecord>& one) {
  archive("interface", one.interface);
  archive("calls", one.calls);
  archive("accepted", one.accepted);
  archive("refused", one.refused);
  archive("faults", one.faults);
}

/// How many cases came to each verdict.
inline std::vector<NamedCount> summary_of(const CheckRecord& record) {
  std::vector<NamedCount> out;
  out.reserve(verdict_names.size());
  for (std::size_t i = 0; i < verdict_names.size(); ++i) out.push_back({verdict_names[i], record.count(static_cast<Verdict>(i))});
  return out;
}

template <class Archive>
void members(Archive& archive, Of<Archive, CheckRecord>& one) {
  archive.schema(check_schema);
  archive("tool", one.tool);
  archive("suite", one.suite);
  archive.optional("spec_digest", one.spec_digest);
  archive("started", one.started);
  archive("duration_s", one.duration_s, thousandth);
  archive("verdict", one.verdict);
  archive("exit_code", one.exit_code);
  archive("interrupted", one.interrupted);
  archive("target", one.target);
  archive("role", one.role);
  archive.optional("subject", one.subject);
  archive("filter", one.filter);
  archive.optional("selection", one.selection);
  archive.optional("planned", one.planned);
  archive.optional("min_reach", one.min_reach);
  archive.derived("headline", [&] { return headline(one); });
  archive("notes", one.notes);
  archive.optional("apps", one.apps);
  archive.optional("apps_used", one.apps_used);
  archive.optional("apps_refused", one.apps_refused);
  archive("calibration", one.calibration);
  archive("requests", one.requests);
  archive.optional("requests_by", one.requests_by);
  archive.optional("calls_by", one.calls_by);
  archive.optional("connections_opened", one.connections_opened);
  archive("declarations", one.declarations);
  archive.derived("summary", [&] { return summary_of(one); });
  archive.optional("reach", one.reach, "coverage");
  archive.optional("causes", one.causes);
  archive("cases", one.cases);
  archive("questions", one.questions);
  archive.optional("left_behind", one.left_behind);
  archive.optional("transcript", one.transcript);
}

}  // namespace meterproof::reports
