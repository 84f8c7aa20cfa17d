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

i18n::Message CalibrationRecord::label() const { return {"calibration." + id, {}, id}; }

void conclude(CheckRecord& record, bool reached) {
  const std::size_t bad = record.count(Verdict::failed) + record.count(Verdict::broken);
  const std::size_t good = record.count(Verdict::passed) + record.count(Verdict::warned);
  if (!reached) {
    record.exit_code = 3;
    record.verdict = RunVerdict::unreachable;
  } else if (bad > 0) {
    record.exit_code = 1;
    record.verdict = RunVerdict::does_not_conform;
  } else if (good == 0 || (record.coverage && !record.coverage->is_enough())) {
    record.exit_code = 4;
    record.verdict = RunVerdict::not_judged;
    if (record.coverage && !record.coverage->without_control.empty()) {
      record.notes.push_back(i18n::msg<"report.no-control">(core::join(record.coverage->without_control)));
    } else if (good > 0) {
      record.notes.push_back(i18n::msg<"report.too-little-decided">(record.coverage->decided, record.coverage->clauses));
    }
  } else {
    record.exit_code = 0;
    record.verdict = RunVerdict::conforms;
  }
  if (record.interrupted && record.exit_code == 0) {
    record.exit_code = 4;
    record.verdict = RunVerdict::not_judged;
  }
}

std::size_t TranscriptRecord::exchanges() const {
  std::size_t count = 0;
  for (const EventRecord& event : events) count += event.replies.size();
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

void redact(CheckRecord& record, const std::vector<auth::App>& apps) {
  const redact::Redactor redactor(apps);
  const auto redact = [&](std::string& text) { redactor.redact(text); };
  for (CaseRecord& one : record.cases) {
    for (std::string* text : {&one.request.url, &one.request.body, &one.reply.body, &one.curl}) redact(*text);
    for (i18n::Message* message : {&one.expected, &one.observed, &one.reason}) i18n::for_each_text(*message, redact);
    for (auto* headers : {&one.request.headers, &one.reply.headers})
      for (auto& [name, value] : *headers) redact(value);
  }
  for (i18n::Message& note : record.notes) i18n::for_each_text(note, redact);
  for (CalibrationRecord& one : record.calibration) i18n::for_each_text(one.value, redact);
  for (QuestionRecord& question : record.questions)
    for (std::string& text : question.observed) redact(text);
}

}  // namespace meterproof::reports
