#include "reports/record.hpp"

#include <algorithm>

#include "core/auth/base64.hpp"
#include "core/redact/redactor.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::reports {

std::size_t CheckRecord::count(Verdict wanted) const {
  return static_cast<std::size_t>(std::count_if(cases.begin(), cases.end(), [&](const CaseRecord& one) { return one.verdict == wanted; }));
}

void conclude(CheckRecord& record, bool reached) {
  const std::size_t bad = record.count(Verdict::failed) + record.count(Verdict::broken);
  const std::size_t good = record.count(Verdict::passed) + record.count(Verdict::warned);
  if (!reached) {
    record.exit_code = 3;
    record.verdict = "unreachable";
  } else if (bad > 0) {
    record.exit_code = 1;
    record.verdict = "does not conform";
  } else if (good == 0) {
    record.exit_code = 4;
    record.verdict = "not judged";
  } else {
    record.exit_code = 0;
    record.verdict = "conforms";
  }
  if (record.interrupted && record.exit_code == 0) {
    record.exit_code = 4;
    record.verdict = "not judged";
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
    for (std::string* text : {&one.expected, &one.observed, &one.reason, &one.request.url, &one.request.body, &one.reply.body, &one.curl}) redact(*text);
    for (auto* headers : {&one.request.headers, &one.reply.headers})
      for (auto& [name, value] : *headers) redact(value);
  }
  for (QuestionRecord& question : record.questions)
    for (std::string& text : question.observed) redact(text);
}

}  // namespace meterproof::reports
