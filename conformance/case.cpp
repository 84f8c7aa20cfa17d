// SPDX-License-Identifier: Apache-2.0
#include "conformance/case.hpp"

#include <algorithm>

#include "core/text/slug.hpp"

namespace meterproof::conformance {

using core::Code;
using i18n::msg;
using reports::Verdict;

std::string kind_of(const CaseInfo& info) {
  const std::size_t begin = info.id.find('/') + 1;
  std::string second = info.id.substr(begin, info.id.find('/', begin) - begin);
  switch (info.phase) {
    case Phase::reply:
    case Phase::multi_row: return "reply";
    case Phase::described:
    case Phase::value:
    case Phase::neighbour:
    case Phase::constant:
    case Phase::effect: return "effect";
    case Phase::count:
    case Phase::sequence: return "sequence";
    case Phase::concurrent: return "concurrent";
    case Phase::transport: return "transport";
    default: break;
  }
  const bool is_code = !second.empty() && second.find_first_not_of("-0123456789") == std::string::npos;
  if (is_code) return info.group == CaseGroup::authentication ? "signature" : "code";
  return second;
}

std::string baseline_id(const core::Spec& spec, const core::Interface& interface, std::size_t variant) {
  return interface.name + "/" + std::to_string(spec.success.value) + "/" + core::slug_of(interface.variants[variant].name);
}

reports::CaseRecord record_of(const CaseInfo& info) {
  reports::CaseRecord record;
  record.id = info.id;
  record.interface = info.interface->name;
  record.section = info.section;
  record.title = info.title;
  record.requirement = info.requirement;
  record.clauses = info.clauses;
  record.kind = kind_of(info);
  return record;
}

reports::CaseRecord untried(const CaseInfo& info, i18n::Message why) {
  reports::CaseRecord record = record_of(info);
  record.observed = msg<"case.not-tried">();
  record.reason = std::move(why);
  return record;
}

std::string listed(const std::vector<Code>& codes) {
  std::string out;
  for (const Code code : codes) out += (out.empty() ? "" : ", ") + std::to_string(code.value);
  return out;
}

i18n::Message code_of(const Sent& sent) { return sent.reply.code ? i18n::verbatim(std::to_string(sent.reply.code->value)) : sent.reply.problem; }

bool has(const std::vector<Code>& codes, const std::optional<Code>& code) { return code && std::find(codes.begin(), codes.end(), *code) != codes.end(); }

CaseResult not_tried(i18n::Message why) { return {Verdict::inconclusive, {}, msg<"case.not-tried">(), std::move(why), std::nullopt}; }

CaseResult judge_code(const std::vector<Code>& expected, const std::vector<Code>& also_accepted, Code success, Sent sent) {
  CaseResult result;
  result.observed = code_of(sent);
  const std::optional<Code> code = sent.reply.code;
  if (has(expected, code)) {
    result.verdict = Verdict::passed;
  } else if (has(also_accepted, code)) {
    result.verdict = Verdict::warned;
    result.reason = msg<"case.code-not-ruled-out">(code->value);
  } else if (sent.no_reply()) {
    result.reason = msg<"case.no-reply">(sent.reply.problem);
  } else {
    result.verdict = Verdict::failed;
    if (!code) result.reason = sent.reply.problem;
    else if (*code == success) result.reason = msg<"case.invalid-request-accepted">();
    else if (has(expected, success)) result.reason = msg<"case.valid-request-refused">();
    else result.reason = msg<"case.refused-with-another-code">();
  }
  result.sent = std::move(sent);
  return result;
}

}  // namespace meterproof::conformance
