// SPDX-License-Identifier: Apache-2.0
#include "caller/call_judge.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/i18n/message.hpp"
#include "reports/foreign_reply.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::caller {

using core::Interface;
using i18n::Message;
using i18n::msg;
using reports::CaseRecord;
using reports::Verdict;

namespace {

struct KindText {
  std::string_view id, kind;
  core::LocalizedText title;
};

const std::array<KindText, 3> kinds = {{{"call/accepted", "code", {"有效的调用被接受", "a valid call is accepted"}},
                                        {"reply/form", "reply", {"响应与文档的表一致", "the reply is as its table prints it"}},
                                        {"effect/rows", "effect", {"数据行与此前的调用一致", "its rows go with the calls before"}}}};

/// The open question to which that code is an answer; null where none is. Whoever refuses by it contradicts nothing.
const core::OpenQuestion* question_answered_by(const Interface& interface, core::Code code) {
  for (const core::OpenQuestion& one : interface.open_questions)
    if (std::find(one.accepted_codes.begin(), one.accepted_codes.end(), code) != one.accepted_codes.end()) return &one;
  return nullptr;
}

/// The worst comes first.
int weight(Verdict verdict) { return verdict == Verdict::failed ? 3 : verdict == Verdict::warned ? 2 : verdict == Verdict::passed ? 1 : 0; }

}  // namespace

CallJudge::CallJudge(const core::Spec& spec, core::Role judged, std::string url) : spec_(spec), judged_(judged), url_(std::move(url)) {}

void CallJudge::observe(const Interface& interface, Kind kind, Verdict verdict, Message observed, Message reason, const MadeCall& call) {
  const auto [at, is_new] = cases_.try_emplace({interface.name, kind});
  CaseRecord& one = at->second;
  if (!is_new && weight(one.verdict) >= weight(verdict)) return;
  one.verdict = verdict;
  one.observed = std::move(observed);
  one.reason = std::move(reason);
  one.request = {};
  one.reply = {};
  if (verdict == Verdict::passed) return;
  one.request = {call.request.method, url_ + call.request.path, {}, call.request.body};
  constexpr std::size_t kept = 65'536;
  one.reply = {std::string(net::to_string(call.exchange.transport)),
               call.exchange.status,
               call.exchange.headers,
               call.exchange.body.substr(0, kept),
               0,
               call.exchange.detail};
}

std::optional<core::Code> CallJudge::note(const MadeCall& call, const conformance::Reply& reply) {
  const Interface& interface = *call.interface;
  Counts& counts = counts_[interface.name];
  ++counts.calls;
  if (call.exchange.transport != net::TransportResult::replied) {
    ++counts.unanswered;
    tls_failed_ = tls_failed_ || call.exchange.transport == net::TransportResult::no_tls;
    observe(interface, Kind::accepted, Verdict::inconclusive, reports::to_message(call.exchange.transport, call.exchange.detail), msg<"call.no-answer">(1),
            call);
    return std::nullopt;
  }
  const bool is_readable = reply.problem.empty() && reply.code;
  if (!is_readable && !has_reply_)  // a server that is none of this interface contradicts nothing
    if (auto foreign = reports::describe_foreign(call.exchange, spec_.envelope.code)) {
      observe(interface, Kind::accepted, Verdict::inconclusive, i18n::verbatim(reports::reply_line(call.exchange)), std::move(foreign->what), call);
      return std::nullopt;
    }
  if (!is_readable) {
    observe(interface, Kind::reply, Verdict::failed, reply.problem, msg<"call.no-reply">(), call);
    return std::nullopt;
  }
  has_reply_ = true;
  const Message code = i18n::verbatim(std::to_string(reply.code->value));
  if (spec_.row(interface, *reply.code) == nullptr) observe(interface, Kind::reply, Verdict::failed, code, msg<"call.unlisted">(), call);
  if (*reply.code != spec_.success) {
    ++counts.refused;
    // A report is of a meter that may not be known there; every other call is of rows that the calls before have made.
    const bool may_be_unknown = interface.refusal == reply.code;
    if (call.is_doubtful) observe(interface, Kind::accepted, Verdict::inconclusive, code, msg<"call.no-answer">(1), call);
    else if (const core::OpenQuestion* const open = question_answered_by(interface, *reply.code))
      observe(interface, Kind::accepted, Verdict::warned, code, i18n::localized(open->ask), call);
    else if (may_be_unknown) observe(interface, Kind::accepted, Verdict::warned, code, msg<"call.refused-report">(), call);
    else observe(interface, Kind::accepted, Verdict::failed, code, msg<"call.refused">(), call);
    return reply.code;
  }
  ++counts.accepted;
  observe(interface, Kind::accepted, Verdict::passed, code, {}, call);
  judge_rows(call, reply);
  return reply.code;
}

void CallJudge::judge_rows(const MadeCall& call, const conformance::Reply& reply) {
  const Interface& interface = *call.interface;
  Message wrong, why;
  for (const json::Json* row : reply.rows(spec_.envelope))
    for (const core::Field& field : interface.reply) {
      const conformance::Finding found = conformance::judge_field(field, row->get(field.name), nullptr);
      if (found.grade != conformance::Finding::Grade::wrong || !wrong.empty()) continue;
      wrong = found.observed;
      why = i18n::list({msg<"call.wrong-field">(field.name), found.remark});
    }
  const Verdict form = wrong.empty() ? Verdict::passed : Verdict::failed;
  observe(interface, Kind::reply, form, std::move(wrong), std::move(why), call);
  if (!call.differences) return;
  const bool differs = !call.differences->empty();
  observe(interface, Kind::rows, differs ? Verdict::failed : Verdict::passed, differs ? i18n::list(*call.differences) : Message(),
          differs ? msg<"call.wrong-rows">() : Message(), call);
}

reports::CheckRecord CallJudge::record(const std::vector<auth::App>& apps) const {
  reports::CheckRecord out;
  out.target = url_;
  out.role = std::string(to_string(judged_));
  std::uint64_t accepted = 0;
  for (const Interface& interface : spec_.interfaces) {
    if (interface.served_by != judged_) continue;
    const auto found = counts_.find(interface.name);
    const Counts counts = found == counts_.end() ? Counts() : found->second;
    out.requests += counts.calls;
    accepted += counts.accepted;
    out.calls_by.push_back({interface.name, counts.calls, counts.accepted, counts.refused, 0});
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const auto kind = static_cast<Kind>(i);
      const auto seen = cases_.find({interface.name, kind});
      if (kind == Kind::rows && seen == cases_.end()) continue;  // nothing of it was to be compared
      CaseRecord one = seen == cases_.end() ? CaseRecord() : seen->second;
      if (seen == cases_.end())
        one.reason = counts.calls == 0 ? msg<"call.not-called">() : kind == Kind::accepted ? msg<"call.no-reply">() : msg<"call.no-row">();
      if (one.verdict == Verdict::inconclusive && counts.unanswered > 0) one.reason = msg<"call.no-answer">(counts.unanswered);
      one.id = interface.name + "/" + std::string(kinds[i].id);
      one.interface = interface.name;
      one.section = interface.section;
      one.kind = kinds[i].kind;
      one.title = kinds[i].title;
      one.requirement = interface.title;
      one.expected = i18n::localized(kinds[i].title);
      out.cases.push_back(std::move(one));
    }
  }
  out.notes.push_back(msg<"call.accepted">(accepted, out.requests));
  if (tls_failed_) out.notes.push_back(msg<"note.no-tls">());
  reports::redact(out, apps);
  reports::conclude(out, true);
  if (accepted == 0 && out.exit_code == 0) {  // nothing of it was ever done
    constexpr int not_judged = 4;
    out.exit_code = not_judged;
    out.verdict = reports::RunVerdict::not_judged;
  }
  return out;
}

}  // namespace meterproof::caller
