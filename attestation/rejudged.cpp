// SPDX-License-Identifier: Apache-2.0
#include "attestation/rejudged.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "client_conformance/client_transcript.hpp"
#include "conformance/suite.hpp"
#include "conformance/transcript.hpp"
#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::attestation {

using i18n::Message;
using i18n::msg;
using reports::CaseRecord;
using reports::CheckRecord;
using reports::QuestionRecord;

namespace {

/// What a case is about. Its wording does not count.
auto source_of(const CaseRecord& one) { return std::tie(one.interface, one.section, one.clauses); }

auto exchange_of(const CaseRecord& one) {
  return std::tie(one.request.method, one.request.url, one.request.headers, one.request.body, one.reply.transport, one.reply.status, one.reply.headers,
                  one.reply.body);
}

/// Empty, or how the cases of that id differ.
Message difference_of(const CaseRecord& said, const CaseRecord& found) {
  if (said.verdict != found.verdict) return msg<"verify.case-verdict">(found.id, to_message(said.verdict), to_message(found.verdict));
  if (said.expected != found.expected || said.observed != found.observed || said.reason != found.reason) return msg<"verify.case-details">(found.id);
  if (exchange_of(said) != exchange_of(found)) return msg<"verify.case-exchange">(found.id);
  return source_of(said) != source_of(found) ? msg<"verify.case-source">(found.id) : Message();
}

bool is_same(const QuestionRecord& a, const QuestionRecord& b) {
  return std::tie(a.id, a.accepted, a.observed, a.inconsistent) == std::tie(b.id, b.accepted, b.observed, b.inconsistent);
}

}  // namespace

CheckRecord rejudged(const core::Spec& spec, const CheckRecord& said) {
  CheckRecord again = client_conformance::is_of_client(said) ? client_conformance::rejudge(spec, said) : conformance::rejudge(spec, said);
  again.suite = conformance::suite_of(spec);
  conformance::redact_tokens(spec, again);
  Message why;
  return reports::check_record_from(to_json(again), why).value_or(CheckRecord{});
}

std::vector<Message> differences(const CheckRecord& said, const CheckRecord& found) {
  std::vector<Message> out;
  std::map<std::string, const CaseRecord*> cases;
  for (const CaseRecord& one : said.cases) cases[one.id] = &one;
  for (const CaseRecord& one : found.cases) {
    const auto same = cases.find(one.id);
    if (same == cases.end()) {
      out.push_back(msg<"verify.case-absent">(one.id, to_message(one.verdict)));
      continue;
    }
    if (Message difference = difference_of(*same->second, one); !difference.empty()) out.push_back(std::move(difference));
    cases.erase(same);
  }
  for (const auto& [id, one] : cases) out.push_back(msg<"verify.case-unknown">(core::sanitize(id)));
  if (said.cases.size() != found.cases.size() && out.empty()) out.push_back(msg<"verify.cases-twice">());
  if (said.started != found.started) out.push_back(msg<"verify.started">(core::sanitize(said.started), found.started));
  if (said.notes != found.notes) out.push_back(msg<"verify.notes">());
  if (said.verdict != found.verdict || said.exit_code != found.exit_code)
    out.push_back(msg<"verify.verdict">(to_message(said.verdict), to_message(found.verdict)));
  if (said.calibration != found.calibration) out.push_back(msg<"verify.calibration">());
  if (said.apps != found.apps) out.push_back(msg<"verify.apps">());
  if (said.requests != found.requests) out.push_back(msg<"verify.requests">(said.requests, found.requests));
  if (!std::equal(said.questions.begin(), said.questions.end(), found.questions.begin(), found.questions.end(), is_same))
    out.push_back(msg<"verify.questions">());
  return out;
}

}  // namespace meterproof::attestation
